"""The yardstick checkout: a bare Django view, one transaction on a raw cursor, a 302.

Three conditional decrements, one order, three lines, the session reset; without protection against
a second sale, without a ledger, without middleware.
"""

from __future__ import annotations

import os
from typing import Any

import django
from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path

TABLES = (
    "CREATE TABLE stock (id INTEGER PRIMARY KEY, quantity INTEGER NOT NULL)",
    "CREATE TABLE orders (id INTEGER PRIMARY KEY, reference TEXT UNIQUE)",
    "CREATE TABLE lines (order_id INTEGER, product_id INTEGER, quantity INTEGER)",
    "CREATE TABLE session (key TEXT PRIMARY KEY, data TEXT)",
)


def pay(request: HttpRequest) -> HttpResponse:
    """Sell the quantities of the form."""
    session = request.COOKIES["sessionid"]
    lines = [(id_, int(request.POST[id_])) for id_ in ("1001", "1002", "1003")]
    with transaction.atomic(), connection.cursor() as cursor:
        for id_, wanted in lines:
            cursor.execute(
                "UPDATE stock SET quantity = quantity - %s WHERE id = %s AND quantity >= %s",
                [wanted, id_, wanted],
            )
            assert cursor.rowcount == 1
        cursor.execute("INSERT INTO orders (reference) VALUES (%s)", [session])
        order = cursor.lastrowid
        cursor.executemany(
            "INSERT INTO lines VALUES (%s, %s, %s)", [(order, *line) for line in lines]
        )
        cursor.execute("UPDATE session SET data = '' WHERE key = %s", [session])
    return HttpResponseRedirect("/thanks/")


urlpatterns = [path("pay/", pay)]


FILE = "YARDSTICK"
"""The environment variable with the path of the database file."""


def application() -> WSGIHandler:
    """The yardstick as a WSGI application, on the file that the environment names."""
    from coffeeco_site.settings import DATABASES

    configure(DATABASES["default"] | {"NAME": os.environ[FILE]})
    return WSGIHandler()


def configure(database: dict[str, Any]) -> None:
    """Configure Django with this database and nothing else."""
    settings.configure(
        ROOT_URLCONF="benchmarks.yardstick",
        SECRET_KEY="none of the shop's",
        ALLOWED_HOSTS=["localhost"],
        USE_I18N=False,
        DATABASES={"default": database},
    )
    django.setup()


def stock(products: int, sessions: list[str]) -> None:
    """Fill the stock, and a basket for every session."""
    with transaction.atomic(), connection.cursor() as cursor:
        for table in TABLES:
            cursor.execute(table)
        rows = [(1001 + number,) for number in range(products)]
        cursor.executemany("INSERT INTO stock VALUES (%s, 10000000)", rows)
        baskets = [(session,) for session in sessions]
        cursor.executemany("INSERT INTO session VALUES (%s, 'basket')", baskets)
