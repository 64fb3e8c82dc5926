"""Logging in too often with the wrong password."""

from __future__ import annotations

import logging
from datetime import timedelta

import pytest
from axes.models import AccessAttempt
from django.test import Client, RequestFactory
from django.utils import timezone
from pytest_django import Settings

from shop.client_address import client_address
from shop.desk import login
from shop.throttle import NAME_LIMIT
from tests.shop.cast import PASSWORD, rosa, words_of

pytestmark = pytest.mark.django_db

LOGIN = "/staff/login/"
HOME, ELSEWHERE = "192.0.2.7", "198.51.100.9"
LIMIT = 5


def guess(client: Client, name: str, password: str = "wrong", *, at: str = HOME) -> str:
    """Try to log in; what comes of it in a word, with the page."""
    response = client.post(LOGIN, {"username": name, "password": password}, REMOTE_ADDR=at)
    return f"{response.status_code} {words_of(response) if response.content else ''}"


def lock_out(client: Client, name: str) -> None:
    for _ in range(LIMIT):
        guess(client, name)


def test_after_five_wrong_passwords_the_right_one_waits_as_well(client: Client) -> None:
    rosa()
    lock_out(client, "rosa")
    response = client.post(LOGIN, {"username": "rosa", "password": PASSWORD}, REMOTE_ADDR=HOME)
    assert response.status_code == 429
    assert response["Retry-After"] == "900"
    assert "no-store" in response["Cache-Control"]
    assert "This user name can't log in from here" in words_of(response)
    assert client.get("/staff/stock/").status_code == 302


def test_four_wrong_passwords_lock_no_account(client: Client) -> None:
    rosa()
    for _ in range(LIMIT - 1):
        guess(client, "rosa")
    assert guess(client, "rosa", PASSWORD).startswith("302")


def test_an_unknown_name_gets_the_same_answers(client: Client) -> None:
    rosa()
    known = [guess(client, "rosa") for _ in range(LIMIT + 2)]
    unknown = [guess(Client(), "nobody") for _ in range(LIMIT + 2)]
    assert known == unknown
    assert known[-1].startswith("429")


def test_wrong_passwords_from_another_address_do_not_lock_rosa_out(client: Client) -> None:
    rosa()
    lock_out(client, "rosa")
    assert guess(Client(), "rosa", PASSWORD, at=ELSEWHERE).startswith("302")


def test_logging_in_forgives_earlier_slips(client: Client) -> None:
    rosa()
    for _ in range(2):
        for _ in range(LIMIT - 1):
            guess(client, "rosa")
        assert guess(client, "rosa", PASSWORD).startswith("302")


# ── from many addresses ──────────────────────────────────────────────────────────────────────────


@pytest.fixture
def guessed_at(client: Client) -> Client:
    """Rosa's browser, while strangers everywhere have used up the tries of her name."""
    rosa()
    assert guess(client, "rosa", PASSWORD).startswith("302")
    client.post("/staff/logout/")
    for n in range(NAME_LIMIT):
        assert guess(Client(), "rosa", at=f"198.51.100.{n}").startswith("200")
    return client


def test_a_name_has_a_limit_over_all_addresses(guessed_at: Client) -> None:
    assert guess(Client(), "rosa", PASSWORD, at=ELSEWHERE).startswith("429")
    assert guess(Client(), "stella", at=ELSEWHERE).startswith("200")


def test_it_does_not_hold_for_the_browser_of_its_owner(guessed_at: Client) -> None:
    guess(guessed_at, "rosa")
    assert guess(guessed_at, "rosa", PASSWORD).startswith("302")
    guessed_at.post("/staff/logout/")
    for _ in range(LIMIT):
        answer = guess(guessed_at, "rosa")
    assert answer.startswith("429"), "its own limit holds"


