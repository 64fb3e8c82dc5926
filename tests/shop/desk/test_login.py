"""Logging in and out of the staff pages."""

from __future__ import annotations

import pytest
from django.test import Client

from tests.shop.cast import PASSWORD, browser_of, page_of, rosa, words_of

pytestmark = pytest.mark.django_db

LOGIN = "/staff/login/"
REFUSED = "That user name and password do not belong together."


def test_rosa_logs_in_and_comes_to_the_staff_front_page(client: Client) -> None:
    rosa()
    response = client.post(LOGIN, {"username": "rosa", "password": PASSWORD})
    assert (response.status_code, response["Location"]) == (302, "/staff/")


def test_rosa_comes_back_to_the_page_that_she_asked_for(client: Client) -> None:
    rosa()
    asked = client.get("/staff/stock/?show=low")
    assert (asked.status_code, asked["Location"]) == (
        302,
        f"{LOGIN}?next=/staff/stock/%3Fshow%3Dlow",
    )
    form = page_of(client.get(asked["Location"])).select_one("main form input[name=next]")
    assert form
    response = client.post(
        LOGIN, {"username": "rosa", "password": PASSWORD, "next": str(form["value"])}
    )
    assert response["Location"] == "/staff/stock/?show=low"


@pytest.mark.parametrize(
    "next_", ["https://evil.example/", "//evil.example", "javascript:alert(1)"]
)
def test_a_login_never_leads_away_from_the_shop(client: Client, next_: str) -> None:
    rosa()
    response = client.post(LOGIN, {"username": "rosa", "password": PASSWORD, "next": next_})
    assert response["Location"] == "/staff/"


@pytest.mark.parametrize(
    ("name", "password"), [("rosa", "wrong"), ("nobody", PASSWORD), ("ROSA ", PASSWORD)]
)
def test_a_wrong_name_or_password_is_refused_without_saying_which(
    client: Client, name: str, password: str
) -> None:
    rosa()
    response = client.post(LOGIN, {"username": name, "password": password})
    assert response.status_code == 200
    assert REFUSED in words_of(response)
    assert password not in response.content.decode()


def test_empty_fields_are_named(client: Client) -> None:
    words = words_of(client.post(LOGIN, {}))
    assert "Type your user name." in words
    assert "Type your password." in words


def test_a_closed_account_cannot_log_in(client: Client) -> None:
    user = rosa()
    user.is_active = False
    user.save()
    response = client.post(LOGIN, {"username": "rosa", "password": PASSWORD})
    assert REFUSED in words_of(response)


def test_logging_out_takes_a_button_not_a_link() -> None:
    desk = browser_of(rosa())
    assert desk.get("/staff/logout/").status_code == 405
    assert desk.get("/staff/stock/").status_code == 200
    response = desk.post("/staff/logout/")
    assert (response.status_code, response["Location"]) == (302, LOGIN)
    assert desk.get("/staff/stock/").status_code == 302


def test_the_login_page_is_kept_by_no_cache_and_no_robot(client: Client) -> None:
    response = client.get(LOGIN)
    assert "no-store" in response["Cache-Control"]
    assert page_of(response).select_one("meta[name=robots][content*=noindex]")
