"""The basket's pages: everything a shopper does before the checkout."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import wraps

from django.contrib import messages as banners
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from shop.basket import messages
from shop.basket.contents import BasketLine, view_of
from shop.basket.first_prices import first_prices, remember_added, remember_shown
from shop.basket.messages import Taken
from shop.basket.session import (
    MOST_LINES,
    MOST_OF_ONE,
    OPEN,
    Basket,
    BasketState,
    BasketStatus,
    settle_basket,
)
from shop.catalogue import Catalogue, get_catalogue, is_on_sale, product_context, product_url
from shop.http import is_count
from shop.inventory.contract import MAX_ID, InventoryUnavailable, Product


@never_cache
@require_safe
def basket(request: HttpRequest) -> HttpResponse:
    """What is in the basket, with live prices and stock."""
    state = settle_basket(Basket(request.session))
    if state.status is BasketStatus.SPENT:
        banners.info(request, messages.ordered(state.reference))
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
            banners.warning(request, messages.waiting(state.reference))
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
        return _refused(request, reader, product, error, form.typed)
    basket.set(product.id, wanted)
    banners.success(request, messages.added(product.name, form.quantity), "basket")
    response = redirect(_page_of(request) or product_url(product))
    remember_added(request, response, basket, product)
    return response


@changes_basket
def update(request: HttpRequest, basket: Basket) -> HttpResponse:
    """Want another quantity of a product, 0 for none."""
    form = LineForm.read(request.POST, least=0)
    if form.product_id is None:
        raise Http404
    if form.product_id not in basket.lines:
        banners.warning(request, messages.not_in_basket())
        return _basket_page(request, status=409)
    if form.error:
        return _basket_page(
            request,
            errors={form.product_id: form.error},
            typed={form.product_id: form.typed},
            status=422,
        )
    if not form.quantity:
        return _take_out(request, basket, form.product_id)
    basket.set(form.product_id, form.quantity)
    banners.success(request, messages.updated())
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
        return _take_out(request, basket, form.product_id)
    return redirect("basket")


@changes_basket
def undo(request: HttpRequest, basket: Basket) -> HttpResponse:
    """Put a line back that was taken out, with as many bags as it had.

    Only a line that is not there is put back. Pressed twice it adds nothing up; and in an old tab
    it changes nothing either, for a line that is there again is what the shopper wanted since.
    """
    form = LineForm.read(request.POST, least=1)
    reader = get_catalogue()
    product = _product(reader, form.product_id)
    have = basket.lines.get(product.id, 0)
    if have:
        banners.info(request, messages.there_already(product.name, have))
        return redirect("basket")
    error = form.error or _refusal(product, basket, form.quantity)
    if error:
        return _refused(request, reader, product, error, form.typed)
    basket.set(product.id, form.quantity)
    banners.success(request, messages.back(product.name, form.quantity))
    response = redirect("basket")
    remember_added(request, response, basket, product)
    return response


@changes_basket
def reduce(request: HttpRequest, basket: Basket) -> HttpResponse:
    """Change the basket to what is left, and say what was changed."""
    view = view_of(basket.lines, get_catalogue())
    if view.stale or not view.has_problems:
        return redirect("checkout" if view.lines else "basket")
    basket.change_to(view.what_is_left())
    changes = [(line.name, line.quantity, line.left) for line in view.lines if line.note]
    banners.success(request, messages.reduced(changes))
    return redirect("checkout" if basket.lines else "basket")


def _take_out(request: HttpRequest, basket: Basket, product_id: int) -> HttpResponse:
    """Remove a line, say which, and offer to put it back."""
    taken = Taken(product_id=product_id, quantity=basket.lines[product_id])
    name = _name(product_id)
    basket.set(product_id, 0)
    banners.success(request, messages.removed(name), taken.tag)
    return redirect("basket")


def _name(product_id: int) -> str:
    """What a line is called; its number while nobody can say more. Never fails."""
    try:
        product = get_catalogue().products([product_id]).products.get(product_id)
    except InventoryUnavailable:
        product = None
    return BasketLine(product_id=product_id, quantity=0, product=product).name


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
        return messages.gone(product.name, product)
    if wanted > product.left:
        have = basket.lines.get(product.id, 0)
        return messages.only_left(product.name, product.left, have=have)
    if wanted > MOST_OF_ONE:
        return messages.full_of_one()
    if product.id not in basket.lines and len(basket.lines) >= MOST_LINES:
        return messages.full()
    return ""


def _refused(
    request: HttpRequest, reader: Catalogue, product: Product, error: str, typed: str
) -> HttpResponse:
    """The product's page, which says why and keeps what was typed."""
    # What can't be bought has no field for its quantity; its stock is said in its place.
    place = "quantity" if is_on_sale(product) else "stock"
    context = product_context(reader, product, stale=False)
    context |= {"errors": {place: error}, "typed": {"quantity": typed}}
    return render(request, "shop/product.html", context, status=422)


def _basket_page(
    request: HttpRequest,
    state: BasketState = OPEN,
    *,
    errors: dict[int, str] | None = None,
    typed: dict[int, str] | None = None,
    status: int = 200,
) -> HttpResponse:
    is_pending = state.status is BasketStatus.PENDING
    lines = Basket(request.session).lines
    view = view_of(lines, get_catalogue(), first_prices(request), is_ordered=is_pending)
    context = {
        "view": view,
        "errors": errors or {},
        "typed": typed or {},
        "pending": state if is_pending else None,
        "stale": view.stale,
    }
    response = render(request, "shop/basket.html", context, status=status)
    remember_shown(request, response, view)
    return response


@dataclass(frozen=True, kw_only=True, slots=True)
class LineForm:
    """A product and how many bags of it; ``error`` is a sentence when it can't be taken."""

    product_id: int | None
    quantity: int
    typed: str
    error: str

    @classmethod
    def read(cls, data: Mapping[str, str], *, least: int) -> LineForm:
        """From a form's fields; ``least`` is 1 to add and 0 to change, which removes."""
        id_ = data.get("product_id", "").strip()
        typed = data.get("quantity", "").strip()
        quantity = int(typed) if is_count(typed) else -1
        fits = least <= quantity <= MOST_OF_ONE
        return cls(
            product_id=int(id_) if is_count(id_) and 0 < int(id_) <= MAX_ID else None,
            quantity=quantity if fits else 0,
            typed=typed[:20],
            error="" if fits else messages.type_a_number(least),
        )
