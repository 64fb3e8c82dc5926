"""robots.txt and sitemap.xml."""

from __future__ import annotations

from collections.abc import Sequence
from threading import Lock
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.sitemaps import Sitemap
from django.contrib.sitemaps.views import sitemap as sitemap_view
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.cache import patch_cache_control
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from shop.catalogue import product_url
from shop.deliveries import products_on_sale
from shop.inventory import get_inventory

CLOSED = ("basket", "checkout", "find_order", "staff_home")
HOUR = 3600
DRAWING = Lock()
"""Held by the thread that draws the sitemap."""
MOST = 50_000
"""Addresses that one sitemap may hold."""


class _OurSitemap(Sitemap):  # type: ignore[type-arg]  # not generic at run time
    """Addresses begin with BASE_URL, whatever host a robot used."""

    limit = MOST

    def get_protocol(self, protocol: str | None = None) -> str:  # noqa: ARG002
        return str(urlsplit(settings.BASE_URL).scheme)

    def get_domain(self, site: object = None) -> str:  # noqa: ARG002
        return str(urlsplit(settings.BASE_URL).netloc)


class PageSitemap(_OurSitemap):
    """The pages that are always there."""

    def items(self) -> Sequence[str]:
        return ["home", "catalogue", "privacy"]

    def location(self, item: str) -> str:
        return reverse(item)


class ProductSitemap(_OurSitemap):
    """Every coffee on sale."""

    def items(self) -> Sequence[str]:
        return [product_url(product) for product in products_on_sale(get_inventory())][:MOST]

    def location(self, item: str) -> str:
        return item


@cache_control(max_age=HOUR, public=True)
@require_safe
def robots(_request: HttpRequest) -> HttpResponse:
    """robots.txt: allows everything except a visitor's own pages."""
    lines = ["User-agent: *", *(f"Disallow: {reverse(name)}" for name in CLOSED)]
    lines.append(f"Sitemap: {settings.BASE_URL}{reverse('sitemap')}")
    return HttpResponse("\n".join(lines) + "\n", content_type="text/plain; charset=utf-8")


@require_safe
def sitemap(request: HttpRequest) -> HttpResponse:
    """sitemap.xml: the public pages and every coffee on sale, drawn once an hour.

    With 10,000 coffees drawing it takes a second of a processor, so only one thread does it;
    others are answered 503, because a robot comes again, and waiting would hold their threads.
    """
    drawn: bytes | None = cache.get("sitemap")
    if drawn is None:
        if not DRAWING.acquire(blocking=False):
            return HttpResponse(status=503, headers={"Retry-After": "5"})
        try:
            page = sitemap_view(request, {"pages": PageSitemap, "products": ProductSitemap})
            drawn = bytes(page.render().content)
            cache.set("sitemap", drawn, HOUR)
        finally:
            DRAWING.release()
    response = HttpResponse(drawn, content_type="application/xml")
    patch_cache_control(response, max_age=HOUR, public=True)
    return response
