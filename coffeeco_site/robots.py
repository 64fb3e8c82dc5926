"""What search engines may read, and where everything for sale is."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.sitemaps import Sitemap
from django.contrib.sitemaps.views import sitemap as sitemap_view
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from shop.catalogue import product_url
from shop.deliveries import products_on_sale
from shop.inventory import get_inventory

CLOSED = ("basket", "checkout", "find_order", "staff_home")
MOST = 50_000
"""As many addresses as one sitemap may hold."""


class _OurSitemap(Sitemap):  # type: ignore[type-arg]  # not generic at run time
    """Addresses begin as BASE_URL does, whatever host a robot asked by."""

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


@cache_control(max_age=3600, public=True)
@require_safe
def robots(_request: HttpRequest) -> HttpResponse:
    """robots.txt: everything but what is a shopper's own."""
    lines = ["User-agent: *", *(f"Disallow: {reverse(name)}" for name in CLOSED)]
    lines.append(f"Sitemap: {settings.BASE_URL}{reverse('sitemap')}")
    return HttpResponse("\n".join(lines) + "\n", content_type="text/plain; charset=utf-8")


@cache_control(max_age=3600, public=True)
@require_safe
def sitemap(request: HttpRequest) -> HttpResponse:
    """sitemap.xml: the public pages and every coffee on sale."""
    response: HttpResponse = sitemap_view(
        request, {"pages": PageSitemap, "products": ProductSitemap}
    )
    return response
