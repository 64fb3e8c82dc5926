"""The staff's orders, alerts and front page."""

from checkout.desk.restocks import note_restock
from checkout.desk.sales import bags_to_collect, sold_by_day

__all__ = ["bags_to_collect", "note_restock", "sold_by_day"]
