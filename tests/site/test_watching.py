"""What tells an operator how the shop does: figures, alarms, the log, mails of errors."""

from __future__ import annotations

import json
import logging
import re
import subprocess
import sys
from datetime import timedelta
from math import inf
from pathlib import Path

import pytest
from django.core import mail
from django.db import OperationalError, connection, connections
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from checkout.management.commands import jobs
from checkout.models import GoodRound
from coffeeco_site import reporting
from coffeeco_site.request_id import RequestIdFilter
from shop.inventory.contract import InventoryUnavailable
from shop.models import OutgoingMail
from tests.site.test_deploy import pages_that_open_something, program
from tests.site.test_health import KEY, figures
from tests.support.tooling.machine import ROOT, run_manage, run_python

ASK = """
import sys
import django
django.setup()
from django.test import Client
client = Client(HTTP_HOST="localhost", raise_request_exception=False)
for path in sys.argv[1:]:
    answer = client.get(path, headers={"Authorization": "Bearer key"})
print(answer.content.decode())
"""


@pytest.mark.django_db
def test_the_age_of_each_job_s_last_good_round_and_of_the_oldest_mail(
    client: Client, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.METRICS_KEY = KEY
    ends = {"send_mails": SystemExit(2)}

    def run(command: str, **_options: object) -> None:
        if error := ends.get(command):
            raise error

    monkeypatch.setattr(jobs, "call_command", run)
    monkeypatch.setattr(connections, "close_all", lambda: None)
    before = figures(client)
    assert before["coffeeco_job_good_round_age_seconds send_mails"] == inf
    assert before["coffeeco_oldest_mail_age_seconds"] == 0
    jobs.run_round()
    GoodRound.objects.filter(job="purge").update(at=timezone.now() - timedelta(hours=2))
    for key, age, sent in (("a", 3, True), ("b", 2, False), ("c", 1, False)):
        at = timezone.now() - timedelta(hours=age)
        OutgoingMail.objects.create(
            kind="receipt", key=key, created_at=at, next_try_at=at, sent_at=at if sent else None
        )
    found = figures(client)
    assert found["coffeeco_job_good_round_age_seconds send_mails"] == inf
    assert found["coffeeco_job_good_round_age_seconds reconcile_orders"] < 60
    assert 7200 <= found["coffeeco_job_good_round_age_seconds purge"] < 7300
    assert 7200 <= found["coffeeco_oldest_mail_age_seconds"] < 7300


@pytest.mark.django_db
def test_a_database_that_stays_away_is_logged_once_and_so_is_its_end(
    client: Client, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    settings.METRICS_KEY = KEY

    def away(*_arguments: object) -> None:
        raise OperationalError("connection refused")

    def scrape() -> None:
        figures(client)
        client.get("/readyz")

    with caplog.at_level(logging.INFO):
        with connection.execute_wrapper(away):
            for _quarter in range(4):
                scrape()
        scrape()
        scrape()
    said = [one.getMessage() for one in caplog.records if not one.name.startswith("django")]
    assert said == [
        "The inventory is away: InventoryUnavailable('connection refused')",
        "The database can't be asked for figures.",
        "Not ready: Django's database is away: connection refused",
        "The inventory works again.",
        "Reading figures from the database works again.",
        "Django's database works again.",
    ]


def test_requests_are_summed_over_processes_that_have_ended_too(tmp_path: Path) -> None:
    settings = {
        "DATABASE_URL": f"sqlite:///{tmp_path / 'shop.sqlite3'}",
        "METRICS_KEY": "key",
        "PROMETHEUS_MULTIPROC_DIR": str(tmp_path / "figures"),
    }
    assert run_manage("migrate", "--verbosity=0", settings=settings).returncode == 0
    for paths in (("/shop/", "/shop/?q=a", "/nowhere/"), ("/shop/", "/shop/9/x/")):
        run_python("-c", ASK, *paths, settings=settings)
    text = run_python("-c", ASK, "/metrics", settings=settings).stdout
    assert 'coffeeco_requests_total{status="200",view="catalogue"} 3.0' in text
    assert 'coffeeco_requests_total{status="404",view="product"} 1.0' in text
    assert 'coffeeco_requests_total{status="404",view="none"} 1.0' in text
    assert 'coffeeco_request_seconds_count{status="200",view="catalogue"} 3.0' in text


def test_every_alarm_rings_when_it_must_and_is_silent_before() -> None:
    promtool = program("promtool", "prometheus")
    folder = ROOT / "deploy" / "prometheus"
    done = subprocess.run(
        [promtool, "test", "rules", "coffeeco.tests.yml"],
        cwd=folder,
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    named = re.findall(r"alert: (\w+)", (folder / "coffeeco.rules.yml").read_text("utf-8"))
    tested = re.findall(r" alertname: (\w+)\n", (folder / "coffeeco.tests.yml").read_text("utf-8"))
    assert sorted(named) == sorted(set(tested))


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("brought", "is_taken"),
    [("4bf92f35-77b34da6", True), ("short", False), ("a b c d e f g h", False), ("x" * 65, False)],
)
def test_a_request_is_named_by_its_proxy_or_by_the_shop(
    client: Client, brought: str, is_taken: bool
) -> None:
    answer = client.get("/healthz", headers={"X-Request-ID": brought})
    assert (answer["X-Request-ID"] == brought) is is_taken
    assert re.fullmatch("[A-Za-z0-9-]{8,64}", answer["X-Request-ID"])


@pytest.mark.django_db
def test_an_error_has_one_name_in_log_page_and_answer_and_is_mailed_once(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.ADMINS = [("", "night@example.com")]
    receipt = "/checkout/thanks/opens-an-order/"

    def broken(*_arguments: object, **_named: object) -> None:
        raise ValueError("the roof is gone\nand anna@example.com and postgres://shop:word@db/shop")

    monkeypatch.setattr("django.core.signing.Signer.unsign", broken)
    lines = []
    console = logging.Handler()
    console.emit = lambda record: lines.append(console.format(record))  # type: ignore[method-assign]
    console.setFormatter(reporting.JsonFormatter())
    console.addFilter(RequestIdFilter())
    log = logging.getLogger("django.request")
    log.addHandler(console)
    try:
        client = Client(raise_request_exception=False)
        answers = [client.get(receipt) for _ in range(2)]
        client.post(f"{receipt}again/")
    finally:
        log.removeHandler(console)
    said = json.loads(lines[0])
    name = answers[0]["X-Request-ID"]
    assert answers[0].status_code == 500
    assert name in answers[0].content.decode()
    assert (said["request_id"], said["level"], said["logger"]) == (name, "ERROR", "django.request")
    assert "the roof is gone" in said["traceback"]
    assert len(lines) == 3
    for handler in logging.getLogger("django").handlers:
        for thread in getattr(handler, "sending", ()):
            thread.join(10)
    message, of_another_page = sorted(mail.outbox, key=lambda one: len(one.subject))
    assert of_another_page.subject.endswith("/checkout/thanks/<str:signed>/again/")
    assert message.to == ["night@example.com"]
    assert name in str(message.body)
    assert "the roof is gone" in str(message.body)
    assert message.subject == "ERROR: Internal Server Error: /checkout/thanks/<str:signed>/"
    for secret in ("opens-an-order", "anna", "word"):
        assert secret not in message.subject + str(message.body)


@pytest.mark.parametrize("formatter", [reporting.LineFormatter, reporting.JsonFormatter])
def test_no_line_has_the_whole_address_of_a_page_that_opens_something(
    formatter: type[logging.Formatter],
) -> None:
    for page in pages_that_open_something():
        address = f"{page}CC-ABCD2345:signature/again/"
        try:
            raise ValueError(f"no {address}")
        except ValueError:
            record = logging.LogRecord(
                *("django.request", logging.ERROR, "", 0),
                *("%s, from https://shop.example%s?a=b", (address, address), sys.exc_info()),
            )
        said = formatter().format(record)
        assert "signature" not in said
        assert said.count(f"{page}(left out)") == 3


@pytest.mark.django_db
def test_a_page_without_the_stock_has_the_name_that_all_its_lines_have(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_arguments: object) -> None:
        raise InventoryUnavailable("no answer")

    monkeypatch.setattr("shop.catalogue.views.get_catalogue", away)
    records: list[logging.LogRecord] = []
    console = logging.Handler()
    console.emit = records.append  # type: ignore[method-assign, assignment]
    console.addFilter(RequestIdFilter())
    loggers = [logging.getLogger(name) for name in ("django.request", "shop.middleware")]
    for log in loggers:
        log.addHandler(console)
    try:
        answer = client.get("/shop/")
    finally:
        for log in loggers:
            log.removeHandler(console)
    name = answer["X-Request-ID"]
    assert answer.status_code == 503
    assert name in answer.content.decode()
    assert {record.name for record in records} == {log.name for log in loggers}
    assert {getattr(record, "request_id", "") for record in records} == {name}
