"""The WSGI application that a server runs. What is set wrongly stops it before any visitor."""

import os
import sys
from pathlib import Path

import django
from django.core.exceptions import ImproperlyConfigured

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "coffeeco_site.settings")

django.setup(set_prefix=False)

from django.conf import settings  # noqa: E402 (there are none before)

from coffeeco_site.requests import Application  # noqa: E402 (Django has to be set up first)
from shop.inventory import get_inventory  # noqa: E402 (Django has to be set up first)

if settings.KEY_IS_THIS_PROCESSES_OWN and Path(sys.argv[0]).name != "manage.py":
    # Two workers, and the jobs beside them, would each have a key of their own.
    raise ImproperlyConfigured(
        "SECRET_KEY is not set. 'make run' writes one into .env; or make one with: "
        "python -c 'import secrets; print(secrets.token_urlsafe(50))'"
    )
# Reads INVENTORY_URL, and asks no server yet.
get_inventory()
application = Application()
