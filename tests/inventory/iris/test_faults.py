"""Whatever goes wrong, and whenever: which exception, what it did to the stock, and what is next.

========================================  ==================================  ===================
what happens                              what the shop's call raises         what became of it
========================================  ==================================  ===================
link cut before the commit was sent       InventoryUnavailable                nothing changed
server silent before the commit was sent  InventoryTimeout                    nothing, ever
link cut, or silence, at the commit       OutcomeUnknown                      the ledger knows
link cut, or silence, after the commit    nothing: it is sold                 sold
an error of the server, a bad %Status     InventoryUnavailable                nothing changed
a lock held by somebody else              InventoryBusy, with the product     nothing changed
port closed, host unknown                 InventoryUnavailable                nothing changed
password, licence                         LoginRefused                        nothing changed
========================================  ==================================  ===================
"""

from __future__ import annotations

import pytest

from shop.inventory.contract import (
    Correction,
    Decided,
    DecisionKind,
    InventoryBusy,
    InventoryTimeout,
    InventoryUnavailable,
    LoginRefused,
    Note,
    OutcomeUnknown,
    ProductQuery,
)
from shop.inventory.iris import IrisInventory
from tests.inventory.iris.shop import (
    ANTIGUA,
    BAGS,
    HUILA,
    PLENTY,
    ROW_LOCK,
    SIDAMO,
    MakeShop,
    bags_left,
    in_a_hurry,
    no_longer_than,
    nothing_is_held,
    sell,
    wait_until,
    wish,
)
from tests.support.superserver import Superserver
from tests.support.superserver.status import bad

REFERENCE = "CC-AMINA001"
# One line of each kind: some bags, low stock, the last bags.
ORDER = {SIDAMO: 2, HUILA: BAGS - 1, ANTIGUA: BAGS}
BEFORE = {SIDAMO: BAGS, HUILA: BAGS, ANTIGUA: BAGS}
AFTER = {SIDAMO: BAGS - 2, HUILA: 1}
BEFORE_THE_COMMIT = [
    "lock",
    "get",
    "tStart",
    "%OpenId",
    "SELECT coffeeco.Inventory",
    "nextSubscript",
    "LowStockAlert",
    "OutOfStockAlert",
    "set",
    "setProperty",
    "%Save",
    "%DeleteId",
]
AFTER_THE_COMMIT = ["%DowngradeConcurrency", "releaseAllLocks"]
SETS_OF_THE_ORDER = 10
AMPLE = 5.0


@pytest.fixture
def hasty(make_shop: MakeShop) -> IrisInventory:
    """A shop with one connection, which is open, for shoppers in a hurry."""
    shop = make_shop(lock_wait=0.2, connections=1)
    shop.version()
    return shop


@pytest.fixture
def patient(inventory: IrisInventory) -> IrisInventory:
    """A shop with plenty of time; its connection is open."""
    inventory.version()
    return inventory


def sell_in_a_hurry(inventory: IrisInventory) -> None:
    """Amina has no time."""
    with in_a_hurry(inventory), no_longer_than(AMPLE):
        sell(inventory, REFERENCE, ORDER)


def nothing_was_sold(server: Superserver, inventory: IrisInventory) -> None:
    """Fail unless stock and ledger are as before, and the order can be placed after all."""
    server.faults.clear()
    wait_until(lambda: nothing_is_held(server))
    assert bags_left(server) == BEFORE
    assert inventory.decision(REFERENCE) is None
    assert inventory.movements(SIDAMO) == ()
    sell(inventory, REFERENCE, ORDER)
    it_was_sold(server, inventory)


def it_was_sold(server: Superserver, inventory: IrisInventory) -> None:
    """Fail unless stock and ledger both say that the order was sold, once."""
    server.faults.clear()
    wait_until(lambda: nothing_is_held(server))
    assert bags_left(server) == AFTER
    decision = inventory.decision(REFERENCE)
    assert decision is not None
    assert decision.kind is DecisionKind.SALE
    assert [len(inventory.movements(coffee)) for coffee in ORDER] == [2, 2, 2]
    with pytest.raises(Decided):
        sell(inventory, REFERENCE, ORDER)


# ── the link ────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("step", BEFORE_THE_COMMIT)
def test_a_link_cut_before_the_commit_leaves_everything_as_it_was(
    patient: IrisInventory, server: Superserver, step: str, when: str
) -> None:
    server.faults.die_at(step, when)
    with pytest.raises(InventoryUnavailable), no_longer_than(AMPLE):
        sell(patient, REFERENCE, ORDER)
    nothing_was_sold(server, patient)


def test_a_link_cut_before_the_server_did_the_commit_is_unknown(
    patient: IrisInventory, server: Superserver
) -> None:
    server.faults.die_at("tCommit", "before")
    with pytest.raises(OutcomeUnknown) as unknown:
        sell(patient, REFERENCE, ORDER)
    assert unknown.value.reference == REFERENCE
    nothing_was_sold(server, patient)


