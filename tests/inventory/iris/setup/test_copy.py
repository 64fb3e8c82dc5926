"""setup_inventory --upgrade on an older store: everything comes along, wherever it is cut off."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from shop.inventory.iris.names import INVENTORY
from tests.inventory.iris.setup.conftest import (
    HARRAR,
    SIDAMO,
    MakeServer,
    Run,
    everything,
    stocked_server,
)
from tests.support.superserver import Superserver
from tests.support.superserver.catalog import Column, Table

KEPT = "coffeeco.InventoryKept1"
UPGRADE = ("setup_inventory", "--upgrade")
COPIED = [
    HARRAR | {"Price": Decimal("9.99")},
    SIDAMO | {"Price": Decimal("12.5")},
]


@pytest.fixture
def older(make_server: MakeServer) -> Superserver:
    """A server whose rows have an ID of their own beside ProductId, as CREATE TABLE makes them."""
    return stocked_server(make_server, shape="hidden_id")


def products(server: Superserver) -> list[dict[str, Any]]:
    """The shop's columns of every row, an absent text as an empty one."""
    return [
        {name: "" if row[name] is None else row[name] for name in SIDAMO} for row in server.rows()
    ]


def store_of(server: Superserver, *columns: Column, class_name: str = INVENTORY) -> None:
    """A table with these columns and a hidden ID."""
    table = Table(class_name, "coffeeco", "Inventory", list(columns))
    server.instance.storage.create_table(table)


def test_an_older_store_is_refused_with_the_way_out(older: Superserver, run: Run) -> None:
    before = everything(older)
    said = run(older, "setup_inventory")
    assert said.code == 1
    assert "its ID is not ProductId" in said.line("Wrong:")
    assert "--upgrade" in said.line("Wrong:")
    assert everything(older) == before


def test_an_older_store_is_copied_and_its_rows_are_kept(older: Superserver, run: Run) -> None:
    old = older.rows()
    said = run(older, *UPGRADE)
    assert said.code == 0
    assert f"2 rows copied; the old ones are kept in {KEPT}" in said.line("Made:")
    assert products(older) == COPIED
    assert [{name: row[name] for name in SIDAMO} for row in older.rows(KEPT)] == old
    assert ("copy",) not in older.globals()["coffeeco.Setup"]
    assert older.globals()["coffeeco.Version"], "readers learn of the copy by a new version"
    assert run(older, "check_inventory").code == 0


def test_the_next_copy_takes_the_next_name(older: Superserver, run: Run) -> None:
    older.instance.storage.create_table(Table(KEPT, "coffeeco", "InventoryKept1", [Column("X")]))
    said = run(older, *UPGRADE)
    assert "kept in coffeeco.InventoryKept2" in said.line("Made:")
    assert products(older) == COPIED


def test_a_dry_run_of_the_upgrade_changes_nothing(older: Superserver, run: Run) -> None:
    before = everything(older)
    said = run(older, *UPGRADE, "--dry-run")
    assert "with its rows copied into a right table (its ID is not ProductId)" in said.text
    assert everything(older) == before
    assert not older.rows(KEPT)


def test_a_store_without_product_ids_takes_its_ids_for_them(fresh: Superserver, run: Run) -> None:
    store_of(fresh, Column("Name", max_length=50), Column("Price", "DOUBLE"))
    fresh.insert(Name="Sidamo", Price=12.505)
    fresh.insert(Name="Harrar", Price=9)
    said = run(fresh, *UPGRADE)
    assert said.code == 0
    assert [(row["ProductId"], row["Name"], row["Price"]) for row in fresh.rows()] == [
        (1, "Sidamo", Decimal("12.51")),
        (2, "Harrar", 9),
    ]


def test_columns_that_the_shop_does_not_have_stay_in_the_kept_table(
    fresh: Superserver, run: Run
) -> None:
    store_of(
        fresh,
        Column("ProductId", "INTEGER"),
        Column("Name", max_length=50),
        Column("Roast", max_length=12),
    )
    fresh.insert(ProductId=1003, Name="Sidamo", Roast="light")
    said = run(fresh, *UPGRADE)
    assert "and only there roast" in said.line("Made:")
    [kept] = fresh.rows(KEPT)
    assert kept["Roast"] == "light"


