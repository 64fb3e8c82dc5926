"""Every page that customers see, in every state, and the ways to them."""

from __future__ import annotations

from unittest import mock

from checkout.find_order import MOST_TRIES
from checkout.models import Order, OrderState
from checkout.references import sign
from shop.basket import views as basket_views
from shop.inventory.contract import DeliveryRow, InventoryBusy, InventoryTimeout, OutcomeUnknown
from tests.checkout.inventories import Point
from tests.checkout.orders import buy, let_grow_old, place
from tests.pages.states.scene import ONE_WORD, Scene, State, Way, at, in_empty_shop, many_coffees
from tests.support.cast import (
    HARBOUR_LIGHT,
    KEEPERS_RESERVE,
    THOUSAND_STEPS,
    count,
    reprice,
    stock,
    withdraw,
)

# ── home, catalogue, product ─────────────────────────────────────────────────────────────────────


def while_away(path: str) -> Way:
    """The page at an address as it was last known."""

    def way(scene: Scene) -> None:
        stock()
        scene.open(path)
        scene.inventory.go_away()
        scene.open(path)

    return way


def away_from_the_start(path: str) -> Way:
    """The page at an address while nothing is known."""

    def way(scene: Scene) -> None:
        scene.inventory.go_away()
        scene.open(path)

    return way


def after_selling(path: str, *coffees: DeliveryRow) -> Way:
    """The page at an address when all bags of these are sold, and nothing else came in."""

    def way(scene: Scene) -> None:
        stock(*coffees)
        for coffee in coffees:
            buy((coffee, coffee.quantity), token=f"the last of {coffee.name}")
        scene.open(path)

    return way


def recently_sold_out(scene: Scene) -> None:
    stock()
    buy((KEEPERS_RESERVE, 1))
    scene.open("/shop/")


def withdrawn(scene: Scene) -> None:
    stock()
    withdraw(KEEPERS_RESERVE)
    scene.open("/shop/1011/")


def added(scene: Scene) -> None:
    stock()
    scene.open("/shop/")
    scene.press("Add to basket Harbour Light")


def mistyped_quantity(scene: Scene) -> None:
    stock()
    scene.open("/shop/1001/")
    scene.type("Bags of Harbour Light", "0")
    scene.press("Add to basket")


def more_than_is_left(scene: Scene) -> None:
    stock()
    scene.open("/shop/1010/")
    scene.type("Bags of Thousand Steps", "9")
    scene.press("Add to basket")


def all_that_is_left_taken(scene: Scene) -> None:
    stock()
    scene.fill_basket((THOUSAND_STEPS, 2))
    scene.open("/shop/1010/")
    scene.press("Add to basket")


def more_than_anybody_needs(scene: Scene) -> None:
    for _ in range(3):
        stock(HARBOUR_LIGHT)
    scene.fill_basket((HARBOUR_LIGHT, 99))
    scene.open("/shop/1001/")
    scene.press("Add to basket")


def withdrawn_meanwhile(scene: Scene) -> None:
    stock()
    scene.open("/shop/1011/")
    withdraw(KEEPERS_RESERVE)
    scene.press("Add to basket")


# ── basket and checkout ──────────────────────────────────────────────────────────────────────────


def with_basket(path: str) -> Way:
    """The page at an address, with a basket of three coffees."""

    def way(scene: Scene) -> None:
        stock()
        scene.fill_basket()
        scene.open(path)

    return way


def with_long_basket(path: str) -> Way:
    """With thirty coffees in the basket."""

    def way(scene: Scene) -> None:
        coffees = many_coffees(30)
        stock(*coffees)
        scene.fill_basket(*((coffee, 2) for coffee in coffees))
        scene.open(path)

    return way


def with_one_word(path: str) -> Way:
    """With a coffee in the basket whose words can't be broken."""

    def way(scene: Scene) -> None:
        stock(ONE_WORD)
        scene.fill_basket((ONE_WORD, 1))
        scene.open(path)

    return way


def with_short_basket(path: str) -> Way:
    """With more bags in the basket than are left of one coffee, and another one gone."""

    def way(scene: Scene) -> None:
        stock()
        scene.fill_basket((HARBOUR_LIGHT, 2), (THOUSAND_STEPS, 2), (KEEPERS_RESERVE, 1))
        count(THOUSAND_STEPS, shown=2, counted=1)
        buy((KEEPERS_RESERVE, 1))
        scene.open(path)

    return way


def repriced_basket(scene: Scene) -> None:
    with_basket("/basket/")(scene)
    reprice(HARBOUR_LIGHT, "13.00")
    scene.open("/basket/")


