"""Shoppers, staff and another program do what they like; the shop has to agree with the model.

The shop is the real one: pages by Django's test client, baskets in real sessions, the checkout
and the inventory in Django's own database.
"""

from __future__ import annotations

import re
from collections import Counter
from decimal import Decimal
from enum import Enum
from typing import ClassVar

from django.apps import apps
from django.http import HttpResponseBase
from django.test import Client
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    multiple,
    precondition,
    rule,
)

from checkout.errors import Refusal
from checkout.maintenance import Audit
from checkout.models import Order
from checkout.references import token_hash
from shop.basket import next_token
from shop.inventory import get_inventory
from shop.inventory.contract import (
    AcceptOutside,
    Change,
    ChangeRefused,
    Correction,
    DecisionKind,
    Delivery,
    DeliveryRow,
    NewDetails,
    Note,
    PutBack,
    Return,
    Shelf,
    ShelfChanged,
    UnknownProduct,
    Withdrawal,
)
from shop.inventory.models import StockRow
from tests.inventory.contract.acts import chain_is_whole
from tests.proofs.stateful.model import Coffee, Model, Page, Paid

COFFEES = [1001, 1002, 1003]
PEOPLE = ["Amina", "Bruno"]
SHOWN = st.sampled_from([None, *Shelf])
PRICES = st.sampled_from([Decimal("9.90"), Decimal("12.50"), Decimal("12.51")])
CHANGES = [Delivery, NewDetails, Correction, Withdrawal, PutBack]
coffees = st.sampled_from(COFFEES)
people = st.sampled_from(PEOPLE)
HIDDEN = re.compile(r'name="(token|price_\d+)"\s+value="([^"]*)"')


class BasketForm(Enum):
    """The forms that change a basket."""

    ADD = "add"
    UPDATE = "update"
    REMOVE = "remove"


class Meanwhile(Enum):
    """What can happen between a checkout page and its Pay button."""

    NOTHING = "nothing"
    PRICE = "another price"
    FEWER = "fewer bags"
    AWAY = "withdrawn"
    OTHER_TAB = "the basket is changed in another tab"


