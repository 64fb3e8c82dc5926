"""The staff's pages of orders: find, hand over, settle, cancel, export."""

from __future__ import annotations

import csv
import io
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from checkout import aftercare
from checkout.desk import orders, views
from checkout.models import Order, OrderState
from checkout.references import sign
from shop.inventory import get_inventory
from shop.inventory.contract import (
    DeliveryRow,
    Inventory,
    InventoryBusy,
    InventoryTimeout,
    MovementKind,
    OutcomeUnknown,
    Shelf,
)
from tests.checkout.orders import buy, let_grow_old, place, sell
from tests.shop.cast import EVERY_RIGHT, Answer, browser_of, page_of, person, words_of
from tests.support.cast import FIRST_FERRY, HARBOUR_LIGHT, KEEPERS_RESERVE, left, stock, withdraw

pytestmark = pytest.mark.django_db(transaction=True)

ORDERS = "/staff/orders/"
EXPORT = "/staff/orders/export/"


@pytest.fixture
def desk() -> Client:
    """Rosa's, with the small shelf in stock."""
    stock()
    return browser_of(person("rosa", *EVERY_RIGHT))


def page(order: Order) -> str:
    return f"{ORDERS}{order.reference}/"


def shown(desk: Client, query: str = "") -> list[str]:
    return [head.text.strip() for head in page_of(desk.get(ORDERS + query)).select("tbody th")]


def buttons(desk: Client, order: Order) -> list[str]:
    return [button.text for button in page_of(desk.get(page(order))).select("main form button")]


def told(desk: Client, order: Order) -> str:
    """What was said last."""
    banners = page_of(desk.get(page(order))).select(".messages .banner")
    return banners[-1].text if banners else ""


def errors(answer: Answer) -> list[str]:
    return [line.text for line in page_of(answer).select(".problem-summary li")]


# ── the list ────────────────────────────────────────────────────────────────────────────────────


def test_no_order_yet(desk: Client) -> None:
    assert "No order here." in words_of(desk.get(ORDERS))


def test_orders_are_listed_newest_first_with_what_is_in_them(desk: Client) -> None:
    first = buy((HARBOUR_LIGHT, 2), (FIRST_FERRY, 1), token="ana")
    second = place((HARBOUR_LIGHT, 1), token="ben")
    assert shown(desk) == [second.reference, first.reference]
    words = words_of(desk.get(ORDERS))
    assert "To collect 2 Harbour Light, 1 First Ferry" in words
    assert "$41.00 The Roastery ana@example.com" in words
    assert "Pending 1 Harbour Light" in words


def test_an_order_of_another_year_says_so(desk: Client) -> None:
    order = buy((HARBOUR_LIGHT, 1))
    this_year = timezone.localtime(order.created_at)
    assert f"{this_year:%-d %b, %H:%M}" in words_of(desk.get(ORDERS))
    Order.objects.filter(pk=order.pk).update(created_at=this_year - timedelta(days=366))
    assert f"{this_year - timedelta(days=366):%-d %b %Y}" in words_of(desk.get(ORDERS))


def test_an_order_is_found_by_reference_coffee_number_or_e_mail(desk: Client) -> None:
    ana = buy((HARBOUR_LIGHT, 2), token="ana")
    ben = buy((FIRST_FERRY, 2), token="ben")
    Order.objects.filter(pk=ben.pk).update(email="ben@island.example")
    assert shown(desk, f"?q={ana.reference[3:9].lower()}") == [ana.reference]
    assert shown(desk, "?q=harbour") == [ana.reference]
    assert shown(desk, "?q=1002") == [ben.reference]
    assert shown(desk, "?q=island.example") == [ben.reference]
    assert shown(desk, "?q=%00nothing") == []
    assert shown(desk, "?q=" + "9" * 60) == []


@pytest.mark.parametrize(
    "written",
    [
        "{cc}{first}{rest}",
        "{first}{rest}",
        "CC {first} {rest}",
        "{first}-{rest}",
        "CC\u2013{first}\u2013{rest}",
        "cc{first}{rest}",
        "Reference: #{cc}{first}{rest}",
    ],
)
def test_a_whole_reference_opens_its_order_however_it_is_typed(desk: Client, written: str) -> None:
    order = buy((HARBOUR_LIGHT, 1))
    letters = order.reference.lower()
    typed = written.format(cc="CC-", first=letters[3:7], rest=letters[7:])
    answer = desk.get(ORDERS, {"q": f" {typed} ", "branch": "landing"})
    assert (answer.status_code, answer["Location"]) == (302, page(order) + "#act")