def mistyped_basket(scene: Scene) -> None:
    with_basket("/basket/")(scene)
    scene.type("Bags of Harbour Light", "100")
    scene.press("Update Harbour Light")


def updated_basket(scene: Scene) -> None:
    with_basket("/basket/")(scene)
    scene.type("Bags of Harbour Light", "3")
    scene.press("Update Harbour Light")


def line_removed(scene: Scene) -> None:
    with_basket("/basket/")(scene)
    scene.press("Remove Harbour Light")


def full_basket(scene: Scene) -> None:
    stock()
    scene.fill_basket((HARBOUR_LIGHT, 2))
    scene.open("/shop/1002/")
    with mock.patch.object(basket_views, "MOST_LINES", 1):
        scene.press("Add to basket")


def line_gone(button: str) -> Way:
    """A line is changed that another tab has taken out."""

    def way(scene: Scene) -> None:
        with_basket("/basket/")(scene)
        other = scene.tab.another()
        other.open("/basket/")
        other.press("Remove Harbour Light")
        scene.press(button)

    return way


def changed_to_what_is_left(scene: Scene) -> None:
    with_short_basket("/checkout/")(scene)
    scene.press("Change basket to what is left")


def basket_while_away(path: str) -> Way:
    """With a basket, as last known."""

    def way(scene: Scene) -> None:
        with_basket("/shop/")(scene)
        scene.inventory.go_away()
        scene.open(path)

    return way


def mistyped_address(scene: Scene) -> None:
    with_basket("/checkout/")(scene)
    scene.type("E-mail (optional)", "ana")
    scene.press("Pay now")


def basket_changed(scene: Scene) -> None:
    with_basket("/checkout/")(scene)
    other = scene.tab.another()
    other.open("/basket/")
    other.press("Remove Harbour Light")
    scene.press("Pay now")


# ── after Pay ────────────────────────────────────────────────────────────────────────────────────


def refused_for_stock(scene: Scene) -> None:
    with_basket("/checkout/")(scene)
    count(THOUSAND_STEPS, shown=2, counted=1)
    scene.press("Pay now")


def refused_for_price(scene: Scene) -> None:
    with_basket("/checkout/")(scene)
    reprice(HARBOUR_LIGHT, "13.00")
    scene.press("Pay now")


def refused_for_one_withdrawn(scene: Scene) -> None:
    with_basket("/checkout/")(scene)
    withdraw(HARBOUR_LIGHT)
    scene.press("Pay now")


def refused_for_both(scene: Scene) -> None:
    with_basket("/checkout/")(scene)
    count(THOUSAND_STEPS, shown=2, counted=1)
    reprice(HARBOUR_LIGHT, "13.00")
    scene.press("Pay now")


def not_placed(scene: Scene) -> None:
    with_basket("/checkout/")(scene)
    scene.inventory.happen(Point.SALE, InventoryBusy())
    scene.press("Pay now")


def being_checked(scene: Scene) -> None:
    with_basket("/checkout/")(scene)
    scene.inventory.happen(Point.AFTER_COMMIT, OutcomeUnknown("no answer"))
    scene.inventory.happen(Point.DECISION, InventoryTimeout("frozen"))
    scene.press("Pay now")


def while_pending(path: str) -> Way:
    """The page at an address while the basket's order is being checked."""

    def way(scene: Scene) -> None:
        being_checked(scene)
        scene.open(path)

    return way


def found_unsold(scene: Scene) -> None:
    being_checked(scene)
    Order.objects.update(attempts=0)
    scene.tab.reload()


def confirmed_meanwhile(scene: Scene) -> None:
    being_checked(scene)
    Order.objects.update(state=OrderState.CONFIRMED)
    scene.open("/basket/")


def given_up_meanwhile(scene: Scene) -> None:
    not_placed(scene)
    scene.inventory.calm_down()
    Order.objects.update(state=OrderState.ABANDONED)
    scene.press("Try again")


def removed_while_pending(scene: Scene) -> None:
    with_basket("/basket/")(scene)
    paying = scene.tab.another()
    paying.open("/checkout/")
    scene.inventory.happen(Point.AFTER_COMMIT, OutcomeUnknown("no answer"))
    scene.inventory.happen(Point.DECISION, InventoryTimeout("frozen"))
    paying.press("Pay now")
    scene.press("Remove Harbour Light")


def added_while_pending(scene: Scene) -> None:
    being_checked(scene)
    scene.open("/shop/1003/")
    scene.press("Add to basket")


def thanks(scene: Scene) -> None:
    with_basket("/checkout/")(scene)
    scene.press("Pay now")


def thanks_for_thirty(scene: Scene) -> None:
    with_long_basket("/checkout/")(scene)
    scene.press("Pay now")