def test_a_link_cut_after_the_server_did_the_commit_is_unknown(
    patient: IrisInventory, server: Superserver
) -> None:
    server.faults.die_at("tCommit", "after")
    with pytest.raises(OutcomeUnknown):
        sell(patient, REFERENCE, ORDER)
    it_was_sold(server, patient)


@pytest.mark.parametrize("silent", [False, True], ids=["cut", "silent"])
@pytest.mark.parametrize("step", AFTER_THE_COMMIT)
def test_after_the_commit_nothing_can_hurt(
    hasty: IrisInventory, server: Superserver, step: str, silent: bool
) -> None:
    server.faults.die_at(step, silent=silent)
    sell_in_a_hurry(hasty)
    it_was_sold(server, hasty)


# ── silence ─────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("step", BEFORE_THE_COMMIT)
def test_silence_before_the_commit_ends_in_time_and_changes_nothing(
    hasty: IrisInventory, server: Superserver, step: str
) -> None:
    server.faults.die_at(step, "after", silent=True)
    with pytest.raises(InventoryTimeout):
        sell_in_a_hurry(hasty)
    nothing_was_sold(server, hasty)


@pytest.mark.parametrize("when", ["before", "after"])
def test_silence_at_the_commit_ends_in_time_and_is_unknown(
    hasty: IrisInventory, server: Superserver, when: str
) -> None:
    server.faults.die_at("tCommit", when, silent=True)
    with pytest.raises(OutcomeUnknown):
        sell_in_a_hurry(hasty)
    (nothing_was_sold if when == "before" else it_was_sold)(server, hasty)


def test_a_server_that_goes_on_after_the_shopper_gave_up_never_gets_the_commit(
    hasty: IrisInventory, server: Superserver
) -> None:
    server.after("%Save", lambda session: server.faults.freeze())
    with pytest.raises(InventoryTimeout):
        sell_in_a_hurry(hasty)
    commits = server.messages.by_kind["tCommit"]
    server.faults.thaw()
    wait_until(lambda: nothing_is_held(server))
    assert server.messages.by_kind["tCommit"] == commits
    nothing_was_sold(server, hasty)


def test_a_server_that_goes_on_with_the_commit_that_it_had_received_has_sold(
    hasty: IrisInventory, server: Superserver
) -> None:
    server.after("set", lambda session: server.faults.freeze(), n=SETS_OF_THE_ORDER)
    with pytest.raises(OutcomeUnknown):
        sell_in_a_hurry(hasty)
    assert bags_left(server) == AFTER
    server.faults.thaw()
    it_was_sold(server, hasty)


def test_an_alert_that_takes_too_long_does_not_sell_behind_the_shoppers_back(
    hasty: IrisInventory, server: Superserver
) -> None:
    server.faults.delay(3.0, "LowStockAlert")
    with pytest.raises(InventoryTimeout):
        sell_in_a_hurry(hasty)
    nothing_was_sold(server, hasty)


def test_a_shopper_who_dawdles_inside_the_sale_loses_it(
    hasty: IrisInventory, server: Superserver
) -> None:
    def dawdle() -> None:
        with in_a_hurry(hasty), hasty.sale(wish(REFERENCE, ORDER)) as sale:
            sale.sell(SIDAMO)
            wait_until(lambda: connection_is_overdue(hasty))
            sale.sell(HUILA)

    with pytest.raises(InventoryTimeout):
        dawdle()
    nothing_was_sold(server, hasty)


def connection_is_overdue(inventory: IrisInventory) -> bool:
    return all(connection.due.is_over for connection in inventory.pool.connections)


# ── errors of the server ────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("step", [one for one in BEFORE_THE_COMMIT if not one.endswith("Alert")])
def test_an_error_of_the_server_leaves_everything_as_it_was(
    patient: IrisInventory, server: Superserver, step: str
) -> None:
    server.faults.fail_call(1, step, "<DISK HARD> ^coffeeco")
    with pytest.raises(InventoryUnavailable, match=r"DISK HARD|SQL ERROR"):
        sell(patient, REFERENCE, ORDER)
    nothing_was_sold(server, patient)


def test_a_commit_that_is_answered_with_an_error_is_unknown(
    patient: IrisInventory, server: Superserver
) -> None:
    server.faults.fail_call(1, "tCommit", "<DISK HARD> ^coffeeco")
    with pytest.raises(OutcomeUnknown):
        sell(patient, REFERENCE, ORDER)
    nothing_was_sold(server, patient)


def test_an_error_after_the_commit_drops_the_connection_and_nothing_else(
    patient: IrisInventory, server: Superserver
) -> None:
    server.faults.fail_call(1, "%DowngradeConcurrency", "<DISK HARD>")
    sell(patient, REFERENCE, ORDER)
    it_was_sold(server, patient)


