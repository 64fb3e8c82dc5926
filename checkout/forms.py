"""What the Pay form says, as values."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from decimal import Decimal

from django.http import QueryDict

from checkout import messages
from shop.branches import BRANCHES, branch
from shop.mail import LONGEST_EMAIL, is_email

PRICE = "price_"


@dataclass(frozen=True, kw_only=True, slots=True)
class PayForm:
    """The token and prices that the page showed, and what the shopper chose."""

    token: str
    prices: dict[int, Decimal]
    branch: str
    email: str
    errors: dict[str, str] = field(default_factory=dict)

    @classmethod
    def read(cls, data: QueryDict) -> PayForm:
        """From the posted fields; what a shopper can mend is in ``errors``."""
        chosen = data.get("branch", "").strip() or BRANCHES[0].slug
        email = data.get("email", "").strip()[: LONGEST_EMAIL + 1]
        errors = {}
        if branch(chosen) is None:
            errors["branch"] = str(messages.CHOOSE_BRANCH)
        if email and not is_email(email):
            errors["email"] = str(messages.EMAIL_LOOKS_WRONG)
        return cls(
            token=data.get("token", "")[:100],
            prices=dict(_prices(data)),
            branch=chosen if "branch" not in errors else BRANCHES[0].slug,
            email=email,
            errors=errors,
        )


def _prices(data: QueryDict) -> list[tuple[int, Decimal]]:
    found = []
    for name, value in data.items():
        id_ = name.removeprefix(PRICE)
        if name.startswith(PRICE) and id_.isascii() and id_.isdigit() and len(id_) <= 16:
            price = _decimal(str(value))
            if price is not None:
                found.append((int(id_), price))
    return found


def _decimal(text: str) -> Decimal | None:
    """A price as the page wrote it: plain digits and a point."""
    return Decimal(text) if re.fullmatch(r"[0-9]{1,8}\.[0-9]{2}", text) else None
