"""The undo offer of a basket's message."""

from __future__ import annotations

from django import template
from django.contrib.messages.storage.base import Message

from shop.basket import undo_fields

register = template.Library()


@register.filter
def undo(message: Message) -> dict[str, str] | None:
    """The fields of the undo form under a message; None when it has no form."""
    return undo_fields(message.extra_tags or "")
