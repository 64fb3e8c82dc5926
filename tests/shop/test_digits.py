"""One reader of whole numbers, for addresses and for forms."""

from __future__ import annotations

import pytest
from django import forms
from django.core.exceptions import ValidationError

from shop.forms import DigitsField
from shop.http import page_number, whole_number

MOST = 99

SPELLINGS = [
    ("1", 1),
    ("01", 1),
    ("99", 99),
    ("0", None),
    ("100", None),
    ("-1", None),
    ("+1", None),
    ("1.5", None),
    ("1,5", None),
    ("1e1", None),
    ("0x1", None),
    ("1_5", None),
    ("1 5", None),
    ("two", None),
    ("٣", None),
    ("\uff12", None),
    ("²", None),
    ("1\x00", None),
    ("0" * 5000 + "1", None),
    ("1" + "0" * 20, None),
]


@pytest.mark.parametrize(("text", "number"), SPELLINGS)
def test_a_number_is_plain_digits_within_its_bounds(text: str, number: int | None) -> None:
    assert whole_number(text, least=1, most=MOST) == number
    assert page_number(text) == (100 if text == "100" else number or 1)


@pytest.mark.parametrize(("text", "number"), SPELLINGS)
def test_a_form_takes_the_same_numbers(text: str, number: int | None) -> None:
    field = DigitsField(least=1, most=MOST, invalid="From 1 to 99.")
    if number is None:
        with pytest.raises(ValidationError):
            field.clean(text)
    else:
        assert field.clean(f" {text} ") == number


def test_a_form_says_what_is_wrong_with_a_number() -> None:
    class Line(forms.Form):
        quantity = DigitsField(least=1, most=MOST, invalid="From 1 to 99.")
        more = DigitsField(most=MOST, required=False)

    form = Line({"quantity": "1_5", "more": ""})

    assert form.errors["quantity"] == ["From 1 to 99."]
    assert form.cleaned_data == {"more": None}
    assert "required" in Line({}).fields["quantity"].error_messages
