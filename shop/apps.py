"""The shop: everything up to the basket, and the staff's stock desk."""

from django.apps import AppConfig


class ShopConfig(AppConfig):
    """Django's entry for the shop."""

    name = "shop"
