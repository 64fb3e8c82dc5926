"""Every page of the staff, in every state, and the ways to them."""

from __future__ import annotations

import csv
import io

from django.utils import timezone

from checkout import aftercare
from checkout.models import Order, OrderLimit, StockAlert, TurnedAway
from shop.deliveries import COLUMNS
from shop.desk import login
from shop.desk.past_deliveries import MOST_LISTED
from shop.inventory import get_inventory
from shop.inventory.contract import InventoryTimeout
from shop.inventory.models import StockRow
from tests.checkout.inventories import Point
from tests.checkout.orders import buy, let_grow_old, place
from tests.pages.states.scene import (
    ONE_WORD,
    Scene,
    State,
    Way,
    at,
    done,
    go_away,
    many_coffees,
    opened,
    pressed,
    stocked,
    then,
    typed,
)
from tests.shop.cast import EVERY_RIGHT, PASSWORD, carl, person
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
    scene.log_in(person("rosa", *EVERY_RIGHT))


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
    return then(rosa_comes_in, a_busy_month, opened(path))


def empty_desk(path: str) -> Way:
    """A page of the desk before the first delivery."""
    return then(rosa_comes_in, opened(path))


def small_desk(path: str) -> Way:
    """A page of the desk with the small shelf."""
    return then(rosa_comes_in, at(path))


def away_desk(path: str) -> Way:
    """A page of the desk while the stock can't be asked."""
    return then(rosa_comes_in, a_busy_month, go_away, opened(path))


def not_for_carl(scene: Scene) -> None:
    scene.log_in(carl())
    scene.open("/staff/")


def a_look_only(scene: Scene) -> None:
    scene.log_in(person("stella", "view_stock"))
    at("/staff/stock/1001/")(scene)


def log_in(password: str) -> Way:
    """Rosa's name and this password, on the page for logging in."""
    return then(typed("User name", "rosa"), typed("Password", password), pressed("Log in"))


ROSAS_ACCOUNT = done(person, "rosa", "view_stock")

# ── deliveries ───────────────────────────────────────────────────────────────────────────────────


def pasted(text: str) -> Way:
    """These lines are pasted and looked at."""
    return then(opened("/staff/deliveries/"), typed("Or paste its lines", text), pressed("Preview"))


def sent(text: str) -> Way:
    """The same, by Rosa, with the small shelf."""
    return then(rosa_comes_in, stocked(), pasted(text))


def listed(lines: str) -> Way:
    """These prices are pasted and looked at, with the small shelf."""
    return then(
        small_desk("/staff/prices/"),
        typed("Or paste its lines", f"ProductId,Price\n{lines}"),
        pressed("Preview"),
    )


def a_picture(scene: Scene) -> None:
    scene.tab.attach("CSV file", "bag.png", b"\x89PNG\r\n\x1a\n\x00")


def long_lines() -> str:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    for row in (*many_coffees(40), ONE_WORD):
        words = (row.name, row.description, row.origin)
        writer.writerow([row.product_id, *words, row.price, row.quantity])
    return text.getvalue()


taken_in = then(sent(CLEAN), pressed("Take in 32 bags"))
LEVELS = "SKU,Title,In stock\n1001,Harbour Light,50\n"
SUPPLIERS = "Note 4711,,,\nItem no.,Coffee,Qty\nHL-250,Nord Pier,12\n1002,,3\nTotal,,15\n"
counted = then(sent(LEVELS), pressed("Check again"))
other_details = done(reprice, HARBOUR_LIGHT, "13.00", name="Harbour Lights")

# ── one coffee ───────────────────────────────────────────────────────────────────────────────────


def mistyped(form: str) -> Way:
    """One of the forms of a coffee's page, sent with what it can't take."""
    return then(
        small_desk("/staff/stock/1001/"), lambda scene: scene.tab.send_empty(f"id_{form}_form")
    )


NEW_COFFEE = {
    "Name": "Harbour Light",
    "Origin": "Peru",
    "Price": "14.20",
    "Bags": "9",
    "Description": "Plum.",
}
SIX_BAGS = typed("Bags that came in", "6")
lost_row = then(small_desk("/staff/"), lambda _scene: StockRow.objects.filter(id=1001).delete())

counting = small_desk("/staff/stock/count/")

# ── orders and alerts ────────────────────────────────────────────────────────────────────────────


def latest_order(scene: Scene) -> None:
    """Its page."""
    scene.open(f"/staff/orders/{_latest().reference}/")


an_order = then(rosa_comes_in, a_busy_month, latest_order)


