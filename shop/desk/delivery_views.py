"""The pages of deliveries: send, preview, confirm, look up."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from shop.deliveries import (
    COLUMNS,
    KEY,
    Preview,
    UnreadableDelivery,
    cells_of,
    new_key,
    preview,
)
from shop.desk.access import staff_only
from shop.desk.csv_page import csv_page
from shop.desk.delivery_forms import DeliveryForm, SentDelivery, first_problems
from shop.desk.past_deliveries import has_page, past_deliveries, taken_back
from shop.desk.product_forms import KEY as FORM_KEY
from shop.desk.product_forms import new_form_key
from shop.desk.shelf import restocked, to_collect
from shop.formats import bags
from shop.inventory import get_inventory, is_counts, is_delivery, undo_of
from shop.inventory.contract import (
    ChangeRefused,
    Decision,
    DeliveryRepeated,
    InventoryBusy,
    InventoryUnavailable,
    Note,
    OutcomeUnknown,
    ReferenceTaken,
    ShelfChanged,
    UndoDelivery,
    UnknownProduct,
)

AWAY = (
    "The stock system is not answering. Nothing was written, and your lines are kept here: "
    "try again in a minute."
)
BUSY = (
    "Another person is changing the same coffees. Nothing was written, and your lines are kept "
    "here: try again."
)
USED_KEY = "This page was used for another delivery. Nothing was written: look again and confirm."
LOST_KEY = "This page had lost its one-time key. Nothing was written: look again and confirm."
NOT_CHECKED = "These lines were changed since they were checked: look at them, and confirm."
CHANGED = "The stock changed since you looked. Nothing was written: look again and confirm."


receivers_only = staff_only("inventory.receive_delivery", begin="staff_deliveries")


def takes_deliveries(
    view: Callable[[HttpRequest, SentDelivery], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Hands the view what was sent; shows the form again for what can't be read or compared."""

    @wraps(view)
    def read(request: HttpRequest) -> HttpResponse:
        form = DeliveryForm(request.POST, request.FILES)
        text = request.POST.get("text", "")
        try:
            sent = form.sent()
            text = sent.lines.text
            return view(request, sent)
        except UnreadableDelivery as error:
            return _refused(request, form.source, str(error), text=text, status=422)
        except (InventoryUnavailable, InventoryBusy) as error:
            words = BUSY if isinstance(error, InventoryBusy) else AWAY
            response = _refused(request, "text", words, text=text, status=503)
            response["Retry-After"] = "5"
            return response

    return read


@receivers_only
@require_safe
def staff_deliveries(request: HttpRequest) -> HttpResponse:
    """The form: a file, or pasted lines; and what came in before."""
    past = past_deliveries(get_inventory(), request.GET.get("before", ""))
    return render(request, "staff/deliveries.html", {"form": DeliveryForm(), "past": past})


@receivers_only
@require_safe
def staff_template(_request: HttpRequest) -> HttpResponseBase:
    """An empty delivery to fill in."""
    return csv_page("delivery.csv", [COLUMNS])


@receivers_only
@require_POST
@takes_deliveries
def staff_preview(request: HttpRequest, sent: SentDelivery) -> HttpResponse:
    """What the sent lines would change, and every problem; nothing is written."""
    return _preview(request, sent, _seen(sent))


@receivers_only
@require_POST
@takes_deliveries
def staff_confirm(request: HttpRequest, sent: SentDelivery) -> HttpResponse:
    """Receives the lines, or writes their counts: all or none, once for each key.

    Everything is checked anew.
    """
    inventory = get_inventory()
    seen = _seen(sent)
    if seen.is_count and (done := inventory.decision(sent.key)) and is_counts(done):
        return redirect("staff_delivery", sent.key)
    objection = _objection(sent, seen)
    if objection is not None:
        return _preview(request, sent, seen, error=objection)
    change = seen.count() if seen.is_count else seen.delivery(take=sent.take, again=sent.again)
    note = Note(key=sent.key, who=request.user.get_username(), why=sent.why)
    try:
        done = inventory.apply(change, note)
    except DeliveryRepeated as error:
        context = {"earlier": error.earlier, "sent": sent}
        return render(request, "staff/delivery_repeated.html", context, status=409)
    except ReferenceTaken:
        return _preview(request, sent, seen, error=USED_KEY)
    except OutcomeUnknown:
        # Only the ledger knows; the delivery's own page asks it.
        return redirect("staff_delivery", sent.key)
    except (ChangeRefused, ShelfChanged, UnknownProduct):
        return _preview(request, sent, _seen(sent), error=CHANGED)
    restocked([result.product_id for result in done.results if result.quantity > 0])
    messages.success(request, _counted(done) if seen.is_count else _received(done))
    return redirect("staff_delivery", sent.key)


