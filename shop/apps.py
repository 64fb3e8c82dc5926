"""The shop: everything up to the basket, and the staff's stock desk."""

from django.apps import AppConfig


class ShopConfig(AppConfig):
    """Django's entry for the shop."""

    name = "shop"

    def ready(self) -> None:
        """Let kept pages differ by the bags in the basket, and register the shop's mails."""
        from shop.basket import bags_of
        from shop.catalogue import bags_in_basket, register_restock_mails
        from shop.desk import register_mails

        bags_in_basket.register(bags_of)
        register_mails()
        register_restock_mails()
