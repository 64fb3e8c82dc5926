"""One product at the stock desk: every form that changes it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

import pytest
from django.test import Client

from checkout.aftercare import hand_over
from shop.inventory import get_inventory
from shop.inventory.contract import (
    Change,
    Decision,
    Inventory,
    InventoryBusy,
    InventoryTimeout,
    MovementKind,
    Note,
    OutcomeUnknown,
    Shelf,
    Withdrawal,
)
from shop.inventory.models import StockRow
from tests.checkout.orders import buy
from tests.shop.cast import Answer, browser_of, page_of, rosa, rows_of, stella, words_of
from tests.support.cast import HARBOUR_LIGHT, KEEPERS_RESERVE, count, left, reprice, stock, withdraw
from tests.support.inventory import Failing, OverrideInventory

pytestmark = pytest.mark.django_db(transaction=True)

LIGHT = "/staff/stock/1001/"
RESERVE = "/staff/stock/1011/"
ADD = "/staff/stock/add/"


@pytest.fixture
def desk() -> Client:
    """Rosa's, with the small shelf in stock."""
    stock()
    return browser_of(rosa())


def form(page: Answer, action: str) -> dict[str, str]:
    """What a browser would send of the form, as the page has it."""
    found = page_of(page).select_one(f'form[action="{action}"]')
    assert found, f"no form for {action}"
    fields = {str(field["name"]): str(field.get("value", "")) for field in found.select("input")}
    return fields | {str(area["name"]): area.text.strip() for area in found.select("textarea")}


def send(desk: Client, page: str, action: str, **typed: str) -> Answer:
    """Open the product's page, fill in one of its forms and send it."""
    return desk.post(page + action, form(desk.get(page), page + action) | typed)


def errors(page: Answer) -> list[str]:
    return [line.text for line in page_of(page).select(".problem-summary li")]


def said(desk: Client, page: str) -> str:
    banner = page_of(desk.get(page)).select_one(".messages .banner")
    return banner.text if banner else ""


# ── the page ────────────────────────────────────────────────────────────────────────────────────


def test_the_page_shows_the_coffee_and_its_movements(desk: Client) -> None:
    count(HARBOUR_LIGHT, shown=48, counted=46)
    page = desk.get(LIGHT)
    assert [[row[0], *row[2:6]] for row in rows_of(page) if len(row) > 2] == [
        ["2", "Correction", "\N{MINUS SIGN}2", "46", "Rosa"],
        ["1", "Delivery", "+48", "48", "Rosa"],
    ]
    assert "Bags to sell 46" in words_of(page)


def test_every_mistake_of_the_page_leads_to_a_field_that_is_there(desk: Client) -> None:
    for action in ("receive/", "count/", "details/"):
        blank = {
            name: ("" if name not in {"key", "shown"} else value)
            for name, value in form(desk.get(LIGHT), LIGHT + action).items()
        }
        page = page_of(desk.post(LIGHT + action, blank))
        links = [str(link["href"]) for link in page.select(".problem-summary a")]
        assert links
        assert all(page.select_one(link) for link in links)
        wrong = page.select("[aria-invalid=true]")
        assert len(wrong) == len(links)
        assert all(page.find(id=str(field["aria-describedby"])) for field in wrong)


def test_stella_sees_the_coffee_and_no_form_to_change_it(desk: Client) -> None:
    page = browser_of(stella()).get(LIGHT)
    assert page.status_code == 200
    assert not page_of(page).select("main form")


@pytest.mark.parametrize("number", ["999", "0", "9" * 18])
def test_a_number_that_the_shop_never_had_is_no_page(desk: Client, number: str) -> None:
    assert desk.get(f"/staff/stock/{number}/").status_code == 404


