"""In which language a page answers, and how a reader changes it."""

from __future__ import annotations

import pytest
from django.test import Client
from django.utils import translation

from tests.support.cast import HARBOUR_LIGHT, Shopper, stock

pytestmark = pytest.mark.django_db(transaction=True)

ENGLISH, PORTUGUESE = "English", "Português do Brasil"


def reader(asks: str) -> Shopper:
    """Ana, whose browser asks for these languages."""
    client = Client(enforce_csrf_checks=True, headers={"accept-language": asks})
    return Shopper("Ana", client=client)


def language_of(ana: Shopper) -> str:
    assert ana.page.soup.html
    language = str(ana.page.soup.html["lang"])
    assert ana.page.response["Content-Language"] == language
    return language


@pytest.mark.parametrize(
    ("asks", "gets"),
    [
        ("", "en"),
        ("pt-BR,pt;q=0.9,en;q=0.8", "pt-br"),
        ("pt", "pt-br"),
        ("pt-PT", "pt-br"),
        ("en-GB,pt;q=0.5", "en"),
        ("de,pt-BR;q=0.5", "pt-br"),
        ("fr,de", "en"),
        ("*", "en"),
        ("<script>", "en"),
        ("pt-BR;q=nothing", "en"),
        ("x" * 5000, "en"),
    ],
)
def test_a_page_answers_as_the_browser_asks_and_in_english_to_all_others(
    asks: str, gets: str
) -> None:
    ana = reader(asks)
    ana.open("/orders/")
    assert language_of(ana) == gets


def test_a_reader_chooses_another_language_and_comes_back_to_the_same_page() -> None:
    ana = reader("en")
    ana.open("/orders/?from=mail")
    ana.press(PORTUGUESE)
    assert ana.page.url == "/orders/?from=mail"
    assert language_of(ana) == "pt-br"
    ana.open("/shop/")
    assert language_of(ana) == "pt-br"
    ana.press(ENGLISH)
    assert language_of(ana) == "en"


def test_the_language_in_use_is_marked_and_each_stands_in_its_own_name() -> None:
    ana = reader("pt-BR")
    ana.open("/orders/")
    (current,) = ana.page.soup.select("footer [aria-current]")
    assert (current.text, current["lang"]) == (PORTUGUESE, "pt-br")
    (other,) = ana.page.soup.select("footer button")
    assert (other.text, other["lang"]) == (ENGLISH, "en")


def test_after_a_mistake_in_a_form_the_switch_leads_to_the_form_s_own_page() -> None:
    stock()
    ana = reader("en")
    ana.put_in_basket(HARBOUR_LIGHT)
    ana.forge("/basket/update/", {"quantity_1001": "many"})
    assert ana.press(PORTUGUESE).path == "/basket/"
    ana.open("/checkout/")
    ana.forge("/checkout/pay/", {"token": "old"})
    assert ana.press(ENGLISH).path == "/checkout/"
    ana.forge("/orders/", {"reference": "CC-34679ACD", "email": "ana@example.com"})
    assert ana.press(PORTUGUESE).path == "/orders/"
    ana.press(ENGLISH)
    receipt = ana.pay(email="ana@example.com").path
    ana.forge(f"{receipt}email/", {"email": "none"})
    assert ana.press(PORTUGUESE).path == receipt


def test_a_mistyped_address_says_so_in_the_other_language_too() -> None:
    ana = reader("en")
    ana.open("/nowhere/")
    ana.press(PORTUGUESE)
    assert (ana.page.status, ana.page.path) == (404, "/nowhere/")
    assert language_of(ana) == "pt-br"


@pytest.mark.parametrize("chosen", ["de", "tlh", "../en", "<b>", "", "\0", "x" * 5000])
def test_a_language_that_the_shop_does_not_speak_changes_nothing(chosen: str) -> None:
    ana = reader("pt-BR")
    ana.forge("/language/", {"language": chosen, "next": "/orders/"})
    assert ana.page.status == 200
    assert language_of(ana) == "pt-br"


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_a_form_on_another_site_changes_no_language(site: str) -> None:
    browser = Client(enforce_csrf_checks=True, headers={"sec-fetch-site": site})
    answer = browser.post("/language/", {"language": "pt-br", "next": "/"})
    assert (answer.status_code, dict(answer.cookies)) == (403, {})


