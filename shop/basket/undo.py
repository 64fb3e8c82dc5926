"""The offer to put back a removed line: a tag of its message, such as ``undo-1003-2``."""

from __future__ import annotations

import re

TAG = re.compile(r"\bundo-(?P<product_id>\d+)-(?P<quantity>\d+)\b")


def undo_tag(product_id: int, quantity: int) -> str:
    """The tag for a message that a line with so many bags was taken out."""
    return f"undo-{product_id}-{quantity}"


def undo_fields(tags: str) -> dict[str, str] | None:
    """The fields of the undo form, from a message's tags; None when it offers none."""
    found = TAG.search(tags)
    return found and found.groupdict()