# ── every form ──────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("action", "typed", "says", "bags", "movement"),
    [
        (
            *("receive/", {"quantity": "12", "why": "Friday"}),
            *("12 bags of Harbour Light received: 60 in stock now.", 60),
            (MovementKind.DELIVERY, 12, "Friday"),
        ),
        (
            *("count/", {"counted": "45", "why": "three torn"}),
            *("Harbour Light is corrected from 48 to 45.", 45),
            (MovementKind.CORRECTION, -3, "three torn"),
        ),
        (
            *("withdraw/", {"why": "smells of diesel"}),
            *("Harbour Light is off sale; its 48 bags are kept.", 0),
            (MovementKind.WITHDRAWAL, -48, "smells of diesel"),
        ),
        (
            *("details/", {"price": "13.25", "name": "Harbour Lamp"}),
            ("Harbour Lamp is changed: name was Harbour Light, price 12.50 → 13.25."),
            48,
            (MovementKind.DETAILS, 0, "name was Harbour Light, price 12.50 → 13.25"),
        ),
        (
            *("details/", {"origin": "Peru", "description": "Plum."}),
            *("Harbour Light is changed: origin was Colombia, another description.", 48),
            (MovementKind.DETAILS, 0, "origin was Colombia, another description"),
        ),
    ],
)
def test_a_form_does_what_it_says_and_stands_in_the_ledger(
    desk: Client,
    action: str,
    typed: dict[str, str],
    says: str,
    bags: int,
    movement: tuple[MovementKind, int, str],
) -> None:
    response = send(desk, LIGHT, action, **typed)
    assert (response.status_code, response["Location"]) == (302, LIGHT)
    assert said(desk, LIGHT) == says
    assert left(HARBOUR_LIGHT) == bags
    (last,) = get_inventory().movements(1001, newest_first=True, limit=1)
    assert (last.kind, last.change, last.why) == movement
    assert last.who == "rosa"


# ── receive, restock ────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("action", "typed"),
    [
        ("receive/", {"quantity": "12"}),
        ("count/", {"counted": "40", "why": "torn"}),
        ("details/", {"price": "13.00"}),
        ("withdraw/", {}),
    ],
)
def test_a_form_pressed_twice_counts_once(desk: Client, action: str, typed: dict[str, str]) -> None:
    fields = form(desk.get(LIGHT), LIGHT + action) | typed
    assert desk.post(LIGHT + action, fields).status_code == 302
    movements = get_inventory().movements(1001)
    assert desk.post(LIGHT + action, fields).status_code == 302
    assert get_inventory().movements(1001) == movements


def test_a_form_sent_again_with_another_figure_is_refused(desk: Client) -> None:
    fields = form(desk.get(LIGHT), LIGHT + "receive/")
    desk.post(LIGHT + "receive/", fields | {"quantity": "12"})
    response = desk.post(LIGHT + "receive/", fields | {"quantity": "13"})
    assert response.status_code == 422
    assert "This form was sent before, with other figures" in errors(response)[0]
    assert form(response, LIGHT + "receive/")["quantity"] == "13"
    assert left(HARBOUR_LIGHT) == 60


A_KEY = "desk-" + "a" * 32
BAD_KEYS = ["", "desk-1", A_KEY + "b", A_KEY + "\n", "delivery-" + "0" * 32, "CC-12345678"]


@pytest.mark.parametrize("key", BAD_KEYS)
def test_a_key_that_is_lost_or_made_up_writes_nothing(desk: Client, key: str) -> None:
    response = send(desk, LIGHT, "receive/", quantity="12", key=key)
    assert response.status_code == 422
    assert "lost its one-time key" in errors(response)[0]
    assert left(HARBOUR_LIGHT) == 48


@pytest.mark.parametrize("quantity", ["", "0", "-1", "1.5", "twelve", "²", "1000001", "9" * 30])
def test_a_number_of_bags_that_is_none_is_kept_and_explained(desk: Client, quantity: str) -> None:
    response = send(desk, LIGHT, "receive/", quantity=quantity)
    assert response.status_code == 422
    assert form(response, LIGHT + "receive/")["quantity"] == quantity
    assert errors(response)
    assert left(HARBOUR_LIGHT) == 48


