"""Writing into a ledger behind the shop's back, as no program should."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

from shop.inventory.models import LedgerDecision, LedgerMovement
from shop.inventory.records import dump, load
from tests.inventory.contract.iris_world import IrisWorld
from tests.inventory.contract.world import World
from tests.support.superserver import Superserver
from tests.support.superserver.codec import UNDEFINED

SALE_ENTRY: dict[str, Any] = {
    "kind": "sale",
    "change": 0,
    "after": 0,
    "at": "2026-01-01T00:00:00+00:00",
    "who": "",
    "why": "",
    "reference": "CC-NOBODY99",
}


class Damage(ABC):
    """What can be done to one store's ledger; entries are plain JSON, as in ``records.py``."""

    @abstractmethod
    def movement(self, product_id: int, number: int, changed: dict[str, Any] | None) -> None:
        """Change, add, or with None delete a movement."""

    @abstractmethod
    def decision(self, reference: str, changed: dict[str, Any] | None) -> None:
        """Change a decision's entry, or with None delete it."""


def damage_to(world: World) -> Damage:
    """The way into this world's ledger."""
    return IrisDamage(world.server) if isinstance(world, IrisWorld) else DatabaseDamage()


class DatabaseDamage(Damage):
    def movement(self, product_id: int, number: int, changed: dict[str, Any] | None) -> None:
        rows = LedgerMovement.objects.filter(product_id=product_id, number=number)
        if changed is None:
            rows.delete()
        elif not rows.update(**changed):
            LedgerMovement.objects.create(
                product_id=product_id, number=number, **(SALE_ENTRY | changed)
            )

    def decision(self, reference: str, changed: dict[str, Any] | None) -> None:
        row = LedgerDecision.objects.get(reference=reference)
        if changed is None:
            row.delete()
        else:
            row.entry = row.entry | changed
            row.kind = row.entry["kind"]
            row.save()


class IrisDamage(Damage):
    def __init__(self, server: Superserver) -> None:
        self._server = server

    def movement(self, product_id: int, number: int, changed: dict[str, Any] | None) -> None:
        self._change("coffeeco.Movement", (str(product_id), str(number)), changed)

    def decision(self, reference: str, changed: dict[str, Any] | None) -> None:
        self._change("coffeeco.Decision", (reference,), changed)

    def _change(self, name: str, key: tuple[str, ...], changed: dict[str, Any] | None) -> None:
        text = self._server.globals()[name].get(key)
        value: object = UNDEFINED
        if changed is not None:
            value = dump((load(str(text)) if text else SALE_ENTRY) | changed)
        storage = self._server.instance.storage
        storage.committed([storage.write_node(name, key, value)])
