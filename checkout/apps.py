"""The checkout app: the order, from the checkout page to the receipt."""

from django.apps import AppConfig


class CheckoutConfig(AppConfig):
    """The app's configuration."""

    name = "checkout"

    def ready(self) -> None:
        """Register with the shop what needs orders: mails, the basket guard, sales figures."""
        from checkout.desk import bags_to_collect, note_restock, sold_by_day
        from checkout.guard import basket_state
        from checkout.mail import register_mails
        from shop.basket import guard
        from shop.desk import figures, restocked, to_collect

        register_mails()
        guard.register(basket_state)
        figures.register(sold_by_day)
        to_collect.register(bags_to_collect)
        restocked.register(note_restock)
