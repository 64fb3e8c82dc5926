"""Nothing that a client sends is an error of ours: every address, every field, every Content-Type.

The addresses are those that the shop has, so that a new one is tried without being named here.
"""

from __future__ import annotations

import io
import logging
import re
from collections.abc import Callable
from functools import cache
from itertools import product
from typing import Any
from urllib.parse import quote
from wsgiref.util import setup_testing_defaults

import pytest
from django.contrib.auth.models import User
from django.test import Client

from checkout.models import Order
from checkout.references import sign
from coffeeco_site.requests import Application, Request
from tests.checkout.orders import buy
from tests.shop.cast import rosa
from tests.support.addresses import routes
from tests.support.cast import HARBOUR_LIGHT, THOUSAND_STEPS, stock

pytestmark = pytest.mark.django_db(transaction=True)

# As they stand in an address or a form's body.
VALUES = {
    "NUL": "%00",
    "NUL inside": "1%00",
    "half a character": "%ED%A0%80",
    "not UTF-8": "%FF%FE",
    "long": "a" * 4_000,
    "many digits": "9" * 5_000,
    "no digit of ours": "%C2%B2",
    "control characters": "%1B%0B%0D%0A",
}

each_value = pytest.mark.parametrize(
    "odd",
    [
        pytest.param(value, id=name, marks=[] if name == "NUL" else pytest.mark.slow)
        for name, value in VALUES.items()
    ],
)

NUMBERS = {
    **dict.fromkeys(("product_id", "product", "number"), str(THOUSAND_STEPS.product_id)),
    **dict.fromkeys(("quantity", "page", "shown", "counted", "again", "in_stock"), "1"),
    **dict.fromkeys(("take_1010", "take_all", "checked", "before", "since"), "1"),
    **dict.fromkeys(("price", "price_1001"), "12.50"),
    # Those of the accounts' pages.
    **dict.fromkeys(("p", "o", "id__exact", "is_staff__exact", "groups__id__exact"), "1"),
    "up_to": "9" * 18,
}
TEXTS = {
    "kind": "low",
    "branch": "roastery",
    "email": "ana@example.com",
    "q": "harbour",
    "sort": "name",
    "stage": "pending",
    "username": "rosa",
    "language": "en",
    "next": "/shop/",
    "cell_1_Name": "Harbour Light",
    **dict.fromkeys(("origin", "name", "description", "why", "text", "password", "token"), "x"),
    **dict.fromkeys(("key", "reference", "from", "sent", "show", "csrfmiddlewaretoken"), "x"),
    **dict.fromkeys(("username__exact", "app_label", "model_name", "field_name", "term"), "x"),
}

CODECS = ["hex", "base64", "rot13", "zlib", "bz2", "uu", "quopri", "undefined", "idna", "punycode"]
CODECS += ["unicode_escape", "raw_unicode_escape", "mbcs", "oem", "utf-16", "utf-7", "x" * 5000]
CODECS += ["", "\0", "\u00e9"]
QUICK_CODECS = {"hex", "undefined", "utf-16", "\0"}
"""One of each kind: no codec of text, one that always fails, one of two bytes, and no name."""


def addresses(odd: str = "") -> list[str]:
    """Every address of the site, the one that logs out last; what is odd stands in their places."""
    order = buy((THOUSAND_STEPS, 1))
    places = {
        "product_id": str(HARBOUR_LIGHT.product_id),
        "slug": "harbour-light",
        "signed": quote(sign(order.reference)),
        "reference": order.reference,
        "object_id": str(rosa().pk),
        "number": "1",
    }

    def fill(match: re.Match[str]) -> str:
        return odd or places.get(match[1], "x")

    found = [re.sub(r"<(?:\w+:)?(\w+)>", fill, route) for route in routes()]
    return sorted(found, key=lambda address: "logout" in address)


def bodies(odd: str) -> list[str]:
    """All fields odd, all numbers, all texts: what is read first must not hide what comes after."""
    shapes = []
    for numbers, texts in ((odd, odd), (odd, ""), ("", odd)):
        fields = {name: numbers or quote(value) for name, value in NUMBERS.items()}
        fields |= {name: texts or quote(value) for name, value in TEXTS.items()}
        shapes.append("&".join(f"{name}={value}" for name, value in fields.items()))
    return shapes


@pytest.fixture
def desk() -> Client:
    """A browser of an account that may do everything, in a shop with an order and an alert."""
    stock()
    client = Client(raise_request_exception=False)
    client.force_login(User.objects.create_superuser("astrid"))
    return client


FORM = "application/x-www-form-urlencoded"


@each_value
def test_no_value_in_any_field_of_any_address_is_an_error_of_ours(desk: Client, odd: str) -> None:
    broken = []
    for address in addresses():
        # An address takes less than a form.
        answers = [desk.get(f"{address}?{bodies(odd[:120])[0]}")]
        answers += [desk.post(address, body, content_type=FORM) for body in bodies(odd)]
        broken += [(address, got.status_code) for got in answers if got.status_code in (413, 431)]
        broken += [(address, got.status_code) for got in answers if got.status_code >= 500]
    assert broken == []


