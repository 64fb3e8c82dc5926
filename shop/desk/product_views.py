"""One product at the stock desk: its page, and each form that changes it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from shop.desk.access import away, staff_only
from shop.desk.product import ProductDesk, product_desk, said
from shop.desk.product_forms import (
    KEY,
    Read,
    new_key,
    read_addition,
    read_button,
    read_count,
    read_details,
    read_receipt,
)
from shop.desk.sales import stock_lines
from shop.desk.stock import StockQuery
from shop.inventory import get_inventory
from shop.inventory.contract import (
    AcceptOutside,
    ChangeRefused,
    Delivery,
    InventoryBusy,
    InventoryUnavailable,
    Note,
    OutcomeUnknown,
    PutBack,
    ReferenceTaken,
    Shelf,
    ShelfChanged,
    UnknownProduct,
    Withdrawal,
)

FORMS = ("receive", "count", "details", "withdraw", "put_back", "accept")
LONGEST_QUERY = 500
LOST_KEY = "This page had lost its one-time key. Nothing was written: look again and send it."
SENT_BEFORE = (
    "This form was sent before, with other figures, and counted then. Nothing was written now: "
    "look at the stock as it stands, and send it again if you still mean it."
)
MOVED = {
    Shelf.ON_SALE: "came on sale",
    Shelf.SOLD_OUT: "sold out",
    Shelf.WITHDRAWN: "was withdrawn",
    None: "was deleted by another program",
}
CANNOT = "That can’t be done any more. Nothing was written: this is how the coffee stands now."


@staff_only("inventory.view_stock")
@require_safe
def staff_product(request: HttpRequest, product_id: int) -> HttpResponse:
    """The product as it stands, the forms, and its latest movements."""
    return _page(request, _desk(product_id))


@staff_only("inventory.receive_delivery", begin="staff_stock")
@require_POST
def staff_receive(request: HttpRequest, product_id: int) -> HttpResponse:
    """So many bags come in; a sold-out product comes back on sale."""
    return _change(request, product_id, "receive", _receipt(request))


@staff_only("inventory.change_stock", begin="staff_stock")
@require_POST
def staff_count(request: HttpRequest, product_id: int) -> HttpResponse:
    """A count: the difference from the figure that the form showed, with a reason."""
    return _change(request, product_id, "count", lambda desk: read_count(request.POST, desk.id))


@staff_only("inventory.change_stock", begin="staff_stock")
@require_POST
def staff_details(request: HttpRequest, product_id: int) -> HttpResponse:
    """Another price, or other words."""
    return _change(
        request,
        product_id,
        "details",
        lambda desk: read_details(request.POST, desk.id, desk.product),
    )


@staff_only("inventory.change_stock", begin="staff_stock")
@require_POST
def staff_withdraw(request: HttpRequest, product_id: int) -> HttpResponse:
    """Off sale, with its quantity kept."""
    change = Withdrawal(product_id=product_id)
    return _change(request, product_id, "withdraw", lambda _: read_button(request.POST, change))


@staff_only("inventory.change_stock", begin="staff_stock")
@require_POST
def staff_put_back(request: HttpRequest, product_id: int) -> HttpResponse:
    """Back on sale, with the quantity that was kept."""
    change = PutBack(product_id=product_id)
    return _change(request, product_id, "put_back", lambda _: read_button(request.POST, change))


@staff_only("inventory.change_stock", begin="staff_stock")
@require_POST
def staff_accept(request: HttpRequest, product_id: int) -> HttpResponse:
    """What other programs did to the quantity is written into the ledger."""
    change = AcceptOutside(product_id=product_id)
    return _change(request, product_id, "accept", lambda _: read_button(request.POST, change))


@staff_only("inventory.change_stock", begin="staff_stock")
@require_http_methods(["GET", "HEAD", "POST"])
def staff_add(request: HttpRequest) -> HttpResponse:
    """A coffee that the shop has never had."""
    if request.method != "POST":
        return _addition(request, {})
    key = request.POST.get("key", "")
    read = read_addition(request.POST)
    if not isinstance(read.change, Delivery) or not KEY.fullmatch(key):
        return _addition(request, read.errors or {"add_number": LOST_KEY})
    (row,) = read.change.rows
    try:
        inventory = get_inventory()
        known = product_desk(inventory, row.product_id)
        if known and not known.is_gone and not inventory.decision(key):
            taken = f"No. {row.product_id} is {known.name} already: choose another number."
            return _addition(request, {"add_number": taken})
        inventory.apply(read.change, _note(request, key, read))
    except ReferenceTaken:
        return _addition(request, {"add_number": SENT_BEFORE})
    except ShelfChanged as error:
        return _addition(request, {"add_number": _refusal(error)})
    except OutcomeUnknown:
        return redirect(_sent_url(row.product_id, key))
    except (InventoryUnavailable, InventoryBusy) as error:
        return away(request, error)
    messages.success(request, f"{row.name} is on sale now, with {row.quantity:,} in stock.")
    return redirect("staff_product", row.product_id)


# ── parts ───────────────────────────────────────────────────────────────────────────────────────


def _receipt(request: HttpRequest) -> Callable[[ProductDesk], Read]:
    def read(desk: ProductDesk) -> Read:
        if desk.product is None:
            return Read(change=None, errors={"receive_quantity": CANNOT})
        return read_receipt(request.POST, desk.product)

    return read


def _change(
    request: HttpRequest, product_id: int, form: str, read_form: Callable[[ProductDesk], Read]
) -> HttpResponse:
    """Make the change that a form asks for, once for its key, and go back to the product."""
    key = request.POST.get("key", "")
    try:
        desk = _desk(product_id)
        read = read_form(desk)
        if read.change is None or not KEY.fullmatch(key):
            return _page(request, desk, form, read.errors or {f"{form}_form": LOST_KEY})
        decision = get_inventory().apply(read.change, _note(request, key, read))
    except (UnknownProduct, ReferenceTaken, ChangeRefused, ShelfChanged) as error:
        return _page(request, _desk(product_id), form, {f"{form}_form": _refusal(error)})
    except OutcomeUnknown:
        # Only the ledger knows; the product's page asks it.
        return redirect(_sent_url(product_id, key))
    except (InventoryUnavailable, InventoryBusy) as error:
        return away(request, error)
    messages.success(request, said(decision, read.change))
    came_from = _came_from(request)
    kept = f"?{urlencode({'from': came_from})}" if came_from else ""
    return redirect(reverse("staff_product", args=[product_id]) + kept)


def _came_from(request: HttpRequest) -> str:
    """The query of the list of stock that led here, so that the way back leads to it."""
    return StockQuery.read(QueryDict(request.GET.get("from", "")[:LONGEST_QUERY])).address


def _refusal(error: Exception) -> str:
    if isinstance(error, ChangeRefused):
        return (
            f"Your count is {-error.change:,} fewer than the page showed, but only "
            f"{error.in_stock:,} are left by now. Nothing was written: count again."
        )
    if isinstance(error, ShelfChanged):
        return (
            f"The coffee {MOVED[error.now]} since this page was opened. "
            "Nothing was written: look again."
        )
    return SENT_BEFORE if isinstance(error, ReferenceTaken) else CANNOT


def _desk(product_id: int) -> ProductDesk:
    desk = product_desk(get_inventory(), product_id)
    if desk is None:
        raise Http404
    return desk


def _page(
    request: HttpRequest, desk: ProductDesk, form: str = "", errors: Mapping[str, str] | None = None
) -> HttpResponse:
    sent = request.GET.get("sent", "")
    is_sent = bool(KEY.fullmatch(sent))
    context = {
        "desk": desk,
        "sells": stock_lines([desk.product])[0] if desk.product else None,
        "keys": {name: new_key() for name in FORMS},
        "form_sent": form,
        "typed": request.POST,
        "errors": errors or {},
        "came_from": _came_from(request),
        "is_sent": is_sent,
        "was_written": is_sent and get_inventory().decision(sent) is not None,
    }
    return render(request, "staff/product.html", context, status=422 if errors else 200)


def _addition(request: HttpRequest, errors: Mapping[str, str]) -> HttpResponse:
    context = {"errors": errors, "typed": request.POST, "key": new_key()}
    return render(request, "staff/product_add.html", context, status=422 if errors else 200)


def _note(request: HttpRequest, key: str, read: Read) -> Note:
    return Note(key=key, who=request.user.get_username(), why=read.why)


def _sent_url(product_id: int, key: str) -> str:
    return f"{reverse('staff_product', args=[product_id])}?sent={key}"
