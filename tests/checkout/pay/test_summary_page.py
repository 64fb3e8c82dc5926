"""The checkout page: what will be ordered, what it costs, and the Pay button."""

from __future__ import annotations

import pytest
from pytest_django.fixtures import DjangoAssertNumQueries, Settings

from checkout.models import Order, OrderState
from tests.checkout.inventories import EventfulInventory
from tests.checkout.orders import buy
from tests.support.cast import (
    FIRST_FERRY,
    HARBOUR_LIGHT,
    KEEPERS_RESERVE,
    THOUSAND_STEPS,
    Page,
    Shopper,
    count,
    stock,
    words_of,
)
from tests.support.inventory import OverrideInventory

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def ana() -> Shopper:
    """Ana, with two bags of Harbour Light and one of First Ferry in her basket."""
    stock()
    ana = Shopper("Ana")
    ana.put_in_basket(HARBOUR_LIGHT, 2)
    ana.put_in_basket(FIRST_FERRY)
    return ana


def test_each_line_has_its_name_number_price_quantity_and_subtotal(ana: Shopper) -> None:
    page = ana.open("/checkout/")
    assert page.status == 200
    assert page.h1 == "Check your order"
    assert page.rows() == [
        ["Harbour Light No. 1001 · Colombia", "$12.50", "2", "$25.00"],
        ["First Ferry No. 1002 · Ethiopia", "$16.00", "1", "$16.00"],
    ]
    assert page.sums() == {
        "Bags of 250 g": "3",
        "Before tax": "$34.17",
        "Tax, 20%, included": "$6.83",
        "Total": "$41.00",
    }
    assert "Pay now – $41.00" in page.buttons


def test_tax_and_currency_are_the_shop_s(ana: Shopper, settings: Settings) -> None:
    settings.TAX_RATE = HARBOUR_LIGHT.price / 100  # 12.5 %
    settings.CURRENCY = "EUR"
    assert ana.open("/checkout/").sums() == {
        "Bags of 250 g": "3",
        "Before tax": "€36.44",
        "Tax, 12.5%, included": "€4.56",
        "Total": "€41.00",
    }


def chosen(page: Page) -> tuple[str | None, str]:
    """The branch and the e-mail address that the Pay form holds by itself."""
    form = page.form("Pay now", chooses=False)
    assert form.choices["branch"] == {"roastery", "landing", "lookout"}
    return form.values.get("branch"), form.values["email"]


def test_no_branch_is_chosen_before_this_browser_chose_one(ana: Shopper) -> None:
    assert chosen(ana.open("/checkout/")) == (None, "")
    page = ana.forge("/checkout/pay/", ana.page.form("Pay now", chooses=False).values)
    assert page.status == 422
    assert "Choose the branch where you want to collect your coffee." in page.text
    ana.pay(branch="lookout", email="ana@example.com")
    ana.put_in_basket(HARBOUR_LIGHT)
    assert chosen(ana.open("/checkout/")) == ("lookout", "")
    bruno = Shopper("Bruno")
    bruno.put_in_basket(HARBOUR_LIGHT)
    assert chosen(bruno.open("/checkout/")) == (None, "")


def test_what_a_refused_pay_has_sent_is_there_again_until_an_order_is_placed(ana: Shopper) -> None:
    ana.open("/checkout/")
    count(HARBOUR_LIGHT, shown=48, counted=1)
    assert ana.press("Pay now", branch="landing", email="ana@example.com").status == 409
    ana.press("Reduce the basket to what is left")
    assert chosen(ana.page) == ("landing", "ana@example.com")
    ana.press("Pay now")
    assert Order.objects.get(state=OrderState.CONFIRMED).email == "ana@example.com"
    ana.put_in_basket(FIRST_FERRY)
    assert chosen(ana.open("/checkout/")) == ("landing", "")


def test_an_address_that_this_shop_has_not_signed_is_not_filled_in(ana: Shopper) -> None:
    for forged in ("", "x", "eyJlbWFpbCI6Im1AZXZpbC5leGFtcGxlIn0", "a:b:c"):
        ana.client.cookies["choices"] = forged
        assert chosen(ana.open("/checkout/")) == (None, "")


