"""What the staff's forms have in common, and the fields that several of them have."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS

from shop.http import plain

LONGEST_WHY = 200
"""Characters of a reason."""


class StaffForm(forms.Form):
    """A form that the browser does not check: the shop's own sentences say what is wrong."""

    use_required_attribute = False

    @property
    def problems(self) -> dict[str, str]:
        """What is wrong, by the id (without its ``id_``) of the field, or of the form itself."""
        ids = {name: str(self.auto_id) % name for name in [*self.fields, "form"]}
        return {
            ids["form" if name == NON_FIELD_ERRORS else name].removeprefix("id_"): sentences[0]
            for name, sentences in self.errors.items()
        }


class WhyField(forms.Field):
    """A reason in a few words, without what can't be printed."""

    def __init__(self, **options: Any) -> None:
        attrs = {"autocomplete": "off", "maxlength": LONGEST_WHY}
        super().__init__(widget=forms.TextInput(attrs=attrs), **options)

    def to_python(self, value: Any) -> str:
        return plain(value or "")[:LONGEST_WHY]