def cancel(_scene: Scene) -> None:
    aftercare.cancel(_latest(), get_inventory(), who="rosa", why="Ben rang")


def write_off(_scene: Scene) -> None:
    aftercare.cancel(_latest(), get_inventory(), who="rosa", why="torn", written_off=True)


def left_behind(_scene: Scene) -> None:
    let_grow_old(place((HARBOUR_LIGHT, 1)))


def silent_ledger(scene: Scene) -> None:
    scene.inventory.happen(Point.DECISION, InventoryTimeout("frozen"))


def refused(_scene: Scene) -> None:
    ana = Shopper("Ana")
    ana.put_in_basket(THOUSAND_STEPS, 2)
    ana.open("/checkout/")
    count(THOUSAND_STEPS, shown=2, counted=1)
    ana.press("Pay now")


def alert_with_error(_scene: Scene) -> None:
    StockAlert.objects.filter(product_id=1011).update(error="<METHOD DOES NOT EXIST>OutOfStock")


def orders_turned_away(_scene: Scene) -> None:
    for limit in OrderLimit:
        TurnedAway.objects.create(
            address_hash="a" * 32, limit=limit, times=1200, last_at=timezone.now()
        )


def while_others_log_in(scene: Scene) -> None:
    scene.open("/staff/login/")
    with login.CHECKS, login.CHECKS:
        log_in(PASSWORD)(scene)


def _latest() -> Order:
    return Order.objects.latest("created_at")


