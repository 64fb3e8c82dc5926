"""Chooses the store that ``INVENTORY_URL`` names."""

from __future__ import annotations

from functools import lru_cache
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.views.decorators.debug import sensitive_variables

from shop.inventory.contract import Inventory

FORMS = "database:// or iris://user:password@host:1972/NAMESPACE"
NO_DRIVER = (
    "INVENTORY_URL names IRIS, whose driver is not installed. Install it: "
    "pip install intersystems-irispython, in the version that requirements.txt pins."
)


def get_inventory() -> Inventory:
    """The inventory of this process. Raises ImproperlyConfigured if it can't be opened."""
    return _open(settings.INVENTORY_URL)


@lru_cache(maxsize=4)
@sensitive_variables("url")
def _open(url: str) -> Inventory:
    scheme = urlsplit(url).scheme
    if scheme == "database":
        from shop.inventory.database import DatabaseInventory

        return DatabaseInventory.from_settings()
    if scheme == "iris":
        try:
            from shop.inventory.iris import IrisInventory
        except ModuleNotFoundError as error:
            if error.name not in ("iris", "iris.dbapi"):
                raise
            raise ImproperlyConfigured(NO_DRIVER) from error
        return IrisInventory.from_url(url)
    # The address itself may hold a password, so only its beginning is repeated.
    raise ImproperlyConfigured(
        f"INVENTORY_URL begins with {scheme or 'nothing'!r}; set it to {FORMS}."
    )
