"""The staff's orders, alerts and front page."""

from checkout.desk.sales import sold_by_day

__all__ = ["sold_by_day"]