class Shop(RuleBasedStateMachine):
    """Every rule does one thing to the shop and to the model, and compares the answers."""

    pages = Bundle("pages")
    met: ClassVar[Counter[str]] = Counter()
    """How often a page was paid, by what came of it: a history without sales proves little."""

    def __init__(self) -> None:
        super().__init__()
        for name in ("inventory", "checkout"):
            for kind in apps.get_app_config(name).get_models():
                kind._base_manager.all().delete()
        self.inventory = get_inventory()
        self.model = Model(baskets={name: {} for name in PEOPLE})
        self.clients = {name: Client() for name in PEOPLE}
        self.keys = 0

    @initialize(bags=st.lists(st.integers(1, 6), min_size=3, max_size=3), price=PRICES)
    def open_the_shop(self, bags: list[int], price: Decimal) -> None:
        for id_, quantity in zip(COFFEES, bags, strict=True):
            self.model.coffees[id_] = Coffee(price)
            self._deliver(id_, quantity)

    # shoppers

    @rule(name=people, id_=coffees, bags=st.integers(1, 4), way=st.sampled_from(BasketForm))
    def change_the_basket(self, name: str, id_: int, bags: int, way: BasketForm) -> None:
        match way:
            case BasketForm.ADD:
                self._add(name, id_, bags)
            case BasketForm.UPDATE:
                self._update(name, id_, 2 * bags)
            case BasketForm.REMOVE:
                self.model.baskets[name].pop(id_, None)
                assert self._post(name, "/basket/remove/", product_id=id_).status_code == 302

    def _add(self, name: str, id_: int, bags: int) -> None:
        basket, coffee = self.model.baskets[name], self.model.coffees[id_]
        wanted = basket.get(id_, 0) + bags
        answer = self._post(name, "/basket/add/", product_id=id_, quantity=bags)
        if coffee.left and wanted <= coffee.left:
            assert answer.status_code == 302
            basket[id_] = wanted
        else:
            assert answer.status_code == 422

    def _update(self, name: str, id_: int, bags: int) -> None:
        basket = self.model.baskets[name]
        answer = self._post(name, "/basket/update/", **{f"quantity_{id_}": bags})
        if id_ in basket and bags not in (basket[id_], *range(self.model.coffees[id_].left + 1)):
            assert answer.status_code == 422
            return
        assert answer.status_code == 302
        if id_ in basket:
            basket[id_] = bags
            if not bags:
                del basket[id_]

    @rule(target=pages, name=people, id_=coffees, bags=st.integers(1, 4))
    def open_the_checkout(self, name: str, id_: int, bags: int) -> object:
        """With what is in the basket; with one coffee, if there is any, when it is empty."""
        page = self._checkout_page(name, id_, bags)
        return page or multiple()

    @rule(target=pages, name=people, meanwhile=st.sampled_from(Meanwhile), data=st.data())
    def pay_for_what_is_no_longer_so(
        self, name: str, meanwhile: Meanwhile, data: st.DataObject
    ) -> object:
        """A page is open, something happens to one of its coffees, and then Pay is pressed."""
        page = self._checkout_page(name, data.draw(coffees), data.draw(st.integers(1, 4)))
        if page is None:
            return multiple()
        id_ = data.draw(st.sampled_from(sorted(page.lines)))
        coffee = self.model.coffees[id_]
        match meanwhile:
            case Meanwhile.PRICE:
                self._change_the_price(id_, data.draw(PRICES))
            case Meanwhile.FEWER:
                fewer = data.draw(st.integers(0, page.lines[id_]))
                self._count(id_, 0, fewer - coffee.left)
            case Meanwhile.AWAY:
                self._withdraw(id_)
            case Meanwhile.OTHER_TAB:
                self._update(name, id_, data.draw(st.integers(0, 2)))
        self.pay(page)
        return page

    def _checkout_page(self, name: str, id_: int, bags: int) -> Page | None:
        """The checkout, if what is in the basket can be paid; else the basket is put right."""
        if not self.model.baskets[name]:
            assert self.clients[name].get("/checkout/").headers["Location"] == "/basket/"
            self._add(name, id_, bags)
        lines = dict(self.model.baskets[name])
        if not lines:
            return None
        fields = dict(HIDDEN.findall(self.clients[name].get("/checkout/").content.decode()))
        if any(self.model.coffees[line].left < lines[line] for line in lines):
            assert not fields, "a page that can't be paid has a Pay form"
            self._change_basket_to_what_is_left(name)
            return None
        token = fields.pop("token")
        prices = {int(key.removeprefix("price_")): Decimal(fields[key]) for key in fields}
        assert prices == {line: self.model.coffees[line].price for line in lines}
        return Page(shopper=name, token=token, lines=lines, prices=prices)

    def _change_basket_to_what_is_left(self, name: str) -> None:
        assert self._post(name, "/basket/reduce/").status_code == 302
        lines = self.model.baskets[name]
        fits = {id_: min(bags, self.model.coffees[id_].left) for id_, bags in lines.items()}
        self.model.baskets[name] = {id_: bags for id_, bags in fits.items() if bags}

    @rule(page=pages)
    def pay(self, page: Page) -> None:
        """Any page that was ever open: fresh, old, paid before, or of another tab."""
        basket, token = self.model.baskets[page.shopper], self._token(page.shopper)
        version = self.inventory.version()
        answer = self._post(
            page.shopper,
            "/checkout/pay/",
            token=page.token,
            branch="landing",
            **{f"price_{id_}": price for id_, price in page.prices.items()},
        )
        known = self.model.orders.get(page.token)
        if known or page.token != token:
            assert self.inventory.version() == version
            self._is_told_how_it_stands(page, known, answer)
            return
        assert page.lines == basket
        order = self.model.pay(page)
        self.met.update(order.kinds)
        if order.confirmed:
            assert is_thanks(answer)
        else:
            assert answer.status_code == 409
            assert self._token(page.shopper) == next_token(page.token)

    def _is_told_how_it_stands(
        self, page: Page, known: Paid | None, answer: HttpResponseBase
    ) -> None:
        self.met[
            ("paid again" if known.confirmed else "refused again") if known else "old page"
        ] += 1
        if known and known.confirmed:
            assert is_thanks(answer)
        elif known:
            stands = self._token(page.shopper) == next_token(page.token)
            assert answer.status_code == 409 if stands else is_thanks(answer)
        else:
            self.met["old page"] += 1
            is_empty = not self.model.baskets[page.shopper]
            assert answer.status_code == (302 if is_empty else 409)
            assert is_empty is (answer.headers.get("Location") == "/basket/")

    # staff

    @rule(id_=coffees, change=st.sampled_from(CHANGES), data=st.data())
    def work_at_the_stock_desk(self, id_: int, change: type, data: st.DataObject) -> None:
        if change is Delivery:
            self._deliver(id_, data.draw(st.integers(1, 5)), data.draw(SHOWN))
        elif change is NewDetails:
            self._change_the_price(id_, data.draw(PRICES))
        elif change is Correction:
            self._count(id_, data.draw(st.integers(0, 2)), data.draw(st.integers(-3, 3)))
        elif change is Withdrawal:
            self._withdraw(id_)
        else:
            self._put_back(id_)

    def _change_the_price(self, id_: int, price: Decimal) -> None:
        coffee = self.model.coffees[id_]
        coffee.price = price + Decimal("0.01") if price == coffee.price else price
        price = coffee.price
        self._apply(
            NewDetails(product_id=id_, name=f"Coffee {id_}", price=price, origin="", description="")
        )

    def _count(self, id_: int, seen: int, found: int) -> None:
        """The form showed up to two bags more than there are, or are kept, by now."""
        coffee = self.model.coffees[id_]
        shown = coffee.quantity + seen
        if shown + found < 0:
            return
        change = Correction(product_id=id_, shown=shown, counted=shown + found)
        if coffee.quantity + found < 0:
            assert self._apply(change) is ChangeRefused
        else:
            assert self._apply(change) is None
            if coffee.shelf is Shelf.WITHDRAWN:
                coffee.come_back(found)
            elif found or coffee.shelf is Shelf.ON_SALE:
                coffee.take_in(found)

    def _withdraw(self, id_: int) -> None:
        coffee = self.model.coffees[id_]
        is_there = coffee.shelf is Shelf.ON_SALE
        error = self._apply(Withdrawal(product_id=id_))
        assert error is (None if is_there else UnknownProduct)
        coffee.shelf = Shelf.WITHDRAWN if is_there else coffee.shelf

    def _put_back(self, id_: int) -> None:
        coffee = self.model.coffees[id_]
        is_away = coffee.shelf is Shelf.WITHDRAWN
        error = self._apply(PutBack(product_id=id_))
        assert error is (None if is_away else UnknownProduct)
        if is_away:
            coffee.put_back()

    @precondition(lambda self: any(paid.confirmed for paid in self.model.orders.values()))
    @rule(data=st.data())
    def return_an_order(self, data: st.DataObject) -> None:
        """Pressed once or again: the bags come back once."""
        tokens = [token for token, paid in self.model.orders.items() if paid.confirmed]
        token = data.draw(st.sampled_from(tokens))
        sale = Order.objects.get(token_hash=token_hash(token)).reference
        self.inventory.apply(Return(sale=sale), Note(key=f"return {sale}", who="Chiara"))
        self.model.give_back(self.model.orders[token])

    # another program

    @rule(id_=coffees, bags=st.integers(0, 6))
    def somebody_else_sets_the_quantity(self, id_: int, bags: int) -> None:
        """Another program writes a row that is on sale; staff accept what they find."""
        coffee = self.model.coffees[id_]
        if coffee.shelf is Shelf.ON_SALE:
            StockRow.objects.filter(id=id_).update(quantity=bags)
            assert self.inventory.balance(id_).drift == bags - coffee.quantity
            self._apply(AcceptOutside(product_id=id_))
            coffee.take_in(bags - coffee.quantity)

    # what always holds

    @invariant()
    def stock_ledger_and_model_agree(self) -> None:
        there = self.inventory.products(COFFEES)
        movements = list(self.inventory.all_movements())
        sales = [d for d in self.inventory.decisions() if d.kind is DecisionKind.SALE]
        for id_, coffee in self.model.coffees.items():
            product = there[id_]
            assert product.quantity == coffee.quantity >= 0
            assert (product.shelf, product.price) == (coffee.shelf, coffee.price)
            of_it = tuple(move for move in movements if move.product_id == id_)
            assert chain_is_whole(of_it)
            assert of_it[-1].after == product.left
            lines = [line for sale in sales for line in sale.lines if line.product_id == id_]
            sold = sum(line.quantity for line in lines)
            assert sold == coffee.sold
            assert sold + product.quantity == coffee.came_in

    @invariant()
    def there_is_one_order_for_each_token_that_was_paid_with(self) -> None:
        orders = {order.token_hash: order for order in Order.objects.prefetch_related("lines")}
        assert orders.keys() == {token_hash(token) for token in self.model.orders}
        assert Order.objects.count() == len(self.model.orders)
        for token, paid in self.model.orders.items():
            order = orders[token_hash(token)]
            assert order.is_confirmed is paid.confirmed
            lines = {
                line.product_id: (line.quantity, line.unit_price) for line in order.lines.all()
            }
            prices = paid.page.prices
            assert lines == {id_: (n, prices[id_]) for id_, n in paid.page.lines.items()}
            refusal = Refusal.from_json(order.refusal or {})
            assert {(s.product_id, s.wanted, s.left) for s in refusal.shortages} == paid.shortages
            assert {
                (p.product_id, p.shown, p.now) for p in refusal.price_changes
            } == paid.price_changes

    @invariant()
    def baskets_are_as_the_model_has_them(self) -> None:
        for name, lines in self.model.baskets.items():
            kept = self.clients[name].session.get("basket", {})
            assert kept.get("lines", {}) == {str(id_): n for id_, n in lines.items()}

    def teardown(self) -> None:
        if self.model.coffees:
            assert list(Audit(inventory=self.inventory).run()) == []

    # helpers

    def _post(self, name: str, address: str, **fields: object) -> HttpResponseBase:
        return self.clients[name].post(address, {key: str(fields[key]) for key in fields})

    def _token(self, name: str) -> str:
        return str(self.clients[name].session.get("basket", {}).get("token", ""))

    def _note(self) -> Note:
        self.keys += 1
        return Note(key=f"key {self.keys}", who="Chiara")

    def _apply(self, change: Change) -> type[Exception] | None:
        """The kind of error that a change was answered with, if any; twice by the same key."""
        note = self._note()
        try:
            first = self.inventory.apply(change, note)
        except (ChangeRefused, ShelfChanged, UnknownProduct) as error:
            return type(error)
        assert self.inventory.apply(change, note) == first
        return None

    def _deliver(self, id_: int, bags: int, shown: Shelf | None = None) -> None:
        """The page showed the coffee on this shelf, or nobody looked."""
        coffee = self.model.coffees[id_]
        row = DeliveryRow(
            product_id=id_,
            name=f"Coffee {id_}",
            price=coffee.price,
            quantity=bags,
            origin="",
            description="",
            shown=shown,
        )
        is_refused = shown is not coffee.shelf and bool(shown or coffee.shelf is Shelf.WITHDRAWN)
        error = self._apply(Delivery(rows=(row,), again=True))
        assert error is (ShelfChanged if is_refused else None)
        if not is_refused:
            coffee.take_in(bags)


def is_thanks(answer: HttpResponseBase) -> bool:
    """True for the way to an order's own page."""
    to_it = answer.headers.get("Location", "").startswith("/checkout/thanks/")
    return answer.status_code == 302 and to_it
