"""Every page of the staff, in every state, and the ways to them."""

from __future__ import annotations

import csv
import io

from checkout import aftercare
from checkout.models import Order
from shop.deliveries import COLUMNS
from shop.desk.past_deliveries import MOST_LISTED
from shop.inventory import get_inventory
from shop.inventory.contract import InventoryTimeout
from shop.inventory.models import StockRow
from tests.checkout.inventories import Point
from tests.checkout.orders import buy, let_grow_old, place
from tests.pages.states.scene import ONE_WORD, Scene, State, Way, many_coffees
from tests.shop.cast import PASSWORD, carl, person
from tests.support.cast import (
    FIRST_FERRY,
    HARBOUR_LIGHT,
    KEEPERS_RESERVE,
    SHELF,
    THOUSAND_STEPS,
    Shopper,
    count,
    reprice,
    stock,
    withdraw,
)

CLEAN = (
    "ProductId,Name,Price,StockQuantity,CountryOfOrigin,Description\n"
    "1001,Harbour Light,12.50,12,Colombia,Milk chocolate\n"
    "2001,Fog Signal,14.20,20,Peru,Plum\n"
)
MESSY = CLEAN + "2002,,fourteen,-3,,\n1001,Second Ferry,16,6,Ethiopia,Apricot\n"

# ── who is there, and what lies on the shelf ─────────────────────────────────────────────────────


def rosa_comes_in(scene: Scene) -> None:
    """Rosa may do everything at the desk."""
    may = ("view_stock", "change_stock", "receive_delivery", "see_orders", "cancel_orders")
    scene.log_in(person("rosa", *may))


def a_busy_month(scene: Scene) -> None:
    """The small shelf and a long one; coffees sold out, low, withdrawn and in need of mending."""
    stock(*SHELF, *many_coffees(30), ONE_WORD)
    buy((KEEPERS_RESERVE, 1), (HARBOUR_LIGHT, 20), token="ben's basket")
    buy((THOUSAND_STEPS, 1), (FIRST_FERRY, 3), token="ana's basket")
    buy((ONE_WORD, 1), token="carl's basket")
    withdraw(many_coffees(1)[0])
    StockRow.objects.create(id=1030, name="", price=None, quantity=None)
    StockRow.objects.filter(id=1003).update(quantity=63)


def desk(path: str) -> Way:
    """A page of the desk after a busy month."""

    def way(scene: Scene) -> None:
        rosa_comes_in(scene)
        a_busy_month(scene)
        scene.open(path)

    return way


def empty_desk(path: str) -> Way:
    """A page of the desk before the first delivery."""

    def way(scene: Scene) -> None:
        rosa_comes_in(scene)
        scene.open(path)

    return way


def away_desk(path: str) -> Way:
    """A page of the desk while the stock can't be asked."""

    def way(scene: Scene) -> None:
        rosa_comes_in(scene)
        a_busy_month(scene)
        scene.inventory.go_away()
        scene.open(path)

    return way


def not_for_carl(scene: Scene) -> None:
    scene.log_in(carl())
    scene.open("/staff/")


def a_look_only(scene: Scene) -> None:
    scene.log_in(person("stella", "view_stock"))
    stock()
    scene.open("/staff/stock/1001/")


# ── logging in ───────────────────────────────────────────────────────────────────────────────────


def wrong_password(scene: Scene) -> None:
    person("rosa", "view_stock")
    scene.open("/staff/login/")
    scene.type("User name", "rosa")
    scene.type("Password", "open sesame")
    scene.press("Log in")


def nothing_typed(scene: Scene) -> None:
    scene.open("/staff/login/")
    scene.press("Log in")


def locked_out(scene: Scene) -> None:
    person("rosa", "view_stock")
    scene.open("/staff/login/")
    for _ in range(5):
        scene.type("User name", "rosa")
        scene.type("Password", "open sesame")
        scene.press("Log in")


def logged_in(scene: Scene) -> None:
    person("rosa", "view_stock")
    scene.open("/staff/")
    scene.type("User name", "rosa")
    scene.type("Password", PASSWORD)
    scene.press("Log in")


# ── deliveries ───────────────────────────────────────────────────────────────────────────────────


def sent(text: str) -> Way:
    """These lines, pasted and looked at."""

    def way(scene: Scene) -> None:
        rosa_comes_in(scene)
        stock()
        scene.open("/staff/deliveries/")
        scene.type("Or paste its lines", text)
        scene.press("Preview")

    return way


def a_picture(scene: Scene) -> None:
    rosa_comes_in(scene)
    scene.open("/staff/deliveries/")
    scene.tab.attach("CSV file", "bag.png", b"\x89PNG\r\n\x1a\n\x00")
    scene.press("Preview")


