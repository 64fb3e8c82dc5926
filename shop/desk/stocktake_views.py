"""The pages of the stocktake: count, compare where it is asked for or needed, write."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from shop.desk.access import staff_only
from shop.desk.product_forms import LOST_FIGURE, numbered_products
from shop.desk.product_views import SENT_BEFORE, sent_without_answer
from shop.desk.shelf import restocked
from shop.desk.stock import Stock, StockQuery, listing, problems
from shop.desk.stocktake import PER_PAGE, StocktakeForm
from shop.formats import signed
from shop.http import page_url
from shop.inventory import get_inventory
from shop.inventory.contract import (
    ChangeRefused,
    Decision,
    Note,
    OutcomeUnknown,
    ReferenceTaken,
    UnknownProduct,
)
from shop.plurals import counted

MOST_NAMED = 5
"""Coffees that the sentence after a stocktake names; it is kept in a cookie."""

counters_only = staff_only("inventory.change_stock", begin="staff_stocktake")


@counters_only
@require_http_methods(["GET", "HEAD", "POST"])
def staff_stocktake(request: HttpRequest) -> HttpResponse:
    """A field for each coffee, withdrawn ones too; sent, the counts beside what is expected."""
    if request.method == "POST":
        form = _sent(request)
        return _compared(request, form) if form.is_valid() else _counting(request, form)
    return _counting(request, None)


@counters_only
@require_POST
def staff_stocktake_write(request: HttpRequest) -> HttpResponse:
    """Writes all differences together, once for the page's key.

    Where a count is in doubt, nothing is written before the page has shown it.
    """
    form = _sent(request)
    if not form.is_valid():
        return _counting(request, form)
    if not form.has_figures:
        return _compared(request, form, error=LOST_FIGURE)
    # A key that was used before is answered by the ledger: its own change made the differences.
    if get_inventory().decision(form.key) is None and form.is_doubtful:
        return _compared(request, form)
    change = form.differences()
    if change is None:
        messages.info(request, "All counts fit: nothing was to be written.")
        return redirect(_address(request))
    note = Note(key=form.key, who=request.user.get_username(), why=form.reason)
    try:
        decision = get_inventory().apply(change, note)
    except ReferenceTaken:
        return _compared(request, form, error=SENT_BEFORE)
    except (ChangeRefused, UnknownProduct) as error:
        words = (
            f"The stock of No. {error.product_id} moved since you looked. Nothing was written: "
            "look again."
        )
        return _compared(request, form, error=words)
    except OutcomeUnknown:
        # Only the ledger knows; the page asks it.
        return redirect(f"{reverse('staff_stocktake')}?sent={form.key}")
    restocked([result.product_id for result in decision.results])
    messages.success(request, _sentence(decision))
    return redirect(_address(request))


def _sent(request: HttpRequest) -> StocktakeForm:
    """The form as it was sent, with its coffees as they stand now."""
    products = numbered_products(get_inventory(), request.POST, "counted_")
    return StocktakeForm(products, request.POST)


def _counting(request: HttpRequest, sent: StocktakeForm | None) -> HttpResponse:
    inventory = get_inventory()
    found = listing(Stock(inventory), StockQuery.read(request.GET), per_page=PER_PAGE)
    form = sent or StocktakeForm(found.products)
    context = {
        "form": form,
        "lines": form.lines(),
        "errors": form.problems,
        "problems": problems(inventory),
        "listing": found,
        "here": _query(request),
        **sent_without_answer(request),
        "previous_url": page_url(request, found.page - 1, found.pages),
        "next_url": page_url(request, found.page + 1, found.pages),
    }
    return render(request, "staff/stocktake.html", context, status=422 if sent else 200)


def _compared(request: HttpRequest, form: StocktakeForm, *, error: str = "") -> HttpResponse:
    lines = [line for line in form.lines() if line.counted is not None]
    context = {
        "form": form,
        "lines": sorted(lines, key=lambda line: (not line.doubt, not line.difference)),
        "differing": sum(line.difference != 0 for line in lines),
        "doubtful": sum(bool(line.doubt) for line in lines),
        "errors": {"": error} if error else {},
        "here": _query(request),
    }
    status = 422 if error else 200
    return render(request, "staff/stocktake_preview.html", context, status=status)


def _query(request: HttpRequest) -> str:
    return StockQuery.read(request.GET).address


def _address(request: HttpRequest) -> str:
    """The page of the list that was counted."""
    query = _query(request)
    return reverse("staff_stocktake") + (f"?{query}" if query else "")


def _sentence(decision: Decision) -> str:
    """What was written, also by an earlier press of the same page."""
    named = [f"{one.name} {signed(one.quantity)}" for one in decision.results[:MOST_NAMED]]
    if (more := len(decision.results) - MOST_NAMED) > 0:
        named.append(f"{more:,} more")
    return f"{counted(len(decision.results), 'coffee')} corrected: {', '.join(named)}."
