"""Addresses of products."""

from functools import lru_cache

from django.urls import reverse
from django.utils.text import slugify

from shop.inventory.contract import Product


def product_url(product: Product) -> str:
    """The address of a product's page."""
    return reverse("product", args=(product.id, product_slug(product.name)))


@lru_cache(maxsize=4096)
def product_slug(name: str) -> str:
    """The readable end of a product's address; ``coffee`` for a name without Latin letters."""
    return slugify(name) or "coffee"
