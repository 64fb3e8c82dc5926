"""What every store says of a line that it sold, or can't sell."""

from __future__ import annotations

from datetime import datetime

from shop.inventory.contract import (
    AlertKind,
    PriceChange,
    Product,
    Shelf,
    SoldLine,
    WantedLine,
)


def sold_line(line: WantedLine, product: Product, left: int, alert: AlertKind | None) -> SoldLine:
    """A line as the ledger keeps it, with the bags that are left."""
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
    """The alert that a sale makes due which leaves so many bags."""
    if left == 0:
        return AlertKind.OUT
    return AlertKind.LOW if left < low_stock else None


def price_change(line: WantedLine, product: Product) -> PriceChange:
    """The price that was shown beside the one of now."""
    return PriceChange(
        product_id=product.id,
        name=product.name,
        quantity=line.quantity,
        shown=line.unit_price,
        now=product.price,
    )


def sold_out(product: Product, at: datetime) -> Product:
    """What is kept of a product whose last bag goes."""
    return Product(
        id=product.id,
        name=product.name,
        price=product.price,
        quantity=0,
        origin=product.origin,
        description=product.description,
        shelf=Shelf.SOLD_OUT,
        since=at,
    )
