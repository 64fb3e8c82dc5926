"""The customers' two forms: Pay, and find an order."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from django import forms
from django.conf import settings
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from checkout import messages
from checkout.models import Order
from shop.branches import BRANCHES
from shop.http import plain, whole_number
from shop.inventory.contract import MAX_ID
from shop.mail import is_email
from shop.models import LONGEST_EMAIL

PRICE = "price_"


def _email() -> forms.Field:
    """A field for an e-mail address; it accepts any text, which each form checks itself."""
    attributes = {"autocomplete": "email", "maxlength": LONGEST_EMAIL, "spellcheck": "false"}
    return forms.Field(label=_("E-mail"), required=False, widget=forms.EmailInput(attributes))


class PayForm(forms.Form):
    """The branch and e-mail address that the shopper chose, and what the page showed."""

    use_required_attribute = False
    branch = forms.ChoiceField(
        label=_("Where do you collect?"),
        choices=[(branch.slug, branch.name) for branch in BRANCHES],
        widget=forms.RadioSelect,
        error_messages=dict.fromkeys(("required", "invalid_choice"), messages.CHOOSE_BRANCH),
    )
    email = _email()

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["email"].help_text = messages.email_is_kept_for(settings.KEEP_EMAIL_DAYS)

    @property
    def token(self) -> str:
        """The token of the basket that the page showed; empty when the form has none."""
        return str(self.data.get("token", ""))[:100]

    @cached_property
    def prices(self) -> dict[int, Decimal]:
        """The unit prices that the page showed, by product id."""
        prices = {}
        for name, price in self.data.items():
            product_id = whole_number(name.removeprefix(PRICE), most=MAX_ID)
            # A price as the page wrote it: ASCII digits, a point, two more digits.
            is_price = name.startswith(PRICE) and re.fullmatch(r"[0-9]{1,8}\.[0-9]{2}", price)
            if product_id is not None and is_price:
                prices[product_id] = Decimal(price)
        return prices

    @property
    def chosen_branch(self) -> str:
        """The slug of the chosen branch; empty until a valid one is chosen."""
        chosen = self["branch"].value()
        return chosen if chosen in [branch.slug for branch in BRANCHES] else ""

    def clean_email(self) -> str:
        email = (self.cleaned_data["email"] or "").strip()
        if email and not is_email(email):
            raise forms.ValidationError(messages.EMAIL_LOOKS_WRONG)
        return str(email)


class FindOrderForm(forms.Form):
    """An order's reference and the e-mail address that was left with it."""

    use_required_attribute = False
    reference = forms.Field(
        label=_("Reference"),
        required=False,
        help_text=_("CC- and eight characters, from your receipt."),
        widget=forms.TextInput(
            {
                "class": "reference-field",
                "maxlength": 20,
                "autocomplete": "off",
                "autocapitalize": "characters",
                "spellcheck": "false",
            }
        ),
    )
    email = _email()

    def order(self) -> Order | None:
        """The order that has both values; an order without an address is never found."""
        reference = plain(self.cleaned_data["reference"] or "").upper()
        email = plain(self.cleaned_data["email"] or "")
        found = Order.objects.exclude(email="").filter(reference=reference, email__iexact=email)
        return found.first()