def long_delivery(scene: Scene) -> None:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    for row in (*many_coffees(40), ONE_WORD):
        words = (row.name, row.description, row.origin)
        writer.writerow([row.product_id, *words, row.price, row.quantity])
    sent(text.getvalue())(scene)


def other_details(scene: Scene) -> None:
    rosa_comes_in(scene)
    stock()
    reprice(HARBOUR_LIGHT, "13.00", name="Harbour Lights")
    scene.open("/staff/deliveries/")
    scene.type("Or paste its lines", CLEAN)
    scene.press("Preview")


def taken_in(scene: Scene) -> None:
    sent(CLEAN)(scene)
    scene.press("Take in 32 bags")


def taken_in_twice(scene: Scene) -> None:
    taken_in(scene)
    scene.open("/staff/deliveries/")
    scene.type("Or paste its lines", CLEAN)
    scene.press("Preview")
    scene.press("Take in 32 bags")


def delivery_while_away(scene: Scene) -> None:
    rosa_comes_in(scene)
    scene.open("/staff/deliveries/")
    scene.type("Or paste its lines", CLEAN)
    scene.inventory.go_away()
    scene.press("Preview")


def many_deliveries(scene: Scene) -> None:
    rosa_comes_in(scene)
    for _ in range(MOST_LISTED + 1):
        stock(*SHELF, ONE_WORD)
    scene.open("/staff/deliveries/")


# ── one coffee ───────────────────────────────────────────────────────────────────────────────────


def mistyped(form: str) -> Way:
    """One of the forms of a coffee's page, sent with what it can't take."""

    def way(scene: Scene) -> None:
        rosa_comes_in(scene)
        stock()
        scene.open("/staff/stock/1001/")
        scene.tab.send_empty(f"id_{form}_form")

    return way


def received(scene: Scene) -> None:
    rosa_comes_in(scene)
    stock()
    scene.open("/staff/stock/1001/")
    scene.type("Bags that came in", "6")
    scene.press("Receive")


def form_while_away(scene: Scene) -> None:
    rosa_comes_in(scene)
    stock()
    scene.open("/staff/stock/1001/")
    scene.type("Bags that came in", "6")
    scene.inventory.go_away()
    scene.press("Receive")


def nothing_to_add(scene: Scene) -> None:
    rosa_comes_in(scene)
    scene.open("/staff/stock/add/")
    scene.press("Put it on sale")


# ── orders and alerts ────────────────────────────────────────────────────────────────────────────


def an_order(scene: Scene) -> None:
    """Placed, sold, and not collected yet."""
    rosa_comes_in(scene)
    a_busy_month(scene)
    scene.open(f"/staff/orders/{_latest().reference}/")


def handed_over(scene: Scene) -> None:
    an_order(scene)
    scene.press("Handed over")


def cancelled(scene: Scene) -> None:
    rosa_comes_in(scene)
    a_busy_month(scene)
    aftercare.cancel(_latest(), get_inventory(), who="rosa", why="Ben rang")
    scene.open(f"/staff/orders/{_latest().reference}/")


def pending_order(scene: Scene) -> None:
    rosa_comes_in(scene)
    stock()
    order = place((HARBOUR_LIGHT, 1))
    let_grow_old(order)
    scene.open(f"/staff/orders/{order.reference}/")


def order_while_away(scene: Scene) -> None:
    rosa_comes_in(scene)
    a_busy_month(scene)
    scene.inventory.happen(Point.DECISION, InventoryTimeout("frozen"))
    scene.open(f"/staff/orders/{_latest().reference}/")


def refused_order(scene: Scene) -> None:
    stock()
    ana = Shopper("Ana")
    ana.put_in_basket(THOUSAND_STEPS, 2)
    ana.open("/checkout/")
    count(THOUSAND_STEPS, shown=2, counted=1)
    ana.press("Pay now")
    rosa_comes_in(scene)
    scene.open(f"/staff/orders/{_latest().reference}/")


def alert_noted(scene: Scene) -> None:
    desk("/staff/alerts/")(scene)
    scene.press("Take note of Keeper's Reserve")


def _latest() -> Order:
    return Order.objects.latest("created_at")


