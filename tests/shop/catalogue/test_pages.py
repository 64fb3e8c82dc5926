"""The catalogue: tiles, search, filters, pages, and what was sold out most recently."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import quote, urlencode

import pytest
from bs4 import Tag
from pytest_django.fixtures import DjangoAssertNumQueries

from tests.checkout.inventories import EventfulInventory
from tests.checkout.orders import buy
from tests.support.cast import (
    FIRST_FERRY,
    HARBOUR_LIGHT,
    KEEPERS_RESERVE,
    SHELF,
    SLACK_WATER,
    THOUSAND_STEPS,
    Page,
    Shopper,
    count,
    left,
    stock,
    withdraw,
)
from tests.support.inventory import OverrideInventory

pytestmark = pytest.mark.django_db


@pytest.fixture
def ana() -> Shopper:
    """Ana, in front of the small shelf."""
    stock()
    return Shopper("Ana")


def tile(page: Page, name: str) -> Tag:
    (found,) = [
        tile
        for tile in page.soup.select(".tile")
        if (words := tile.select_one(".tile-name")) and words.text == name
    ]
    return found


def names(page: Page, where: str = "main") -> list[str]:
    lists = f"{where} > :is(.tiles, form)"
    return [words.text for words in page.soup.select(f"{lists} .tile-name")]


def test_a_tile_has_picture_name_origin_description_price_stock_and_add(ana: Shopper) -> None:
    page = ana.open("/shop/")
    assert page.status == 200
    assert page.h1 == "Coffees"
    words = tile(page, "Harbour Light")
    assert words.select_one("svg")
    text = " ".join(words.get_text(" ").split())
    for part in ("Colombia", "Milk chocolate, hazelnut.", "$12.50", "48 bags in stock"):
        assert part in text
    assert page.form("Add to basket Harbour Light").values["quantity"] == "1"


def test_few_bags_are_called_few(ana: Shopper) -> None:
    page = ana.open("/shop/")
    assert "Only 2 left" in tile(page, "Thousand Steps").text
    assert "Only 1 left" in tile(page, "Keeper's Reserve").text
    assert "Only" not in tile(page, "Harbour Light").text


def test_all_coffees_are_there_by_name_and_the_checkout_once_there_is_a_basket(
    ana: Shopper,
) -> None:
    page = ana.open("/shop/")
    assert names(page) == sorted(coffee.name for coffee in SHELF)
    assert "Checkout" not in page.html
    assert ana.press("Add to basket Harbour Light").link("Checkout").endswith("/checkout/")


def test_adding_returns_to_the_same_search_and_says_so_once(ana: Shopper) -> None:
    ana.open("/shop/?origin=Colombia&sort=price")
    page = ana.press("Add to basket Harbour Light", quantity=3)
    assert page.url == "/shop/?origin=Colombia&sort=price#coffee-1001"
    assert page.said == ["Added, 3 in basket View basket"]
    assert page.in_basket == "3 bags"
    assert ana.reload().said == []
    assert ana.basket() == {"Harbour Light": "3"}


# searching


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("q=harbour", ["Harbour Light"]),
        ("q=LEMON", ["Thousand Steps"]),
        ("q=ethiopia", ["First Ferry", "Keeper's Reserve"]),
        ("q=jasmine+ferry", ["First Ferry"]),
        ("q=jasmine+harbour", []),
        ("q=" + "+ferry" * 12 + "+jasmine", ["First Ferry"]),
        # Eight different words are looked for; the ninth, which matches nothing, is not.
        ("q=f+i+r+s+t+e+y+fe+zzz", ["First Ferry"]),
        ("q=%25", []),
        ("q=_", []),
        ("q=%00", sorted(coffee.name for coffee in SHELF)),
        ("q=%27+OR+1%3D1", []),
        ("q=" + "x" * 5000, []),
        ("origin=Ethiopia", ["First Ferry", "Keeper's Reserve"]),
        ("origin=Atlantis", []),
        ("sort=price", ["Slack Water", "Harbour Light", "First Ferry"]),
        ("sort=-price", ["Keeper's Reserve", "Thousand Steps", "First Ferry"]),
        ("sort=id;drop", ["First Ferry", "Harbour Light"]),
        ("page=0", ["First Ferry"]),
        ("page=-1", ["First Ferry"]),
        ("page=two", ["First Ferry"]),
        ("page=%EF%BC%91", ["First Ferry"]),
        ("page=9999999999999999", ["First Ferry"]),
        ("page=" + "9" * 5000, ["First Ferry"]),
        ("q=a&q=ferry", ["First Ferry"]),
        ("unknown=1", ["First Ferry"]),
    ],
)
def test_what_is_asked_for_is_found_and_what_makes_no_sense_is_left_out(
    ana: Shopper, query: str, found: list[str]
) -> None:
    page = ana.open(f"/shop/?{query}")
    assert page.status == 200
    assert names(page)[: len(found)] == found
    if not found:
        assert names(page) == []
        assert "No coffee matches." in page.text


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("Keeper’s", "Keeper's Reserve"),
        ("“Harbour Light”", "Harbour Light"),
        ("\u2039Harbour Light\u203a", "Harbour Light"),
        ("harbour-light", "Harbour Light"),
        ("light\N{NO-BREAK SPACE}harbour", "Harbour Light"),
        ("No. 1003", "Slack Water"),
        ("1003", "Slack Water"),
        ("№ 1003", "Slack Water"),
        ("Brasil", "Slack Water"),
        ("brazil cocoa", "Slack Water"),
        ("colômbia", "Harbour Light"),
    ],
)
@pytest.mark.parametrize("language", ["en", "pt-BR"])
def test_a_coffee_is_found_as_people_type_it(
    ana: Shopper, language: str, query: str, found: str
) -> None:
    ana.client.defaults["HTTP_ACCEPT_LANGUAGE"] = language
    assert names(ana.open(f"/shop/?{urlencode({'q': query})}")) == [found]


def test_a_word_too_many_shows_what_is_closest_and_a_slip_what_was_meant(ana: Shopper) -> None:
    page = ana.open("/shop/?q=light+ferry+harbour+coffee")
    assert names(page) == []
    near = page.soup.select("[aria-labelledby=near] .tile-name")
    assert [name.text for name in near] == ["Harbour Light", "First Ferry"]
    assert not page.soup.select("main .drawing"), "it would push them below the first screen"
    ana.open("/shop/?q=harbor+ligth")
    assert names(ana.follow("Harbour Light")) == ["Harbour Light"]
    # Too many slips, nothing found by it either, and a country that the shop knows already.
    for query in ("harbor+ligth+qqa+qqb+qqc", "harbor+qqa", "brasil+qqa"):
        assert "Did you mean" not in ana.open(f"/shop/?q={query}").text, query
    page = ana.open("/shop/?q=a+b+harbour+light+zzz+qqq")
    near = page.soup.select("[aria-labelledby=near] .tile-name")
    assert near[0].text == "Harbour Light", "the longest words are looked for"
    stock(replace(SLACK_WATER, product_id=1004, name="A", description="Light harbour coffee"))
    page = ana.open("/shop/?q=harbour+light+coffee+xyz")
    near = page.soup.select("[aria-labelledby=near] .tile-name")
    assert near[0].text == "Harbour Light", "a name says more than a description"


def test_a_coffee_that_sold_out_is_found_marked_and_left_out_of_what_is_in_stock(
    ana: Shopper,
) -> None:
    buy((KEEPERS_RESERVE, 1))
    for query in ("q=keeper%E2%80%99s", "q=etiopia+reserve", "origin=Ethiopia"):
        page = ana.open(f"/shop/?{query}")
        assert names(page)[-1] == "Keeper's Reserve", query
        assert "Sold out" in tile(page, "Keeper's Reserve").text
        assert "No coffee matches." not in page.text
        assert "Keeper's Reserve" not in names(ana.open(f"/shop/?{query}&in_stock=1"))


def test_two_spellings_are_one_origin_with_a_page_of_its_own(ana: Shopper) -> None:
    stock(
        replace(FIRST_FERRY, product_id=1004, name="Low Tide", origin="brazil"),
        replace(FIRST_FERRY, product_id=1005, name="Night Watch", origin="brasil"),
    )
    page = ana.open("/shop/")
    options = [option.text.strip() for option in page.soup.select("#origin option")]
    assert options == ["All origins", "Brazil", "Colombia", "Ethiopia", "Rwanda"]
    page = ana.open("/shop/?origin=brazil")
    assert page.h1 == "Coffees from Brazil"
    assert names(page) == ["Low Tide", "Night Watch", "Slack Water"]
    assert page.form("Apply").values["origin"]
    assert page.soup.title
    assert "Coffees from Brazil" in page.soup.title.text
    description = page.soup.select_one("meta[name=description]")
    assert description
    assert "from Brazil" in str(description["content"])


def test_wherever_an_origin_stands_it_leads_to_its_coffees(ana: Shopper) -> None:
    for address in ("/", "/shop/", "/shop/1001/", "/basket/", "/checkout/", "Pay now"):
        page = ana.press(address) if address == "Pay now" else ana.open(address)
        origins = page.soup.select(".origin")
        assert origins, address
        assert all(origin.select_one("a[href^='/shop/?origin=']") for origin in origins), address
        ana.put_in_basket(HARBOUR_LIGHT)
        if address == "/shop/1001/":
            assert ana.follow("Colombia").h1 == "Coffees from Colombia"


def test_an_origin_whose_coffees_are_sold_out_keeps_its_page_in_every_language(
    ana: Shopper,
) -> None:
    buy((THOUSAND_STEPS, 2))
    ana.client.defaults["HTTP_ACCEPT_LANGUAGE"] = "pt-BR"
    assert names(ana.open("/shop/?q=ruanda")) == ["Thousand Steps"]
    ana.open("/shop/1010/")
    page = ana.follow("Ruanda")
    assert names(page) == ["Thousand Steps"]
    assert page.form("Filtrar").values["origin"] == "Rwanda"
    assert 'rel="canonical" href="http://127.0.0.1:8000/shop/?origin=Rwanda"' in page.html


def test_countries_have_their_names_in_the_reader_s_language(ana: Shopper) -> None:
    ana.client.defaults["HTTP_ACCEPT_LANGUAGE"] = "pt-BR"
    page = ana.open("/shop/")
    options = [option.text.strip() for option in page.soup.select("#origin option")][1:]
    assert options == ["Brasil", "Colômbia", "Etiópia", "Ruanda"]
    ana.follow("First Ferry")
    assert names(ana.follow("Etiópia")) == ["First Ferry", "Keeper's Reserve"]


def test_in_stock_only_leaves_out_what_has_no_bags(ana: Shopper) -> None:
    count(SLACK_WATER, shown=60, counted=0)
    ana.open("/shop/")
    assert "Slack Water" in names(ana.page)
    assert "Add to basket Slack Water" not in ana.page.buttons
    page = ana.press("Apply", in_stock="1")
    assert "Slack Water" not in names(page)


def test_the_form_remembers_what_was_asked(ana: Shopper) -> None:
    ana.open("/shop/")
    page = ana.press("Apply", q="jasmine", origin="Ethiopia", sort="-price", in_stock="1")
    assert page.form("Apply").values == {
        "q": "jasmine",
        "origin": "Ethiopia",
        "sort": "-price",
        "in_stock": "1",
    }
    assert "1 coffee for “jasmine” from Ethiopia" in page.text
    assert names(page) == ["First Ferry"]


@pytest.mark.parametrize("typed", ["jasmine", "“jasmine”", '"jasmine"'])
def test_what_was_found_is_said_with_quotation_marks_once(ana: Shopper, typed: str) -> None:
    assert "coffee for “jasmine” ·" in ana.open(f"/shop/?q={quote(typed)}").text


def test_what_was_typed_is_never_markup(ana: Shopper) -> None:
    page = ana.open("/shop/?q=%3Cscript%3Ealert(1)%3C/script%3E&origin=%22%3E%3Cb%3E")
    assert not page.soup.select("main script, main b")


def test_names_from_the_store_are_never_markup(ana: Shopper) -> None:
    evil = "<script>alert(1)</script>"
    stock(
        replace(
            HARBOUR_LIGHT,
            product_id=66,
            name=evil,
            origin="<b>\"'&",
            description="</article>{{ x }}{% y %}",
        )
    )
    for address in ("/shop/", "/shop/66/", "/"):
        page = ana.open(address)
        assert page.status == 200
        assert not page.soup.select("main script, main b")
    ana.open("/shop/66/")
    ana.press("Add to basket")
    assert ana.page.soup.title
    assert evil in ana.page.soup.title.text
    for address in ("/basket/", "/checkout/"):
        page = ana.open(address)
        assert evil in page.text
        assert not page.soup.select("main script, main b")
    assert evil in ana.press("Pay now").text


# pages


def test_pages_are_linked_and_keep_the_question(ana: Shopper) -> None:
    stock(*(replace(SLACK_WATER, product_id=n, name=f"Coffee {n:03}") for n in range(1, 58)))
    ana.open("/shop/?q=coffee+0&sort=-price")
    assert "1 to 24 of 57 coffees for “coffee 0”" in ana.page.text
    assert "Previous page" not in ana.page.text
    ana.follow("Next page")
    ana.follow("Next page")
    assert names(ana.page) == [f"Coffee {n:03}" for n in range(49, 58)]
    assert "Page 3 of 3" in ana.page.text
    assert "49 to 57 of 57 coffees" in ana.page.text
    assert "Next page" not in ana.page.text
    assert names(ana.follow("Previous page"))[0] == "Coffee 025"


@pytest.mark.parametrize(
    ("coffees", "sizes"), [(1, [1]), (25, [25]), (32, [32]), (33, [24, 9]), (56, [24, 32])]
)
def test_no_page_has_a_few_coffees_only(coffees: int, sizes: list[int]) -> None:
    stock(
        *(replace(SLACK_WATER, product_id=n, name=f"Coffee {n:03}") for n in range(1, coffees + 1))
    )
    pages = [Shopper("Ana").open(f"/shop/?page={n + 1}") for n in range(len(sizes))]
    assert [len(names(page)) for page in pages] == sizes
    assert names(Shopper("Ana").open("/shop/?page=99")) == names(pages[-1])


def test_a_shop_that_sold_its_last_bag_does_not_blame_the_search() -> None:
    stock(KEEPERS_RESERVE)
    buy((KEEPERS_RESERVE, 1))
    page = Shopper("Ana").open("/shop/")
    assert "All our coffees are sold out at this moment." in page.text
    assert "No coffee matches." not in page.text
    assert names(page) == ["Keeper's Reserve"]


@pytest.mark.parametrize("narrow", ["origin=Brazil", "in_stock=1&origin=Kenya"])
def test_a_search_that_finds_nothing_in_one_origin_can_be_made_among_all(
    ana: Shopper, narrow: str
) -> None:
    page = ana.open(f"/shop/?q=jasmine&{narrow}")
    assert names(page) == []
    page = ana.follow("Look for “jasmine” among all coffees")
    assert names(page) == ["First Ferry"]
    assert "Look for" not in ana.open("/shop/?q=zzz").text


# sold out


def test_the_few_most_recently_sold_out_are_the_last_tiles(ana: Shopper) -> None:
    buy((KEEPERS_RESERVE, 1))
    buy((THOUSAND_STEPS, 2), token="another")
    page = ana.open("/shop/")
    assert names(page)[-3:] == ["Slack Water", "Thousand Steps", "Keeper's Reserve"]
    assert len(set(names(page))) == len(SHELF)
    assert "Sold out" in tile(page, "Keeper's Reserve").text
    assert "Add to basket Keeper's Reserve" not in page.buttons
    assert names(ana.open("/shop/?q=first")) == ["First Ferry"]


def test_sold_out_coffees_are_on_the_last_page_only(ana: Shopper) -> None:
    stock(*(replace(SLACK_WATER, product_id=n, name=f"Coffee {n:03}") for n in range(1, 34)))
    buy((KEEPERS_RESERVE, 1))
    assert "Keeper's Reserve" not in names(ana.open("/shop/"))
    assert names(ana.open("/shop/?page=2"))[-1] == "Keeper's Reserve"


def test_a_withdrawn_coffee_is_not_listed(ana: Shopper) -> None:
    withdraw(HARBOUR_LIGHT)
    assert "Harbour Light" not in ana.open("/shop/").text


# wrong method, away, and how much is asked


def test_while_the_stock_system_is_away_it_shows_what_was_last_known(
    ana: Shopper, override_inventory: OverrideInventory
) -> None:
    inventory = override_inventory(EventfulInventory())
    ana.open("/shop/")
    inventory.go_away()
    page = ana.open("/shop/")
    assert page.status == 200
    assert "The stock system is not answering. Prices and stock are as last known" in page.text
    assert names(page) == sorted(coffee.name for coffee in SHELF)
    assert page.buttons == ["Apply"]


def test_with_nothing_known_it_says_that_the_shelves_can_t_be_seen(
    ana: Shopper, override_inventory: OverrideInventory
) -> None:
    inventory = EventfulInventory()
    inventory.go_away()
    override_inventory(inventory)
    page = ana.open("/shop/?q=ferry")
    assert page.status == 503
    assert page.h1 == "We can’t see our shelves at this moment"
    assert page.response["Retry-After"]
    inventory.calm_down()
    assert ana.follow("Try again").url.endswith("/shop/?q=ferry")
    assert names(ana.page) == ["First Ferry"]


def test_a_warm_page_asks_the_database_once(
    ana: Shopper, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    ana.open("/shop/")
    with django_assert_max_num_queries(1):
        ana.open("/shop/")
    ana.put_in_basket(HARBOUR_LIGHT)
    ana.open("/shop/")
    # One more for the session, now that there is a basket.
    with django_assert_max_num_queries(2):
        ana.open("/shop/")


def test_looking_takes_nothing_off_the_shelf(ana: Shopper) -> None:
    ana.put_in_basket(KEEPERS_RESERVE)
    assert left(KEEPERS_RESERVE) == 1


@pytest.mark.parametrize("address", ["/shop/", "/shop/1001/"])
def test_the_shop_s_own_words_have_their_language_and_the_direction_of_their_script(
    ana: Shopper, address: str
) -> None:
    stock(replace(HARBOUR_LIGHT, name="ضوء الميناء", description="شوكولاتة بالحليب."))
    for language in (None, "en"):
        if language:
            ana.press("Português do Brasil")
        page = ana.open(address)
        texts = page.soup.select(".tile-name bdi, h1 bdi, .tile-description, .lead")
        assert texts
        assert {text.get("lang") for text in texts} == {language}
        assert all(text.name == "bdi" or text.get("dir") == "auto" for text in texts)