def test_how_many_orders_wait_is_said_above_them_whatever_is_shown(desk: Client) -> None:
    def waiting() -> list[tuple[str, str]]:
        links = page_of(desk.get(ORDERS + "?q=nothing")).select(".waiting a")
        return [(link.text, str(link["href"])) for link in links]

    always = [("Pick list", f"{ORDERS}pick-list/"), ("Sums", f"{ORDERS}sums/")]
    assert waiting() == [("0 to collect", f"{ORDERS}?stage=to-collect"), *always]
    buy((HARBOUR_LIGHT, 1), token="a")
    aftercare.hand_over(buy((HARBOUR_LIGHT, 1), token="b"), who="rosa")
    aftercare.cancel(buy((HARBOUR_LIGHT, 1), token="c"), get_inventory(), who="rosa")
    place((HARBOUR_LIGHT, 1), token="d")
    assert waiting() == [
        ("1 to collect", f"{ORDERS}?stage=to-collect"),
        *always,
        ("1 pending", f"{ORDERS}?stage=pending"),
    ]


def test_the_front_page_says_what_waits_for_whom_it_concerns(desk: Client) -> None:
    buy((KEEPERS_RESERVE, 1), token="ana's")
    place((HARBOUR_LIGHT, 1), token="ben's")
    stellas = browser_of(person("stella", "view_stock"))
    assert "Orders 1 to collect, 1 pending What is" in words_of(desk.get("/staff/"))
    assert "Alerts 1 open What sales" in words_of(desk.get("/staff/"))
    assert "to collect" not in words_of(stellas.get("/staff/"))
    olegs = browser_of(person("oleg", "see_orders"))
    assert "1 to collect" in words_of(olegs.get("/staff/"))
    assert "open" not in words_of(olegs.get("/staff/"))


def test_orders_are_narrowed_down_by_state_and_branch(desk: Client) -> None:
    to_collect = buy((HARBOUR_LIGHT, 1), token="a")
    handed = buy((HARBOUR_LIGHT, 1), token="b")
    cancelled = buy((HARBOUR_LIGHT, 1), token="c")
    pending = place((HARBOUR_LIGHT, 1), token="d")
    aftercare.hand_over(handed, who="rosa")
    aftercare.cancel(cancelled, get_inventory(), who="rosa")
    assert shown(desk, "?stage=to-collect") == [to_collect.reference]
    assert shown(desk, "?stage=handed-over") == [handed.reference]
    assert shown(desk, "?stage=cancelled") == [cancelled.reference]
    assert shown(desk, "?stage=pending") == [pending.reference]
    assert shown(desk, "?stage=refused") == []
    assert len(shown(desk, "?stage=nonsense&branch=nowhere")) == 4
    assert len(shown(desk, "?branch=roastery")) == 4
    other = page_of(desk.get(ORDERS)).select("#branch option")[-1]["value"]
    assert shown(desk, f"?branch={other}") == []


def test_many_orders_come_in_pages_and_a_page_past_the_end_is_the_last(desk: Client) -> None:
    for n in range(51):
        place((HARBOUR_LIGHT, 1), token=f"basket {n}")
    assert len(shown(desk)) == 50
    assert len(shown(desk, "?page=2")) == len(shown(desk, "?page=99")) == 1
    (following,) = page_of(desk.get(ORDERS + "?q=harbour")).select(".pages a")
    assert following["href"] == f"{ORDERS}?q=harbour&page=2"


