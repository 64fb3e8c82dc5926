"""The pages of prices: raise, lower or paste, look, write."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from math import ceil

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from shop.deliveries import NewPrices, UnreadableDelivery, read_prices
from shop.desk.access import staff_only
from shop.desk.delivery_forms import DeliveryForm, first_problems
from shop.desk.prices import PricesForm, RaiseForm
from shop.desk.product_views import SENT_BEFORE, sent_without_answer
from shop.http import page_number
from shop.inventory import get_inventory
from shop.inventory.contract import (
    DetailsChanged,
    Note,
    OutcomeUnknown,
    ReferenceTaken,
    UnknownProduct,
)
from shop.plurals import counted

PER_PAGE = 200
"""Lines of a page; all of them are written together."""
CHANGED = "The price of No. {} changed since you looked. Nothing was written: look again."

changers_only = staff_only("inventory.change_stock", begin="staff_prices")


def reads_lines(
    view: Callable[[HttpRequest, NewPrices], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Hands the view the lines that were sent; shows the form again where they can't be taken."""

    @wraps(view)
    def read(request: HttpRequest) -> HttpResponse:
        form = DeliveryForm(request.POST, request.FILES)
        try:
            new = read_prices(form.content(), get_inventory())
        except UnreadableDelivery as error:
            again = DeliveryForm({"text": request.POST.get("text", "")})
            again.add_error(form.source, str(error))
            return _begin(request, listed=again)
        if new.problems or "edit" in request.POST:
            return _begin(request, listed=DeliveryForm({"text": new.text}), new=new)
        return view(request, new)

    return read


@changers_only
@require_safe
def staff_prices(request: HttpRequest) -> HttpResponse:
    """Two forms: a rule for many coffees, and a list of prices."""
    return _begin(request)


@changers_only
@require_POST
def staff_price_raise(request: HttpRequest) -> HttpResponse:
    """The prices that a rule makes; nothing is written."""
    form = RaiseForm(request.POST)
    if not form.is_valid():
        return _begin(request, raised=form)
    try:
        text = form.text(get_inventory())
    except ValidationError as error:
        form.add_error("q", error)
        return _begin(request, raised=form)
    new = read_prices(text, get_inventory())
    return _begin(request, raised=form, new=new) if new.problems else _preview(request, new)


@changers_only
@require_POST
@reads_lines
def staff_price_preview(request: HttpRequest, new: NewPrices) -> HttpResponse:
    """The new prices beside the old ones; nothing is written."""
    return _preview(request, new)


@changers_only
@require_POST
@reads_lines
def staff_price_write(request: HttpRequest, new: NewPrices) -> HttpResponse:
    """Writes all prices that differ from those shown, or none of them, once for the page's key."""
    form = PricesForm(request.POST)
    change = form.change(new) if form.is_valid() else None
    if not form.is_valid():
        return _preview(request, new, form=form)
    if change is None:
        messages.info(request, "All prices are as they were: nothing was to be written.")
        return redirect("staff_prices")
    note = Note(key=form.key, who=request.user.get_username())
    try:
        decision = get_inventory().apply(change, note)
    except ReferenceTaken:
        return _preview(request, new, form=form, error=SENT_BEFORE)
    except (DetailsChanged, UnknownProduct) as error:
        return _preview(request, new, form=form, error=CHANGED.format(error.product_id))
    except OutcomeUnknown:
        # Only the ledger knows; the page asks it.
        return redirect(f"{reverse('staff_prices')}?sent={form.key}")
    messages.success(request, f"{counted(len(decision.results), 'price')} changed.")
    return redirect("staff_prices")


def _begin(
    request: HttpRequest,
    *,
    raised: RaiseForm | None = None,
    listed: DeliveryForm | None = None,
    new: NewPrices | None = None,
) -> HttpResponse:
    """Both forms, one of them as it was sent, with what is wrong with its lines."""
    problems = new.problems if new else ()
    context = {
        "raised": raised or RaiseForm(initial=request.GET.dict()),
        "listed": listed or DeliveryForm(),
        "errors": _errors(raised) | _errors(listed),
        "is_list": listed is not None,
        **first_problems(problems),
        **sent_without_answer(request),
    }
    is_refused = bool(problems or context["errors"])
    return render(request, "staff/prices.html", context, status=422 if is_refused else 200)


def _errors(form: RaiseForm | DeliveryForm | None) -> dict[str, str]:
    """What is wrong, by field."""
    return {name: str(words[0]) for name, words in form.errors.items()} if form else {}


def _preview(
    request: HttpRequest, new: NewPrices, *, form: PricesForm | None = None, error: str = ""
) -> HttpResponse:
    """A page of the lines, with the prices of now; ``error`` says why nothing was written."""
    pages = ceil(len(new.lines) / PER_PAGE)
    page = min(page_number(request.POST.get("page", "")), pages)
    others = ((page - 1, "Previous page"), (page + 1, "Next page"))
    context = {
        "new": new,
        "lines": new.lines[(page - 1) * PER_PAGE : page * PER_PAGE],
        "page": page,
        "pages": pages,
        "other_pages": [one for one in others if 1 <= one[0] <= pages],
        "form": form or PricesForm(),
        "errors": {"": error} if error else form.problems if form else {},
    }
    status = 422 if context["errors"] else 200
    return render(request, "staff/price_preview.html", context, status=status)
