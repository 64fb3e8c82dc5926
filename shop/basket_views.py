"""The basket's pages: everything a shopper does before the checkout."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from shop.basket import (
    MOST_LINES,
    MOST_OF_ONE,
    OPEN,
    Basket,
    BasketState,
    BasketStatus,
    settle_basket,
)
from shop.basket_view import BasketView, view_of
from shop.catalogue import Catalogue, get_catalogue, is_on_sale
from shop.forms import LineForm
from shop.inventory.contract import Product
from shop.templatetags.shop_tags import bags, product_url
from shop.views import product_context

WAITING = "Your order {} is being checked. Your basket can be changed once that is settled."
ORDERED = "Your order {} has gone through. What it had is no longer in your basket."
NOT_IN_BASKET = "This coffee is not in your basket any more, so nothing was changed."


@never_cache
@require_safe
def basket(request: HttpRequest) -> HttpResponse:
    """What is in the basket, with live prices and stock."""
    state = settle_basket(Basket(request.session))
    if state.status is BasketStatus.SPENT:
        messages.info(request, ORDERED.format(state.reference))
    return _basket_page(request, state)


def changes_basket(
    view: Callable[[HttpRequest, Basket], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """A POST that changes the basket; while an order for it is pending, changes wait."""

    @require_POST
    @wraps(view)
    def guarded(request: HttpRequest) -> HttpResponse:
        basket = Basket(request.session)
        state = settle_basket(basket)
        if state.status is BasketStatus.PENDING:
            messages.warning(request, WAITING.format(state.reference))
            return _basket_page(request, state, status=409)
        return view(request, basket)

    return guarded


@changes_basket
def add(request: HttpRequest, basket: Basket) -> HttpResponse:
    """Put bags of a product into the basket, on top of those that are there."""
    form = LineForm.read(request.POST, least=1)
    reader = get_catalogue()
    product = _product(reader, form.product_id)
    wanted = basket.lines.get(product.id, 0) + form.quantity
    error = form.error or _refusal(product, basket, wanted)
    if error:
        context = product_context(reader, product, stale=False)
        context |= {"errors": {"quantity": error}, "typed": {"quantity": form.typed}}
        return render(request, "shop/product.html", context, status=422)
    basket.set(product.id, wanted)
    messages.success(request, f"Added {bags(form.quantity)} of {product.name}.", "basket")
    return redirect(_page_of(request) or product_url(product))


@changes_basket
def update(request: HttpRequest, basket: Basket) -> HttpResponse:
    """Want another quantity of a product, 0 for none."""
    form = LineForm.read(request.POST, least=0)
    if form.product_id is None:
        raise Http404
    if form.product_id not in basket.lines:
        messages.warning(request, NOT_IN_BASKET)
        return _basket_page(request, status=409)
    if form.error:
        return _basket_page(
            request,
            errors={form.product_id: form.error},
            typed={form.product_id: form.typed},
            status=422,
        )
    basket.set(form.product_id, form.quantity)
    messages.success(request, "Basket updated." if form.quantity else "Taken out of your basket.")
    return redirect("basket")


@changes_basket
def remove(request: HttpRequest, basket: Basket) -> HttpResponse:
    """Take a product out of the basket."""
    form = LineForm.read(
        {"product_id": request.POST.get("product_id", ""), "quantity": "0"}, least=0
    )
    if form.product_id is None:
        raise Http404
    if form.product_id in basket.lines:
        basket.set(form.product_id, 0)
        messages.success(request, "Taken out of your basket.")
    return redirect("basket")


@changes_basket
def reduce(request: HttpRequest, basket: Basket) -> HttpResponse:
    """Change the basket to what is left, and say what was changed."""
    view = view_of(basket.lines, get_catalogue())
    if view.stale or not view.has_problems:
        return redirect("checkout" if view.lines else "basket")
    basket.change_to(view.what_is_left())
    changed = [f"{line.name}: {line.quantity} → {line.left}" for line in view.lines if line.note]
    messages.success(request, "Your basket is changed to what is left. " + "; ".join(changed) + ".")
    return redirect("checkout" if basket.lines else "basket")


def _page_of(request: HttpRequest) -> str:
    """The page of ours that the form stood on, so that search and scrolling are not lost."""
    page = request.POST.get("next", "")[:500]
    # Without a slash at its beginning, redirect() would take it for the name of a view.
    is_ours = page.startswith("/") and url_has_allowed_host_and_scheme(page, allowed_hosts=None)
    return page if is_ours else ""


def _product(reader: Catalogue, product_id: int | None) -> Product:
    """The product a form names, or 404."""
    shown = reader.products([product_id] if product_id else [])
    if product_id is None or product_id not in shown.products:
        raise Http404
    return shown.products[product_id]


def _refusal(product: Product, basket: Basket, wanted: int) -> str:
    """Why so many bags can't go into the basket; empty when they can."""
    if not is_on_sale(product):
        return f"{product.name} is sold out."
    if wanted > product.left:
        return _only_left(product, basket.lines.get(product.id, 0))
    if wanted > MOST_OF_ONE:
        return f"A basket holds at most {MOST_OF_ONE} bags of one coffee."
    if product.id not in basket.lines and len(basket.lines) >= MOST_LINES:
        return f"A basket holds at most {MOST_LINES} different coffees."
    return ""


def _only_left(product: Product, have: int) -> str:
    verb = "is" if product.left == 1 else "are"
    sentence = f"Only {bags(product.left)} of {product.name} {verb} left"
    return f"{sentence}, and your basket has {have}." if have else f"{sentence}."


def _basket_page(
    request: HttpRequest,
    state: BasketState = OPEN,
    *,
    errors: dict[int, str] | None = None,
    typed: dict[int, str] | None = None,
    status: int = 200,
) -> HttpResponse:
    view: BasketView = view_of(Basket(request.session).lines, get_catalogue())
    context = {
        "view": view,
        "errors": errors or {},
        "typed": typed or {},
        "pending": state if state.status is BasketStatus.PENDING else None,
        "stale": view.stale,
    }
    return render(request, "shop/basket.html", context, status=status)