def test_what_waits_longest_is_handed_over_first_and_the_list_is_kept(desk: Client) -> None:
    late, early = (buy((HARBOUR_LIGHT, 1), token=token) for token in ("a", "b"))
    long_ago = timezone.now() - timedelta(days=23, hours=1)
    Order.objects.filter(pk=early.pk).update(created_at=long_ago)
    query = "?stage=to-collect&branch=roastery"
    assert shown(desk, query) == [early.reference, late.reference]
    assert "waits 23 days" in words_of(desk.get(ORDERS + query))
    (form, _) = page_of(desk.get(ORDERS + query)).select("tbody form")
    answer = desk.post(str(form["action"]), {"in_list": "1"})
    assert answer["Location"] == ORDERS + query
    listed = desk.get(ORDERS + query)
    undo = page_of(listed).select_one(".messages a")
    assert undo
    assert str(undo["href"]).startswith(page(early))
    assert f"{early.reference} is handed over" in str(page_of(listed).title)
    assert "href" not in str(page_of(listed).title)
    assert shown(desk, query) == [late.reference]
    link = page_of(desk.get(ORDERS + query)).select_one("tbody th a")
    assert link
    opened = ORDERS + str(link["href"]).removeprefix(ORDERS)
    back = page_of(desk.get(opened)).select_one(".back-link a")
    assert back
    assert back["href"] == f"{ORDERS}{query}#found"
    (handing, *_) = page_of(desk.get(opened)).select(".order-actions form")
    assert desk.post(str(handing["action"]))["Location"] == opened


@pytest.mark.parametrize(
    "forged", ["//evil.example", "stage=nonsense&page=x", "q=%00", "&" * 2_000]
)
def test_a_forged_way_back_leads_to_the_orders(desk: Client, forged: str) -> None:
    order = buy((HARBOUR_LIGHT, 1))
    back = page_of(desk.get(page(order), {"from": forged})).select_one(".back-link a")
    assert back
    assert back["href"] == ORDERS


def test_the_branch_that_was_chosen_last_is_remembered(desk: Client) -> None:
    order = buy((HARBOUR_LIGHT, 1))
    assert shown(desk) == [order.reference]
    desk.get(ORDERS + "?branch=landing")
    assert shown(desk) == []
    assert "Nothing waits" in words_of(desk.get(ORDERS + "pick-list/"))
    desk.get(ORDERS + "?branch=")
    assert shown(desk) == [order.reference]


def test_the_pick_list_has_what_waits_at_each_branch_the_oldest_first(desk: Client) -> None:
    orders = [buy((HARBOUR_LIGHT, 2), (FIRST_FERRY, 1), token=token) for token in ("a", "b", "c")]
    aftercare.hand_over(orders[0], who="rosa")
    Order.objects.filter(pk=orders[1].pk).update(branch_slug="landing")
    words = words_of(desk.get(ORDERS + "pick-list/"))
    assert orders[0].reference not in words
    assert words.index("The Roastery") < words.index(orders[2].reference)
    assert words.index(orders[2].reference) < words.index("The Landing")
    assert "2 Harbour Light 1 First Ferry 0 days" in words


# ── one order ───────────────────────────────────────────────────────────────────────────────────


def test_an_order_shows_its_lines_its_events_and_what_the_ledger_has(desk: Client) -> None:
    order = buy((HARBOUR_LIGHT, 2), (KEEPERS_RESERVE, 1))
    words = words_of(desk.get(page(order)))
    assert "1001 Harbour Light 2 $12.50 46" in words
    assert "1011 Keeper's Reserve 1 $24.00 0 Sold out" in words
    events = [line.text for line in page_of(desk.get(page(order))).select(".events li")]
    assert [event.split()[-1] for event in events] == ["Placed", "Confirmed"]


def test_an_order_that_is_not_there_is_no_page(desk: Client) -> None:
    assert desk.get(f"{ORDERS}CC-34679ACD/").status_code == 404


