"""What templates are given to show products, money and the map."""

import re
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from django.conf import LazySettings, settings
from django.template import Context, Template
from django.utils.text import slugify
from hypothesis import given
from hypothesis import strategies as st

from shop.formats import bags
from shop.inventory.contract import TEXTS, Product
from shop.templatetags import shop_tags

STATIC = Path(settings.BASE_DIR) / "static"
STYLES = (STATIC / "shop.css").read_text(encoding="utf-8")

names = st.text(min_size=1, max_size=TEXTS["name"]).filter(lambda name: name.strip())


def coffee(name: str = "Harbour Light", origin: str = "Colombia") -> Product:
    return Product(
        id=1001, name=name, price=Decimal("12.50"), quantity=3, origin=origin, description=""
    )


def rendered(source: str, **context: object) -> str:
    return Template("{% load shop_tags %}" + source).render(Context(context))


def test_money_is_in_the_currency_of_the_shop(settings: LazySettings) -> None:
    assert rendered("{{ price|money }}", price=Decimal("12.5")) == "$12.50"
    settings.CURRENCY = "EUR"
    assert rendered("{{ price|money }}", price=Decimal("12.5")) == "€12.50"


@pytest.mark.parametrize(
    ("quantity", "words"), [(0, "0 bags"), (1, "1 bag"), (2, "2 bags"), (1200, "1,200 bags")]
)
def test_bags_are_counted_in_words(quantity: int, words: str) -> None:
    assert bags(quantity) == words


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Harbour Light", "harbour-light"),
        ("Keeper's Reserve", "keepers-reserve"),
        ("Café São João", "cafe-sao-joao"),
        ("浅煎り", "coffee"),
        ("!!!", "coffee"),
    ],
)
def test_a_product_has_a_readable_address(name: str, slug: str) -> None:
    assert rendered("{% product_url p %}", p=coffee(name)) == f"/shop/1001/{slug}/"


@pytest.mark.parametrize("origin", ["Colombia", " colombia ", "COLOMBIA"])
def test_a_known_origin_has_its_own_colour(origin: str) -> None:
    assert shop_tags.origin_class(origin) == "origin-colombia"


@given(origin=st.text(max_size=50))
def test_every_origin_has_a_colour_in_the_stylesheet(origin: str) -> None:
    assert f".{shop_tags.origin_class(origin)} {{ --hue:" in STYLES


def test_an_unknown_origin_keeps_its_colour_in_every_process() -> None:
    # The number was worked out once, elsewhere: a hash with a seed per process would change it.
    assert shop_tags.origin_class("Snake Island") == "origin-h0"
    assert shop_tags.origin_class("snake island ") == "origin-h0"


def test_every_origin_that_is_drawn_has_a_colour_and_no_other_has_one() -> None:
    coloured = set(re.findall(r"\.origin-([a-z-]+) \{", STYLES))
    assert coloured == shop_tags.ORIGINS
    assert "colombia" in coloured
    assert all(slugify(origin) == origin for origin in coloured)


def test_a_bag_shows_its_name_its_colour_and_its_landscape() -> None:
    picture = rendered("{% bag p %}", p=coffee("First Ferry", "Ethiopia"))
    assert "origin-ethiopia" in picture
    assert "bag.svg#ethiopia" in picture
    assert re.findall(r"<tspan[^>]*>([^<]*)</tspan>", picture) == ["First", "Ferry"]
    assert "bag.svg#other" in rendered("{% bag p %}", p=coffee(origin="Snake Island"))


def test_no_two_of_many_coffees_from_one_land_have_the_same_label() -> None:
    bags = {rendered("{% bag p %}", p=replace(coffee(), id=id_)) for id_ in range(1001, 1061)}
    assert len(bags) == 60


@given(name=names)
def test_a_label_has_all_words_of_the_name_in_at_most_three_lines(name: str) -> None:
    lines = shop_tags.label_lines(name)
    assert 1 <= len(lines) <= 3
    assert " ".join(lines).split() == name.split()


@given(name=names)
def test_any_name_has_a_label_in_letters_of_a_sensible_size(name: str) -> None:
    picture = rendered("{% bag p %}", p=coffee(name))
    size = float(re.findall(r'font-size="([0-9.]+)"', picture)[0])
    # Fifty of the widest letters there are still have to fit.
    assert 1.5 <= size <= 23


def test_a_name_of_spaces_still_has_a_label() -> None:
    assert shop_tags.label_lines("   ") == ("Coffee",)


def test_branches_are_put_where_they_lie_on_the_map() -> None:
    assert (shop_tags.map_x(-46.6800), shop_tags.map_x(-46.6705)) == ("0.0", "400.0")
    assert (shop_tags.map_y(-24.4775), shop_tags.map_y(-24.4885)) == ("0.0", "509.0")
    north, south = shop_tags.map_y(-24.4802), shop_tags.map_y(-24.4858)
    assert float(north) < float(south)
    assert shop_tags.map_side(-46.6760) == "west"
    assert shop_tags.map_side(-46.6746) == "east"
