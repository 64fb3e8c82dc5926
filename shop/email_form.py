"""A form with an e-mail address; forms of other packages add to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from shop.mail import is_email
from shop.mistyped import likely_meant
from shop.models import LONGEST_EMAIL

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise

LOOKS_WRONG = _("Type an e-mail address like name@example.com, or leave it empty.")
TYPE_ONE = _("Type an e-mail address like name@example.com.")


def email_field(label: StrPromise, help_text: StrPromise | str = "") -> forms.Field:
    """A field for an e-mail address; it accepts any text, which each form checks itself."""
    attributes = {"autocomplete": "email", "maxlength": LONGEST_EMAIL, "spellcheck": "false"}
    widget = forms.EmailInput(attributes)
    return forms.Field(label=label, help_text=help_text, required=False, widget=widget)


class EmailForm(forms.Form):
    """An e-mail address, which may be left empty.

    One whose domain looks mistyped is asked about once: the page then sends it as ``asked``, so
    that sending it again keeps it.
    """

    use_required_attribute = False
    looks_wrong = LOOKS_WRONG
    email = email_field(_("E-mail"))

    @property
    def asked(self) -> str:
        """The address that the answer to this form asks about."""
        return str(self.data.get("email", "")).strip() if self.errors.get("email") else ""

    def clean_email(self) -> str:
        email = (self.cleaned_data["email"] or "").strip()
        if email and not is_email(email):
            raise forms.ValidationError(self.looks_wrong)
        meant = likely_meant(email)
        if meant and self.data.get("asked") != email:
            raise forms.ValidationError(_did_you_mean(meant, email))
        return str(email)


class NeededEmailForm(EmailForm):
    """An e-mail address, which may not be left empty."""

    looks_wrong = TYPE_ONE

    def clean_email(self) -> str:
        email = super().clean_email()
        if not email:
            raise forms.ValidationError(TYPE_ONE)
        return email


def _did_you_mean(meant: str, typed: str) -> str:
    """The address's domain is one letter off a common one."""
    sentence = gettext(
        "Did you mean {meant}? Correct the address, or send {typed} again to keep it."
    )
    return sentence.format(meant=meant, typed=typed)