def test_while_the_stock_is_away_an_order_still_shows(
    desk: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = buy((HARBOUR_LIGHT, 2))

    def away(*_: object) -> None:
        raise InventoryTimeout("away")

    monkeypatch.setattr(type(get_inventory()), "decision", away)
    answer = desk.get(page(order))
    assert answer.status_code == 200
    assert "the ledger can’t be shown" in words_of(answer)
    assert "Harbour Light" in words_of(answer)


# ── handed over, settled ────────────────────────────────────────────────────────────────────────


def test_an_order_is_handed_over_once(desk: Client) -> None:
    order = buy((HARBOUR_LIGHT, 2))
    assert buttons(desk, order) == ["Hand over", "Cancel the order"]
    assert desk.post(page(order) + "hand-over/")["Location"] == page(order)
    order.refresh_from_db()
    first = order.handed_over_at
    assert (order.handed_over_by, bool(first)) == ("rosa", True)
    assert told(desk, order) == f"{order.reference} is handed over."
    desk.post(page(order) + "hand-over/")
    order.refresh_from_db()
    assert order.handed_over_at == first
    assert order.events.filter(what="handed over").count() == 1
    assert buttons(desk, order) == ["Undo that it was handed over"]


def test_that_an_order_was_handed_over_is_undone_and_its_history_keeps_it(desk: Client) -> None:
    order = buy((HARBOUR_LIGHT, 2))
    desk.post(page(order) + "hand-over/")
    desk.post(page(order) + "hand-over/undo/")
    assert told(desk, order) == f"{order.reference} is to be collected again."
    order.refresh_from_db()
    assert (order.handed_over_at, order.handed_over_by) == (None, "")
    history = [(event.what, event.detail) for event in order.events.all()][2:]
    assert history == [("handed over", "by rosa"), ("hand-over undone", "by rosa")]
    desk.post(page(order) + "hand-over/undo/")
    assert told(desk, order) == f"{order.reference} is to collect. Nothing was changed now."
    desk.post(page(order) + "cancel/")
    assert left(HARBOUR_LIGHT) == 48


def test_the_bags_of_a_cancelled_order_are_written_off_when_that_is_chosen(desk: Client) -> None:
    order = buy((HARBOUR_LIGHT, 2), (KEEPERS_RESERVE, 1))
    desk.post(page(order) + "cancel/", {"bags": "off", "why": "torn"})
    assert told(desk, order) == f"{order.reference} is cancelled, and its bags are written off."
    assert (left(HARBOUR_LIGHT), left(KEEPERS_RESERVE)) == (46, 0)
    words = words_of(desk.get(page(order)))
    assert "Harbour Light, written off, Keeper's Reserve, written off." in words
    call_command("audit_ledger", stdout=io.StringIO())


def test_a_pending_order_is_not_handed_over(desk: Client) -> None:
    order = place((HARBOUR_LIGHT, 2))
    desk.post(page(order) + "hand-over/")
    assert told(desk, order) == f"{order.reference} is pending. Nothing was changed now."


def test_a_pending_order_is_settled_from_its_page_once_it_is_old(desk: Client) -> None:
    order = place((HARBOUR_LIGHT, 2))
    desk.post(page(order) + "settle/")
    assert "is still pending" in told(desk, order)
    let_grow_old(order)
    assert buttons(desk, order) == ["Settle it by the ledger"]
    desk.post(page(order) + "settle/")
    assert told(desk, order) == f"{order.reference} is settled: abandoned."
    assert left(HARBOUR_LIGHT) == 48


def test_a_sale_whose_answer_was_lost_is_settled_as_sold(desk: Client) -> None:
    order = buy((HARBOUR_LIGHT, 2))
    Order.objects.filter(pk=order.pk).update(state=OrderState.PENDING, settled_at=None)
    desk.post(page(order) + "settle/")
    assert told(desk, order) == f"{order.reference} is settled: to collect."


# ── cancelled ───────────────────────────────────────────────────────────────────────────────────


def test_cancelling_puts_the_bags_back_and_says_so_everywhere(desk: Client) -> None:
    order = buy((HARBOUR_LIGHT, 2), (KEEPERS_RESERVE, 1))
    desk.post(page(order) + "cancel/", {"why": "the ferry is off"})
    assert told(desk, order) == f"{order.reference} is cancelled, and its bags are back in stock."
    assert (left(HARBOUR_LIGHT), left(KEEPERS_RESERVE)) == (48, 1)
    order.refresh_from_db()
    assert (order.state, order.cancelled_by) == (OrderState.CONFIRMED, "rosa")
    (last,) = get_inventory().movements(1001, newest_first=True, limit=1)
    assert (last.kind, last.change, last.who) == (MovementKind.RETURN, 2, "rosa")
    assert last.why == f"order {order.reference} cancelled: the ferry is off"
    words = words_of(desk.get(page(order)))
    assert "Cancelled by rosa" in words
    assert "2 bags of Harbour Light" in words
    assert buttons(desk, order) == []
    receipt = Client().get(f"/checkout/thanks/{sign(order.reference)}/")
    assert receipt.status_code == 200
    assert "This order was cancelled" in words_of(receipt)
    assert "What happens next" not in words_of(receipt)
    call_command("audit_ledger", stdout=io.StringIO())


@pytest.mark.parametrize(
    ("also", "went"),
    [
        ([], "its 2 bags of Harbour Light are kept with the withdrawn ones"),
        (
            [(KEEPERS_RESERVE, 1)],
            (
                "its 2 bags of Harbour Light are kept with the withdrawn ones, "
                "and the others are back in stock"
            ),
        ),
    ],
    ids=["withdrawn", "one of two withdrawn"],
)
def test_cancelling_leaves_a_withdrawn_coffee_withdrawn_and_says_where_its_bags_are(
    desk: Client, also: list[tuple[DeliveryRow, int]], went: str
) -> None:
    order = buy((HARBOUR_LIGHT, 2), *also)
    withdraw(HARBOUR_LIGHT)
    desk.post(page(order) + "cancel/")
    assert told(desk, order) == f"{order.reference} is cancelled, and {went}."
    words = words_of(desk.get(page(order)))
    assert f": {went}." in words
    assert "2 bags of Harbour Light (kept with the withdrawn ones)" in words
    assert order.events.get(what="cancelled").detail == f"by rosa: {went}"
    product = get_inventory().products([1001])[1001]
    assert (product.shelf, product.quantity, product.left) == (Shelf.WITHDRAWN, 48, 0)
    assert left(KEEPERS_RESERVE) == 1
    call_command("audit_ledger", stdout=io.StringIO())


def test_cancelling_pressed_twice_puts_the_bags_back_once(desk: Client) -> None:
    order = buy((HARBOUR_LIGHT, 2))
    desk.post(page(order) + "cancel/", {"why": "one"})
    desk.post(page(order) + "cancel/", {"why": "two"})
    assert told(desk, order).endswith("was cancelled before. Nothing was changed now.")
    assert left(HARBOUR_LIGHT) == 48
    assert order.events.filter(what="cancelled").count() == 1


def test_an_order_that_left_the_shop_is_not_cancelled(desk: Client) -> None:
    order = buy((HARBOUR_LIGHT, 2))
    aftercare.hand_over(order, who="rosa")
    answer = desk.post(page(order) + "cancel/")
    assert answer.status_code == 422
    assert errors(answer) == [
        f"{order.reference} can’t be cancelled: it is handed over. Nothing was changed."
    ]
    assert not page_of(answer).select(".problem-summary a"), "there is no form to lead to"
    assert left(HARBOUR_LIGHT) == 46


def test_an_order_that_was_never_sold_is_not_cancelled(desk: Client) -> None:
    order = place((HARBOUR_LIGHT, 2))
    answer = desk.post(page(order) + "cancel/")
    assert answer.status_code == 422
    assert "it is pending" in errors(answer)[0]
    assert sell(order).is_confirmed


@pytest.mark.parametrize("error", [InventoryBusy(1001), InventoryTimeout("away")])
def test_while_the_stock_is_away_an_order_is_cancelled_and_its_bags_follow(
    desk: Client, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    order = buy((HARBOUR_LIGHT, 2))

    def fails(*_: object) -> None:
        raise error

    with monkeypatch.context() as patch:
        patch.setattr(type(get_inventory()), "apply", fails)
        answer = desk.post(page(order) + "cancel/", {"why": "the ferry is off"}, follow=True)
        assert "the bags go back on the shelf by themselves" in words_of(answer)
        assert buttons(desk, order) == []
    assert left(HARBOUR_LIGHT) == 46
    assert "its bags are back in stock" in words_of(desk.get(page(order)))
    assert left(HARBOUR_LIGHT) == 48
    assert order.events.get(what="cancelling").detail == "the ferry is off"
    assert order.events.get(what="cancelled").detail == "by rosa: its bags are back in stock"


def test_a_return_whose_answer_was_lost_is_seen_when_the_order_is_looked_at(
    desk: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = buy((HARBOUR_LIGHT, 2))
    real = type(get_inventory()).apply

    def lost(inventory: Inventory, change: object, note: object) -> None:
        real(inventory, change, note)  # type: ignore[arg-type]
        raise OutcomeUnknown("lost")

    with monkeypatch.context() as patch:
        patch.setattr(type(get_inventory()), "apply", lost)
        assert desk.post(page(order) + "cancel/").status_code == 302
    assert "Cancelled by rosa" in words_of(desk.get(page(order)))
    assert left(HARBOUR_LIGHT) == 48


def test_stella_hands_over_and_cancels_nothing() -> None:
    stock()
    order = buy((HARBOUR_LIGHT, 2))
    counter = browser_of(person("stella", "view_stock", "see_orders"))
    assert buttons(counter, order) == ["Hand over"]
    assert counter.post(page(order) + "cancel/").status_code == 403
    assert left(HARBOUR_LIGHT) == 46


# ── export ──────────────────────────────────────────────────────────────────────────────────────


def exported(desk: Client, query: str = "") -> list[dict[str, str]]:
    answer = desk.get(EXPORT + query)
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    text = b"".join(answer).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text)))


