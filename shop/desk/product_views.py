"""One product at the stock desk: its page, and the views of the forms that change it."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from shop.desk.access import View, staff_only
from shop.desk.ledger import found
from shop.desk.product import ProductDesk, product_desk, sentence_on
from shop.desk.product_forms import (
    CANNOT,
    KEY,
    AcceptForm,
    AddForm,
    CountForm,
    DeskForm,
    DetailsForm,
    ProductForm,
    PutBackForm,
    ReceiveForm,
    WithdrawForm,
)
from shop.desk.sales import stock_lines
from shop.desk.shelf import restocked
from shop.desk.stock import StockQuery, next_number
from shop.http import encoded
from shop.inventory import get_inventory
from shop.inventory.contract import (
    ChangeRefused,
    DetailsChanged,
    Inventory,
    Note,
    OutcomeUnknown,
    ReferenceTaken,
    Shelf,
    ShelfChanged,
    UnknownProduct,
)

FORMS: tuple[type[ProductForm], ...] = (
    ReceiveForm,
    CountForm,
    DetailsForm,
    WithdrawForm,
    PutBackForm,
)
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


@staff_only("inventory.view_stock")
@require_safe
def staff_product(request: HttpRequest, product_id: int) -> HttpResponse:
    """The product as it stands, the forms, and its latest movements."""
    return _page(request, _desk(product_id))


def changing(kind: type[ProductForm]) -> View:
    """The view of one of the forms: makes its change, once for its key, and shows the product.

    Middleware answers while the stock can't be asked, and keeps what was typed.
    """

    @staff_only(kind.permission, begin="staff_stock")
    @require_POST
    def view(request: HttpRequest, product_id: int) -> HttpResponse:
        form = kind(_desk(product_id), request.POST)
        if not form.is_valid():
            return _page(request, form.desk, form)
        change = form.change()
        try:
            decision = get_inventory().apply(change, _note(request, form))
        except (UnknownProduct, ReferenceTaken, ChangeRefused, ShelfChanged) as error:
            form = kind(_desk(product_id), request.POST)
            form.refuse(_refusal(error))
            return _page(request, form.desk, form)
        except DetailsChanged as error:
            assert isinstance(form, DetailsForm), "no other change has details"
            form.desk = _desk(product_id)
            form.show_both(error.now)
            return _page(request, form.desk, form)
        except OutcomeUnknown:
            # Only the ledger knows; the product's page asks it.
            return redirect(_address(product_id, {"sent": form.key}))
        restocked([product_id])
        messages.success(request, sentence_on(decision, change))
        return redirect(_address(product_id, {"from": StockQuery.before(request).address}))

    return view


@staff_only("inventory.change_stock", begin="staff_stock")
@require_http_methods(["GET", "HEAD", "POST"])
def staff_add(request: HttpRequest) -> HttpResponse:
    """A coffee that the shop has never had."""
    inventory = get_inventory()
    is_sent = request.method == "POST"
    form = AddForm(request.POST) if is_sent else AddForm(initial={"number": next_number(inventory)})
    added = None
    if form.is_valid() and not _has_twin(inventory, form):
        try:
            added = inventory.apply(form.change(), _note(request, form))
        except ReferenceTaken as error:
            form.refuse(_refusal(error))
        except ShelfChanged as error:
            form.refuse(_taken(inventory, error.product_id))
        except OutcomeUnknown:
            return redirect(_address(form.cleaned_data["number"], {"sent": form.key}))
    if added is None:
        status = 422 if form.errors else 200
        return render(request, "staff/product_add.html", {"form": form}, status=status)
    (result,) = added.results
    messages.success(request, f"{result.name} is on sale now, with {result.after:,} in stock.")
    return redirect("staff_product", result.product_id)


# ── parts ───────────────────────────────────────────────────────────────────────────────────────


def _has_twin(inventory: Inventory, form: AddForm) -> bool:
    """Whether another coffee has the name, which the form then says; not if it said so before."""
    number, name = form.cleaned_data["number"], form.cleaned_data["name"]
    twins = [
        product
        for product in found(inventory, name)
        if product.name.casefold() == name.casefold() and product.id != number
    ]
    if not twins or form.data.get("same_name") == form.data.get("name"):
        return False
    form.add_error(
        "name", f"No. {twins[0].id} has this name already. Send it again if this is another coffee."
    )
    return True


def _taken(inventory: Inventory, number: int) -> str:
    """That a number is taken, by which coffee, and which number is free."""
    known = product_desk(inventory, number)
    name = known.name if known else "another coffee"
    return (
        f"No. {number} is {name} already: choose another number, such as {next_number(inventory)}."
    )


def _refusal(error: Exception) -> str:
    if isinstance(error, ChangeRefused):
        return (
            f"Your count is {-error.change:,} fewer than the page showed, but only "
            f"{error.in_stock:,} are left to sell by now. Nothing was written: count again."
        )
    if isinstance(error, ShelfChanged):
        return (
            f"The coffee {MOVED[error.now]} since this page was opened. "
            "Nothing was written: look again."
        )
    return SENT_BEFORE if isinstance(error, ReferenceTaken) else CANNOT


def sent_without_answer(request: HttpRequest) -> dict[str, bool]:
    """What ``staff/sent.html`` says of the form whose key the address has after ``sent``."""
    key = request.GET.get("sent", "")
    is_sent = bool(KEY.fullmatch(key))
    return {
        "is_sent": is_sent,
        "was_written": is_sent and get_inventory().decision(key) is not None,
    }


def _desk(product_id: int) -> ProductDesk:
    desk = product_desk(get_inventory(), product_id)
    if desk is None:
        raise Http404
    return desk


def _page(request: HttpRequest, desk: ProductDesk, sent: ProductForm | None = None) -> HttpResponse:
    forms = [sent if sent and type(sent) is kind else kind(desk) for kind in FORMS]
    problems = sent.problems if sent else {}
    if sent and not sent.is_offered:
        # The page has no such form any more that a link could lead to.
        problems = {"": " ".join(problems.values())}
    context = {
        "desk": desk,
        "sells": stock_lines(get_inventory(), [desk.product])[0] if desk.product else None,
        "forms": [
            form for form in forms if form.is_offered and request.user.has_perm(form.permission)
        ],
        "accept": AcceptForm(desk),
        "errors": problems,
        "came_from": StockQuery.before(request).address,
        **sent_without_answer(request),
    }
    return render(request, "staff/product.html", context, status=422 if sent else 200)


def _note(request: HttpRequest, form: DeskForm) -> Note:
    return Note(key=form.key, who=request.user.get_username(), why=form.reason)


def _address(product_id: int, query: dict[str, str]) -> str:
    """The product's page, with what of the query is not empty."""
    kept = encoded(query)
    return reverse("staff_product", args=[product_id]) + (f"?{kept}" if kept else "")
