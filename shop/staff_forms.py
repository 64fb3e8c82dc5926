"""What the staff's forms and addresses say, as values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib.auth.forms import AuthenticationForm, UsernameField
from django.http import HttpRequest

from shop.deliveries import MAX_TEXT, UnreadableDelivery, size_of, too_large
from shop.delivery_edit import digest, edited, edits_in
from shop.delivery_preview import PreviewRow
from shop.inventory.contract import Sort
from shop.stock_desk import Show

LONGEST_SEARCH = 100
LAST_PAGE = 100_000


class LoginForm(AuthenticationForm):
    """A user name and a password."""

    username = UsernameField(
        label="User name",
        max_length=150,
        error_messages={
            "required": "Type your user name.",
            "max_length": "A user name has at most %(limit_value)d characters.",
        },
        widget=forms.TextInput(
            attrs={"autocomplete": "username", "autocapitalize": "none", "autofocus": True}
        ),
    )
    password = forms.CharField(
        label="Password",
        strip=False,
        error_messages={"required": "Type your password."},
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )
    error_messages = {
        "invalid_login": (
            "That user name and password do not belong together. Check both: capital letters count."
        ),
        "inactive": "This account is closed. Ask whoever looks after the shop.",
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.is_bound:
            # What is wrong gets the focus then.
            del self.fields["username"].widget.attrs["autofocus"]


@dataclass(frozen=True, kw_only=True, slots=True)
class StockQuery:
    """What the stock page was asked for; anything it does not know is left out."""

    text: str
    show: Show
    sort: Sort
    page: int

    @classmethod
    def read(cls, data: Mapping[str, Any]) -> StockQuery:
        """From the address's query: ``q``, ``show``, ``sort``, ``page``."""
        text = "".join(c for c in data.get("q", "") if c.isprintable()).strip()
        show, sort, page = data.get("show", ""), data.get("sort", ""), data.get("page", "")
        is_page = page.isascii() and page.isdigit() and len(page) < 16
        return cls(
            text=text[:LONGEST_SEARCH],
            show=Show(show) if show in set(Show) else Show.ALL,
            sort=Sort(sort) if sort in set(Sort) else Sort.ID,
            page=min(max(1, int(page)), LAST_PAGE) if is_page else 1,
        )

    @property
    def address(self) -> str:
        """The query that :meth:`read` gets this from; empty for the page as it is without one."""
        asked = {
            "show": self.show.value,
            "q": self.text,
            "sort": "" if self.sort is Sort.ID else self.sort.value,
            "page": "" if self.page == 1 else str(self.page),
        }
        return urlencode({name: value for name, value in asked.items() if value})


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
