"""Names of the classes, columns and codes that the shop uses in IRIS."""

from __future__ import annotations

from shop.inventory.contract import COLUMNS, AlertKind

INVENTORY = "coffeeco.Inventory"
"""The class, and its table in SQL."""
SELECTED = ", ".join(COLUMNS.values())

ALERTS = "coffeeco.Alerts"
ALERT_METHODS = {AlertKind.LOW: "LowStockAlert", AlertKind.OUT: "OutOfStockAlert"}
