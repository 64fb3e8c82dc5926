"""Several orders to collect at once: ticked in the list, to cancel or to remind by mail."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from checkout import aftercare
from checkout.desk.orders import PER_PAGE
from checkout.desk.views import CancelForm, list_before
from checkout.models import Order
from checkout.uncollected import remind
from shop.desk import staff_only
from shop.inventory import get_inventory
from shop.inventory.contract import (
    InventoryBusy,
    InventoryUnavailable,
    OutcomeUnknown,
    UnknownProduct,
)
from shop.plurals import counted


@staff_only("checkout.cancel_orders", begin="staff_orders")
@require_POST
def staff_cancel_ticked(request: HttpRequest) -> HttpResponse:
    """Cancels each of the ticked orders that is still to be collected, once."""
    form = CancelForm(request.POST)
    form.full_clean()
    why, is_off = form.cleaned_data.get("why", ""), form.cleaned_data.get("bags") == "off"
    who, inventory, done = request.user.get_username(), get_inventory(), 0
    orders = _ticked(request)
    for order in orders:
        try:
            done += bool(aftercare.cancel(order, inventory, who=who, why=why, written_off=is_off))
        except (aftercare.NotCancellable, UnknownProduct):
            continue
        except (InventoryBusy, OutcomeUnknown):
            done += 1
        except InventoryUnavailable:
            # That this one is cancelled stands; the others are not begun.
            done += 1
            messages.warning(request, "The stock system is not answering: try the others later.")
            break
    _say(request, len(orders), done, "cancelled", "handed over or cancelled before")
    return redirect(list_before(request))


@staff_only("checkout.see_orders", begin="staff_orders")
@require_POST
def staff_remind_ticked(request: HttpRequest) -> HttpResponse:
    """Queues a mail to the customer of each ticked order, at most one within a day."""
    orders, who = _ticked(request), request.user.get_username()
    done = sum(remind(order, who=who) for order in orders)
    _say(request, len(orders), done, "reminded by mail", "without an address or reminded today")
    return redirect(list_before(request))


def _ticked(request: HttpRequest) -> list[Order]:
    """The ticked orders, at most those of one page."""
    references = request.POST.getlist("order")[:PER_PAGE]
    return list(Order.objects.filter(reference__in=references).order_by("created_at", "pk"))


def _say(request: HttpRequest, ticked: int, done: int, what: str, why_not: str) -> None:
    if not ticked:
        messages.error(request, "Tick the orders first. Nothing was changed.")
        return
    if done:
        messages.success(request, f"{counted(done, 'order')} {what}.")
    if done < ticked:
        left = ticked - done
        as_before = "as it was" if left == 1 else "as they were"
        messages.info(request, f"{counted(left, 'order')} left {as_before}: {why_not}.")
