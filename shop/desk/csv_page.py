"""A table as a file for a spreadsheet."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence

from django.db import connection
from django.http import StreamingHttpResponse


class _Echo:
    """A file that hands back what is written to it."""

    def write(self, text: str) -> str:
        return text


def csv_page(name: str, rows: Iterable[Sequence[str]]) -> StreamingHttpResponse:
    """The rows as a download, sent as they come, so that a long one needs no memory.

    Its byte order mark tells spreadsheets that it is UTF-8. The rows must come with cells that a
    spreadsheet could run as a formula already neutralised.
    """

    def lines() -> Iterator[str]:
        yield "\ufeff"
        writer = csv.writer(_Echo())
        for row in rows:
            # A slow reader must not keep a connection that other requests share.
            connection.close_if_unusable_or_obsolete()
            yield writer.writerow(row)

    response = StreamingHttpResponse(lines(), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
