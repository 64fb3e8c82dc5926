"""Ledger entries as JSON data, in the same form for every store."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from decimal import Decimal
from typing import Any

from shop.inventory.contract import (
    DETAILS,
    AlertKind,
    ChangeResult,
    Decision,
    DecisionKind,
    Movement,
    MovementKind,
    PastDelivery,
    Product,
    Shelf,
    SoldLine,
)

Json = dict[str, Any]


def dump(data: Mapping[str, Any]) -> str:
    """Compact JSON text; non-ASCII letters stay readable for people who look into the store."""
    return json.dumps(data, ensure_ascii=False, separators=(",", ":"))


def load(text: str) -> Json:
    """The data of :func:`dump`'s text."""
    data: Json = json.loads(text)
    return data


def product_to_json(product: Product) -> Json:
    """A product without a row: its details, kept quantity, and since when."""
    return {
        "id": product.id,
        **product.details,
        "price": str(product.price),
        "quantity": product.quantity,
        "since": product.since.isoformat() if product.since else None,
    }


def product_from_json(data: Mapping[str, Any], shelf: Shelf) -> Product:
    """The product that :func:`product_to_json` wrote."""
    # An entry of another version may lack a field, or have one more.
    details = {name: data[name] for name in DETAILS if name in data}
    return Product(
        id=data["id"],
        quantity=data["quantity"],
        shelf=shelf,
        since=datetime.fromisoformat(data["since"]) if data.get("since") else None,
        **details | {"price": Decimal(data["price"])},
    )


def sold_line_to_json(line: SoldLine) -> Json:
    """One line of a sale."""
    return {
        "id": line.product_id,
        "name": line.name,
        "origin": line.origin,
        "quantity": line.quantity,
        "unit_price": str(line.unit_price),
        "left": line.left,
        "alert": line.alert,
    }


def sold_line_from_json(data: Mapping[str, Any]) -> SoldLine:
    """The line that :func:`sold_line_to_json` wrote."""
    alert = data["alert"]
    if isinstance(alert, dict):
        # Written before alerts were called after the commit, with the answer in it.
        alert = alert["kind"]
    return SoldLine(
        product_id=data["id"],
        name=data["name"],
        origin=data["origin"],
        quantity=data["quantity"],
        unit_price=Decimal(data["unit_price"]),
        left=data["left"],
        alert=AlertKind(alert) if alert else None,
    )


def result_to_json(result: ChangeResult) -> Json:
    """One product of a change."""
    return {
        "id": result.product_id,
        "name": result.name,
        "before": result.before,
        "change": result.change,
        "after": result.after,
        "new": result.is_new,
        "quantity": result.quantity,
        "kept": result.kept,
        "details": result.details,
    } | ({"was": dict(result.was)} if result.was else {})


def result_from_json(data: Mapping[str, Any]) -> ChangeResult:
    """The result that :func:`result_to_json` wrote."""
    return ChangeResult(
        product_id=data["id"],
        name=data["name"],
        before=data["before"],
        change=data["change"],
        after=data["after"],
        is_new=data["new"],
        # Entries of version 0.1 have none of these.
        quantity=data.get("quantity", data["change"]),
        kept=data.get("kept"),
        details=data.get("details", ""),
        was={name: (old, new) for name, (old, new) in data.get("was", {}).items()},
    )


def decision_to_json(decision: Decision) -> Json:
    """A decision without its reference, which is its key in every store."""
    return {
        "kind": decision.kind,
        "token_hash": decision.token_hash,
        "at": decision.at.isoformat(),
        "reason": dict(decision.reason),
        "lines": [sold_line_to_json(line) for line in decision.lines],
        "results": [result_to_json(result) for result in decision.results],
    }


def decision_from_json(reference: str, data: Mapping[str, Any]) -> Decision:
    """The decision that :func:`decision_to_json` wrote under this reference."""
    return Decision(
        reference=reference,
        kind=DecisionKind(data["kind"]),
        token_hash=data["token_hash"],
        at=datetime.fromisoformat(data["at"]),
        reason=data["reason"],
        lines=tuple(sold_line_from_json(line) for line in data["lines"]),
        results=tuple(result_from_json(result) for result in data["results"]),
    )


def past_delivery(reference: str, data: Mapping[str, Any]) -> PastDelivery:
    """A delivery for the list of deliveries, read from what :func:`decision_to_json` wrote.

    Its results stay JSON data, because a page of deliveries has thousands of them.
    """
    results = data["results"]
    return PastDelivery(
        key=reference,
        at=datetime.fromisoformat(data["at"]),
        who=data["reason"]["who"],
        products=len(results),
        bags=sum(result.get("quantity", result["change"]) for result in results),
        new=sum(result["new"] for result in results),
        why=data["reason"].get("why", ""),
    )


def past_delivery_to_json(delivery: PastDelivery) -> Json:
    """A delivery in a list of them."""
    return {**asdict(delivery), "at": delivery.at.isoformat()}


def past_delivery_from_json(data: Mapping[str, Any]) -> PastDelivery:
    """The delivery that :func:`past_delivery_to_json` wrote."""
    return PastDelivery(**{**data, "at": datetime.fromisoformat(data["at"])})


def movement_to_json(movement: Movement) -> Json:
    """A movement without its product and number, which are its key."""
    return {
        "kind": movement.kind,
        "change": movement.change,
        "after": movement.after,
        "at": movement.at.isoformat(),
        "who": movement.who,
        "why": movement.why,
        "reference": movement.reference,
        "price": None if movement.price is None else str(movement.price),
    }


def movement_from_json(product_id: int, number: int, data: Mapping[str, Any]) -> Movement:
    """The movement that :func:`movement_to_json` wrote."""
    return Movement(
        product_id=product_id,
        number=number,
        kind=MovementKind(data["kind"]),
        change=data["change"],
        after=data["after"],
        at=datetime.fromisoformat(data["at"]),
        who=data["who"],
        why=data["why"],
        reference=data["reference"],
        # Movements of version 0.1 have no price.
        price=Decimal(data["price"]) if data.get("price") else None,
    )
