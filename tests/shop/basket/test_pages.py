"""The basket's pages: adding, changing and removing, in one tab, two tabs and an old one."""

from __future__ import annotations

from dataclasses import replace

import pytest
from pytest_django.fixtures import DjangoAssertNumQueries

from shop.basket.session import KEY, MOST_LINES
from tests.checkout.inventories import EventfulInventory
from tests.checkout.orders import buy
from tests.support.cast import (
    FIRST_FERRY,
    HARBOUR_LIGHT,
    KEEPERS_RESERVE,
    SLACK_WATER,
    THOUSAND_STEPS,
    Shopper,
    count,
    stock,
    withdraw,
    words_of,
)
from tests.support.inventory import OverrideInventory

pytestmark = pytest.mark.django_db


HERS = {"Harbour Light": "2", "First Ferry": "1"}


# the page


def test_each_line_has_its_price_quantity_and_subtotal_and_all_have_a_total(ana: Shopper) -> None:
    page = ana.open("/basket/")
    assert page.status == 200
    assert page.h1 == "Basket"
    first, second = (" ".join(line.text.split()) for line in page.soup.select("li.line"))
    assert "Harbour Light Colombia · $12.50 a bag" in first
    assert "Subtotal: $25.00" in first
    assert "First Ferry Ethiopia · $16.00 a bag" in second
    assert "Subtotal: $16.00" in second
    assert "Total for 3 bags $41.00" in page.text
    assert page.in_basket == "3 bags"
    assert ana.follow("Harbour Light").h1 == "Harbour Light"


def test_an_empty_basket_says_so_and_leads_to_the_coffees() -> None:
    bruno = Shopper("Bruno")
    page = bruno.open("/basket/")
    assert page.status == 200
    assert "Your basket is empty." in page.text
    assert page.in_basket == "empty"
    assert "Checkout" not in page.text
    assert bruno.follow("See our coffees").h1 == "Coffees"
    assert "sessionid" not in bruno.client.cookies


def test_it_is_kept_by_no_cache(ana: Shopper) -> None:
    assert "no-store" in ana.open("/basket/").response["Cache-Control"]


def test_a_line_that_ran_short_or_sold_out_says_so_and_offers_the_change(ana: Shopper) -> None:
    ana.put_in_basket(KEEPERS_RESERVE)
    buy((KEEPERS_RESERVE, 1), (HARBOUR_LIGHT, 47))
    page = ana.open("/basket/")
    assert "Only 1 bag of Harbour Light is left." in page.text
    assert "Keeper's Reserve is sold out." in page.text
    assert "Total for 3 bags $41.00" in page.text
    page = ana.press("Reduce the basket to what is left")
    assert page.said == [
        "Your basket was reduced to what is left. Harbour Light: 2 → 1; Keeper's Reserve: 1 → 0."
    ]
    assert ana.basket() == {"Harbour Light": "1", "First Ferry": "1"}


def test_it_is_never_changed_silently(ana: Shopper) -> None:
    buy((HARBOUR_LIGHT, 48), (FIRST_FERRY, 30))
    for _ in range(2):
        assert ana.basket() == HERS
    ana.open("/checkout/")
    assert ana.basket() == HERS


def test_a_coffee_that_the_shop_does_not_know_any_more_can_be_taken_out(ana: Shopper) -> None:
    session = ana.client.session
    session[KEY] = {"token": "t", "lines": {"77": 2}}
    session.save()
    page = ana.open("/basket/")
    assert page.status == 200
    assert "Product 77 is sold out." in page.text
    ana.press("Remove Product 77")
    assert ana.basket() == {}


# adding


def test_adding_twice_adds_up(ana: Shopper) -> None:
    ana.put_in_basket(HARBOUR_LIGHT, 3)
    assert ana.basket() == HERS | {"Harbour Light": "5"}


def test_spaces_around_a_quantity_are_no_mistake(ana: Shopper) -> None:
    ana.forge("/basket/add/", {"product_id": " 1003 ", "quantity": " 12 "})
    assert ana.basket() == HERS | {"Slack Water": "12"}


def test_more_than_is_left_can_t_be_added(ana: Shopper) -> None:
    page = ana.add(THOUSAND_STEPS, 3)
    assert page.status == 422
    assert "Only 2 bags of Thousand Steps are left." in page.text
    ana.put_in_basket(THOUSAND_STEPS, 2)
    page = ana.add(THOUSAND_STEPS, 1)
    assert page.status == 422
    assert "Only 2 bags of Thousand Steps are left, and your basket has 2." in page.text
    assert ana.basket() == HERS | {"Thousand Steps": "2"}


