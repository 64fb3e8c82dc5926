"""robots.txt and sitemap.xml."""

from __future__ import annotations

from collections.abc import Callable
from math import ceil

from django.conf import settings
from django.core.cache import cache
from django.http import Http404, HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.cache import patch_cache_control
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from shop.catalogue import product_url
from shop.inventory import get_inventory
from shop.inventory.contract import ProductQuery

CLOSED = ("basket", "checkout", "find_order", "staff_home")
ALWAYS_THERE = ("home", "catalogue", "privacy")
HOUR = 3600
LONGEST_PART = 500
"""Coffees in one part of the sitemap; drawing it takes a tenth of a second of a processor."""
MOST_PARTS = 100


@cache_control(max_age=HOUR, public=True)
@require_safe
def robots(_request: HttpRequest) -> HttpResponse:
    """robots.txt: allows everything except a visitor's own pages."""
    lines = ["User-agent: *", *(f"Disallow: {reverse(name)}" for name in CLOSED)]
    lines.append(f"Sitemap: {settings.BASE_URL}{reverse('sitemap')}")
    return HttpResponse("\n".join(lines) + "\n", content_type="text/plain; charset=utf-8")


@require_safe
def sitemap(_request: HttpRequest) -> HttpResponse:
    """sitemap.xml: the addresses of its parts."""

    def draw() -> str:
        coffees = get_inventory().page(ProductQuery(limit=1)).total
        parts = max(1, min(ceil(coffees / LONGEST_PART), MOST_PARTS))
        addresses = [reverse("sitemap_part", args=[number + 1]) for number in range(parts)]
        return render_to_string("sitemap_index.xml", {"sitemaps": _entries(addresses)})

    return _kept_for_an_hour("sitemap", draw)


@require_safe
def sitemap_part(_request: HttpRequest, number: int) -> HttpResponse:
    """Some coffees on sale; the first part has the other public pages too."""
    if not 1 <= number <= MOST_PARTS:
        raise Http404

    def draw() -> str:
        query = ProductQuery(offset=(number - 1) * LONGEST_PART, limit=LONGEST_PART)
        addresses = [reverse(name) for name in ALWAYS_THERE] if number == 1 else []
        addresses += [product_url(product) for product in get_inventory().page(query).products]
        if not addresses:
            raise Http404
        return render_to_string("sitemap.xml", {"urlset": _entries(addresses)})

    return _kept_for_an_hour(f"sitemap-{number}", draw)


def _entries(addresses: list[str]) -> list[dict[str, str]]:
    """As Django's templates take them; they begin with BASE_URL, whatever host a robot used."""
    return [{"location": settings.BASE_URL + address} for address in addresses]


def _kept_for_an_hour(key: str, draw: Callable[[], str]) -> HttpResponse:
    response = HttpResponse(cache.get_or_set(key, draw, HOUR), content_type="application/xml")
    patch_cache_control(response, max_age=HOUR, public=True)
    return response
