"""The pages of deliveries: send, preview, confirm, look up."""

from __future__ import annotations

import csv
from collections.abc import Callable, Collection
from functools import wraps
from typing import Any, NamedTuple

from django.contrib import messages
from django.core.exceptions import RequestDataTooBig
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_POST, require_safe

from shop.deliveries import (
    COLUMNS,
    KEY,
    MAX_TEXT,
    MAX_UPLOAD,
    Preview,
    PreviewRow,
    ReadDelivery,
    UnreadableDelivery,
    cells_of,
    digest,
    edits_in,
    new_key,
    preview,
    read_delivery,
    too_large,
)
from shop.desk.access import staff_only
from shop.desk.delivery_forms import is_as_checked, sent_delivery, ticked
from shop.desk.past_deliveries import PastDeliveries, has_page, past_deliveries
from shop.inventory import get_inventory, is_delivery
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
)

LONGEST_BODY = MAX_UPLOAD + MAX_TEXT
"""Bytes of a request with a delivery; a longer one is turned away unread."""

MOST_NAMED = 20
"""Problems that are named above a preview; all of them stand beside their lines."""

AWAY = (
    "The stock system is not answering. Nothing was written, and your lines are kept here: "
    "try again in a minute."
)
BUSY = (
    "Somebody else is changing the same coffees. Nothing was written, and your lines are kept "
    "here: try again."
)
USED_KEY = "This page was used for another delivery. Nothing was written: look again and confirm."
LOST_KEY = "This page had lost its one-time key. Nothing was written: look again and confirm."
NOT_CHECKED = "These lines were changed since they were checked: look at them, and confirm."
CELLS_LEFT = (
    "You changed the lines themselves, so what you typed into the table was left out: "
    "change one of the two at a time."
)
CHANGED = "The stock changed since you looked. Nothing was written: look again and confirm."


# ── deliveries ──────────────────────────────────────────────────────────────────────────────────


class PreviewLine(NamedTuple):
    """A row of the preview; ``cells`` are its cells as typed where they can be edited in place."""

    row: PreviewRow
    cells: dict[str, str]
    is_ticked: bool


receivers_only = staff_only("inventory.receive_delivery", begin="staff_deliveries")


def takes_deliveries(view: Callable[[HttpRequest], HttpResponse]) -> Callable[..., HttpResponse]:
    """Turns away what is too long with a sentence instead of a bare error page.

    The CSRF token stands in the body, so the middleware would be the first to read it and to
    fail; for these views the token is checked here, after the length.
    """
    protected = csrf_protect(view)

    @csrf_exempt
    @wraps(view)
    def guarded(request: HttpRequest) -> HttpResponse:
        length = request.META.get("CONTENT_LENGTH") or "0"
        size = int(length) if length.isdigit() else 0
        try:
            if size > LONGEST_BODY:
                raise RequestDataTooBig
            request.POST  # noqa: B018  (reads the body)
        except RequestDataTooBig:
            words = too_large(size, MAX_TEXT)
            return _form(request, errors={"file": words}, status=413)
        return protected(request)

    return guarded


@receivers_only
@require_safe
def staff_deliveries(request: HttpRequest) -> HttpResponse:
    """The form: a file, or pasted lines; and what came in before."""
    past = past_deliveries(get_inventory(), request.GET.get("before", ""))
    return _form(request, past=past)


