"""Finding an order again."""

from __future__ import annotations

from math import ceil

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from checkout import messages
from checkout.find_tries import count_wrong_try, wait
from checkout.models import Order
from checkout.references import sign
from shop.forms import plain


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def find_order(request: HttpRequest) -> HttpResponse:
    """Find an order by its reference and the e-mail address that was left with it."""
    reference = plain(request.POST.get("reference", "")).upper()[:20]
    email = plain(request.POST.get("email", ""))[:254]
    context: dict[str, object] = {"reference": reference, "email": email}
    if request.method != "POST":
        return render(request, "checkout/find.html", context)
    # Before anything is looked up, so that the right pair is refused like a wrong one.
    if waiting := wait(request):
        context["wait_minutes"] = ceil(waiting.total_seconds() / 60)
        response = render(request, "checkout/find.html", context, status=429)
        response["Retry-After"] = str(ceil(waiting.total_seconds()))
        return response
    order = Order.objects.filter(reference=reference, email__iexact=email).first()
    if order and email:
        return redirect("thanks", sign(order.reference))
    count_wrong_try(request)
    # The same answer whether the reference, the address or both are wrong.
    context["errors"] = {"reference": messages.NO_SUCH_ORDER}
    return render(request, "checkout/find.html", context, status=422)
