"""Order references, which are derived from basket tokens, and their signatures."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterator

from django.core import signing

# Without 0 O 1 I L, 5 S, 8 B, 2 Z, which are mistaken for each other when read out.
ALPHABET = "34679ACDEFGHJKMNPQRTUVWXY"
LENGTH = 8
MOST_REFERENCES = 5
"""References that an order may try. There are 150,000 million, so a second is rarely needed."""
_signer = signing.Signer(salt="checkout.thanks")
_TYPED = re.compile(rf"(?:\bCC|\b)[\W_]*((?:[{ALPHABET}][\W_]*){{{LENGTH}}})$")


class NoFreeReference(Exception):
    """Every reference that the order may take belongs to another order."""


def token_hash(token: str) -> str:
    """SHA-256 (hex) of a basket's token. Orders and ledger store only this hash."""
    return hashlib.sha256(token.encode()).hexdigest()


def references(hash_: str) -> Iterator[str]:
    """The references that an order may take, in order.

    They are derived from the token. So the same basket, paid for again after Django's database was
    lost or restored, finds its earlier decision in the ledger under the same reference.
    """
    for attempt in range(MOST_REFERENCES):
        number = int.from_bytes(hashlib.sha256(f"reference {attempt} {hash_}".encode()).digest())
        letters = []
        for _ in range(LENGTH):
            number, place = divmod(number, len(ALPHABET))
            letters.append(ALPHABET[place])
        yield "CC-" + "".join(letters)


def typed_reference(text: str) -> str | None:
    """The reference in what was typed, or None if it has none.

    Small letters, spaces, any dash, words before it and a missing CC- do not matter.
    """
    found = _TYPED.search(unicodedata.normalize("NFKC", text[:100]).upper())
    return "CC-" + re.sub(r"[\W_]", "", found[1]) if found else None


def following(hash_: str, reference: str) -> str:
    """The reference to try after a taken one; raises NoFreeReference after the last."""
    choices = list(references(hash_))
    later = choices[choices.index(reference) + 1 :] if reference in choices else choices
    if not later:
        raise NoFreeReference(f"{reference} was the last reference that this order may take")
    return later[0]


def sign(reference: str) -> str:
    """The signed reference for the address of the thanks page."""
    return _signer.sign(reference)


def unsign(signed: str) -> str | None:
    """The reference in the address of a thanks page, or None if its signature is wrong."""
    try:
        return _signer.unsign(signed)
    except signing.BadSignature:
        return None
