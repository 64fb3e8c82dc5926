"""The server's alerts: called for every line that needs one, and never in the way of a sale."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from shop.inventory.contract import AlertKind, InventoryUnavailable, SoldLine
from shop.inventory.iris import IrisInventory
from tests.iris.shop import (
    ANTIGUA,
    BAGS,
    HUILA,
    SIDAMO,
    bags_left,
    nothing_is_held,
    put,
    sell,
    wait_until,
)
from tests.superserver import AlertCall, Superserver
from tests.superserver.messages import Refused
from tests.superserver.sessions import Session

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
    ("answer", "kept"), [(None, ""), ("", ""), (1, "1"), (0, "0"), ("Bruno knows", "Bruno knows")]
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


def test_an_alert_that_is_not_on_the_server_is_noted(
    inventory: IrisInventory, server: Superserver
) -> None:
    del server.instance.methods["coffeeco.Alerts"]
    errors = [line.alert.error for line in sold(inventory) if line.alert]
    assert errors == ["<CLASS DOES NOT EXIST> *coffeeco.Alerts"] * 2
    assert bags_left(server) == AFTER


def test_an_alert_that_fails_inside_a_transaction_of_its_own_stops_the_sale(
    inventory: IrisInventory, server: Superserver
) -> None:
    def begin_and_fail(session: Session, arguments: list[Any]) -> Any:
        session.tstart()
        raise Refused("<DIVIDE>")

    alerts_become(server, begin_and_fail)
    with pytest.raises(InventoryUnavailable, match="DIVIDE"):
        sold(inventory)
    wait_until(lambda: nothing_is_held(server))
    assert set(bags_left(server).values()) == {BAGS}


def test_an_alert_that_fails_and_undoes_the_sale_stops_it_whole(
    inventory: IrisInventory, server: Superserver
) -> None:
    def undo_and_fail(session: Session, arguments: list[Any]) -> Any:
        session.rollback()
        raise Refused("<DIVIDE>")

    alerts_become(server, undo_and_fail)
    with pytest.raises(InventoryUnavailable, match="DIVIDE"):
        sold(inventory)
    wait_until(lambda: nothing_is_held(server))
    assert set(bags_left(server).values()) == {BAGS}
    assert inventory.decision("CC-AMINA001") is None