def test_a_sold_out_coffee_is_restocked(desk: Client) -> None:
    buy((KEEPERS_RESERVE, 1))
    assert "Sold out" in words_of(desk.get(RESERVE))
    assert page_of(desk.get(RESERVE)).find("button", string="Restock")
    for quantity in ("4", "2"):
        send(desk, RESERVE, "receive/", quantity=quantity)
    product = get_inventory().product(1011)
    assert product
    assert (product.shelf, product.quantity, product.name) == (Shelf.ON_SALE, 6, "Keeper's Reserve")


# ── count ───────────────────────────────────────────────────────────────────────────────────────


def test_bags_sold_while_rosa_counted_lie_on_the_shelf_until_they_are_collected(
    desk: Client,
) -> None:
    fields = form(desk.get(LIGHT), LIGHT + "count/")
    buy((HARBOUR_LIGHT, 4))
    desk.post(LIGHT + "count/", fields | {"counted": "50", "why": "found two"})
    assert left(HARBOUR_LIGHT) == 46
    assert said(desk, LIGHT) == (
        "Harbour Light is corrected from 48 to 50: "
        "46 to sell + 4 to be collected = 50 on the shelf."
    )


def test_bags_that_were_collected_meanwhile_are_said_with_both_figures(desk: Client) -> None:
    order = buy((HARBOUR_LIGHT, 4))
    assert "shows 44 to sell + 4 to be collected = 48 on the shelf" in words_of(desk.get(LIGHT))
    fields = form(desk.get(LIGHT), LIGHT + "count/")
    hand_over(order, who="stella")
    desk.post(LIGHT + "count/", fields | {"counted": "47", "why": "one torn"})
    assert said(desk, LIGHT) == (
        "Harbour Light had moved from 48 to 44 since you opened the page. "
        "Your count of 47 changed it by \N{MINUS SIGN}1: 43 to sell."
    )


def test_a_count_that_would_leave_less_than_nothing_is_refused(desk: Client) -> None:
    fields = form(desk.get(LIGHT), LIGHT + "count/")
    buy((HARBOUR_LIGHT, 40))
    response = desk.post(LIGHT + "count/", fields | {"counted": "5", "why": "flood"})
    assert response.status_code == 422
    assert "43 fewer than the page showed, but only 8 are left to sell" in errors(response)[0]
    again = form(response, LIGHT + "count/")
    assert (again["shown"], again["counted"], again["why"]) == ("48", "5", "flood")
    assert again["key"] != fields["key"]
    assert left(HARBOUR_LIGHT) == 8


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ({"counted": "45", "why": " "}, "Write why"),
        ({"counted": "-1", "why": "x"}, "whole number of bags, 0 or more"),
        ({"counted": "3000000000", "why": "x"}, "can be on a shelf"),
        ({"counted": "1", "why": "x", "shown": "many"}, "lost its figure"),
    ],
)
def test_a_count_that_can_not_be_taken_says_why(
    desk: Client, typed: dict[str, str], told: str
) -> None:
    response = send(desk, LIGHT, "count/", **typed)
    assert response.status_code == 422
    assert told in errors(response)[0]
    assert left(HARBOUR_LIGHT) == 48


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        ("price", ""),
        ("price", "0"),
        ("price", "-3"),
        ("price", "12.505"),
        ("name", " "),
        ("name", "x" * 51),
        ("origin", "y" * 51),
        ("description", "z" * 501),
    ],
)
def test_details_that_can_not_be_taken_are_kept_to_mend(
    desk: Client, field: str, typed: str
) -> None:
    response = send(desk, LIGHT, "details/", **{field: typed})
    assert response.status_code == 422
    assert form(response, LIGHT + "details/")[field].strip() == typed.strip()
    assert get_inventory().products([1001])[1001].name == "Harbour Light"


def test_what_a_colleague_changed_meanwhile_stays_when_the_form_did_not_touch_it(
    desk: Client,
) -> None:
    fields = form(desk.get(LIGHT), LIGHT + "details/")
    reprice(HARBOUR_LIGHT, "13.00")
    desk.post(LIGHT + "details/", fields | {"description": "Plum."})
    product = get_inventory().products([1001])[1001]
    assert (product.price, product.description) == (Decimal("13.00"), "Plum.")


