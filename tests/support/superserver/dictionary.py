"""The catalogue as tables: INFORMATION_SCHEMA and %Dictionary."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from .catalog import DECIMAL_KINDS, INTEGER_KINDS, Column, Table

if TYPE_CHECKING:
    from .instance import Instance

CATALOG = ""
OBJECT_ID_COLUMN = "ID"


def _described(schema: str, name: str, columns: str) -> Table:
    """Return a catalogue table; a column whose name ends in # holds whole numbers."""
    made = [
        Column(text.rstrip("#"), "INTEGER" if text.endswith("#") else "VARCHAR")
        for text in columns.split()
    ]
    return Table(f"{schema}.{name}", schema, name, made)


TABLES = {
    table.sql_name.casefold(): table
    for table in (
        _described("INFORMATION_SCHEMA", "SCHEMATA", "CATALOG_NAME SCHEMA_NAME SCHEMA_OWNER"),
        _described(
            "INFORMATION_SCHEMA",
            "TABLES",
            "TABLE_CATALOG TABLE_SCHEMA TABLE_NAME TABLE_TYPE CLASSNAME OWNER",
        ),
        _described(
            "INFORMATION_SCHEMA",
            "COLUMNS",
            "TABLE_CATALOG TABLE_SCHEMA TABLE_NAME COLUMN_NAME ORDINAL_POSITION# COLUMN_DEFAULT "
            "IS_NULLABLE DATA_TYPE CHARACTER_MAXIMUM_LENGTH# NUMERIC_PRECISION# NUMERIC_SCALE# "
            "IS_IDENTITY IS_GENERATED IS_UPDATABLE PRIMARY_KEY UNIQUE_COLUMN AUTO_INCREMENT",
        ),
        _described(
            "INFORMATION_SCHEMA",
            "TABLE_CONSTRAINTS",
            "CONSTRAINT_CATALOG CONSTRAINT_SCHEMA CONSTRAINT_NAME TABLE_SCHEMA TABLE_NAME "
            "CONSTRAINT_TYPE",
        ),
        _described(
            "INFORMATION_SCHEMA",
            "KEY_COLUMN_USAGE",
            "CONSTRAINT_SCHEMA CONSTRAINT_NAME CONSTRAINT_TYPE TABLE_SCHEMA TABLE_NAME COLUMN_NAME "
            "ORDINAL_POSITION#",
        ),
        _described(
            "INFORMATION_SCHEMA",
            "INDEXES",
            "TABLE_SCHEMA TABLE_NAME INDEX_NAME COLUMN_NAME ORDINAL_POSITION# NON_UNIQUE# "
            "PRIMARY_KEY#",
        ),
        _described(
            "%Dictionary",
            "CompiledClass",
            "ID Name Super ClassType SqlTableName SqlSchemaName SqlQualifiedNameQ",
        ),
        _described("%Dictionary", "ClassDefinition", "ID Name Super ClassType SqlTableName"),
        _described(
            "%Dictionary", "CompiledMethod", "ID parent Name ClassMethod# FormalSpec ReturnType"
        ),
        _described("%Dictionary", "MethodDefinition", "ID parent Name ClassMethod#"),
        _described(
            "%Dictionary", "CompiledProperty", "ID parent Name Type Required# SqlFieldName Origin"
        ),
        _described(
            "%Dictionary", "CompiledIndex", "ID parent Name IdKey# PrimaryKey# _Unique# Properties"
        ),
    )
}

PROPERTY_TYPES = {
    "INTEGER": "%Library.Integer",
    "BIGINT": "%Library.BigInt",
    "SMALLINT": "%Library.SmallInt",
    "TINYINT": "%Library.TinyInt",
    "BIT": "%Library.Boolean",
    "NUMERIC": "%Library.Numeric",
    "DOUBLE": "%Library.Double",
    "DATE": "%Library.Date",
    "TIME": "%Library.Time",
    "TIMESTAMP": "%Library.TimeStamp",
}


def table(name: str) -> Table | None:
    """Return a catalogue table by its SQL name, in whatever case."""
    return TABLES.get(name.casefold())


def refresh(instance: Instance) -> None:
    """Fill the catalogue tables with what there is at this moment."""
    storage = instance.storage
    with storage.mutex:
        for one in TABLES.values():
            columns = ", ".join(column.definition for column in one.columns)
            storage.execute(f'CREATE TABLE IF NOT EXISTS "{one.sql_name}" ({columns})')
            storage.execute(f'DELETE FROM "{one.sql_name}"')
        for name, row in _rows(instance):
            one = TABLES[name.casefold()]
            known = {key: value for key, value in row.items() if one.column(key) is not None}
            names = ", ".join(f'"{key}"' for key in known)
            marks = ", ".join(f":{key}" for key in known)
            text = f'INSERT INTO "{one.sql_name}" ({names}) VALUES ({marks})'
            storage.execute(text, known)


