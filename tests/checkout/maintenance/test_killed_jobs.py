"""Jobs that are killed while they send mails lose none and send none twice."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import ExitStack
from datetime import timedelta
from decimal import Decimal
from threading import Barrier

import pytest
from django.utils import timezone
from pytest_django import Settings

from checkout.mail import queue_receipt
from checkout.models import Order
from shop.mail_round import CLAIM_HOLDS, Sent, send_due
from shop.models import OutgoingMail
from tests.inventory.races.processes import database_address
from tests.support.mail_server import MailServer, mail_server
from tests.support.tooling.machine import ROOT

KILLS = 16
TOGETHER = 2
SENT_BEFORE = 2
"""Mails that each job has sent when it is killed over the next."""
MAILS = KILLS * (SENT_BEFORE + 1) + 10


class KillingServer(MailServer):
    """Kills all jobs in the moment when each of them has handed over a mail and knows no answer."""

    def begin(self, jobs: list[subprocess.Popen[bytes]]) -> None:
        """Watch these jobs."""

        def kill() -> None:
            for job in jobs:
                job.kill()
                job.wait()

        self.all_at_once = Barrier(len(jobs), action=kill)

    def take(self, recipient: str, text: str, number: int) -> None:
        if number > SENT_BEFORE:
            self.all_at_once.wait(60)
        else:
            super().take(recipient, text, number)


def write_down_receipts() -> set[str]:
    """Receipts of so many orders; whom they go to."""
    now = timezone.now()
    for number in range(MAILS):
        order = Order.objects.create(
            reference=f"CC-{number:08}",
            token_hash=f"{number:064}",
            state="confirmed",
            email=f"ana{number}@example.com",
            tax_rate=Decimal("0.2"),
            created_at=now,
            settled_at=now,
        )
        queue_receipt(order)
    return set(OutgoingMail.objects.values_list("address", flat=True))


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_sixteen_kills_of_jobs_lose_no_mail_and_send_none_twice(settings: Settings) -> None:
    everybody = write_down_receipts()
    with mail_server(KillingServer()) as server, ExitStack() as stack:
        assert isinstance(server, KillingServer)
        environment = {
            **os.environ,
            "ENV_FILE": os.devnull,
            "DJANGO_SETTINGS_MODULE": "coffeeco_site.settings",
            "DATABASE_URL": database_address(),
            "EMAIL_URL": f"smtp://127.0.0.1:{server.port}",
        }
        for _ in range(KILLS // TOGETHER):
            jobs = [
                subprocess.Popen([sys.executable, "manage.py", "jobs"], cwd=ROOT, env=environment)
                for _ in range(TOGETHER)
            ]
            for job in jobs:
                stack.callback(job.wait)
                stack.callback(job.kill)
            server.begin(jobs)
            assert [job.wait(60) for job in jobs] == [-9] * TOGETHER
        assert len(server.mails) == KILLS * SENT_BEFORE
        in_hand = OutgoingMail.objects.filter(claimed_at__isnull=False)
        assert in_hand.count() == KILLS
        in_hand.update(claimed_at=timezone.now() - CLAIM_HOLDS - timedelta(seconds=1))

    with mail_server() as after:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", after.port
        assert send_due() == Sent(sent=MAILS - KILLS * SENT_BEFORE, failed=0)
    sent = server.recipients_of_mails + after.recipients_of_mails
    assert sorted(sent) == sorted(everybody)
