"""Makes ``coffeeco.Inventory`` where it is missing, as a class or with SQL."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from shop.inventory.iris.client import Iris, ServerError, joined_lines
from shop.inventory.iris.names import INVENTORY
from shop.inventory.iris.setup.classes import SETUP, compile_classes
from shop.inventory.iris.store import schema

CREATE = f"""CREATE TABLE {INVENTORY} (
    ProductId INTEGER NOT NULL,
    Name VARCHAR(50) NOT NULL,
    Price NUMERIC(10, 2),
    StockQuantity INTEGER,
    CountryOfOrigin VARCHAR(50),
    Description VARCHAR(500),
    CONSTRAINT ProductIdIndex PRIMARY KEY (ProductId)
)"""


NOTE = (SETUP, "option")


class RightsMissing(ServerError):
    """The account lacks rights; the text names them."""


def raise_unless_possible(iris: Iris) -> None:
    """Raise RightsMissing when the account is known to be unable to make the table."""
    try:
        granted = [
            str(iris.class_method_value("%SYSTEM.Security", "Check", resource, "USE")) == "1"
            for resource in ("%Development", "%Admin_Manage")
        ]
    except ServerError:
        # Privileges can't be queried; the CREATE statement will report missing ones.
        return
    if not any(granted):
        raise RightsMissing("The account has neither %Development:U nor %Admin_Manage:U")


def make_inventory(iris: Iris) -> str:
    """Make the table; returns how. Raises RightsMissing when the account can do it neither way."""
    try:
        compile_classes(iris, [INVENTORY])
    except ServerError as no_development:
        if not no_development.is_refusal:
            raise
        try:
            _create_table(iris)
        except ServerError as error:
            raise RightsMissing(
                f"{INVENTORY} was not made. To compile its class the account needs %Development:U "
                f"(the server said: {joined_lines(no_development)}). To make it with SQL instead "
                "it needs %Admin_Manage:U and the SQL privilege %CREATE_TABLE "
                f"(the server said: {joined_lines(error)})"
            ) from None
        return "table, by CREATE TABLE since the account may not compile classes"
    return "class and table"


def _create_table(iris: Iris) -> None:
    with _primary_key_as_id(iris):
        iris.define(CREATE)
    if not schema.is_right(iris):
        # It is empty and was made a moment ago, so no rows are lost.
        iris.define(f"DROP TABLE {INVENTORY}")
        raise ServerError("the server made a table whose ID is not ProductId; it was dropped")


@contextmanager
def _primary_key_as_id(iris: Iris) -> Iterator[None]:
    """Let CREATE TABLE make the primary key the ID, by an option of the server that is put back."""
    # Stored first, so that the next run can put it back if the link breaks.
    iris.set(switched_option(iris) or _option(iris), *NOTE)
    try:
        iris.execute("SET OPTION PKEY_IS_IDKEY = TRUE")
    except ServerError:
        iris.kill(*NOTE)
        raise
    try:
        yield
    finally:
        put_option_back(iris)


def switched_option(iris: Iris) -> str:
    """The value of PKEY_IS_IDKEY before an interrupted run changed it; else empty."""
    return iris.get(*NOTE) or ""


def put_option_back(iris: Iris) -> str:
    """Set PKEY_IS_IDKEY as it was before it was switched; returns what was done, in words."""
    before = switched_option(iris)
    iris.execute(f"SET OPTION PKEY_IS_IDKEY = {before}")
    iris.kill(*NOTE)
    return f"the server's option PKEY_IS_IDKEY put back to {before}"


def _option(iris: Iris) -> str:
    """TRUE or FALSE; FALSE, the server's default, when it can't be read."""
    try:
        is_not = iris.class_method_value("%SYSTEM.SQL.Util", "GetOption", "DDLPKeyNotIDKey")
    except ServerError:
        return "FALSE"
    return "TRUE" if str(is_not) == "0" else "FALSE"
