"""The pages of *Tell me when it's back*: the form on a coffee's page, and the mails' two links."""

from __future__ import annotations

from math import ceil

from django.contrib import messages as banners
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from shop import throttle
from shop.catalogue import messages, restock
from shop.catalogue.addresses import product_url
from shop.catalogue.reader import get_catalogue
from shop.catalogue.views import product_context

ASK = "ask for a restock"
"""The name under which requests are counted."""
MOST_ASKED = 10
"""Requests from one address, each within AXES_COOLOFF_TIME of the one before."""


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def ask(request: HttpRequest, product_id: int) -> HttpResponse:
    """Send a link to the address that was typed; the answer is the same for every address."""
    reader = get_catalogue()
    shown = reader.product(product_id)
    product = shown.products.get(product_id)
    if product is None:
        raise Http404
    here = product_url(product)
    context = product_context(reader, product, stale=shown.stale)
    if request.method != "POST" or not context["form"]:
        return redirect(here)
    form = restock.RestockForm(request.POST)
    context |= {"form": form, "this_page": here}
    if not form.is_valid():
        return render(request, "shop/product.html", context, status=422)
    if not throttle.take(request, ASK, MOST_ASKED):
        seconds = ceil(throttle.wait(request, ASK).total_seconds())
        form.add_error("email", messages.asked_too_often(ceil(seconds / 60)))
        response = render(request, "shop/product.html", context, status=429)
        response["Retry-After"] = str(seconds)
        return response
    address = form.cleaned_data["email"]
    restock.ask(product, address)
    banners.success(request, messages.look_in_your_mail(address, product.name))
    return redirect(here)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def confirm(request: HttpRequest, signed: str) -> HttpResponse:
    """Ask for a press of the button, since programs that look for viruses open links too."""
    pk = _key(signed)
    if request.method == "POST":
        restock.confirm(pk)
    asked = restock.find(pk)
    if asked is None:
        return _page(request, "over", status=410)
    return _page(request, "confirmed" if asked.confirmed_at else "confirm", asked.name)


# The signed link alone allows it: mail programs send no cookie and no token (RFC 8058).
@csrf_exempt
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def stop(request: HttpRequest, signed: str) -> HttpResponse:
    """The same for the link that ends it; a redirect would not do for mail programs."""
    pk = _key(signed)
    if request.method == "POST":
        restock.forget(pk)
    asked = restock.find(pk)
    return _page(request, "stop", asked.name) if asked else _page(request, "stopped")


def _key(signed: str) -> str:
    """The key of the link's request, which may be over; 404 for a link that is not ours."""
    key = restock.unsign(signed)
    if key is None:
        raise Http404
    return key


def _page(request: HttpRequest, state: str, name: str = "", *, status: int = 200) -> HttpResponse:
    words = messages.behind_link(state, name)
    context = {"state": state, "words": words, "this_page": request.path}
    return render(request, "shop/restock.html", context, status=status)
