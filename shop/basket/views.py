"""The basket's page and the forms that change the basket."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from http import HTTPStatus
from typing import Concatenate, ParamSpec
from urllib.parse import urldefrag

from django.contrib import messages as banners
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from shop.basket import messages
from shop.basket.contents import BasketLine, BasketView, view_of
from shop.basket.first_prices import first_prices, remember_added, remember_shown
from shop.basket.forms import LineForm, typed_numbers
from shop.basket.marker import mark_basket
from shop.basket.places import anchor, place_tag
from shop.basket.session import (
    MOST_LINES,
    MOST_OF_ONE,
    OPEN,
    Basket,
    BasketState,
    BasketStatus,
    settle_basket,
)
from shop.basket.undo import undo_tag
from shop.catalogue import Catalogue, get_catalogue, is_on_sale, product_context, product_url
from shop.http import LONGEST_ADDRESS, whole_number
from shop.inventory.contract import MAX_ID, InventoryUnavailable, Product

P = ParamSpec("P")

SAID = "#said"
"""Where a page says what is not about a coffee that it shows."""


@never_cache
@require_safe
def basket(request: HttpRequest) -> HttpResponse:
    """The basket's lines with live prices and stock."""
    state = settle_basket(Basket(request.session))
    if state.status is BasketStatus.SPENT:
        banners.info(request, messages.ordered(state.reference))
    return _basket_page(request, state)


def changes_basket(
    view: Callable[Concatenate[HttpRequest, Basket, P], HttpResponse],
) -> Callable[Concatenate[HttpRequest, P], HttpResponse]:
    """A POST that changes the basket; while an order for it is pending, changes wait."""

    @require_POST
    @wraps(view)
    def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        basket = Basket(request.session)
        state = settle_basket(basket)
        if state.status is BasketStatus.PENDING:
            banners.warning(request, messages.waiting(state.reference))
            return _basket_page(request, state, status=409)
        response = view(request, basket, *args, **kwargs)
        mark_basket(request, response)
        return response

    return guarded


@changes_basket
def add(request: HttpRequest, basket: Basket) -> HttpResponse:
    """Put bags of a product into the basket, on top of those that are there."""
    form = LineForm.read(request.POST)
    reader = get_catalogue()
    product = _product(reader, form.product_id)
    wanted = basket.lines.get(product.id, 0) + form.quantity
    error = form.error or _refusal(product, basket, wanted)
    if error:
        return _refused(request, reader, product, error, form.typed)
    basket.set(product.id, wanted)
    said = messages.added(product.name, form.quantity)
    banners.success(request, said, f"basket {place_tag(product.id, wanted)}")
    response = redirect(anchor(_page_of(request) or product_url(product), product.id))
    remember_added(request, response, basket, product)
    return response


@changes_basket
def update(request: HttpRequest, basket: Basket) -> HttpResponse:
    """Save the numbers that were typed; *Checkout* goes on from there."""
    saved = _save(request, basket, typed_numbers(request.POST))
    goes_on = "checkout" in request.POST and saved.status_code == HTTPStatus.FOUND
    return redirect("checkout") if goes_on else saved


@changes_basket
def remove(request: HttpRequest, basket: Basket) -> HttpResponse:
    """Take a product out of the basket; numbers that were typed for others are saved."""
    product_id = whole_number(request.POST.get("product_id", "").strip(), least=1, most=MAX_ID)
    if product_id is None:
        raise Http404
    numbers = typed_numbers(request.POST) | {product_id: "0"}
    if product_id not in basket.lines:
        del numbers[product_id]
    return _save(request, basket, numbers)


@changes_basket
def undo(request: HttpRequest, basket: Basket) -> HttpResponse:
    """Put a line back that was taken out, with as many bags as it had.

    Only a line that is not there is put back, so a second press adds nothing, and neither does an
    old tab: a line that is there again was added since.
    """
    form = LineForm.read(request.POST)
    reader = get_catalogue()
    product = _product(reader, form.product_id)
    have = basket.lines.get(product.id, 0)
    if have:
        said = messages.there_already(product.name, have)
        banners.info(request, said, place_tag(product.id))
        return redirect(anchor(reverse("basket"), product.id))
    error = form.error or _refusal(product, basket, form.quantity)
    if error:
        return _refused(request, reader, product, error, form.typed)
    basket.set(product.id, form.quantity)
    banners.success(request, messages.back(product.name, form.quantity), place_tag(product.id))
    response = redirect(anchor(reverse("basket"), product.id))
    remember_added(request, response, basket, product)
    return response


@changes_basket
def put_back(request: HttpRequest, basket: Basket, lines: Mapping[int, int]) -> HttpResponse:
    """Put the lines of an earlier order into the basket, and say which can't be had as they were.

    A coffee that is in the basket already gets no more bags than the order had.
    """
    before = basket.lines
    view = view_of(lines, get_catalogue())
    if view.stale:
        raise InventoryUnavailable("the stock is not known now")
    room = MOST_LINES - len(before)
    new = [line for line in view.lines if line.product_id not in before and line.note != "gone"]
    taken = {line.product_id for line in new[:room]} | before.keys()
    numbers = {
        line.product_id: max(before.get(line.product_id, 0), min(line.quantity, line.left))
        for line in view.lines
        if line.product_id in taken and line.note != "gone"
    }
    if numbers:
        basket.update(numbers)
        bags = sum(min(number, lines[id_]) for id_, number in numbers.items())
        banners.success(request, messages.put_back(bags))
    for line in [line for line in view.lines if line.problem][: messages.NAMED]:
        banners.warning(request, line.problem)
    if len(new) > room:
        banners.warning(request, messages.full())
    return redirect(reverse("basket") + SAID)


