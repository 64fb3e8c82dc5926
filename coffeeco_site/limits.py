"""What one request may take: the length of its lines and body, files, and the database's time."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.core.files.uploadhandler import FileUploadHandler, SkipFile
from django.http import HttpRequest, HttpResponse

from coffeeco_site.errors import refused, too_long
from coffeeco_site.requests import LONGEST_LINE
from coffeeco_site.time_limit import DELIVERY_SECONDS, time_limit
from shop.deliveries import MAX_TEXT, MAX_UPLOAD
from shop.http import whole_number
from shop.inventory.contract import MAX_ID

TAKE_FILES = ("/staff/deliveries/", "/staff/prices/")
"""The pages of deliveries, and those of lists of prices."""
LONGEST_DELIVERY = MAX_UPLOAD + MAX_TEXT
LONGEST_FORM = 256 * 1024
"""Bytes; a basket of 99 coffees has some 20,000, and parsing a megabyte takes 0.4 s."""


class LimitsMiddleware:
    """Turns away, unread, what is too long, and limits the database's time.

    Long lines would stay in memory, because Python keeps the last addresses that it has split.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if any(len(line) > LONGEST_LINE for line in request.META.values() if isinstance(line, str)):
            return refused(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)
        is_file = request.method == "POST" and takes_files(request)
        if request.method == "POST" and not request.META.get("CONTENT_LENGTH"):
            # Browsers always send it.
            return refused(HTTPStatus.LENGTH_REQUIRED)
        length = whole_number(request.META.get("CONTENT_LENGTH") or "0", most=MAX_ID)
        if length is None or length > (LONGEST_DELIVERY if is_file else LONGEST_FORM):
            return too_long()
        with time_limit(DELIVERY_SECONDS if is_file else settings.INVENTORY_TIMEOUT):
            return self.get_response(request)


class FilesWhereTaken(FileUploadHandler):
    """Skips files that are sent to other addresses than the pages that take them."""

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        """Called at the beginning of each file."""
        super().new_file(*args, **kwargs)
        if self.request is None or not takes_files(self.request):
            raise SkipFile

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:  # noqa: ARG002
        """Leaves the file to Django's handlers."""
        return raw_data

    def file_complete(self, file_size: int) -> None:
        """Leaves the file to Django's handlers."""


def takes_files(request: HttpRequest) -> bool:
    """True for the pages of TAKE_FILES, which need longer when one is sent."""
    return request.path_info.startswith(TAKE_FILES)
