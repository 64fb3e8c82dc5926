"""Template tags for products, money and the map of the branches."""

import re
import unicodedata
import zlib
from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any, Protocol

from django import template
from django.conf import settings
from django.template import Context
from django.template.loader import render_to_string
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.text import slugify

from shop import formats, printable
from shop.catalogue import country, origin_url, product_url
from shop.formats import (
    active_language,
    bag_weight,
    bags,
    money,
    number,
    percent,
    shop_lang,
    signed,
)
from shop.http import short_address
from shop.inventory.contract import Product

register = template.Library()
register.filter(money)
register.filter(percent)
register.filter(number)
register.filter(bags)
register.filter(country)
register.filter(signed)
register.simple_tag(product_url)
register.simple_tag(bag_weight)
register.simple_tag(shop_lang)

_DRAWINGS = (settings.BASE_DIR / "static" / "bag.svg").read_text(encoding="utf-8")
ORIGINS = frozenset(re.findall(r'<g id="([a-z-]+)"', _DRAWINGS)) - {"other"}
"""Origins that have a landscape in ``bag.svg`` and a colour in ``shop.css``."""
OTHER_COLOURS = 12

LABEL_LINES = 3
LABEL_WORDS = 8
"""Characters that a line of a bag's label takes before the next word goes to a new line."""
LABEL_WIDTH, LABEL_MIDDLE = 108, 151
"""Where names stand on the bag of 160 by 210 that bag.svg draws."""
LETTER_WIDTHS = {
    **dict.fromkeys("' ,.j|/\\:;il-f!\u2018\u2019\u201c\u201d", 0.45),
    **dict.fromkeys('tIrJ()[]_`"*–', 0.53),
    **dict.fromkeys("PEAVXCRBwGDKOQUNH&#+<=>^~", 0.95),
    **dict.fromkeys("mMW%@—", 1.13),
}
"""Widths as multiples of the font size, in the widest serif in use: DejaVu Serif Bold."""
PLAIN_WIDTH, FOREIGN_WIDTH = 0.75, 1.3
"""Widths of other Latin letters, and of letters of other scripts."""
LAND_WIDTH, LAND_HEIGHT = 232, 120
TURNS = ("", "scale(-1 1)", "scale(1 -1)", "scale(-1 -1)")
"""A land as it is, and seen from its other sides; these lie left of it, above it, or both."""
LARGEST = (23, 23, 18)
"""Sizes for labels of one, two and three lines."""

# The stretch of Snake Island that static/lines.svg draws, and its size there.
MAP_WEST, MAP_NORTH, MAP_EAST, MAP_SOUTH = -46.6800, -24.4775, -46.6705, -24.4885
MAP_WIDTH, MAP_HEIGHT = 400, 509


register.filter("one_line", printable.one_line)


@register.filter(expects_localtime=True)
def moment(when: datetime) -> str:
    """A day and time in the shop's zone, in words: ``22 November 2026, 19:50``."""
    return formats.format_moment(when, active_language())


@register.filter(expects_localtime=True)
def day(when: datetime) -> str:
    """The day in the shop's zone: ``22 November 2026``."""
    return formats.format_day(when, active_language())


@register.filter(expects_localtime=True)
def clock(when: datetime) -> str:
    """A time of day in the shop's zone: ``19:50``."""
    return formats.format_clock(when, active_language())


@register.simple_tag
def languages() -> list[tuple[str, str]]:
    """The shop's languages: code, and name in the language itself."""
    return list(settings.LANGUAGES)


@register.simple_tag
def buyable(products: Iterable[Product], can_buy: bool) -> bool:
    """True when one of them can be put into the basket."""
    return can_buy and not all(product.is_sold_out for product in products)


@register.simple_tag(takes_context=True)
def this_page(context: Context) -> str:
    """The address at which to read this page again: its view's ``this_page``, else the request's.

    After a form was sent, the page on which the form stood.
    """
    if "this_page" in context:
        return str(context["this_page"])
    request = context.get("request")
    if request is None:
        return "/"
    if request.method in ("GET", "HEAD"):
        return short_address(request)
    # /basket/add/ belongs to /basket/; /orders/ takes its own form.
    first, _slash, rest = str(request.path).strip("/").partition("/")
    return f"/{first}/" if rest else str(request.path)


@register.filter
def origin_link(origin: str, tabindex: int = 0) -> SafeString:
    """The origin in the reader's language, a link to its coffees; empty without an origin.

    -1 leaves it out of the Tab order: in a list, where each coffee's page has the same link.
    """
    if not origin:
        return SafeString("")
    skipped = SafeString(' tabindex="-1"') if tabindex < 0 else ""
    return format_html('<a href="{}"{}>{}</a>', origin_url(origin), skipped, country(origin))


