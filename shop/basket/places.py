"""Where a message is said: at the coffee that it is about, if the page shows it, else at the top.

The place is a tag of the message: ``at-1003``, or ``at-1003-2`` when it was added and 2 bags of it
are in the basket now. The element of that place has the id that :func:`anchor` gives, so that the
redirect to it scrolls there and focuses it without a script.
"""

from __future__ import annotations

import re

from django import template
from django.contrib.messages.storage.base import Message
from django.template import Context

TAG = re.compile(r"\bat-(?P<product_id>\d+)(?:-(?P<in_basket>\d+))?\b")

register = template.Library()


def place_tag(product_id: int, in_basket: int = 0) -> str:
    """The tag of a message about this coffee; ``in_basket`` bags of it if some were added."""
    return f"at-{product_id}-{in_basket}" if in_basket else f"at-{product_id}"


def anchor(address: str, product_id: int) -> str:
    """The address of a coffee's place on a page."""
    return f"{address}#coffee-{product_id}"


@register.simple_tag(takes_context=True)
def is_said_below(context: Context, message: Message) -> bool:
    """True if the page shows the coffee that the message is about: its ``coffees`` are ids."""
    place = TAG.search(message.extra_tags or "")
    return place is not None and int(place["product_id"]) in (context.get("coffees") or ())


@register.simple_tag(takes_context=True)
def said_at(context: Context, product_id: int) -> dict[str, object] | None:
    """What is said at a coffee: the text, and the bags now in the basket; None without any."""
    for message in context.get("messages") or ():
        place = TAG.search(message.extra_tags or "")
        if place and int(place["product_id"]) == product_id:
            return {"text": str(message), "in_basket": int(place["in_basket"] or 0)}
    return None
