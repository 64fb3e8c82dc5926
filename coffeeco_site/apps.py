"""The site: settings, addresses and what belongs to no single app."""

from django.apps import AppConfig


class SiteConfig(AppConfig):
    """Django's entry for the site."""

    name = "coffeeco_site"

    def ready(self) -> None:
        """Register the site's system checks."""
        from coffeeco_site import checks  # noqa: F401
