"""What the staff's forms share."""

from __future__ import annotations

from typing import Any

from django import forms

from shop.http import plain

LONGEST_WHY = 200
"""Characters of a reason."""


class StaffForm(forms.Form):
    """A form that the browser does not check: the shop's own sentences say what is wrong."""

    use_required_attribute = False


class WhyField(forms.Field):
    """A reason in a few words, without what can't be printed."""

    def __init__(self, label: str = "Why", **options: Any) -> None:
        attrs = {"autocomplete": "off", "maxlength": LONGEST_WHY}
        super().__init__(label=label, widget=forms.TextInput(attrs), **options)

    def to_python(self, value: Any) -> str:
        return plain(value or "")[:LONGEST_WHY]
