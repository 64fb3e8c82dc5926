"""What was sold, and what of it waits to be collected, for the stock desk.

Registered as ``shop.desk.figures`` and ``shop.desk.to_collect``.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime, time, timedelta

from django.db.models import Case, Q, Sum, Value, When
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
LONGEST_PENDING = timedelta(days=30)


def sold_by_day(product_ids: Iterable[int] | None, since: date) -> dict[int, dict[date, int]]:
    """Bags sold of each product (None: of all) on each day since then, in the shop's time zone.

    Confirmed orders count on the day they were sold, cancelled ones do not.
    """
    days = [since + timedelta(days=n) for n in range((timezone.localdate() - since).days + 1)]
    midnights = [timezone.make_aware(datetime.combine(day, time.min)) for day in days]
    begin = midnights[0]
    lines = (
        OrderLine.objects.filter(
            order__state=OrderState.CONFIRMED,
            order__cancelled_at=None,
            order__settled_at__gte=begin,
            # An order is settled within days; its creation has an index.
            order__created_at__gte=begin - LONGEST_PENDING,
        )
        .filter(**{} if product_ids is None else {"product_id__in": list(product_ids)})
        # Compared, because SQLite would call Django's own function for the day of each line.
        .annotate(
            place=Case(
                *(
                    When(order__settled_at__lt=end, then=Value(place))
                    for place, end in enumerate(midnights[1:])
                ),
                default=Value(len(days) - 1),
            )
        )
        .values_list("product_id", "place")
        .annotate(bags=Sum("quantity"))
    )
    sold: dict[int, dict[date, int]] = defaultdict(dict)
    for product_id, place, bags in lines:
        sold[product_id][days[place]] = bags
    return dict(sold)


def bags_to_collect() -> dict[int, int]:
    """Bags that are sold and still on the shelf, by product id.

    Those of an order that is being cancelled count until they are back in stock.
    """
    # All products at once, so that the few orders that wait are read, not all lines of a product.
    lines = OrderLine.objects.filter(order__in=Order.objects.filter(ON_THE_SHELF))
    return dict(lines.values_list("product_id").annotate(bags=Sum("quantity")))
