"""Every address that the site has."""

from __future__ import annotations

import re
from collections.abc import Iterator

from django.urls import URLPattern, URLResolver, get_resolver


def routes() -> Iterator[str]:
    """As they are written, with places such as ``<int:product_id>``."""
    return (route for route, _view in routes_and_views())


def routes_and_views(
    resolver: URLResolver | None = None, before: str = "/"
) -> Iterator[tuple[str, object]]:
    """Each of them with the view that answers it."""
    for pattern in (resolver or get_resolver()).url_patterns:
        # The two of Django's accounts that are regular expressions.
        own = re.sub(r"[\^$]|\(\?P<\w+>(\w+|\.\*)\)", r"\1", str(pattern.pattern))
        if isinstance(pattern, URLPattern):
            yield before + own, pattern.callback
        else:
            yield from routes_and_views(pattern, before + own)
