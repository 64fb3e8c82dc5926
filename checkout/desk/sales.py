"""What was sold, and what of it waits to be collected, for the stock desk.

Registered as ``shop.desk.figures`` and ``shop.desk.to_collect``.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from itertools import chain, pairwise

from django.db import connection
from django.db.models import Case, F, Min, Q, Sum, When
from django.db.models.lookups import Exact
from django.utils import timezone

from checkout.models import Order, OrderLine, OrderState

ON_THE_SHELF = Q(
    # Not compared plainly, because SQLite would then read all sold orders by their state.
    Exact(Case(When(state=OrderState.CONFIRMED, then=1), default=0), 1),
    handed_over_at=None,
    cancelled_at=None,
)
"""The sold orders whose bags still lie on the shelf; the index of the same name has them."""


SOLD_BY_DAY = """
SELECT line.product_id, day.column1, SUM(line.quantity)
FROM (VALUES {days}) AS day
JOIN checkout_order AS sold ON sold.settled_at >= day.column2 AND sold.settled_at < day.column3
JOIN checkout_orderline AS line ON line.order_id = sold.id
WHERE sold.state = %s AND sold.cancelled_at IS NULL
    AND sold.settled_at >= %s AND line.order_id >= %s
GROUP BY line.product_id, day.column1
"""
"""In SQL, because Django would convert each of ten thousand rows, and on SQLite find the day of
each line with a function of Python."""


def sold_by_day(product_ids: Iterable[int] | None, since: date) -> dict[int, dict[date, int]]:
    """Bags sold of each product (None: of all) on each day since then, in the shop's time zone.

    Confirmed orders count on the day they were sold, cancelled ones do not.
    """
    return _of_all(since) if product_ids is None else _of_some(product_ids, since)


def _of_all(since: date) -> dict[int, dict[date, int]]:
    days = [since + timedelta(days=n) for n in range((timezone.localdate() - since).days + 1)]
    midnights = [
        connection.ops.adapt_datetimefield_value(_midnight(day))
        for day in (*days, days[-1] + timedelta(days=1))
    ]
    spans = [(place, *span) for place, span in enumerate(pairwise(midnights))]
    statement = SOLD_BY_DAY.format(days=", ".join(["(%s, %s, %s)"] * len(days)))
    sold: dict[int, dict[date, int]] = defaultdict(dict)
    with connection.cursor() as cursor:
        first = _first_order(_midnight(since))
        # The beginning is said again, because PostgreSQL does not see it in the days.
        values = [*chain(*spans), OrderState.CONFIRMED, midnights[0], first]
        cursor.execute(statement, values)
        for product_id, place, bags in cursor.fetchall():
            sold[product_id][days[place]] = bags
    return dict(sold)


def _of_some(product_ids: Iterable[int], since: date) -> dict[int, dict[date, int]]:
    midnight = _midnight(since)
    lines = OrderLine.objects.order_by().filter(
        product_id__in=product_ids,
        order_id__gte=_first_order(midnight),
        order__state=OrderState.CONFIRMED,
        order__settled_at__gte=midnight,
        order__cancelled_at=None,
    )
    sold: dict[int, dict[date, int]] = defaultdict(lambda: defaultdict(int))
    for product_id, at, bags in lines.values_list("product_id", "order__settled_at", "quantity"):
        sold[product_id][timezone.localdate(at)] += bags
    return {product_id: dict(days) for product_id, days in sold.items()}


def _first_order(midnight: datetime) -> int:
    """The least number of what was sold since then, by which older lines are passed over.

    With + 0, since PostgreSQL would else read all orders from the first on to find it.
    """
    recent = Order.objects.filter(state=OrderState.CONFIRMED, settled_at__gte=midnight)
    return recent.aggregate(first=Min(F("pk") + 0))["first"] or 0


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time()))


def bags_to_collect() -> dict[int, int]:
    """Bags that are sold and still on the shelf, by product id.

    Those of an order that is being cancelled count until they are back in stock.
    """
    # All products at once, so that the few orders that wait are read, not all lines of a product.
    lines = OrderLine.objects.filter(order__in=Order.objects.filter(ON_THE_SHELF))
    return dict(lines.values_list("product_id").annotate(bags=Sum("quantity")))
