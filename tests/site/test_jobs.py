"""``manage.py jobs``: one job that fails must not stop the others."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError, connections

from checkout.jobs import Job
from checkout.management.commands import jobs
from tests.support.tooling.machine import ROOT, run_manage

pytestmark = pytest.mark.django_db


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The jobs that were asked for, in order; each ends as its name says."""
    names: list[str] = []

    def run(command: str, **options: Any) -> None:
        names.append(command)
        if command == "crashes":
            raise RuntimeError("out of beans")
        if command == "has no database":
            raise OperationalError("the server is gone")
        if command == "warns and exits with 2":
            options["stderr"].write("check_inventory says more")
            raise SystemExit(2)
        if command == "refuses":
            raise CommandError("no such key", returncode=2)
        if command == "exits with 1":
            raise SystemExit(1)

    monkeypatch.setattr(jobs, "call_command", run)
    monkeypatch.setattr(connections, "close_all", lambda: None)
    return names


def test_a_job_that_fails_is_logged_and_the_next_ones_run(
    asked: list[str], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    listed = (Job("crashes"), Job("refuses"), Job("exits with 1"), Job("goes"))
    monkeypatch.setattr(jobs, "JOBS", listed)
    with caplog.at_level(logging.ERROR):
        failed = jobs.run_round()
    assert asked == ["crashes", "refuses", "exits with 1", "goes"]
    assert failed == ["crashes", "refuses", "exits with 1"]
    assert "out of beans" in caplog.text
    assert "no such key" in caplog.text


@pytest.mark.parametrize(
    ("command", "why"),
    [
        ("has no database", "Django's database can't be asked: the server is gone."),
        ("warns and exits with 2", "check_inventory says more"),
    ],
)
def test_what_is_away_is_reported_in_one_line_of_the_log(
    asked: list[str],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    command: str,
    why: str,
) -> None:
    monkeypatch.setattr(jobs, "JOBS", (Job(command),))
    assert jobs.run_round() == [command]
    (record,) = caplog.records
    assert record.getMessage().startswith(f"{command} failed: {why}")
    assert record.exc_info is None


def test_a_code_that_says_work_was_done_is_no_failure(
    asked: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "JOBS", (Job("exits with 1", fine=(0, 1)),))
    assert jobs.run_round() == []


def test_a_failure_that_lasts_is_logged_once_and_so_is_its_end(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    ends = iter([CommandError("no key"), CommandError("no key"), ValueError(), ValueError()])

    def run(_command: str, **_options: Any) -> None:
        if error := next(ends, None):
            raise error

    monkeypatch.setattr(jobs, "call_command", run)
    monkeypatch.setattr(connections, "close_all", lambda: None)
    monkeypatch.setattr(jobs, "JOBS", (Job("a job"),))
    with caplog.at_level(logging.INFO):
        for _minute in range(6):
            jobs.run_round()
    assert [record.getMessage() for record in caplog.records] == [
        "a job failed: no key",
        "a job failed.",
        "a job works again.",
    ]


def test_a_round_that_is_stopped_starts_no_further_job(
    asked: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "JOBS", (Job("goes"), Job("goes")))
    stop = Event()
    stop.set()
    assert jobs.run_round(stop) == []
    assert asked == []


def test_once_exits_with_an_error_that_names_what_failed(
    asked: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "JOBS", (Job("crashes"), Job("goes")))
    with pytest.raises(CommandError, match="Failed: crashes"):
        call_command("jobs", "--once")


@pytest.mark.parametrize(
    "number", [signal.SIGTERM, pytest.param(signal.SIGINT, marks=pytest.mark.slow)]
)
def test_the_jobs_run_on_a_new_shop_and_stop_on_a_signal(
    tmp_path: Path, number: signal.Signals
) -> None:
    settings = {"DATABASE_URL": f"sqlite:///{tmp_path / 'shop.sqlite3'}"}
    assert run_manage("migrate", "--verbosity=0", settings=settings).returncode == 0
    once = run_manage("jobs", "--once", settings=settings)
    assert (once.returncode, once.stdout) == (0, "Every job ran.\n"), once.stderr

    environment = {**os.environ, **settings, "DJANGO_SETTINGS_MODULE": "coffeeco_site.settings"}
    environment["PYTHONUNBUFFERED"] = "1"
    with subprocess.Popen(
        [sys.executable, "manage.py", "jobs"],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as running:
        assert running.stdout is not None
        assert "every minute" in running.stdout.readline()
        running.send_signal(number)
        assert running.wait(60) == 0
        assert "Traceback" not in running.stdout.read()


def test_once_fails_where_the_shop_has_no_tables(tmp_path: Path) -> None:
    settings = {"DATABASE_URL": f"sqlite:///{tmp_path / 'shop.sqlite3'}"}
    once = run_manage("jobs", "--once", settings=settings)
    assert once.returncode == 1
    assert "Failed: reconcile_orders, " in once.stderr
    assert "clearsessions." in once.stderr
