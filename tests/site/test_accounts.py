"""Django's admin looks after accounts, for those who may, and after nothing else."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.test import Client

from coffeeco_site.accounts import accounts

pytestmark = pytest.mark.django_db

ACCOUNTS = "/staff/accounts/"


def browser_of(user: User) -> Client:
    client = Client(HTTP_HOST="localhost")
    client.force_login(user)
    return client


@pytest.mark.parametrize("address", [ACCOUNTS, f"{ACCOUNTS}auth/user/", f"{ACCOUNTS}login/"])
def test_a_stranger_is_sent_to_the_staff_log_in(client: Client, address: str) -> None:
    page = client.get(address, follow=True)
    assert page.redirect_chain[-1][0].startswith("/staff/login/?next=")


def test_staff_who_do_not_look_after_accounts_are_refused() -> None:
    rosa = browser_of(User.objects.create_user("rosa", is_staff=True))
    assert rosa.get(ACCOUNTS, follow=True).status_code == 403


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


def test_only_accounts_and_groups_are_there() -> None:
    assert {model.__name__ for model in accounts._registry} == {"User", "Group"}
