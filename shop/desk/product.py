"""What the staff's page of one product shows, always read live."""

from __future__ import annotations

from dataclasses import dataclass

from shop.desk.shelf import shelf_words, to_collect
from shop.desk.steps import MOST, StepLine, step_line
from shop.desk.stock import Problem, problems
from shop.formats import bags, signed
from shop.inventory.contract import (
    MAX_ID,
    Change,
    ChangeResult,
    Correction,
    Decision,
    Delivery,
    Inventory,
    InventoryBusy,
    Movement,
    NewDetails,
    Product,
    PutBack,
    Shelf,
    Withdrawal,
)

LATEST = 20


@dataclass(frozen=True, kw_only=True, slots=True)
class ProductDesk:
    """One product with its latest movements; ``problem`` stands where its row can't be sold.

    ``drift`` is what other programs did to its quantity since the last movement, ``in_ledger``
    the ledger's figure; both None while the product is busy.
    """

    id: int
    product: Product | None
    problem: Problem | None
    in_stock: int
    drift: int | None
    in_ledger: int | None
    movements: tuple[Movement, ...]
    steps: StepLine | None
    to_collect: int
    """Bags of it that are sold and wait on the shelf."""

    @property
    def name(self) -> str:
        """Its name, or its number if it has none."""
        return self.known_name or f"No. {self.id}"

    @property
    def known_name(self) -> str:
        """Its name in the store, if it has one there."""
        known = self.product or self.problem
        return known.name if known else ""

    @property
    def is_gone(self) -> bool:
        """Its row is gone, deleted by another program; only the ledger knows of it."""
        return self.product is None and self.problem is None

    @property
    def is_sold_out(self) -> bool:
        """Its last bag is gone; Restock brings it back."""
        return self.product is not None and self.product.is_sold_out and not self.is_withdrawn

    @property
    def is_withdrawn(self) -> bool:
        return self.product is not None and self.product.shelf is Shelf.WITHDRAWN

    @property
    def bags(self) -> int:
        """The bags in stock, or kept while it is withdrawn."""
        return self.product.quantity if self.product and self.is_withdrawn else self.in_stock

    @property
    def on_shelf(self) -> int:
        """What a count is compared with: the bags to sell or kept, and those to be collected."""
        return self.bags + self.to_collect

    @property
    def shelf_words(self) -> str:
        """What makes up the shelf, in words."""
        return shelf_words(self.bags, self.to_collect, kept=self.is_withdrawn)

    @property
    def is_on_sale(self) -> bool:
        return self.product is not None and self.product.shelf is Shelf.ON_SALE


def product_desk(
    inventory: Inventory, product_id: int, *, latest: int = LATEST
) -> ProductDesk | None:
    """A product as it stands, or None when the shop never had it. Raises InventoryUnavailable."""
    if not 0 < product_id <= MAX_ID:
        return None
    product = inventory.product(product_id)
    problem = None
    if product is None:
        found = [row for row in problems(inventory) if row.id == product_id]
        problem = found[0] if found else None
    movements = inventory.movements(product_id, newest_first=True, limit=max(latest, MOST))
    if not (product or problem or movements):
        return None
    try:
        balance = inventory.balance(product_id)
    except InventoryBusy:
        balance = None
    in_stock = balance.in_stock if balance else product.left if product else 0
    return ProductDesk(
        id=product_id,
        product=product,
        problem=problem,
        in_stock=in_stock,
        drift=balance.drift if balance else None,
        in_ledger=balance.in_ledger if balance else None,
        movements=movements[:latest],
        steps=step_line(movements, in_stock),
        to_collect=to_collect().get(product_id, 0),
    )


def sentence_on(decision: Decision, change: Change) -> str:
    """What a change did, in a sentence; where the stock had moved meanwhile, both figures."""
    (result,) = decision.results
    name, after = result.name or f"No. {result.product_id}", result.after
    match change:
        case Correction():
            return _sentence_on_count(name, result, change)
        case Delivery():
            return f"{bags(result.quantity)} of {name} received: {after:,} in stock now."
        case NewDetails() if result.details:
            return f"{name} is changed: {result.details}."
        case NewDetails():
            return f"{name} is as it was: nothing was different."
        case Withdrawal():
            return f"{name} is off sale; its {bags(-result.quantity)} are kept."
        case PutBack() if after:
            return f"{name} is back on sale, with {bags(after)}."
        case PutBack():
            return f"{name} is withdrawn no more. It is sold out: restock it to sell it."
        case _:
            return f"{name}: the ledger now says {after:,}, as the stock does."


def _sentence_on_count(name: str, result: ChangeResult, change: Correction) -> str:
    is_kept = result.kept is not None
    bags_now = result.after if result.kept is None else result.kept
    waiting = to_collect().get(result.product_id, 0)
    words = shelf_words(bags_now, waiting, kept=is_kept)
    after = bags_now + waiting
    before = after - result.quantity
    stays = " It stays withdrawn." if is_kept else ""
    if before == change.shown:
        now = f": {words}" if waiting else ""
        return f"{name} is corrected from {before:,} to {after:,}{now}.{stays}"
    return (
        f"{name} had moved from {change.shown:,} to {before:,} since you opened the page. "
        f"Your count of {change.counted:,} changed it by {signed(result.quantity)}: {words}.{stays}"
    )
