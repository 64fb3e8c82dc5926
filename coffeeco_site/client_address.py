"""From which address a request came, as far as it can be believed."""

from __future__ import annotations

from ipaddress import ip_address

from django.conf import settings
from django.http import HttpRequest


def client_address(request: HttpRequest) -> str:
    """The address that the outermost of TRUSTED_PROXIES saw; without proxies, the connection's.

    Each proxy adds whom it saw at the end of X-Forwarded-For. What stands before the entries of
    our own proxies was written by whoever sent the request, and is not read.
    """
    connected: str = request.META.get("REMOTE_ADDR", "")
    if not settings.TRUSTED_PROXIES:
        return connected
    seen = request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")
    try:
        return str(ip_address(seen[-settings.TRUSTED_PROXIES].strip()))
    except (IndexError, ValueError):
        return connected
