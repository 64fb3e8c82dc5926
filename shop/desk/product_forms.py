"""The small forms that change one coffee, and the one that adds a coffee."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.core.validators import MaxValueValidator
from django.http import QueryDict
from django.urls import reverse

from shop.deliveries import MAX_STOCK, cells
from shop.desk.forms import StaffForm, WhyField
from shop.desk.product import ProductDesk
from shop.formats import bags
from shop.forms import DigitsField
from shop.inventory.contract import (
    DETAILS,
    MAX_ID,
    AcceptOutside,
    Change,
    Correction,
    Delivery,
    DeliveryRow,
    Details,
    Inventory,
    NewDetails,
    Product,
    PutBack,
    Shelf,
    Withdrawal,
)

KEY = re.compile(r"desk-[0-9a-f]{32}")
"""What the one-time key of a form looks like; it is the reference of its decision."""

FIGURE = re.compile(r"-?[0-9]{1,10}")
LOST_KEY = "This page had lost its one-time key. Nothing was written: look again and send it."
LOST_FIGURE = "The page had lost its figure: count again."
CANNOT = "That can’t be done any more. Nothing was written: this is how the coffee stands now."


def new_form_key() -> str:
    """A key that was never used before."""
    return f"desk-{secrets.token_hex(16)}"


# ── fields ──────────────────────────────────────────────────────────────────────────────────────


class CellField(forms.Field):
    """A text that is read as a cell of a delivery is, with the same sentences."""

    def __init__(
        self, label: str, read: Callable[[str], Any], *, mode: str = "", rows: int = 0
    ) -> None:
        attrs: dict[str, Any] = {"autocomplete": "off"} | ({"inputmode": mode} if mode else {})
        widget = forms.Textarea({"rows": rows, "cols": False}) if rows else forms.TextInput(attrs)
        super().__init__(label=label, widget=widget)
        self._read = read

    def to_python(self, value: Any) -> Any:
        try:
            return self._read((value or "").strip())
        except cells.CellProblem as problem:
            raise ValidationError(str(problem)) from problem

    def validate(self, value: Any) -> None:
        """Does nothing: the reader has refused an empty text with its own sentence."""


def bags_field(
    label: str, least: int, most: int, too_many: str, *, required: bool = True
) -> DigitsField:
    """A whole number of bags in digits; None when it may be left empty and is."""
    invalid = f"Write a whole number of bags, {least} or more, in digits."
    return DigitsField(
        label=label,
        required=required,
        least=least,
        most=MAX_ID,
        invalid=invalid,
        error_messages={"required": invalid},
        validators=[MaxValueValidator(most, too_many)],
        widget=forms.TextInput({"autocomplete": "off", "inputmode": "numeric"}),
    )


TOO_MANY_ARRIVE = f"At most {cells.MAX_BAGS:,} bags come in at once."
TOO_MANY_COUNTED = f"At most {MAX_STOCK:,} bags can be on a shelf."


def _arriving_field(label: str) -> DigitsField:
    return bags_field(label, 1, cells.MAX_BAGS, TOO_MANY_ARRIVE)


def _words_field(name: str, *, rows: int = 0) -> CellField:
    def read(text: str) -> str:
        words = cells.words(name, f"The {name}", text)
        if not words:
            raise cells.CellProblem(f"Write the coffee’s {name}.")
        return words

    return CellField(name.capitalize(), read, rows=rows)


def _price(text: str) -> Any:
    price, _ = cells.price(text)
    if price is None:
        raise cells.CellProblem("Write a price, such as 12.50.")
    return price


def numbered_products(inventory: Inventory, data: Mapping[str, str], begin: str) -> list[Product]:
    """The coffees for which a sent page has fields, such as ``counted_1001``, in its order."""
    field = re.compile(re.escape(begin) + "([0-9]{1,16})")
    ids = [int(found[1]) for name in data if (found := field.fullmatch(name))]
    known = inventory.products(ids)
    return [known[id_] for id_ in ids if id_ in known]


# ── forms ───────────────────────────────────────────────────────────────────────────────────────


class DeskForm(StaffForm):
    """A form with a one-time key; ``slug`` begins the ids of its fields."""

    slug: ClassVar[str]
    button = ""
    intro = ""
    rank = ""
    """How its button looks: ``main``, ``quiet``, or plain."""
    about: tuple[int, ...] = ()
    """The product's id, once there is one."""
    refused_at: ClassVar[str | None] = None
    """The field beside which a refusal stands; None for the form itself."""

    def __init__(self, data: QueryDict | None = None, **options: Any) -> None:
        super().__init__(data, auto_id=f"id_{self.slug}_%s", **options)

    @property
    def action(self) -> str:
        """Where it is sent."""
        return reverse(f"staff_{self.slug}", args=self.about)

    @property
    def carried(self) -> dict[str, object]:
        """The hidden values of the form when it is shown, its key made anew each time."""
        return {"key": new_form_key()}

    @property
    def key(self) -> str:
        """The key that it was sent with."""
        return str(self.data.get("key", ""))

    @property
    def reason(self) -> str:
        """What the ledger keeps as the reason."""
        return str(self.cleaned_data.get("why", ""))

    def clean(self) -> None:
        if not self.errors and not KEY.fullmatch(self.key):
            self.refuse(LOST_KEY)

    def refuse(self, sentence: str) -> None:
        """Adds why the form as a whole can't be taken."""
        self.add_error(self.refused_at, sentence)

    def change(self) -> Change:
        """The change that a valid form asks for."""
        raise NotImplementedError

    @property
    def problems(self) -> dict[str, str]:
        """What is wrong, by the id (without its ``id_``) of the field, or of the form itself."""
        return {
            f"{self.slug}_{'form' if name == NON_FIELD_ERRORS else name}": str(sentences[0])
            for name, sentences in self.errors.items()
        }


