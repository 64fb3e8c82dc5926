"""Deliveries and prices as CSV: read, checked, edited in place, previewed, exported."""

from shop.deliveries import cells
from shop.deliveries.cells import neutralised
from shop.deliveries.columns import COLUMNS
from shop.deliveries.editing import Edits, cells_of, digest, edited, edits_in
from shop.deliveries.export import products_on_sale, stock_rows
from shop.deliveries.preview import KEY, MAX_STOCK, Preview, new_key, preview
from shop.deliveries.price_list import NewPrices, price_text, read_prices
from shop.deliveries.reader import (
    MAX_ROWS,
    MAX_TEXT,
    MAX_UPLOAD,
    Means,
    Problem,
    ReadDelivery,
    UnreadableDelivery,
    read_delivery,
    size_of,
    too_large,
)

__all__ = [
    "COLUMNS",
    "KEY",
    "MAX_ROWS",
    "MAX_STOCK",
    "MAX_TEXT",
    "MAX_UPLOAD",
    "Edits",
    "Means",
    "NewPrices",
    "Preview",
    "Problem",
    "ReadDelivery",
    "UnreadableDelivery",
    "cells",
    "cells_of",
    "digest",
    "edited",
    "edits_in",
    "neutralised",
    "new_key",
    "preview",
    "price_text",
    "products_on_sale",
    "read_delivery",
    "read_prices",
    "size_of",
    "stock_rows",
    "too_large",
]
