"""What is too long, of unknown length or cut off is turned away, and the database has its time."""

from __future__ import annotations

import io
import re
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory
from django.urls import reverse
from pytest_django import Settings

from coffeeco_site.limits import LONGEST_DELIVERY, LONGEST_FORM, LimitsMiddleware
from coffeeco_site.requests import LONGEST_LINE, Request
from coffeeco_site.time_limit import COMMAND_SECONDS, DELIVERY_SECONDS, waiting
from tests.site.test_anything_sent import application, environ_of
from tests.support.addresses import routes

# No django_db mark here: a query would fail these tests.

FORM = "application/x-www-form-urlencoded"
PARTS = "multipart/form-data; boundary=x"
TOKEN = "x" * 32
DELIVERIES = [
    reverse(f"staff_{name}") for name in ("delivery_preview", "delivery_confirm", "price_preview")
]
WHOLE = {
    FORM: f"csrfmiddlewaretoken={TOKEN}&product_id=1001&quantity=120".encode(),
    PARTS: (
        f"--x\r\nContent-Disposition: form-data; name=csrfmiddlewaretoken\r\n\r\n{TOKEN}\r\n"
        "--x\r\nContent-Disposition: form-data; name=quantity\r\n\r\n120\r\n--x--\r\n"
    ).encode(),
}


class Unread(io.BytesIO):
    def read(self, *_: Any) -> bytes:
        raise AssertionError("the body was read")


def every_address() -> list[str]:
    return [re.sub(r"<(?:int:)?\w+>", "1", re.sub(r"<slug:\w+>", "x", one)) for one in routes()]


def status_of(environ: dict[str, Any]) -> int:
    """The status, asked past Django's signals, which would look at the database's connection."""
    return application().get_response(Request(environ)).status_code


def answer_to_length(how: str, address: str, length: str) -> int:
    unread = {"wsgi.input": Unread(), "CONTENT_LENGTH": length}
    return status_of(environ_of(how, address, PARTS) | unread)


@pytest.mark.parametrize("how", ["POST", "PUT", "GET"])
@pytest.mark.parametrize("length", [str(LONGEST_DELIVERY + 1), "9" * 400, "-1", "1_0"])
def test_a_body_that_is_too_long_is_turned_away_unread(how: str, length: str) -> None:
    for address in (*every_address(), "/nowhere/"):
        assert (address, answer_to_length(how, address, length)) == (address, 413)


@pytest.mark.parametrize("line", ["PATH_INFO", "QUERY_STRING", "HTTP_ORIGIN", "CONTENT_TYPE"])
@pytest.mark.parametrize("how", ["GET", "POST"])
def test_an_address_or_a_header_that_is_too_long_is_turned_away_unread(how: str, line: str) -> None:
    for address in every_address():
        environ = environ_of(how, address, PARTS) | {"wsgi.input": Unread()}
        assert (address, status_of(environ | {line: "/" * (LONGEST_LINE + 1)})) == (address, 431)


def test_only_deliveries_and_prices_may_be_as_long_as_deliveries() -> None:
    shorter = str(LONGEST_FORM + 1)
    long = (reverse("staff_deliveries"), reverse("staff_prices"))
    for address in every_address():
        if not address.startswith(long):
            assert (address, answer_to_length("POST", address, shorter)) == (address, 413)
    for address in DELIVERIES:
        # It is read, which this body refuses.
        assert answer_to_length("POST", address, shorter) == 500


def test_a_form_without_a_length_is_refused() -> None:
    for address in every_address():
        environ = environ_of("POST", address, FORM, WHOLE[FORM])
        environ |= {"CONTENT_LENGTH": "", "HTTP_TRANSFER_ENCODING": "chunked"}
        assert (address, status_of(environ)) == (address, 411)


@pytest.mark.parametrize("kind", WHOLE)
@pytest.mark.parametrize("missing", [1, 20, 100])
@pytest.mark.parametrize("header", [{}, {"HTTP_X_CSRFTOKEN": TOKEN}], ids=["", "with a header"])
def test_a_form_that_was_cut_off_on_its_way_is_refused(
    kind: str, missing: int, header: dict[str, str]
) -> None:
    body = WHOLE[kind]
    for address in ("/basket/add/", "/checkout/pay/", "/staff/login/", "/language/", *DELIVERIES):
        environ = environ_of("POST", address, kind, body[:-missing])
        environ |= header | {"CONTENT_LENGTH": str(len(body)), "HTTP_COOKIE": f"csrftoken={TOKEN}"}
        assert (address, status_of(environ)) == (address, 400)


@pytest.mark.parametrize("address", ["/basket/add/", "/orders/", "/staff/login/", *DELIVERIES])
def test_only_the_pages_of_deliveries_and_prices_take_files(address: str) -> None:
    sent = {"quantity": "120", "file": SimpleUploadedFile("stock.csv", b"ProductId")}
    request = RequestFactory().post(address, sent)
    assert request.POST["quantity"] == "120"
    assert list(request.FILES) == (["file"] if address in DELIVERIES else [])


@pytest.mark.parametrize(
    ("how", "address", "seconds"),
    [
        ("get", "/shop/", 1.5),
        ("post", "/checkout/pay/", 1.5),
        ("get", DELIVERIES[0], 1.5),
        ("post", DELIVERIES[0], DELIVERY_SECONDS),
    ],
)
def test_each_request_has_its_time_for_the_database(
    settings: Settings, how: str, address: str, seconds: float
) -> None:
    settings.INVENTORY_TIMEOUT = 1.5
    found = []

    def view(_request: HttpRequest) -> HttpResponse:
        with waiting() as left:
            found.append(left)
        with waiting() as left:
            found.append(left)
        return HttpResponse()

    LimitsMiddleware(view)(getattr(RequestFactory(), how)(address))
    first, second = found
    assert first == seconds
    assert second < first
    with waiting() as left:
        assert left == COMMAND_SECONDS