class WordsForm(StaffForm):
    """The fields that describe a coffee."""

    name = _words_field("name")
    price = CellField("Price", _price, mode="decimal")
    origin = _words_field("origin")
    description = _words_field("description", rows=4)


class ProductForm(DeskForm):
    """One of the forms of a coffee's page."""

    permission: ClassVar[str] = "inventory.change_stock"
    heading = ""

    def __init__(self, desk: ProductDesk, data: QueryDict | None = None, **options: Any) -> None:
        super().__init__(data, **options)
        self.desk = desk
        self.about = (desk.id,)

    @property
    def is_offered(self) -> bool:
        """Whether the coffee as it stands can be changed in this way."""
        return not self.desk.is_gone


class ReceiveForm(ProductForm):
    """So many bags come in; a sold-out coffee comes back on sale."""

    slug = "receive"
    permission = "inventory.receive_delivery"

    quantity = _arriving_field("Bags that came in")
    why = WhyField(label="Note", required=False)

    def __init__(self, desk: ProductDesk, data: QueryDict | None = None) -> None:
        super().__init__(desk, data)
        self.heading = self.button = "Restock" if desk.is_sold_out else "Receive"
        self.rank = "main" if desk.is_sold_out else ""

    @property
    def is_offered(self) -> bool:
        return self.desk.product is not None and not self.desk.is_withdrawn

    @property
    def carried(self) -> dict[str, object]:
        shelf = self.desk.product.shelf if self.desk.product else ""
        return super().carried | {"shelf": shelf}

    def clean_quantity(self) -> int:
        quantity: int = self.cleaned_data["quantity"]
        if self.desk.product and self.desk.product.left + quantity > MAX_STOCK:
            raise ValidationError(TOO_MANY_ARRIVE)
        return quantity

    def clean(self) -> None:
        super().clean()
        if self.desk.product is None:
            self.refuse(CANNOT)

    def change(self) -> Change:
        product = self.desk.product
        assert product, "the form was not refused"
        shelf = self.data.get("shelf", "")
        row = DeliveryRow(
            product_id=product.id,
            quantity=self.cleaned_data["quantity"],
            shown=Shelf(shelf) if shelf in set(Shelf) else None,
            **product.details,
        )
        # The same number of bags of a coffee comes in every week: that repeats no delivery.
        return Delivery(rows=(row,), again=True)


class CountForm(ProductForm):
    """So many bags lie on the shelf where the page showed another figure, and why."""

    slug = "count"
    heading = "Count"
    button = "Correct the stock"

    counted = bags_field("Bags counted", 0, MAX_STOCK, TOO_MANY_COUNTED)
    why = WhyField(label="Why", error_messages={"required": "Write why, such as “two bags torn”."})

    @property
    def intro(self) -> str:  # type: ignore[override]
        how = (
            "0 writes the kept ones off; the coffee stays withdrawn."
            if self.desk.is_withdrawn and not self.desk.to_collect
            else "The difference is put right, also when some are sold meanwhile."
        )
        return f"This page shows {self.desk.shelf_words}. Count all that lie there. {how}"

    @property
    def carried(self) -> dict[str, object]:
        return super().carried | {"shown": self.desk.on_shelf}

    def clean(self) -> None:
        if "counted" not in self.errors and not FIGURE.fullmatch(self.data.get("shown", "")):
            self.add_error("counted", LOST_FIGURE)
        super().clean()

    def change(self) -> Change:
        return Correction(
            product_id=self.desk.id,
            shown=int(self.data["shown"]),
            counted=self.cleaned_data["counted"],
        )


