"""What the basket's messages carry besides their words."""

from __future__ import annotations

from django import template
from django.contrib.messages.storage.base import Message

from shop.basket import Taken

register = template.Library()


@register.filter
def taken_out(message: Message) -> Taken | None:
    """The line that the message says was taken out, if it does."""
    return Taken.read(message.extra_tags or "")
