"""What is for sale: read, listed, searched, and shown product by product."""

from shop.catalogue import messages
from shop.catalogue.addresses import origin_url, product_url
from shop.catalogue.countries import country
from shop.catalogue.page_cache import bags_in_basket
from shop.catalogue.reader import PER_PAGE, Catalogue, Listing, get_catalogue, is_on_sale
from shop.catalogue.restock import purge as purge_restock
from shop.catalogue.restock import register_restock_mails
from shop.catalogue.views import product_context

__all__ = [
    "PER_PAGE",
    "Catalogue",
    "Listing",
    "bags_in_basket",
    "country",
    "get_catalogue",
    "is_on_sale",
    "messages",
    "origin_url",
    "product_context",
    "product_url",
    "purge_restock",
    "register_restock_mails",
]
