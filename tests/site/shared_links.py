"""What a page has to say of itself so that a link to it looks well where it is shared."""

from __future__ import annotations

import struct
from urllib.parse import urlsplit

from django.conf import settings

from tests.support.cast import Page


def meta(page: Page, name: str) -> str:
    """The content of the one meta element of that name or property."""
    (element,) = page.soup.select(f'meta[property="{name}"], meta[name="{name}"]')
    return str(element["content"])


def canonical(page: Page) -> str:
    """The one canonical address, without the shop's own."""
    (link,) = page.soup.select('link[rel="canonical"]')
    address = str(link["href"])
    assert address.startswith(f"{settings.BASE_URL}/")
    return address.removeprefix(settings.BASE_URL)


def assert_shares_well(page: Page, address: str, title: str) -> None:
    """Address, title and description are the page's own, and the picture is what it says it is."""
    assert canonical(page) == address
    assert meta(page, "og:url") == settings.BASE_URL + address
    assert meta(page, "og:title") == title
    assert meta(page, "og:description")
    assert meta(page, "description")
    assert meta(page, "og:site_name") == "CoffeeCo"
    assert meta(page, "og:image:alt")
    assert meta(page, "twitter:card") == "summary_large_image"
    picture = meta(page, "og:image")
    assert picture.startswith(f"{settings.BASE_URL}/static/")
    assert (meta(page, "og:image:width"), meta(page, "og:image:height")) == ("1200", "630")
    data = (settings.STATIC_ROOT / urlsplit(picture).path.removeprefix("/static/")).read_bytes()
    assert data.startswith(b"\x89PNG")
    assert struct.unpack(">II", data[16:24]) == (1200, 630)
    assert len(data) <= 60 * 1024