def cancelled(scene: Scene) -> None:
    thanks(scene)
    Order.objects.update(cancelled_at="2026-01-05T10:00:00Z", cancelled_by="rosa")
    scene.tab.reload()


def handed_over(scene: Scene) -> None:
    thanks(scene)
    Order.objects.update(handed_over_at="2026-01-05T10:00:00Z", branch_slug="")
    scene.tab.reload()


def old_refusal(scene: Scene) -> None:
    refused_for_both(scene)
    scene.open(f"/checkout/thanks/{sign(Order.objects.get().reference)}/")


def given_up(scene: Scene) -> None:
    stock()
    order = place((HARBOUR_LIGHT, 1))
    let_grow_old(order)
    Order.objects.update(state=OrderState.ABANDONED)
    scene.open(f"/checkout/thanks/{sign(order.reference)}/")


def order_not_found(scene: Scene) -> None:
    scene.open("/orders/")
    scene.press("Find the order")


def paid_by_another_tab(scene: Scene) -> None:
    """The receipt, for a browser that may ask for another language than the buyer's did."""
    stock()
    scene.open(f"/checkout/thanks/{sign(buy((HARBOUR_LIGHT, 2)).reference)}/")


def too_many_tries(scene: Scene) -> None:
    for _ in range(MOST_TRIES + 1):
        order_not_found(scene)


# ── what can't be served ─────────────────────────────────────────────────────────────────────────


def makes_no_sense(scene: Scene) -> None:
    stock()
    scene.open("/shop/1001/")
    scene.tab.add_fields("Add to basket", 1100)
    scene.press("Add to basket")


def expired_form(scene: Scene) -> None:
    stock()
    scene.open("/shop/1001/")
    scene.tab.forget_cookies()
    scene.press("Add to basket")


def broken(scene: Scene) -> None:
    def fault() -> None:
        raise RuntimeError("a fault that this test brought about")

    scene.inventory.happen(Point.VERSION, fault)
    scene.inventory.happen(Point.PAGE, fault)
    scene.open("/shop/")


