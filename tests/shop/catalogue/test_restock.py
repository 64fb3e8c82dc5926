"""*Tell me when it's back*: one mail to an address that its owner confirmed, then none."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any
from unittest import mock

import pytest
from django.core import mail as django_mail
from django.core.mail import EmailMultiAlternatives
from django.test import Client
from django.utils import timezone

from checkout.maintenance import purge
from shop.catalogue.restock import CONFIRM, RESTOCK
from shop.catalogue.restock_views import MOST_ASKED
from shop.inventory.models import StockRow
from shop.mail import kinds, queue
from shop.mail_round import send_due
from shop.models import OutgoingMail, RestockRequest
from tests.checkout.inventories import EventfulInventory
from tests.checkout.orders import buy
from tests.support.cast import HARBOUR_LIGHT, KEEPERS_RESERVE, SLACK_WATER, Shopper, stock, withdraw
from tests.support.inventory import OverrideInventory

pytestmark = pytest.mark.django_db

ANA = "ana@example.com"
TELL_ME = "Tell me when it’s back"


@pytest.fixture
def ana() -> Shopper:
    """Ana, on the page of a coffee whose last bag was sold."""
    stock()
    buy((KEEPERS_RESERVE, 1))
    OutgoingMail.objects.all().delete()
    shopper = Shopper("Ana")
    shopper.open("/shop/1011/")
    return shopper


@pytest.fixture
def inventory(override_inventory: OverrideInventory) -> EventfulInventory:
    return override_inventory(EventfulInventory())


def sent() -> list[EmailMultiAlternatives]:
    """The mails of the next round."""
    django_mail.outbox.clear()
    send_due()
    return [mail for mail in django_mail.outbox if isinstance(mail, EmailMultiAlternatives)]


def links(mail: EmailMultiAlternatives) -> list[str]:
    return re.findall(r"https?://[^/]+(/\S+)", str(mail.body))


def ask_and_confirm(ana: Shopper) -> None:
    ana.press(TELL_ME, email=ANA)
    ana.open(links(sent()[0])[0])
    assert ana.press(TELL_ME).h1 == "We will tell you"


def restock() -> None:
    """As another program does it: it writes the row, and the shop's ledger knows nothing."""
    StockRow.objects.create(
        id=1011, name="Keeper's Reserve", price="24.00", quantity=3, origin="Ethiopia"
    )


def test_ana_is_told_once_when_another_program_puts_bags_in_and_then_forgotten(
    ana: Shopper,
) -> None:
    ask_and_confirm(ana)
    assert sent() == []
    restock()
    (mail,) = sent()
    assert (mail.to, mail.subject) == ([ANA], "Keeper's Reserve is back")
    assert "List-Unsubscribe" in mail.extra_headers
    assert ana.open(links(mail)[0]).h1 == "Keeper's Reserve"
    assert sent() == []
    assert not RestockRequest.objects.exists()
    assert not OutgoingMail.objects.exclude(address="").exists()


def test_opening_a_link_changes_nothing_and_its_button_does(ana: Shopper) -> None:
    ana.press(TELL_ME, email=ANA)
    confirm, stop = links(sent()[0])
    before = list(RestockRequest.objects.values())
    for address in (confirm, stop):
        page = ana.open(address)
        assert len(page.buttons) == 1
        assert 'content="noindex"' in page.html
    assert list(RestockRequest.objects.values()) == before
    restock()
    assert sent() == []  # It was not confirmed.
    assert ana.press("Send me no e-mail").h1 == "You will get no e-mail"
    assert ana.press("Português do Brasil").path == stop
    ana.press("English")
    assert not RestockRequest.objects.exists()
    assert ana.open(stop).h1 == "You will get no e-mail"
    assert ana.open(confirm).status == 410
    assert ana.open(confirm.replace(":", ":x")).status == 404


def test_only_the_shop_s_own_form_confirms_it(ana: Shopper) -> None:
    ana.press(TELL_ME, email=ANA)
    confirm, _stop = links(sent()[0])
    assert Client(enforce_csrf_checks=True).post(confirm).status_code == 403
    assert not RestockRequest.objects.get().confirmed_at


def test_a_mail_program_ends_it_with_one_press_without_cookies(ana: Shopper) -> None:
    ana.press(TELL_ME, email=ANA)
    headers = sent()[0].extra_headers
    assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert re.fullmatch(r"<[\w.-]+@[\w.-]+>", headers["Message-ID"])
    address = re.sub(r"<https?://[^/]+(.+)>", r"\1", headers["List-Unsubscribe"])
    program = Client(enforce_csrf_checks=True)
    answer = program.post(address, {"List-Unsubscribe": "One-Click"})
    assert (answer.status_code, dict(program.cookies)) == (200, {})
    assert not RestockRequest.objects.exists()


