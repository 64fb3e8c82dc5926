"""The customers' forms: Pay, find an order, and put a mistyped address right."""

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
from checkout.references import typed_reference
from shop.branches import BRANCHES
from shop.email_form import EmailForm, NeededEmailForm, email_field
from shop.http import plain, whole_number
from shop.inventory.contract import MAX_ID

PRICE = "price_"


class NewAddressForm(NeededEmailForm):
    """The right address in place of a mistyped one."""

    email = email_field(_("The right address"))


class PayForm(EmailForm):
    """The branch and e-mail address that the shopper chose, and what the page showed."""

    branch = forms.ChoiceField(
        label=_("Where will you collect?"),
        choices=[(branch.slug, branch.name) for branch in BRANCHES],
        widget=forms.RadioSelect,
        error_messages=dict.fromkeys(("required", "invalid_choice"), messages.CHOOSE_BRANCH),
    )
    field_order = ("branch", "email")

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
                "maxlength": 60,
                "autocomplete": "off",
                "autocapitalize": "characters",
                "spellcheck": "false",
            }
        ),
    )
    email = email_field(_("E-mail"))

    def clean_reference(self) -> str:
        reference = typed_reference(str(self.cleaned_data["reference"] or ""))
        if reference is None:
            raise forms.ValidationError(messages.NO_REFERENCE)
        return reference

    def order(self) -> Order | None:
        """The order that has both values; an order without an address is never found."""
        reference, email = self.cleaned_data["reference"], plain(self.cleaned_data["email"] or "")
        found = Order.objects.exclude(email="").filter(reference=reference, email__iexact=email)
        return found.first()
