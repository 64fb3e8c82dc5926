"""What the address of a list asks for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, ClassVar, Self, TypeVar

from django.http import HttpRequest, QueryDict

from shop.http import LONGEST_SEARCH, page_number, plain

Choice = TypeVar("Choice", bound=StrEnum)

LONGEST_QUERY = 500
"""Characters of a list's query that another page's address repeats; the rest is cut off."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ListQuery:
    """The words to look for, and the page; what a list does not know is left out."""

    longest: ClassVar[int] = LONGEST_SEARCH
    """Characters of the words to look for; the rest is cut off."""

    text: str = ""
    page: int = 1

    @classmethod
    def read(cls, data: Mapping[str, str]) -> Self:
        """From the address's query: ``q``, ``page``, and what each list adds."""
        return cls(
            # Split first, since a space that does not break is not a printable character.
            text=plain(" ".join(data.get("q", "").split()))[: cls.longest],
            page=page_number(data.get("page", "")),
            **cls.choices(data),
        )

    @classmethod
    def before(cls, request: HttpRequest) -> Self:
        """The query of the list that led to this page, which the address has after ``from``."""
        return cls.read(QueryDict(request.GET.get("from", "")[:LONGEST_QUERY]))

    @classmethod
    def choices(cls, data: Mapping[str, str]) -> dict[str, Any]:
        """The values of a list's own fields."""
        raise NotImplementedError


def chosen(choices: type[Choice], value: str) -> Choice | None:
    """The choice of this value; None for a value that is none of them."""
    return choices(value) if value in set(choices) else None
