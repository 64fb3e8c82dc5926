"""The background jobs of the shop, which ``manage.py jobs`` runs."""

from __future__ import annotations

from typing import NamedTuple


class Job(NamedTuple):
    """A command, and the exit codes that count as success."""

    command: str
    fine: tuple[int, ...] = (0,)


JOBS = (
    Job("reconcile_orders", fine=(0, 1)),  # 1: orders were settled
    Job("raise_alerts", fine=(0, 1)),  # 1: some are still due, and called again
    Job("chase_orders"),
    Job("send_mails"),
    Job("purge"),
    Job("clearsessions"),
)
