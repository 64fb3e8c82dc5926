"""A caller's session on a connection, and its transactions with their locks and objects."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import sleep
from typing import TypeVar

from shop.inventory.iris.client.connection import Connection
from shop.inventory.iris.client.deadline import Deadline
from shop.inventory.iris.client.driver import Iris, Item, Reference, Subscript
from shop.inventory.iris.client.errors import (
    IrisError,
    LockTimeout,
    OutcomeUnknown,
    ServerError,
    StatusError,
    Timeout,
    code_of,
)

log = logging.getLogger(__name__)

T = TypeVar("T")
First = Callable[[Iris], object]

EXCLUSIVE = 4
NOT_FOUND = 5809
NOT_LOCKED = {5803, 5804}
PAUSE = 0.02


class Session:
    """One connection with one deadline. Work runs on the connection's thread."""

    def __init__(self, connection: Connection, deadline: Deadline, lock_wait: float) -> None:
        """``lock_wait`` is the most seconds to wait for one lock."""
        self.deadline = deadline
        self.lock_wait = lock_wait
        self.iris = connection.iris
        self._connection = connection

    @property
    def is_lost(self) -> bool:
        """True when nothing more can be asked."""
        return self._connection.is_spent

    def run(self, work: Callable[..., T], *arguments: object) -> T:
        """Run ``work`` on the connection's thread; raises its errors, or Timeout."""
        return self._connection.call(lambda: work(*arguments), self.deadline)

    @contextmanager
    def transaction(
        self, name: str, *subscripts: Subscript, first: First | None = None
    ) -> Iterator[Transaction]:
        """A transaction under a lock; an error rolls it back. Locks are released at the end.

        ``first`` is done under the lock; if it raises, no transaction is begun. Raises
        OutcomeUnknown when the commit was sent and not answered with success. After any other
        error nothing was changed, and nothing will be.
        """
        with self.holding() as tx:
            self.run(tx.lock, name, *subscripts)
            if first:
                self.run(first, self.iris)
            self.run(self.iris.t_start)
            try:
                yield tx
                # Checked again, so that a late caller gets Timeout and no commit is sent.
                if self.deadline.is_over:
                    raise Timeout("no time was left to commit")
            except BaseException:
                self._roll_back()
                raise
            try:
                self.run(self.iris.t_commit)
            except IrisError as error:
                self._connection.shut()
                raise OutcomeUnknown(str(error)) from None

    @contextmanager
    def holding(self) -> Iterator[Transaction]:
        """Locks and objects without a transaction, for reading; all are released at the end."""
        tx = Transaction(self)
        try:
            yield tx
        finally:
            try:
                self.run(tx.let_go)
            except IrisError:
                self._connection.shut()

    def _roll_back(self) -> None:
        try:
            self.run(self.iris.t_rollback)
        except ServerError as error:
            # <ROLLFAIL>, when the journal was switched off: part of the transaction may stand.
            log.error("A rollback failed; part of its transaction may stand: %s", error)
            self._connection.shut()
        except IrisError:
            # The link is lost or was shut, so the server rolls back by itself.
            self._connection.shut()


class Transaction:
    """The locks and objects of one transaction. Everything here runs on the connection's thread."""

    def __init__(self, session: Session) -> None:
        self.iris = session.iris
        self.run = session.run
        self._deadline = session.deadline
        self._lock_wait = session.lock_wait
        self._items: dict[tuple[str, int], Item] = {}

    def lock(self, name: str, *subscripts: Subscript) -> None:
        """Lock a node until the end; raises LockTimeout when others hold it for too long."""
        self.iris.lock(name, *subscripts, timeout=min(self._lock_wait, self._deadline.left))

    def open(self, class_name: str, id_: int) -> Item | None:
        """An object under an exclusive lock until the end; None if it does not exist.

        Raises LockTimeout when others hold it for too long.
        """
        if (class_name, id_) in self.iris.remains:
            # In memory at level 4 it would be neither locked nor read anew.
            if left := self.iris.class_method_object(class_name, "%OpenId", id_, 0):
                self.iris.check(left.invoke("%DowngradeConcurrency", 0))
            self.iris.remains.remove((class_name, id_))
        until = Deadline(min(self._lock_wait, self._deadline.left))
        while True:
            status = Reference(1)
            item = self.iris.class_method_object(class_name, "%OpenId", id_, EXCLUSIVE, status)
            if item is not None:
                self._items[class_name, id_] = item
                return item
            words = self.iris.words_of(status.value) if status.value else ""
            code = code_of(words)
            if code not in NOT_LOCKED:
                break
            # The server waits in whole seconds, so there must be time left for one more wait.
            if until.left <= row_wait(self._lock_wait):
                raise LockTimeout(words, class_name, id_)
            sleep(PAUSE)
        self.iris.remains.add((class_name, id_))
        # Reading such an object anew may fail without any status.
        if code != NOT_FOUND and self.iris.exists(class_name, id_):
            raise StatusError(f"%OpenId of {class_name} {id_}: {words}")
        return None

    def save(self, item: Item, **properties: object) -> None:
        """Assign properties and save; raises StatusError when the server won't."""
        for name, value in properties.items():
            item.set(name, value)
        self.iris.check(item.invoke("%Save"))

    def insert(self, class_name: str, **properties: object) -> None:
        """Save a new object; raises StatusError when the server won't."""
        item = self.iris.class_method_object(class_name, "%New")
        if item is None:
            raise ServerError(f"{class_name}.%New returned nothing")
        self.save(item, **properties)

    def delete(self, class_name: str, id_: int) -> None:
        """Delete an object; raises StatusError when the server won't, or has none."""
        self.iris.check(self.iris.class_method_value(class_name, "%DeleteId", id_))
        # The object may have lost its id, and then it must not be downgraded.
        self._items.pop((class_name, id_), None)
        self.iris.remains.add((class_name, id_))

    def let_go(self) -> None:
        """Release every lock and object, so that the next transaction starts without any.

        Called only after the commit, because a lock released earlier might be free before it.
        Objects are downgraded one by one: the server keeps them in memory until the driver has
        released a hundred, and while one is open at level 4, the next %OpenId of its id would
        neither read nor lock.
        """
        for item in self._items.values():
            self.iris.check(item.invoke("%DowngradeConcurrency", 0))
        self.iris.forget_items()
        self.iris.release_all_locks()


def row_wait(lock_wait: float) -> int:
    """Whole seconds that %OpenId waits for a row: ``lock_wait``, rounded down."""
    return int(lock_wait)
