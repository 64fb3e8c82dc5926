"""The orders as staff look for them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.db.models import Min, Q, QuerySet
from django.utils import timezone

from checkout.desk.days import Days
from checkout.desk.sales import ON_THE_SHELF
from checkout.models import Order, OrderLine, OrderState
from checkout.references import typed_reference
from shop.branches import BRANCHES, Branch
from shop.deliveries import neutralised
from shop.http import encoded, whole_number
from shop.inventory.contract import MAX_ID
from shop.queries import ListQuery, chosen

PER_PAGE = 50
MOST_LISTED = 10_000
"""Orders that the list counts and has pages for."""
MOST_SEARCHED = 50_000
"""A search looks through so many orders, the newest; others are reached by naming days."""
MOST_EXPORTED = 50_000
MOST_PICKED = 500
BATCH = 500

EXPORT_COLUMNS = (
    "Reference",
    "Placed",
    "State",
    "Branch",
    "E-mail",
    "ProductId",
    "Name",
    "Quantity",
    "UnitPrice",
    "Subtotal",
    "HandedOver",
    "Cancelled",
)


class Stage(StrEnum):
    """Where an order stands, as staff see it; the value is the address's ``stage``."""

    TO_COLLECT = "to-collect"
    HANDED_OVER = "handed-over"
    CANCELLED = "cancelled"
    PENDING = "pending"
    REFUSED = "refused"
    ABANDONED = "abandoned"

    @property
    def label(self) -> str:
        return self.value.replace("-", " ").capitalize()


_SOLD = Q(state=OrderState.CONFIRMED)
STAGES = {
    Stage.TO_COLLECT: ON_THE_SHELF & Q(cancelled_by=""),
    Stage.HANDED_OVER: _SOLD & Q(cancelled_by="", handed_over_at__isnull=False),
    # Also while its bags are on their way back: that it is cancelled is decided by then.
    Stage.CANCELLED: _SOLD & ~Q(cancelled_by=""),
    Stage.PENDING: Q(state=OrderState.PENDING),
    Stage.REFUSED: Q(state=OrderState.REFUSED),
    Stage.ABANDONED: Q(state=OrderState.ABANDONED),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class OrderQuery(ListQuery):
    """What the orders' page was asked for."""

    stage: Stage | None
    branch: str
    days: Days

    @classmethod
    def choices(cls, data: Mapping[str, str]) -> dict[str, Any]:
        """``stage``, ``branch``, and the days on which the orders were placed."""
        branch = data.get("branch", "")
        return {
            "stage": chosen(Stage, data.get("stage", "")),
            "branch": branch if branch in {known.slug for known in BRANCHES} else "",
            "days": Days.read(data),
        }

    def orders(self) -> QuerySet[Order]:
        """The orders that match, newest first; those to collect oldest first."""
        is_waiting = self.stage is Stage.TO_COLLECT
        order = ("created_at", "pk") if is_waiting else ("-created_at", "-pk")
        found = Order.objects.filter(self.days.placed()).order_by(*order)
        found = found.prefetch_related("lines")
        if self.stage:
            found = found.filter(STAGES[self.stage])
        if self.branch:
            found = found.filter(branch_slug=self.branch)
        return found.filter(_containing(self.text, found)) if self.text else found

    def whole_reference(self) -> str | None:
        """The order's reference when that is what was looked for, read as customers type it."""
        typed = typed_reference(self.text)
        named = Order.objects.filter(reference=typed or "")
        return named.values_list("reference", flat=True).first()

    @property
    def address(self) -> str:
        """The query that :meth:`read` gets this from; empty for the page as it is without one."""
        asked = {
            "stage": self.stage.value if self.stage else "",
            "q": self.text,
            "branch": self.branch,
            **self.days.asked,
            "page": "" if self.page == 1 else self.page,
        }
        return encoded(asked)


def pick_list(branch: str) -> list[tuple[Branch, list[Order]]]:
    """The oldest orders to collect, at most MOST_PICKED, for each branch; or for one."""
    query = OrderQuery(stage=Stage.TO_COLLECT, branch=branch, days=Days())
    orders = list(query.orders()[:MOST_PICKED])
    found = [
        (known, [order for order in orders if order.branch_slug == known.slug])
        for known in BRANCHES
    ]
    return [(known, waiting) for known, waiting in found if waiting]


@dataclass(frozen=True, kw_only=True, slots=True)
class Waiting:
    """How many orders wait for the staff."""

    to_collect: int
    pending: int


def waiting() -> Waiting:
    """What is to be handed over or settled, of all orders."""
    return Waiting(
        to_collect=Order.objects.filter(STAGES[Stage.TO_COLLECT]).count(),
        pending=Order.objects.filter(STAGES[Stage.PENDING]).count(),
    )


def are_many() -> bool:
    """True when a search may not look through all orders."""
    return Order.objects.order_by("-pk")[MOST_SEARCHED:].exists()


def stage_of(order: Order) -> Stage:
    """Where this order stands."""
    if not order.is_confirmed:
        return Stage(order.state)
    if order.cancelled_by:
        return Stage.CANCELLED
    return Stage.HANDED_OVER if order.is_handed_over else Stage.TO_COLLECT


def export_rows(
    orders: QuerySet[Order], *, with_addresses: bool = True
) -> Iterator[tuple[str, ...]]:
    """The cells of an export, a row for each line, header first; none runs as a formula."""
    left_out = None if with_addresses else EXPORT_COLUMNS.index("E-mail")
    for cells in _rows(orders):
        yield tuple(cell for place, cell in enumerate(cells) if place != left_out)


def _rows(orders: QuerySet[Order]) -> Iterator[tuple[str, ...]]:
    yield EXPORT_COLUMNS
    # In batches: one long query would hold what others write on SQLite.
    rest = orders = orders.order_by("-created_at", "-pk")
    while batch := list(rest[:BATCH]):
        for order in batch:
            for line in order.lines.all():
                yield _cells(order, line)
        last = batch[-1]
        done = Q(created_at=last.created_at, pk__gte=last.pk)
        rest = orders.filter(~done, created_at__lte=last.created_at)


def _cells(order: Order, line: OrderLine) -> tuple[str, ...]:
    handed_over, cancelled = order.handed_over_at, order.cancelled_at
    return (
        order.reference,
        _local(order.created_at),
        stage_of(order).label,
        order.branch_slug,
        neutralised(order.email),
        str(line.product_id),
        neutralised(line.name),
        str(line.quantity),
        f"{line.unit_price:.2f}",
        f"{line.subtotal:.2f}",
        _local(handed_over) if handed_over else "",
        _local(cancelled) if cancelled else "",
    )


def _local(moment: Any) -> str:
    return timezone.localtime(moment).isoformat(" ", "minutes")[:16]


def _containing(text: str, orders: QuerySet[Order]) -> Q:
    """Those of the newest of these orders by reference, e-mail, a product's name, or its number."""
    newest = orders.prefetch_related(None).order_by("-pk")[:MOST_SEARCHED]
    first = newest.aggregate(first=Min("pk"))["first"] or 0
    of_product = Q(name__icontains=text)
    if (product_id := whole_number(text, most=MAX_ID)) is not None:
        of_product |= Q(product_id=product_id)
    lines = OrderLine.objects.filter(of_product, order_id__gte=first).values("order_id")
    by_text = Q(reference__icontains=text) | Q(email__icontains=text) | Q(pk__in=lines)
    return Q(pk__gte=first) & by_text