@receivers_only
@require_safe
def staff_delivery_template(_request: HttpRequest) -> HttpResponse:
    """An empty delivery to fill in; its byte order mark tells spreadsheets that it is UTF-8."""
    response = HttpResponse("\ufeff", content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="delivery.csv"'
    csv.writer(response).writerow(COLUMNS)
    return response


@receivers_only
@require_POST
@takes_deliveries
def staff_delivery_preview(request: HttpRequest) -> HttpResponse:
    """What the sent lines would change, and every problem; nothing is written."""
    read = _read(request)
    if isinstance(read, HttpResponse):
        return read
    return _look(request, read)


@receivers_only
@require_POST
@takes_deliveries
def staff_delivery_confirm(request: HttpRequest) -> HttpResponse:
    """Receives the lines, all or none, once for each key; everything is checked anew."""
    read = _read(request)
    if isinstance(read, HttpResponse):
        return read
    seen = _seen(request, read)
    if isinstance(seen, HttpResponse):
        return seen
    key = request.POST.get("key", "")
    take = ticked(request.POST, seen.rows)
    try:
        objection = _objection(request, seen, key)
        if objection is not None:
            return _preview(request, read, seen, error=objection)
        change = seen.delivery(take=take, again=request.POST.get("again") == "1")
        done = get_inventory().apply(change, Note(key=key, who=request.user.get_username()))
    except DeliveryRepeated as error:
        return _repeated(request, read, key, take, error.earlier)
    except ReferenceTaken:
        return _preview(request, read, seen, error=USED_KEY)
    except OutcomeUnknown:
        # Only the ledger knows; the delivery's own page asks it.
        return redirect("staff_delivery", key)
    except (ChangeRefused, ShelfChanged):
        return _look(request, read, error=CHANGED)
    except (InventoryUnavailable, InventoryBusy) as error:
        return _away(request, read, error)
    messages.success(request, _received(done))
    return redirect("staff_delivery", key)


@receivers_only
@require_safe
def staff_delivery(request: HttpRequest, key: str) -> HttpResponse:
    """A delivery as the ledger has it; one whose outcome was unknown may still turn up."""
    if not has_page(key):
        raise Http404
    decision = get_inventory().decision(key)
    if not (is_delivery(decision) if decision else KEY.fullmatch(key)):
        raise Http404
    results = decision.results if decision else ()
    context = {
        "decision": decision,
        "bags": sum(result.quantity for result in results),
        "new": sum(result.is_new for result in results),
    }
    return render(request, "staff/delivery.html", context, status=200 if decision else 404)


# ── parts of the delivery pages ─────────────────────────────────────────────────────────────────


def _read(request: HttpRequest) -> ReadDelivery | HttpResponse:
    """The delivery that was sent, or the form with what is wrong with it."""
    try:
        return read_delivery(sent_delivery(request))
    except UnreadableDelivery as error:
        field = "file" if "file" in request.FILES else "text"
        text = request.POST.get("text", "")
        return _form(request, text=text, errors={field: str(error)}, status=422)


def _seen(request: HttpRequest, read: ReadDelivery) -> Preview | HttpResponse:
    """The delivery beside the stock, or a page that keeps it while the stock is away."""
    try:
        return preview(read, get_inventory())
    except (InventoryUnavailable, InventoryBusy) as error:
        return _away(request, read, error)


def _objection(request: HttpRequest, seen: Preview, key: str) -> str | None:
    """Why the lines have to be looked at again, empty where each says so itself; None if not."""
    if seen.problems:
        return ""
    if not KEY.fullmatch(key):
        return LOST_KEY
    if not is_as_checked(request.POST):
        return NOT_CHECKED
    # A second press finds the shelves as the first one left them, and gets the first one's answer.
    if request.POST.get("shelves") != seen.shelves and not get_inventory().decision(key):
        return CHANGED
    return None


def _form(
    request: HttpRequest,
    *,
    text: str = "",
    errors: dict[str, str] | None = None,
    past: PastDeliveries | None = None,
    status: int = 200,
) -> HttpResponse:
    context = {"text": text, "errors": errors or {}, "past": past}
    return render(request, "staff/deliveries.html", context, status=status)


def _away(request: HttpRequest, read: ReadDelivery, error: Exception) -> HttpResponse:
    words = BUSY if isinstance(error, InventoryBusy) else AWAY
    response = _form(request, text=read.text, errors={"text": words}, status=503)
    response["Retry-After"] = "5"
    return response


def _preview(
    request: HttpRequest, read: ReadDelivery, seen: Preview, *, error: str = ""
) -> HttpResponse:
    cells = cells_of(read.text, {row.line for row in seen.rows if row.problems})
    take = ticked(request.POST, seen.rows)
    context: dict[str, Any] = {
        "preview": seen,
        "problems": seen.problems[:MOST_NAMED],
        "more_problems": max(0, len(seen.problems) - MOST_NAMED),
        "lines": [
            PreviewLine(row, cells.get(row.line, {}), row.product_id in take) for row in seen.rows
        ],
        "takes_all": "take_all" in request.POST,
        "cells_left": CELLS_LEFT if _left_out_cells(request) else "",
        "text": read.text,
        "checked": digest(read.text),
        "key": new_key(),
        "errors": {"text": error} if error else {},
    }
    status = 422 if seen.problems or error else 200
    return render(request, "staff/delivery_preview.html", context, status=status)


def _look(request: HttpRequest, read: ReadDelivery, *, error: str = "") -> HttpResponse:
    """The preview as the stock stands now."""
    seen = _seen(request, read)
    return seen if isinstance(seen, HttpResponse) else _preview(request, read, seen, error=error)


def _left_out_cells(request: HttpRequest) -> bool:
    """Whether cells were changed in the table that the changed lines took no notice of."""
    return bool(edits_in(request.POST)) and not is_as_checked(request.POST)


def _repeated(
    request: HttpRequest,
    read: ReadDelivery,
    key: str,
    take: Collection[int],
    earlier: Decision,
) -> HttpResponse:
    context = {
        "earlier": earlier,
        "text": read.text,
        "key": key,
        "take": sorted(take),
        "checked": digest(read.text),
        "take_all": "take_all" in request.POST,
        "shelves": request.POST.get("shelves", ""),
    }
    return render(request, "staff/delivery_repeated.html", context, status=409)


def _received(done: Decision) -> str:
    """What the ledger says was done, also when it was done by an earlier press."""
    count = sum(result.quantity for result in done.results)
    new = sum(result.is_new for result in done.results)
    bags = f"{count:,} {'bag' if count == 1 else 'bags'}"
    return f"Received {bags}: {new} new, {len(done.results) - new} topped up."
