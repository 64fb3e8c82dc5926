"""Who may open which staff page, for every address under /staff/."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from types import SimpleNamespace

import pytest
from django.apps import apps
from django.contrib.auth.models import Group, User
from django.db import connection
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from tests.shop.cast import browser_of, carl, page_of, person

pytestmark = pytest.mark.django_db

KEY = "delivery-" + "0" * 32
ARGUMENTS: dict[str, list[object]] = {
    "staff_delivery": [KEY],
    "staff_product": [1001],
    "staff_order": ["CC-34679ACD"],
    "staff_hand_over": ["CC-34679ACD"],
    "staff_settle": ["CC-34679ACD"],
    "staff_cancel": ["CC-34679ACD"],
    "staff_receive": [1001],
    "staff_count": [1001],
    "staff_details": [1001],
    "staff_withdraw": [1001],
    "staff_put_back": [1001],
    "staff_accept": [1001],
}
SEE, CHANGE, RECEIVE = "view_stock", "change_stock", "receive_delivery"
ORDERS, CANCEL = "see_orders", "cancel_orders"
RIGHTS = {
    "staff_stock": SEE,
    "staff_product": SEE,
    "staff_receive": RECEIVE,
    "staff_count": CHANGE,
    "staff_details": CHANGE,
    "staff_withdraw": CHANGE,
    "staff_put_back": CHANGE,
    "staff_accept": CHANGE,
    "staff_add": CHANGE,
    "staff_deliveries": RECEIVE,
    "staff_delivery_template": RECEIVE,
    "staff_delivery_preview": RECEIVE,
    "staff_delivery_confirm": RECEIVE,
    "staff_delivery": RECEIVE,
}
RIGHTS |= {
    "staff_ledger": SEE,
    "staff_ledger_export": SEE,
    "staff_alerts": SEE,
    "staff_acknowledge": CHANGE,
    "staff_orders": ORDERS,
    "staff_orders_export": ORDERS,
    "staff_order": ORDERS,
    "staff_hand_over": ORDERS,
    "staff_settle": ORDERS,
    "staff_cancel": CANCEL,
}
FOR_ALL = {"staff_login", "staff_logout"}
ONLY_FORMS = {
    "staff_receive",
    "staff_count",
    "staff_details",
    "staff_withdraw",
    "staff_put_back",
    "staff_accept",
    "staff_delivery_preview",
    "staff_delivery_confirm",
    "staff_acknowledge",
    "staff_hand_over",
    "staff_settle",
    "staff_cancel",
}
"""What is sent there changes something, or is too long for an address; all else is read."""
READS_AND_FORMS = {"staff_add"}
METHODS = {"get", "head", "post", "put", "patch", "delete", "options", "trace"}
EVERY_RIGHT = {SEE, CHANGE, RECEIVE, ORDERS, CANCEL}


def staff_addresses(patterns: list[URLPattern | URLResolver], before: str = "") -> Iterator[str]:
    """The names of the shop's own addresses below /staff/; tests/site has those of accounts."""
    for pattern in patterns:
        route = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from staff_addresses(pattern.url_patterns, route)
        elif route.startswith("staff/") and not route.startswith("staff/accounts/"):
            yield str(pattern.name)


def address(name: str) -> str:
    return reverse(name, args=ARGUMENTS.get(name, []))


def test_every_staff_address_is_in_this_file() -> None:
    found = set(staff_addresses(get_resolver().url_patterns))
    assert found == RIGHTS.keys() | FOR_ALL | {"staff_home"}


@pytest.mark.parametrize("method", sorted(METHODS))
@pytest.mark.parametrize("name", [*RIGHTS, "staff_home"])
def test_a_stranger_is_sent_to_log_in(client: Client, name: str, method: str) -> None:
    response = getattr(client, method)(address(name))
    assert response.status_code == 302
    assert response["Location"].startswith("/staff/login/?next=/staff/")


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize(("name", "right"), RIGHTS.items())
def test_every_other_right_does_not_open_the_page(name: str, right: str, method: str) -> None:
    desk = browser_of(person("nearly", *(EVERY_RIGHT - {right})))
    response = getattr(desk, method)(address(name))
    assert response.status_code == 403
    assert "Your account may not open this page." in response.content.decode()


@pytest.mark.parametrize(("name", "right"), RIGHTS.items())
def test_the_right_opens_the_page_or_says_what_is_wrong_with_the_request(
    name: str, right: str
) -> None:
    desk = browser_of(person("able", right))
    assert desk.get(address(name)).status_code in {200, 302, 404, 405}


@pytest.mark.parametrize("right", [SEE, RECEIVE, ORDERS])
def test_any_right_opens_the_front_page_with_links_to_what_it_opens(right: str) -> None:
    response = browser_of(person("able", right)).get("/staff/")
    assert response.status_code == 200
    shown = response.content.decode()
    for name, needed in RIGHTS.items():
        if needed != right and name not in ARGUMENTS:
            assert f'href="{address(name)}"' not in shown


def test_whoever_is_turned_away_finds_the_way_back_and_out() -> None:
    stellas = page_of(browser_of(person("stella", SEE)).get("/staff/deliveries/"))
    carls = page_of(browser_of(carl()).get("/staff/"))
    assert stellas.select_one('nav a[href="/staff/stock/"]')
    assert not carls.select("nav li")
    for page in (stellas, carls):
        assert page.select_one('form[action="/staff/logout/"] button')


def test_carl_opens_no_address_by_any_method() -> None:
    desk = browser_of(carl())
    told = {
        (name, method): getattr(desk, method)(address(name)).status_code
        for name in RIGHTS
        for method in METHODS
    }
    assert set(told.values()) == {403}


def test_rosa_gets_405_for_every_method_that_an_address_is_not_for() -> None:
    desk = browser_of(person("rosa", *EVERY_RIGHT))
    for name in (*RIGHTS, "staff_home"):
        methods = {"post"} if name in ONLY_FORMS else {"get", "head"}
        methods |= {"post"} if name in READS_AND_FORMS else set()
        told = {m: getattr(desk, m)(address(name)).status_code for m in METHODS - methods}
        assert set(told.values()) == {405}, f"{name}: {told}"


def test_an_account_that_is_closed_meanwhile_is_a_stranger_at_once() -> None:
    user = person("rosa", *EVERY_RIGHT)
    desk = browser_of(user)
    assert desk.get("/staff/stock/").status_code == 200
    user.is_active = False
    user.save()
    assert desk.get("/staff/stock/")["Location"].startswith("/staff/login/")


# ── the ready groups ────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("name", "rights"), [("Staff", {SEE, ORDERS}), ("Stock keeper", EVERY_RIGHT)]
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
