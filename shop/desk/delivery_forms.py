"""A delivery as the staff's forms send it."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from django import forms

from shop.deliveries import (
    MAX_TEXT,
    Edits,
    Means,
    ReadDelivery,
    UnreadableDelivery,
    digest,
    edited,
    edits_in,
    read_delivery,
    size_of,
    too_large,
)
from shop.desk.forms import LONGEST_WHY, StaffForm
from shop.http import plain

MOST_NAMED = 20
"""Problems that are named above the lines; all of them stand beside their lines."""

LONGEST_SUPPLIER = 80
"""Characters of a supplier's name."""

NUMBERS = re.compile("[0-9]{1,9}")
MEANS: dict[str, Means] = {"received": "received", "shelf": "shelf"}


@dataclass(frozen=True, kw_only=True, slots=True)
class SentDelivery:
    """The lines that were sent, and what was chosen on the preview that they came from."""

    lines: ReadDelivery
    key: str
    shelves: str
    """Where the preview showed the products, as :attr:`Preview.shelves`."""
    is_as_checked: bool
    """Whether the lines are still those that the preview was made from."""
    is_meant: bool
    """Whether the column of a level still means what the preview took it for."""
    left_out_cells: bool
    """Whether cells were typed as well, and left out because the lines had changed."""
    takes_all: bool
    take: tuple[int, ...]
    """The products whose details are to replace the shop's: ``take_<id>``, or ``take_all``."""
    again: bool
    """Whether it is to be received even if the same delivery came before."""
    supplier: str
    note: str

    @property
    def why(self) -> str:
        """What the ledger keeps of whom the bags came from, and of the note."""
        return ": ".join(filter(None, (self.supplier, self.note)))

    @property
    def checked(self) -> str:
        """What the next page remembers of these lines."""
        return digest(self.lines.text)


class DeliveryForm(StaffForm):
    """A delivery as a file, or as pasted lines; a file comes before lines."""

    file = forms.FileField(
        label="CSV file",
        required=False,
        allow_empty_file=True,
        widget=forms.FileInput({"accept": ".csv,text/csv,text/plain"}),
    )
    text = forms.Field(
        label="Or paste its lines",
        required=False,
        widget=forms.Textarea(
            {"class": "csv-text", "rows": 8, "cols": False, "spellcheck": "false"}
        ),
    )

    @property
    def source(self) -> str:
        """The field that the delivery is read from."""
        return "file" if self.files.get("file") else "text"

    def sent(self) -> SentDelivery:
        """All that was sent. Raises UnreadableDelivery."""
        is_as_checked = digest(self.data.get("text", "")) == self.data.get("checked", "")
        edits = edits_in(self.data)
        left_out = [int(line) for line in NUMBERS.findall(self.data.get("leave_out", ""))]
        means: Means = MEANS.get(self.data.get("means", ""), "")
        # Where the lines were changed as well, their numbers may have moved: the lines win.
        content = self.content(edits, left_out) if is_as_checked else self.content()
        lines = read_delivery(content, means)
        takes_all = bool(self.data.get("take_all"))
        ids = {row.product_id for row in lines.rows if row.product_id is not None}
        return SentDelivery(
            lines=lines,
            key=self.data.get("key", ""),
            shelves=self.data.get("shelves", ""),
            is_as_checked=is_as_checked,
            is_meant=self.data.get("meant", "") == lines.means,
            left_out_cells=bool(edits) and not is_as_checked,
            takes_all=takes_all,
            take=tuple(sorted(id_ for id_ in ids if takes_all or self.data.get(f"take_{id_}"))),
            again=self.data.get("again") == "1",
            supplier=plain(self.data.get("supplier", ""))[:LONGEST_SUPPLIER],
            note=plain(self.data.get("note", ""))[:LONGEST_WHY],
        )

    def content(self, edits: Edits | None = None, left_out: Collection[int] = ()) -> bytes | str:
        """The file's bytes, or the lines with these cells in place of theirs, and without some.

        Raises UnreadableDelivery for none, and for too many.
        """
        upload, text = self.files.get("file"), self.data.get("text", "")
        if not upload and not text.strip():
            raise UnreadableDelivery("Choose a CSV file, or paste its lines.")
        size = upload.size or 0 if upload else size_of(text)
        if size > MAX_TEXT:
            raise UnreadableDelivery(too_large(size, MAX_TEXT))
        lines = edited(text, edits or {}, left_out) if edits or left_out else text
        return upload.read() if upload else lines


def first_problems(problems: Sequence[object]) -> dict[str, object]:
    """What a template needs to name the first problems, and to count the others."""
    return {
        "problems": problems[:MOST_NAMED],
        "more_problems": max(0, len(problems) - MOST_NAMED),
    }