def test_the_export_has_a_row_for_each_line_of_what_the_page_lists(desk: Client) -> None:
    order = buy((HARBOUR_LIGHT, 2), (FIRST_FERRY, 1), token="ana")
    place((HARBOUR_LIGHT, 1), token="ben")
    rows = exported(desk, "?stage=to-collect")
    assert [
        (row["Reference"], row["ProductId"], row["Quantity"], row["UnitPrice"], row["State"])
        for row in rows
    ] == [
        (order.reference, "1001", "2", "12.50", "To collect"),
        (order.reference, "1002", "1", "16.00", "To collect"),
    ]
    assert len(exported(desk)) == 3


def test_an_export_runs_as_no_formula(desk: Client) -> None:
    order = buy((HARBOUR_LIGHT, 2))
    order.lines.update(name="=HYPERLINK(1)")
    Order.objects.filter(pk=order.pk).update(email="+1@example.com")
    (row,) = exported(desk)
    assert (row["Name"], row["E-mail"]) == ("'=HYPERLINK(1)", "'+1@example.com")


def test_an_export_says_when_an_order_was_handed_over(desk: Client) -> None:
    order = buy((HARBOUR_LIGHT, 2))
    aftercare.hand_over(order, who="rosa")
    Order.objects.update(handed_over_at=timezone.now() - timedelta(days=1))
    (row,) = exported(desk)
    assert row["HandedOver"].startswith(str((timezone.now() - timedelta(days=1)).date()))
    assert row["Cancelled"] == ""


