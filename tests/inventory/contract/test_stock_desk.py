"""What staff do on the stock desk: counts, new details, withdrawing, putting back, returns."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from shop.inventory.contract import (
    AcceptOutside,
    Change,
    ChangeRefused,
    ChangeResult,
    Correction,
    Counts,
    DecisionKind,
    Delivery,
    DeliveryRow,
    Details,
    DetailsChanged,
    MovementKind,
    NewDetails,
    PriceList,
    PutBack,
    ReferenceTaken,
    Return,
    Shelf,
    UnknownProduct,
    Withdrawal,
)
from tests.inventory.contract.acts import (
    apply,
    coming,
    correct,
    deliver,
    everything,
    hashed,
    known,
    left,
    note,
    on_sale,
    sell,
    steps,
    wish,
)
from tests.inventory.contract.world import PRICE, RawRow, World

SIDAMO = NewDetails(
    product_id=1, name="Sidamo", price=Decimal("14.05"), origin="Sidama", description="Peach, tea"
)


def sold_out(world: World, quantity: int = 2) -> None:
    """Product 1 sells out."""
    world.put_row(RawRow(id=1, quantity=quantity))
    sell(world.inventory, wish("CC-LASTBAG1", {1: quantity}))


# counts


def test_a_count_is_a_difference_to_what_the_form_showed(world: World) -> None:
    world.put_row(RawRow(id=1, quantity=10))
    sell(world.inventory, wish("CC-MEANWHLE", {1: 3}))
    decision = correct(world.inventory, 1, shown=10, counted=9)
    assert left(world.inventory, 1) == 6
    assert [(r.before, r.change, r.after) for r in decision.results] == [(7, -1, 6)]
    assert steps(world.inventory, 1)[-1] == ("correction", -1, 6)


def test_a_count_that_agrees_changes_no_stock_and_is_kept(world: World) -> None:
    world.put_row(RawRow(id=1, quantity=10))
    decision = correct(world.inventory, 1, shown=10, counted=10)
    assert left(world.inventory, 1) == 10
    assert world.inventory.decision(decision.reference) == decision


@pytest.mark.parametrize("withdrawn", [False, True])
def test_a_count_below_what_was_sold_meanwhile_is_refused(world: World, withdrawn: bool) -> None:
    world.put_row(RawRow(id=1, quantity=5))
    sell(world.inventory, wish("CC-MEANWHLE", {1: 4}))
    if withdrawn:
        apply(world.inventory, Withdrawal(product_id=1))
    before = everything(world.inventory)
    with pytest.raises(ChangeRefused) as refused:
        correct(world.inventory, 1, shown=5, counted=3)
    error = refused.value
    assert (error.product_id, error.in_stock, error.change) == (1, 1, -2)
    assert everything(world.inventory) == before


def test_a_count_may_find_nothing(world: World) -> None:
    world.put_row(RawRow(id=1, quantity=5))
    correct(world.inventory, 1, shown=5, counted=0)
    assert known(world.inventory).is_sold_out
    assert steps(world.inventory, 1) == [("opening", 5, 5), ("correction", -5, 0)]


def test_a_sold_out_product_comes_back_with_a_positive_count(world: World) -> None:
    sold_out(world)
    correct(world.inventory, 1, shown=0, counted=2)
    product = known(world.inventory)
    assert (product.shelf, product.left, product.name) == (Shelf.ON_SALE, 2, "Yirgacheffe")
    assert world.inventory.sold_out(limit=5) == ()
    assert steps(world.inventory, 1)[-1] == ("correction", 2, 2)


def test_a_sold_out_product_that_is_counted_as_none_stays_so(world: World) -> None:
    sold_out(world)
    correct(world.inventory, 1, shown=0, counted=0)
    assert known(world.inventory).shelf is Shelf.SOLD_OUT
    assert world.row(1) is None


def test_what_the_shop_never_had_cannot_be_counted(world: World) -> None:
    before = everything(world.inventory)
    with pytest.raises(UnknownProduct) as unknown:
        correct(world.inventory, 1, shown=0, counted=4)
    assert unknown.value.product_id == 1
    assert everything(world.inventory) == before


@pytest.mark.parametrize(
    ("counted", "written"),
    [
        (12, [("correction", 2, 2), ("withdrawal", -2, 0)]),
        (10, [("correction", 0, 0)]),
        (7, [("withdrawal", 3, 3), ("correction", -3, 0)]),
        (0, [("withdrawal", 10, 10), ("correction", -10, 0)]),
    ],
    ids=["more", "as many", "fewer", "none"],
)
def test_a_withdrawn_product_is_counted_where_it_is_kept(
    world: World, counted: int, written: list[tuple[str, int, int]]
) -> None:
    world.put_row(RawRow(id=1, quantity=10))
    apply(world.inventory, Withdrawal(product_id=1))
    before = known(world.inventory)
    decision = correct(world.inventory, 1, shown=10, counted=counted)
    assert known(world.inventory) == replace(before, quantity=counted)
    assert world.row(1) is None
    assert steps(world.inventory, 1)[2:] == written
    assert decision.results == (
        ChangeResult(
            product_id=1,
            name="Yirgacheffe",
            before=0,
            change=0,
            after=0,
            quantity=counted - 10,
            kept=counted,
        ),
    )
    assert world.inventory.decision(decision.reference) == decision
    assert world.inventory.balance(1).drift == 0


def test_a_count_gives_a_row_without_quantity_its_bags(world: World) -> None:
    world.put_row(RawRow(id=1, quantity=None))
    correct(world.inventory, 1, shown=0, counted=8)
    assert left(world.inventory, 1) == 8
    assert world.inventory.problems() == ()


# price and words


def test_new_details_leave_the_quantity(world: World) -> None:
    world.put_row(RawRow(id=1, quantity=7))
    apply(world.inventory, SIDAMO)
    product = known(world.inventory)
    assert (product.name, product.price, product.origin, product.description) == (
        "Sidamo",
        Decimal("14.05"),
        "Sidama",
        "Peach, tea",
    )
    assert product.left == 7
    assert steps(world.inventory, 1) == [("opening", 7, 7), ("details", 0, 7)]


def shown_as_it_stands(world: World, **changed: object) -> NewDetails:
    """The details of product 1 as a form shows them now, with these in place of its own."""
    product = known(world.inventory)
    shown = Details(**product.details)
    return NewDetails(product_id=1, shown=shown, **product.details | changed)


def test_only_the_details_that_differ_from_those_shown_are_changed(world: World) -> None:
    world.put_row(RawRow(id=1, quantity=7))
    words = shown_as_it_stands(world, description="Peach")
    apply(world.inventory, shown_as_it_stands(world, price=Decimal("12.00")))
    decision = apply(world.inventory, words)
    product = known(world.inventory)
    assert (product.price, product.description) == (Decimal("12.00"), "Peach")
    assert [result.details for result in decision.results] == ["another description"]


def test_details_that_two_people_changed_are_refused_and_those_of_now_are_named(
    world: World,
) -> None:
    world.put_row(RawRow(id=1, quantity=7))
    first = shown_as_it_stands(world, price=Decimal("12.00"), name="Sidamo")
    second = shown_as_it_stands(world, price=Decimal("13.00"), name="Sidamo", origin="Sidama")
    apply(world.inventory, first)
    before = everything(world.inventory)
    with pytest.raises(DetailsChanged) as changed:
        apply(world.inventory, second, key="second")
    assert (changed.value.product_id, changed.value.now) == (1, {"price": Decimal("12.00")})
    assert everything(world.inventory) == before
    assert world.inventory.decision("second") is None


def test_every_movement_says_at_which_price_and_a_change_of_details_what_it_was(
    world: World,
) -> None:
    world.put_row(RawRow(id=1, quantity=7))
    sell(world.inventory, wish("CC-PRICE001", {1: 1}))
    apply(world.inventory, SIDAMO)
    row = coming(1, 4, price=Decimal("15.00"), name="Sidamo", take_details=True)
    (result,) = deliver(world.inventory, row).results
    assert result.details == "price 14.05 → 15.00, origin was Sidama, another description"
    deliver(world.inventory, coming(1, 4))
    written = world.inventory.movements(1)
    assert [(one.kind.value, one.price) for one in written] == [
        ("opening", PRICE),
        ("sale", PRICE),
        ("details", Decimal("14.05")),
        ("details", Decimal("15.00")),
        ("delivery", Decimal("15.00")),
        ("delivery", Decimal("15.00")),
    ]
    assert [one.why for one in written if one.kind is MovementKind.DETAILS] == [
        f"name was Yirgacheffe, price {PRICE} → 14.05, origin was Ethiopia, another description",
        result.details,
    ]
    assert tuple(world.inventory.all_movements()) == written


def test_a_new_price_is_what_the_next_shopper_pays(world: World) -> None:
    world.put_row(RawRow(id=1, quantity=7))
    apply(world.inventory, SIDAMO)
    decision = sell(world.inventory, wish("CC-NEWPRICE", {1: 1}, prices={1: Decimal("14.05")}))
    assert [(line.name, line.unit_price) for line in decision.lines] == [
        ("Sidamo", Decimal("14.05"))
    ]


@pytest.mark.parametrize("shelf", [Shelf.SOLD_OUT, Shelf.WITHDRAWN])
def test_a_product_off_sale_takes_new_details_where_it_is(world: World, shelf: Shelf) -> None:
    if shelf is Shelf.SOLD_OUT:
        sold_out(world)
    else:
        world.put_row(RawRow(id=1, quantity=3))
        apply(world.inventory, Withdrawal(product_id=1))
    before = known(world.inventory)
    apply(world.inventory, SIDAMO)
    product = known(world.inventory)
    assert (product.shelf, product.quantity, product.since) == (
        shelf,
        before.quantity,
        before.since,
    )
    assert (product.name, product.price) == ("Sidamo", Decimal("14.05"))
    assert world.row(1) is None


def test_new_details_mend_a_row_without_name_or_price(world: World) -> None:
    world.put_row(RawRow(id=1, name=None, price=None, quantity=7))
    apply(world.inventory, SIDAMO)
    assert left(world.inventory, 1) == 7
    assert world.inventory.problems() == ()


# withdrawing and putting back


def test_a_withdrawn_product_keeps_its_details_and_quantity(world: World) -> None:
    world.put_row(RawRow(id=1, quantity=7))
    decision = apply(world.inventory, Withdrawal(product_id=1))
    assert world.row(1) is None
    assert on_sale(world.inventory) == ()
    product = known(world.inventory)
    assert (product.shelf, product.quantity, product.left) == (Shelf.WITHDRAWN, 7, 0)
    assert (product.name, product.price, product.origin, product.description) == (
        "Yirgacheffe",
        PRICE,
        "Ethiopia",
        "Jasmine and lemon",
    )
    assert product.since == decision.at
    assert [(r.before, r.change, r.after) for r in decision.results] == [(7, -7, 0)]
    assert steps(world.inventory, 1) == [("opening", 7, 7), ("withdrawal", -7, 0)]


def test_a_product_put_back_is_as_it_was(world: World) -> None:
    world.put_row(RawRow(id=1, quantity=7))
    before = known(world.inventory)
    apply(world.inventory, Withdrawal(product_id=1))
    apply(world.inventory, PutBack(product_id=1))
    assert known(world.inventory) == before
    assert world.inventory.withdrawn() == ()
    assert steps(world.inventory, 1)[-1] == ("put back", 7, 7)
    sell(world.inventory, wish("CC-BACKAGAIN", {1: 7}))


@pytest.mark.parametrize("bags", [0, 5], ids=["an empty row", "written off while withdrawn"])
def test_a_product_put_back_without_bags_is_sold_out_and_can_be_restocked(
    world: World, bags: int
) -> None:
    world.put_row(RawRow(id=1, quantity=bags))
    apply(world.inventory, Withdrawal(product_id=1))
    correct(world.inventory, 1, shown=bags, counted=0)
    decision = apply(world.inventory, PutBack(product_id=1))
    product = known(world.inventory)
    assert (product.shelf, product.left, product.since) == (Shelf.SOLD_OUT, 0, decision.at)
    assert world.inventory.withdrawn() == ()
    assert world.inventory.sold_out(limit=5) == (product,)
    assert world.row(1) is None
    assert steps(world.inventory, 1)[-1] == ("put back", 0, 0)
    deliver(world.inventory, coming(1, 3, shown=Shelf.SOLD_OUT))
    assert (known(world.inventory).shelf, known(world.inventory).left) == (Shelf.ON_SALE, 3)


def test_putting_back_never_covers_a_row_that_another_program_made(world: World) -> None:
    world.put_row(RawRow(id=1, quantity=7))
    apply(world.inventory, Withdrawal(product_id=1))
    world.put_row(RawRow(id=1, quantity=2, name="Another program's"))
    with pytest.raises(UnknownProduct):
        apply(world.inventory, PutBack(product_id=1))
    row = world.row(1)
    assert row is not None
    assert (row.quantity, row.name) == (2, "Another program's")


def test_kept_bags_stay_kept_beside_a_row_that_another_program_made(world: World) -> None:
    world.put_row(RawRow(id=1, quantity=9))
    sell(world.inventory, wish("CC-RETURNED", {1: 2}))
    apply(world.inventory, Withdrawal(product_id=1))
    world.put_row(RawRow(id=1, quantity=2))
    deliver(world.inventory, coming(1, 3, shown=Shelf.ON_SALE))
    apply(world.inventory, Return(sale="CC-RETURNED"))
    correct(world.inventory, 1, shown=7, counted=6)
    assert left(world.inventory, 1) == 6
    assert world.inventory.withdrawn() == ()
    assert world.inventory.balance(1).drift == 0
    apply(world.inventory, Withdrawal(product_id=1))
    assert known(world.inventory).quantity == 13
    apply(world.inventory, PutBack(product_id=1))
    assert left(world.inventory, 1) == 13
    assert world.inventory.balance(1).drift == 0


# bags that come back


def test_the_bags_of_a_sale_are_put_back(world: World) -> None:
    world.put_row(RawRow(id=1, quantity=5))
    world.put_row(RawRow(id=2, quantity=9))
    sell(world.inventory, wish("CC-RETURNED", {1: 2, 2: 4}))
    decision = apply(world.inventory, Return(sale="CC-RETURNED"))
    assert [left(world.inventory, id_) for id_ in (1, 2)] == [5, 9]
    assert {r.product_id: (r.before, r.change, r.after) for r in decision.results} == {
        1: (3, 2, 5),
        2: (5, 4, 9),
    }
    assert steps(world.inventory, 1)[-1] == ("return", 2, 5)
    assert "CC-RETURNED" in world.inventory.movements(1)[-1].why


def test_the_last_bag_of_a_sale_brings_its_product_back_with_all_its_words(world: World) -> None:
    sold_out(world)
    apply(world.inventory, Return(sale="CC-LASTBAG1"))
    product = known(world.inventory)
    assert (product.shelf, product.left, product.name, product.description) == (
        Shelf.ON_SALE,
        2,
        "Yirgacheffe",
        "Jasmine and lemon",
    )
    assert world.inventory.sold_out(limit=5) == ()


def test_the_bags_of_a_withdrawn_product_that_come_back_are_kept_with_the_others(
    world: World,
) -> None:
    for id_ in (1, 2):
        world.put_row(RawRow(id=id_, quantity=5))
    sell(world.inventory, wish("CC-RETURNED", {1: 2, 2: 4}))
    apply(world.inventory, Withdrawal(product_id=1))
    before = known(world.inventory)
    decision = apply(world.inventory, Return(sale="CC-RETURNED"))
    assert known(world.inventory) == replace(before, quantity=5)
    assert on_sale(world.inventory) == (known(world.inventory, 2),)
    assert [(r.quantity, r.before, r.after, r.kept) for r in decision.results] == [
        (2, 0, 0, 5),
        (4, 1, 5, None),
    ]
    assert steps(world.inventory, 1)[-2:] == [("return", 2, 2), ("withdrawal", -2, 0)]
    assert apply(world.second(), Return(sale="CC-RETURNED")) == decision
    apply(world.inventory, PutBack(product_id=1))
    assert left(world.inventory, 1) == 5


def test_a_return_keeps_the_price_of_now(world: World) -> None:
    world.put_row(RawRow(id=1, quantity=5))
    sell(world.inventory, wish("CC-RETURNED", {1: 2}))
    apply(world.inventory, SIDAMO)
    apply(world.inventory, Return(sale="CC-RETURNED"))
    assert (known(world.inventory).price, known(world.inventory).left) == (Decimal("14.05"), 5)


def test_a_return_of_bags_whose_row_another_program_deleted_makes_it_anew(world: World) -> None:
    world.put_row(RawRow(id=1, quantity=5))
    sell(world.inventory, wish("CC-RETURNED", {1: 2}))
    world.delete_row(1)
    apply(world.inventory, Return(sale="CC-RETURNED"))
    product = known(world.inventory)
    assert (product.name, product.price, product.left) == ("Yirgacheffe", PRICE, 2)


def test_the_bags_of_a_sale_come_back_once_whatever_the_key(world: World) -> None:
    world.put_row(RawRow(id=1, quantity=5))
    sell(world.inventory, wish("CC-RETURNED", {1: 2}))
    first = apply(world.inventory, Return(sale="CC-RETURNED"), key="return-1")
    before = everything(world.inventory)
    assert apply(world.second(), Return(sale="CC-RETURNED"), key="return-2") == first
    assert everything(world.inventory) == before
    assert world.inventory.decision("return-2") is None


def test_the_bags_of_two_sales_both_come_back(world: World) -> None:
    world.put_row(RawRow(id=1, quantity=5))
    for reference in ("CC-RETURNED", "CC-RETURNER"):
        sell(world.inventory, wish(reference, {1: 2}, token=reference))
        apply(world.inventory, Return(sale=reference))
    assert left(world.inventory, 1) == 5


def test_what_was_never_sold_cannot_be_returned(world: World) -> None:
    world.put_row(RawRow(id=1, quantity=5))
    world.inventory.void("CC-VOIDED01", hashed("t"), {"refused": {}})
    apply(world.inventory, Correction(product_id=1, shown=5, counted=6), key="a-change")
    before = everything(world.inventory)
    for reference in ("CC-UNKNOWN1", "CC-VOIDED01", "a-change"):
        with pytest.raises(UnknownProduct):
            apply(world.inventory, Return(sale=reference))
    assert everything(world.inventory) == before


@pytest.mark.parametrize("shelf", list(Shelf))
def test_bags_that_are_written_off_come_back_and_go_in_the_ledger_alone(
    world: World, shelf: Shelf
) -> None:
    inventory = world.inventory
    world.put_row(RawRow(id=1, quantity=2 if shelf is Shelf.SOLD_OUT else 5))
    sell(inventory, wish("CC-TORNBAGS", {1: 2}))
    if shelf is Shelf.WITHDRAWN:
        apply(inventory, Withdrawal(product_id=1))
    before = known(inventory)
    decision = apply(inventory, Return(sale="CC-TORNBAGS", written_off=True), key="return-1")
    assert known(inventory) == before
    assert steps(inventory, 1)[-2:] == [
        ("return", 2, before.left + 2),
        ("correction", -2, before.left),
    ]
    assert [(one.quantity, one.name) for one in decision.results] == [(0, "Yirgacheffe")]
    assert apply(inventory, Return(sale="CC-TORNBAGS"), key="return-2") == decision


# on sale since


def test_it_is_kept_since_when_a_product_is_on_sale_until_it_comes_back_again(
    world: World,
) -> None:
    inventory = world.inventory
    world.put_row(RawRow(id=2, quantity=3))
    first = deliver(inventory, coming(1, 4), coming(2, 1)).at
    deliver(inventory, coming(1, 1))
    sell(inventory, wish("CC-LASTBAG1", {1: 5}))
    assert inventory.on_sale_since([1, 2, 404]) == {1: first}
    back = correct(inventory, 1, shown=0, counted=2).at
    apply(inventory, Withdrawal(product_id=1))
    assert inventory.on_sale_since([1]) == {1: back}
    again = apply(inventory, PutBack(product_id=1)).at
    assert inventory.on_sale_since([1]) == {1: again}
    assert inventory.on_sale_since([1], after=back) == {1: again}
    assert inventory.on_sale_since([1], after=again) == {}


# changed outside


def test_what_another_program_did_is_accepted_into_the_ledger(world: World) -> None:
    world.put_row(RawRow(id=1, quantity=5))
    correct(world.inventory, 1, shown=5, counted=5)
    world.put_row(RawRow(id=1, quantity=8))
    assert world.inventory.balance(1).drift == 3
    apply(world.inventory, AcceptOutside(product_id=1))
    assert world.inventory.balance(1).drift == 0
    assert left(world.inventory, 1) == 8
    assert steps(world.inventory, 1)[-1] == ("changed outside the shop", 3, 8)


def test_a_row_that_another_program_took_away_is_accepted_too(world: World) -> None:
    world.put_row(RawRow(id=1, quantity=5))
    correct(world.inventory, 1, shown=5, counted=5)
    world.delete_row(1)
    assert world.inventory.balance(1).drift == -5
    apply(world.inventory, AcceptOutside(product_id=1))
    assert world.inventory.balance(1).drift == 0
    assert steps(world.inventory, 1)[-1] == ("changed outside the shop", -5, 0)


def test_whoever_accepts_a_change_from_outside_stands_in_its_movement(world: World) -> None:
    world.put_row(RawRow(id=1, quantity=5))
    correct(world.inventory, 1, shown=5, counted=4)
    world.put_row(RawRow(id=1, quantity=7))
    accepted = note("accept", who="Chiara", why="the till in Turin")
    world.inventory.apply(AcceptOutside(product_id=1), accepted)
    last = world.inventory.movements(1)[-1]
    assert (last.kind, last.change) == (MovementKind.OUTSIDE, 3)
    assert (last.who, last.why, last.reference) == ("Chiara", "the till in Turin", "accept")


def test_nobody_is_named_for_what_other_programs_did_before_a_count(world: World) -> None:
    world.put_row(RawRow(id=1, quantity=5))
    correct(world.inventory, 1, shown=5, counted=4)
    world.put_row(RawRow(id=1, quantity=7))
    correct(world.inventory, 1, shown=7, counted=6)
    outside, counted = world.inventory.movements(1)[-2:]
    assert (outside.kind, outside.who) == (MovementKind.OUTSIDE, "")
    assert (counted.kind, counted.who) == (MovementKind.CORRECTION, "Bruno")


def test_accepting_where_nothing_changed_moves_nothing(world: World) -> None:
    world.put_row(RawRow(id=1, quantity=5))
    correct(world.inventory, 1, shown=5, counted=4)
    before = world.inventory.movements(1)
    apply(world.inventory, AcceptOutside(product_id=1))
    assert world.inventory.movements(1) == before


# all of them

# For each of them the shop of three products has something to do.
CHANGES: list[Change] = [
    Delivery(rows=(coming(1, 6), coming(3, 1))),
    Correction(product_id=1, shown=10, counted=8),
    SIDAMO,
    Withdrawal(product_id=1),
    PutBack(product_id=2),
    Return(sale="CC-EARLIER1"),
    AcceptOutside(product_id=3),
    Counts(
        rows=(
            Correction(product_id=1, shown=10, counted=8),
            Correction(product_id=2, shown=5, counted=7),
        )
    ),
    PriceList(rows=(SIDAMO,)),
]
NAMES = [type(change).__name__ for change in CHANGES]


@pytest.mark.parametrize("change", CHANGES, ids=NAMES)
def test_the_same_key_twice_counts_once(shop_of_three: World, change: Change) -> None:
    inventory = shop_of_three.inventory
    first = inventory.apply(change, note("one-key", who="Bruno", why="Monday's count"))
    before = everything(inventory)
    assert shop_of_three.second().apply(change, note("one-key", who="Chiara")) == first
    assert everything(inventory) == before
    assert first.kind is DecisionKind.CHANGE
    assert (first.reason["who"], first.reason["why"]) == ("Bruno", "Monday's count")
    assert inventory.decision("one-key") == first


@pytest.mark.parametrize("change", CHANGES, ids=NAMES)
def test_the_same_key_for_another_change_is_taken(shop_of_three: World, change: Change) -> None:
    inventory = shop_of_three.inventory
    inventory.apply(Correction(product_id=3, shown=4, counted=3), note("one-key"))
    before = everything(inventory)
    with pytest.raises(ReferenceTaken) as taken:
        inventory.apply(change, note("one-key"))
    assert taken.value.reference == "one-key"
    assert everything(inventory) == before


@pytest.mark.parametrize("change", CHANGES, ids=NAMES)
def test_every_change_leaves_stock_and_ledger_agreed(shop_of_three: World, change: Change) -> None:
    decision = apply(shop_of_three.inventory, change)
    for result in decision.results:
        balance = shop_of_three.inventory.balance(result.product_id)
        assert balance.drift == 0
        assert balance.in_stock == result.after


@pytest.mark.parametrize(
    "change",
    [
        Correction(product_id=99, shown=0, counted=1),
        NewDetails(product_id=99, name="A", price=PRICE, origin="", description=""),
        Withdrawal(product_id=99),
        PutBack(product_id=99),
        AcceptOutside(product_id=99),
        PutBack(product_id=1),
        Withdrawal(product_id=2),
    ],
    ids=lambda change: f"{type(change).__name__} {change.product_id}",
)
def test_a_product_that_is_not_where_the_change_needs_it_is_unknown(
    shop_of_three: World, change: Change
) -> None:
    before = everything(shop_of_three.inventory)
    with pytest.raises(UnknownProduct):
        apply(shop_of_three.inventory, change, key="refused-key")
    assert everything(shop_of_three.inventory) == before
    assert shop_of_three.inventory.decision("refused-key") is None


def test_a_delivery_that_names_a_product_twice_is_no_delivery() -> None:
    row = DeliveryRow(
        product_id=1,
        name="Harbour Light",
        price=Decimal("12.50"),
        quantity=1,
        origin="Colombia",
        description="Chocolate.",
    )
    with pytest.raises(ValueError, match="each product once"):
        Delivery(rows=(row, row))