@changes_basket
def reduce(request: HttpRequest, basket: Basket) -> HttpResponse:
    """Reduce the basket to what is left, and say what changed."""
    saved = _save(request, basket, typed_numbers(request.POST))
    if saved.status_code != HTTPStatus.FOUND:
        return saved
    view = view_of(basket.lines, get_catalogue())
    if view.stale or not view.has_problems:
        return redirect("checkout" if view.lines else "basket")
    basket.change_to(view.what_is_left())
    changes = [(line.name, line.quantity, line.left) for line in view.lines if line.note]
    banners.success(request, messages.reduced(changes))
    return redirect(reverse("checkout" if basket.lines else "basket") + SAID)


def _save(request: HttpRequest, basket: Basket, numbers: Mapping[int, str]) -> HttpResponse:
    """Save every number that can be taken, and lead to what is said of them on the basket's page.

    If a number can't be taken, the answer is that page, with status 422.
    """
    before = basket.lines
    read = {id_: whole_number(numbers[id_], most=MOST_OF_ONE) for id_ in before if id_ in numbers}
    view = _live({id_: n for id_, n in read.items() if n is not None and n != before[id_]})
    refused = [line for line in view.lines if line.quantity and line.problem and not view.stale]
    changed = [line for line in view.lines if line not in refused]
    if changed:
        basket.update({line.product_id: line.quantity for line in changed})
    place = _say_changed(request, before, changed)
    if numbers.keys() - before.keys():
        banners.warning(request, messages.not_in_basket())
        place = SAID
    errors = {id_: messages.type_a_number(0) for id_, number in read.items() if number is None}
    errors |= {line.product_id: line.problem for line in refused}
    if errors:
        return _basket_page(request, errors=errors, typed=numbers, status=422)
    return redirect(reverse("basket") + place)


def _live(quantities: Mapping[int, int]) -> BasketView:
    """These lines with their products; without them while the inventory is away."""
    try:
        return view_of(quantities, get_catalogue())
    except InventoryUnavailable:
        nameless = (
            BasketLine(product_id=id_, quantity=quantity, product=None)
            for id_, quantity in quantities.items()
        )
        return BasketView(lines=tuple(nameless), stale=True)


def _say_changed(
    request: HttpRequest, before: Mapping[int, int], changed: Sequence[BasketLine]
) -> str:
    """Say what has changed and offer to put back what was taken out; where on the page it is."""
    place = ""
    if kept := [line for line in changed if line.quantity]:
        said = messages.updated(
            [(each.name, before[each.product_id], each.quantity) for each in kept]
        )
        banners.success(request, said, place_tag(kept[0].product_id))
        place = anchor("", kept[0].product_id)
    for line in [line for line in changed if not line.quantity][: messages.NAMED]:
        tag = undo_tag(line.product_id, before[line.product_id])
        banners.success(request, messages.removed(line.name), tag)
        place = SAID
    return place


def _page_of(request: HttpRequest) -> str:
    """The page of this shop on which the form stood, so that the search is not lost."""
    page = request.POST.get("next", "")
    if len(page) > LONGEST_ADDRESS:
        return ""
    page, _fragment = urldefrag(page)
    # redirect() takes text without a slash at its beginning for the name of a view.
    is_local = page.startswith("/") and url_has_allowed_host_and_scheme(page, allowed_hosts=None)
    return page if is_local else ""


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
    """The product's page with the error and the quantity that was typed, and a way back."""
    # A product that can't be bought has no quantity field; its error stands at its stock.
    place = "quantity" if is_on_sale(product) else "stock"
    context = product_context(reader, product, stale=False)
    this_page, came_from = product_url(product), _page_of(request)
    context |= {
        "errors": {place: error},
        "typed": {"quantity": typed},
        "this_page": this_page,
        "next": came_from if came_from != this_page else "",
    }
    return render(request, "shop/product.html", context, status=422)


def _basket_page(
    request: HttpRequest,
    state: BasketState = OPEN,
    *,
    errors: Mapping[int, str] | None = None,
    typed: Mapping[int, str] | None = None,
    status: int = 200,
) -> HttpResponse:
    is_pending = state.status is BasketStatus.PENDING
    lines = Basket(request.session).lines
    view = view_of(lines, get_catalogue(), first_prices(request), is_ordered=is_pending)
    context = {
        "view": view,
        "coffees": lines.keys(),
        "errors": errors or {},
        "typed": typed or {},
        "pending": state if is_pending else None,
        "stale": view.stale,
        "this_page": reverse("basket"),
    }
    response = render(request, "shop/basket.html", context, status=status)
    mark_basket(request, response)
    remember_shown(request, response, view)
    return response
