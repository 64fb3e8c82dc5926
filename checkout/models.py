"""Orders as the shop keeps them; what was sold is in the inventory's ledger."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from shop.branches import Branch, branch
from shop.inventory.contract import MAX_ANSWER, MAX_WHO, TEXTS

LONGEST_REFERENCE = 11
LONGEST_DETAIL = 300


class OrderState(models.TextChoices):
    """An order starts as PENDING and changes state once."""

    PENDING = "pending"
    CONFIRMED = "confirmed"
    REFUSED = "refused"
    ABANDONED = "abandoned"


class Order(models.Model):
    """One order. ``token_hash`` identifies the exact basket that it was placed for."""

    reference = models.CharField(max_length=LONGEST_REFERENCE, unique=True)
    token_hash = models.CharField(max_length=64, unique=True)
    state = models.CharField(max_length=9, choices=OrderState, default=OrderState.PENDING)
    branch_slug = models.SlugField(max_length=30, blank=True, db_index=False)
    email = models.EmailField(blank=True)
    language = models.CharField(max_length=15, default="en", db_default="en")
    """The language of the checkout page, used for the receipt."""
    tax_rate = models.DecimalField(max_digits=5, decimal_places=4)
    refusal = models.JSONField(null=True, blank=True)
    created_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True, blank=True)
    handed_over_at = models.DateTimeField(null=True, blank=True)
    handed_over_by = models.CharField(max_length=MAX_WHO, blank=True, default="", db_default="")
    cancelled_at = models.DateTimeField(null=True, blank=True)
    """When its bags were put back. The order stays CONFIRMED, since its sale is in the ledger."""
    cancelled_by = models.CharField(max_length=MAX_WHO, blank=True, default="", db_default="")

    attempts = models.PositiveSmallIntegerField(default=1, db_default=1)
    """Attempts to sell it that have not ended. One that crashed stays counted."""

    # NULL, since SQLite would make the table anew for a default, without the columns of 0.1.
    address_hash = models.CharField(max_length=32, null=True, blank=True)  # noqa: DJ001
    """Keyed hash of the visitor's address, to count their orders of a day; removed after it."""

    class Meta:
        default_permissions = ()
        permissions = [
            ("see_orders", "Can see orders and hand them over"),
            ("cancel_orders", "Can cancel orders"),
        ]
        indexes = [
            models.Index(fields=["-created_at"], name="orders_newest_first"),
            models.Index(
                fields=["created_at"], condition=Q(state="pending"), name="orders_still_pending"
            ),
            models.Index(fields=["state", "-created_at"], name="orders_by_state"),
            models.Index(fields=["state", "settled_at"], name="orders_by_settling"),
            models.Index(
                fields=["created_at"], condition=~Q(email=""), name="orders_with_an_address"
            ),
            models.Index(
                fields=["created_at"],
                condition=Q(handed_over_at=None, cancelled_at=None),
                name="orders_on_the_shelf",
            ),
            models.Index(
                fields=["address_hash", "created_at"],
                condition=Q(address_hash__isnull=False),
                name="orders_of_an_address",
            ),
        ]

    def __str__(self) -> str:
        return self.reference

    @property
    def is_pending(self) -> bool:
        return self.state == OrderState.PENDING

    @property
    def may_be_selling(self) -> bool:
        """True while an attempt to sell it may be running."""
        return self.is_pending and self.attempts > 0

    @property
    def is_given_up(self) -> bool:
        """True while it is PENDING though every attempt ended before anything was sold."""
        return self.is_pending and self.attempts == 0

    @property
    def is_confirmed(self) -> bool:
        return self.state == OrderState.CONFIRMED

    @property
    def is_cancelled(self) -> bool:
        return self.cancelled_at is not None

    @property
    def is_handed_over(self) -> bool:
        return self.handed_over_at is not None

    @property
    def masked_email(self) -> str:
        """The address for readers who may not be its owner: its first letter and its domain."""
        local, _, domain = self.email.rpartition("@")
        return f"{local[:1]}…@{domain}"

    @property
    def ready_from(self) -> datetime:
        """When its bags can be collected: when it was placed, or when its branch opens after it."""
        placed = timezone.localtime(self.created_at)
        return self.branch.open_from(placed) if self.branch else placed

    @property
    def closed_then(self) -> str:
        """When its branch opened next, in words; empty if it was open when it was placed."""
        placed = timezone.localtime(self.created_at)
        return self.branch.at(placed) if self.branch and self.ready_from != placed else ""

    @property
    def kept_until(self) -> datetime | None:
        """The last day for which its bags are kept; None when the shop names none."""
        days = settings.PICKUP_KEEP_DAYS
        return self.ready_from + timedelta(days=days) if days else None

    @property
    def days_waiting(self) -> int:
        """Whole days since it was placed."""
        return (timezone.now() - self.created_at).days

    @property
    def branch(self) -> Branch | None:
        """The branch where it is collected; None for an order rebuilt from the ledger."""
        return branch(self.branch_slug)


