"""The desk asks and loads no more when the shop has more coffees."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from checkout.models import Order, OrderLine, OrderState
from shop.inventory.contract import Product
from shop.inventory.models import StockRow
from shop.inventory.row import Row, product_of
from tests.shop.cast import EVERY_RIGHT, browser_of, person
from tests.support.cast import HARBOUR_LIGHT, THOUSAND_STEPS, stock

pytestmark = pytest.mark.django_db(transaction=True)

PAGES = [
    "/staff/",
    "/staff/stock/",
    "/staff/stock/?sort=lasts",
    "/staff/stock/?sort=-sold&q=coffee&page=2",
    "/staff/stock/?show=low&sort=name",
    "/staff/stock/count/",
    "/staff/stock/reorder/",
    "/staff/stock/1001/",
    "/staff/ledger/",
    "/staff/orders/",
    "/staff/orders/?stage=to-collect",
    "/staff/orders/sums/",
    "/staff/deliveries/",
    "/staff/alerts/",
]


def more_coffees(first: int, last: int) -> None:
    """Coffees of these numbers, of each of which two people bought enough for a pace today."""
    StockRow.objects.bulk_create(
        StockRow(id=n, name=f"Coffee {n}", price=9, quantity=4, name_key="", search_key="coffee")
        for n in range(first, last + 1)
    )
    OrderLine.objects.bulk_create(
        OrderLine(order=order, product_id=n, name="Coffee", quantity=2, unit_price=9)
        for order in Order.objects.all()
        for n in range(first, last + 1)
    )


def test_no_page_asks_or_loads_more_for_more_coffees(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shop.desk.reorder.MOST_LINES", 30)
    monkeypatch.setattr("shop.desk.ledger.MOST_FOUND", 30)
    stock(HARBOUR_LIGHT, THOUSAND_STEPS)
    now = timezone.now()
    for reference in ("CC-ANAANA22", "CC-BENBEN22"):
        Order.objects.create(
            reference=reference,
            token_hash=reference,
            state=OrderState.CONFIRMED,
            tax_rate="0.2",
            created_at=now,
            settled_at=now,
        )
    loaded: list[int] = []

    def counted(product_id: int, row: Row) -> Product | None:
        loaded.append(product_id)
        return product_of(product_id, row)

    monkeypatch.setattr("shop.inventory.database.inventory.product_of", counted)
    desk = browser_of(person("rosa", *EVERY_RIGHT))

    def work(page: str) -> tuple[int, int]:
        """Questions to the database, and coffees that are loaded."""
        loaded.clear()
        with CaptureQueriesContext(connection) as queries:
            assert desk.get(page).status_code == 200
        return len(queries), len(loaded)

    more_coffees(1, 240)
    before = {page: work(page) for page in PAGES}
    more_coffees(241, 480)
    assert {page: work(page) for page in PAGES} == before
