"""The rule, line by line, and what a sale leaves in the ledger."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from shop.inventory.contract import (
    AlertKind,
    Decided,
    DecisionKind,
    MovementKind,
    ReferenceTaken,
    SaleIncomplete,
    SaleRequest,
    Shelf,
)
from tests.inventory.contract.acts import (
    decided,
    everything,
    hashed,
    known,
    left,
    sell,
    steps,
    wish,
)
from tests.inventory.contract.world import PRICE, RaisedAlert, RawRow, World


@pytest.mark.parametrize(
    ("stock", "wanted", "remains", "alert"),
    [
        (10, 1, 9, None),
        (10, 7, 3, None),  # three left are not low yet
        (10, 8, 2, AlertKind.LOW),
        (10, 9, 1, AlertKind.LOW),
        (10, 10, 0, AlertKind.OUT),
        (2, 1, 1, AlertKind.LOW),
        (1, 1, 0, AlertKind.OUT),
    ],
)
def test_the_rule(
    world: World, stock: int, wanted: int, remains: int, alert: AlertKind | None
) -> None:
    world.put_row(RawRow(id=7, quantity=stock))
    with world.inventory.sale(wish("CC-THERULE1", {7: wanted})) as sale:
        sold = sale.sell(7)
        assert world.alerts() == []
    assert (sold.quantity, sold.left) == (wanted, remains)
    assert sold.alert is alert
    assert [*sale.alert_answers] == ([7] if alert else [])
    raised = [RaisedAlert(kind=alert, product_id=7, name="Yirgacheffe")] if alert else []
    assert world.alerts() == raised
    row = world.row(7)
    assert (row.quantity if row else 0) == remains
    assert (row is None) is (remains == 0)
    assert left(world.inventory, 7) == remains


def test_selling_some_bags_changes_nothing_else_of_the_row(world: World) -> None:
    before = RawRow(id=7, price=Decimal("12.50"), quantity=10, description="Été, “fruity”")
    world.put_row(before)
    sell(world.inventory, wish("CC-SOMEBAGS", {7: 4}))
    after = world.row(7)
    assert after is not None
    assert (after.name, after.price, after.origin, after.description, after.quantity) == (
        before.name,
        before.price,
        before.origin,
        before.description,
        6,
    )


def test_the_last_bag_takes_the_row_away_and_keeps_the_details(world: World) -> None:
    world.put_row(RawRow(id=7, quantity=2))
    before = datetime.now(UTC)
    sell(world.inventory, wish("CC-LASTBAG1", {7: 2}))
    assert world.row(7) is None
    kept = known(world.inventory, 7)
    assert (kept.shelf, kept.quantity, kept.left) == (Shelf.SOLD_OUT, 0, 0)
    assert (kept.name, kept.price, kept.origin, kept.description) == (
        "Yirgacheffe",
        PRICE,
        "Ethiopia",
        "Jasmine and lemon",
    )
    assert kept.since is not None
    assert before <= kept.since <= datetime.now(UTC)


def test_an_order_of_several_lines_is_sold_whole_in_whatever_order(world: World) -> None:
    for id_, quantity in ((1, 5), (2, 3), (3, 3)):
        world.put_row(RawRow(id=id_, quantity=quantity, name=f"Coffee {id_}"))
    world.put_row(RawRow(id=4, quantity=9))
    with world.inventory.sale(wish("CC-SEVERAL1", {3: 3, 1: 1, 2: 2})) as sale:
        for id_ in (2, 3, 1):
            sale.sell(id_)
    decision = sale.decision
    assert decision is not None
    assert [(line.product_id, line.quantity, line.left) for line in decision.lines] == [
        (3, 3, 0),
        (1, 1, 4),
        (2, 2, 1),
    ]
    assert [left(world.inventory, id_) for id_ in (1, 2, 3, 4)] == [4, 1, 0, 9]
    assert {alert.product_id: alert.kind for alert in world.alerts()} == {
        3: AlertKind.OUT,
        2: AlertKind.LOW,
    }


def test_the_decision_holds_enough_to_rebuild_the_order(world: World) -> None:
    world.put_row(RawRow(id=7, quantity=4, name="Sidamo", price=Decimal("9.90")))
    before = datetime.now(UTC)
    request = wish("CC-REBUILD1", {7: 2}, token="t-1", prices={7: Decimal("9.90")})
    with world.inventory.sale(request) as sale:
        sold = sale.sell(7)
        during = sale.decision
    assert during is None
    decision = decided(world.inventory, "CC-REBUILD1")
    assert decision == sale.decision
    assert decision.reference == "CC-REBUILD1"
    assert decision.kind is DecisionKind.SALE
    assert decision.token_hash == hashed("t-1")
    assert before <= decision.at <= datetime.now(UTC)
    assert decision.lines == (sold,)
    assert (sold.product_id, sold.name, sold.origin) == (7, "Sidamo", "Ethiopia")
    assert (sold.quantity, sold.unit_price, sold.left) == (2, Decimal("9.90"), 2)
    assert sold.alert is AlertKind.LOW
    assert list(world.inventory.decisions()) == [decision]


def test_a_sale_writes_an_opening_and_its_own_movement(world: World) -> None:
    world.put_row(RawRow(id=7, quantity=4))
    sell(world.inventory, wish("CC-MOVEMENT", {7: 3}))
    opening, sold = world.inventory.movements(7)
    assert (opening.number, opening.kind, opening.change, opening.after) == (
        1, MovementKind.OPENING, 4, 4,
    )  # fmt: skip
    assert (sold.number, sold.kind, sold.change, sold.after) == (2, MovementKind.SALE, -3, 1)
    assert sold.reference == "CC-MOVEMENT"
    assert sold.product_id == 7


def test_what_another_program_changed_is_noted_before_the_sale(world: World) -> None:
    world.put_row(RawRow(id=7, quantity=4))
    sell(world.inventory, wish("CC-OUTSIDE1", {7: 1}))
    world.put_row(RawRow(id=7, quantity=8))
    sell(world.inventory, wish("CC-OUTSIDE2", {7: 2}))
    assert steps(world.inventory, 7) == [
        ("opening", 4, 4),
        ("sale", -1, 3),
        ("changed outside the shop", 5, 8),
        ("sale", -2, 6),
    ]


def test_a_row_that_another_program_brought_back_after_it_sold_out_is_sold_again(
    world: World,
) -> None:
    world.put_row(RawRow(id=7, quantity=1))
    sell(world.inventory, wish("CC-LASTBAG1", {7: 1}))
    world.put_row(RawRow(id=7, quantity=2, name="New crop"))
    sell(world.inventory, wish("CC-LASTBAG2", {7: 2}))
    kept = known(world.inventory, 7)
    assert (kept.shelf, kept.name) == (Shelf.SOLD_OUT, "New crop")
    assert steps(world.inventory, 7) == [
        ("opening", 1, 1),
        ("sale", -1, 0),
        ("changed outside the shop", 2, 2),
        ("sale", -2, 0),
    ]


def test_an_alert_that_fails_does_not_stop_the_sale(world: World) -> None:
    world.put_row(RawRow(id=1, quantity=2))
    world.put_row(RawRow(id=2, quantity=4))
    world.break_alerts("nobody listens")
    with world.inventory.sale(wish("CC-NOALERT1", {1: 2, 2: 3})) as sale:
        sale.sell(1)
        sale.sell(2)
    decision = sale.decision
    assert decision is not None
    assert [line.alert for line in decision.lines] == [AlertKind.OUT, AlertKind.LOW]
    assert [*sale.alert_answers] == [1, 2]
    assert all("nobody listens" in said.error for said in sale.alert_answers.values())
    assert not any(said.answer for said in sale.alert_answers.values())
    assert [left(world.inventory, id_) for id_ in (1, 2)] == [0, 1]
    assert world.inventory.decision("CC-NOALERT1") == decision


def test_an_alert_may_be_raised_again_for_a_sale_that_is_over(world: World) -> None:
    world.put_row(RawRow(id=1, quantity=2))
    sell(world.inventory, wish("CC-AGAIN001", {1: 2}))
    answer = world.inventory.raise_alert(AlertKind.OUT, 1, "Yirgacheffe")
    assert (answer.error, "Yirgacheffe" in answer.answer) == ("", True)
    out = RaisedAlert(kind=AlertKind.OUT, product_id=1, name="Yirgacheffe")
    assert world.alerts() == [out, out]


@pytest.mark.parametrize("bags", [4, 1], ids=["some are left", "the product is gone by now"])
def test_the_same_order_again_is_decided_and_sells_nothing(world: World, bags: int) -> None:
    world.put_row(RawRow(id=7, quantity=bags))
    request = wish("CC-PAIDTWICE", {7: 1})
    first = sell(world.inventory, request)
    before, alerts = everything(world.inventory), world.alerts()
    for inventory in (world.inventory, world.second()):
        with pytest.raises(Decided) as again, inventory.sale(request):
            pytest.fail("a decided order was opened")
        assert again.value.decision == first
    assert everything(world.inventory) == before
    assert world.alerts() == alerts


def test_a_reference_of_another_basket_is_taken(world: World) -> None:
    world.put_row(RawRow(id=7, quantity=4))
    sell(world.inventory, wish("CC-SAMENAME", {7: 1}, token="Amina's"))
    before = everything(world.inventory)
    with pytest.raises(ReferenceTaken) as taken:
        sell(world.inventory, wish("CC-SAMENAME", {7: 1}, token="Carlos's"))
    assert taken.value.reference == "CC-SAMENAME"
    assert everything(world.inventory) == before


def test_a_sale_left_before_every_line_was_sold_changes_nothing(world: World) -> None:
    for id_ in (1, 2):
        world.put_row(RawRow(id=id_, quantity=1))
    before = everything(world.inventory)
    with (
        pytest.raises(SaleIncomplete),
        world.inventory.sale(wish("CC-HALFSOLD", {1: 1, 2: 1})) as sale,
    ):
        sale.sell(2)
    assert sale.decision is None
    assert everything(world.inventory) == before
    assert world.row(2) is not None
    assert world.inventory.decision("CC-HALFSOLD") is None
    sell(world.inventory, wish("CC-HALFSOLD", {1: 1, 2: 1}))


def test_an_error_in_the_body_rolls_back_and_goes_through(world: World) -> None:
    for id_ in (1, 2):
        world.put_row(RawRow(id=id_, quantity=1))
    before = everything(world.inventory)

    def break_down() -> None:
        with world.inventory.sale(wish("CC-BROKEN01", {1: 1, 2: 1})) as sale:
            sale.sell(1)
            sale.sell(2)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        break_down()
    assert everything(world.inventory) == before
    assert world.inventory.decision("CC-BROKEN01") is None
    sell(world.inventory, wish("CC-BROKEN01", {1: 1, 2: 1}))


def test_a_line_is_sold_once(world: World) -> None:
    world.put_row(RawRow(id=1, quantity=5))
    with world.inventory.sale(wish("CC-TWICE001", {1: 2})) as sale:
        sale.sell(1)
        with pytest.raises(ValueError, match="1"):
            sale.sell(1)
    assert left(world.inventory, 1) == 3


def test_a_product_that_is_not_in_the_sale_cannot_be_sold(world: World) -> None:
    world.put_row(RawRow(id=1, quantity=5))
    world.put_row(RawRow(id=2, quantity=5))
    with world.inventory.sale(wish("CC-FOREIGN1", {1: 2})) as sale:
        with pytest.raises(ValueError, match="2"):
            sale.sell(2)
        sale.sell(1)
    assert left(world.inventory, 2) == 5


def test_an_order_names_each_product_once_and_at_least_one_bag() -> None:
    request = wish("CC-STRANGE1", {1: 1})
    with pytest.raises(ValueError, match="each product once"):
        SaleRequest(reference="CC-A", token_hash="", lines=())
    with pytest.raises(ValueError, match="each product once"):
        SaleRequest(reference="CC-A", token_hash="", lines=(*request.lines, *request.lines))
    with pytest.raises(ValueError, match="at least one bag"):
        wish("CC-A", {1: 0})
