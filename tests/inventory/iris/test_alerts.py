"""The server's alerts: called after the commit for what was sold, and never in a sale's way."""

from __future__ import annotations

from collections.abc import Callable
from threading import Event
from typing import Any

import pytest

from shop.inventory.contract import (
    AlertAnswer,
    AlertKind,
    DecisionKind,
    InventoryUnavailable,
    SaleRefused,
)
from shop.inventory.iris import IrisInventory
from shop.inventory.iris.client import Pool
from tests.inventory.iris.clock import time_flies
from tests.inventory.iris.shop import (
    ANTIGUA,
    BAGS,
    HUILA,
    PLENTY,
    ROW_LOCK,
    SIDAMO,
    MakeShop,
    bags_left,
    nothing_is_held,
    put,
    sell,
    wait_until,
    wish,
)
from tests.support.superserver import AlertCall, Superserver
from tests.support.superserver.messages import Refused
from tests.support.superserver.sessions import Session

ORDER = {SIDAMO: 2, HUILA: BAGS - 1, ANTIGUA: BAGS}
AFTER = {SIDAMO: BAGS - 2, HUILA: 1}
Alert = Callable[[Session, list[Any]], Any]


def alerts_become(server: Superserver, alert: Alert) -> None:
    """Both methods of coffeeco.Alerts are this from now on."""
    for method in ("LowStockAlert", "OutOfStockAlert"):
        server.define_method("coffeeco.Alerts", method, alert)


def answers(inventory: IrisInventory) -> dict[int, AlertAnswer]:
    """What the server answered to the alerts of Amina's order."""
    with inventory.sale(wish("CC-AMINA001", ORDER)) as sale:
        for product_id in ORDER:
            sale.sell(product_id)
    return sale.alert_answers


def it_is_all_sold(server: Superserver, inventory: IrisInventory) -> None:
    """Fail unless stock, movements and decision all say so, and nothing is left behind."""
    wait_until(lambda: nothing_is_held(server))
    assert bags_left(server) == AFTER
    assert [len(inventory.movements(coffee)) for coffee in ORDER] == [2, 2, 2]
    decision = inventory.decision("CC-AMINA001")
    assert decision is not None
    assert decision.kind is DecisionKind.SALE
    assert [line.alert for line in decision.lines] == [None, AlertKind.LOW, AlertKind.OUT]


def test_each_alert_gets_id_and_name_and_its_answer_is_kept(
    inventory: IrisInventory, server: Superserver
) -> None:
    assert answers(inventory) == {
        HUILA: AlertAnswer(answer="Low stock: Huila (1002)"),
        ANTIGUA: AlertAnswer(answer="Out of stock: Antigua (1003)"),
    }
    assert server.alerts() == [
        AlertCall("LowStockAlert", (HUILA, "Huila")),
        AlertCall("OutOfStockAlert", (ANTIGUA, "Antigua")),
    ]
    it_is_all_sold(server, inventory)


def test_a_name_arrives_as_it_is_written(inventory: IrisInventory, server: Superserver) -> None:
    put(server, SIDAMO, Name='Été “fruité” ☕ "Ñ"', StockQuantity=1)
    sell(inventory, "CC-AMINA001", {SIDAMO: 1})
    assert server.alerts()[0].arguments == (SIDAMO, 'Été “fruité” ☕ "Ñ"')


@pytest.mark.parametrize(
    ("answer", "kept"),
    [
        (None, ""),
        ("", ""),
        (1, "1"),
        (0, "0"),
        ("Bruno knows", "Bruno knows"),
        ("Bruno\0 knows", "Bruno knows"),
        ("a novel " * 1000, ("a novel " * 1000)[:500]),
    ],
)
def test_an_alert_may_answer_anything(
    inventory: IrisInventory, server: Superserver, answer: Any, kept: str
) -> None:
    alerts_become(server, lambda session, arguments: answer)
    assert [said.answer for said in answers(inventory).values()] == [kept, kept]


@pytest.mark.parametrize(
    "words",
    [
        "<CLASS DOES NOT EXIST> *coffeeco.Alerts",
        "<METHOD DOES NOT EXIST> *LowStockAlert,coffeeco.Alerts",
        "<PROTECT> *coffeeco.Alerts",
        "<DIVIDE>zLowStockAlert+1^coffeeco.Alerts.1",
        "<TIMEOUT>",
        "The mail server did not answer: <COMMUNICATION ERROR>",
    ],
)
def test_an_error_that_the_server_returns_is_an_answer(
    inventory: IrisInventory, server: Superserver, words: str
) -> None:
    def fail(session: Session, arguments: list[Any]) -> Any:
        raise Refused(words)

    alerts_become(server, fail)
    assert [*answers(inventory).values()] == [AlertAnswer(error=words)] * 2
    it_is_all_sold(server, inventory)


