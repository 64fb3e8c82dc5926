"""Every page that customers see, in every state, and the ways to them."""

from __future__ import annotations

import re
from unittest import mock

from django.test import Client, override_settings

from checkout import receipt as checkout_receipt
from checkout.find_order import MOST_TRIES
from checkout.models import Order, OrderState
from checkout.references import sign
from shop.basket import views as basket_views
from shop.catalogue import restock_views
from shop.catalogue.restock import CONFIRM
from shop.inventory.contract import DeliveryRow, InventoryBusy, InventoryTimeout, OutcomeUnknown
from shop.mail import kinds
from shop.models import OutgoingMail, RestockRequest
from tests.checkout.inventories import Point
from tests.checkout.orders import let_grow_old, place
from tests.pages.states.scene import (
    ONE_WORD,
    Scene,
    State,
    Way,
    at,
    done,
    filled,
    go_away,
    in_another_tab,
    many_coffees,
    opened,
    pressed,
    reload,
    sold,
    stocked,
    then,
    typed,
)
from tests.support.cast import (
    HARBOUR_LIGHT,
    KEEPERS_RESERVE,
    THOUSAND_STEPS,
    count,
    reprice,
    stock,
    withdraw,
)

ADD = pressed("Add to basket")
PAY = pressed("Pay now")
TELL_ME = pressed("Tell me when it’s back")
JANUARY = "2026-01-05T10:00:00Z"

# ── home, catalogue, product ─────────────────────────────────────────────────────────────────────


def while_away(path: str) -> Way:
    """The page at an address as it was last known."""
    return then(at(path), go_away, opened(path))


def away_from_the_start(path: str) -> Way:
    """The page at an address while nothing is known."""
    return then(go_away, opened(path))


def after_selling(path: str, *coffees: DeliveryRow) -> Way:
    """The page at an address when all bags of these are sold, and nothing else came in."""
    sales = [sold((coffee, coffee.quantity), token=coffee.name) for coffee in coffees]
    return then(stocked(*coffees), *sales, opened(path))


sold_out = after_selling("/shop/1011/", KEEPERS_RESERVE)
asked_for_restock = then(sold_out, typed("E-mail", "ana@example.com"), TELL_ME)


def asked_too_often(scene: Scene) -> None:
    with mock.patch.object(restock_views, "MOST_ASKED", 0):
        asked_for_restock(scene)


def restock_link(name: str) -> Way:
    """The page of one of the links in the mail that asks for a confirmation."""

    def way(scene: Scene) -> None:
        asked_for_restock(scene)
        mail = kinds[CONFIRM].build(OutgoingMail.objects.get(kind=CONFIRM))
        assert mail
        scene.open(re.findall(rf"/tell-me/{name}/\S+", str(mail.body))[0])

    return way


def expired_restock_link(scene: Scene) -> None:
    restock_link("confirm")(scene)
    RestockRequest.objects.all().delete()
    scene.tab.reload()


# ── basket and checkout ──────────────────────────────────────────────────────────────────────────


def with_basket(path: str) -> Way:
    """The page at an address, with a basket of three coffees."""
    return then(stocked(), filled(), opened(path))


def with_long_basket(path: str) -> Way:
    """With thirty coffees in the basket."""
    coffees = many_coffees(30)
    return then(stocked(*coffees), filled(*((coffee, 2) for coffee in coffees)), opened(path))


def with_one_word(path: str) -> Way:
    """With a coffee in the basket whose words can't be broken."""
    return then(stocked(ONE_WORD), filled((ONE_WORD, 1)), opened(path))


ONE_BAG_FEWER = done(count, THOUSAND_STEPS, shown=2, counted=1)
DEARER = done(reprice, HARBOUR_LIGHT, "13.00")


def with_short_basket(path: str) -> Way:
    """With more bags in the basket than are left of one coffee, and another one gone."""
    basket = filled((HARBOUR_LIGHT, 2), (THOUSAND_STEPS, 2), (KEEPERS_RESERVE, 1))
    return then(stocked(), basket, ONE_BAG_FEWER, sold((KEEPERS_RESERVE, 1)), opened(path))