@each_value
def test_no_value_in_an_address_a_cookie_or_a_header_is_an_error_of_ours(
    desk: Client, odd: str
) -> None:
    # A header carries no control characters, but a cookie can spell them.
    spelt = re.sub("%(..)", lambda found: f"\\{int(found[1], 16):03o}", odd)
    names = ("sessionid", "csrftoken", "messages", "language", "prices")
    cookies = "; ".join(f'{name}="{spelt[:1_200]}"' for name in names)
    raw = re.sub("%(..)", lambda found: chr(max(int(found[1], 16), 32)), odd)
    names = ("X-Forwarded-For", "If-None-Match", "Referer", "Origin", "Accept-Language")
    headers = dict.fromkeys((*names, "User-Agent", "Authorization"), raw)
    broken = []
    for address in addresses(odd):
        for sent in (headers, headers | {"Cookie": cookies}):
            answers = [send(address, headers=sent) for send in (desk.get, desk.post)]
            broken += [(address, got.status_code) for got in answers if got.status_code >= 500]
    assert broken == []


def test_no_address_takes_a_form_without_its_token(desk: Client) -> None:
    desk.handler.enforce_csrf_checks = True
    desk.get("/shop/")
    assert desk.cookies["csrftoken"]
    everywhere, orders = addresses(), list(Order.objects.values())
    for address in everywhere:
        for token in ("", "&csrfmiddlewaretoken=" + "%00" * 64):
            answer = desk.post(address, "product_id=1001&quantity=0" + token, content_type=FORM)
            # Choosing a language changes nothing but one's own pages. A link in a mail is signed.
            taken = {302} if address == "/language/" else {403, 405}
            if address.startswith("/tell-me/stop/"):
                taken = {404}
            assert answer.status_code in taken, (address, token)
            if answer.status_code == 403:
                assert "Nothing was changed." in answer.text, address
    assert list(Order.objects.values()) == orders


@pytest.mark.parametrize("method", ["put", "patch", "delete"])
def test_no_address_takes_another_method_than_those_of_links_and_forms(
    desk: Client, method: str
) -> None:
    for address in addresses():
        # Django's own views, of which some take PUT as they take POST.
        if not address.startswith(("/staff/accounts/", "/staff/login/")):
            assert getattr(desk, method)(address).status_code == 405, address


def environ_of(how: str, address: str, kind: str, body: bytes = b"") -> dict[str, Any]:
    """What a server hands on; only a browser with a token's cookie has its forms read."""
    path, _, query = address.partition("?")
    environ: dict[str, Any] = {"REQUEST_METHOD": how, "PATH_INFO": path, "QUERY_STRING": query}
    environ |= {"CONTENT_TYPE": kind, "CONTENT_LENGTH": str(len(body)), "REMOTE_ADDR": "127.0.0.1"}
    environ |= {"HTTP_COOKIE": f"csrftoken={'x' * 32}", "wsgi.input": io.BytesIO(body)}
    setup_testing_defaults(environ)
    return environ


@cache
def application() -> Application:
    """The shop as a server runs it; making one takes longer than a request."""
    return Application()


def status_of(environ: dict[str, Any]) -> str:
    """The status line, asked as a server asks; Django's test client makes requests of its own."""
    said: list[str] = []

    def begin(status: str, _headers: object, _error: object = None, /) -> Callable[[bytes], object]:
        said.append(status)
        return len

    application()(environ, begin).close()
    return said[0]


def content_types(codec: str) -> list[str]:
    """The ways in which a Content-Type can name a charset."""
    kinds = ("text/plain", FORM, "multipart/form-data; boundary=x")
    names = (f"charset={codec}", f"charset*={codec}'en'%41%FF", f"title*={codec}''%00")
    return [f"{kind}; {name}" for kind, name in product(kinds, names)]


def part(codec: str) -> bytes:
    """A file of a form whose name and words are said to be in this charset."""
    head = f"Content-Disposition: form-data; name=\"a\"; filename*={codec}''%41%FF\r\n"
    head += f"Content-Type: text/plain; charset={codec}\r\n"
    return f"--x\r\n{head}\r\n1001\r\n--x--\r\n".encode()


@pytest.mark.parametrize(
    "codec",
    [
        pytest.param(codec, marks=[] if codec in QUICK_CODECS else pytest.mark.slow, id=codec[:20])
        for codec in CODECS
    ],
)
def test_no_charset_of_a_request_or_its_parts_is_an_error_of_ours(codec: str) -> None:
    stock()
    broken: list[tuple[str, str]] = []
    for kind in content_types(codec):
        asked = [environ_of("PUT", "/nowhere/?q=%41", kind, b"a=%FF")]
        for address in ("/shop/?q=%41%FF", "/static/shop.css", "/orders/"):
            asked.append(environ_of("GET", address, kind))
            asked.append(environ_of("POST", address, kind, part(codec)))
        broken += [(one["PATH_INFO"], kind) for one in asked if status_of(one) >= "5"]
    assert broken == []


@pytest.mark.parametrize(
    "head",
    ["", "; filename=a", "\r\nContent-Transfer-Encoding: base64"],
    ids=["too many fields", "too many files", "broken base64"],
)
def test_what_strangers_send_fills_no_log(monkeypatch: pytest.MonkeyPatch, head: str) -> None:
    log = io.StringIO()
    monkeypatch.setattr(logging.getLogger("django").handlers[0], "stream", log)
    part = f"--x\r\nContent-Disposition: form-data; name=a{head}\r\n\r\n1\r\n".encode()
    environ = environ_of("POST", "/orders/", "multipart/form-data; boundary=x", part * 1_100)
    assert status_of(environ) < "5"
    assert log.getvalue().count("\n") <= 1


@pytest.mark.parametrize("kind", ["text/plain; charset=utf-16", "text/plain; charset*=hex''%00"])
def test_what_is_asked_for_is_read_as_utf_8_whatever_charset_is_named(kind: str) -> None:
    assert Request(environ_of("GET", "/shop/?q=Se%C3%B1or", kind)).GET["q"] == "Señor"
