"""What was sold on some days: gross, tax, net, by branch and by coffee. No customer appears."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import NamedTuple

from django.db.models import Count, DecimalField, F, Max, OuterRef, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce

from checkout.desk.days import Days
from checkout.models import Order, OrderLine, OrderState
from shop.branches import BRANCHES
from shop.deliveries import neutralised
from shop.formats import cents, percent, tax_included

COLUMNS = ("By", "Name", "Orders", "Bags", "Gross", "Tax", "Net")
NOTHING = Decimal("0.00")
AMOUNT = DecimalField(max_digits=20, decimal_places=2)
PRICE = F("quantity") * F("unit_price")


@dataclass(frozen=True, kw_only=True, slots=True)
class Amount:
    """Some orders and their money; the tax is the sum of what each receipt says."""

    name: str
    orders: int = 0
    bags: int = 0
    gross: Decimal = NOTHING
    tax: Decimal = NOTHING

    @property
    def net(self) -> Decimal:
        return self.gross - self.tax

    def __add__(self, other: Amount) -> Amount:
        return replace(
            self,
            orders=self.orders + other.orders,
            bags=self.bags + other.bags,
            gross=self.gross + other.gross,
            tax=self.tax + other.tax,
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class SoldCoffee:
    """The bags of a coffee that were sold, and their price, tax included."""

    product_id: int
    name: str
    bags: int
    gross: Decimal


@dataclass(frozen=True, kw_only=True, slots=True)
class Sums:
    """The orders that were placed on these days and sold; cancelled ones only in ``cancelled``."""

    days: Days
    total: Amount
    rates: list[Amount]
    branches: list[Amount]
    cancelled: Amount

    @classmethod
    def of(cls, days: Days) -> Sums:
        """Read the orders of these days."""
        groups = list(_amounts(sold(days)))
        kept = [group for group in groups if not group.cancelled_by]
        return cls(
            days=days,
            total=sum((group.amount for group in kept), Amount(name="All")),
            rates=_by((percent(group.rate), group.amount) for group in kept),
            branches=_by((_branch(group.branch), group.amount) for group in kept),
            cancelled=sum(
                (group.amount for group in groups if group.cancelled_by), Amount(name="Cancelled")
            ),
        )

    def coffees(self, most: int | None = None) -> list[SoldCoffee]:
        """The coffees of these orders, what brought most first; at most so many."""
        lines = OrderLine.objects.filter(order__in=sold(self.days).filter(cancelled_by=""))
        found = (
            lines.values("product_id")
            .annotate(name=Max("name"), bags=Sum("quantity"), gross=Sum(PRICE, output_field=AMOUNT))
            .order_by("-gross", "product_id")[:most]
        )
        return [SoldCoffee(**row | {"gross": cents(row["gross"])}) for row in found]

    def rows(self) -> Iterator[tuple[str, ...]]:
        """The cells of these sums as a file, header first; none runs as a formula."""
        yield COLUMNS
        yield _cells("all", self.total)
        yield from (_cells("tax rate", one) for one in self.rates)
        yield from (_cells("branch", one) for one in self.branches)
        for one in self.coffees():
            name = neutralised(f"{one.product_id} {one.name}")
            yield "coffee", name, "", str(one.bags), str(one.gross), "", ""
        yield _cells("cancelled", self.cancelled)


def sold(days: Days) -> QuerySet[Order]:
    """The orders that were placed on these days and sold, cancelled ones too."""
    return Order.objects.filter(days.placed(), state=OrderState.CONFIRMED)


class _Group(NamedTuple):
    """Orders that agree in tax rate, branch, total, bags, and who cancelled them, if anyone."""

    rate: Decimal
    branch: str
    cancelled_by: str
    amount: Amount


def _amounts(orders: QuerySet[Order]) -> Iterator[_Group]:
    """The money of these orders, in one pass.

    Tax is rounded once in each order, so that only orders of one total can be reckoned together.
    """
    lines = OrderLine.objects.filter(order=OuterRef("pk")).order_by().values("order")
    groups = (
        orders.order_by()
        .annotate(
            total=Coalesce(
                Subquery(lines.annotate(sum=Sum(PRICE, output_field=AMOUNT)).values("sum")), NOTHING
            ),
            bags=Coalesce(Subquery(lines.annotate(sum=Sum("quantity")).values("sum")), 0),
        )
        .values_list("tax_rate", "branch_slug", "cancelled_by", "total", "bags")
        .annotate(orders=Count("pk"))
    )
    for rate, branch, cancelled_by, total, bags, count in groups.iterator():
        gross = cents(total)
        amount = Amount(
            name="",
            orders=count,
            bags=bags * count,
            gross=gross * count,
            tax=tax_included(gross, rate) * count,
        )
        yield _Group(rate, branch, cancelled_by, amount)


def _by(amounts: Iterable[tuple[str, Amount]]) -> list[Amount]:
    found: dict[str, Amount] = defaultdict(lambda: Amount(name=""))
    for name, amount in amounts:
        found[name] += amount
    return [replace(found[name], name=name) for name in sorted(found)]


def _branch(slug: str) -> str:
    names = {branch.slug: branch.name for branch in BRANCHES}
    return names.get(slug, slug or "not known")


def _cells(by: str, one: Amount) -> tuple[str, ...]:
    money = (str(one.gross), str(one.tax), str(one.net))
    return (by, neutralised(one.name), str(one.orders), str(one.bags), *money)
