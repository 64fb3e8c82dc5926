"""Who may open which staff page, for every address under /staff/."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from dataclasses import dataclass
from types import SimpleNamespace

import pytest
from django.apps import apps
from django.contrib.auth.models import Group, User
from django.db import connection
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from tests.shop.cast import EVERY_RIGHT, browser_of, carl, page_of, person

pytestmark = pytest.mark.django_db

SEE, CHANGE, RECEIVE, ORDERS, CANCEL = EVERY_RIGHT
READ, FORM = {"get", "head"}, {"post"}
METHODS = READ | FORM | {"put", "patch", "delete", "options", "trace"}
COFFEE, ORDER, DELIVERY = 1001, "CC-34679ACD", "delivery-" + "0" * 32


@dataclass(frozen=True)
class Address:
    """The right that an address needs, the methods that it takes, and what it is the page of."""

    right: str
    methods: set[str]
    of: object = None


ADDRESSES = {
    "staff_stock": Address(SEE, READ),
    "staff_stock_export": Address(SEE, READ),
    "staff_product": Address(SEE, READ, COFFEE),
    "staff_receive": Address(RECEIVE, FORM, COFFEE),
    "staff_count": Address(CHANGE, FORM, COFFEE),
    "staff_details": Address(CHANGE, FORM, COFFEE),
    "staff_withdraw": Address(CHANGE, FORM, COFFEE),
    "staff_put_back": Address(CHANGE, FORM, COFFEE),
    "staff_accept": Address(CHANGE, FORM, COFFEE),
    "staff_reorder": Address(SEE, READ | FORM),
    "staff_stocktake": Address(CHANGE, READ | FORM),
    "staff_stocktake_write": Address(CHANGE, FORM),
    "staff_prices": Address(CHANGE, READ),
    "staff_price_raise": Address(CHANGE, FORM),
    "staff_price_preview": Address(CHANGE, FORM),
    "staff_price_write": Address(CHANGE, FORM),
    "staff_add": Address(CHANGE, READ | FORM),
    "staff_deliveries": Address(RECEIVE, READ),
    "staff_delivery_template": Address(RECEIVE, READ),
    "staff_delivery_preview": Address(RECEIVE, FORM),
    "staff_delivery_confirm": Address(RECEIVE, FORM),
    "staff_delivery": Address(RECEIVE, READ, DELIVERY),
    "staff_undo_delivery": Address(RECEIVE, FORM, DELIVERY),
    "staff_ledger": Address(SEE, READ),
    "staff_ledger_export": Address(SEE, READ),
    "staff_alerts": Address(SEE, READ),
    "staff_acknowledge": Address(CHANGE, FORM),
    "staff_orders": Address(ORDERS, READ),
    "staff_orders_export": Address(ORDERS, READ),
    "staff_sums": Address(ORDERS, READ),
    "staff_sums_export": Address(ORDERS, READ),
    "staff_pick_list": Address(ORDERS, READ),
    "staff_cancel_ticked": Address(CANCEL, FORM),
    "staff_remind_ticked": Address(ORDERS, FORM),
    "staff_order": Address(ORDERS, READ, ORDER),
    "staff_hand_over": Address(ORDERS, FORM, ORDER),
    "staff_undo_hand_over": Address(ORDERS, FORM, ORDER),
    "staff_settle": Address(ORDERS, FORM, ORDER),
    "staff_cancel": Address(CANCEL, FORM, ORDER),
}
FOR_ALL = {
    *("staff_login", "staff_logout", "staff_password", "staff_forgotten", "staff_new_password")
}


def staff_addresses(patterns: list[URLPattern | URLResolver], before: str = "") -> Iterator[str]:
    """The names of the shop's own addresses below /staff/; tests/site has those of accounts."""
    for pattern in patterns:
        route = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from staff_addresses(pattern.url_patterns, route)
        elif route.startswith("staff/") and not route.startswith("staff/accounts/"):
            yield str(pattern.name)


def address(name: str) -> str:
    page = ADDRESSES.get(name)
    return reverse(name, args=[page.of] if page and page.of else [])


