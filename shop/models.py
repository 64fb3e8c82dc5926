"""The shop's own tables in Django's database: mails, and requests to be told of a restock."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from shop.inventory.contract import TEXTS

LONGEST_EMAIL = 254


class OutgoingMail(models.Model):
    """A mail to be sent once; it is queued until ``sent_at`` or ``given_up_at`` is set."""

    kind = models.CharField(max_length=30)
    key = models.CharField(max_length=64)
    """What the mail reports, such as an order's reference; unique for each kind."""
    address = models.CharField(max_length=LONGEST_EMAIL, blank=True, default="", db_default="")
    """The recipient; removed as soon as the mail is sent or given up."""
    address_hash = models.CharField(max_length=32, null=True, blank=True)  # noqa: DJ001
    """Keyed hash of the mailbox, to count its mails of an hour; removed after it."""
    created_at = models.DateTimeField()
    next_try_at = models.DateTimeField()
    tries = models.PositiveIntegerField(default=0, db_default=0)
    """How often sending failed for a reason of this mail's own."""
    refusals = models.PositiveSmallIntegerField(default=0, db_default=0)
    """How often the server refused the address for good while it accepted other mails."""
    claimed_at = models.DateTimeField(null=True, blank=True)
    """When a job claimed it; None when no job is sending it."""
    sent_at = models.DateTimeField(null=True, blank=True)
    given_up_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        default_permissions = ()
        indexes = [
            models.Index(
                fields=["next_try_at"],
                condition=Q(sent_at=None, given_up_at=None),
                name="mails_to_send",
            ),
            models.Index(
                fields=["address_hash", "next_try_at"],
                condition=Q(address_hash__isnull=False),
                name="mails_to_one_mailbox",
            ),
        ]
        constraints = [
            models.UniqueConstraint(fields=["kind", "key"], name="a_mail_is_written_down_once")
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.key}"


class RestockRequest(models.Model):
    """An address that wants one mail when a sold-out coffee is back."""

    product_id = models.BigIntegerField()
    name = models.CharField(max_length=TEXTS["name"])
    """The coffee's name when it was asked for, so that links need no stock."""
    address = models.CharField(max_length=LONGEST_EMAIL)
    language = models.CharField(max_length=15)
    """The language of the page, used for the mails."""
    asked_at = models.DateTimeField()
    """When it was last asked for."""
    confirmed_at = models.DateTimeField(null=True, blank=True)
    """When the address's owner confirmed it by the link; None until then."""
    queued_at = models.DateTimeField(null=True, blank=True)
    """When bags were there and the mail was queued; None before."""

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["product_id", "address"], name="a_restock_is_asked_for_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.pk} for {self.product_id}"
