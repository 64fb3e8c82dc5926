"""Names of the classes, columns and codes that the shop uses in IRIS."""

from __future__ import annotations

from shop.inventory.contract import AlertKind

TABLE = "coffeeco.Inventory"
COLUMNS = "ProductId, Name, Price, StockQuantity, CountryOfOrigin, Description"

ALERTS = "coffeeco.Alerts"
ALERT_METHODS = {AlertKind.LOW: "LowStockAlert", AlertKind.OUT: "OutOfStockAlert"}

INVENTORY = "coffeeco.Inventory"
