"""Whether a store is one that the shop can work with."""

from __future__ import annotations

from collections.abc import Iterator

from shop.inventory.contract import Check, Inventory, InventoryMisfit, InventoryUnavailable
from shop.inventory.iris.driver import Iris, ServerError
from shop.inventory.iris.errors import MAKE_ID
from shop.inventory.iris.rows import count_of_strangers, key_columns


def raise_misfit(iris: Iris) -> None:
    """Raise InventoryMisfit unless the table is there with its columns, and ProductId is its ID."""
    strangers = count_of_strangers(iris)
    try:
        key = key_columns(iris)
    except ServerError:
        # An account without rights on the class dictionary: what the rows show has to do.
        key = ["ProductId"]
    if strangers or "ProductId" not in key:
        raise InventoryMisfit("the ID of coffeeco.Inventory is not ProductId", MAKE_ID)


def checks(inventory: Inventory) -> Iterator[Check]:
    """What an operator wants to know; the first that fails ends the list."""
    try:
        products = inventory.totals().products
    except InventoryMisfit as error:
        yield Check(name="store fits the shop", ok=False, found=error.detail, remedy=error.remedy)
        return
    except InventoryUnavailable as error:
        yield Check(
            name="server answers",
            ok=False,
            found=error.detail,
            remedy="Start the server, or set INVENTORY_URL to one that runs.",
        )
        return
    yield Check(name="server answers", ok=True, found=inventory.describe())
    yield Check(name="store fits the shop", ok=True, found=f"{products} products on sale")
    problems = inventory.problems()
    yield Check(
        name="every row can be sold",
        ok=not problems,
        found=f"{len(problems)} rows that cannot",
        remedy="Mend them on the stock desk: " + ", ".join(str(row.id) for row in problems[:10])
        if problems
        else "",
    )