def test_a_basket_holds_at_most_99_bags_of_one_coffee(ana: Shopper) -> None:
    stock(replace(SLACK_WATER, quantity=500))
    ana.put_in_basket(SLACK_WATER, 99)
    page = ana.add(SLACK_WATER, 1)
    assert page.status == 422
    assert "A basket holds at most 99 bags of one coffee." in page.text
    assert ana.basket() == HERS | {"Slack Water": "99"}


def test_a_basket_holds_at_most_99_different_coffees(ana: Shopper) -> None:
    session = ana.client.session
    lines = {str(n): 1 for n in range(2000, 2000 + MOST_LINES)}
    session[KEY] = {"token": "t", "lines": lines}
    session.save()
    page = ana.add(SLACK_WATER)
    assert page.status == 422
    assert "A basket holds at most 99 different coffees." in page.text
    assert ana.client.session[KEY]["lines"] == lines


@pytest.mark.parametrize("how", ["sold out", "withdrawn", "counted to nothing"])
def test_what_is_not_on_sale_can_t_be_added(ana: Shopper, how: str) -> None:
    ana.open("/shop/1011/")
    match how:
        case "sold out":
            buy((KEEPERS_RESERVE, 1))
        case "withdrawn":
            withdraw(KEEPERS_RESERVE)
        case _:
            count(KEEPERS_RESERVE, shown=1, counted=0)
    page = ana.press("Add to basket")
    assert page.status == 422
    words = "is no longer on sale." if how == "withdrawn" else "is sold out."
    assert page.soup.select_one(".problem-summary a[href='#id_stock']")
    assert page.soup.select_one("#id_stock")
    assert f"Keeper's Reserve {words}" in page.text
    assert ana.basket() == HERS


# changing


def test_a_line_is_changed_and_its_figures_follow(ana: Shopper) -> None:
    ana.open("/basket/")
    page = ana.press("Update Harbour Light", quantity_1001=5)
    assert page.redirected
    assert page.said == ["Your basket was changed. Harbour Light: 2 → 5."]
    assert "Total for 6 bags $78.50" in page.text
    assert ana.reload().said == []


# Each button of the form saves all numbers first.
@pytest.mark.parametrize(
    ("button", "leads_to"),
    [("Update First Ferry", "Basket"), ("Checkout", "Check your order")],
)
def test_every_number_that_was_typed_is_saved(ana: Shopper, button: str, leads_to: str) -> None:
    ana.open("/basket/")
    page = ana.press(button, quantity_1001=3, quantity_1002=4)
    assert page.h1 == leads_to
    assert page.said == ["Your basket was changed. Harbour Light: 2 → 3; First Ferry: 1 → 4."]
    assert ana.basket() == {"Harbour Light": "3", "First Ferry": "4"}


def test_remove_saves_the_other_numbers_and_takes_out_its_own_line(ana: Shopper) -> None:
    ana.open("/basket/")
    page = ana.press("Remove Harbour Light", quantity_1001=7, quantity_1002=4)
    assert page.said == [
        "Harbour Light was taken out of your basket. Undo",
        "Your basket was changed. First Ferry: 1 → 4.",
    ]
    assert ana.basket() == {"First Ferry": "4"}


def test_the_change_to_what_is_left_saves_the_other_numbers(ana: Shopper) -> None:
    count(HARBOUR_LIGHT, shown=48, counted=1)
    ana.open("/basket/")
    ana.press("Reduce the basket to what is left", quantity_1002=4)
    assert ana.basket() == {"Harbour Light": "1", "First Ferry": "4"}


@pytest.mark.parametrize("button", ["Update", "Checkout", "Remove Slack Water"])
def test_what_can_t_be_taken_comes_back_with_its_own_sentence_and_the_others_are_saved(
    ana: Shopper, button: str
) -> None:
    ana.put_in_basket(THOUSAND_STEPS, 1)
    ana.put_in_basket(SLACK_WATER)
    page = ana.open("/basket/")
    button = page.buttons[0] if button == "Update" else button
    page = ana.press(button, quantity_1001="1,5", quantity_1010=3, quantity_1002=4)
    assert page.status == 422
    wrong = {
        str(field["value"]): words_of(page.soup.select(f"#{field['aria-describedby']}")[0])
        for field in page.soup.select("[aria-invalid]")
    }
    assert wrong == {
        "1,5": "Error: Type a whole number from 0 to 99.",
        "3": "Error: Only 2 bags of Thousand Steps are left.",
    }
    basket = ana.basket()
    if button.startswith("Remove"):
        assert "Slack Water" not in basket
    assert basket | {"Slack Water": "1"} == {
        "Harbour Light": "2",
        "First Ferry": "4",
        "Thousand Steps": "1",
        "Slack Water": "1",
    }


