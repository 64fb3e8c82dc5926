"""The project: startproject's middleware, and one view that sells the session's basket.

One transaction locks the products, saves each of them, and writes the order, its lines and the
session. Without protection against a second sale, and without a ledger.
"""

from __future__ import annotations

import os
import secrets
from typing import Any

import django
from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path
from django.views.decorators.http import require_POST

FILE = "ORDINARY_SHOP"
"""The environment variable with the path of the database file."""
APPS = ("admin", "auth", "contenttypes", "sessions", "messages", "staticfiles")
MIDDLEWARE = (
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
)


@require_POST
def pay(request: HttpRequest) -> HttpResponse:
    """Sell the basket."""
    from benchmarks.ordinary.models import Order, OrderLine, Product

    basket: dict[str, int] = request.session["basket"]
    with transaction.atomic():
        products = list(Product.objects.select_for_update().filter(id__in=basket).order_by("id"))
        for product in products:
            if product.quantity < basket[str(product.pk)]:
                return HttpResponse("Sold out", status=409)
            product.quantity -= basket[str(product.pk)]
            product.save()
        order = Order.objects.create(reference=secrets.token_hex(16), branch=request.POST["branch"])
        OrderLine.objects.bulk_create(
            OrderLine(
                order=order,
                product=product,
                quantity=basket[str(product.pk)],
                unit_price=product.price,
            )
            for product in products
        )
        del request.session["basket"]
        request.session.save()
    request.session.modified = False
    return HttpResponseRedirect("/thanks/")


urlpatterns = [path("pay/", pay)]


def application() -> WSGIHandler:
    """The shop as a WSGI application, on the file that the environment names."""
    from coffeeco_site.settings import DATABASES

    configure(DATABASES["default"] | {"NAME": os.environ[FILE]})
    return WSGIHandler()


def configure(database: dict[str, Any]) -> None:
    """Configure Django with this database and what startproject writes."""
    settings.configure(
        ROOT_URLCONF="benchmarks.ordinary.project",
        SECRET_KEY="none of the shop's",
        ALLOWED_HOSTS=["localhost"],
        INSTALLED_APPS=[*(f"django.contrib.{app}" for app in APPS), "benchmarks.ordinary"],
        MIDDLEWARE=MIDDLEWARE,
        DATABASES={"default": database},
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        USE_TZ=True,
    )
    django.setup()


def stock(products: int, visitors: int) -> list[str]:
    """Make the tables and fill the stock; returns the keys of sessions with a basket each."""
    from django.contrib.sessions.backends.db import SessionStore
    from django.core.management import call_command

    from benchmarks.ordinary.models import Product

    call_command("migrate", run_syncdb=True, skip_checks=True, verbosity=0)
    Product.objects.bulk_create(
        Product(id=1001 + number, name=f"Coffee {number:04}", price="12.50", quantity=10_000_000)
        for number in range(products)
    )
    keys = []
    with transaction.atomic():
        for _ in range(visitors):
            session = SessionStore()
            session["basket"] = {"1001": 1, "1002": 1, "1003": 1}
            session.create()
            keys.append(str(session.session_key))
    return keys
