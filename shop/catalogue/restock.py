"""*Tell me when it's back*: one mail to a confirmed address when a sold-out coffee has bags again.

The stock is compared before each round of mails, so bags that another program put into the table
count as well. A request is deleted once its mail is sent.
"""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.core import signing
from django.core.mail import EmailMultiAlternatives
from django.db import transaction
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext_lazy as _

from shop.catalogue.reader import is_on_sale
from shop.email_form import NeededEmailForm, email_field
from shop.formats import active_language
from shop.inventory import get_inventory
from shop.inventory.contract import InventoryBusy, InventoryUnavailable, Product
from shop.mail import Kind, composed, queue, register
from shop.mail_round import GIVE_UP_AFTER
from shop.models import OutgoingMail, RestockRequest

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise

log = logging.getLogger(__name__)

CONFIRM = "restock-confirm"
RESTOCK = "restock"
MAILS_AN_HOUR = 5
"""To one mailbox, whose owner may have asked for nothing."""
CONFIRM_WITHIN = timedelta(days=1)
KEPT_FOR = timedelta(days=365)
"""How long a request waits for bags."""
AT_MOST = 500
"""Mails queued before one round; the next round queues more."""
_signer = signing.Signer(salt="shop.restock")


class RestockForm(NeededEmailForm):
    """The address that the mail goes to."""

    email = email_field(
        _("E-mail"), _("You get one e-mail when bags come in; then we delete your address.")
    )


# ── requests ─────────────────────────────────────────────────────────────────────────────────────


def ask(product: Product, address: str) -> None:
    """Queue the mail with the link that confirms the address; the same one if it is confirmed."""
    now = timezone.now()
    first = {"name": product.name, "language": active_language(), "asked_at": now}
    with transaction.atomic():
        asked, _is_new = RestockRequest.objects.update_or_create(
            {"asked_at": now}, first, product_id=product.id, address=address
        )
        # One mail an hour, however often it is asked for.
        queue(CONFIRM, f"{asked.pk}-{now:%Y%m%d%H}", address)


def find(pk: str) -> RestockRequest | None:
    """The request, or None when it is over."""
    return RestockRequest.objects.filter(pk=pk).first()


def confirm(pk: str) -> None:
    """Send the mail when bags come in."""
    RestockRequest.objects.filter(pk=pk, confirmed_at=None).update(confirmed_at=timezone.now())


def forget(pk: str) -> None:
    """Send no mail, and delete the address; a mail that is queued is not sent."""
    RestockRequest.objects.filter(pk=pk).delete()


def unsign(signed: str) -> str | None:
    """The key of a link's request, or None if the link's signature is wrong."""
    try:
        return _signer.unsign(signed)
    except signing.BadSignature:
        return None


def purge() -> int:
    """Delete requests that are past their time; returns how many."""
    now = timezone.now()
    past = (
        Q(confirmed_at=None, asked_at__lte=now - CONFIRM_WITHIN)
        | Q(asked_at__lte=now - KEPT_FOR)
        | Q(queued_at__lte=now - GIVE_UP_AFTER)
    )
    removed, _by_table = RestockRequest.objects.filter(past).delete()
    return removed


# ── mails ────────────────────────────────────────────────────────────────────────────────────────


def register_restock_mails() -> None:
    """Register both kinds of mail."""
    register(CONFIRM, Kind(build=_confirmation, an_hour=MAILS_AN_HOUR))
    register(RESTOCK, Kind(build=_restock, gather=_gather, sent=_forget_request_of))


def _gather() -> None:
    """Queue the mail of each confirmed request whose coffee can be bought."""
    waiting = RestockRequest.objects.filter(queued_at=None).exclude(confirmed_at=None)
    ids = list(waiting.values_list("product_id", flat=True).distinct())
    if not ids:
        return
    try:
        found = get_inventory().products(ids)
    except (InventoryUnavailable, InventoryBusy) as error:
        log.info("The inventory is away, so it is not known which coffees are back: %r", error)
        return
    back = [id_ for id_, product in found.items() if is_on_sale(product)]
    now = timezone.now()
    for asked in waiting.filter(product_id__in=back).order_by("pk")[:AT_MOST]:
        with transaction.atomic():
            if waiting.filter(pk=asked.pk).update(queued_at=now):
                queue(RESTOCK, f"{asked.pk}-{now:%Y%m%d%H%M%S}", asked.address)


def _confirmation(mail: OutgoingMail) -> EmailMultiAlternatives | None:
    asked = _request_of(mail)
    subject = _("Shall we tell you when {name} is back?")
    if asked is None:
        return None
    return _about(asked, mail, subject, "mail/restock_confirm", _link("restock_confirm", asked))


def _restock(mail: OutgoingMail) -> EmailMultiAlternatives | None:
    asked = _request_of(mail)
    if asked is None:
        return None
    if not is_on_sale(get_inventory().product(asked.product_id)):
        # Sold out again before the mail could be sent: it waits for the next bags.
        RestockRequest.objects.filter(pk=asked.pk).update(queued_at=None)
        return None
    url = settings.BASE_URL + reverse("product_short", args=[asked.product_id])
    return _about(asked, mail, _("{name} is back"), "mail/restock", url)


def _about(
    asked: RestockRequest, mail: OutgoingMail, subject: StrPromise, template: str, url: str
) -> EmailMultiAlternatives:
    """A mail about a request, in its language; mail programs can end it (RFC 8058)."""
    stop = _link("restock_stop", asked)
    context: dict[str, object] = {"name": asked.name, "url": url, "stop_url": stop}
    with translation.override(asked.language):
        built = composed(mail, str(subject).format(name=asked.name), template, context)
    built.extra_headers["List-Unsubscribe"] = f"<{stop}>"
    built.extra_headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    return built


def _link(name: str, asked: RestockRequest) -> str:
    return settings.BASE_URL + reverse(name, args=[_signer.sign(str(asked.pk))])


def _request_of(mail: OutgoingMail) -> RestockRequest | None:
    return find(mail.key.partition("-")[0])


def _forget_request_of(mail: OutgoingMail) -> None:
    forget(mail.key.partition("-")[0])
