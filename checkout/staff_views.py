"""The staff's pages of alerts and orders."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from checkout import alerts
from shop.staff_access import staff_only


@staff_only("inventory.view_stock")
@require_safe
def staff_alerts(request: HttpRequest) -> HttpResponse:
    """What runs low or sold out, and nobody has taken note of yet."""
    context = {"alerts": alerts.open_alerts(), "lately": alerts.lately_acknowledged()}
    return render(request, "staff/alerts.html", context)


@staff_only("inventory.change_stock", begin="staff_alerts")
@require_POST
def staff_acknowledge(request: HttpRequest) -> HttpResponse:
    """Somebody takes note of an alert, as far as the page showed it."""
    product_id, up_to = (request.POST.get(name, "") for name in ("product_id", "up_to"))
    kind = request.POST.get("kind", "")
    closed = 0
    if all(_is_id(number) for number in (product_id, up_to)):
        closed = alerts.acknowledge(
            int(product_id), kind, up_to=int(up_to), who=request.user.get_username()
        )
    if closed:
        messages.success(request, "Noted: the alert is closed until the next sale raises it.")
    else:
        messages.info(request, "That alert was closed already. Nothing was changed.")
    return redirect("staff_alerts")


def _is_id(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 18
