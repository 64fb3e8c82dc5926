"""The table of oddities in docs/desk.md: each is sent to the page, and gets what the table says."""

from __future__ import annotations

import html
import re
from pathlib import Path

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from shop.deliveries import MAX_UPLOAD
from shop.deliveries.reader import MAX_ROWS
from tests.shop.cast import browser_of, rosa
from tests.support.cast import HARBOUR_LIGHT, stock

pytestmark = pytest.mark.django_db(transaction=True)

HEADER = "ProductId,Name,Description,CountryOfOrigin,Price,StockQuantity\n"
PIER = "2001,Nord Pier,Plum and malt.,Peru,14.20,6\n"
LIGHT = "1001,Harbour Light,,Colombia,12.50,12\n"
NEW = HEADER + PIER


def many(rows: int) -> str:
    return HEADER + "".join(
        f"{number},Coffee {number},Plum.,Peru,14.20,6\n" for number in range(2001, 2001 + rows)
    )


ODDITIES: dict[str, str | bytes] = {
    "semicolons between the cells": NEW.replace(",", ";"),
    "tabs between the cells": NEW.replace(",", "\t"),
    "a byte order mark (BOM)": b"\xef\xbb\xbf" + NEW.encode(),
    "Latin-1": NEW.replace("Nord", "Ca\u00f1\u00f3n").encode("latin-1"),
    "UTF-16, as “Unicode text” is saved": NEW.encode("utf-16"),
    "line ends of Windows, or of old Macs": NEW.replace("\n", "\r"),
    "a first line `sep=;` for Excel": "sep=;\r\n" + NEW.replace(",", ";"),
    "decimal commas": NEW.replace(",", ";").replace("14.20", "14,20"),
    "decimal commas in a file cut at commas": NEW.replace("14.20", "14,20"),
    "thousands marked, `1.016,00` or `1,016.00`": NEW.replace("14.20", '"1.016,00"'),
    "stray spaces": NEW.replace(",", " , ").replace("Nord Pier", " Nord   Pier"),
    "titles spelled otherwise": "product id,name,description,Country of Origin,PRICE,"
    f"stock_quantity\n{PIER}",
    "a missing column, and a coffee that the shop knows": "ProductId,StockQuantity\n1001,12\n",
    "a missing column, and a new coffee": "ProductId,Name,StockQuantity\n2001,Nord Pier,6\n",
    "no column of bags": "ProductId,Name,Cost\n2001,Nord Pier,6\n",
    "titles of a supplier": f"SKU,Title,Description,Country,Unit price,Qty\n{PIER}",
    "lines above the titles": f"Delivery note 4711,,,,,\n{NEW}",
    "a column of the stock": "ProductId,In stock\n1001,12\n",
    "numbers such as `1001.0` and `12.0`": "ProductId,StockQuantity\n1001.0,12.0\n",
    "a row without a number, of a known name": "ProductId,Name,StockQuantity\n,harbour light,12\n",
    "a number that is none, of an unknown name": NEW.replace("2001", "HL-250"),
    "a row of totals": NEW + "Total,,,,,6\n",
    "an extra column": HEADER.strip() + ",Roast\n" + PIER.strip() + ",dark\n",
    "columns in another order": "StockQuantity,Price,CountryOfOrigin,Description,Name,ProductId\n"
    "6,14.20,Peru,Plum and malt.,Nord Pier,2001\n",
    "a column twice": HEADER.replace("Name", "Name,Name") + PIER.replace("Nord", "Nord,Nord"),
    "the same ProductId twice": HEADER + LIGHT + LIGHT,
    "an empty origin, of a new coffee": NEW.replace("Peru", ""),
    "an empty origin, of a coffee that the shop knows": HEADER + LIGHT.replace("Colombia", ""),
    "a price with a currency sign": NEW.replace("14.20", "$14.20"),
    "a price with a currency’s name": NEW.replace("14.20", "14.20 USD"),
    "a price with three decimals": NEW.replace("14.20", "14.205"),
    "a negative quantity": NEW.replace(",6\n", ",-3\n"),
    "a quantity of 0": NEW.replace(",6\n", ",0\n"),
    "a quantity in words, or of half a bag": NEW.replace(",6\n", ",6.5\n"),
    "a name of more than 50 characters": NEW.replace("Nord Pier", "x" * 51),
    "a row with too few cells": HEADER + "2001,Nord Pier\n",
    "a quotation mark that is never closed": HEADER + '2001,"Nord Pier,Plum,Peru,14.20,6\n',
    "a formula": NEW.replace("Nord Pier", "=1+1"),
    "no line of titles": PIER,
    "a line of titles and nothing else": HEADER,
    "an empty file": "",
    "a picture renamed to .csv": b"\x89PNG\r\n\x1a\n" + bytes(range(256)),
    "a workbook renamed to .csv": b"PK\x03\x04" + bytes(range(256)),
    "a PDF renamed to .csv": b"%PDF-1.7 " + bytes(range(256)),
    "5,000 rows": many(MAX_ROWS),
    "more than 5,000 rows": many(MAX_ROWS + 1),
    "more than 50,000 lines, blank ones too": "\n" * 989_998 + NEW,
    "more than 20,000 columns": HEADER.strip() + ",x" * 20_001 + "\n" + PIER,
    "10 MB": NEW.encode().ljust(MAX_UPLOAD),
}


def told() -> dict[str, str]:
    """The table: an oddity, and what it gets."""
    text = Path(settings.BASE_DIR, "docs", "desk.md").read_text("utf-8")
    (table,) = re.findall(r"\| a file with, or that is \|.*?\n\n", text, re.DOTALL)
    rows = [row.strip("| ").split(" | ") for row in table.strip().splitlines()[2:]]
    return dict(rows)


def test_the_table_has_these_oddities_and_no_others() -> None:
    assert list(told()) == list(ODDITIES)


@pytest.mark.parametrize(
    "oddity",
    [
        pytest.param(oddity, marks=[pytest.mark.slow] if "5,000" in oddity else [])
        for oddity in ODDITIES
    ],
)
def test_an_oddity_gets_what_the_table_says(oddity: str) -> None:
    stock(HARBOUR_LIGHT)
    file = ODDITIES[oddity]
    data = file if isinstance(file, bytes) else file.encode()
    desk: Client = browser_of(rosa())
    answer = desk.post("/staff/deliveries/preview/", {"file": SimpleUploadedFile("a.csv", data)})
    gets = told()[oddity]
    assert answer.status_code == (200 if gets.startswith("taken") else 422)
    shown = html.unescape(answer.content.decode())
    for sentence in re.findall("“([^”]+)”", gets):
        assert sentence in shown
    for cell in re.findall("`([^`]+)`", gets):
        assert f">{cell}</" in shown