@pytest.mark.parametrize("number", [5810, 5803, 7203])
def test_a_status_that_is_no_success_stops_the_sale_with_its_words(
    patient: IrisInventory, server: Superserver, number: int
) -> None:
    answer = bad((number, "the reason that the server gives"))
    methods = server.instance.methods.setdefault("coffeeco.Inventory", {})
    methods["%DeleteId"] = lambda session, arguments: answer
    with pytest.raises(InventoryUnavailable, match="the reason that the server gives"):
        sell(patient, REFERENCE, ORDER)
    del methods["%DeleteId"]
    nothing_was_sold(server, patient)


# ── locks ───────────────────────────────────────────────────────────────────────────────────────


def test_a_product_in_other_hands_is_busy_and_named(
    patient: IrisInventory, server: Superserver
) -> None:
    with server.session() as somebody:
        assert somebody.lock(ROW_LOCK, HUILA)
        with pytest.raises(InventoryBusy) as busy, no_longer_than(AMPLE):
            sell(patient, REFERENCE, ORDER)
        assert busy.value.product_id == HUILA
        sell(patient, "CC-OTHERS01", {SIDAMO: 1})
        patient.apply(Correction(product_id=SIDAMO, shown=19, counted=20), Note(key="1", who="Bo"))
    assert bags_left(server) == BEFORE


def test_a_decision_in_other_hands_is_busy(patient: IrisInventory, server: Superserver) -> None:
    with server.session() as somebody:
        assert somebody.lock("^coffeeco.Decision", REFERENCE)
        with pytest.raises(InventoryBusy), no_longer_than(AMPLE):
            sell(patient, REFERENCE, ORDER)
        with pytest.raises(InventoryBusy), no_longer_than(AMPLE):
            patient.void(REFERENCE, "token", {})
    nothing_was_sold(server, patient)


def test_a_change_in_other_hands_is_busy(patient: IrisInventory, server: Superserver) -> None:
    correction = Correction(product_id=HUILA, shown=BAGS, counted=3)
    with server.session() as somebody:
        assert somebody.lock("^coffeeco.Product", HUILA)
        with pytest.raises(InventoryBusy) as busy, no_longer_than(AMPLE):
            patient.apply(correction, Note(key="key", who="Bo"))
        assert busy.value.product_id == HUILA
    patient.apply(correction, Note(key="key", who="Bo"))
    assert bags_left(server)[HUILA] == 3


# ── getting in ──────────────────────────────────────────────────────────────────────────────────


def test_a_server_that_is_not_there_is_unavailable_and_found_when_it_is_back(
    patient: IrisInventory, server: Superserver
) -> None:
    server.stop()
    for _ in range(3):
        with pytest.raises(InventoryUnavailable), no_longer_than(AMPLE):
            patient.page(ProductQuery())
        with pytest.raises(InventoryUnavailable), no_longer_than(AMPLE):
            sell(patient, REFERENCE, ORDER)
    server.start()
    nothing_was_sold(server, patient)


def test_a_host_that_does_not_exist_is_unavailable(make_shop: MakeShop) -> None:
    nowhere = make_shop(url="iris://amina:secret@no-such-host.invalid:1972/USER")
    with pytest.raises(InventoryUnavailable):
        nowhere.version()


@pytest.mark.parametrize("what", ["password", "user", "namespace"])
def test_a_login_that_the_server_refuses(
    make_shop: MakeShop, server: Superserver, what: str
) -> None:
    wrong = {"password": ":SYS@", "user": "//_SYSTEM:", "namespace": "/USER"}[what]
    url = server.url.replace(wrong, wrong.replace("S", "X"))
    assert url != server.url
    stranger = make_shop(url=url)
    with pytest.raises(LoginRefused, match="Access Denied"):
        stranger.version()
    with pytest.raises(LoginRefused, match="Access Denied"):
        sell(stranger, REFERENCE, ORDER)
    assert bags_left(server) == BEFORE


def test_a_licence_that_is_used_up_refuses_until_there_is_room(
    inventory: IrisInventory, server: Superserver
) -> None:
    server.faults.limit_connections(0)
    with pytest.raises(LoginRefused, match="LICENSE"):
        sell(inventory, REFERENCE, ORDER)
    nothing_was_sold(server, inventory)


def test_a_server_that_does_not_greet_is_left_in_time(
    make_shop: MakeShop, server: Superserver
) -> None:
    hasty = make_shop(connections=1)
    server.faults.freeze()
    with pytest.raises(InventoryTimeout):
        sell_in_a_hurry(hasty)
    server.faults.thaw()
    wait_until(lambda: not hasty.pool.connections or is_idle(hasty), PLENTY)
    nothing_was_sold(server, hasty)


def is_idle(inventory: IrisInventory) -> bool:
    return all(not connection.is_busy for connection in inventory.pool.connections)