@receivers_only
@require_POST
def staff_undo_delivery(request: HttpRequest, key: str) -> HttpResponse:
    """Undoes a delivery, once; its page says what could be taken back."""
    form_key = request.POST.get("key", "")
    inventory = get_inventory()
    if not has_page(key):
        raise Http404
    if not FORM_KEY.fullmatch(form_key):
        messages.error(request, LOST_KEY)
        return redirect("staff_delivery", key)
    change = UndoDelivery(delivery=key)
    try:
        inventory.apply(change, Note(key=form_key, who=request.user.get_username()))
    except UnknownProduct as error:
        raise Http404 from error
    except ReferenceTaken:
        messages.error(request, USED_KEY)
    except OutcomeUnknown:
        # The delivery's page asks the ledger.
        pass
    return redirect("staff_delivery", key)


@receivers_only
@require_safe
def staff_delivery(request: HttpRequest, key: str) -> HttpResponse:
    """A delivery as the ledger has it; one whose outcome was unknown may still turn up."""
    if not has_page(key):
        raise Http404
    inventory = get_inventory()
    decision = inventory.decision(key)
    is_count = decision is not None and is_counts(decision)
    if not (is_count or is_delivery(decision) if decision else KEY.fullmatch(key)):
        raise Http404
    results = decision.results if decision else ()
    found = "Counts written" if is_count else "Delivery taken in"
    undo = undo_of(inventory, key) if decision and not is_count else None
    context = {
        "key": key,
        "title": found if decision else "This delivery is not found yet",
        "decision": decision,
        "is_count": is_count,
        "bags": sum(result.quantity for result in results),
        "new": sum(result.is_new for result in results),
        "undo": undo,
        "steps": taken_back(decision, undo) if decision and undo else (),
        "undo_key": new_form_key(),
    }
    return render(request, "staff/delivery.html", context, status=200 if decision else 404)


# ── parts of the delivery pages ─────────────────────────────────────────────────────────────────


def _refused(
    request: HttpRequest, field: str, words: str, *, text: str = "", status: int
) -> HttpResponse:
    """The form again, with the lines that were sent and what is wrong with a field."""
    form = DeliveryForm({"text": text})
    form.add_error(field, words)
    return render(request, "staff/deliveries.html", {"form": form}, status=status)


def _objection(sent: SentDelivery, seen: Preview) -> str | None:
    """Why the lines are shown again, empty if each names its own problem; None if they are not."""
    if seen.problems:
        return ""
    if not KEY.fullmatch(sent.key):
        return LOST_KEY
    if not (sent.is_as_checked and sent.is_meant):
        return NOT_CHECKED
    # A second press finds the shelves as the first one left them, and gets the first one's answer.
    if sent.shelves != seen.shelves and not get_inventory().decision(sent.key):
        return CHANGED
    return None


def _seen(sent: SentDelivery) -> Preview:
    """The sent lines beside the stock."""
    return preview(sent.lines, get_inventory(), to_collect() if sent.lines.is_count else None)


def _preview(
    request: HttpRequest, sent: SentDelivery, seen: Preview, *, error: str = ""
) -> HttpResponse:
    """The preview; each row comes with its cells as typed where they can be edited in place."""
    cells = cells_of(sent.lines.text, {row.line for row in seen.rows if row.problems})
    for row in seen.rows:
        if row.offered and row.line in cells:
            cells[row.line]["ProductId"] = str(row.offered)
    context = {
        "sent": sent,
        "preview": seen,
        **first_problems(seen.problems),
        "lines": [(row, cells.get(row.line, {})) for row in seen.rows],
        "key": new_key(),
        "errors": {"text": error} if error else {},
    }
    status = 422 if seen.problems or error else 200
    return render(request, "staff/delivery_preview.html", context, status=status)


def _received(done: Decision) -> str:
    """What the ledger says was done, also when it was done by an earlier press."""
    new = sum(result.is_new for result in done.results)
    received = bags(sum(result.quantity for result in done.results))
    return f"Received {received}: {new} new, {len(done.results) - new} topped up."


def _counted(done: Decision) -> str:
    more = sum(result.quantity for result in done.results if result.quantity > 0)
    fewer = -sum(result.quantity for result in done.results if result.quantity < 0)
    return f"Counted: {bags(more)} more and {bags(fewer)} fewer than the shop had."
