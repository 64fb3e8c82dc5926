"""Items as bytes, the ones that the driver sends and reads among them."""

from __future__ import annotations

import struct
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.superserver.codec import (
    UNDEFINED,
    ByRef,
    ListError,
    Oref,
    Raw,
    decode_all,
    encode,
    encode_all,
)


def scaled(number: int, exponent: int) -> Decimal:
    """Return a decimal with a power of ten of its own."""
    return Decimal(f"{number}E{exponent}")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, "02 01"),
        (UNDEFINED, "01"),
        ("\0", "03 01 00"),
        ("SYS", "05 01 53 59 53"),
        ("Ω", "04 02 A9 03"),
        (0, "02 04"),
        (True, "03 04 01"),
        (300, "04 04 2C 01"),
        (-1, "02 05"),
        (-5, "03 05 FB"),
        (-300, "04 05 D4 FE"),
        (Decimal("9.99"), "05 06 FE E7 03"),
        (Decimal(-1), "03 07 00"),
        (Oref(5, "a.B"), "07 19 35 40 61 2E 42"),
        (Raw(b"\x45\x00"), "45 00"),
    ],
)
def test_values_become_the_documented_bytes(value: Any, expected: str) -> None:
    assert encode(value).hex(" ").upper() == expected


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("02 00", None),
        ("03 24 07", ByRef(7)),
        ("02 21", ByRef(None)),
        ("04 09 F0 3F", 1.0),
        ("03 19 35", Oref(5)),
        ("08 1A 35 00 40 00 61 00", Oref(5, "a")),
        ("04 08 80 3F", 1.0),
    ],
)
def test_what_only_clients_send_is_understood(body: str, expected: Any) -> None:
    assert decode_all(bytes.fromhex(body)) == [expected]


@pytest.mark.parametrize("size", [0, 1, 252, 253, 254, 65534, 65535, 65536, 100_000])
def test_texts_of_every_length_come_back(size: int) -> None:
    text = "x" * size
    assert decode_all(encode(text) + encode(7)) == [text or None, 7]


@given(
    st.lists(
        st.none()
        | st.text(min_size=1)
        | st.integers(min_value=-(2**63), max_value=2**64 - 1)
        | st.floats(allow_nan=False)
        | st.builds(scaled, st.integers(-(2**63), 2**63), st.integers(-100, 100))
    )
)
def test_rows_of_values_come_back(values: list[Any]) -> None:
    assert decode_all(encode_all(values)) == values


def test_integers_beyond_64_bits_travel_as_text() -> None:
    assert decode_all(encode(2**70)) == [str(2**70)]


def test_a_body_that_ends_within_an_item_is_refused() -> None:
    with pytest.raises(ListError):
        decode_all(struct.pack("<BB", 9, 1) + b"abc")


def test_an_unknown_type_is_refused() -> None:
    with pytest.raises(ListError, match="unknown type"):
        decode_all(b"\x02\x1f")