class DetailsForm(WordsForm, ProductForm):
    """Another name, price, origin or description; the ledger keeps what they were.

    It carries what it showed, so that only the fields that were changed in it are written.
    """

    slug = "details"
    heading = "Price and words"
    button = "Change them"

    def __init__(self, desk: ProductDesk, data: QueryDict | None = None) -> None:
        initial = desk.product.details if desk.product else {}
        super().__init__(desk, data, initial=initial | {"name": desk.known_name})

    @property
    def carried(self) -> dict[str, object]:
        return super().carried | {f"shown_{name}": self._shown_text(name) for name in DETAILS}

    def _shown_text(self, name: str) -> str:
        """What the field held when the page was opened."""
        now = self.get_initial_for_field(self.fields[name], name)
        return str(self.data.get(f"shown_{name}", "" if now is None else now))

    def _shown(self, name: str) -> Any:
        """The same as a value; empty for a row that lacked it."""
        text = self._shown_text(name)
        if name == "price":
            # Another program may have written the price 0, which no field here takes.
            return Decimal(text.replace(",", ".")) if cells.PLAIN_PRICE.fullmatch(text) else None
        try:
            return self.fields[name].clean(text)
        except ValidationError:
            return ""

    def change(self) -> Change:
        # Of a row that cannot be sold the form shows no more than the name: all is written anew.
        is_known = self.desk.product is not None
        shown = Details(**{name: self._shown(name) for name in DETAILS}) if is_known else None
        return NewDetails(product_id=self.desk.id, shown=shown, **self.cleaned_data)

    def show_both(self, now: Mapping[str, Any]) -> None:
        """Show what another person wrote into the same fields, beside what was typed.

        The other fields get the values of now, and so does what the form carries: sent again, it
        writes what was typed.
        """
        sent = QueryDict(mutable=True)
        sent.update(self.data)
        known = self.desk.product.details if self.desk.product else now
        for name, value in known.items():
            if self.cleaned_data[name] == self._shown(name):
                sent[name] = str(value)
            sent[f"shown_{name}"] = str(value)
        typed, self.data = dict(self.cleaned_data), sent
        for name, value in now.items():
            self.add_error(
                name,
                f"Another person made it “{value}” since this page was opened, and you wrote "
                f"“{typed[name]}”. Nothing was written: send yours again, or write the other.",
            )


class ButtonForm(ProductForm):
    """A form whose change needs nothing but the coffee."""

    makes: ClassVar[type[Withdrawal | PutBack | AcceptOutside]]

    def change(self) -> Change:
        return self.makes(product_id=self.desk.id)


class WithdrawForm(ButtonForm):
    """Off sale, with its bags kept."""

    slug = "withdraw"
    makes = Withdrawal
    heading = "Take off sale"
    button = "Take it off sale"
    intro = "Customers don’t see it any more; its details and bags are kept until you put it back."

    why = WhyField(required=False)

    @property
    def is_offered(self) -> bool:
        return self.desk.is_on_sale


class PutBackForm(ButtonForm):
    """Back on sale, with the bags that were kept."""

    slug = "put_back"
    makes = PutBack
    heading = "Put back on sale"
    button = "Put it back"
    rank = "main"

    why = WhyField(required=False)

    @property
    def intro(self) -> str:  # type: ignore[override]
        kept = self.desk.bags
        if not kept:
            return "No bags are kept: it comes back as sold out, to be restocked."
        return f"It comes back with the {bags(kept)} that {'is' if kept == 1 else 'are'} kept."

    @property
    def is_offered(self) -> bool:
        return self.desk.is_withdrawn


class AcceptForm(ButtonForm):
    """What other programs did to the quantity is written into the ledger."""

    slug = "accept"
    makes = AcceptOutside
    button = "Accept into the ledger"
    rank = "quiet"

    @property
    def is_offered(self) -> bool:
        return bool(self.desk.drift)


class AddForm(WordsForm, DeskForm):
    """A coffee that the shop has never had, with its first bags."""

    slug = "add"
    button = "Put it on sale"
    rank = "main"
    refused_at = "number"
    reason = "added to the shop"

    field_order = ("number", "name", "origin", "price", "quantity", "description")

    number = CellField("Number (ProductId)", cells.product_id, mode="numeric")
    quantity = _arriving_field("Bags")

    def change(self) -> Change:
        row = dict(self.cleaned_data)
        number = row.pop("number")
        return Delivery(rows=(DeliveryRow(product_id=number, must_be_new=True, **row),), again=True)

    @property
    def carried(self) -> dict[str, object]:
        # A name that was warned of once is meant when it is sent again.
        warned_of = self.data.get("name" if "name" in self.errors else "same_name", "")
        return super().carried | {"same_name": warned_of}