def test_a_price_that_two_people_changed_is_shown_twice_and_written_when_sent_again(
    desk: Client,
) -> None:
    fields = form(desk.get(LIGHT), LIGHT + "details/")
    reprice(HARBOUR_LIGHT, "13.00", name="Harbour Lamp")
    response = desk.post(LIGHT + "details/", fields | {"price": "11.50"})
    assert response.status_code == 422
    assert (
        "made it “13.00” since this page was opened, and you wrote “11.50”" in (errors(response)[0])
    )
    again = form(response, LIGHT + "details/")
    assert (again["price"], again["name"]) == ("11.50", "Harbour Lamp")
    assert get_inventory().products([1001])[1001].price == Decimal("13.00")
    assert desk.post(LIGHT + "details/", again).status_code == 302
    product = get_inventory().products([1001])[1001]
    assert (product.price, product.name) == (Decimal("11.50"), "Harbour Lamp")


# ── off sale and back ───────────────────────────────────────────────────────────────────────────


def test_a_coffee_comes_back_on_sale_with_its_bags(desk: Client) -> None:
    withdraw(HARBOUR_LIGHT)
    send(desk, LIGHT, "put-back/")
    assert said(desk, LIGHT) == "Harbour Light is back on sale, with 48 bags."
    assert left(HARBOUR_LIGHT) == 48


def test_what_a_colleague_withdrew_meanwhile_is_counted_among_the_kept(desk: Client) -> None:
    fields = form(desk.get(LIGHT), LIGHT + "count/")
    buy((HARBOUR_LIGHT, 4))
    withdraw(HARBOUR_LIGHT)
    desk.post(LIGHT + "count/", fields | {"counted": "47", "why": "one torn"})
    assert said(desk, LIGHT) == (
        "Harbour Light is corrected from 48 to 47: "
        "43 kept + 4 to be collected = 47 on the shelf. It stays withdrawn."
    )


def test_kept_bags_are_written_off_while_the_coffee_is_withdrawn(desk: Client) -> None:
    withdraw(HARBOUR_LIGHT)
    assert "This page shows 48 kept. Count all that lie there." in words_of(desk.get(LIGHT))
    send(desk, LIGHT, "count/", counted="0", why="mould, destroyed")
    assert said(desk, LIGHT) == "Harbour Light is corrected from 48 to 0. It stays withdrawn."
    page = words_of(desk.get(LIGHT))
    assert "Bags kept 0" in page
    assert "No bags are kept: it comes back as sold out, to be restocked." in page
    written = get_inventory().movements(1001)[-2:]
    assert [(one.kind, one.change, one.why) for one in written] == [
        (MovementKind.WITHDRAWAL, 48, "taken from the withdrawn bags"),
        (MovementKind.CORRECTION, -48, "mould, destroyed"),
    ]
    send(desk, LIGHT, "put-back/")
    assert "It is sold out: restock it to sell it." in said(desk, LIGHT)
    send(desk, LIGHT, "receive/", quantity="6")
    assert left(HARBOUR_LIGHT) == 6


def sell_all() -> None:
    buy((HARBOUR_LIGHT, 48))


@pytest.mark.parametrize(
    ("shown", "meanwhile", "told", "there"),
    [
        (None, lambda: withdraw(HARBOUR_LIGHT), "was withdrawn", 0),
        (None, sell_all, "sold out", 0),
        (sell_all, lambda: stock(HARBOUR_LIGHT), "came on sale", 48),
        (None, lambda: StockRow.objects.filter(id=1001).delete(), "can’t be done any more", 0),
    ],
    ids=["withdrawn", "sold out", "restocked", "deleted"],
)
def test_bags_for_a_coffee_that_is_no_longer_where_the_form_showed_it_are_not_received(
    desk: Client,
    shown: Callable[[], object] | None,
    meanwhile: Callable[[], object],
    told: str,
    there: int,
) -> None:
    if shown:
        shown()
    fields = form(desk.get(LIGHT), LIGHT + "receive/") | {"quantity": "12"}
    meanwhile()
    movements = get_inventory().movements(1001)
    response = desk.post(LIGHT + "receive/", fields)
    assert response.status_code == 422
    assert told in errors(response)[0]
    assert "Nothing was written" in errors(response)[0]
    links = page_of(response).select(".problem-summary a")
    assert all(page_of(response).select_one(str(link["href"])) for link in links)
    assert get_inventory().movements(1001) == movements
    assert left(HARBOUR_LIGHT) == there


