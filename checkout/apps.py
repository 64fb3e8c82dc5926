"""The checkout: everything from Pay on."""

from django.apps import AppConfig


class CheckoutConfig(AppConfig):
    """Django's entry for the checkout."""

    name = "checkout"

    def ready(self) -> None:
        """Register what only the checkout knows: mails, what became of a basket, what sold."""
        from checkout.desk import sold_by_day
        from checkout.guard import basket_state
        from checkout.mail import register_mails
        from shop.basket import guard
        from shop.desk import figures

        register_mails()
        guard.register(basket_state)
        figures.register(sold_by_day)