def basket_while_away(path: str) -> Way:
    """With a basket, as last known."""
    return then(with_basket("/shop/"), go_away, opened(path))


REMOVE = pressed("Remove Harbour Light")
removed_elsewhere = in_another_tab(opened("/basket/"), REMOVE)


def full_basket(scene: Scene) -> None:
    then(stocked(), filled((HARBOUR_LIGHT, 2)), opened("/shop/1002/"))(scene)
    with mock.patch.object(basket_views, "MOST_LINES", 1):
        scene.press("Add to basket")


def over_a_limit(scene: Scene) -> None:
    with_basket("/checkout/")(scene)
    with override_settings(ORDER_MAX_BAGS=1):
        scene.press("Pay now")


# ── after Pay ────────────────────────────────────────────────────────────────────────────────────


def paying_when(*happens: Way) -> Way:
    """The answer to Pay when these things happened after the page was shown."""
    return then(with_basket("/checkout/"), *happens, PAY)


def no_answer(scene: Scene) -> None:
    """The sale is made, but neither its answer nor the ledger's can be had."""
    scene.inventory.happen(Point.AFTER_COMMIT, OutcomeUnknown("no answer"))
    scene.inventory.happen(Point.DECISION, InventoryTimeout("frozen"))


def busy(scene: Scene) -> None:
    scene.inventory.happen(Point.SALE, InventoryBusy())


def calm(scene: Scene) -> None:
    scene.inventory.calm_down()


being_checked = paying_when(no_answer)
not_placed = paying_when(busy)
thanks = paying_when()
refused_for_both = paying_when(ONE_BAG_FEWER, DEARER)


def orders_are(**fields: object) -> Way:
    """The rows of all orders say so."""
    return lambda scene: Order.objects.update(**fields)


def receipt(scene: Scene) -> None:
    """The page of the one order, for a browser that may ask for another language than its buyer."""
    scene.open(f"/checkout/thanks/{sign(Order.objects.get().reference)}/")


def left_behind(scene: Scene) -> None:
    stock()
    let_grow_old(place((HARBOUR_LIGHT, 1)))


def cancelling(scene: Scene) -> None:
    """The page that asks whether the one order is to be cancelled."""
    then(stocked(), sold((HARBOUR_LIGHT, 1)))(scene)
    scene.open(f"/checkout/thanks/{sign(Order.objects.get().reference)}/cancel/")


def cancelling_too_much(scene: Scene) -> None:
    cancelling(scene)
    with mock.patch.object(checkout_receipt, "MOST_CANCELLED", 0):
        scene.press("Cancel the order")


order_not_found = then(
    opened("/orders/"),
    typed("Reference", "CC-34679ACD"),
    typed("E-mail", "ana@example.com"),
    pressed("Find the order"),
)

# ── what can't be served ─────────────────────────────────────────────────────────────────────────


def many_fields(scene: Scene) -> None:
    scene.tab.add_fields("Add to basket", 1100)


def no_cookies(scene: Scene) -> None:
    scene.tab.forget_cookies()


def other_cookies(scene: Scene) -> None:
    other = Client()
    other.get("/shop/")
    scene.tab.take_cookies(other)


def broken(scene: Scene) -> None:
    def fault() -> None:
        raise RuntimeError("a fault that this test brought about")

    scene.inventory.happen(Point.VERSION, fault)
    scene.inventory.happen(Point.PAGE, fault)
    scene.open("/shop/")


