"""What suppliers call the columns of a delivery."""

from __future__ import annotations

import re

from shop.deliveries import cells
from shop.inventory import contract

COLUMNS = tuple(contract.COLUMNS.values())

# The plain forms of titles, the best first: a file may have several for one column.
NAMES = {
    "ProductId": (
        "productid coffeeid productno productnumber productcode productnr id no nr number"
        " sku variantsku code itemno itemnumber itemcode itemid item articleno articlenumber"
        " articlecode article artno artnr artikelnr artikelnummer bestellnummer ref reference"
        " codigo código referência артикул"
    ),
    "Name": (
        "name productname nameproduct coffeename coffee title producttitle itemname product"
        " bezeichnung artikel produkt nome produto имя"
    ),
    "Description": (
        "description descriptiontext productdescription desc bodyhtml shortdescription"
        " tastingnotes beschreibung descrição описание"
    ),
    "CountryOfOrigin": (
        "countryoforigin origin country countryorigin origincountry herkunftsland herkunft land"
        " origem país"
    ),
    "Price": (
        "price unitprice priceunit variantprice retailprice sellingprice regularprice salesprice"
        " preis preço базоваяцена"
    ),
    "StockQuantity": (
        "stockquantity quantity qty bags quantityreceived qtyreceived received quantitydelivered"
        " qtydelivered delivered quantityshipped qtyshipped shipped orderqty pieces units menge"
        " anzahl stück quantidade количество"
    ),
}
# How many bags there are, which is not how many came.
LEVELS = (
    "stock stockonhand onhand quantityonhand qtyonhand stockqty quantitystock quantityinstock"
    " stocklevel inventoryqty inventoryquantity variantinventoryqty inventory bestand lagerbestand"
    " lager estoque запасы quantityavailable availablestock remaining left level balance"
    " available disponível instock"
)
_UNUSED = re.compile(f"[\\s_\\-.:#/()?{cells.UNSEEN}]")
_LEVELS = LEVELS.split()
_KNOWN = {
    name: (column, rank)
    for column, names in NAMES.items()
    for rank, name in enumerate(names.split())
}


def column_of(title: str) -> tuple[str, int] | None:
    """The column that a title names, and how far from its own name; None for an unknown title.

    Capitals, spaces, hyphens, underscores and such marks make no difference.
    """
    plain = _UNUSED.sub("", title).casefold()
    if plain in _LEVELS:
        return "StockQuantity", len(_KNOWN) + _LEVELS.index(plain)
    return _KNOWN.get(plain)


def is_level(title: str) -> bool:
    """Whether a title names how many bags there are."""
    return _UNUSED.sub("", title).casefold() in _LEVELS
