"""The offer to put back a removed line: a tag of its message, such as ``undo-1003-2``."""

from __future__ import annotations

import re

from django import template
from django.contrib.messages.storage.base import Message

TAG = re.compile(r"\bundo-(?P<product_id>\d+)-(?P<quantity>\d+)\b")

register = template.Library()


def undo_tag(product_id: int, quantity: int) -> str:
    """The tag for a message that a line with so many bags was taken out."""
    return f"undo-{product_id}-{quantity}"


@register.filter
def undo(message: Message) -> dict[str, str] | None:
    """The fields of the undo form under a message; None when it has no form."""
    found = TAG.search(message.extra_tags or "")
    return found and found.groupdict()