@pytest.mark.parametrize("button", ["Update Harbour Light", "Checkout"])
def test_numbers_that_are_as_they_were_write_nothing_and_keep_the_token(
    ana: Shopper, button: str
) -> None:
    ana.open("/basket/")
    before = ana.client.session[KEY]
    page = ana.press(button, quantity_1001=" 2 ")
    assert (page.redirected, page.said) == (True, [])
    assert ana.client.session[KEY] == before


def test_an_old_tab_changes_only_the_number_that_was_typed_there(ana: Shopper) -> None:
    old = ana.tab()
    old.open("/basket/")
    ana.open("/basket/")
    ana.press("Update First Ferry", quantity_1002=5)
    old.press("Update Harbour Light", quantity_1001=3)
    assert ana.basket() == {"Harbour Light": "3", "First Ferry": "5"}


def test_an_old_tab_can_t_change_what_was_taken_out_and_says_so(ana: Shopper) -> None:
    old = ana.tab()
    old.open("/basket/")
    ana.open("/basket/")
    ana.press("Remove Harbour Light")
    page = old.press("Update Harbour Light", quantity_1001=5)
    assert page.said == [
        "A coffee that you changed is no longer in your basket, so its number was not saved."
    ]
    assert ana.basket() == {"First Ferry": "1"}


# removing


def test_a_line_is_removed_once_however_often_it_is_pressed(ana: Shopper) -> None:
    old = ana.tab()
    old.open("/basket/")
    ana.open("/basket/")
    page = ana.press("Remove Harbour Light")
    assert page.redirected
    assert page.said == ["Harbour Light was taken out of your basket. Undo"]
    assert old.press("Remove Harbour Light").said == []
    assert ana.basket() == {"First Ferry": "1"}


# going back


def test_each_change_of_the_basket_changes_a_cookie(ana: Shopper) -> None:
    ana.open("/basket/")
    marks = [ana.client.cookies["basket"].value]
    for button in ("Update First Ferry", "Remove First Ferry", "Undo"):
        ana.press(button, **{"quantity_1002": 3} if "Update" in button else {})
        marks.append(ana.client.cookies["basket"].value)
    ana.pay(branch="landing")
    marks.append(ana.client.cookies["basket"].value)
    assert len(set(marks)) == len(marks)
    assert marks[-1] == ""


# away, and how much is asked


def test_while_the_stock_system_is_away_the_basket_is_shown_as_last_known(
    ana: Shopper, override_inventory: OverrideInventory
) -> None:
    inventory = override_inventory(EventfulInventory())
    ana.open("/shop/")
    inventory.go_away()
    page = ana.open("/basket/")
    assert page.status == 200
    assert "The stock system is not answering." in page.text
    assert "Total for 3 bags $41.00" in page.text
    page = ana.press("Remove First Ferry")
    assert page.said == ["First Ferry was taken out of your basket. Undo"]
    assert ana.basket() == {"Harbour Light": "2"}


@pytest.mark.parametrize("address", ["/basket/", "/basket/add/"])
def test_with_nothing_known_the_page_says_that_the_basket_is_saved(
    ana: Shopper, override_inventory: OverrideInventory, address: str
) -> None:
    inventory = EventfulInventory()
    inventory.go_away()
    override_inventory(inventory)
    if address == "/basket/":
        page = ana.open(address)
    else:
        page = ana.forge(address, {"product_id": "1003", "quantity": "1"})
    assert page.status == 503
    assert "Your basket is saved" in page.text
    inventory.calm_down()
    assert ana.basket() == HERS


def test_nothing_is_changed_to_what_is_left_while_that_is_not_known(
    ana: Shopper, override_inventory: OverrideInventory
) -> None:
    inventory = override_inventory(EventfulInventory())
    count(HARBOUR_LIGHT, shown=48, counted=1)
    ana.open("/shop/")
    ana.open("/basket/")
    inventory.go_away()
    ana.press("Reduce the basket to what is left")
    inventory.calm_down()
    assert ana.basket() == HERS


def test_a_warm_page_asks_the_database_twice_besides_the_session(
    ana: Shopper, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    ana.open("/basket/")
    with django_assert_max_num_queries(3):
        ana.open("/basket/")