def test_a_form_that_does_not_say_where_the_coffee_was_puts_no_withdrawn_one_back(
    desk: Client,
) -> None:
    fields = form(desk.get(LIGHT), LIGHT + "receive/") | {"quantity": "12", "shelf": "nowhere"}
    desk.post(LIGHT + "receive/", fields)
    assert left(HARBOUR_LIGHT) == 60
    fields = form(desk.get(LIGHT), LIGHT + "receive/") | {"quantity": "12", "shelf": "nowhere"}
    withdraw(HARBOUR_LIGHT)
    assert desk.post(LIGHT + "receive/", fields).status_code == 422
    assert left(HARBOUR_LIGHT) == 0


# ── add ─────────────────────────────────────────────────────────────────────────────────────────

NEW = {
    "number": "1020",
    "name": "Cloud Ladder",
    "origin": "Peru",
    "price": "14.20",
    "quantity": "9",
    "description": "Walnut and orange peel.",
}


def add(desk: Client, **typed: str) -> Answer:
    key = page_of(desk.get(ADD)).select_one("input[name=key]")
    assert key
    return desk.post(ADD, NEW | {"key": str(key["value"])} | typed)


def test_a_new_coffee_is_added(desk: Client) -> None:
    response = add(desk)
    assert (response.status_code, response["Location"]) == (302, "/staff/stock/1020/")
    product = get_inventory().product(1020)
    assert product
    assert (product.name, product.quantity, product.price) == ("Cloud Ladder", 9, Decimal("14.20"))


def test_adding_pressed_twice_adds_once(desk: Client) -> None:
    assert add(desk, key=A_KEY).status_code == 302
    assert add(desk, key=A_KEY)["Location"] == "/staff/stock/1020/"
    assert get_inventory().products([1020])[1020].quantity == 9


@pytest.mark.parametrize("key", BAD_KEYS)
def test_an_addition_with_a_key_that_is_lost_or_made_up_adds_nothing(
    desk: Client, key: str
) -> None:
    response = add(desk, key=key)
    assert response.status_code == 422
    assert "lost its one-time key" in errors(response)[0]
    assert get_inventory().products([1020]) == {}


def test_a_number_that_is_taken_is_not_added_to(desk: Client) -> None:
    response = add(desk, number="1001")
    assert response.status_code == 422
    assert errors(response) == [
        "No. 1001 is Harbour Light already: choose another number, such as 1012."
    ]
    field = page_of(response).select_one("#id_add_name")
    assert field
    assert field["value"] == "Cloud Ladder"
    assert left(HARBOUR_LIGHT) == 48


