"""The pages of a big shop, and what each takes."""

from __future__ import annotations

import logging
import os
import re
import secrets
import subprocess
import sys
import time
import warnings
from collections import deque
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.utils import timezone

from benchmarks.big_shop import FIRST, Size, reference
from checkout.desk.days import Days
from checkout.desk.orders import Stage
from checkout.references import sign
from shop.branches import BRANCHES
from shop.catalogue import product_url
from shop.desk.stock import Order, Show
from shop.http import encoded
from shop.inventory import get_inventory
from shop.inventory.contract import MovementKind
from shop.inventory.database import sql

VISITS = 3
SLOW = 2.0
"""Seconds; what takes longer is visited once."""
TICKS = os.sysconf("SC_CLK_TCK")


def addresses(shop: Size) -> Iterator[tuple[str, str]]:
    """Each page's name and address, shoppers' first."""
    coffee, popular = get_inventory().products([FIRST + 502, FIRST + 1]).values()
    newest = reference(shop.orders - 1)
    yield "home", "/"
    yield "list", "/shop/"
    yield "list, page 100", "/shop/?page=100"
    yield "list, page 100 by price", "/shop/?sort=price&page=100"
    yield "list, in stock", "/shop/?in_stock=1&page=2"
    yield "an origin", "/shop/?origin=Kenya"
    yield "an origin by price", "/shop/?origin=Kenya&sort=price"
    yield "search that finds all", "/shop/?q=hazelnut"
    yield "search that finds some", "/shop/?q=coffee+0777"
    yield "search that is mistyped", "/shop/?q=hazlenut"
    yield "a coffee", product_url(coffee)
    yield "a popular coffee", product_url(popular)
    yield "basket of 3", "/basket/"
    yield "checkout of 3", "/checkout/"
    yield "thanks", f"/checkout/thanks/{sign(newest)}/"
    yield "orders", "/orders/"
    yield "sitemap's part", "/sitemap-1.xml"
    yield "staff: front page", "/staff/"
    for sort in Order:
        yield f"staff: stock by {sort.value}", f"/staff/stock/?sort={sort.value}"
    yield "staff: stock, page 100", "/staff/stock/?page=100"
    yield "staff: stock, search", "/staff/stock/?q=hazelnut"
    for show in Show:
        if show.value:
            yield f"staff: stock, {show.value}", f"/staff/stock/?show={show.value}"
    yield "staff: a coffee", f"/staff/stock/{FIRST + 502}/"
    yield "staff: a popular coffee", f"/staff/stock/{FIRST + 1}/"
    yield "staff: add", "/staff/stock/add/"
    yield "staff: reorder", "/staff/stock/reorder/"
    yield "staff: stocktake", "/staff/stock/count/"
    yield "staff: prices", "/staff/prices/"
    yield "staff: ledger", "/staff/ledger/"
    yield "staff: ledger, search", "/staff/ledger/?q=hazelnut"
    yield "staff: ledger of a popular coffee", f"/staff/ledger/?product={FIRST + 1}"
    kind = encoded({"product": FIRST + 1, "kind": MovementKind.DELIVERY})
    yield "staff: ledger, one kind", f"/staff/ledger/?{kind}"
    yield "staff: deliveries", "/staff/deliveries/"
    yield "staff: one delivery", f"/staff/deliveries/delivery-{0:032}/"
    yield "staff: alerts", "/staff/alerts/"
    yield "staff: orders", "/staff/orders/"
    yield "staff: orders, page 100", "/staff/orders/?page=100"
    yield "staff: orders, last page", "/staff/orders/?page=999999"
    for stage in Stage:
        yield f"staff: orders, {stage.value}", f"/staff/orders/?stage={stage.value}"
    branch = f"branch={BRANCHES[0].slug}"
    yield "staff: orders of a branch", f"/staff/orders/?{branch}"
    yield "staff: orders of a branch, handed over", f"/staff/orders/?{branch}&stage=handed-over"
    yield "staff: orders of a branch, to collect", f"/staff/orders/?{branch}&stage=to-collect"
    month = encoded(_last_month().asked)
    yield "staff: orders of a month", f"/staff/orders/?branch=&{month}"
    yield "staff: orders, search by reference", f"/staff/orders/?branch=&q={newest}"
    yield "staff: orders, part of a reference", f"/staff/orders/?q={newest[3:8]}"
    yield (
        "staff: orders, search by e-mail",
        f"/staff/orders/?q=customer{shop.orders - 9}@mail.example",
    )
    yield "staff: orders, search by coffee", "/staff/orders/?q=Coffee+0777"
    yield "staff: orders, search by number", f"/staff/orders/?q={FIRST + 502}"
    yield "staff: orders, search of nothing", "/staff/orders/?q=xyzzy"
    yield "staff: one order", f"/staff/orders/{newest}/"
    yield "staff: pick list", "/staff/orders/pick-list/"
    yield "staff: sums of a month", f"/staff/orders/sums/?{month}"
    yield "staff: export of stock", "/staff/stock/export/"
    yield "staff: export of a ledger", f"/staff/ledger/export/?product={FIRST + 1}"
    yield "staff: export of a month's orders", f"/staff/orders/export/?branch=&{month}"
    yield "staff: export of sums", f"/staff/orders/sums/export/?{month}"