def test_it_is_reached_from_the_navigation_of_every_page_and_from_the_top_of_the_shop(
    ana: Shopper,
) -> None:
    for address in ("/", "/shop/", "/shop/1001/", "/orders/", "/nowhere/"):
        ana.open(address)
        assert ana.follow("Checkout").h1 == "Check your order", address
    ana.open("/basket/")
    assert ana.press("Checkout").h1 == "Check your order"
    shop = ana.open("/shop/")
    (link,) = shop.soup.select("main .section-head a")
    assert words_of(link) == "Checkout, 3 bags"


def test_an_empty_basket_has_no_checkout_and_says_so_once() -> None:
    bruno = Shopper("Bruno")
    page = bruno.open("/checkout/")
    assert page.path == "/basket/"
    assert page.h1 == "Basket"
    assert page.text.count("Your basket is empty.") == 1
    assert bruno.reload().said == []


def test_a_line_that_sold_out_or_ran_short_is_named_and_only_the_change_is_offered(
    ana: Shopper,
) -> None:
    ana.put_in_basket(THOUSAND_STEPS, 2)
    ana.put_in_basket(KEEPERS_RESERVE)
    buy((THOUSAND_STEPS, 1), (KEEPERS_RESERVE, 1))
    page = ana.open("/checkout/")
    assert page.rows()[2:] == [
        ["Thousand Steps No. 1010 · Rwanda Only 1 bag left", "$16.80", "2", "$33.60"],
        ["Keeper's Reserve No. 1011 · Ethiopia Sold out", "$24.00", "1", "–"],
    ]
    assert page.buttons == ["Reduce the basket to what is left"]
    page = ana.press("Reduce the basket to what is left")
    assert page.path == "/checkout/"
    assert page.said == [
        "Your basket was reduced to what is left. Thousand Steps: 2 → 1; Keeper's Reserve: 1 → 0."
    ]
    assert [row[0].split(" No.")[0] for row in page.rows()] == [
        "Harbour Light",
        "First Ferry",
        "Thousand Steps",
    ]
    assert page.sums()["Total"] == "$57.80"


def test_changing_to_what_is_left_of_nothing_ends_at_the_empty_basket(ana: Shopper) -> None:
    count(HARBOUR_LIGHT, shown=48, counted=0)
    count(FIRST_FERRY, shown=30, counted=0)
    ana.open("/checkout/")
    page = ana.press("Reduce the basket to what is left")
    assert page.path == "/basket/"
    assert "Your basket is empty." in page.text


def test_the_change_pressed_in_a_second_tab_after_all_is_back_changes_nothing(
    ana: Shopper,
) -> None:
    count(HARBOUR_LIGHT, shown=48, counted=1)
    ana.open("/checkout/")
    count(HARBOUR_LIGHT, shown=1, counted=48)
    page = ana.press("Reduce the basket to what is left")
    assert page.path == "/checkout/"
    assert page.said == []
    assert page.sums()["Total"] == "$41.00"


def test_without_live_stock_there_is_no_pay_button(
    inventory: EventfulInventory, ana: Shopper
) -> None:
    ana.open("/shop/")
    inventory.go_away()
    page = ana.open("/checkout/")
    assert page.status == 200
    assert page.buttons == []
    assert "nothing can be ordered at this moment" in page.text
    assert "nothing can be ordered" in page.text
    inventory.calm_down()
    assert "Pay now – $41.00" in ana.reload().buttons


def test_with_nothing_known_of_the_stock_the_page_says_so_and_keeps_the_basket(
    inventory: EventfulInventory, ana: Shopper, override_inventory: OverrideInventory
) -> None:
    fresh = EventfulInventory()
    fresh.go_away()
    override_inventory(fresh)
    page = ana.open("/checkout/")
    assert page.status == 503
    assert page.response["Retry-After"]
    assert "Your basket is saved, and nothing was ordered." in page.text
    fresh.calm_down()
    assert ana.open("/checkout/").sums()["Bags of 250 g"] == "3"


def test_looking_writes_nothing_into_the_session(
    ana: Shopper, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    ana.open("/checkout/")
    # The session, the order of this basket's token, and the products.
    with django_assert_max_num_queries(3) as asked:
        ana.open("/checkout/")
    assert not [query["sql"] for query in asked if not query["sql"].startswith("SELECT")]


def test_it_is_kept_by_no_cache(ana: Shopper) -> None:
    assert "no-store" in ana.open("/checkout/").response["Cache-Control"]


def test_beside_the_address_it_says_how_long_that_is_kept(ana: Shopper, settings: Settings) -> None:
    settings.KEEP_EMAIL_DAYS = 30
    assert "We remove your address 30 days after you collect." in ana.open("/checkout/").text
