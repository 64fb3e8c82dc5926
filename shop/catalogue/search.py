"""What a search finds beside coffees on sale: sold-out ones, near ones, a better spelling."""

from __future__ import annotations

from collections import Counter
from difflib import get_close_matches

from shop.catalogue.countries import country
from shop.catalogue.query import CatalogueQuery
from shop.catalogue.reader import PER_PAGE, Catalogue
from shop.inventory.contract import Product, ProductQuery
from shop.inventory.words import folded, says, words_of

MOST_NEAR = 4
"""Words of which the nearest coffees are looked for: each costs a look at every row."""
MOST_UNKNOWN = 4
"""Words that may be slips; with more, no other spelling is looked for."""
LIKENESS = 0.75
"""How alike two words must be (difflib's ratio) for one to be offered in place of the other."""


def sold_out(reader: Catalogue, query: ProductQuery) -> tuple[Product, ...]:
    """The sold-out coffees that match, most recent first."""
    return tuple(
        product
        for product in reader.sold_out()
        if (not query.origins or product.origin in query.origins)
        and all(_matches(product, word, query) for word in words_of(query.text))
    )


def nearest(reader: Catalogue, query: ProductQuery) -> list[Product]:
    """For some words that no coffee has all of: the coffees with most of the longest ones first.

    A word in the name or origin counts as three, because descriptions share many words.
    """
    words = sorted(words_of(query.text), key=len, reverse=True)[:MOST_NEAR]
    if len(words) < 2:
        return []
    found: dict[int, Product] = {}
    hits: Counter[int] = Counter()
    for word in words:
        alone = ProductQuery(text=word, origins=query.origins, meant=query.meant)
        some = (*reader.some(alone), *sold_out(reader, alone))
        found |= {product.id: product for product in some}
        hits.update({product.id: 3 if _names(product, word, alone) else 1 for product in some})
    return [found[id_] for id_, _ in hits.most_common(PER_PAGE)]


def better_spelling(reader: Catalogue, query: ProductQuery) -> str:
    """The search with each unknown word as the shop knows a similar one; empty unless it finds."""
    origins = " ".join(map(country, reader.origins()))
    known = {folded(word): word for word in (*reader.words(), *words_of(origins))}
    words = words_of(query.text)
    unknown = [
        word for word in words if folded(word) not in known and not query.origins_meant(word)
    ]
    if len(unknown) > MOST_UNKNOWN:
        return ""
    spelled = {
        word: known[close[0]]
        for word in unknown
        if (close := get_close_matches(folded(word), known, n=1, cutoff=LIKENESS))
    }
    if not spelled:
        return ""
    better = " ".join(spelled.get(word, word) for word in words)
    asked = CatalogueQuery(text=better).products(reader.origins())
    return better if reader.some(asked) or sold_out(reader, asked) else ""


def _matches(product: Product, word: str, query: ProductQuery) -> bool:
    return says(word, product) or product.origin in query.origins_meant(word)


def _names(product: Product, word: str, query: ProductQuery) -> bool:
    """True if the word stands in the product's name or for its origin."""
    is_there = folded(word) in folded(f"{product.name} {product.origin}")
    return is_there or product.origin in query.origins_meant(word)
