"""What every test may use, what is left out where something is missing, and what the end says."""

from __future__ import annotations

import gc
import os
from collections import Counter
from collections.abc import Iterator
from typing import Any
from zlib import crc32

import hypothesis
import pytest
from django.conf import settings
from django.test import TransactionTestCase
from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]

from shop import failures
from shop.templatetags import kept
from tests.support.emptied import empty_tables
from tests.support.inventory import override_inventory
from tests.support.tooling.machine import IS_CI, NO_CHROMIUM, find_chromium, why_no_driver
from tests.support.tooling.postgres import NoPostgres, find_programs, private_cluster

__all__ = ["override_inventory"]

# How fast an example runs says more about the machine than about the shop.
hypothesis.settings.register_profile("shop", deadline=None)
hypothesis.settings.register_profile("quick", deadline=None, max_examples=25)

_ran: Counter[str] = Counter()


@pytest.fixture(autouse=True)
def nothing_of_former_tests() -> None:
    """A process keeps parts of pages, and what failed last; a test begins like a new process."""
    kept._parts.clear()
    failures._last.clear()


def pytest_configure(config: pytest.Config) -> None:
    TransactionTestCase._fixture_teardown = empty_tables  # type: ignore[attr-defined]
    # Looking for unreachable objects as often as Python does takes a sixteenth of a test's time.
    gc.set_threshold(200_000, 20, 100)
    is_quick = config.option.markexpr.startswith("not slow")
    hypothesis.settings.load_profile("quick" if is_quick else "shop")


def _missing() -> dict[str, str]:
    """The markers whose tests can't run on this machine, with the reason in a sentence."""
    missing = {}
    if find_chromium() is None:
        missing["browser"] = NO_CHROMIUM
    try:
        find_programs()
    except NoPostgres as reason:
        missing["postgres"] = str(reason)
    return missing


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    missing = _missing()
    for item in items:
        for marker, reason in missing.items():
            if item.get_closest_marker(marker) is None:
                continue
            if IS_CI:
                item.add_marker(pytest.mark.usefixtures(f"fails_without_{marker}"))
            else:
                item.add_marker(pytest.mark.skip(reason=reason))


@pytest.fixture
def fails_without_browser() -> None:
    """Where CI is set nothing may be left out quietly."""
    pytest.fail(NO_CHROMIUM)


@pytest.fixture
def fails_without_postgres() -> None:
    """Where CI is set nothing may be left out quietly."""
    pytest.fail(_missing()["postgres"])


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """The ``DATABASE_URL`` of a private PostgreSQL, one for each test process."""
    try:
        with private_cluster() as url:
            yield url
    except NoPostgres as reason:
        (pytest.fail if IS_CI else pytest.skip)(str(reason))


@pytest.fixture(scope="session")
def chromium_path() -> str:
    """The Chromium that browser tests drive."""
    path = find_chromium()
    reason = NO_CHROMIUM if path is None else why_no_driver()
    if reason:
        (pytest.fail if IS_CI else pytest.skip)(reason)
    assert path
    return path


# ── side by side ─────────────────────────────────────────────────────────────────────────────────

# Files whose tests share something slow to make: a browser, a virtual environment.
SHARING = ("tests/pages/browser/", "tests/site/test_setup.py")
EVERY_PAGE = "tests/pages/browser/test_every_page.py"


class _OneByOne(LoadScopeScheduling):  # type: ignore[misc]
    """Hands out single tests, but those of a sharing file together.

    xdist's own ``loadgroup`` would do, but with pytest 9.2 its groups come to nothing.
    """

    def _split_scope(self, nodeid: str) -> str:
        if not nodeid.startswith(SHARING):
            return nodeid
        # The one file that is longer than all others is shared out.
        part = crc32(nodeid.encode()) % 3 if nodeid.startswith(EVERY_PAGE) else ""
        return f"{nodeid.partition('::')[0]}{part}"


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> _OneByOne:
    """Called by xdist once the workers are there."""
    return _OneByOne(config, log)


# ── the closing lines ────────────────────────────────────────────────────────────────────────────

KINDS = {
    "browser": "tests that drive a real Chromium",
    "postgres": "tests with a PostgreSQL of their own",
    "slow": "tests of the long matrix",
}
INVENTORIES = {
    "database": "tests of the inventory in Django's database",
    "iris": "tests of the inventory in IRIS, real driver against the stand-in superserver",
    "iris_server": "tests of the inventory in IRIS, on the server of IRIS_TEST_URL",
}


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Called for every test in the process that prints the summary, workers or not."""
    if report.when != "call" or report.skipped:
        return
    _ran.update(kind for kind in KINDS if kind in report.keywords)
    _ran.update(str(name) for key, name in report.user_properties if key == "inventory")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """What ran and what did not, so that a short run is not taken for a whole one."""
    engine = settings.DATABASES["default"]["ENGINE"].rsplit(".", 1)[-1]
    say = terminalreporter.write_line
    terminalreporter.section("what this run covered")
    say(f"Django's database: {'SQLite' if engine == 'sqlite' else 'PostgreSQL'}")
    for name, words in (INVENTORIES | KINDS).items():
        say(f"{words}: {_ran[name] or 'none'}")
    if not os.environ.get("IRIS_TEST_URL"):
        say("No real IRIS server was asked: IRIS_TEST_URL is not set.")
