"""The checkout: everything from Pay on."""

from django.apps import AppConfig


class CheckoutConfig(AppConfig):
    """Django's entry for the checkout."""

    name = "checkout"

    def ready(self) -> None:
        from checkout.mail import register_mails

        register_mails()
