"""Deliveries as CSV: read, checked, edited in place, previewed, exported."""

from shop.deliveries import cells
from shop.deliveries.cells import neutralised
from shop.deliveries.columns import COLUMNS
from shop.deliveries.editing import Edits, cells_of, digest, edited, edits_in
from shop.deliveries.export import products_on_sale, rows_of
from shop.deliveries.preview import KEY, MAX_STOCK, Preview, PreviewRow, new_key, preview
from shop.deliveries.reader import (
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
    "MAX_STOCK",
    "MAX_TEXT",
    "MAX_UPLOAD",
    "Edits",
    "Means",
    "Preview",
    "PreviewRow",
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
    "products_on_sale",
    "read_delivery",
    "rows_of",
    "size_of",
    "too_large",
]