def test_an_empty_export_has_its_header(desk: Client) -> None:
    assert exported(desk) == []


# ── shops with very many orders ─────────────────────────────────────────────────────────────────


@pytest.fixture
def three(desk: Client, monkeypatch: pytest.MonkeyPatch) -> list[Order]:
    """Three orders where two are the most of everything; the first is of last year."""
    for name in ("MOST_LISTED", "MOST_EXPORTED", "MOST_SEARCHED"):
        monkeypatch.setattr(views, name, 2)
        monkeypatch.setattr(orders, name, 2)
    monkeypatch.setattr(orders, "BATCH", 2)
    bought = [buy((HARBOUR_LIGHT, 1), token=token) for token in ("ana", "ben", "cleo")]
    moment = timezone.now()
    Order.objects.update(created_at=moment)
    Order.objects.filter(pk=bought[0].pk).update(created_at=moment - timedelta(days=366))
    return bought


def test_a_list_counts_so_many_and_says_that_there_are_more(
    desk: Client, three: list[Order]
) -> None:
    assert "2+ orders" in words_of(desk.get(ORDERS))
    assert shown(desk) == [three[2].reference, three[1].reference]
    assert "2+" not in words_of(desk.get(f"{ORDERS}?last={last_year()}"))


def test_a_search_looks_through_the_newest_of_the_days(desk: Client, three: list[Order]) -> None:
    assert "looks through the newest 2 orders" in words_of(desk.get(f"{ORDERS}?q=harbour"))
    assert three[0].reference not in shown(desk, "?q=harbour")
    assert shown(desk, f"?q=harbour&last={last_year()}") == [three[0].reference]
    assert shown(desk, f"?q=harbour&stage=refused&last={last_year()}") == []


def test_a_file_of_too_many_orders_wants_days(desk: Client, three: list[Order]) -> None:
    refused = desk.get(EXPORT, follow=True)
    assert "A file has at most 2 orders, and these are more: choose fewer days" in words_of(refused)
    assert [row["Reference"] for row in exported(desk, f"?last={last_year()}")] == [
        three[0].reference
    ]


def test_an_export_in_batches_has_orders_of_one_moment_once(
    desk: Client, three: list[Order], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(views, "MOST_EXPORTED", 3)
    for batch in (1, 2, 3):
        monkeypatch.setattr(orders, "BATCH", batch)
        rows = [row["Reference"] for row in exported(desk)]
        assert rows == [order.reference for order in reversed(three)]


def last_year() -> str:
    return f"{timezone.localdate() - timedelta(days=300):%Y-%m-%d}"
