"""What keeps orders and the ledger in step: settle, audit, rebuild, purge."""

from checkout.maintenance.audit import Audit, Finding, FindingKind, Step, entries_expected
from checkout.maintenance.purge import purge
from checkout.maintenance.rebuild import rebuild_orders
from checkout.maintenance.reconcile import Settled, count_younger, reconcile

__all__ = [
    "Audit",
    "Finding",
    "FindingKind",
    "Settled",
    "Step",
    "count_younger",
    "entries_expected",
    "purge",
    "rebuild_orders",
    "reconcile",
]