def test_every_staff_address_is_in_this_file() -> None:
    found = set(staff_addresses(get_resolver().url_patterns))
    assert found == ADDRESSES.keys() | FOR_ALL | {"staff_home"}


@pytest.mark.parametrize("name", [*ADDRESSES, "staff_home"])
def test_a_visitor_is_sent_to_log_in(client: Client, name: str) -> None:
    for method in METHODS:
        response = getattr(client, method)(address(name))
        assert response.status_code == 302, method
        assert response["Location"].startswith("/staff/login/?next=/staff/"), method


@pytest.mark.parametrize("name", ADDRESSES)
def test_every_other_right_does_not_open_the_page(name: str) -> None:
    desk = browser_of(person("nearly", *({*EVERY_RIGHT} - {ADDRESSES[name].right})))
    for response in (desk.get(address(name)), desk.post(address(name))):
        assert response.status_code == 403
        assert "Your account may not open this page." in response.content.decode()


@pytest.mark.parametrize("name", ADDRESSES)
def test_the_right_opens_the_page_or_says_what_is_wrong_with_the_request(name: str) -> None:
    desk = browser_of(person("able", ADDRESSES[name].right))
    assert desk.get(address(name)).status_code in {200, 302, 404, 405}


@pytest.mark.parametrize("right", [SEE, RECEIVE, ORDERS])
def test_any_right_opens_the_front_page_with_links_to_what_it_opens(right: str) -> None:
    response = browser_of(person("able", right)).get("/staff/")
    assert response.status_code == 200
    shown = response.content.decode()
    for name, page in ADDRESSES.items():
        if page.right != right and not page.of:
            assert f'href="{address(name)}"' not in shown


def test_a_user_who_is_refused_finds_the_way_back_and_out() -> None:
    stellas = page_of(browser_of(person("stella", SEE)).get("/staff/deliveries/"))
    carls = page_of(browser_of(carl()).get("/staff/"))
    assert stellas.select_one('nav a[href="/staff/stock/"]')
    assert not carls.select("nav li")
    for page in (stellas, carls):
        assert page.select_one('form[action="/staff/logout/"] button')


def test_rosa_gets_405_for_every_method_that_an_address_is_not_for() -> None:
    desk = browser_of(person("rosa", *EVERY_RIGHT))
    for name in (*ADDRESSES, "staff_home"):
        taken = ADDRESSES[name].methods if name in ADDRESSES else READ
        told = {m: getattr(desk, m)(address(name)).status_code for m in METHODS - taken}
        assert set(told.values()) == {405}, f"{name}: {told}"


def test_an_account_that_is_closed_meanwhile_is_logged_out_at_once() -> None:
    user = person("rosa", *EVERY_RIGHT)
    desk = browser_of(user)
    assert desk.get("/staff/stock/").status_code == 200
    user.is_active = False
    user.save()
    assert desk.get("/staff/stock/")["Location"].startswith("/staff/login/")


# ── the ready groups ────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("name", "rights"), [("Staff", {SEE, ORDERS}), ("Stock keeper", {*EVERY_RIGHT})]
)
def test_the_shop_comes_with_two_groups(name: str, rights: set[str]) -> None:
    make_groups()
    group = Group.objects.get(name=name)
    assert {permission.codename for permission in group.permissions.all()} == rights
    stella = User.objects.create_user("stella")
    stella.groups.add(group)
    assert stella.has_perm("checkout.see_orders")


def test_making_the_groups_again_keeps_what_was_added_to_them() -> None:
    make_groups()
    group = Group.objects.get(name="Staff")
    more = Group.objects.get(name="Stock keeper").permissions.get(codename=RECEIVE)
    group.permissions.add(more)
    make_groups()
    assert group.permissions.filter(codename=RECEIVE).exists()
    assert Group.objects.filter(name="Staff").count() == 1


def make_groups() -> None:
    """What migrate does. Tests that empty all tables take the groups with them."""
    migration = importlib.import_module("checkout.migrations.0004_staff_groups")
    migration.make_groups(apps, SimpleNamespace(connection=connection))
