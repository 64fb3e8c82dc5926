"""Products and orders."""

from __future__ import annotations

from typing import ClassVar

from django.db import models


class Product(models.Model):
    """A product and its stock."""

    name = models.CharField(max_length=100)
    price = models.DecimalField(max_digits=10, decimal_places=2)
    quantity = models.PositiveIntegerField()

    objects: ClassVar[models.Manager[Product]] = models.Manager()

    def __str__(self) -> str:
        return self.name


class Order(models.Model):
    """An order."""

    reference = models.CharField(max_length=32, unique=True)
    branch = models.CharField(max_length=30)
    created_at = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[models.Manager[Order]] = models.Manager()

    def __str__(self) -> str:
        return self.reference


class OrderLine(models.Model):
    """One product of an order."""

    order = models.ForeignKey(Order, models.CASCADE)
    product = models.ForeignKey(Product, models.PROTECT)
    quantity = models.PositiveIntegerField()
    unit_price = models.DecimalField(max_digits=10, decimal_places=2)

    objects: ClassVar[models.Manager[OrderLine]] = models.Manager()

    def __str__(self) -> str:
        return f"{self.quantity} of {self.product}"
