"""``manage.py jobs``: the shop's background jobs, run once a minute."""

from __future__ import annotations

import logging
import signal
import time
from argparse import ArgumentParser
from io import StringIO
from threading import Event
from typing import Any

from django.core.management import CommandError, call_command
from django.core.management.base import BaseCommand
from django.db import Error as DatabaseError
from django.db import OperationalError, connections
from django.utils import timezone

from checkout.jobs import JOBS, Job
from checkout.models import GoodRound
from shop import failures
from shop.command_errors import sentence

log = logging.getLogger(__name__)

EVERY = 60.0
"""Seconds from the start of one round to the start of the next."""


class Command(BaseCommand):
    help = "Settle pending orders, send mails and remove old data; once a minute until stopped."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--once", action="store_true", help="one round only; exits with 1 if a job failed"
        )

    def handle(self, *, once: bool, **_options: Any) -> None:
        if once:
            failed = run_round()
            if failed:
                raise CommandError(f"Failed: {', '.join(failed)}. The log above says why.")
            self.stdout.write("Every job ran.")
            return
        stop = Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: stop.set())
        log.info("Jobs, every minute: %s.", ", ".join(job.command for job in JOBS))
        while not stop.is_set():
            started = time.monotonic()
            run_round(stop)
            stop.wait(max(0.0, started + EVERY - time.monotonic()))


def run_round(stop: Event | None = None) -> list[str]:
    """Run every job once, in order, until ``stop`` is set; returns the names of failed jobs."""
    failed = []
    for job in JOBS:
        if stop is not None and stop.is_set():
            break
        if _succeeds(job):
            _note_good_round(job)
        else:
            failed.append(job.command)
        # The next job connects anew, in case the database was restarted.
        connections.close_all()
    return failed


def _note_good_round(job: Job) -> None:
    """Keep the time, whose age the metrics show: a job that hangs or is dead logs nothing."""
    try:
        GoodRound.objects.update_or_create(job=job.command, defaults={"at": timezone.now()})
    except DatabaseError as error:
        if failures.is_new(f"The table of good rounds for {job.command}", str(error)):
            log.error("%s ran, but its time could not be kept: %s", job.command, error)
    else:
        failures.end(f"The table of good rounds for {job.command}")


def _succeeds(job: Job) -> bool:
    """Run one job; errors are logged and not raised."""
    output = StringIO()
    code: object = 0
    try:
        call_command(job.command, stdout=output, stderr=output)
    except CommandError as error:
        code = error.returncode
        output.write(str(error))
    except SystemExit as error:
        code = error.code or 0
    except OperationalError as error:
        words = sentence(error)
        if failures.is_new(job.command, words):
            log.error("%s failed: %s", job.command, words)
        return False
    except Exception as error:
        if failures.is_new(job.command, repr(error)):
            log.exception("%s failed.", job.command)
        return False
    words = " ".join(output.getvalue().split()) or f"it ended with {code}"
    if code not in job.fine:
        if failures.is_new(job.command, words):
            log.error("%s failed: %s", job.command, words)
        return False
    failures.end(job.command)
    # A round with nothing to do is not logged.
    if code != 0:
        log.info("%s: %s", job.command, words)
    return True
