"""The statements that every press of Pay needs, as SQL: see ``shop.inventory.database.sql``."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import connection

from checkout.models import Order, OrderState


def order_exists(token_hash: str) -> bool:
    """True when an order was placed for this token, whatever became of it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM checkout_order WHERE token_hash = %s", [token_hash])
        return cursor.fetchone() is not None


def leave_pending(
    order: Order, state: OrderState, *, at: datetime, refusal: Mapping[str, Any] | None
) -> bool:
    """Move an order on in the database, if nobody else has; True for the one who did."""
    values = [
        state.value,
        connection.ops.adapt_datetimefield_value(at),
        None if refusal is None else json.dumps(refusal),
        order.pk,
        OrderState.PENDING.value,
    ]
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE checkout_order SET state = %s, settled_at = %s, refusal = %s "
            "WHERE id = %s AND state = %s",
            values,
        )
        return bool(cursor.rowcount == 1)
