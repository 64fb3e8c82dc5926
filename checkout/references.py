"""Tokens, and the references that follow from them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from django.core import signing

# Without 0 O 1 I L, 5 S, 8 B, 2 Z: what is left can be read out over a telephone.
ALPHABET = "34679ACDEFGHJKMNPQRTUVWXY"
LENGTH = 8
MOST_REFERENCES = 5
"""That an order may try: of 150,000 million references hardly any is another order's."""
_signer = signing.Signer(salt="checkout.thanks")


class NoFreeReference(Exception):
    """Each reference that an order may take belongs to another order."""


def token_hash(token: str) -> str:
    """SHA-256 (hex) of a basket's token: all that orders and ledger keep of it."""
    return hashlib.sha256(token.encode()).hexdigest()


def references(hash_: str) -> Iterator[str]:
    """The references that an order may take, first choice first.

    They follow from the token, so that the same basket, sent again after the shop's own database
    was lost or put back, meets its old decision in the ledger under the same reference.
    """
    for attempt in range(MOST_REFERENCES):
        number = int.from_bytes(hashlib.sha256(f"reference {attempt} {hash_}".encode()).digest())
        letters = []
        for _ in range(LENGTH):
            number, place = divmod(number, len(ALPHABET))
            letters.append(ALPHABET[place])
        yield "CC-" + "".join(letters)


def following(hash_: str, reference: str) -> str:
    """The next choice after a reference that turned out to be another order's.

    Raises NoFreeReference after the last one.
    """
    choices = list(references(hash_))
    later = choices[choices.index(reference) + 1 :] if reference in choices else choices
    if not later:
        raise NoFreeReference(f"{reference} was the last reference that this order may take")
    return later[0]


def sign(reference: str) -> str:
    """The reference as the thanks page's address carries it; only the shop can make one."""
    return _signer.sign(reference)


def unsign(signed: str) -> str | None:
    """The reference in a thanks page's address, or None if it was tampered with."""
    try:
        return _signer.unsign(signed)
    except signing.BadSignature:
        return None