def figures(shop: Size, only: str) -> Iterator[tuple[str, float]]:
    """Each page's processor seconds, and those of the audit with its memory in MiB."""
    warnings.simplefilter("ignore")
    logging.disable(logging.CRITICAL)
    client = Client(HTTP_HOST="localhost")
    for id_ in (FIRST + 501, FIRST + 502, FIRST + 503):
        client.post("/basket/add/", {"product_id": id_, "quantity": 1})
    staff = Client(HTTP_HOST="localhost")
    staff.force_login(User.objects.get(username="olga"))
    for page, address in addresses(shop):
        if only in page:
            visitor = staff if page.startswith("staff") else client
            yield from _visits(page, visitor, address)
    if only in "audit_ledger":
        yield from _audit()


def _last_month() -> Days:
    return Days.month_of(timezone.localdate().replace(day=1) - timedelta(days=1))


def _visits(page: str, visitor: Client, address: str) -> Iterator[tuple[str, float]]:
    begun, whole = [], []
    for _visit in range(1 + VISITS):
        sql.write_version(secrets.token_hex(8), secrets.token_hex(8))
        began = _seconds()
        answer = visitor.get(address)
        if answer.status_code != (302 if "search by reference" in page else 200):
            raise SystemExit(f"{address}: {answer.status_code}")
        if not answer.streaming:
            begun.append(_seconds() - began)
        else:
            rows = iter(answer)
            # The mark of UTF-8, the header, and the first row.
            for _ in range(3):
                next(rows, None)
            begun.append(_seconds() - began)
            deque(rows, maxlen=0)
            whole.append(_seconds() - began)
        if begun[-1] > SLOW:
            break
    yield page, min(begun)
    if whole:
        yield f"{page}, whole", min(whole)


def _seconds() -> float:
    """Processor seconds up to now, of this process and of its PostgreSQL connection."""
    spent = time.process_time()
    if connection.vendor == "postgresql" and connection.connection:
        process = connection.connection.info.backend_pid
        ticks = Path(f"/proc/{process}/stat").read_text("ascii").rpartition(")")[2].split()[11:13]
        spent += sum(map(int, ticks)) / TICKS
    return spent


def _audit() -> Iterator[tuple[str, float]]:
    """The audit in a process of its own."""
    audit = [sys.executable, "manage.py", "audit_ledger"]
    began = os.times()
    process = subprocess.Popen(audit, stdout=subprocess.PIPE, text=True)
    most = 0
    while process.poll() is None:
        # Linux's own figure of the process; what getrusage has is that of its parent, if larger.
        status = Path(f"/proc/{process.pid}/status").read_text("ascii")
        most = max([most, *map(int, re.findall(r"VmHWM:\s+(\d+) kB", status))])
        time.sleep(0.2)
    if process.returncode:
        raise SystemExit(process.stdout and process.stdout.read())
    ended = os.times()
    yield "audit_ledger", sum(ended[2:4]) - sum(began[2:4])
    yield "audit_ledger, MiB", most / 1024
