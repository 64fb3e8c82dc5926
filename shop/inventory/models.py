"""The tables of ``database://``. They mirror what the shop keeps in IRIS, row for row."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower

from shop.inventory import contract
from shop.inventory.words import folded, texts_of


class StockRow(models.Model):
    """A product on sale. Its row is deleted with its last bag, as the rule says."""

    id = models.PositiveBigIntegerField(primary_key=True)
    name = models.CharField(max_length=contract.TEXTS["name"], blank=True)
    price = models.DecimalField(max_digits=10, decimal_places=2, null=True)
    quantity = models.IntegerField(null=True)
    origin = models.CharField(max_length=contract.TEXTS["origin"], blank=True)
    description = models.CharField(max_length=contract.TEXTS["description"], blank=True)
    # NULL in rows that the former version inserts during an upgrade.
    name_key = models.TextField(null=True)  # noqa: DJ001
    """The name as names are sorted."""
    search_key = models.TextField(null=True)  # noqa: DJ001
    """All texts as a search compares them."""

    class Meta:
        default_permissions = ()
        permissions = [
            ("view_stock", "Can see the stock"),
            ("change_stock", "Can change the stock"),
            ("receive_delivery", "Can receive a delivery"),
        ]
        # Without the quantity, which changes with each sale.
        indexes = [models.Index("name_key", Lower("name"), "id", name="stock_by_name")]
        constraints = [
            models.CheckConstraint(condition=Q(quantity__gte=0), name="stock_never_negative")
        ]

    def __str__(self) -> str:
        return f"{self.id} {self.name}"

    def save(self, *args: Any, **options: Any) -> None:
        """Write the keys with the texts that they are made of."""
        self.name_key, self.search_key = folded(self.name), texts_of(self)
        super().save(*args, **options)


class ShelvedProduct(models.Model):
    """The details of a product whose row is gone: sold out, or withdrawn by staff."""

    id = models.PositiveBigIntegerField(primary_key=True)
    shelf = models.CharField(max_length=10, choices=[(s, s) for s in contract.Shelf])
    since = models.DateTimeField(db_index=True)
    details = models.JSONField()

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.id} {self.shelf}"


class OnSaleSince(models.Model):
    """When a product last came on sale; the row stays when it leaves it."""

    id = models.PositiveBigIntegerField(primary_key=True)
    at = models.DateTimeField()

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.id} {self.at}"


class LedgerDecision(models.Model):
    """One decision per reference. It is inserted first, so that a sale happens only once."""

    reference = models.CharField(primary_key=True, max_length=contract.MAX_REFERENCE)
    kind = models.CharField(max_length=6, choices=[(k, k) for k in contract.DecisionKind])
    at = models.DateTimeField()
    entry = models.JSONField()

    class Meta:
        default_permissions = ()
        indexes = [models.Index(fields=["kind", "at"], name="decisions_of_a_kind")]

    def __str__(self) -> str:
        return f"{self.reference} {self.kind}"


class LedgerMovement(models.Model):
    """One numbered movement of one product."""

    product_id = models.PositiveBigIntegerField()
    number = models.PositiveIntegerField()
    kind = models.CharField(max_length=24, choices=[(k, k) for k in contract.MovementKind])
    change = models.IntegerField()
    after = models.IntegerField()
    at = models.DateTimeField()
    who = models.CharField(max_length=contract.MAX_WHO, blank=True)
    why = models.CharField(max_length=500, blank=True)
    reference = models.CharField(max_length=contract.MAX_REFERENCE, blank=True)
    price = models.DecimalField(max_digits=10, decimal_places=2, null=True)

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["product_id", "number"], name="movements_are_numbered_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.product_id} #{self.number} {self.kind} {self.change:+}"


class StockVersion(models.Model):
    """The rows of which every committed change replaces one; together they are the version."""

    id = models.PositiveSmallIntegerField(primary_key=True)
    value = models.CharField(max_length=32)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return self.value
