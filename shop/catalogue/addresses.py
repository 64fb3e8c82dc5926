"""Addresses of products and origins."""

from functools import lru_cache

from django.urls import reverse
from django.utils.text import slugify

from shop.http import encoded
from shop.inventory.contract import Product


def product_url(product: Product) -> str:
    """The address of a product's page."""
    return reverse("product", args=(product.id, product_slug(product.name)))


def origin_url(origin: str) -> str:
    """The address of the page with the coffees of an origin."""
    return f"{reverse('catalogue')}?{encoded({'origin': origin})}"


@lru_cache(maxsize=1024)  # of at most 50 characters each
def product_slug(name: str) -> str:
    """The readable end of a product's address; ``coffee`` for a name without Latin letters."""
    return slugify(name) or "coffee"
