"""A line that was taken out, as a message's tag carries it to the Undo button beside its words."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Taken:
    """A product and how many bags of it were in the basket."""

    product_id: int
    quantity: int

    @property
    def tag(self) -> str:
        """A few characters for the message's cookie: ``undo-1003-2``."""
        return f"undo-{self.product_id}-{self.quantity}"

    @classmethod
    def read(cls, tags: str) -> Taken | None:
        """What :attr:`tag` wrote, from among a message's tags."""
        found = re.search(r"\bundo-(\d+)-(\d+)\b", tags)
        if found is None:
            return None
        return cls(product_id=int(found[1]), quantity=int(found[2]))