PUBLIC: dict[str, State] = {
    "home": State(at("/"), "Coffee", is_quick=True),
    "home, before the first delivery": State(in_empty_shop("/"), "Coffee"),
    "home, stock system away": State(while_away("/"), "Coffee"),
    "home, nothing known": State(away_from_the_start("/"), "Coffee"),
    "catalogue": State(at("/shop/"), "Coffees", is_quick=True),
    "catalogue, filtered": State(
        at("/shop/?q=e&origin=Ethiopia&in_stock=1&sort=-price"), "Coffees"
    ),
    "catalogue, nothing found": State(at("/shop/?q=4711"), "Coffees"),
    "catalogue, nothing found in an origin": State(at("/shop/?q=jasmine&origin=Brazil"), "Coffees"),
    "catalogue, 60 coffees": State(at("/shop/", *many_coffees(60)), "Coffees"),
    "catalogue, page 2": State(at("/shop/?page=2", *many_coffees(60)), "Coffees"),
    "catalogue, 1 coffee": State(at("/shop/", HARBOUR_LIGHT), "Coffees"),
    "catalogue, one long word": State(at("/shop/", ONE_WORD), "Coffees"),
    "catalogue, before the first delivery": State(in_empty_shop("/shop/"), "Coffees"),
    "catalogue, everything sold out": State(
        after_selling("/shop/", THOUSAND_STEPS, KEEPERS_RESERVE), "Coffees"
    ),
    "catalogue, one sold out lately": State(recently_sold_out, "Coffees"),
    "catalogue, added": State(added, "Coffees"),
    "catalogue, stock system away": State(while_away("/shop/"), "Coffees"),
    "product": State(at("/shop/1001/"), "Harbour Light", is_quick=True),
    "product, few left": State(at("/shop/1010/"), "Thousand Steps"),
    "product, last bag": State(at("/shop/1011/"), "Keeper's Reserve"),
    "product, sold out": State(after_selling("/shop/1011/", KEEPERS_RESERVE), "Keeper's Reserve"),
    "product, withdrawn": State(withdrawn, "Keeper's Reserve"),
    "product, long words": State(at("/shop/3003/", *many_coffees(9)), many_coffees(3)[-1].name),
    "product, one long word": State(at("/shop/3999/", ONE_WORD), ONE_WORD.name),
    "product, mistyped quantity": State(mistyped_quantity, "Harbour Light", 422),
    "product, more than is left": State(more_than_is_left, "Thousand Steps", 422),
    "product, all that is left taken": State(all_that_is_left_taken, "Thousand Steps", 422),
    "product, more than anybody needs": State(more_than_anybody_needs, "Harbour Light", 422),
    "product, withdrawn meanwhile": State(withdrawn_meanwhile, "Keeper's Reserve", 422),
    "product, basket takes no more": State(full_basket, "First Ferry", 422),
    "product, stock system away": State(while_away("/shop/1001/"), "Harbour Light"),
    "basket": State(with_basket("/basket/"), "Basket", is_quick=True),
    "basket, empty": State(in_empty_shop("/basket/"), "Basket"),
    "basket, 30 lines": State(with_long_basket("/basket/"), "Basket"),
    "basket, one long word": State(with_one_word("/basket/"), "Basket"),
    "basket, too few left": State(with_short_basket("/basket/"), "Basket"),
    "basket, another price": State(repriced_basket, "Basket"),
    "basket, mistyped quantity": State(mistyped_basket, "Basket", 422),
    "basket, updated": State(updated_basket, "Basket"),
    "basket, line removed": State(line_removed, "Basket"),
    "basket, updated line gone": State(line_gone("Update Harbour Light"), "Basket", 409),
    "basket, removed line gone": State(line_gone("Remove Harbour Light"), "Basket"),
    "basket, removed while pending": State(removed_while_pending, "Basket", 409),
    "basket, order confirmed meanwhile": State(confirmed_meanwhile, "Basket"),
    "basket, order pending": State(while_pending("/basket/"), "Basket"),
    "basket, added while pending": State(added_while_pending, "Basket", 409),
    "basket, stock system away": State(basket_while_away("/basket/"), "Basket"),
    "checkout": State(with_basket("/checkout/"), "Check your order", is_quick=True),
    "checkout, empty basket": State(in_empty_shop("/checkout/"), "Basket"),
    "checkout, 30 lines": State(with_long_basket("/checkout/"), "Check your order"),
    "checkout, one long word": State(with_one_word("/checkout/"), "Check your order"),
    "checkout, too few left": State(with_short_basket("/checkout/"), "Check your order"),
    "checkout, changed to what is left": State(changed_to_what_is_left, "Check your order"),
    "checkout, mistyped address": State(mistyped_address, "Check your order", 422),
    "checkout, basket changed": State(basket_changed, "Check your order", 409),
    "checkout, order pending": State(while_pending("/checkout/"), "Check your order"),
    "checkout, stock system away": State(basket_while_away("/checkout/"), "Check your order"),
    "refused, too few left": State(refused_for_stock, "Check your order", 409),
    "refused, another price": State(refused_for_price, "Check your order", 409),
    "refused, one withdrawn": State(refused_for_one_withdrawn, "Check your order", 409),
    "refused, both": State(refused_for_both, "Check your order", 409),
    "not placed": State(not_placed, "Your order has not been placed", 503),
    "not placed, given up meanwhile": State(given_up_meanwhile, "", 409),
    "being checked, nothing sold": State(found_unsold, ""),
    "being checked": State(being_checked, "We’re checking your order"),
    "thanks": State(thanks, "Thank you for your order", is_quick=True),
    "thanks, 30 lines": State(thanks_for_thirty, "Thank you for your order"),
    "thanks, handed over": State(handed_over, "Thank you for your order"),
    "thanks, cancelled since": State(cancelled, "This order was cancelled"),
    "old refusal": State(old_refusal, "Order CC-"),
    "given up": State(given_up, "Order CC-"),
    "find an order": State(in_empty_shop("/orders/"), "Find an order"),
    "find an order, none found": State(order_not_found, "Find an order", 422),
    "find an order, too many tries": State(too_many_tries, "Find an order", 429),
    "privacy": State(in_empty_shop("/privacy/"), "Privacy", is_quick=True),
    "400": State(makes_no_sense, "", 400),
    "403, expired form": State(expired_form, "This form can’t be used any more", 403),
    "404": State(in_empty_shop("/nowhere/"), "There is nothing here", 404),
    "405": State(in_empty_shop("/checkout/pay/"), "There is nothing to see at this address", 405),
    "500": State(broken, "There is a problem with the shop", 500),
    "in Portuguese, home": State(at("/"), "Café", language="pt-BR"),
    "in Portuguese, catalogue": State(at("/shop/"), "Cafés", language="pt-BR"),
    "in Portuguese, product": State(at("/shop/1001/"), "Harbour Light", language="pt-BR"),
    "in Portuguese, basket": State(with_basket("/basket/"), "", language="pt-BR"),
    "in Portuguese, checkout": State(with_basket("/checkout/"), "", language="pt-BR"),
    "in Portuguese, too few left": State(with_short_basket("/checkout/"), "", language="pt-BR"),
    "in Portuguese, thanks": State(paid_by_another_tab, "", language="pt-BR"),
    "503": State(away_from_the_start("/shop/"), "", 503),
}
