"""The branch and e-mail address that Pay sent, kept in the browser for the next look at the form.

The branch stays chosen for later orders. The address stays only until an order is placed. The
cookie is signed, so that no one else can put in an address for the receipt.
"""

from __future__ import annotations

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse

from checkout.forms import PayForm
from shop.models import LONGEST_EMAIL

COOKIE = "choices"
SALT = "what Pay has sent"


def remembered(request: HttpRequest) -> dict[str, str]:
    """The branch and the e-mail address, if this browser has sent them before."""
    try:
        kept: dict[str, str] = signing.loads(request.COOKIES.get(COOKIE, ""), salt=SALT)
    except signing.BadSignature:
        return {}
    return kept


def remember(
    request: HttpRequest, response: HttpResponse, form: PayForm, *, is_refused: bool
) -> None:
    """Keep what Pay has sent; the address only after a refusal."""
    branch = form.chosen_branch or remembered(request).get("branch", "")
    email = str(form["email"].value() or "")[:LONGEST_EMAIL] if is_refused else ""
    response.set_cookie(
        COOKIE,
        signing.dumps({"branch": branch, "email": email}, salt=SALT),
        max_age=settings.SESSION_COOKIE_AGE,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
