"""The server's alerts: called for every line that needs one, and never in the way of a sale."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from shop.inventory.contract import (
    AlertKind,
    Decision,
    DecisionKind,
    InventoryBusy,
    InventoryUnavailable,
    SaleRefused,
    SoldLine,
)
from shop.inventory.iris import IrisInventory
from shop.inventory.iris.store.ledger import DECISION
from shop.inventory.iris.store.sale import MEDDLED, IrisSale
from shop.inventory.records import decision_to_json, dump
from tests.inventory.iris.shop import (
    ANTIGUA,
    BAGS,
    HUILA,
    SIDAMO,
    MakeShop,
    bags_left,
    nothing_is_held,
    put,
    sell,
    stock,
    wait_until,
)
from tests.support.superserver import AlertCall, Superserver, Traps
from tests.support.superserver.messages import Refused
from tests.support.superserver.sessions import Session

ORDER = {SIDAMO: 2, HUILA: BAGS - 1, ANTIGUA: BAGS}
AFTER = {SIDAMO: BAGS - 2, HUILA: 1}
Alert = Callable[[Session, list[Any]], Any]


def alerts_become(server: Superserver, alert: Alert) -> None:
    """Both methods of coffeeco.Alerts are this from now on."""
    for method in ("LowStockAlert", "OutOfStockAlert"):
        server.define_method("coffeeco.Alerts", method, alert)


def sold(inventory: IrisInventory) -> list[SoldLine]:
    return list(sell(inventory, "CC-AMINA001", ORDER).lines)


def test_each_alert_gets_id_and_name_and_its_answer_is_kept(
    inventory: IrisInventory, server: Superserver
) -> None:
    none, low, out = sold(inventory)
    assert none.alert is None
    assert low.alert is not None
    assert (low.alert.kind, low.alert.answer) == (AlertKind.LOW, "Low stock: Huila (1002)")
    assert out.alert is not None
    assert (out.alert.kind, out.alert.answer) == (AlertKind.OUT, "Out of stock: Antigua (1003)")
    assert server.alerts() == [
        AlertCall("LowStockAlert", (HUILA, "Huila")),
        AlertCall("OutOfStockAlert", (ANTIGUA, "Antigua")),
    ]
    decision = inventory.decision("CC-AMINA001")
    assert decision is not None
    assert decision.lines == (none, low, out)


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
    assert [line.alert.answer for line in sold(inventory) if line.alert] == [kept, kept]


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
def test_an_alert_that_fails_is_noted_and_the_sale_goes_through(
    inventory: IrisInventory, server: Superserver, words: str
) -> None:
    def fail(session: Session, arguments: list[Any]) -> Any:
        raise Refused(words)

    alerts_become(server, fail)
    lines = sold(inventory)
    assert [line.alert.error for line in lines if line.alert] == [words, words]
    assert [line.alert.answer for line in lines if line.alert] == ["", ""]
    assert bags_left(server) == AFTER


def test_an_alert_that_answers_half_an_emoji_is_noted(
    inventory: IrisInventory, server: Superserver
) -> None:
    alerts_become(server, lambda session, arguments: "Low \ud83c")
    errors = [line.alert.error for line in sold(inventory) if line.alert]
    assert all("encoding" in error for error in errors)
    assert bags_left(server) == AFTER


def test_an_alert_that_is_not_on_the_server_is_noted(
    inventory: IrisInventory, server: Superserver
) -> None:
    del server.instance.methods["coffeeco.Alerts"]
    errors = [line.alert.error for line in sold(inventory) if line.alert]
    assert errors == ["<CLASS DOES NOT EXIST> *coffeeco.Alerts"] * 2
    assert bags_left(server) == AFTER


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


def commit_and_begin(session: Session) -> None:
    """End the sale's transaction, and begin another in its place."""
    session.tcommit()
    session.tstart()


def undo_and_begin(session: Session) -> None:
    """Undo the sale's transaction, and begin another in its place."""
    session.rollback()
    session.tstart()


MEDDLING = [commit, undo, begin]
UNSEEN_MEDDLING = [commit_and_begin, undo_and_begin]


def meddle(server: Superserver, does: Callable[[Session], None], *, fails: bool = False) -> None:
    """From now on each alert does this within a transaction, then answers or fails."""

    def alert(session: Session, arguments: list[Any]) -> Any:
        if session.level:
            does(session)
        if fails:
            raise Refused("<DIVIDE>")
        return "done"

    alerts_become(server, alert)


