"""The WSGI application that a server runs. A wrong setting stops it before the first visitor."""

import os
import sys
from pathlib import Path

import django
from django.core.exceptions import ImproperlyConfigured

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "coffeeco_site.settings")

django.setup(set_prefix=False)

# Django has to be set up before these are imported.
from django.db import connection  # noqa: E402

from coffeeco_site.checks import check_secret_key  # noqa: E402
from coffeeco_site.requests import Application  # noqa: E402
from shop.inventory import get_inventory  # noqa: E402

# No server runs Django's checks. manage.py runs one process only, which may make its own key.
if Path(sys.argv[0]).name != "manage.py":
    for error in check_secret_key():
        raise ImproperlyConfigured(f"{error.msg} {error.hint}")
if connection.vendor == "postgresql":
    from coffeeco_site.postgresql import share_connections

    # Many threads; a command has one, and tests hold several connections at once.
    share_connections(connection.settings_dict)
# Reads INVENTORY_URL; no server is asked yet.
get_inventory()
application = Application()
