"""The inventories of the contract's suite, and a place for the figures of a race."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.inventory.contract.fixtures import (
    database_world,
    inventory,
    iris_server_world,
    iris_world,
)
from tests.inventory.contract.fixtures import world_or_server as world

__all__ = ["database_world", "inventory", "iris_server_world", "iris_world", "world"]


@pytest.fixture
def tell(record_property: Callable[[str, object], None]) -> Callable[[str], None]:
    """Keep a race's figures: in the report, and on the screen with ``-rA``."""

    def keep(figures: str) -> None:
        record_property("figures", figures)
        print(figures)

    return keep
