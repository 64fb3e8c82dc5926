"""Staff changes: lock the products, read what is held of them, write what the plan says.

``shop.inventory.changes`` computes what a change does, the same for every store.
Everything here runs on the connection's thread.
"""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from functools import partial

from shop.inventory import changes
from shop.inventory.changes import Holding, Outcome
from shop.inventory.contract import (
    COLUMNS,
    Balance,
    Change,
    Decision,
    Delivery,
    InventoryBusy,
    InventoryMisfit,
    Note,
    Product,
    Shelf,
)
from shop.inventory.iris.client import NOT_LOCKED, Item, StatusError, Transaction
from shop.inventory.iris.names import INVENTORY
from shop.inventory.iris.store import ledger
from shop.inventory.iris.store.errors import MAKE_ID
from shop.inventory.iris.store.rows import rows
from shop.inventory.iris.store.schema import has_wrong_ids
from shop.inventory.row import Row

# Another program inserted the row in the same moment, or holds its lock.
IN_OTHER_HANDS = {5805, 5808, *NOT_LOCKED}
MANY = 100


class IrisChange:
    """Applies one change of stock to the store."""

    def __init__(self, change: Change, note: Note, tx: Transaction, *, at: datetime) -> None:
        self._change = change
        self._note = note
        self._iris = tx.iris
        self._tx = tx
        self._at = at

    def make(self) -> Decision:
        """Write the change under the lock on its key; raises Decided for one made before."""
        change = self._change
        if isinstance(change, changes.Remembered):
            self._remember(change)
        named = changes.source_of(change)
        source = self._source(named) if named else None
        held = Held(self._tx, changes.touched(change, source))
        outcomes = changes.plan(change, held.holdings, self._note, self._at, source)
        for outcome in outcomes:
            held.write(outcome)
        held.look_at_new_ids()
        held.write_sold_out_last()

        decision = changes.record(change, self._note, outcomes, self._at)
        ledger.write_decision(self._iris, decision)
        if isinstance(change, Delivery):
            ledger.write_delivery(self._iris, decision)
        ledger.write_version(self._iris)
        return decision

    def _remember(self, change: changes.Remembered) -> None:
        """Write the entry by which a repeated change is recognised, under its own lock."""
        self._tx.lock(ledger.DECISION, changes.memory_reference(change))
        find = partial(ledger.decision, self._iris)
        if kept := changes.remembered(change, self._note, self._at, find):
            ledger.write_decision(self._iris, kept)

    def _source(self, reference: str) -> Decision | None:
        """The decision that a change takes back, read under its lock so that it is committed."""
        self._tx.lock(ledger.DECISION, reference)
        return ledger.decision(self._iris, reference)


class Held:
    """Locks products in id order, reads what the store has of each, and writes outcomes."""

    def __init__(self, tx: Transaction, ids: list[int]) -> None:
        self._tx = tx
        self._iris = tx.iris
        self._items: dict[int, Item] = {}
        self._off: list[Product] = []
        self._back: list[Product] = []
        self._has_inserted = False
        # A sold-out or withdrawn product has no row to lock, so changes lock PRODUCT. Sales don't
        # take this lock, because they only use rows: %OpenId waits for the lock of a row that a
        # sale is deleting before it reports that there is none, as check_inventory proves.
        if len(ids) > MANY:
            # One lock above all the others, because the server's lock table is limited.
            tx.lock(ledger.PRODUCT)
        for product_id in ids:
            if len(ids) <= MANY:
                tx.lock(ledger.PRODUCT, product_id)
            if item := tx.open(INVENTORY, product_id):
                self._items[product_id] = item
        found = rows(self._iris, self._items)
        shelved = ledger.shelved(self._iris, ids)
        self.holdings = {
            product_id: Holding(
                product_id=product_id,
                row=found.get(product_id),
                shelved=shelved.get(product_id),
                last=ledger.last_movement(self._iris, product_id),
            )
            for product_id in ids
        }

    def write(self, outcome: Outcome) -> None:
        """Make the store hold what the outcome says, changing only what differs."""
        iris, holding = self._iris, self.holdings[outcome.product_id]
        ledger.write_movements(iris, outcome.movements)
        if at := outcome.on_sale_since:
            ledger.write_on_sale(iris, outcome.product_id, at)
        if outcome.shelved != holding.shelved:
            if holding.shelved:
                ledger.unshelve(iris, holding.shelved)
                self._back.append(holding.shelved)
            if outcome.shelved:
                ledger.shelve(iris, outcome.shelved)
                self._off.append(outcome.shelved)
        if outcome.row != holding.row:
            self._write_row(outcome.product_id, holding.row, outcome.row)

    def write_sold_out_last(self) -> None:
        """Bring the list of the latest sold-out products up to date, if this changes it."""
        gone = [product for product in self._off if product.shelf is Shelf.SOLD_OUT]
        back = [product for product in self._back if product.shelf is Shelf.SOLD_OUT]
        if gone or back:
            ledger.write_sold_out_last(self._tx, gone, back)

    def look_at_new_ids(self) -> None:
        """Raise InventoryMisfit if the table gave a row that was inserted another ID."""
        if self._has_inserted and has_wrong_ids(self._iris):
            raise InventoryMisfit("the ID of coffeeco.Inventory is not ProductId", MAKE_ID)

    def _write_row(self, product_id: int, before: Row | None, after: Row | None) -> None:
        if after is None:
            self._tx.delete(INVENTORY, product_id)
        elif before is None:
            self._insert(product_id, after)
        else:
            changed = {
                COLUMNS[name]: None if value == "" else value
                for name, value in asdict(after).items()
                if value != getattr(before, name)
            }
            self._tx.save(self._items[product_id], **changed)

    def _insert(self, product_id: int, row: Row) -> None:
        # An empty text is not stored, because objects read SQL's empty string as a character.
        known = {COLUMNS[name]: value for name, value in asdict(row).items() if value or value == 0}
        try:
            self._tx.insert(INVENTORY, ProductId=product_id, **known)
        except StatusError as error:
            if error.code in IN_OTHER_HANDS:
                raise InventoryBusy(product_id) from None
            raise
        self._has_inserted = True


def balance(tx: Transaction, product_id: int) -> Balance:
    """A product's stock and its quantity in the ledger, read under its locks."""
    holding = Held(tx, [product_id]).holdings[product_id]
    return Balance(
        product_id=product_id,
        in_stock=holding.in_stock,
        in_ledger=holding.last.after if holding.last else None,
    )