def _rows(instance: Instance) -> Iterator[tuple[str, dict[str, Any]]]:
    tables = list(instance.storage.tables.values())
    for schema in sorted({one.schema for one in tables}):
        yield "INFORMATION_SCHEMA.SCHEMATA", {"SCHEMA_NAME": schema}
    for one in tables:
        yield from _table_rows(one)
        yield from _class_rows(one.class_name, "%Library.Persistent", "persistent", one)
        for column in one.columns:
            yield "%Dictionary.CompiledProperty", _property_row(one, column)
    persistent = {one.class_name for one in tables}
    for name in instance.methods.keys() - persistent:
        yield from _class_rows(name, "%Library.RegisteredObject", "", None)
    for class_name, methods in instance.methods.items():
        for method in methods:
            row = {
                "ID": f"{class_name}||{method}",
                "parent": class_name,
                "Name": method,
                "ClassMethod": 1,
                "FormalSpec": "id:%Library.Integer,name:%Library.String",
                "ReturnType": "%Library.String",
            }
            yield "%Dictionary.CompiledMethod", row
            yield "%Dictionary.MethodDefinition", row


def _class_rows(
    name: str, parent: str, kind: str, one: Table | None
) -> Iterator[tuple[str, dict[str, Any]]]:
    row = {
        "ID": name,
        "Name": name,
        "Super": parent,
        "ClassType": kind,
        "SqlTableName": one.name if one else None,
        "SqlSchemaName": one.schema if one else None,
        "SqlQualifiedNameQ": one.sql_name if one else None,
    }
    yield "%Dictionary.CompiledClass", row
    yield "%Dictionary.ClassDefinition", row


def _property_row(one: Table, column: Column) -> dict[str, Any]:
    return {
        "ID": f"{one.class_name}||{column.name}",
        "parent": one.class_name,
        "Name": column.name,
        "Type": PROPERTY_TYPES.get(column.kind, "%Library.String"),
        "Required": int(column.required),
        "SqlFieldName": column.name,
        "Origin": one.class_name,
    }


def _table_rows(one: Table) -> Iterator[tuple[str, dict[str, Any]]]:
    place = {"TABLE_CATALOG": CATALOG, "TABLE_SCHEMA": one.schema, "TABLE_NAME": one.name}
    kind = {"TABLE_TYPE": "BASE TABLE", "CLASSNAME": one.class_name, "OWNER": "_SYSTEM"}
    yield "INFORMATION_SCHEMA.TABLES", place | kind
    if one.id_column is None:
        row = _column_row(Column(OBJECT_ID_COLUMN, "BIGINT", required=True), 1)
        identity = {"IS_IDENTITY": "YES", "AUTO_INCREMENT": "YES", "UNIQUE_COLUMN": "YES"}
        yield "INFORMATION_SCHEMA.COLUMNS", place | row | identity
    for position, column in enumerate(one.columns, 2 if one.id_column is None else 1):
        row = _column_row(column, position)
        row["PRIMARY_KEY"] = "YES" if column.name == one.primary_key else "NO"
        keys = [[one.primary_key], *one.unique.values()]
        row["UNIQUE_COLUMN"] = "YES" if [column.name] in keys else "NO"
        yield "INFORMATION_SCHEMA.COLUMNS", place | row
    yield from _key_rows(one, place)


def _column_row(column: Column, position: int) -> dict[str, Any]:
    return {
        "COLUMN_NAME": column.name,
        "ORDINAL_POSITION": position,
        "IS_NULLABLE": "NO" if column.required else "YES",
        "DATA_TYPE": column.kind.lower(),
        "CHARACTER_MAXIMUM_LENGTH": column.max_length,
        "NUMERIC_PRECISION": column.precision if column.kind in DECIMAL_KINDS else None,
        "NUMERIC_SCALE": 0 if column.kind in INTEGER_KINDS else column.scale or None,
        "IS_IDENTITY": "NO",
        "IS_GENERATED": "NO",
        "IS_UPDATABLE": "YES",
        "PRIMARY_KEY": "NO",
        "UNIQUE_COLUMN": "NO",
        "AUTO_INCREMENT": "NO",
    }


def _key_rows(one: Table, place: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    keys = {name: (columns, "UNIQUE") for name, columns in one.unique.items()}
    if one.primary_key is not None:
        keys = {n: k for n, k in keys.items() if k[0] != [one.primary_key]}
        keys[f"{one.primary_key}Key"] = ([one.primary_key], "PRIMARY KEY")
    for name, (columns, kind) in keys.items():
        common = place | {
            "CONSTRAINT_SCHEMA": one.schema,
            "CONSTRAINT_NAME": name,
            "CONSTRAINT_TYPE": kind,
            "INDEX_NAME": name,
            "NON_UNIQUE": 0,
        }
        common["PRIMARY_KEY"] = int(kind == "PRIMARY KEY")
        yield "INFORMATION_SCHEMA.TABLE_CONSTRAINTS", common
        for position, column in enumerate(columns, 1):
            row = common | {"COLUMN_NAME": column, "ORDINAL_POSITION": position}
            yield "INFORMATION_SCHEMA.KEY_COLUMN_USAGE", row
            yield "INFORMATION_SCHEMA.INDEXES", row
        yield (
            "%Dictionary.CompiledIndex",
            {
                "ID": f"{one.class_name}||{name}",
                "parent": one.class_name,
                "Name": name,
                "IdKey": int(columns == [one.id_column]),
                "PrimaryKey": int(kind == "PRIMARY KEY"),
                "_Unique": 1,
                "Properties": ",".join(columns),
            },
        )
