"""What lies on the shelf: the bags that can be bought, and those that were and wait there."""

from __future__ import annotations

from collections.abc import Collection

from shop.registry import Registered

to_collect: Registered[[], dict[int, int]] = Registered("bags to be collected")
"""Bags that are sold and not yet collected, by product id. The checkout registers it."""

restocked: Registered[[Collection[int]], None] = Registered("closing of alerts")
"""Called with the ids of products of which bags came in. The checkout registers it."""


def shelf_words(bags: int, waiting: int, *, kept: bool = False) -> str:
    """Such as "6 to sell + 1 to be collected = 7 on the shelf"."""
    what = "kept" if kept else "to sell"
    if not waiting:
        return f"{bags:,} {what}"
    return f"{bags:,} {what} + {waiting:,} to be collected = {bags + waiting:,} on the shelf"