def test_an_alert_that_answers_half_an_emoji_is_noted(
    inventory: IrisInventory, server: Superserver
) -> None:
    alerts_become(server, lambda session, arguments: "Low \ud83c")
    assert all("encoding" in said.error for said in answers(inventory).values())
    it_is_all_sold(server, inventory)


def test_an_alert_finds_the_sale_committed_and_its_rows_free(
    inventory: IrisInventory, server: Superserver
) -> None:
    seen = []

    def look(session: Session, arguments: list[Any]) -> str:
        with server.session() as somebody:
            free = all(somebody.lock(ROW_LOCK, coffee, timeout=0) for coffee in ORDER)
        seen.append((bags_left(server), free))
        return ""

    alerts_become(server, look)
    answers(inventory)
    assert seen == [(AFTER, True)] * 2


def test_no_alert_is_raised_for_a_sale_that_did_not_happen(
    inventory: IrisInventory, server: Superserver
) -> None:
    server.faults.fail_call(1, "%DeleteId", "<DISK HARD>")
    with pytest.raises(InventoryUnavailable):
        answers(inventory)
    with pytest.raises(SaleRefused):
        sell(inventory, "CC-BRUNO001", {HUILA: BAGS - 1, ANTIGUA: BAGS + 1})
    assert server.alerts() == []


# ── alerts that are not answered ────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("fault", ["cut before", "cut after", "silent", "slow", "frozen"])
def test_an_alert_without_an_answer_stays_due_and_its_sale_stands(
    inventory: IrisInventory, server: Superserver, fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    inventory.version()
    time_flies(monkeypatch, server)
    given_up = Event()

    def be_slow(_: Session) -> None:
        server.faults.on_silence()
        given_up.wait(PLENTY)

    match fault.split():
        case ["cut", when]:
            server.faults.die_at("OutOfStockAlert", when)
        case ["silent"]:
            server.faults.die_at("OutOfStockAlert", silent=True)
        case ["slow"]:
            server.before("OutOfStockAlert", be_slow)
        case ["frozen"]:
            server.faults.freeze_at(1, "OutOfStockAlert")
    assert [*answers(inventory)] == [HUILA]
    given_up.set()
    server.faults.clear()
    it_is_all_sold(server, inventory)
    again = inventory.raise_alert(AlertKind.OUT, ANTIGUA, "Antigua")
    assert again == AlertAnswer(answer="Out of stock: Antigua (1003)")


# ── alerts that meddle with transactions ────────────────────────────────────────────────────────


def commit(session: Session) -> None:
    """TCOMMIT once more than it began."""
    session.tcommit()


def undo(session: Session) -> None:
    """TROLLBACK, as many write it where they catch an error: it undoes all levels."""
    session.tstart()
    session.rollback()


def begin(session: Session) -> None:
    """TSTART, and never an end of it."""
    session.tstart()


def meddle(server: Superserver, does: Callable[[Session], None], *, fails: bool) -> None:
    """From now on each alert does this, then answers or fails."""

    def alert(session: Session, arguments: list[Any]) -> Any:
        does(session)
        if fails:
            raise Refused("<DIVIDE>")
        return "done"

    alerts_become(server, alert)


@pytest.mark.parametrize("fails", [False, True], ids=["answers", "fails"])
@pytest.mark.parametrize("does", [commit, undo, begin])
def test_an_alert_can_neither_undo_its_sale_nor_spoil_the_next(
    make_shop: MakeShop, server: Superserver, does: Callable[[Session], None], *, fails: bool
) -> None:
    shop = make_shop(connections=1)
    meddle(server, does, fails=fails)
    assert len(answers(shop)) == 2
    it_is_all_sold(server, shop)
    sell(shop, "CC-BRUNO001", {SIDAMO: 1})
    shop.close()
    assert server.wait_for_sessions(0)
    assert bags_left(server)[SIDAMO] == BAGS - 3


def test_control_without_a_look_at_the_level_the_next_sale_is_told_and_never_was(
    make_shop: MakeShop, server: Superserver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Pool, "_look_at_level", lambda *_: None)
    shop = make_shop(connections=1)
    meddle(server, begin, fails=False)
    answers(shop)
    sell(shop, "CC-BRUNO001", {SIDAMO: 1})
    shop.close()
    assert server.wait_for_sessions(0)
    assert bags_left(server)[SIDAMO] == BAGS - 2
