"""The basket in the session: lines, and a token that stands for exactly these lines."""

from __future__ import annotations

import pytest

from coffeeco_site.sessions import SessionStore
from shop.basket import Basket, BasketState, BasketStatus, guard, next_token, settle_basket
from shop.basket.session import KEY, OPEN

pytestmark = pytest.mark.django_db


@pytest.fixture
def session() -> SessionStore:
    """Ana's session, kept."""
    session = SessionStore()
    session.create()
    session.modified = False
    return session


@pytest.fixture
def basket(session: SessionStore) -> Basket:
    return Basket(session)


def kept(session: SessionStore) -> object:
    """What another request would find."""
    return SessionStore(session.session_key).get(KEY)


def test_a_new_visitor_has_no_basket_and_no_token(basket: Basket, session: SessionStore) -> None:
    assert (basket.lines, basket.token, basket.count) == ({}, "", 0)
    assert not session.modified


def test_ids_and_quantities_are_all_that_is_kept(basket: Basket, session: SessionStore) -> None:
    basket.set(1003, 2)
    basket.set(1001, 1)
    assert session[KEY] == {"token": basket.token, "lines": {"1003": 2, "1001": 1}}
    assert basket.lines == {1003: 2, 1001: 1}
    assert basket.count == 3


def test_every_change_makes_a_new_token_even_back_to_the_same_lines(basket: Basket) -> None:
    tokens = []
    for quantity in (2, 3, 2, 0, 2):
        basket.set(1003, quantity)
        tokens.append(basket.token)
    assert len(set(tokens)) == 5
    assert {len(token) for token in tokens} == {64}


def test_the_token_after_a_refusal_is_derived_so_that_replays_agree(basket: Basket) -> None:
    basket.change_to({1001: 1})
    token = basket.token
    basket.renew()
    assert basket.token == next_token(token) != token
    assert next_token(token) == next_token(token)
    assert basket.lines == {1001: 1}


# after a sale


def test_what_another_tab_emptied_meanwhile_stays_empty(
    basket: Basket, session: SessionStore
) -> None:
    basket.change_to({1001: 2})
    session.save()
    sold = basket.token
    other = SessionStore(session.session_key)
    Basket(other).drop()
    other.save()
    session.modified = False
    basket.emptying(sold, {1001: 2}, "CC-FIRST")()
    assert not session.modified
    assert kept(session) is None


def test_a_session_that_ended_meanwhile_is_not_written_again(
    basket: Basket, session: SessionStore
) -> None:
    basket.change_to({1001: 2})
    session.save()
    session.modified = False
    SessionStore(session.session_key).delete()
    basket.emptying(basket.token, {1001: 2}, "CC-FIRST")()
    assert not session.modified


# nonsense

ODD = [
    "a basket",
    7,
    [],
    {},
    {"token": "t"},
    {"lines": {"1001": 1}},
    {"token": 7, "lines": {"1001": 1}},
    {"token": None, "lines": {"1001": 1}},
    {"token": "t", "lines": []},
    {"token": "t", "lines": ["1001"]},
    {"token": "t", "lines": {"a": 1}},
    {"token": "t", "lines": {"-1": 1}},
    {"token": "t", "lines": {"\uff11": 1}},
    {"token": "t", "lines": {"9" * 5000: 1}},
    {"token": "t", "lines": {"1001": 0}},
    {"token": "t", "lines": {"1001": -1}},
    {"token": "t", "lines": {"1001": 100}},
    {"token": "t", "lines": {"1001": True}},
    {"token": "t", "lines": {"1001": 1.5}},
    {"token": "t", "lines": {"1001": "2"}},
    {"token": "t", "lines": {"1001": None}},
    {"token": "t", "lines": {"1001": {}}},
    {"token": "t", "lines": {"1001": 1, "x": 1}},
    {"token": "t", "lines": {"1001": 1}, "prices": {"1001": "0.01"}},
]


@pytest.mark.parametrize("odd", ODD, ids=lambda odd: str(odd)[:50])
def test_anything_else_in_the_session_is_no_basket_and_the_next_change_mends_it(
    basket: Basket, session: SessionStore, odd: object
) -> None:
    session[KEY] = odd
    assert (basket.lines, basket.token, basket.count) == ({}, "", 0)
    assert settle_basket(basket).status is BasketStatus.OPEN
    basket.set(1001, 2)
    assert basket.lines == {1001: 2}


# what became of it


@pytest.fixture
def became(monkeypatch: pytest.MonkeyPatch) -> dict[str, BasketState]:
    """What became of the orders of some tokens, which a test fills in."""
    states: dict[str, BasketState] = {}
    monkeypatch.setattr(guard, "_function", lambda token: states.get(token, OPEN))
    return states


def test_a_basket_that_was_paid_for_is_dropped_and_its_order_named(
    basket: Basket, became: dict[str, BasketState]
) -> None:
    basket.change_to({1001: 1})
    spent = became[basket.token] = BasketState(
        status=BasketStatus.SPENT, reference="CC-34679ACD", url="/x/"
    )
    assert settle_basket(basket) == spent
    assert basket.lines == {}


def test_a_basket_that_was_refused_again_and_again_stands_under_the_last_token(
    basket: Basket, became: dict[str, BasketState]
) -> None:
    basket.change_to({1001: 1})
    token = basket.token
    for _ in range(3):
        became[token] = BasketState(status=BasketStatus.CLOSED)
        token = next_token(token)
    assert settle_basket(basket).status is BasketStatus.OPEN
    assert (basket.token, basket.lines) == (token, {1001: 1})


def test_a_refused_basket_whose_next_token_is_pending_waits(
    basket: Basket, became: dict[str, BasketState]
) -> None:
    basket.change_to({1001: 1})
    became[basket.token] = BasketState(status=BasketStatus.CLOSED)
    became[next_token(basket.token)] = BasketState(status=BasketStatus.PENDING, reference="CC-")
    assert settle_basket(basket).status is BasketStatus.PENDING


def test_an_open_or_empty_basket_is_left_as_it_is(
    basket: Basket, session: SessionStore, became: dict[str, BasketState]
) -> None:
    assert settle_basket(basket).status is BasketStatus.OPEN
    basket.change_to({1001: 1})
    session.modified = False
    assert settle_basket(basket).status is BasketStatus.OPEN
    assert not session.modified
