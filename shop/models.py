"""What the shop keeps in Django's database besides the stock."""

from __future__ import annotations

from django.db import models
from django.db.models import Q


class OutgoingMail(models.Model):
    """A mail that is to be sent once. It waits until it has ``sent_at`` or ``given_up_at``."""

    kind = models.CharField(max_length=30)
    key = models.CharField(max_length=64)
    """What it tells of, such as an order's reference; only one mail of a kind has it."""
    address = models.CharField(max_length=254, blank=True, default="", db_default="")
    """Whom it goes to. Removed as soon as the mail is sent or given up."""
    created_at = models.DateTimeField()
    next_try_at = models.DateTimeField()
    tries = models.PositiveIntegerField(default=0, db_default=0)
    """How often it failed for a reason of its own."""
    refusals = models.PositiveSmallIntegerField(default=0, db_default=0)
    """How often the server refused its address for good while it took other mails."""
    claimed_at = models.DateTimeField(null=True, blank=True)
    """Since when a job has it in hand."""
    sent_at = models.DateTimeField(null=True, blank=True)
    given_up_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        default_permissions = ()
        indexes = [
            models.Index(
                fields=["next_try_at"],
                condition=Q(sent_at=None, given_up_at=None),
                name="mails_to_send",
            )
        ]
        constraints = [
            models.UniqueConstraint(fields=["kind", "key"], name="a_mail_is_written_down_once")
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.key}"
