"""The staff's stock desk, and what other staff pages share with it."""

from shop.desk.access import staff_only
from shop.desk.away_page import away
from shop.desk.csv_page import csv_page
from shop.desk.forms import LONGEST_WHY, StaffForm, WhyField
from shop.desk.passwords import register_mails
from shop.desk.sales import SOON, Selling, StockLine, figures, stock_lines
from shop.desk.shelf import restocked, to_collect
from shop.desk.stock import gone

__all__ = [
    "LONGEST_WHY",
    "SOON",
    "Selling",
    "StaffForm",
    "StockLine",
    "WhyField",
    "away",
    "csv_page",
    "figures",
    "gone",
    "register_mails",
    "restocked",
    "staff_only",
    "stock_lines",
    "to_collect",
]
