"""Tokens, and the references that follow from them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from itertools import count, islice

from django.core import signing

# Without 0 O 1 I L, 5 S, 8 B, 2 Z: what is left can be read out over a telephone.
ALPHABET = "34679ACDEFGHJKMNPQRTUVWXY"
LENGTH = 8
_signer = signing.Signer(salt="checkout.thanks")


def token_hash(token: str) -> str:
    """SHA-256 (hex) of a basket's token: all that orders and ledger keep of it."""
    return hashlib.sha256(token.encode()).hexdigest()


def references(hash_: str) -> Iterator[str]:
    """The references that an order may take, first choice first, without end.

    They follow from the token, so that the same basket, sent again after the shop's own database
    was lost or put back, meets its old decision in the ledger under the same reference.
    """
    for attempt in count():
        number = int.from_bytes(hashlib.sha256(f"reference {attempt} {hash_}".encode()).digest())
        letters = []
        for _ in range(LENGTH):
            number, place = divmod(number, len(ALPHABET))
            letters.append(ALPHABET[place])
        yield "CC-" + "".join(letters)


def following(hash_: str, reference: str) -> str:
    """The next choice after a reference that turned out to be another order's."""
    tried = references(hash_)
    for candidate in islice(tried, 100):
        if candidate == reference:
            break
    return next(tried)


def sign(reference: str) -> str:
    """The reference as the thanks page's address carries it; only the shop can make one."""
    return _signer.sign(reference)


def unsign(signed: str) -> str | None:
    """The reference in a thanks page's address, or None if it was tampered with."""
    try:
        return _signer.unsign(signed)
    except signing.BadSignature:
        return None