@pytest.mark.parametrize(
    "elsewhere", ["https://evil.example/", "//evil.example/", "javascript:alert(1)", "\\\\evil"]
)
def test_the_switch_leads_to_no_other_site(elsewhere: str) -> None:
    ana = reader("en")
    ana.forge("/language/", {"language": "pt-br", "next": elsewhere})
    assert ana.page.path == "/"


def test_the_choice_is_kept_for_a_year_and_out_of_reach_of_scripts() -> None:
    ana = reader("en")
    ana.open("/orders/")
    ana.press(PORTUGUESE)
    cookie = ana.client.cookies["language"]
    assert (cookie.value, cookie["max-age"]) == ("pt-br", 365 * 24 * 3600)
    assert (cookie["samesite"], cookie["httponly"]) == ("Lax", True)


@pytest.mark.parametrize("address", ["/", "/shop/", "/shop/1001/harbour-light/", "/nowhere/"])
def test_caches_are_told_what_the_language_hung_on(address: str) -> None:
    stock()
    vary = reader("en").open(address).response["Vary"]
    assert {"Accept-Language", "Cookie"} <= {name.strip() for name in vary.split(",")}


def test_a_page_that_was_kept_is_shown_in_each_reader_s_language() -> None:
    stock()
    ana, bruno = reader("pt-BR"), reader("en")
    for address in ("/", "/shop/", "/shop/1001/harbour-light/"):
        for shopper in (ana, bruno, ana, bruno):
            shopper.open(address)
        assert (language_of(ana), language_of(bruno)) == ("pt-br", "en")
        assert "US$\xa012,50" in ana.page.html
        assert "$12.50" in bruno.page.html
        assert "US$" not in bruno.page.html


def test_a_browser_that_has_a_page_in_one_language_gets_it_anew_in_the_other() -> None:
    stock()
    ana = reader("en")
    for address in ("/", "/shop/", "/shop/1001/harbour-light/"):
        english = ana.open(address).response
        kept = {"HTTP_IF_NONE_MATCH": english.headers.get("ETag", '"none"')}
        kept["HTTP_ACCEPT_LANGUAGE"] = "pt-BR"
        answer = ana.client.get(address, **kept)  # type: ignore[arg-type]
        assert answer.status_code == 200
        assert answer["Content-Language"] == "pt-br"


def test_an_answer_that_a_page_is_unchanged_says_what_it_hung_on_too() -> None:
    stock()
    ana = reader("en")
    ana.open("/shop/")
    kept = ana.open("/shop/").response["ETag"]
    answer = ana.client.get("/shop/", headers={"if-none-match": kept})
    assert answer.status_code == 304
    assert "Accept-Language" in answer["Vary"]


@pytest.mark.parametrize("address", ["/healthz", "/robots.txt", "/sitemap.xml"])
def test_what_machines_read_is_in_no_language(address: str) -> None:
    response = Client(headers={"accept-language": "pt-BR"}).get(address)
    assert "Content-Language" not in response
    assert "Accept-Language" not in response.get("Vary", "")


@pytest.mark.parametrize("address", ["/staff/login/", "/staff/stock/", "/staff/nowhere/"])
def test_staff_pages_answer_in_english(address: str) -> None:
    rosa = reader("pt-BR")
    rosa.client.cookies["language"] = "pt-br"
    rosa.open(address)
    assert language_of(rosa) == "en"


def test_a_request_s_language_does_not_outlive_it() -> None:
    reader("pt-BR").open("/orders/")
    assert translation.get_language() == "en"
    english = Client().get("/", headers={"host": "evil.example"})
    assert english.status_code == 400
    assert 'lang="en"' in english.text


def test_prices_that_a_form_sends_back_are_plain_digits_in_every_language() -> None:
    stock()
    ana = reader("pt-BR")
    ana.forge("/basket/add/", {"product_id": "1001", "quantity": "2"})
    ana.open("/checkout/")
    assert ana.page.value("price_1001") == "12.50"
