"""The three branches on the island, where orders are collected."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise


@dataclass(frozen=True, kw_only=True, slots=True)
class Branch:
    """A place to collect coffee; coordinates in degrees. Its name is the same in all languages."""

    slug: str
    name: str
    address: StrPromise
    hours: StrPromise
    latitude: float
    longitude: float


BRANCHES: tuple[Branch, ...] = (
    Branch(
        slug="roastery",
        name="The Roastery",
        address=_("2 Lighthouse Path, Snake Island"),
        hours=_("Tuesday to Sunday, 8 to 17"),
        latitude=-24.4858,
        longitude=-46.6746,
    ),
    Branch(
        slug="landing",
        name="The Landing",
        address=_("11 Jetty Steps, Snake Island"),
        hours=_("Every day, 7 to 18"),
        latitude=-24.4810,
        longitude=-46.6749,
    ),
    Branch(
        slug="lookout",
        name="The Lookout",
        address=_("5 North Ridge, Snake Island"),
        hours=_("Wednesday to Sunday, 9 to 16"),
        latitude=-24.4802,
        longitude=-46.6760,
    ),
)


def branch(slug: str) -> Branch | None:
    """The branch of that name in addresses, or None."""
    return next((branch for branch in BRANCHES if branch.slug == slug), None)
