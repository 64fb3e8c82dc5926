"""Decides whether a sale can be made and what is written; the same for every store."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, NamedTuple

from shop.inventory.contract import (
    AlertKind,
    Decided,
    Decision,
    DecisionKind,
    PriceChange,
    Product,
    ReferenceTaken,
    SaleIncomplete,
    SaleRefused,
    SaleRequest,
    Shelf,
    Shortage,
    SoldLine,
    WantedLine,
)


class HeldLine(NamedTuple):
    """A line of a request, and its product as read under a lock."""

    line: WantedLine
    product: Product


def standing_error(standing: Decision, token_hash: str) -> Decided | ReferenceTaken:
    """The error for a reference that has a decision: Decided, or ReferenceTaken."""
    if standing.token_hash == token_hash:
        return Decided(standing)
    return ReferenceTaken(standing.reference)


def void_decision(
    reference: str, token_hash: str, reason: Mapping[str, Any], at: datetime
) -> Decision:
    """The ledger's entry for an order that will never be sold."""
    return Decision(
        reference=reference, kind=DecisionKind.VOID, token_hash=token_hash, at=at, reason=reason
    )


def price_change(line: WantedLine, product: Product) -> PriceChange:
    """The price that was shown, and the current price."""
    return PriceChange(
        product_id=product.id,
        name=product.name,
        quantity=line.quantity,
        shown=line.unit_price,
        now=product.price,
    )


def held_lines(
    request: SaleRequest,
    found: Mapping[int, Product],
    shelved: Callable[[Collection[int]], Mapping[int, Product]],
) -> dict[int, HeldLine]:
    """The lines by product, if all can be sold. ``found`` are the products under their locks.

    Raises SaleRefused with every shortage and every changed price. ``shelved`` returns products
    that have no row; it is called only when some are missing.
    """
    lines = sorted(request.lines, key=lambda line: line.product_id)
    missing = [line.product_id for line in lines if line.product_id not in found]
    known = {**(shelved(missing) if missing else {}), **found}
    shortages = [
        Shortage(
            product_id=line.product_id,
            name=known[line.product_id].name if line.product_id in known else "",
            wanted=line.quantity,
            left=found[line.product_id].left if line.product_id in found else 0,
        )
        for line in lines
        if line.product_id not in found or found[line.product_id].left < line.quantity
    ]
    held = {
        line.product_id: HeldLine(line, found[line.product_id])
        for line in lines
        if line.product_id in found
    }
    changes = [
        price_change(line, product)
        for line, product in held.values()
        if product.price != line.unit_price
    ]
    if shortages or changes:
        raise SaleRefused(shortages, changes)
    return held


def sale_decision(request: SaleRequest, sold: Mapping[int, SoldLine], at: datetime) -> Decision:
    """The ledger's entry for a sale. Raises SaleIncomplete if a line is unsold."""
    if any(line.product_id not in sold for line in request.lines):
        raise SaleIncomplete(request.reference)
    return Decision(
        reference=request.reference,
        kind=DecisionKind.SALE,
        token_hash=request.token_hash,
        at=at,
        lines=tuple(sold[line.product_id] for line in request.lines),
    )


def sold_line(line: WantedLine, product: Product, left: int, alert: AlertKind | None) -> SoldLine:
    """A line as the ledger stores it, with the number of bags left."""
    return SoldLine(
        product_id=product.id,
        name=product.name,
        origin=product.origin,
        quantity=line.quantity,
        unit_price=product.price,
        left=left,
        alert=alert,
    )


def due_alert(left: int, low_stock: int) -> AlertKind | None:
    """The alert that is due after a sale that leaves this many bags, if any."""
    if left == 0:
        return AlertKind.OUT
    return AlertKind.LOW if left < low_stock else None


def sold_out(product: Product, at: datetime) -> Product:
    """The kept details of a product whose last bag is sold."""
    return replace(product, quantity=0, shelf=Shelf.SOLD_OUT, since=at)
