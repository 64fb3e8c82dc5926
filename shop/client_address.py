"""From which address a request came, as far as it can be believed."""

from __future__ import annotations

from ipaddress import ip_address

from django.conf import settings
from django.http import HttpRequest


def client_address(request: HttpRequest) -> str | None:
    """The address that the outermost of TRUSTED_PROXIES saw; without proxies, the connection's.

    Each proxy adds whom it saw at the end of X-Forwarded-For. What stands before the entries of
    our own proxies was written by whoever sent the request, and is not read. None where there is
    no address at all, as on a Unix socket.
    """
    seen = request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")
    proxies: int = settings.TRUSTED_PROXIES
    forwarded = _address(seen[-proxies]) if 0 < proxies <= len(seen) else None
    return forwarded or _address(request.META.get("REMOTE_ADDR", ""))


def _address(text: str) -> str | None:
    try:
        return str(ip_address(text.strip()))
    except ValueError:
        return None