def test_a_class_that_differs_in_case_is_copied_too(fresh: Superserver, run: Run) -> None:
    store_of(
        fresh,
        Column("ProductId", "INTEGER"),
        Column("Name", max_length=50),
        Column("Price", "DOUBLE"),
        Column("StockQuantity", "INTEGER"),
        Column("CountryOfOrigin", max_length=50),
        Column("Description", max_length=500),
        class_name="coffeeco.inventory",
    )
    fresh.insert(**SIDAMO)
    said = run(fresh, "setup_inventory")
    assert "its class is called coffeeco.inventory" in said.line("Wrong:")
    run(fresh, *UPGRADE)
    assert products(fresh) == [COPIED[1]]
    assert run(fresh, "check_inventory").code == 0


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ({"Name": ""}, "no name"),
        ({"StockQuantity": -1}, "negative stock"),
        ({"ProductId": 0}, "no ProductId above 0"),
        ({"Description": "x" * 501}, "Description is longer than 500"),
        ({"ProductId": 1003}, "its ProductId is not the only one"),
    ],
)
def test_rows_that_a_right_table_would_refuse_are_named_first(
    fresh: Superserver, run: Run, row: dict[str, Any], why: str
) -> None:
    columns = [Column(name, "INTEGER") for name in ("ProductId", "StockQuantity")]
    texts = [Column(name, max_length=600) for name in ("Name", "CountryOfOrigin", "Description")]
    store_of(fresh, *columns, Column("Price", "DOUBLE"), *texts)
    fresh.insert(**SIDAMO)
    fresh.insert(**(HARRAR | row))
    before = fresh.rows()
    said = run(fresh, *UPGRADE)
    assert said.code == 1
    assert "correct these rows" in said.line("Wrong:")
    assert f"ID 2 ({why})" in said.line("Wrong:")
    assert fresh.rows() == before
    assert not fresh.rows(KEPT)


def test_a_price_in_words_is_named_first(fresh: Superserver, run: Run) -> None:
    store_of(
        fresh,
        Column("ProductId", "INTEGER"),
        Column("Name", max_length=50),
        Column("Price", max_length=20),
    )
    fresh.insert(ProductId=1003, Name="Sidamo", Price="ask us")
    said = run(fresh, *UPGRADE)
    assert "Price is no number" in said.line("Wrong:")


def test_a_program_that_writes_during_the_copy_is_noticed(older: Superserver, run: Run) -> None:
    def write(_: object) -> None:
        older.insert(**(SIDAMO | {"ProductId": 1010, "Name": "Guji"}))

    older.before("tCommit", write)
    said = run(older, *UPGRADE)
    assert said.code == 1
    assert "another program writes to it. Nothing was taken away." in said.line("Wrong:")
    assert len(older.rows()) == 3


def test_a_table_that_cannot_be_dropped_is_still_there(older: Superserver, run: Run) -> None:
    older.deny("DROP TABLE")
    said = run(older, *UPGRADE)
    assert said.code == 1
    assert f"Nothing is lost: its rows are where they were, and in {KEPT}" in said.line("Wrong:")
    assert len(older.rows()) == len(older.rows(KEPT)) == 2

    older.allow()
    assert run(older, *UPGRADE).code == 0
    assert products(older) == COPIED


def test_rights_are_looked_at_before_anything_is_copied(older: Superserver, run: Run) -> None:
    older.define_method("%SYSTEM.Security", "Check", lambda session, arguments: 0)
    before = everything(older)
    said = run(older, *UPGRADE)
    assert said.code == 1
    assert "neither %Development:U nor %Admin_Manage:U" in said.line("Wrong:")
    assert everything(older) == before


def test_a_cut_off_copy_is_not_taken_for_a_fresh_server(older: Superserver, run: Run) -> None:
    older.faults.die_at("LoadStream")
    said = run(older, *UPGRADE)
    assert said.code == 1
    assert "Run this again: it goes on from where it got to." in said.line("Wrong:")
    assert older.rows() == []
    assert len(older.rows(KEPT)) == 2

    said = run(older, "setup_inventory")
    assert said.code == 1
    assert f"an earlier copy was interrupted, and its rows are in {KEPT}" in said.line("Wrong:")
    assert older.rows() == []

    assert run(older, *UPGRADE).code == 0
    assert products(older) == COPIED


@pytest.mark.parametrize("step", [7, pytest.param(1, marks=pytest.mark.slow)])
def test_nothing_is_lost_wherever_the_link_breaks(older: Superserver, run: Run, step: int) -> None:
    with older.count() as sent:
        run(older, *UPGRADE)
    for place in range(1, sent.total + 1, step):
        with Superserver() as server:
            server.create_store(shape="hidden_id")
            server.insert(**SIDAMO)
            server.insert(**HARRAR)
            server.faults.die_at(None, n=place)
            run(server, *UPGRADE)
            server.faults.clear()
            assert server.wait_for_sessions(0)
            again = run(server, *UPGRADE)
            assert again.code == 0, f"cut off at message {place}: {again.text}"
            assert products(server) == COPIED, f"cut off at message {place}"
