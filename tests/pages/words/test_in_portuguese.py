"""A whole visit in Brazilian Portuguese, from the switch in the footer to the receipt by mail."""

from __future__ import annotations

import pytest
from django.core import mail
from django.core.mail import EmailMultiAlternatives
from django.test import Client

from checkout.mail import RECEIPT
from checkout.models import Order
from shop.mail_round import Sent, send_due
from tests.support.cast import HARBOUR_LIGHT, Shopper, left, stock

pytestmark = pytest.mark.django_db(transaction=True)


def test_ana_changes_the_language_buys_and_gets_her_receipt_in_it() -> None:
    stock()
    ana = Shopper("Ana")
    ana.open("/")
    ana.press("Português do Brasil")
    assert ana.page.h1 == "Café torrado em uma pequena ilha"
    ana.follow("Ver nossos cafés")
    ana.follow("Harbour Light")
    ana.press("Adicionar à cesta", quantity=2)
    assert ana.page.said[0].startswith("Adicionado: 2 na cesta")
    ana.open("/checkout/")
    assert ana.page.h1 == "Confira seu pedido"
    assert ana.page.sums() == {
        "Pacotes de 250 g": "2",
        "Valor sem imposto": "US$ 20,83",
        "Imposto de 20%, incluído": "US$ 4,17",
        "Total": "US$ 25,00",
    }
    ana.press("Pagar agora", branch="landing", email="ana@example.com")

    assert ana.page.h1 == "Obrigado pelo seu pedido"
    assert left(HARBOUR_LIGHT) == 46
    assert "Todos os dias, das 7h às 18h" in ana.page.text
    order = Order.objects.get()
    assert order.language == "pt-br"

    assert send_due([RECEIPT]) == Sent(sent=1, failed=0)
    (receipt,) = mail.outbox
    assert isinstance(receipt, EmailMultiAlternatives)
    assert receipt.subject == f"Seu pedido {order.reference} na CoffeeCo"
    html = str(receipt.alternatives[0][0])
    for text in (str(receipt.body), html):
        assert "Obrigado pelo seu pedido" in text
        assert "US$\xa025,00" in text
        assert "Thank you" not in text
    assert '<html lang="pt-br">' in html


def test_mail_for_those_who_read_english_stays_english_beside_it() -> None:
    stock()
    for name, asks in (("Ana", "pt-BR"), ("Eve", "en")):
        shopper = Shopper(name, client=Client(headers={"accept-language": asks}))
        shopper.open("/shop/1001/")
        form = next(f for f in ("Adicionar à cesta", "Add to basket") if f in shopper.page.html)
        shopper.press(form)
        shopper.open("/checkout/")
        shopper.press(
            "Pagar agora" if asks == "pt-BR" else "Pay now", email=f"{name.lower()}@example.com"
        )
    assert send_due([RECEIPT]) == Sent(sent=2, failed=0)
    subjects = {sent.to[0]: sent.subject.split()[0] for sent in mail.outbox}
    assert subjects == {"ana@example.com": "Seu", "eve@example.com": "Your"}