def it_is_all_sold(server: Superserver, inventory: IrisInventory) -> None:
    """Fail unless stock, movements and decision all say so, and nothing is left behind."""
    wait_until(lambda: nothing_is_held(server))
    assert bags_left(server) == AFTER
    assert [len(inventory.movements(coffee)) for coffee in ORDER] == [2, 2, 2]
    decision = inventory.decision("CC-AMINA001")
    assert decision is not None
    assert decision.kind is DecisionKind.SALE


@pytest.fixture(params=[True, False], ids=["locks outlive a commit", "locks end with it"])
def strange_server(request: pytest.FixtureRequest) -> Iterator[Superserver]:
    """Servers may let go of rows when a transaction ends, or not."""
    with Superserver(traps=Traps(object_locks_outlive_commit=request.param)) as server:
        server.create_store()
        stock(server)
        yield server


@pytest.mark.parametrize("fails", [False, True], ids=["answers", "fails"])
@pytest.mark.parametrize("does", MEDDLING)
def test_an_alert_that_meddles_with_the_transaction_is_noted_and_all_is_sold(
    make_shop: MakeShop,
    strange_server: Superserver,
    does: Callable[[Session], None],
    *,
    fails: bool,
) -> None:
    shop = make_shop(url=strange_server.url, connections=1)
    meddle(strange_server, does, fails=fails)
    noted = [line.alert.error for line in sell(shop, "CC-AMINA001", ORDER).lines if line.alert]
    assert noted == ["<DIVIDE>" if fails else MEDDLED] * 2
    it_is_all_sold(strange_server, shop)
    sell(shop, "CC-BRUNO001", {SIDAMO: 1})


def test_control_a_sale_that_does_not_look_after_its_alerts_is_told_and_never_was(
    make_shop: MakeShop, server: Superserver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(IrisSale, "_was_meddled_with", lambda _: False)
    shop = make_shop(connections=1)
    meddle(server, begin)
    sold(shop)
    shop.close()
    assert server.wait_for_sessions(0)
    assert set(bags_left(server).values()) == {BAGS}


@pytest.mark.parametrize("does", UNSEEN_MEDDLING)
def test_an_alert_that_puts_another_transaction_in_the_place_of_the_sales_spoils_nothing(
    inventory: IrisInventory, server: Superserver, does: Callable[[Session], None]
) -> None:
    meddle(server, does)
    sold(inventory)
    it_is_all_sold(server, inventory)


@pytest.mark.parametrize("does", MEDDLING)
def test_a_link_cut_after_an_alert_that_meddles_leaves_everything_as_it_was(
    inventory: IrisInventory, server: Superserver, does: Callable[[Session], None]
) -> None:
    meddle(server, does)
    server.faults.die_at("OutOfStockAlert", "after")
    with pytest.raises(InventoryUnavailable):
        sold(inventory)
    wait_until(lambda: nothing_is_held(server))
    assert set(bags_left(server).values()) == {BAGS}
    assert inventory.decision("CC-AMINA001") is None
    assert inventory.movements(SIDAMO) == ()


def test_a_reference_that_others_took_after_an_alert_let_go_of_it_is_busy(
    make_shop: MakeShop, server: Superserver
) -> None:
    shop = make_shop(connections=1)
    meddle(server, undo)
    others = Decision(
        reference="CC-AMINA001", kind=DecisionKind.VOID, token_hash="other", at=datetime.now(UTC)
    )
    text = dump(decision_to_json(others))
    server.after("getTLevel", lambda session: session.set(text, DECISION, others.reference))
    with pytest.raises(InventoryBusy):
        sold(shop)
    assert shop.decision(others.reference) == others
    wait_until(lambda: nothing_is_held(server))
    assert set(bags_left(server).values()) == {BAGS}


def test_a_coffee_that_others_bought_after_an_alert_let_go_of_it_is_looked_at_again(
    make_shop: MakeShop, server: Superserver
) -> None:
    shop = make_shop(connections=1)
    meddle(server, undo)
    server.after("getTLevel", lambda _: put(server, SIDAMO, StockQuantity=1))
    with pytest.raises(SaleRefused) as refused:
        sold(shop)
    assert [shortage.left for shortage in refused.value.shortages] == [1]
    server.after("getTLevel", lambda _: put(server, SIDAMO, StockQuantity=BAGS))
    with pytest.raises(InventoryBusy):
        sell(shop, "CC-AMINA002", {SIDAMO: 1, HUILA: BAGS, ANTIGUA: BAGS})
    wait_until(lambda: nothing_is_held(server))
    assert bags_left(server) == {SIDAMO: BAGS, HUILA: BAGS, ANTIGUA: BAGS}
