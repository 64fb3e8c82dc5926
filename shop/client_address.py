"""The address that limits and throttles count a request under."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from django.conf import settings
from django.http import HttpRequest
from django.utils.crypto import salted_hmac

NO_ADDRESS = "::"


def client_address(request: HttpRequest) -> str:
    """The IPv4 address, or the first address of the IPv6 network (/64), of the visitor.

    A home has a whole /64, so its addresses count as one. An IPv4 address written as IPv6 is the
    IPv4 address. NO_ADDRESS when there is none, as on a Unix socket.

    It is the address that the outermost of TRUSTED_PROXIES saw; without proxies, the connection's.
    Each proxy appends the address it saw to X-Forwarded-For. Entries before those of our own
    proxies come from the client and are ignored.
    """
    seen = request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")
    proxies: int = settings.TRUSTED_PROXIES
    forwarded = _counted(seen[-proxies]) if 0 < proxies <= len(seen) else None
    return forwarded or _counted(request.META.get("REMOTE_ADDR", "")) or NO_ADDRESS


def address_hash(request: HttpRequest) -> str:
    """The address as a hash (hex) with the shop's key, for what is stored with orders."""
    digest = salted_hmac(__name__, client_address(request), algorithm="sha256")
    return digest.hexdigest()[:32]


def shortened(address: str) -> str:
    """The network around an address, for the log: it says where from, and names no visitor."""
    bits = 24 if ip_address(address).version == 4 else 48
    return str(ip_network(f"{address}/{bits}", strict=False))


def _counted(text: str) -> str | None:
    try:
        address: IPv4Address | IPv6Address | None = ip_address(text.strip())
    except ValueError:
        return None
    if isinstance(address, IPv6Address):
        # Through the number, which leaves out the zone of a local address (fe80::1%eth0).
        network = IPv6Address(int(address) >> 64 << 64)
        address = address.ipv4_mapped or network
    return str(address)
