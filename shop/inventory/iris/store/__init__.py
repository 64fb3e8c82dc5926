"""What the shop keeps in IRIS: products, ledger, decisions."""

from shop.inventory.iris.store import decisions, ledger, products, rows, schema
from shop.inventory.iris.store.changes import IrisChange, balance
from shop.inventory.iris.store.errors import contract_errors
from shop.inventory.iris.store.rows import HAS_LIMIT, cents, text, whole
from shop.inventory.iris.store.sale import iris_sale, raise_alert
from shop.inventory.iris.store.schema import EXPECTED, INEXACT, Column, columns, faults, fits

__all__ = [
    "EXPECTED",
    "HAS_LIMIT",
    "INEXACT",
    "Column",
    "IrisChange",
    "balance",
    "cents",
    "columns",
    "contract_errors",
    "decisions",
    "faults",
    "fits",
    "iris_sale",
    "ledger",
    "products",
    "raise_alert",
    "rows",
    "schema",
    "text",
    "whole",
]