class OrderLine(models.Model):
    """A line as the checkout page showed it; in a confirmed order, as in the ledger."""

    # The unique constraint's index begins with the order.
    order = models.ForeignKey(Order, models.CASCADE, related_name="lines", db_index=False)
    product_id = models.PositiveBigIntegerField()
    name = models.CharField(max_length=TEXTS["name"])
    origin = models.CharField(max_length=TEXTS["origin"], blank=True)
    quantity = models.PositiveIntegerField()
    unit_price = models.DecimalField(max_digits=10, decimal_places=2)

    class Meta:
        default_permissions = ()
        ordering = ["product_id"]
        indexes = [models.Index(fields=["product_id", "order"], name="orders_of_a_product")]
        constraints = [
            models.UniqueConstraint(
                fields=["order", "product_id"], name="a_product_once_in_an_order"
            ),
            models.CheckConstraint(condition=Q(quantity__gte=1), name="a_line_has_bags"),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} of {self.name}"

    @property
    def subtotal(self) -> Decimal:
        return self.unit_price * self.quantity


class OrderEvent(models.Model):
    """One event in an order's history; never changed."""

    order = models.ForeignKey(Order, models.CASCADE, related_name="events")
    at = models.DateTimeField()
    what = models.CharField(max_length=40)
    detail = models.CharField(max_length=LONGEST_DETAIL, blank=True)

    class Meta:
        default_permissions = ()
        ordering = ["id"]

    def __str__(self) -> str:
        return self.what


class SwitchedOn(models.Model):
    """When a round of the jobs first found CANCEL_UNCOLLECTED on with so many days."""

    days = models.PositiveSmallIntegerField(primary_key=True)
    at = models.DateTimeField()

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.days} since {self.at}"


class GoodRound(models.Model):
    """When a job of ``jobs`` last ended well, by the name of its command."""

    job = models.CharField(max_length=40, primary_key=True)
    at = models.DateTimeField()

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.job} at {self.at}"


class OrderLimit(models.TextChoices):
    """A limit on new orders; its value is the name of the setting."""

    ORDER_BAGS = "ORDER_MAX_BAGS", "bags in one order"
    ADDRESS_BAGS = "ADDRESS_MAX_BAGS", "bags to collect from one address"
    ADDRESS_ORDERS = "ADDRESS_MAX_ORDERS", "orders from one address in a day"


class TurnedAway(models.Model):
    """How often a limit turned away orders from one address; removed a day after the last."""

    address_hash = models.CharField(max_length=32)
    limit = models.CharField(max_length=20, choices=OrderLimit)
    times = models.PositiveIntegerField()
    last_at = models.DateTimeField()

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["address_hash", "limit"], name="one_row_for_a_limit")
        ]

    def __str__(self) -> str:
        return self.limit


ALERT_IS_DUE_FOR = timedelta(days=1)
"""After that an alert that the stock server never answered is not called any more."""


class StockAlert(models.Model):
    """One occurrence of an alert, made from the ledger's decision."""

    reference = models.CharField(max_length=LONGEST_REFERENCE)
    product_id = models.PositiveBigIntegerField()
    kind = models.CharField(max_length=3, choices=[("low", "low"), ("out", "out")])
    name = models.CharField(max_length=TEXTS["name"])
    left = models.PositiveIntegerField()
    answer = models.CharField(max_length=MAX_ANSWER, blank=True)
    error = models.CharField(max_length=MAX_ANSWER, blank=True)
    at = models.DateTimeField()
    due_at = models.DateTimeField(null=True, blank=True)
    """When the stock server's alert is called again; empty once it was answered."""
    mail = models.CharField(max_length=32, blank=True, default="", db_default="")
    """The name of the mail that reports it; empty until one is queued."""
    acknowledged_at = models.DateTimeField(null=True, blank=True)
    """When staff acknowledged it; an alert is open until then."""
    acknowledged_by = models.CharField(max_length=MAX_WHO, blank=True, default="", db_default="")

    class Meta:
        default_permissions = ()
        indexes = [
            models.Index(fields=["at"], condition=Q(mail=""), name="alerts_in_no_mail"),
            models.Index(
                fields=["due_at"], condition=Q(due_at__isnull=False), name="alerts_still_due"
            ),
            models.Index(
                fields=["product_id", "kind"],
                condition=Q(acknowledged_at=None),
                name="alerts_still_open",
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["reference", "product_id", "kind"], name="an_alert_is_recorded_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"

    @property
    def is_given_up(self) -> bool:
        """True when the stock server never answered it, and is not asked any more."""
        return self.due_at is not None and timezone.now() - self.at > ALERT_IS_DUE_FOR

    @property
    def server_said(self) -> tuple[str, str]:
        """What went wrong with its call, empty if nothing did, and what the stock server said."""
        if self.is_given_up:
            return "Not raised", "the stock server did not answer for a day"
        if self.due_at:
            return "", "Not answered yet; it is called again by itself"
        return ("Error", self.error) if self.error else ("", self.answer or "Nothing")
