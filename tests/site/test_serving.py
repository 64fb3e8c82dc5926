"""``manage.py demo``: the whole shop on this machine."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.request import ProxyHandler, build_opener

import pytest
from django.contrib.auth import get_user_model
from django.core.management import CommandError, call_command

from coffeeco_site.management.commands.demo import STAFF, Command, staff_account
from coffeeco_site.serving import port_problem
from shop.inventory import get_inventory
from shop.inventory.contract import InventoryTimeout, Note, ProductQuery, Withdrawal
from tests.support.tooling.buy_over_http import buy
from tests.support.tooling.fresh_clone import free_port
from tests.support.tooling.machine import copy_project


@pytest.fixture
def busy_port() -> Iterator[int]:
    """A port that another program listens on."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        yield other.getsockname()[1]


def test_a_port_in_use_gets_a_sentence_with_the_way_out(busy_port: int) -> None:
    with pytest.raises(CommandError) as refused:
        call_command("demo", "--port", str(busy_port))
    assert str(refused.value) == (
        f"Port {busy_port} is in use by another program. Try: make run PORT={busy_port + 1}"
    )


@pytest.mark.parametrize("port", [0, -1, 65536])
def test_a_port_that_does_not_exist_gets_a_sentence(port: int) -> None:
    assert f"There is no port {port}" in str(port_problem(port))


def test_a_free_port_is_no_problem() -> None:
    assert port_problem(free_port()) is None


@pytest.mark.django_db
def test_the_staff_account_gets_a_password_once_and_may_do_all_the_desk_work() -> None:
    said = staff_account()
    found = re.search(r"password (\S+)", said)
    assert found is not None
    roaster = get_user_model().objects.get(username=STAFF)
    assert roaster.check_password(found[1])
    assert roaster.is_staff
    assert not roaster.is_superuser
    wanted = ("inventory.view_stock", "inventory.change_stock", "inventory.receive_delivery")
    assert roaster.has_perms(wanted)

    again = staff_account()
    assert "changepassword roaster" in again
    assert get_user_model().objects.get(username=STAFF).check_password(found[1])


@pytest.mark.django_db(transaction=True)
def test_an_empty_shop_gets_the_sample_and_a_shop_that_has_coffee_does_not() -> None:
    Command().fill_empty_shelves()
    totals = get_inventory().totals()
    assert totals.products > 0
    Command().fill_empty_shelves()
    assert get_inventory().totals() == totals


@pytest.mark.django_db(transaction=True)
def test_a_shop_that_withdrew_everything_is_not_empty() -> None:
    Command().fill_empty_shelves()
    inventory = get_inventory()
    for product in inventory.page(ProductQuery()).products:
        note = Note(key=f"withdraw-{product.id}", who="Rosa", why="closing for the season")
        inventory.apply(Withdrawal(product_id=product.id), note)
    Command().fill_empty_shelves()
    assert inventory.totals().products == 0


def test_an_inventory_that_is_away_does_not_keep_the_shop_shut(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def no_answer(_self: object) -> None:
        raise InventoryTimeout("no answer")

    monkeypatch.setattr(type(get_inventory()), "totals", no_answer)
    Command().fill_empty_shelves()
    assert "The stock cannot be reached: no answer." in capsys.readouterr().err


@pytest.mark.parametrize(
    "number",
    [
        signal.SIGINT,
        pytest.param(signal.SIGTERM, marks=pytest.mark.slow),
        pytest.param(signal.SIGKILL, marks=pytest.mark.slow),
    ],
)
def test_the_demo_sells_a_bag_and_closes_cleanly(tmp_path: Path, number: signal.Signals) -> None:
    port = free_port()
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "coffeeco_site.settings",
        "DATABASE_URL": "sqlite:///shop.sqlite3",
    }
    # As it is for most people: output into a pipe has a buffer.
    environment.pop("PYTHONUNBUFFERED", None)
    folder = copy_project(tmp_path)
    command = [sys.executable, "manage.py", "demo", "--port", str(port)]
    with subprocess.Popen(
        command,
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as demo:
        # A demo that hangs is killed, so that this test ends with what it had said until then.
        rescue = threading.Timer(120, demo.kill)
        rescue.start()
        try:
            said = ""
            assert demo.stdout is not None
            while "Ctrl-C closes it." not in said and (line := demo.stdout.readline()):
                said += line
            assert f"http://127.0.0.1:{port}" in said, said
            assert buy(f"http://127.0.0.1:{port}").startswith("CC-")
            opener = build_opener(ProxyHandler({}))
            with opener.open(f"http://127.0.0.1:{port}/readyz", timeout=30) as answer:
                assert answer.status == 200
            again = subprocess.run(
                command, cwd=folder, env=environment, check=False, capture_output=True, text=True
            )
            assert f"This shop is open already: http://127.0.0.1:{port}." in again.stderr
            demo.send_signal(number)
            said += demo.stdout.read()
            is_killed = number == signal.SIGKILL
            assert demo.wait(60) == (-number if is_killed else 0), said
        finally:
            rescue.cancel()
    # The pipe has ended by now, so server and jobs have ended too.
    assert is_killed or said.rstrip().endswith("The shop is closed.")
    assert "Traceback" not in said
    assert port_problem(port) is None