def test_a_coffee_added_and_withdrawn_by_others_in_the_same_moment_stays_withdrawn(
    desk: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = type(get_inventory()).apply

    def too_late(inventory: Inventory, change: Change, note: Note) -> Decision:
        real(inventory, change, replace(note, key="another"))
        real(inventory, Withdrawal(product_id=1020), replace(note, key="withdrawal"))
        return real(inventory, change, note)

    with monkeypatch.context() as patch:
        patch.setattr(type(get_inventory()), "apply", too_late)
        response = add(desk)
    assert "No. 1020 is Cloud Ladder already" in errors(response)[0]
    assert get_inventory().products([1020])[1020].shelf is Shelf.WITHDRAWN


def test_the_next_free_number_is_proposed(desk: Client) -> None:
    assert form(desk.get(ADD), ADD)["number"] == "1012"
    withdraw(KEEPERS_RESERVE)
    assert form(desk.get(ADD), ADD)["number"] == "1012"


def test_a_name_that_another_coffee_has_is_said_once(desk: Client) -> None:
    response = add(desk, name="harbour  light")
    assert response.status_code == 422
    assert errors(response) == [
        "No. 1001 has this name already. Send it again if this is another coffee."
    ]
    assert desk.post(ADD, form(response, ADD)).status_code == 302
    assert get_inventory().products([1020])[1020].name == "harbour light"


def test_an_addition_needs_everything(desk: Client) -> None:
    response = add(desk, **dict.fromkeys(NEW, ""))
    assert response.status_code == 422
    assert len(errors(response)) == len(NEW)


# ── rows that other programs wrote ──────────────────────────────────────────────────────────────


def test_a_row_that_can_not_be_sold_is_corrected(desk: Client) -> None:
    StockRow.objects.create(id=1030, name="", price=None, quantity=None)
    page = "/staff/stock/1030/"
    assert "It has no name. It has no price. It has no quantity." in words_of(desk.get(page))
    send(desk, page, "details/", name="Mangrove", price="9.00", origin="Kenya", description="Fig.")
    send(desk, page, "count/", counted="7", why="first count")
    product = get_inventory().product(1030)
    assert product
    assert (product.name, product.quantity) == ("Mangrove", 7)
    whys = [movement.why for movement in get_inventory().movements(1030)]
    assert whys[-2:] == [
        "name was none, price none → 9.00, origin was none, another description",
        "first count",
    ]


def test_what_another_program_changed_is_shown_and_accepted(desk: Client) -> None:
    StockRow.objects.filter(id=1001).update(quantity=51)
    assert "Changed outside the shop: +3." in words_of(desk.get(LIGHT))
    send(desk, LIGHT, "accept/")
    (last,) = get_inventory().movements(1001, newest_first=True, limit=1)
    assert (last.kind, last.change, last.after) == (MovementKind.OUTSIDE, 3, 51)
    assert "Changed outside the shop" not in page_of(desk.get(LIGHT)).select("main p")[0].text


# ── when the stock system does not do as it should ──────────────────────────────────────────────


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (InventoryBusy(1001), "Another person is changing this"),
        (InventoryTimeout("away"), "The stock system is not answering"),
    ],
)
def test_what_was_typed_is_kept_with_its_key_until_it_can_be_written(
    desk: Client, monkeypatch: pytest.MonkeyPatch, error: Exception, told: str
) -> None:
    fields = form(desk.get(LIGHT), LIGHT + "receive/") | {"quantity": "12"}
    with monkeypatch.context() as patch:

        def fails(*_: object) -> None:
            raise error

        patch.setattr(type(get_inventory()), "apply", fails)
        response = desk.post(LIGHT + "receive/", fields)
    assert response.status_code == 503
    assert response["Retry-After"] == "5"
    assert told in words_of(response)
    again = form(response, LIGHT + "receive/")
    assert again.pop("csrfmiddlewaretoken")
    fields.pop("csrfmiddlewaretoken")
    assert again == fields
    assert desk.post(LIGHT + "receive/", again).status_code == 302
    assert left(HARBOUR_LIGHT) == 60


@pytest.mark.parametrize("was_written", [True, False])
def test_after_a_lost_answer_the_page_asks_the_ledger(
    desk: Client, monkeypatch: pytest.MonkeyPatch, was_written: bool
) -> None:
    fields = form(desk.get(LIGHT), LIGHT + "receive/") | {"quantity": "12"}
    real = type(get_inventory()).apply

    def lost(inventory: Inventory, change: object, note: object) -> None:
        if was_written:
            real(inventory, change, note)  # type: ignore[arg-type]
        raise OutcomeUnknown("lost")

    with monkeypatch.context() as patch:
        patch.setattr(type(get_inventory()), "apply", lost)
        response = desk.post(LIGHT + "receive/", fields)
    assert response["Location"] == f"{LIGHT}?sent={fields['key']}"
    words = words_of(desk.get(response["Location"]))
    assert ("it counted once" in words) is was_written
    assert ("did not answer" in words) is not was_written


def test_while_the_stock_is_away_the_page_speaks_to_staff(
    desk: Client, override_inventory: OverrideInventory
) -> None:
    override_inventory(Failing(InventoryTimeout("away")))
    response = desk.get(LIGHT)
    assert response.status_code == 503
    assert "basket" not in words_of(response)
