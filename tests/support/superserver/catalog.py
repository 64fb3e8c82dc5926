"""Tables and columns: what a value may be, and how it is kept and sent."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any

INTEGER_KINDS = frozenset({"INTEGER", "BIGINT", "SMALLINT", "TINYINT", "BIT"})
FLOAT_KINDS = frozenset({"DOUBLE", "FLOAT"})
DECIMAL_KINDS = frozenset({"NUMERIC", "DECIMAL"})

# ODBC type numbers, as the driver expects them in a column block.
TYPE_NUMBERS = {
    "VARCHAR": 12,
    "INTEGER": 4,
    "BIGINT": -5,
    "SMALLINT": 5,
    "TINYINT": -6,
    "BIT": -7,
    "NUMERIC": 2,
    "DECIMAL": 3,
    "DOUBLE": 8,
    "FLOAT": 6,
    "DATE": 9,
    "TIME": 10,
    "TIMESTAMP": 11,
}


class InvalidValue(Exception):
    """A value that a column's datatype does not take; code is that of the %Status."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(text)
        self.code = code


@dataclass(frozen=True)
class Column:
    """One property of a class, which is one column of its table."""

    name: str
    kind: str = "VARCHAR"
    max_length: int | None = None
    precision: int = 0
    scale: int = 0
    required: bool = False
    minimum: Decimal | None = None
    maximum: Decimal | None = None

    @property
    def is_text(self) -> bool:
        return self.kind not in INTEGER_KINDS | FLOAT_KINDS | DECIMAL_KINDS

    @property
    def definition(self) -> str:
        """The column as SQLite is told of it; text compares as the server's default does."""
        if self.is_text:
            return f'"{self.name}" TEXT COLLATE SQLUPPER'
        return f'"{self.name}" {"INTEGER" if self.kind in INTEGER_KINDS else "REAL"}'

    def stored(self, value: Any) -> Any:
        """Return a value as it is kept, or raise InvalidValue."""
        if value is None:
            if self.required:
                raise InvalidValue(5659, f"Property '{self.name}' required")
            return None
        if self.is_text:
            return self._stored_text(value)
        number = self._number(value)
        if self.minimum is not None and number < self.minimum:
            text = f"Datatype value '{value}' less than MINVAL allowed of {self.minimum}"
            raise InvalidValue(7203, text)
        if self.maximum is not None and number > self.maximum:
            text = f"Datatype value '{value}' greater than MAXVAL allowed of {self.maximum}"
            raise InvalidValue(7204, text)
        return int(number) if self.kind in INTEGER_KINDS else float(number)

    def loaded(self, value: Any, *, narrow: bool = True) -> Any:
        """Return a kept value as it is sent: an exact number narrowed to int when it is whole."""
        if value is None or self.kind not in DECIMAL_KINDS:
            return value
        number = Decimal(str(value)).quantize(Decimal(1).scaleb(-self.scale), ROUND_HALF_UP)
        return narrowed(number) if narrow else number

    def _stored_text(self, value: Any) -> str:
        text = str(value)
        # Counted as the server does: what lies beyond the basic plane (emoji) counts twice.
        length = len(text.encode("utf-16-le", "surrogatepass")) // 2
        if self.max_length is not None and length > self.max_length:
            raise InvalidValue(
                7201,
                f"Datatype value '{text[:80]}' length longer than MAXLEN allowed of "
                f"{self.max_length}",
            )
        return text

    def _number(self, value: Any) -> Decimal:
        try:
            number = Decimal(str(value))
        except InvalidOperation:
            number = Decimal("NaN")
        if not number.is_finite():
            raise InvalidValue(7207, f"Datatype value '{value}' is not a valid number")
        if self.kind in FLOAT_KINDS:
            return number
        return number.quantize(Decimal(1).scaleb(-self.scale), ROUND_HALF_UP)


def narrowed(number: Decimal) -> int | Decimal:
    """Return an int for a whole number, else the number without zeros at its end."""
    if number == number.to_integral_value():
        return int(number)
    return number.normalize()


@dataclass
class Table:
    """One table and the persistent class that it belongs to."""

    class_name: str
    schema: str
    name: str
    columns: list[Column] = field(default_factory=list)
    id_column: str | None = None  # the ID key; without one the ID is a hidden number
    primary_key: str | None = None
    unique: dict[str, list[str]] = field(default_factory=dict)

    @property
    def sql_name(self) -> str:
        """The name as in SQL, with its schema."""
        return f"{self.schema}.{self.name}"

    @property
    def lock_global(self) -> str:
        """The global whose nodes the server locks when it locks rows."""
        return f"{self.class_name}D"

    def column(self, name: str) -> Column | None:
        """Return a column by its SQL name, in whatever case."""
        wanted = name.casefold()
        return next((c for c in self.columns if c.name.casefold() == wanted), None)

    def property(self, name: str) -> Column | None:
        """Return a property by its name, exactly."""
        return next((c for c in self.columns if c.name == name), None)

    def definition(self) -> list[str]:
        """Return the statements that make the table in SQLite."""
        columns = [
            f'"{c.name}" INTEGER PRIMARY KEY' if c.name == self.id_column else c.definition
            for c in self.columns
        ]
        made = [f'CREATE TABLE "{self.sql_name}" ({", ".join(columns)})']
        for index, names in self.unique.items():
            quoted = ", ".join(f'"{name}"' for name in names)
            made.append(
                f'CREATE UNIQUE INDEX "{self.sql_name}.{index}" ON "{self.sql_name}" ({quoted})'
            )
        return made


def inventory_table(
    *, id_is_product_id: bool = True, price: str = "DOUBLE", minimum: Decimal | None = None
) -> Table:
    """Return the shop's table as the public tutorial lays it out."""
    price_column = Column("Price", price)
    if price in DECIMAL_KINDS:
        price_column = replace(price_column, precision=10, scale=2)
    return Table(
        class_name="coffeeco.Inventory",
        schema="coffeeco",
        name="Inventory",
        columns=[
            Column("ProductId", "INTEGER", required=True),
            Column("Name", max_length=50),
            price_column,
            Column("StockQuantity", "INTEGER", minimum=minimum),
            Column("CountryOfOrigin", max_length=50),
            Column("Description", max_length=500),
        ],
        id_column="ProductId" if id_is_product_id else None,
        primary_key="ProductId",
        unique={} if id_is_product_id else {"ProductIdIndex": ["ProductId"]},
    )
