"""Words as a search compares them: what is typed, and what a product says."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from shop.inventory.contract import MAX_ID, TEXTS, Product

_SINGLE = "\u2018\u2019\u201b\u02bc\u0060\u00b4\u2032"
_DOUBLE = "\u201c\u201d\u201e\u201f\u00ab\u00bb\u2033"
_MARKS = str.maketrans(dict.fromkeys(_SINGLE, "'") | dict.fromkeys(_DOUBLE, '"'))
"""Every apostrophe and quotation mark that a keyboard or a phone may type."""
_AROUND = "\"'.,;:!?()\u201a\u2039\u203a"
_BEFORE_A_NUMBER = re.compile(r"(?:\bNo|\bN\.?[ºo°]|[#№])\.?\s*(?=\d)", re.IGNORECASE)
_BETWEEN = re.compile(r"[\s/\-\u2010-\u2015]+")
"""Blanks, hyphens and dashes: "Costa-Rica" is two words."""


def folded(text: str) -> str:
    """The text without accents and case, and with plain quotation marks."""
    plain = text.translate(_MARKS).casefold()
    if plain.isascii():
        return plain
    apart = unicodedata.normalize("NFKD", plain)
    return "".join(letter for letter in apart if not unicodedata.combining(letter))


def words_of(text: str) -> list[str]:
    """The words of a search, without the marks around them and the "No." before a number."""
    composed = unicodedata.normalize("NFC", text.translate(_MARKS))
    apart = _BETWEEN.split(_BEFORE_A_NUMBER.sub("", composed))
    words = (word.strip(_AROUND) for word in apart)
    return list(dict.fromkeys(word for word in words if word))


def is_product_number(word: str) -> bool:
    """True for a word that can be a product's number."""
    return word.isascii() and word.isdigit() and len(word) < 17 and int(word) <= MAX_ID


def says(word: str, product: Product) -> bool:
    """True if the product has this word in any of its texts, or this number."""
    return folded(word) in _texts_of(product) or word == str(product.id)


def texts_of(row: object) -> str:
    """All texts of a product, or of a row of the stock, as a search compares them."""
    return folded(" ".join(getattr(row, name) for name in TEXTS))


# Of at most 600 characters each.
_texts_of = lru_cache(maxsize=256)(texts_of)
