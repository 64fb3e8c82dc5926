"""A transaction on one connection: its locks, the rows it opened, and whether it may commit."""

from __future__ import annotations

import threading
from collections.abc import Callable
from enum import Enum, auto
from time import sleep
from typing import TypeVar

from shop.inventory.contract import (
    InventoryBusy,
    InventoryTimeout,
    InventoryUnavailable,
    OutcomeUnknown,
)
from shop.inventory.iris.client.connection import Connection, Overdue
from shop.inventory.iris.client.deadlines import Deadline
from shop.inventory.iris.client.driver import Iris, Item, LockTimeout, Reference
from shop.inventory.iris.client.errors import checked, code_of, words_of
from shop.inventory.iris.names import EXCLUSIVE, INVENTORY, NOT_FOUND, NOT_LOCKED
from shop.inventory.iris.store import ledger

PRODUCT = "^coffeeco.Product"
"""Never set, only locked: who changes a product, whether or not it has a row."""


PAUSE = 0.02

T = TypeVar("T")


class _State(Enum):
    OPEN = auto()
    COMMITTING = auto()
    ABANDONED = auto()


class Fate:
    """Whether the commit may still be sent: decided once, by whoever comes first."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._state = _State.OPEN

    def commit(self) -> bool:
        """The connection's thread is about to send the commit. False: it must not."""
        return self._move(_State.COMMITTING)

    def give_up(self) -> bool:
        """The caller's time is over. True: the commit was not sent and never will be."""
        return self._move(_State.ABANDONED)

    def _move(self, state: _State) -> bool:
        with self._lock:
            if self._state is _State.OPEN:
                self._state = state
            return self._state is state


class Transaction:
    """What is held on the server for one sale or change. For the connection's own thread."""

    def __init__(
        self, iris: Iris, *, reference: str, fate: Fate, deadline: Deadline, lock_wait: float
    ) -> None:
        """``lock_wait`` is the most seconds to wait for a lock."""
        self.iris = iris
        self.reference = reference
        self._fate = fate
        self._deadline = deadline
        self._lock_wait = lock_wait
        self._items: list[Item] = []
        self._has_begun = False
        self._has_locks = False

    @property
    def is_clean(self) -> bool:
        """True when nothing is held any more, so that others may have the connection."""
        return not (self._items or self._has_begun or self._has_locks)

    def lock(self, name: str, *subscripts: str | int, product_id: int | None = None) -> None:
        """Lock a name to the end; raises InventoryBusy when somebody else keeps it too long."""
        self._has_locks = True
        try:
            self.iris.lock(name, *subscripts, timeout=min(self._lock_wait, self._deadline.left))
        except LockTimeout:
            raise InventoryBusy(product_id) from None

    def begin(self) -> None:
        """TSTART."""
        self.iris.t_start()
        self._has_begun = True

    def open(self, product_id: int) -> Item | None:
        """Open a product's row under an exclusive lock, or make sure that there is none.

        A server may look for a row before it waits for its lock, and then say "not found" of one
        that a transaction has deleted but not yet committed. Whoever deletes a row writes its
        movement first, so the last movement names that transaction: wait until the lock on its
        decision is free, then look again. That proves the absence, and costs a sale no message.
        """
        item = self._open(product_id)
        if item is None and (last := ledger.last_movement(self.iris, product_id)):
            self._wait_for(last.reference, product_id)
            item = self._open(product_id)
        return item

    def commit(self) -> None:
        """TCOMMIT, unless the caller has given up. Raises OutcomeUnknown when it isn't answered."""
        if not self._fate.commit():
            raise InventoryTimeout("given up before the commit")
        try:
            self.iris.t_commit()
        except Exception:  # noqa: BLE001 (once it was sent, nothing proves that it failed)
            raise OutcomeUnknown(self.reference) from None
        self._has_begun = False

    def undo(self) -> None:
        """TROLLBACK, if anything was begun, and let go of everything."""
        if self._has_begun:
            self.iris.t_rollback()
            self._has_begun = False
        self.let_go()

    def let_go(self) -> None:
        """Give back every lock, so that the connection remembers nothing of this transaction.

        Only after the commit: a lock given back before might be free before. And object by object:
        the server keeps them in memory until the driver has gathered a hundred, and while one
        counts as open at level 4 the next %OpenId of its id would neither read nor lock.
        """
        while self._items:
            checked(self.iris, self._items[-1].invoke("%DowngradeConcurrency", 0))
            self._items.pop()
        self.iris.forget_items()
        if self._has_locks:
            self.iris.release_all_locks()
            self._has_locks = False

    def _open(self, product_id: int) -> Item | None:
        until = Deadline(min(self._lock_wait, self._deadline.left))
        while True:
            status = Reference(1)
            item = self.iris.class_method_object(
                INVENTORY, "%OpenId", product_id, EXCLUSIVE, status
            )
            if item is not None:
                self._items.append(item)
                return item
            words = words_of(self.iris, status.value)
            code = code_of(words)
            if code == NOT_FOUND:
                return None
            if code not in NOT_LOCKED:
                raise InventoryUnavailable(f"%OpenId of {product_id}: {words}")
            # The server has waited its whole seconds; what is left of ours may be a fraction.
            if until.left <= row_wait(self._lock_wait):
                raise InventoryBusy(product_id)
            sleep(PAUSE)

    def _wait_for(self, reference: str, product_id: int) -> None:
        """Wait until whoever is deciding this reference has ended."""
        if reference == self.reference:
            return
        wait = min(self._lock_wait, self._deadline.left)
        try:
            self.iris.lock(ledger.DECISION, reference, timeout=wait, shared=True)
        except LockTimeout:
            raise InventoryBusy(product_id) from None
        self.iris.unlock_now(ledger.DECISION, reference, shared=True)


class Lease:
    """A connection in one caller's hands, and the transaction on it, until one deadline."""

    def __init__(
        self, connection: Connection, *, reference: str, deadline: Deadline, lock_wait: float
    ) -> None:
        self._connection = connection
        self._deadline = deadline
        self._fate = Fate()
        self.reference = reference
        self.iris = connection.iris
        self.transaction = Transaction(
            connection.iris,
            reference=reference,
            fate=self._fate,
            deadline=deadline,
            lock_wait=lock_wait,
        )

    def call(self, work: Callable[[], T]) -> T:
        """Do a piece of the transaction on the connection's thread, as long as there is time.

        Raises InventoryTimeout, and then nothing is or ever will be changed; or OutcomeUnknown.
        """
        try:
            return self._connection.call(work, self._deadline)
        except Overdue:
            # The flag first: from here on no commit is sent, whatever the thread gets to do still.
            given_up = self._fate.give_up()
            self._connection.shut()
            if given_up:
                raise InventoryTimeout("no answer in time") from None
            raise OutcomeUnknown(self.reference) from None

    def finish(self, *, keep: bool) -> None:
        """Undo what was not kept and let go of everything. A connection that can't is dropped."""
        work = self.transaction.let_go if keep else self.transaction.undo
        try:
            if not (self._connection.is_spent or self.transaction.is_clean):
                self._connection.call(work, self._deadline)
        except (Overdue, InventoryUnavailable):
            self._connection.shut()


def row_wait(lock_wait: float) -> int:
    """For how many whole seconds %OpenId is to wait for a row, so that it isn't too long."""
    return int(lock_wait)