@register.filter
@lru_cache(maxsize=512)
def origin_class(origin: str) -> str:
    """The class of an origin's colour; the colour of an unknown origin follows from its name."""
    slug = slugify(origin)
    if slug in ORIGINS:
        return f"origin-{slug}"
    # Not hash(), which differs between processes.
    return f"origin-h{zlib.crc32(origin.strip().lower().encode()) % OTHER_COLOURS}"


@register.filter
def landscape(origin: str) -> str:
    """The drawing in ``bag.svg`` of an origin's land."""
    slug = slugify(origin)
    return slug if slug in ORIGINS else "other"


class Labelled(Protocol):
    """Something with a bag to draw: a product (by its ``id``), or a line of an order."""

    @property
    def name(self) -> str: ...
    @property
    def origin(self) -> str: ...


@register.simple_tag
def bag(product: Labelled, *, is_coloured: bool = True) -> SafeString:
    """The picture of a product: a bag in its origin's colour, a part of its land, and its name.

    Not ``is_coloured`` where an element around it has the origin's class.
    """
    id_ = getattr(product, "product_id", None) or getattr(product, "id", 0)
    return _bag(product.name, product.origin, id_, is_coloured)


@lru_cache(maxsize=1024)  # of about 1 KB each, as no name is longer than 50 characters
def _bag(name: str, origin: str, product_id: int, is_coloured: bool) -> SafeString:
    # 60 views of one land, so that two coffees that grew on it have labels of their own.
    turn = product_id // 15 % len(TURNS)
    left = product_id % 5 * 16 - (LAND_WIDTH if turn % 2 else 0)
    top = product_id % 3 * 12 - (LAND_HEIGHT if turn > 1 else 0)
    context = {
        "colour": f" {origin_class(origin)}" if is_coloured else "",
        "landscape": landscape(origin),
        "window": f"{left} {top} 150 78",
        "turn": TURNS[turn],
        "name": _label(label_lines(name)),
    }
    return render_to_string("parts/bag.html", context)


def label_lines(name: str) -> tuple[str, ...]:
    """A name in at most three lines for a bag's label; no word is broken."""
    words = name.split() or ["Coffee"]
    width = max(LABEL_WORDS, *map(len, words))
    while True:
        lines = [words[0]]
        for word in words[1:]:
            if len(lines[-1]) + 1 + len(word) <= width:
                lines[-1] += f" {word}"
            else:
                lines.append(word)
        if len(lines) <= LABEL_LINES:
            return tuple(lines)
        width += 1


def _label(lines: tuple[str, ...]) -> SafeString:
    """SVG text of the lines, centred on the label, in a size that lets the longest fit."""
    fitting = LABEL_WIDTH / max(1.0, *map(_width, lines))
    size = min(LARGEST[len(lines) - 1], fitting)
    leading = size * 1.1
    # The middle of a line of letters is a third of their size above the baseline.
    first = LABEL_MIDDLE + size / 3 - leading * (len(lines) - 1) / 2
    spans = format_html_join(
        "",
        '<tspan x="80" y="{}">{}</tspan>',
        ((f"{round(first + leading * n, 1):g}", line) for n, line in enumerate(lines)),
    )
    label = '<text class="bag-name" font-size="{}">{}</text>'
    return format_html(label, f"{round(size, 1):g}", spans)


def _width(line: str) -> float:
    """The largest width of a line, as a multiple of its font size."""
    letters = unicodedata.normalize("NFKD", line)
    return sum(
        LETTER_WIDTHS.get(letter, PLAIN_WIDTH if letter < "\u0250" else FOREIGN_WIDTH)
        for letter in letters
        if not unicodedata.combining(letter)
    )


@register.filter
def map_x(longitude: float) -> str:
    """Where a longitude lies on the map of the island, from its left edge."""
    return f"{(float(longitude) - MAP_WEST) / (MAP_EAST - MAP_WEST) * MAP_WIDTH:.1f}"


@register.filter
def map_y(latitude: float) -> str:
    """Where a latitude lies on the map of the island, from its top edge."""
    return f"{(MAP_NORTH - float(latitude)) / (MAP_NORTH - MAP_SOUTH) * MAP_HEIGHT:.1f}"


@register.filter
def look_up(table: Mapping[Any, str] | None, key: object) -> str:
    """A table's text for a key; empty when it has none."""
    return (table or {}).get(key, "")


@register.filter
def map_side(longitude: float) -> str:
    """The side of its pin where a branch's name has room: ``east`` or ``west``."""
    return "west" if float(longitude) < (MAP_WEST + MAP_EAST) / 2 else "east"
