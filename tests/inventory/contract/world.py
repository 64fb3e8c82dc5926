"""A store with the world around it: other programs, other processes, and what can go wrong.

The suite asks only this. To hold another inventory to the contract, write one more World and add
it to ``fixtures.py``.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from contextlib import AbstractContextManager
from dataclasses import dataclass
from decimal import Decimal

from shop.inventory.contract import AlertKind, Inventory

PRICE = Decimal("12.50")


@dataclass(frozen=True, kw_only=True, slots=True)
class RawRow:
    """A row of stock as another program writes it, None where it leaves a column empty."""

    id: int
    name: str | None = "Yirgacheffe"
    price: Decimal | None = PRICE
    quantity: int | None = 10
    origin: str | None = "Ethiopia"
    description: str | None = "Jasmine and lemon"


@dataclass(frozen=True, kw_only=True, slots=True)
class RaisedAlert:
    """A call of the server's alert, as the server saw it."""

    kind: AlertKind
    product_id: int
    name: str


@dataclass(slots=True)
class Fault:
    """A failure that waits for its step; ``struck`` once it came to pass."""

    step: int
    seen: int = 0
    struck: bool = False


class World(ABC):
    """One store for one test, empty at its start."""

    inventory: Inventory
    """The inventory under test, with ``low_stock`` 3 and lock waits of a fraction of a second."""

    can_hold_negative_stock: bool = False
    """True where nothing keeps another program from writing a negative quantity."""

    locks_rows: bool = True
    """False where a lock on one product holds up the whole store."""

    shows_uncommitted: bool = False
    """True where stock is read as it stands, undone later or not; decisions never are."""

    @abstractmethod
    def put_row(self, row: RawRow) -> None:
        """Another program writes this row, new or over the one there is, and commits."""

    @abstractmethod
    def delete_row(self, product_id: int) -> None:
        """Another program deletes this row and commits."""

    @abstractmethod
    def row(self, product_id: int) -> RawRow | None:
        """The row as another program reads it."""

    @abstractmethod
    def contents(self) -> object:
        """All that the store holds, to compare two moments."""

    @abstractmethod
    def second(self) -> Inventory:
        """An inventory on the same store, as another process has it."""

    @abstractmethod
    def hold(self, product_id: int) -> AbstractContextManager[None]:
        """Somebody else, on a connection of their own, holds the lock of this product's row."""

    @abstractmethod
    def hold_reference(self, reference: str) -> AbstractContextManager[None]:
        """Somebody else holds the lock of the decision under this reference, and writes none."""

    @abstractmethod
    def alerts(self) -> list[RaisedAlert]:
        """Every alert that the server was called for, in order."""

    @abstractmethod
    def break_alerts(self, message: str) -> None:
        """From here on the server's alerts fail and say this."""

    @abstractmethod
    def lose_commit(self, *, done: bool) -> AbstractContextManager[None]:
        """This thread's commits are sent and not answered; ``done`` when the store made them."""

    @abstractmethod
    def fail_at(self, step: int) -> AbstractContextManager[Fault]:
        """The store goes away as this thread puts its ``step``-th question, from 1."""

    @abstractmethod
    def leave(self) -> None:
        """Called at the end of every thread that used the store: let go of what it opened."""