STAFF: dict[str, State] = {
    "login": State(opened("/staff/login/"), "Log in", is_common=True),
    "login, nothing typed": State(then(opened("/staff/login/"), pressed("Log in")), "Log in"),
    "login, wrong password": State(
        then(ROSAS_ACCOUNT, opened("/staff/login/"), log_in("open sesame")), "Log in"
    ),
    "login, locked": State(
        then(ROSAS_ACCOUNT, opened("/staff/login/"), *[log_in("open sesame")] * 5),
        "Too many tries",
        429,
    ),
    "own password": State(small_desk("/staff/password/"), "Your password"),
    "own password, nothing typed": State(
        then(small_desk("/staff/password/"), pressed("Change it")), "Your password"
    ),
    "forgotten password": State(opened("/staff/password/forgotten/"), "Forgotten password"),
    "forgotten password, nothing typed": State(
        then(opened("/staff/password/forgotten/"), pressed("Send a link")), "Forgotten password"
    ),
    "forgotten password, link used": State(opened("/staff/password/new/MQ/x-y/"), "A new password"),
    "login, others at it": State(while_others_log_in, "Log in", 429),
    "front, not for customers": State(not_for_carl, "", 403),
    "front, logged in just now": State(
        then(ROSAS_ACCOUNT, opened("/staff/"), log_in(PASSWORD)), "Today"
    ),
    "front": State(desk("/staff/"), "Today"),
    "front, orders turned away": State(then(orders_turned_away, desk("/staff/")), "Today"),
    "front, before the first delivery": State(empty_desk("/staff/"), "Today"),
    "front, stock system away": State(away_desk("/staff/"), "Today"),
    "stock": State(desk("/staff/stock/"), "Stock", is_common=True),
    "stock, before the first delivery": State(empty_desk("/staff/stock/"), "Stock"),
    "stock, page 2": State(desk("/staff/stock/?page=2"), "Stock"),
    "stock, low": State(desk("/staff/stock/?show=low"), "Stock"),
    "stock, sold out": State(desk("/staff/stock/?show=sold-out"), "Stock"),
    "stock, withdrawn": State(desk("/staff/stock/?show=withdrawn"), "Stock"),
    "stock, nothing found": State(desk("/staff/stock/?q=zzz"), "Stock"),
    "stock, stock system away": State(
        away_desk("/staff/stock/"), "The stock system is not answering", 503
    ),
    "reorder": State(desk("/staff/stock/reorder/"), "Reorder"),
    "reorder, nothing sold": State(small_desk("/staff/stock/reorder/"), "Reorder"),
    "reorder, mistyped": State(
        then(
            desk("/staff/stock/reorder/"),
            typed("Harbour Light", "many"),
            pressed("Download the order"),
        ),
        "Reorder",
        422,
    ),
    "sums": State(desk("/staff/orders/sums/"), "Sums"),
    "sums, days reversed": State(
        desk("/staff/orders/sums/?first=2026-11-30&last=2026-11-01"), "Sums"
    ),
    "orders, days reversed": State(
        desk("/staff/orders/?first=2026-11-30&last=2026-11-01"), "Orders"
    ),
    "stocktake": State(desk("/staff/stock/count/"), "Stocktake"),
    "stocktake, no coffee yet": State(empty_desk("/staff/stock/count/"), "Stocktake"),
    "stocktake, nothing counted": State(
        then(counting, pressed("Write the differences")), "Stocktake", 422
    ),
    "stocktake, compared": State(
        then(
            desk("/staff/stock/count/"),
            typed("Harbour Light", "40"),
            typed(ONE_WORD.name, "3"),
            pressed("Write the differences"),
        ),
        "Stocktake: compare",
    ),
    "stocktake, written": State(
        then(
            counting,
            typed("Harbour Light", "47"),
            pressed("Write the differences"),
        ),
        "Stocktake",
    ),
    "prices": State(small_desk("/staff/prices/?q=ethiopia"), "Prices"),
    "prices, nothing typed": State(
        then(small_desk("/staff/prices/"), pressed("Work out")), "Prices", 422
    ),
    "prices, no coffee found": State(
        then(small_desk("/staff/prices/?q=zzz"), typed("By", "5"), pressed("Work out")),
        "Prices",
        422,
    ),
    "prices, lines to put right": State(listed("1001,0\n1001,twelve\n4711,5\n"), "Prices", 422),
    "prices, preview": State(
        then(desk("/staff/prices/"), typed("By", "5"), pressed("Work out")), "Prices: preview"
    ),
    "prices, preview of a list": State(listed("1001,13.10\n1002,16\n"), "Prices: preview"),
    "prices, changed since": State(
        then(
            listed("1001,13.10\n"),
            done(reprice, HARBOUR_LIGHT, "13.00"),
            pressed("Write 1 price"),
        ),
        "Prices: preview",
        422,
    ),
    "prices, written": State(then(listed("1001,13.10\n"), pressed("Write 1 price")), "Prices"),
    "prices, answer lost": State(desk(f"/staff/prices/?sent=desk-{'0' * 32}"), "Prices"),
    "add a coffee": State(empty_desk("/staff/stock/add/"), "Add a coffee"),
    "add a coffee, nothing typed": State(
        then(empty_desk("/staff/stock/add/"), pressed("Put it on sale")), "Add a coffee", 422
    ),
    "add a coffee, a name that another has": State(
        then(
            small_desk("/staff/stock/add/"),
            *(typed(label, words) for label, words in NEW_COFFEE.items()),
            pressed("Put it on sale"),
        ),
        "Add a coffee",
        422,
    ),
    "coffee": State(desk("/staff/stock/1001/"), "Harbour Light"),
    "coffee, for who may only look": State(a_look_only, "Harbour Light"),
    "coffee, low": State(desk("/staff/stock/1010/"), "Thousand Steps"),
    "coffee, sold out": State(desk("/staff/stock/1011/"), "Keeper's Reserve"),
    "coffee, withdrawn": State(desk("/staff/stock/3001/"), "Coffee 1"),
    "coffee, changed outside": State(desk("/staff/stock/1003/"), "Slack Water"),
    "coffee, to be corrected": State(desk("/staff/stock/1030/"), ""),
    "coffee, long words": State(desk("/staff/stock/3003/"), many_coffees(3)[-1].name),
    "coffee, one long word": State(desk("/staff/stock/3999/"), ONE_WORD.name),
    "coffee, received": State(
        then(small_desk("/staff/stock/1001/"), SIX_BAGS, pressed("Receive")), "Harbour Light"
    ),
    "coffee, mistyped receipt": State(mistyped("receive"), "Harbour Light", 422),
    "coffee, mistyped count": State(mistyped("count"), "Harbour Light", 422),
    "coffee, mistyped details": State(mistyped("details"), "Harbour Light", 422),
    "coffee, price changed by two": State(
        then(
            small_desk("/staff/stock/1001/"),
            done(reprice, HARBOUR_LIGHT, "13.00"),
            typed("Price", "11.50"),
            pressed("Change them"),
        ),
        "Harbour Light",
        422,
    ),
    "coffee, form sent while away": State(
        then(small_desk("/staff/stock/1001/"), SIX_BAGS, go_away, pressed("Receive")),
        "The stock system is not answering",
        503,
    ),
    "coffee, row deleted": State(then(lost_row, opened("/staff/stock/1001/")), ""),
    "coffee, answer lost": State(desk(f"/staff/stock/1001/?sent=desk-{'0' * 32}"), "Harbour Light"),
    "coffee, no such one": State(desk("/staff/stock/9999/"), "There is nothing here", 404),
    "deliveries": State(empty_desk("/staff/deliveries/"), "Deliveries"),
    "deliveries, many came in": State(
        then(
            rosa_comes_in,
            *[stocked(*SHELF, ONE_WORD)] * (MOST_LISTED + 1),
            opened("/staff/deliveries/"),
        ),
        "Deliveries",
    ),
    "deliveries, nothing sent": State(sent(""), "Deliveries", 422),
    "deliveries, a picture": State(
        then(empty_desk("/staff/deliveries/"), a_picture, pressed("Preview")), "Deliveries", 422
    ),
    "deliveries, stock system away": State(
        then(
            empty_desk("/staff/deliveries/"),
            typed("Or paste its lines", CLEAN),
            go_away,
            pressed("Preview"),
        ),
        "Deliveries",
        503,
    ),
    "delivery preview": State(sent(CLEAN), "Delivery preview"),
    "delivery preview, with problems": State(sent(MESSY), "Delivery preview", 422),
    "delivery preview, long": State(sent(long_lines()), "Delivery preview"),
    "delivery preview, other details": State(
        then(rosa_comes_in, stocked(), other_details, pasted(CLEAN)), "Delivery preview"
    ),
    "delivery preview, changed since": State(
        then(sent(CLEAN), typed("The lines, to change", CLEAN + "\n"), pressed("Take in 32 bags")),
        "Delivery preview",
        422,
    ),
    "delivery preview, what a column holds": State(sent(LEVELS), "Delivery preview", 422),
    "delivery preview, counts": State(counted, "Delivery preview"),
    "delivery preview, a supplier's": State(sent(SUPPLIERS), "Delivery preview", 422),
    "counts written": State(then(counted, pressed("Write 1 count")), "Counts written"),
    "delivery taken in": State(taken_in, "Delivery taken in"),
    "delivery undone": State(then(taken_in, pressed("Undo this delivery")), "Delivery taken in"),
    "delivery, received before": State(
        then(taken_in, pasted(CLEAN), pressed("Take in 32 bags")),
        "This delivery was received before",
        409,
    ),
    "delivery, not found yet": State(
        empty_desk("/staff/deliveries/delivery-00000000000000000000000000000000/"),
        "This delivery is not found yet",
        404,
    ),
    "orders": State(desk("/staff/orders/"), "Orders"),
    "orders, to collect": State(desk("/staff/orders/?stage=to-collect"), "Orders"),
    "orders, none ticked": State(
        then(desk("/staff/orders/?stage=to-collect"), pressed("Cancel them")), "Orders"
    ),
    "pick list": State(desk("/staff/orders/pick-list/"), "Pick list"),
    "pick list, nothing waits": State(empty_desk("/staff/orders/pick-list/"), "Pick list"),
    "orders, none yet": State(empty_desk("/staff/orders/"), "Orders"),
    "orders, none found": State(desk("/staff/orders/?q=zzz"), "Orders"),
    "order": State(an_order, "CC-"),
    "order, handed over": State(then(an_order, pressed("Hand over")), "CC-"),
    "order, handed over by mistake": State(
        then(an_order, pressed("Hand over"), pressed("Undo that it was handed over")), "CC-"
    ),
    "order, bags written off": State(
        then(rosa_comes_in, a_busy_month, write_off, latest_order), "CC-"
    ),
    "order, cancelled": State(then(rosa_comes_in, a_busy_month, cancel, latest_order), "CC-"),
    "order, pending": State(then(rosa_comes_in, stocked(), left_behind, latest_order), "CC-"),
    "order, refused": State(then(stocked(), refused, rosa_comes_in, latest_order), "CC-"),
    "order, stock system away": State(
        then(rosa_comes_in, a_busy_month, silent_ledger, latest_order), "CC-"
    ),
    "alerts": State(desk("/staff/alerts/"), "Alerts"),
    "alerts, none yet": State(empty_desk("/staff/alerts/"), "Alerts"),
    "alerts, one noted": State(
        then(desk("/staff/alerts/"), pressed("Take note of Keeper's Reserve")), "Alerts"
    ),
    "alerts, with an error": State(
        then(rosa_comes_in, a_busy_month, alert_with_error, opened("/staff/alerts/")), "Alerts"
    ),
    "ledger": State(desk("/staff/ledger/"), "Ledger"),
    "ledger, before the first delivery": State(empty_desk("/staff/ledger/"), "Ledger"),
    "ledger, of a coffee": State(desk("/staff/ledger/?product=1003"), "Ledger of Slack Water"),
    "ledger, nothing found": State(desk("/staff/ledger/?q=zzz"), "Ledger"),
}
