"""Catalogue and product pages."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.templatetags.static import static
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe
from django.utils.timezone import localtime
from django.views.decorators.http import require_safe

from shop.branches import next_opening
from shop.catalogue import messages, search
from shop.catalogue.addresses import product_slug
from shop.catalogue.countries import countries, spellings
from shop.catalogue.page_cache import cached_page
from shop.catalogue.query import SORTS, CatalogueQuery
from shop.catalogue.reader import PER_PAGE, Catalogue, Listing, get_catalogue
from shop.catalogue.restock import RestockForm
from shop.inventory.contract import Product, ProductQuery, Shelf

OTHERS = 4
"""Other coffees on a coffee's page: one row of tiles."""


@require_safe
def catalogue(request: HttpRequest) -> HttpResponseBase:
    """Everything that is for sale: searched, filtered, sorted and divided into pages."""
    reader = get_catalogue()
    query = CatalogueQuery.read(request.GET)

    def context() -> dict[str, Any]:
        origins = reader.origins()
        asked = query.products(origins)
        listing = reader.listing(asked, page=query.page)
        at = partial(replace, query)
        listed = {product.id for product in listing.products}
        # Another program may have put one back.
        gone = [one for one in _sold_out(reader, query, asked, listing) if one.id not in listed]
        is_missing = bool(query.text) and not listing.total and not gone
        near = search.nearest(reader, asked) if is_missing else []
        return {
            "listing": listing,
            "products": (*listing.products, *gone),
            "coffees": listed.union(product.id for product in (*gone, *near)),
            "query": query,
            "is_narrowed": query.origin or query.in_stock or query.sort != "name",
            "origin": asked.origins[0] if asked.origins else "",
            "title": messages.title(listing, query),
            "found": messages.found(listing, query, len(gone) if query.is_filtered else 0),
            "origins": countries(origins),
            "sorts": SORTS,
            "near": near,
            "better": search.better_spelling(reader, asked) if is_missing else "",
            "this_page": at(page=listing.page).address,
            "previous_url": at(page=listing.page - 1).address if listing.page > 1 else "",
            "next_url": at(page=listing.page + 1).address if listing.page < listing.pages else "",
            "wider_url": wider_url(query),
            "can_buy": not listing.stale,
            "address": canonical_address(
                query, listing, asked.origins if listing.total or gone else ()
            ),
        }

    return cached_page(request, reader, "shop/catalogue.html", query, context)


def _sold_out(
    reader: Catalogue, query: CatalogueQuery, asked: ProductQuery, listing: Listing
) -> Sequence[Product]:
    """What stands behind the last page: a few that sold out lately, or all that match a search."""
    if listing.page < listing.pages or query.in_stock:
        return ()
    if not query.is_filtered:
        return reader.recently_sold_out()
    return search.sold_out(reader, asked)[:PER_PAGE]


@require_safe
def product(request: HttpRequest, product_id: int, slug: str = "") -> HttpResponse:
    """One coffee; a sold-out one keeps its page."""
    reader = get_catalogue()
    shown = reader.product(product_id)
    found = shown.products.get(product_id)
    if found is None:
        raise Http404
    if slug != product_slug(found.name):
        # Not for ever: a coffee that gets its old name back would send browsers in circles.
        return redirect("product", product_id, product_slug(found.name))
    return render(request, "shop/product.html", product_context(reader, found, stale=shown.stale))


def product_context(reader: Catalogue, product: Product, *, stale: bool) -> dict[str, Any]:
    """What a product's page shows, with other coffees: first those of its origin."""
    others = _others(reader, product)
    when, where = next_opening(localtime())
    is_waited_for = product.is_sold_out and product.shelf is not Shelf.WITHDRAWN
    return {
        "product": product,
        "collect": {"when": when, "where": where},
        "others": others,
        "coffees": {product.id, *(other.id for other in others)},
        "can_buy": not stale,
        "stale": stale,
        "product_json": _structured(product),
        "form": RestockForm() if is_waited_for else None,
    }


def _others(reader: Catalogue, product: Product) -> list[Product]:
    """A few other coffees in stock, those of the same origin first."""
    others: Sequence[Product] = reader.some(ProductQuery(in_stock=True))
    if len(others) < PER_PAGE:
        same = spellings(product.origin, {other.origin for other in others})
        others = sorted(others, key=lambda other: other.origin not in same)
    elif product.origin:
        same = spellings(product.origin, reader.origins())
        others = (*reader.some(ProductQuery(origins=same, in_stock=True)), *others)
    found = {other.id: other for other in others}
    found.pop(product.id, None)
    return list(found.values())[:OTHERS]


def wider_url(query: CatalogueQuery) -> str:
    """The address of the same search among all coffees; empty when it is that already."""
    return CatalogueQuery(text=query.text).address if query.origin or query.in_stock else ""


def canonical_address(query: CatalogueQuery, listing: Listing, origins: Sequence[str]) -> str:
    """The address under which search engines should list what this page shows.

    Later pages and the coffees of one origin stand for themselves. A search, another order and
    "in stock" only repeat a part of the plain list.
    """
    is_plain = not query.text and not query.in_stock and query.sort == "name"
    return CatalogueQuery(
        origin=origins[0] if origins else "", page=listing.page if is_plain else 1
    ).address


def _availability(product: Product) -> str:
    """In schema.org's words, whether it can be had."""
    if product.shelf is Shelf.WITHDRAWN:
        return "Discontinued"
    return "SoldOut" if product.is_sold_out else "InStock"


def _structured(product: Product) -> SafeString:
    """The product in schema.org's words, as JSON that can stand inside a script element."""
    path = reverse("product", args=[product.id, product_slug(product.name)])
    data: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": "Product",
        "name": product.name,
        "description": product.description,
        "sku": str(product.id),
        "image": settings.BASE_URL + static("share.png"),
        "weight": {
            "@type": "QuantitativeValue",
            "value": settings.BAG_GRAMS,
            "unitCode": "GRM",
        },
        "offers": {
            "@type": "Offer",
            "price": str(product.price),
            "priceCurrency": settings.CURRENCY,
            "url": settings.BASE_URL + path,
            "availability": f"https://schema.org/{_availability(product)}",
        },
    }
    if product.origin:
        data["countryOfOrigin"] = product.origin
    text = json.dumps(data, ensure_ascii=False)
    for character in "<>&":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return mark_safe(text)  # noqa: S308 (escaped just above)
