"""What everything needs that looks at pages."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.checkout.inventories import EventfulInventory
from tests.pages.words import circled
from tests.support.inventory import OverrideInventory


@pytest.fixture
def inventory(override_inventory: OverrideInventory) -> EventfulInventory:
    """The shop's inventory, in which a test may let things happen."""
    return override_inventory(EventfulInventory())


@pytest.fixture(scope="session")
def circles(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A compiled catalogue in which every sentence of the shop stands in circled letters."""
    folder = tmp_path_factory.mktemp("locale")
    circled.write(folder)
    return folder
