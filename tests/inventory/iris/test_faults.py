"""One table: what goes wrong on the way of a sale, and what inventory and pages make of it.

Links that are cut in any other message are the contract's, for every store:
``tests/inventory/contract/test_failures.py``.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from time import monotonic

import pytest
from pytest_django.fixtures import Settings

from checkout.models import Order, OrderState
from checkout.service import CheckoutService
from shop.inventory import get_inventory
from shop.inventory.contract import (
    Correction,
    Decided,
    InventoryBusy,
    InventoryTimeout,
    InventoryUnavailable,
    LoginRefused,
    Note,
    OutcomeUnknown,
)
from shop.inventory.iris import IrisInventory
from shop.inventory.iris.client import Deadline
from tests.inventory.iris.clock import time_flies
from tests.inventory.iris.shop import (
    ANTIGUA,
    BAGS,
    HUILA,
    PLENTY,
    ROW_LOCK,
    SIDAMO,
    MakeShop,
    answers,
    bags_left,
    bags_of_sidamo,
    in_a_hurry,
    no_longer_than,
    nothing_is_held,
    sell,
    wait_until,
    wish,
)
from tests.support.cast import Shopper
from tests.support.superserver import Superserver
from tests.support.superserver.status import bad

REFERENCE = "CC-AMINA001"
LIST = "^coffeeco.SoldOutLast"
# One line of each kind: some bags, low stock, the last bags.
ORDER = {SIDAMO: 2, HUILA: BAGS - 1, ANTIGUA: BAGS}
AFTER = {SIDAMO: BAGS - 2, HUILA: 1}
AMPLE = 20.0
TIMEOUT = 3.0
"""Seconds that a page waits for the server."""
IN_EARNEST = False
"""True where a silent server is waited for, and not skipped: ``make faults`` measures this."""
SETS_OF_THE_ORDER = 11
LAST_KNOWN = "Prices and stock are as last known"
NOT_PLACED, CHECKING, THANKS = "Your order has not been placed", "We’re checking", "Thank you"

Strike = Callable[[Superserver], AbstractContextManager[None]]


@contextmanager
def _struck(server: Superserver, strike: Callable[[], object]) -> Iterator[None]:
    strike()
    try:
        yield
    finally:
        server.faults.clear()


def cut(step: str, when: str = "before") -> Strike:
    """The link is cut."""
    return lambda server: _struck(server, lambda: server.faults.die_at(step, when))


def silent(step: str, when: str = "after") -> Strike:
    """The link stays, and nothing comes any more."""
    return lambda server: _struck(server, lambda: server.faults.die_at(step, when, silent=True))


def frozen_at(step: str) -> Strike:
    """The whole server says nothing any more; what it has received it does later."""
    return lambda server: _struck(server, lambda: server.faults.freeze_at(1, step))


def error(step: str) -> Strike:
    """The server answers with an error."""
    return lambda server: _struck(server, lambda: server.faults.fail_call(1, step, "<DISK HARD>"))


def status(method: str, number: int) -> Strike:
    """A method returns a bad status."""

    @contextmanager
    def strike(server: Superserver) -> Iterator[None]:
        methods = server.instance.methods.setdefault("coffeeco.Inventory", {})
        methods[method] = lambda *_: bad((number, "the reason that the server gives"))
        try:
            yield
        finally:
            del methods[method]

    return strike


def held(name: str, *subscripts: int) -> Strike:
    """Another program holds a lock."""

    @contextmanager
    def strike(server: Superserver) -> Iterator[None]:
        with server.session() as other:
            assert other.lock(name, *subscripts)
            yield

    return strike


@contextmanager
def away(server: Superserver) -> Iterator[None]:
    """Nothing listens at the port."""
    server.stop()
    try:
        yield
    finally:
        server.start()


@contextmanager
def frozen(server: Superserver) -> Iterator[None]:
    """Links stay and are made, and nothing comes any more on any of them."""
    server.faults.freeze()
    try:
        yield
    finally:
        server.faults.thaw()


def refused(why: Callable[[Superserver], object]) -> Strike:
    """Every connection is lost, and no new one is let in."""

    @contextmanager
    def strike(server: Superserver) -> Iterator[None]:
        server.faults.drop_all()
        why(server)
        try:
            yield
        finally:
            server.faults.clear()

    return strike


@dataclass(frozen=True)
class Fault:
    """What happens; what the inventory's call raises; whether it was sold; what a page says.

    A page that asks the ledger at once knows more than the call did.
    """

    name: str
    strike: Strike
    raises: type[Exception] | None
    is_sold: bool = False
    page: str = NOT_PLACED

    def __str__(self) -> str:
        return self.name


BEFORE_THE_COMMIT = (
    "lock",
    "get",
    "tStart",
    "%OpenId",
    "SELECT coffeeco.Inventory",
    "nextSubscript",
    "set",
    "setProperty",
    "%Save",
)
AFTER_THE_COMMIT = ("%DowngradeConcurrency", "releaseAllLocks")
FAULTS = [
    *(Fault(f"silent at {s}", silent(s), InventoryTimeout, page="") for s in BEFORE_THE_COMMIT),
    *(Fault(f"error at {s}", error(s), InventoryUnavailable, page="") for s in BEFORE_THE_COMMIT),
    Fault("silent before the commit", silent("%DeleteId"), InventoryTimeout),
    Fault("silent server", frozen, InventoryTimeout),
    Fault("error before the commit", error("%DeleteId"), InventoryUnavailable),
    Fault("cut before the commit", cut("%Save", "after"), InventoryUnavailable),
    Fault("status 5803 of %DeleteId", status("%DeleteId", 5803), InventoryUnavailable),
    Fault("status 7203 of %DeleteId", status("%DeleteId", 7203), InventoryUnavailable),
    Fault("cut before commit", cut("tCommit"), OutcomeUnknown, page=CHECKING),
    Fault("cut after commit", cut("tCommit", "after"), OutcomeUnknown, True, THANKS),
    Fault("silent before commit", silent("tCommit", "before"), OutcomeUnknown, page=CHECKING),
    Fault("silent after commit", silent("tCommit"), OutcomeUnknown, True, THANKS),
    Fault("server frozen at commit", frozen_at("tCommit"), OutcomeUnknown, True, CHECKING),
    Fault("commit answered with an error", error("tCommit"), OutcomeUnknown, page=CHECKING),
    *(Fault(f"cut at {s}", cut(s), None, True, THANKS) for s in AFTER_THE_COMMIT),
    *(Fault(f"silent at {s}", silent(s), None, True, THANKS) for s in AFTER_THE_COMMIT),
    Fault("error at let go", error("%DowngradeConcurrency"), None, True, THANKS),
    *(Fault(f"cut at {s}", cut(s), None, True, THANKS) for s in ("LowStockAlert", "getTLevel")),
    Fault("silent alert", silent("LowStockAlert"), None, True, THANKS),
    Fault("a row in other hands", held(ROW_LOCK, HUILA), InventoryBusy),
    Fault("the decision in other hands", held("^coffeeco.Decision"), InventoryBusy),
    Fault("the list of the sold-out in other hands", held(LIST), None, True, THANKS),
    Fault("port closed", away, InventoryUnavailable),
    Fault("licence used up", refused(lambda s: s.faults.limit_connections(0)), LoginRefused),
    Fault("password refused", refused(lambda s: s.faults.refuse_login()), LoginRefused),
]


@pytest.fixture
def shop(make_shop: MakeShop) -> IrisInventory:
    """A shop with one connection, which is open."""
    shop = make_shop(lock_wait=0.2, connections=1)
    shop.version()
    return shop


@pytest.mark.parametrize("fault", FAULTS, ids=str)
def test_the_inventory_says_what_became_of_a_sale(
    shop: IrisInventory, server: Superserver, fault: Fault, monkeypatch: pytest.MonkeyPatch
) -> None:
    time_flies(monkeypatch, server)
    with fault.strike(server), no_longer_than(AMPLE):
        if fault.raises is None:
            sell(shop, REFERENCE, ORDER)
        else:
            with pytest.raises(fault.raises):
                sell(shop, REFERENCE, ORDER)
    it_became(shop, server, is_sold=fault.is_sold)


def it_became(shop: IrisInventory, server: Superserver, *, is_sold: bool) -> None:
    """Fail unless stock and ledger agree about that, and the next attempt is answered by them."""
    wait_until(lambda: nothing_is_held(server))
    wait_until(lambda: not shop.pool.is_silent or answers(shop))
    assert bags_left(server) == (AFTER if is_sold else dict.fromkeys(ORDER, BAGS))
    assert (shop.decision(REFERENCE) is not None) is is_sold
    assert [len(shop.movements(coffee)) for coffee in ORDER] == [2 if is_sold else 0] * 3
    if not is_sold:
        sell(shop, REFERENCE, ORDER)
    with pytest.raises(Decided):
        sell(shop, REFERENCE, ORDER)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("fault", [one for one in FAULTS if one.page], ids=str)
def test_the_page_says_what_became_of_an_order_and_the_catalogue_stays(
    server: Superserver,
    settings: Settings,
    fault: Fault,
    record_property: Callable[[str, object], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if not IN_EARNEST:
        time_flies(monkeypatch, server)
    settings.INVENTORY_URL, settings.INVENTORY_TIMEOUT = server.url, TIMEOUT
    shop = get_inventory()
    assert isinstance(shop, IrisInventory)
    amina = Shopper("Amina")
    for coffee, bags in ORDER.items():
        amina.put_in_basket(bags_of_sidamo(BAGS, coffee), bags)
    amina.open("/checkout/")
    visitor = Shopper("Vera")
    visitor.open("/shop/")
    with fault.strike(server), no_longer_than(AMPLE):
        began = monotonic()
        page = amina.press("Pay now")
        paid = monotonic()
        catalogue = visitor.open("/shop/")
        shown = monotonic()
    assert page.h1.startswith(fault.page)
    assert catalogue.status == 200
    assert "Sidamo" in catalogue.text
    wait_until(lambda: nothing_is_held(server))
    wait_until(lambda: answers(shop))
    order = Order.objects.get()
    CheckoutService(shop).settle_from_ledger(order, fence_after=timedelta(0))
    assert (order.state == OrderState.CONFIRMED) is fault.is_sold
    assert bags_left(server) == (AFTER if fault.is_sold else dict.fromkeys(ORDER, BAGS))
    shop.close()
    # The columns of `make faults`.
    record_property("fault", fault.name)
    record_property("Pay says", page.h1.replace(order.reference, "CC-…"))
    record_property("Pay waits", f"{paid - began:.1f} s")
    record_property("the order, once settled", order.get_state_display().lower())
    seen = "as last known" if LAST_KNOWN in catalogue.text else "as it is"
    record_property("the catalogue", seen)
    record_property("the catalogue waits", f"{shown - paid:.1f} s")


# ── what does not fit into the table ────────────────────────────────────────────────────────────


def test_a_server_that_goes_on_after_the_shopper_gave_up_never_gets_the_commit(
    shop: IrisInventory, server: Superserver, monkeypatch: pytest.MonkeyPatch
) -> None:
    time_flies(monkeypatch, server)
    server.after("%Save", lambda session: server.faults.freeze())
    with pytest.raises(InventoryTimeout):
        sell(shop, REFERENCE, ORDER)
    server.faults.thaw()
    wait_until(lambda: nothing_is_held(server))
    assert server.messages.by_kind["tCommit"] == 0
    it_became(shop, server, is_sold=False)


def test_a_server_that_goes_on_with_the_commit_that_it_had_received_has_sold(
    shop: IrisInventory, server: Superserver, monkeypatch: pytest.MonkeyPatch
) -> None:
    time_flies(monkeypatch, server)
    server.after("set", lambda session: server.faults.freeze(), n=SETS_OF_THE_ORDER)
    with pytest.raises(OutcomeUnknown):
        sell(shop, REFERENCE, ORDER)
    server.faults.thaw()
    it_became(shop, server, is_sold=True)


def test_a_caller_who_dawdles_inside_the_sale_loses_it(
    shop: IrisInventory, server: Superserver
) -> None:
    def dawdle() -> None:
        late = Deadline(0.3)
        with in_a_hurry(shop, 0.3), shop.sale(wish(REFERENCE, ORDER)) as sale:
            for coffee in ORDER:
                sale.sell(coffee)
            wait_until(lambda: late.is_over)

    with pytest.raises(InventoryTimeout):
        dawdle()
    assert server.messages.by_kind["tCommit"] == 0
    it_became(shop, server, is_sold=False)


def test_a_rollback_that_fails_is_an_error_in_the_log(
    shop: IrisInventory, server: Superserver, caplog: pytest.LogCaptureFixture
) -> None:
    server.faults.fail_call(1, "%Save", "<DISK HARD>")
    server.faults.fail_call(1, "tRollback", "<ROLLFAIL>")
    with pytest.raises(InventoryUnavailable):
        sell(shop, REFERENCE, ORDER)
    (logged,) = [one for one in caplog.records if one.levelno == logging.ERROR]
    assert "<ROLLFAIL>" in logged.getMessage()


@pytest.mark.parametrize(("name", "product_id"), [(ROW_LOCK, HUILA), ("^coffeeco.Product", HUILA)])
def test_a_product_in_other_hands_is_named(
    shop: IrisInventory, server: Superserver, name: str, product_id: int
) -> None:
    correction = Correction(product_id=HUILA, shown=BAGS, counted=3)
    with held(name, product_id)(server), pytest.raises(InventoryBusy) as busy:
        shop.apply(correction, Note(key="key", who="Bo"))
    assert busy.value.product_id == HUILA
    shop.apply(correction, Note(key="key", who="Bo"))
    assert bags_left(server)[HUILA] == 3


@pytest.mark.parametrize("what", ["password", "user", "namespace"])
def test_a_login_that_the_server_refuses(
    make_shop: MakeShop, server: Superserver, what: str
) -> None:
    wrong = {"password": ":SYS@", "user": "//_SYSTEM:", "namespace": "/USER"}[what]
    url = server.url.replace(wrong, wrong.replace("S", "X"))
    assert url != server.url
    stranger = make_shop(url=url)
    for ask in (stranger.version, lambda: sell(stranger, REFERENCE, ORDER)):
        with pytest.raises(LoginRefused, match="Access Denied"):
            ask()


def test_a_host_that_does_not_exist_is_unavailable(make_shop: MakeShop) -> None:
    nowhere = make_shop(url="iris://amina:secret@no-such-host.invalid:1972/USER")
    with pytest.raises(InventoryUnavailable):
        nowhere.version()


def test_a_server_that_does_not_greet_is_left_in_time(
    make_shop: MakeShop, server: Superserver
) -> None:
    shop = make_shop(connections=1)
    server.faults.freeze()
    with in_a_hurry(shop), no_longer_than(AMPLE), pytest.raises(InventoryTimeout):
        sell(shop, REFERENCE, ORDER)
    server.faults.thaw()
    wait_until(lambda: answers(shop), PLENTY)
    it_became(shop, server, is_sold=False)
