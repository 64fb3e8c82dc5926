"""The checkout's plain values: the Pay form, references, refusals and figures."""

from __future__ import annotations

from decimal import Decimal
from itertools import islice

from django.http import QueryDict
from hypothesis import given
from hypothesis import strategies as st

from checkout.errors import Refusal
from checkout.forms import PayForm
from checkout.models import OrderLine
from checkout.references import ALPHABET, references, token_hash
from checkout.summary import Summary
from shop.inventory.contract import PriceChange, Shortage

# the form


def test_the_form_is_read_as_it_was_shown() -> None:
    form = PayForm(
        QueryDict(
            "token=abc&price_1001=12.50&price_1002=16.00&branch=landing&email=+ana%40example.com+"
        )
    )
    assert form.is_valid()
    assert form.token == "abc"
    assert form.prices == {1001: Decimal("12.50"), 1002: Decimal("16.00")}
    assert form.cleaned_data == {"branch": "landing", "email": "ana@example.com"}


def test_an_empty_form_lacks_the_branch_and_nothing_else() -> None:
    form = PayForm(QueryDict(""))
    assert list(form.errors) == ["branch"]
    assert (form.token, form.prices) == ("", {})


@given(st.dictionaries(st.text(), st.text(), max_size=4), st.text(), st.text())
def test_no_text_whatever_breaks_the_form(fields: dict[str, str], price: str, product: str) -> None:
    data = QueryDict(mutable=True)
    data.update(fields)
    for name in ("token", "branch", "email", f"price_{product}", "price_1001"):
        data[name] = price
    form = PayForm(data)
    form.full_clean()
    assert len(form.token) <= 100
    assert all(0 <= value < 10**8 for value in form.prices.values())


def test_of_a_price_sent_twice_the_last_counts_as_browsers_never_send_two() -> None:
    form = PayForm(QueryDict("price_1001=1.00&price_1001=2.00"))
    assert form.prices == {1001: Decimal("2.00")}


# references


@given(st.text())
def test_references_follow_from_the_token_and_can_be_read_out(token: str) -> None:
    hash_ = token_hash(token)
    found = list(islice(references(hash_), 3))
    assert found == list(islice(references(hash_), 3))
    assert len(set(found)) == 3
    assert all(ref.startswith("CC-") and set(ref[3:]) <= set(ALPHABET) for ref in found)
    assert {len(ref) for ref in found} == {11}


def test_what_looks_alike_is_not_in_a_reference() -> None:
    assert not set("0O1IL5S8B2Z") & set(ALPHABET)


# refusals

names = st.text(max_size=50)
counts = st.integers(0, 10**9)
prices = st.decimals(0, 10**6, places=2)
refusals = st.builds(
    Refusal,
    shortages=st.lists(
        st.builds(Shortage, product_id=counts, name=names, wanted=counts, left=counts), max_size=3
    ).map(tuple),
    price_changes=st.lists(
        st.builds(
            PriceChange, product_id=counts, name=names, quantity=counts, shown=prices, now=prices
        ),
        max_size=3,
    ).map(tuple),
)


@given(refusals)
def test_a_refusal_comes_back_from_the_ledger_as_it_went_in(refusal: Refusal) -> None:
    assert Refusal.from_json(refusal.to_json()) == refusal


# figures


def summary(*lines: tuple[str, int], rate: str = "0.20") -> Summary:
    return Summary(
        lines=[OrderLine(unit_price=Decimal(price), quantity=bags) for price, bags in lines],
        count=sum(bags for _, bags in lines),
        tax_rate=Decimal(rate),
    )


def test_the_tax_is_rounded_once_for_the_whole_order() -> None:
    # A sixth of 0.01 rounds to nothing, three times over; a sixth of 0.03 rounds to a cent.
    assert summary(("0.01", 1), ("0.01", 1), ("0.01", 1)).tax == Decimal("0.01")


@given(st.lists(st.tuples(st.decimals(0, 1000, places=2).map(str), st.integers(1, 99))))
def test_net_and_tax_always_add_up_to_the_total(lines: list[tuple[str, int]]) -> None:
    sums = summary(*lines)
    assert sums.net + sums.tax == sums.total
    assert 0 <= sums.tax <= sums.total
