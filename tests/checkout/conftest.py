"""What the checkout's tests share."""

from __future__ import annotations

import pytest

from tests.checkout.inventories import EventfulInventory
from tests.support.inventory import OverrideInventory


@pytest.fixture
def inventory(override_inventory: OverrideInventory) -> EventfulInventory:
    """The process's inventory, in which a test may let things happen."""
    return override_inventory(EventfulInventory())