def test_a_known_address_gets_the_same_answer_and_no_second_mail_within_the_hour(
    ana: Shopper,
) -> None:
    ask_and_confirm(ana)
    for address in (ANA, "bo@example.com"):
        ana.open("/shop/1011/")
        page = ana.press(TELL_ME, email=address)
        (said,) = page.said
        assert said.startswith(f"We are sending an e-mail to {address}. Open the link in it")
    assert [mail.to for mail in sent()] == [["bo@example.com"]]
    assert RestockRequest.objects.get(address=ANA).confirmed_at


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("", "Type an e-mail address like name@example.com."),
        ("ana", "Type an e-mail address like name@example.com."),
        ("ana@gmial.com", "Did you mean ana@gmail.com?"),
    ],
)
def test_what_is_no_address_comes_back_with_its_sentence(
    ana: Shopper, typed: str, sentence: str
) -> None:
    page = ana.press(TELL_ME, email=typed)
    assert (page.status, page.form(TELL_ME).values["email"]) == (422, typed)
    assert sentence in page.text
    assert not RestockRequest.objects.exists()


def test_one_visitor_asks_ten_times_and_then_waits(ana: Shopper) -> None:
    for number in range(MOST_ASKED):
        ana.open("/shop/1011/")
        ana.press(TELL_ME, email=f"ana{number}@example.com")
    ana.open("/shop/1011/")
    page = ana.press(TELL_ME, email=ANA)
    assert (page.status, page.value("email")) == (429, ANA)
    assert page.response["Retry-After"]
    assert RestockRequest.objects.count() == MOST_ASKED


@pytest.mark.parametrize(
    ("age", "fields", "is_kept"),
    [
        (timedelta(hours=23), {"confirmed_at": None}, True),
        (timedelta(hours=25), {"confirmed_at": None}, False),
        (timedelta(days=364), {}, True),
        (timedelta(days=366), {}, False),
        (timedelta(days=4), {"queued_at": timezone.now() - timedelta(days=2)}, True),
        (timedelta(days=4), {"queued_at": timezone.now() - timedelta(days=4)}, False),
    ],
)
def test_a_request_is_kept_only_so_long(
    age: timedelta, fields: dict[str, Any], *, is_kept: bool
) -> None:
    asked_at = timezone.now() - age
    values: dict[str, Any] = {"product_id": 1, "asked_at": asked_at, "confirmed_at": asked_at}
    RestockRequest.objects.create(**values | fields)
    assert purge().requests == (not is_kept)
    assert RestockRequest.objects.exists() == is_kept


def test_bags_that_are_gone_before_the_mail_could_go_leave_it_waiting(ana: Shopper) -> None:
    ask_and_confirm(ana)
    restock()
    kinds[RESTOCK].gather()
    StockRow.objects.filter(pk=1011).delete()
    assert sent() == []
    restock()
    with mock.patch.object(timezone, "now", return_value=timezone.now() + timedelta(minutes=1)):
        assert [mail.to for mail in sent()] == [[ANA]]


def test_a_stock_system_that_is_away_is_asked_again_in_the_next_round(
    ana: Shopper, inventory: EventfulInventory
) -> None:
    ask_and_confirm(ana)
    restock()
    inventory.go_away()
    assert sent() == []
    inventory.calm_down()
    assert len(sent()) == 1


def test_only_a_coffee_that_may_come_back_is_waited_for(ana: Shopper) -> None:
    assert TELL_ME not in ana.open(f"/shop/{HARBOUR_LIGHT.product_id}/").buttons
    ana.forge("/tell-me/1001/", {"email": ANA})
    withdraw(SLACK_WATER)
    assert TELL_ME not in ana.open(f"/shop/{SLACK_WATER.product_id}/").buttons
    ana.forge("/tell-me/1003/", {"email": ANA})
    assert ana.forge("/tell-me/7/", {"email": ANA}).status == 404
    assert ana.open("/tell-me/1011/").path == "/shop/1011/keepers-reserve/"
    assert not RestockRequest.objects.exists()


@pytest.mark.parametrize("kind", [CONFIRM, RESTOCK])
def test_both_mails_speak_the_language_of_the_page(ana: Shopper, kind: str) -> None:
    ana.press("Português do Brasil")
    ana.press("Avise-me quando voltar", email=ANA)
    queue(RESTOCK, f"{RestockRequest.objects.get().pk}-1", ANA)
    restock()
    mail = kinds[kind].build(OutgoingMail.objects.get(kind=kind))
    assert mail
    html = str(mail.alternatives[0][0])
    for text in (mail.subject, mail.body, html):
        assert re.search("voltar|voltou", str(text))
    name = '<bdi lang="en">Keeper&#x27;s Reserve</bdi>'
    assert name in html
    if kind == CONFIRM:
        assert name in ana.open(links(mail)[0]).html
