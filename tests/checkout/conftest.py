"""What the checkout's tests share."""

from __future__ import annotations

import pytest

from tests.checkout.inventories import EventfulInventory, install


@pytest.fixture
def inventory(monkeypatch: pytest.MonkeyPatch) -> EventfulInventory:
    """The process's inventory, in which a test may let things happen."""
    return install(monkeypatch)
