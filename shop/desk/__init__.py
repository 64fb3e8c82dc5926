"""The staff's stock desk."""

from shop.desk.access import away, staff_only
from shop.desk.csv_page import csv_page
from shop.desk.sales import figures

__all__ = ["away", "csv_page", "figures", "staff_only"]
