"""One's own password, a forgotten one, and when a log-in ends."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.core import mail
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from shop.desk.passwords import MOST_TRIES
from shop.mail_round import send_due
from shop.models import OutgoingMail
from tests.shop.cast import PASSWORD, browser_of, carl, rosa, stella, words_of

pytestmark = pytest.mark.django_db(transaction=True)

OWN = "/staff/password/"
FORGOTTEN = "/staff/password/forgotten/"
NEW = "lighthouse-keeper-77"


def chosen(password: str = NEW) -> dict[str, str]:
    return {"new_password1": password, "new_password2": password}


def link() -> str:
    """The address in the mail that was sent last, without the host."""
    found = re.search(r"http://127.0.0.1:8000(/staff/\S+)", str(mail.outbox[-1].body))
    assert found
    return found[1]


def with_address(user: User) -> User:
    user.email = f"{user.username}@example.com"
    user.save()
    return user


def test_anyone_who_is_logged_in_changes_the_own_password_and_stays_logged_in() -> None:
    stellas = browser_of(stella())
    answer = stellas.post(OWN, chosen() | {"old_password": PASSWORD}, follow=True)
    assert "Your password is changed." in answer.content.decode()
    assert User.objects.get().check_password(NEW)
    assert stellas.get("/staff/stock/").status_code == 200
    assert browser_of(carl()).get(OWN).status_code == 200
    assert Client().get(OWN)["Location"] == f"/staff/login/?next={OWN}"


@pytest.mark.parametrize("typed", [{"old_password": "wrong"}, chosen("short"), chosen("password1")])
def test_a_password_that_is_wrong_or_weak_changes_nothing(typed: dict[str, str]) -> None:
    stellas = browser_of(stella())
    answer = stellas.post(OWN, {"old_password": PASSWORD} | chosen() | typed)
    assert "There is a problem" in answer.content.decode()
    assert User.objects.get().check_password(PASSWORD)


def test_a_forgotten_password_is_replaced_by_a_link_that_works_once() -> None:
    with_address(stella())
    visitor = Client()
    for _ in range(2):
        visitor.post(FORGOTTEN, {"username": "stella"})
    send_due()
    assert [one.to for one in mail.outbox] == [["stella@example.com"]]
    page = visitor.get(link(), follow=True)
    form = page.redirect_chain[-1][0]
    assert "log in" in visitor.post(form, chosen(), follow=True).content.decode().lower()
    assert User.objects.get().check_password(NEW)
    assert "used before, or is too old" in words_of(Client().get(link(), follow=True))


def test_the_answer_is_the_same_for_who_gets_a_mail_and_who_does_not() -> None:
    with_address(stella())
    rosa()
    closed = with_address(carl())
    closed.is_active = False
    closed.save()
    answers = {
        Client().post(FORGOTTEN, {"username": name})["Location"]
        for name in ("stella", "rosa", "carl", "nobody", "x y")
    }
    assert answers == {"/staff/login/"}
    assert [one.address for one in OutgoingMail.objects.all()] == ["stella@example.com"]


def test_who_asks_for_too_many_names_gets_no_more_mails() -> None:
    visitor = Client()
    for n in range(MOST_TRIES):
        visitor.post(FORGOTTEN, {"username": f"name {n}"})
    with_address(stella())
    visitor.post(FORGOTTEN, {"username": "stella"})
    assert not OutgoingMail.objects.exists()


def ends_in(**left: float) -> None:
    Session.objects.update(expire_date=timezone.now() + timedelta(**left))


def hours_left() -> float:
    return (Session.objects.get().expire_date - timezone.now()) / timedelta(hours=1)


def test_a_log_in_ends_after_the_hours_without_a_request(settings: object) -> None:
    settings.STAFF_SESSION_HOURS = 2  # type: ignore[attr-defined]
    stellas = browser_of(stella())
    assert 1.9 < hours_left() <= 2, "from the log-in on"
    ends_in(minutes=114)
    stellas.get("/staff/stock/")
    assert hours_left() > 1.95
    ends_in(minutes=116)
    with CaptureQueriesContext(connection) as asked:
        stellas.get("/staff/stock/")
    assert not [one for one in asked if one["sql"].startswith("UPDATE")], "within five minutes"
    ends_in(minutes=-1)
    assert stellas.get("/staff/stock/")["Location"].startswith("/staff/login/")
