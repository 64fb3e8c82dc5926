"""The address of a server and the account to log in with, read from a URL."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import parse_qs, unquote, urlsplit

FORM = "iris://user:password@host:1972/NAMESPACE"
DEFAULT_PORT = 1972


class AddressError(ValueError):
    """The URL can't be used; the text says why and holds no part of it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Address:
    """One server, namespace and account. The password never shows in a repr."""

    host: str
    port: int
    namespace: str
    user: str
    password: str = field(repr=False)
    tls: str = ""
    """The section of the driver's TLS settings file; empty for a plain connection."""

    def __str__(self) -> str:
        return f"{self.host}:{self.port}/{self.namespace}"

    @classmethod
    def from_url(cls, url: str) -> Address:
        """The address in a URL; raises AddressError, which never repeats the URL."""
        try:
            parts = urlsplit(url)
            port = parts.port or DEFAULT_PORT
        except ValueError:
            raise AddressError("its host or port can't be read") from None
        wanted = {
            "host": parts.hostname,
            "user": parts.username,
            "password": parts.password,
            "namespace": parts.path.strip("/"),
        }
        missing = [what for what, found in wanted.items() if not found]
        if missing:
            raise AddressError(f"it has no {missing[0]}")
        options = parse_qs(parts.query)
        unknown = sorted(set(options) - {"tls"})
        if unknown:
            raise AddressError(f"it has an unknown option {unknown[0]!r}")
        return cls(
            host=parts.hostname or "",
            port=port,
            namespace=unquote(parts.path.strip("/")),
            user=unquote(parts.username or ""),
            password=unquote(parts.password or ""),
            tls=options.get("tls", [""])[0],
        )