STAFF: dict[str, State] = {
    "login": State(lambda scene: scene.open("/staff/login/"), "Log in", is_quick=True),
    "login, nothing typed": State(nothing_typed, "Log in"),
    "login, wrong password": State(wrong_password, "Log in"),
    "login, locked": State(locked_out, "Too many tries", 429),
    "front, not for customers": State(not_for_carl, "", 403),
    "front, logged in just now": State(logged_in, "Today"),
    "front": State(desk("/staff/"), "Today"),
    "front, before the first delivery": State(empty_desk("/staff/"), "Today"),
    "front, stock system away": State(away_desk("/staff/"), "Today"),
    "stock": State(desk("/staff/stock/"), "Stock", is_quick=True),
    "stock, before the first delivery": State(empty_desk("/staff/stock/"), "Stock"),
    "stock, page 2": State(desk("/staff/stock/?page=2"), "Stock"),
    "stock, low": State(desk("/staff/stock/?show=low"), "Stock"),
    "stock, sold out": State(desk("/staff/stock/?show=sold-out"), "Stock"),
    "stock, withdrawn": State(desk("/staff/stock/?show=withdrawn"), "Stock"),
    "stock, nothing found": State(desk("/staff/stock/?q=zzz"), "Stock"),
    "stock, stock system away": State(
        away_desk("/staff/stock/"), "The stock system is not answering", 503
    ),
    "add a coffee": State(empty_desk("/staff/stock/add/"), "Add a coffee"),
    "add a coffee, nothing typed": State(nothing_to_add, "Add a coffee", 422),
    "coffee": State(desk("/staff/stock/1001/"), "Harbour Light"),
    "coffee, for who may only look": State(a_look_only, "Harbour Light"),
    "coffee, low": State(desk("/staff/stock/1010/"), "Thousand Steps"),
    "coffee, sold out": State(desk("/staff/stock/1011/"), "Keeper's Reserve"),
    "coffee, withdrawn": State(desk("/staff/stock/3001/"), "Coffee 1"),
    "coffee, changed outside": State(desk("/staff/stock/1003/"), "Slack Water"),
    "coffee, to be mended": State(desk("/staff/stock/1030/"), ""),
    "coffee, long words": State(desk("/staff/stock/3003/"), many_coffees(3)[-1].name),
    "coffee, one long word": State(desk("/staff/stock/3999/"), ONE_WORD.name),
    "coffee, received": State(received, "Harbour Light"),
    "coffee, mistyped receipt": State(mistyped("receive"), "Harbour Light", 422),
    "coffee, mistyped count": State(mistyped("count"), "Harbour Light", 422),
    "coffee, mistyped details": State(mistyped("details"), "Harbour Light", 422),
    "coffee, form sent while away": State(
        form_while_away, "The stock system is not answering", 503
    ),
    "coffee, no such one": State(desk("/staff/stock/9999/"), "There is nothing here", 404),
    "deliveries": State(empty_desk("/staff/deliveries/"), "Deliveries"),
    "deliveries, many came in": State(many_deliveries, "Deliveries"),
    "deliveries, nothing sent": State(sent(""), "Deliveries", 422),
    "deliveries, a picture": State(a_picture, "Deliveries", 422),
    "deliveries, stock system away": State(delivery_while_away, "Deliveries", 503),
    "delivery preview": State(sent(CLEAN), "Delivery preview"),
    "delivery preview, with problems": State(sent(MESSY), "Delivery preview", 422),
    "delivery preview, long": State(long_delivery, "Delivery preview"),
    "delivery preview, other details": State(other_details, "Delivery preview"),
    "delivery taken in": State(taken_in, "Delivery taken in"),
    "delivery, received before": State(taken_in_twice, "This delivery was received before", 409),
    "delivery, not found yet": State(
        empty_desk("/staff/deliveries/delivery-00000000000000000000000000000000/"),
        "This delivery is not found yet",
        404,
    ),
    "orders": State(desk("/staff/orders/"), "Orders"),
    "orders, none yet": State(empty_desk("/staff/orders/"), "Orders"),
    "orders, none found": State(desk("/staff/orders/?q=zzz"), "Orders"),
    "order": State(an_order, "CC-"),
    "order, handed over": State(handed_over, "CC-"),
    "order, cancelled": State(cancelled, "CC-"),
    "order, pending": State(pending_order, "CC-"),
    "order, refused": State(refused_order, "CC-"),
    "order, stock system away": State(order_while_away, "CC-"),
    "alerts": State(desk("/staff/alerts/"), "Alerts"),
    "alerts, none yet": State(empty_desk("/staff/alerts/"), "Alerts"),
    "alerts, one noted": State(alert_noted, "Alerts"),
    "ledger": State(desk("/staff/ledger/"), "Ledger"),
    "ledger, before the first delivery": State(empty_desk("/staff/ledger/"), "Ledger"),
    "ledger, of a coffee": State(desk("/staff/ledger/?product=1003"), "Ledger of Slack Water"),
    "ledger, nothing found": State(desk("/staff/ledger/?q=zzz"), "Ledger"),
}