@pytest.mark.parametrize("name", ["stella", "nobody"])
def test_a_known_browser_is_known_for_one_name(guessed_at: Client, name: str) -> None:
    for n in range(NAME_LIMIT):
        guess(Client(), name, at=f"198.51.100.{n}")
    assert guess(guessed_at, name).startswith("429")


def test_that_limit_ends_a_quarter_of_an_hour_after_the_tries(guessed_at: Client) -> None:
    AccessAttempt.objects.update(attempt_time=timezone.now() - timedelta(minutes=15, seconds=1))
    assert guess(Client(), "rosa", PASSWORD, at=ELSEWHERE).startswith("302")


# ── at the same moment ───────────────────────────────────────────────────────────────────────────


def test_only_two_passwords_are_checked_at_a_time(client: Client) -> None:
    rosa()
    with login.CHECKS, login.CHECKS:
        response = client.post(LOGIN, {"username": "rosa", "password": PASSWORD})
    assert (response.status_code, response["Retry-After"]) == (429, "2")
    assert login.BUSY in words_of(response)
    assert 'value="rosa"' in response.content.decode()
    assert not AccessAttempt.objects.exists()
    assert guess(client, "rosa", PASSWORD).startswith("302")


# ── the log ──────────────────────────────────────────────────────────────────────────────────────


def test_the_log_has_who_came_and_went_and_who_was_locked_out(
    client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    rosa()
    caplog.set_level(logging.INFO, logger="shop.throttle")
    guess(client, "rosa", PASSWORD)
    client.post("/staff/logout/", REMOTE_ADDR=HOME)
    for name, at in [("rosa", HOME), ("rosa's password", "2001:db8:1:2::3")]:
        for _ in range(LIMIT + 2):
            guess(client, name, at=at)
    for n in range(NAME_LIMIT):
        guess(Client(), "rosa", at=f"198.51.100.{n}")
    assert caplog.messages == [
        "rosa logged in from 192.0.2.0/24",
        "rosa logged out from 192.0.2.0/24",
        "Locked out: user name rosa, from 192.0.2.0/24",
        "Locked out: a user name without account, from 2001:db8:1::/48",
        "Locked out: user name rosa, from all addresses",
    ]


# ── behind proxies ──────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("proxies", "forwarded", "seen"),
    [
        (0, "203.0.113.1", "10.0.0.2"),
        (1, "203.0.113.1", "203.0.113.1"),
        (1, "6.6.6.6, 203.0.113.1", "203.0.113.1"),
        (2, "6.6.6.6, 203.0.113.1, 10.0.0.1", "203.0.113.1"),
        (1, "2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
        (1, "2001:db8:1:2::9", "2001:db8:1:2::"),
        (1, "::ffff:203.0.113.1", "203.0.113.1"),
        (1, "fe80::1%eth0", "fe80::"),
        (1, "", "10.0.0.2"),
        (1, "unknown", "10.0.0.2"),
        (2, "203.0.113.1", "10.0.0.2"),
    ],
)
def test_only_what_our_own_proxies_wrote_is_believed(
    settings: Settings, proxies: int, forwarded: str, seen: str
) -> None:
    settings.TRUSTED_PROXIES = proxies
    request = RequestFactory().get("/", REMOTE_ADDR="10.0.0.2", HTTP_X_FORWARDED_FOR=forwarded)
    assert client_address(request) == seen


def test_all_on_a_unix_socket_count_as_one() -> None:
    assert client_address(RequestFactory().get("/", REMOTE_ADDR="")) == "::"


def test_behind_a_proxy_a_made_up_address_is_no_way_round(
    client: Client, settings: Settings
) -> None:
    settings.TRUSTED_PROXIES = 1
    rosa()
    for n in range(LIMIT + 1):
        response = client.post(
            LOGIN,
            {"username": "rosa", "password": "wrong"},
            REMOTE_ADDR="10.0.0.2",
            HTTP_X_FORWARDED_FOR=f"6.6.6.{n}, {HOME}",
        )
    assert response.status_code == 429
