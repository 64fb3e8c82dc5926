"""What shoppers are told in a fault is agreed with what became of their orders."""

from __future__ import annotations

from pathlib import Path

import pytest
from pytest_django.fixtures import Settings

from tests.inventory.iris.fault_scenes import SCENES, Scene, play

AMPLE = 20.0
QUICK = {"server restarted", "server dies after the commit", "port refused"}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    "scene",
    [
        pytest.param(one, id=one.name, marks=() if one.name in QUICK else pytest.mark.slow)
        for one in SCENES
    ],
)
def test_after_any_fault_stock_orders_and_ledger_agree_and_the_next_shopper_can_buy(
    scene: Scene, settings: Settings, tmp_path: Path
) -> None:
    settings.INVENTORY_TIMEOUT = 3
    seen = play(scene, tmp_path / "data")
    assert seen.is_whole, seen.became
    assert seen.longest < AMPLE
