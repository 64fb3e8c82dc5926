"""A process of the shop with one shopper in it, driven by lines on its standard input.

``python -m tests.inventory.races.shopper`` takes a JSON object a line and answers each with one:
``{"buy": reference, "token": …, "bags": {"1": 1}}`` says what became of it; with ``"stop_at"``
(``opened``, ``sold`` or ``committed``) it says so there and waits to be killed, or for a line that
lets it go on. ``"took"`` in an answer is how many seconds the slowest try lasted; a store that is
busy is asked again. ``"without"`` names the controls that it runs under.
"""

from __future__ import annotations

import json
import os
import sys
from contextlib import AbstractContextManager, ExitStack
from time import monotonic
from typing import Any

BUSY = ("InventoryBusy", "InventoryTimeout")


def main() -> None:
    """Answer until the input ends."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    import django

    django.setup()
    say({"ready": os.getpid()})
    for line in sys.stdin:
        order, slowest = json.loads(line), 0.0
        answer = BUSY[0]
        while answer in BUSY:
            began = monotonic()
            with ExitStack() as stack:
                for control in order.get("without", ()):
                    stack.enter_context(named(control))
                answer = buy(order)
            slowest = max(slowest, monotonic() - began)
        say({"is": answer, "took": slowest})


def buy(order: dict[str, Any]) -> str:
    """What became of one order: ``sold``, or the name of the inventory's answer."""
    from shop.inventory import get_inventory
    from shop.inventory.contract import InventoryError
    from tests.inventory.contract.acts import wish

    bags = {int(id_): quantity for id_, quantity in order["bags"].items()}
    stop_at = order.get("stop_at", "")
    try:
        with get_inventory().sale(wish(order["buy"], bags, token=order["token"])) as sale:
            stop(stop_at, "opened")
            for id_ in bags:
                sale.sell(id_)
            stop(stop_at, "sold")
    except InventoryError as error:
        return type(error).__name__
    stop(stop_at, "committed")
    return "sold"


def named(control: str) -> AbstractContextManager[None]:
    """The product with one of its safeguards taken away."""
    from tests.inventory.races import controls

    disabled: AbstractContextManager[None] = getattr(controls, control)()
    return disabled


def stop(stop_at: str, here: str) -> None:
    """Say that this is the place, and wait for the end or a line."""
    if stop_at == here:
        say({"at": here})
        sys.stdin.readline()


def say(words: dict[str, object]) -> None:
    """One line to whoever drives this process."""
    sys.stdout.write(json.dumps(words) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
