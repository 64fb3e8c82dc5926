"""Fields that several forms share."""

from __future__ import annotations

from django import forms
from django.core.exceptions import ValidationError

from shop.http import whole_number


class DigitsField(forms.CharField):
    """A whole number in plain digits; an empty field that is not required gives None.

    Django's IntegerField takes ``1_5`` as 15 and reads the digits of other scripts. The error
    ``invalid`` also stands for a number out of bounds; give it a sentence that names them.
    """

    def __init__(
        self, *, most: int, least: int = 0, invalid: str | None = None, **options: object
    ) -> None:
        """The number is from ``least`` to ``most``; ``invalid`` is the sentence for any other."""
        super().__init__(**options)  # type: ignore[arg-type]
        self.least, self.most = least, most
        if invalid is not None:
            self.error_messages["invalid"] = invalid

    def to_python(self, value: object) -> int | None:  # type: ignore[override]
        text = str(super().to_python(value))
        if text in self.empty_values:
            return None
        number = whole_number(text, least=self.least, most=self.most)
        if number is None:
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        return number
