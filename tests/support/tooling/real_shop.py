"""The shop as production serves it, by granian with collected static files, and its pages."""

from __future__ import annotations

import csv
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from tests.support.tooling.buy_over_http import Visitor
from tests.support.tooling.fresh_clone import free_port
from tests.support.tooling.machine import copy_project, setting_names

PATIENCE = 120
"""Seconds for a command of the shop; a slow machine is not a fault."""
LAST_BAG = 1011
LATE_COFFEES = range(3001, 3049)
"""The products that come on top of the sample delivery's twelve, which makes sixty."""


@dataclass(frozen=True, kw_only=True)
class RealPage:
    """An address, and the cookies of the visitor who opens it."""

    name: str
    path: str
    cookies: dict[str, str]
    is_public: bool = True
    """False for what search engines are told to leave alone."""
    status: int = 200


@contextmanager
def open_shop(folder: Path) -> Iterator[str]:
    """The address of a shop of sixty coffees, of its own in this folder; closed on leaving."""
    project = copy_project(folder)
    delivery = folder / "late.csv"
    _write_delivery(delivery)
    environment = {key: value for key, value in os.environ.items() if key not in setting_names()}
    environment |= {
        "DJANGO_SETTINGS_MODULE": "coffeeco_site.settings",
        "ENV_FILE": os.devnull,
        "PYTHONUNBUFFERED": "1",
    }
    for command in (
        ["migrate", "--verbosity=0"],
        ["import_delivery", "shop/sample_delivery.csv"],
        ["import_delivery", str(delivery)],
    ):
        subprocess.run(
            [sys.executable, "manage.py", *command],
            cwd=project,
            env=environment,
            check=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            timeout=PATIENCE,
        )
    port = free_port()
    log = folder / "shop.log"
    with (
        log.open("w", encoding="utf-8") as words,
        subprocess.Popen(
            [sys.executable, "manage.py", "demo", "--port", str(port)],
            cwd=project,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=words,
            text=True,
        ) as demo,
    ):
        try:
            assert demo.stdout
            while (line := demo.stdout.readline()) and "Ctrl-C closes it." not in line:
                pass
            if not line:
                raise RuntimeError(f"The shop did not open:\n{log.read_text('utf-8')}")
            yield f"http://127.0.0.1:{port}"
        finally:
            demo.terminate()
            demo.communicate()  # it has a last line to say


def pages_of(shop: str) -> list[RealPage]:
    """Every page that a customer can open by an address, in a shop with an order."""
    no_cookies: dict[str, str] = {}
    thanks = _buy(shop, LAST_BAG)
    three, thirty = (_basket(shop, count) for count in (3, 30))
    return [
        RealPage(name="home", path="/", cookies=no_cookies),
        RealPage(name="catalogue", path="/shop/", cookies=no_cookies),
        RealPage(name="catalogue, last page", path="/shop/?page=3", cookies=no_cookies),
        RealPage(name="catalogue, filtered", path="/shop/?origin=Ethiopia", cookies=no_cookies),
        RealPage(name="catalogue, nothing found", path="/shop/?q=zzz", cookies=no_cookies),
        RealPage(name="product", path="/shop/1001/harbour-light/", cookies=no_cookies),
        RealPage(name="product, sold out", path="/shop/1011/keepers-reserve/", cookies=no_cookies),
        RealPage(name="basket, empty", path="/basket/", cookies=no_cookies, is_public=False),
        RealPage(name="basket", path="/basket/", cookies=three, is_public=False),
        RealPage(name="basket, 30 lines", path="/basket/", cookies=thirty, is_public=False),
        RealPage(name="checkout", path="/checkout/", cookies=three, is_public=False),
        RealPage(name="checkout, 30 lines", path="/checkout/", cookies=thirty, is_public=False),
        RealPage(name="thanks", path=thanks, cookies=no_cookies, is_public=False),
        RealPage(name="find an order", path="/orders/", cookies=no_cookies, is_public=False),
        RealPage(name="privacy", path="/privacy/", cookies=no_cookies),
        RealPage(name="404", path="/nowhere/", cookies=no_cookies, is_public=False, status=404),
        RealPage(name="staff login", path="/staff/login/", cookies=no_cookies, is_public=False),
    ]


def _write_delivery(file: Path) -> None:
    origins = ("Peru", "Honduras", "Mexico", "Uganda", "Yemen", "Papua New Guinea")
    with file.open("w", encoding="utf-8", newline="") as lines:
        writer = csv.writer(lines)
        writer.writerow(
            ("ProductId", "Name", "Description", "CountryOfOrigin", "Price", "StockQuantity")
        )
        for id_ in LATE_COFFEES:
            words = f"Lot {id_} of the late harvest: plum, cedar and a little clove."
            writer.writerow((id_, f"Late Harvest {id_}", words, origins[id_ % 6], "13.50", 20))


def _basket(shop: str, count: int) -> dict[str, str]:
    """The cookies of a visitor with so many coffees in the basket."""
    visitor = Visitor(shop)
    for id_ in LATE_COFFEES[:count]:
        _add(visitor, id_)
    return {cookie.name: cookie.value or "" for cookie in visitor.cookies}


def _buy(shop: str, id_: int) -> str:
    """Buy a bag; the path of the receipt."""
    visitor = Visitor(shop)
    _add(visitor, id_)
    visitor.go("/checkout/")
    visitor.send(visitor.form("/checkout/pay/"))
    return urlsplit(visitor.address).path


def _add(visitor: Visitor, id_: int) -> None:
    visitor.go(f"/shop/{id_}/")
    visitor.send(visitor.form("/basket/add/"))
