"""Django's admin looks after accounts, for those who may, and after nothing else."""

from __future__ import annotations

import re

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.test import Client

from coffeeco_site.accounts import accounts
from tests.support.addresses import routes

pytestmark = pytest.mark.django_db

ACCOUNTS = "/staff/accounts/"
ARGUMENTS = {"object_id": "1", "id": "1", "content_type_id": "1", "url": "nowhere/"}


def addresses() -> list[str]:
    """Every address of the admin, however deep it stands."""
    return [
        re.sub(r"<(?:\w+:)?(\w+)>", lambda match: ARGUMENTS[match[1]], route)
        for route in routes()
        if route.startswith(ACCOUNTS)
    ]


def browser_of(user: User) -> Client:
    client = Client(HTTP_HOST="localhost")
    client.force_login(user)
    return client


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("address", addresses())
def test_no_address_shows_anything_to_visitors_or_to_the_desk(address: str, method: str) -> None:
    visitors = getattr(Client(HTTP_HOST="localhost"), method)(address, follow=True)
    assert visitors.redirect_chain[-1][0].startswith("/staff/login/?next=")
    rosa = User.objects.create_user("rosa", is_staff=True)
    desk = Permission.objects.filter(content_type__app_label__in=["inventory", "checkout"])
    rosa.user_permissions.set(desk)
    if address != f"{ACCOUNTS}logout/":
        assert getattr(browser_of(rosa), method)(address, follow=True).status_code == 403


def test_who_may_see_accounts_sees_them_and_may_not_change_them() -> None:
    user = User.objects.create_user("stella", is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="view_user"))
    stella = browser_of(user)
    assert stella.get(f"{ACCOUNTS}auth/user/").status_code == 200
    assert stella.get(f"{ACCOUNTS}auth/user/add/").status_code == 403


def test_an_administrator_makes_an_account_and_puts_it_into_a_group() -> None:
    # Tests that empty the database take the ready groups with them.
    Group.objects.get_or_create(name="Stock keeper")
    olga = browser_of(User.objects.create_superuser("olga"))
    made = olga.post(
        f"{ACCOUNTS}auth/user/add/",
        {
            "username": "rosa",
            "usable_password": "true",
            "password1": "roast-and-rest-7",
            "password2": "roast-and-rest-7",
        },
    )
    assert made.status_code == 302
    page = olga.get(made["Location"]).text
    assert "Stock keeper" in page
    assert User.objects.get(username="rosa").check_password("roast-and-rest-7")


def test_the_desk_leads_those_who_may_see_them_to_the_accounts() -> None:
    rosa, olga = User.objects.create_user("rosa"), User.objects.create_superuser("olga")
    rosa.user_permissions.add(Permission.objects.get(codename="receive_delivery"))
    link = f'<a href="{ACCOUNTS}">Accounts and groups</a>'
    assert link in browser_of(olga).get("/staff/").text
    assert link not in browser_of(rosa).get("/staff/").text


def test_only_accounts_and_groups_are_there() -> None:
    assert {model.__name__ for model in accounts._registry} == {"User", "Group"}