PUBLIC: dict[str, State] = {
    "home": State(at("/"), "Coffee", is_common=True),
    "home, before the first delivery": State(opened("/"), "Coffee"),
    "home, stock system away": State(while_away("/"), "Coffee"),
    "home, nothing known": State(away_from_the_start("/"), "Coffee"),
    "catalogue": State(at("/shop/"), "Coffees", is_common=True),
    "catalogue, filtered": State(
        at("/shop/?q=e&origin=Ethiopia&in_stock=1&sort=-price"), "Coffees from"
    ),
    "catalogue, nothing found": State(at("/shop/?q=4711"), "Coffees"),
    "catalogue, nothing found in an origin": State(
        at("/shop/?q=jasmine&origin=Brazil"), "Coffees from"
    ),
    "catalogue, of one origin": State(at("/shop/?origin=Ethiopia"), "Coffees from"),
    "catalogue, sold out one found": State(
        then(stocked(), sold((KEEPERS_RESERVE, 1)), opened("/shop/?q=keeper%27s")), "Coffees"
    ),
    "catalogue, a word too many": State(at("/shop/?q=jasmine+harbour"), "Coffees"),
    "catalogue, mistyped word": State(at("/shop/?q=harbor"), "Coffees"),
    "catalogue, 60 coffees": State(at("/shop/", *many_coffees(60)), "Coffees"),
    "catalogue, page 2": State(at("/shop/?page=2", *many_coffees(60)), "Coffees"),
    "catalogue, 1 coffee": State(at("/shop/", HARBOUR_LIGHT), "Coffees"),
    "catalogue, one long word": State(at("/shop/", ONE_WORD), "Coffees"),
    "catalogue, before the first delivery": State(opened("/shop/"), "Coffees"),
    "catalogue, everything sold out": State(
        after_selling("/shop/", THOUSAND_STEPS, KEEPERS_RESERVE), "Coffees"
    ),
    "catalogue, one sold out lately": State(
        then(stocked(), sold((KEEPERS_RESERVE, 1)), opened("/shop/")), "Coffees"
    ),
    "catalogue, added": State(
        then(at("/shop/"), pressed("Add to basket Harbour Light")), "Coffees"
    ),
    "catalogue, stock system away": State(while_away("/shop/"), "Coffees"),
    "product": State(at("/shop/1001/"), "Harbour Light"),
    "product, few left": State(at("/shop/1010/"), "Thousand Steps"),
    "product, last bag": State(at("/shop/1011/"), "Keeper's Reserve"),
    "product, sold out": State(after_selling("/shop/1011/", KEEPERS_RESERVE), "Keeper's Reserve"),
    "product, sold out, mistyped address": State(
        then(sold_out, typed("E-mail", "ana"), TELL_ME), "Keeper's Reserve", 422
    ),
    "product, asked to be told": State(asked_for_restock, "Keeper's Reserve"),
    "product, asked too often": State(asked_too_often, "Keeper's Reserve", 429),
    "restock, confirm": State(restock_link("confirm"), "Shall we tell you"),
    "restock, confirmed": State(then(restock_link("confirm"), TELL_ME), "We will tell you"),
    "restock, stop": State(restock_link("stop"), "Stop the e-mail about"),
    "restock, stopped": State(
        then(restock_link("stop"), pressed("Send me no e-mail")), "You will get no e-mail"
    ),
    "restock, expired": State(expired_restock_link, "This link has expired", 410),
    "product, withdrawn": State(
        then(stocked(), done(withdraw, KEEPERS_RESERVE), opened("/shop/1011/")), "Keeper's Reserve"
    ),
    "product, long words": State(at("/shop/3003/", *many_coffees(9)), many_coffees(3)[-1].name),
    "product, one long word": State(at("/shop/3999/", ONE_WORD), ONE_WORD.name),
    "product, mistyped quantity": State(
        then(at("/shop/1001/"), typed("Bags of Harbour Light", "0"), ADD), "Harbour Light", 422
    ),
    "product, more than is left": State(
        then(at("/shop/1010/"), typed("Bags of Thousand Steps", "9"), ADD), "Thousand Steps", 422
    ),
    "product, all that is left taken": State(
        then(stocked(), filled((THOUSAND_STEPS, 2)), opened("/shop/1010/"), ADD),
        "Thousand Steps",
        422,
    ),
    "product, more than a basket holds": State(
        then(
            *[stocked(HARBOUR_LIGHT)] * 3, filled((HARBOUR_LIGHT, 99)), opened("/shop/1001/"), ADD
        ),
        "Harbour Light",
        422,
    ),
    "product, withdrawn meanwhile": State(
        then(at("/shop/1011/"), done(withdraw, KEEPERS_RESERVE), ADD), "Keeper's Reserve", 422
    ),
    "product, basket takes no more": State(full_basket, "First Ferry", 422),
    "product, stock system away": State(while_away("/shop/1001/"), "Harbour Light"),
    "basket": State(with_basket("/basket/"), "Basket", is_common=True),
    "basket, empty": State(opened("/basket/"), "Basket"),
    "basket, 30 lines": State(with_long_basket("/basket/"), "Basket"),
    "basket, one long word": State(with_one_word("/basket/"), "Basket"),
    "basket, too few left": State(with_short_basket("/basket/"), "Basket"),
    "basket, another price": State(
        then(with_basket("/basket/"), DEARER, opened("/basket/")), "Basket"
    ),
    "basket, mistyped quantity": State(
        then(
            with_basket("/basket/"),
            typed("Bags of Harbour Light", "100"),
            pressed("Update Harbour Light"),
        ),
        "Basket",
        422,
    ),
    "basket, updated": State(
        then(
            with_basket("/basket/"),
            typed("Bags of Harbour Light", "3"),
            pressed("Update Harbour Light"),
        ),
        "Basket",
    ),
    "basket, line removed": State(then(with_basket("/basket/"), REMOVE), "Basket"),
    "basket, updated line gone": State(
        then(with_basket("/basket/"), removed_elsewhere, pressed("Update Harbour Light")),
        "Basket",
    ),
    "basket, removed line gone": State(
        then(with_basket("/basket/"), removed_elsewhere, REMOVE), "Basket"
    ),
    "basket, removed while pending": State(
        then(with_basket("/basket/"), in_another_tab(opened("/checkout/"), no_answer, PAY), REMOVE),
        "Basket",
        409,
    ),
    "basket, order confirmed meanwhile": State(
        then(being_checked, orders_are(state=OrderState.CONFIRMED), opened("/basket/")), "Basket"
    ),
    "basket, order pending": State(then(being_checked, opened("/basket/")), "Basket"),
    "basket, added while pending": State(
        then(being_checked, opened("/shop/1003/"), ADD), "Basket", 409
    ),
    "basket, stock system away": State(basket_while_away("/basket/"), "Basket"),
    "checkout": State(with_basket("/checkout/"), "Check your order", is_common=True),
    "checkout, empty basket": State(opened("/checkout/"), "Basket"),
    "checkout, 30 lines": State(with_long_basket("/checkout/"), "Check your order"),
    "checkout, one long word": State(with_one_word("/checkout/"), "Check your order"),
    "checkout, too few left": State(with_short_basket("/checkout/"), "Check your order"),
    "checkout, changed to what is left": State(
        then(with_short_basket("/checkout/"), pressed("Reduce the basket to what is left")),
        "Check your order",
    ),
    "checkout, mistyped address": State(
        paying_when(typed("E-mail (optional)", "ana")), "Check your order", 422
    ),
    "checkout, no branch chosen": State(
        then(with_basket("/checkout/"), pressed("Pay now", chooses=False)), "Check your order", 422
    ),
    "checkout, basket changed": State(paying_when(removed_elsewhere), "Check your order", 409),
    "checkout, over a limit": State(over_a_limit, "Check your order", 422),
    "checkout, order pending": State(then(being_checked, opened("/checkout/")), "Check your order"),
    "checkout, stock system away": State(basket_while_away("/checkout/"), "Check your order"),
    "refused, too few left": State(paying_when(ONE_BAG_FEWER), "Check your order", 409),
    "refused, another price": State(paying_when(DEARER), "Check your order", 409),
    "refused, one withdrawn": State(
        paying_when(done(withdraw, HARBOUR_LIGHT)), "Check your order", 409
    ),
    "refused, both": State(refused_for_both, "Check your order", 409),
    "not placed": State(not_placed, "Your order has not been placed", 503),
    "not placed, given up meanwhile": State(
        then(not_placed, calm, orders_are(state=OrderState.ABANDONED), pressed("Try again")),
        "",
        409,
    ),
    "being checked, nothing sold": State(then(being_checked, orders_are(attempts=0), reload), ""),
    "being checked": State(being_checked, "We’re checking your order"),
    "thanks": State(thanks, "Thank you for your order", is_common=True),
    "thanks, 30 lines": State(
        then(with_long_basket("/checkout/"), PAY), "Thank you for your order"
    ),
    "thanks, handed over": State(
        then(thanks, orders_are(handed_over_at=JANUARY, branch_slug=""), reload),
        "Thank you for your order",
    ),
    "thanks, cancelled since": State(
        then(thanks, orders_are(cancelled_at=JANUARY, cancelled_by="rosa"), reload),
        "This order was cancelled",
    ),
    "thanks, mistyped address": State(
        then(
            with_basket("/checkout/"),
            typed("E-mail (optional)", "ana@example.com"),
            PAY,
            typed("The right address", "ana@gmial.com"),
            pressed("Send it there instead"),
        ),
        "Thank you for your order",
        422,
    ),
    "cancel an order": State(cancelling, "Cancel your order CC-"),
    "cancel an order, too many": State(cancelling_too_much, "Cancel your order CC-", 429),
    "basket, ordered again": State(then(thanks, pressed("Order this again")), "Basket"),
    "basket, empty after an order": State(then(thanks, opened("/basket/")), "Basket"),
    "home, after an order": State(then(thanks, opened("/")), "Coffee"),
    "find an order, ordered here": State(then(thanks, opened("/orders/")), "Find an order"),
    "checkout, address one letter off": State(
        paying_when(typed("E-mail (optional)", "ana@gmial.com")), "Check your order", 422
    ),
    "old refusal": State(then(refused_for_both, receipt), "Order CC-"),
    "given up": State(
        then(left_behind, orders_are(state=OrderState.ABANDONED), receipt), "Order CC-"
    ),
    "find an order": State(opened("/orders/"), "Find an order"),
    "find an order, none found": State(order_not_found, "Find an order", 422),
    "find an order, no reference": State(
        then(opened("/orders/"), pressed("Find the order")), "Find an order", 422
    ),
    "find an order, too many tries": State(
        then(*[order_not_found] * (MOST_TRIES + 1)), "Find an order", 429
    ),
    "privacy": State(opened("/privacy/"), "Privacy"),
    "400": State(then(at("/shop/1001/"), many_fields, ADD), "", 400),
    "403, no cookies": State(
        then(at("/shop/1001/"), no_cookies, ADD), "This shop needs cookies for your basket", 403
    ),
    "403, expired form": State(
        then(at("/shop/1001/"), other_cookies, ADD), "This form can’t be used any more", 403
    ),
    "404": State(opened("/nowhere/"), "There is nothing here", 404),
    "405": State(opened("/checkout/pay/"), "There is nothing to see at this address", 405),
    "500": State(broken, "There is a problem with the shop", 500),
    "in Portuguese, home": State(at("/"), "Café", language="pt-BR"),
    "in Portuguese, catalogue": State(at("/shop/"), "Cafés", language="pt-BR"),
    "in Portuguese, product": State(at("/shop/1001/"), "Harbour Light", language="pt-BR"),
    "in Portuguese, basket": State(with_basket("/basket/"), "", language="pt-BR"),
    "in Portuguese, checkout": State(with_basket("/checkout/"), "", language="pt-BR"),
    "in Portuguese, too few left": State(with_short_basket("/checkout/"), "", language="pt-BR"),
    "in Portuguese, thanks": State(
        then(stocked(), sold((HARBOUR_LIGHT, 2)), receipt), "", language="pt-BR"
    ),
    "503": State(away_from_the_start("/shop/"), "", 503),
}
