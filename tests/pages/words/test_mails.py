"""Every sentence of a mail to customers can be translated."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.utils import translation
from pytest_django import Settings

from checkout import aftercare
from checkout.mail import CANCELLATION, REMINDER, queue_reminder, receipt
from checkout.models import Order
from shop.catalogue import restock
from shop.inventory import get_inventory
from shop.mail import kinds, queue
from shop.models import OutgoingMail, RestockRequest
from tests.checkout.orders import buy
from tests.pages.words.circled import circled, plain_words
from tests.support.cast import HARBOUR_LIGHT, stock

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("branch", ["landing", ""])
def test_the_receipt(circles: Path, settings: Settings, branch: str) -> None:
    stock()
    buy((HARBOUR_LIGHT, 2))
    Order.objects.update(branch_slug=branch, language="pt-br")
    settings.LOCALE_PATHS = [circles]
    with translation.override("en"):
        mail = receipt(Order.objects.get(), OutgoingMail.objects.get())
    assert circled("Thank you for your order") in str(mail.body)
    texts = [str(mail.subject), str(mail.body), str(mail.alternatives[0][0])]
    assert [plain_words(text) for text in texts] == [[], [], []]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("kind", [CANCELLATION, REMINDER])
def test_the_cancellation_and_the_reminder(circles: Path, settings: Settings, kind: str) -> None:
    stock()
    buy((HARBOUR_LIGHT, 2))
    Order.objects.update(language="pt-br")
    order = Order.objects.get()
    if kind == REMINDER:
        queue_reminder(order, order.created_at)
    else:
        aftercare.cancel(order, get_inventory(), who="rosa")
    settings.LOCALE_PATHS = [circles]
    settings.PICKUP_KEEP_DAYS = 7
    mail = kinds[kind].build(OutgoingMail.objects.get(kind=kind))
    assert mail
    texts = [str(mail.subject), str(mail.body), str(mail.alternatives[0][0])]
    assert [plain_words(text) for text in texts] == [[], [], []]


def test_a_coffee_that_is_back(circles: Path, settings: Settings) -> None:
    stock()
    product = get_inventory().products([HARBOUR_LIGHT.product_id])[HARBOUR_LIGHT.product_id]
    with translation.override("pt-br"):
        restock.ask(product, "ana@example.com")
    queue(restock.RESTOCK, f"{RestockRequest.objects.get().pk}-1", "ana@example.com")
    settings.LOCALE_PATHS = [circles]
    for waiting in OutgoingMail.objects.all():
        mail = kinds[waiting.kind].build(waiting)
        assert mail
        texts = [str(mail.subject), str(mail.body), str(mail.alternatives[0][0])]
        assert [plain_words(text) for text in texts] == [[], [], []]
