"""The three branches on the island, where orders are collected."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Branch:
    """A place to collect coffee; coordinates in degrees."""

    slug: str
    name: str
    address: str
    hours: str
    latitude: float
    longitude: float


BRANCHES: tuple[Branch, ...] = (
    Branch(
        slug="roastery",
        name="The Roastery",
        address="2 Lighthouse Path, Snake Island",
        hours="Tuesday to Sunday, 8 to 17",
        latitude=-24.4858,
        longitude=-46.6746,
    ),
    Branch(
        slug="landing",
        name="The Landing",
        address="11 Jetty Steps, Snake Island",
        hours="Every day, 7 to 18",
        latitude=-24.4810,
        longitude=-46.6749,
    ),
    Branch(
        slug="lookout",
        name="The Lookout",
        address="5 North Ridge, Snake Island",
        hours="Wednesday to Sunday, 9 to 16",
        latitude=-24.4802,
        longitude=-46.6760,
    ),
)


def branch(slug: str) -> Branch | None:
    """The branch of that name in addresses, or None."""
    return next((branch for branch in BRANCHES if branch.slug == slug), None)
