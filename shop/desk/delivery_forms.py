"""What the staff's forms and addresses say, as values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.http import HttpRequest

from shop.deliveries import (
    MAX_TEXT,
    PreviewRow,
    UnreadableDelivery,
    digest,
    edited,
    edits_in,
    size_of,
    too_large,
)


def sent_delivery(request: HttpRequest) -> bytes | str:
    """The file's bytes, or the pasted text. Raises UnreadableDelivery, ``file`` before ``text``."""
    upload = request.FILES.get("file")
    text = request.POST.get("text", "")
    if upload is None:
        if not text.strip():
            raise UnreadableDelivery("Choose a CSV file, or paste its lines.")
        if (size := size_of(text)) > MAX_TEXT:
            raise UnreadableDelivery(too_large(size, MAX_TEXT))
        edits = edits_in(request.POST)
        # Where the lines were changed as well, their numbers may have moved: the lines win.
        return edited(text, edits) if edits and is_as_checked(request.POST) else text
    if upload.size is None or upload.size > MAX_TEXT:
        raise UnreadableDelivery(too_large(upload.size or 0, MAX_TEXT))
    data: bytes = upload.read()
    return data


def is_as_checked(data: Mapping[str, Any]) -> bool:
    """Whether the lines are still those that the page was made from."""
    return bool(digest(data.get("text", "")) == data.get("checked", ""))


def ticked(data: Mapping[str, Any], rows: Sequence[PreviewRow]) -> frozenset[int]:
    """The product ids whose details are to replace the shop's: ``take_<id>``, or ``take_all``."""
    takes_all = bool(data.get("take_all"))
    return frozenset(
        row.product_id
        for row in rows
        if row.product_id is not None and (takes_all or data.get(f"take_{row.product_id}"))
    )
