"""What operators see of import_delivery, export_stock and stock."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import cast

import pytest
from django.core.management import CommandError, call_command

import shop
from shop.deliveries import KEY, products_on_sale, read_delivery, stock_rows
from shop.deliveries.export import STOCK_COLUMNS
from shop.inventory import get_inventory
from shop.inventory.contract import (
    Inventory,
    InventoryBusy,
    InventoryMisfit,
    InventoryUnavailable,
    OutcomeUnknown,
    Product,
    ProductPage,
    ProductQuery,
    Shelf,
    ShelfChanged,
)
from shop.inventory.models import StockRow
from tests.checkout.orders import buy
from tests.support.cast import FIRST_FERRY, HARBOUR_LIGHT, SLACK_WATER, count, reprice, withdraw
from tests.support.inventory import Failing, OverrideInventory
from tests.support.tooling.machine import ROOT

pytestmark = pytest.mark.django_db(transaction=True)

HEADER = "ProductId,Name,Description,CountryOfOrigin,Price,StockQuantity\n"
EXPORT = ",".join(STOCK_COLUMNS) + "\n"
LIGHT = "1001,Harbour Light,Hazelnut and red apple.,Colombia,12.50,12\n"
FERRY = "1002,First Ferry,Jasmine and bergamot.,Ethiopia,16.00,2\n"
SAMPLE = Path(shop.__file__).with_name("sample_delivery.csv")

Run = Callable[..., tuple[str, str]]
Write = Callable[..., str]


@pytest.fixture
def run() -> Run:
    """Runs a command; gives back what it said on standard output and on standard error."""

    def call(*arguments: str) -> tuple[str, str]:
        out, err = io.StringIO(), io.StringIO()
        try:
            call_command(*arguments, stdout=out, stderr=err)
        except CommandError as error:
            err.write(f"CommandError: {error}")
            raise CommandError(err.getvalue()) from error
        return out.getvalue(), err.getvalue()

    return call


@pytest.fixture
def file(tmp_path: Path) -> Write:
    """Writes a delivery's file and gives its path."""

    def write(*lines: str, header: str = HEADER) -> str:
        path = tmp_path / "friday.csv"
        path.write_text(header + "".join(lines), encoding="utf-8")
        return str(path)

    return write


def stock() -> dict[int, int]:
    return {product.id: product.quantity for product in products_on_sale(get_inventory())}


# ── import_delivery ─────────────────────────────────────────────────────────────────────────────


def test_the_sample_delivery_fills_an_empty_shop(run: Run) -> None:
    out, err = run("import_delivery", str(SAMPLE))
    assert out.startswith("Received 12 products, 12 new, 0 topped up, 306 bags. Its reference: ")
    assert err == ""
    assert stock()[1011] == 1


def test_a_delivery_is_in_the_ledger_under_its_reference(run: Run, file: Write) -> None:
    out, _ = run("import_delivery", file(LIGHT))
    reference = out.split()[-1]
    assert KEY.fullmatch(reference)
    decision = get_inventory().decision(reference)
    assert decision
    assert decision.reason == {
        "change": "delivery",
        "who": "import_delivery",
        "why": "friday.csv",
    }


def test_other_prices_and_words_are_listed_and_never_taken_over(run: Run, file: Write) -> None:
    run("import_delivery", file(LIGHT))
    _, err = run("import_delivery", file("1001,Harbour Dark,,Colombia,13.00,3\n"))
    assert err.splitlines() == [
        "line 2: Price 13.00 here, 12.50 in the shop. The shop's is kept.",
        "line 2: Name “Harbour Dark” here, “Harbour Light” in the shop. The shop's is kept.",
    ]
    product = get_inventory().product(1001)
    assert product
    assert (product.name, product.price) == ("Harbour Light", Decimal("12.50"))


def test_a_dry_run_says_what_would_come_and_writes_nothing(run: Run, file: Write) -> None:
    out, _ = run("import_delivery", "--dry-run", file(LIGHT, FERRY))
    assert out == ("Would receive 2 products, 2 new, 0 topped up, 14 bags. Nothing was written.\n")
    assert stock() == {}


def test_a_dry_run_of_a_file_that_came_before_is_refused_as_the_import_would_be(
    run: Run, file: Write
) -> None:
    run("import_delivery", file(LIGHT))
    with pytest.raises(CommandError, match="The same delivery was received on"):
        run("import_delivery", "--dry-run", file(LIGHT))
    out, _ = run("import_delivery", "--dry-run", "--again", file(LIGHT))
    assert out.startswith("Would receive 1 product")


def test_a_file_that_leaves_cells_to_the_shop_is_known_again_when_the_price_has_changed(
    run: Run, file: Write
) -> None:
    run("import_delivery", file(LIGHT))
    run("import_delivery", file("1001,,,,,3\n"))
    reprice(HARBOUR_LIGHT, "13.00")
    with pytest.raises(CommandError, match="The same delivery was received on"):
        run("import_delivery", file("1001,,,,,3\n"))
    assert stock() == {1001: 15}


def test_one_problem_stops_the_whole_delivery_and_every_problem_is_listed(
    run: Run, file: Write
) -> None:
    with pytest.raises(CommandError) as caught:
        run("import_delivery", file(LIGHT, "1002,,Jasmine.,Ethiopia,free,-2\n", LIGHT))
    lines = str(caught.value).splitlines()
    assert lines[0].startswith('line 3: Price is "free"')
    assert lines[1].startswith('line 3: StockQuantity is "-2"')
    assert lines[2].startswith("line 3: Name is empty, and 1002 is a new coffee")
    assert lines[3].startswith("line 4: ProductId 1001 is on line 2 already")
    assert lines[4] == (
        "CommandError: Nothing was written: friday.csv has 4 problems. "
        "Put right what is named above and import it again."
    )
    assert stock() == {}


def test_the_same_delivery_again_is_refused_with_the_day_it_came(run: Run, file: Write) -> None:
    reference = run("import_delivery", file(LIGHT, FERRY))[0].split()[-1]
    with pytest.raises(CommandError, match="The same delivery was received on ") as caught:
        run("import_delivery", file(FERRY, LIGHT))
    assert reference in str(caught.value)
    assert "import it with --again" in str(caught.value)
    assert stock() == {1001: 12, 1002: 2}
    run("import_delivery", "--again", file(FERRY, LIGHT))
    assert stock() == {1001: 24, 1002: 4}


@pytest.mark.parametrize("dry", [[], ["--dry-run"]], ids=["import", "dry run"])
def test_a_withdrawn_coffee_comes_back_only_on_request(
    run: Run, file: Write, dry: list[str]
) -> None:
    run("import_delivery", file(LIGHT))
    withdraw(HARBOUR_LIGHT)
    path = file("1001,,,,,3\n", FERRY)
    with pytest.raises(CommandError) as refused:
        run("import_delivery", path, *dry)
    assert str(refused.value) == (
        "line 2: Harbour Light is withdrawn and would come back on sale: leave the line out, or "
        "import the file with --put-back.\n"
        "CommandError: Nothing was written: friday.csv has 1 problem. Put right what is named "
        "above and import it again."
    )
    assert stock() == {}
    out, err = run("import_delivery", path, "--put-back", *dry)
    assert err == "line 2: Harbour Light is withdrawn; comes back on sale, with the 12 kept.\n"
    assert "2 products, 1 new, 1 topped up, 5 bags." in out
    assert stock() == ({} if dry else {1001: 15, 1002: 2})


def test_the_result_can_be_read_by_a_machine(run: Run, file: Write) -> None:
    told = json.loads(run("import_delivery", "--json", file(LIGHT))[0])
    assert KEY.fullmatch(told.pop("reference"))
    assert told == {"received": True, "products": 1, "new": 1, "topped_up": 0, "bags": 12}
    told = json.loads(run("import_delivery", "--json", "--dry-run", file(FERRY))[0])
    assert told == {"received": False, "products": 1, "new": 1, "topped_up": 0, "bags": 2}


def test_problems_can_be_read_by_a_machine(file: Write) -> None:
    out = io.StringIO()
    with pytest.raises(CommandError):
        call_command("import_delivery", "--json", file("1,A,B,C,1,0\n"), stdout=out, stderr=out)
    told = json.loads(out.getvalue().splitlines()[-1])
    assert told == {
        "received": False,
        "problems": [{"line": 2, "words": "StockQuantity is 0 bags: leave the row out."}],
    }


def test_a_suppliers_file_is_received_or_counted_as_the_options_say(run: Run, file: Write) -> None:
    run("import_delivery", file(LIGHT, FERRY))
    name = file("1001,20\n1002,0\nTotal,20\n", header="sku,stock\n")
    with pytest.raises(CommandError, match="Say it with --bags received, or --bags shelf"):
        run("import_delivery", name)
    with pytest.raises(CommandError, match="a row of totals"):
        run("import_delivery", name, "--bags", "shelf")
    assert stock() == {1001: 12, 1002: 2}
    counts = ("import_delivery", name, "--bags", "shelf", "--leave-out", "--json")
    assert json.loads(run(*counts, "--dry-run")[0])["changed"] == 2
    assert json.loads(run(*counts)[0])["counted"] == 2
    assert stock()[1001] == 20
    said = ("--supplier", "Blue Ram", "--note", "slip 7")
    run("import_delivery", name, "--bags", "received", "--leave-out", *said)
    assert stock()[1001] == 40
    (latest,) = get_inventory().deliveries(limit=1)
    assert (latest.why, latest.bags) == ("Blue Ram: slip 7", 20)


def test_a_dash_reads_standard_input(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO((HEADER + LIGHT).encode())))
    run("import_delivery", "-")
    assert stock() == {1001: 12}


def test_a_file_that_is_not_there_is_named(run: Run, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"gone\.csv cannot be read \(No such file"):
        run("import_delivery", str(tmp_path / "gone.csv"))
    with pytest.raises(CommandError, match="cannot be read"):
        run("import_delivery", str(tmp_path))


@pytest.mark.parametrize(
    ("method", "error", "words"),
    [
        ("products", InventoryUnavailable("no route"), "cannot be reached: no route"),
        ("apply", InventoryMisfit("ID is odd", "Use another."), "ID is odd. Use another."),
        ("apply", InventoryBusy(1001), "Nothing was changed; try again."),
        ("apply", ShelfChanged(1001, Shelf.ON_SALE, Shelf.WITHDRAWN), "run the same command again"),
        ("apply", OutcomeUnknown("delivery-1"), "what was made is never made twice"),
    ],
)
def test_a_store_that_fails_is_reported_in_words(
    run: Run,
    file: Write,
    override_inventory: OverrideInventory,
    method: str,
    error: Exception,
    words: str,
) -> None:
    override_inventory(Failing(error, method))
    with pytest.raises(CommandError, match=words):
        run("import_delivery", file(LIGHT))


# ── export_stock ────────────────────────────────────────────────────────────────────────────────


def test_an_export_has_the_bags_in_columns_that_no_delivery_is_read_from(
    run: Run, tmp_path: Path
) -> None:
    run("import_delivery", str(SAMPLE))
    out, _ = run("export_stock")
    assert out.startswith(EXPORT)
    assert "1011,Keeper's Reserve," in out
    assert ",on sale,1,0,1\n" in out
    file = tmp_path / "stock.csv"
    file.write_text(out, encoding="utf-8")
    with pytest.raises(CommandError, match="The column StockQuantity is missing"):
        run("import_delivery", str(file))


def test_sold_out_and_withdrawn_coffees_are_not_exported(run: Run, file: Write) -> None:
    run("import_delivery", file(LIGHT, FERRY))
    buy((FIRST_FERRY, 2))
    withdraw(HARBOUR_LIGHT)
    assert run("export_stock")[0] == EXPORT


MANY_BAGS = """
import django
django.setup()
from django.core.management import call_command
from shop.inventory.models import StockRow
call_command("migrate", verbosity=0)
rows = (StockRow(id=n, name="x" * 50, price=1, quantity=1) for n in range(1, 5001))
StockRow.objects.bulk_create(rows)
call_command("export_stock")
"""


def test_an_export_into_a_pipe_that_closes_ends_quietly(tmp_path: Path) -> None:
    settings = {"DATABASE_URL": f"sqlite:///{tmp_path}/shop.sqlite3"}
    with subprocess.Popen(
        [sys.executable, "-c", MANY_BAGS],
        cwd=ROOT,
        env=os.environ | settings | {"DJANGO_SETTINGS_MODULE": "coffeeco_site.settings"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as export:
        assert export.stdout
        assert export.stderr
        assert export.stdout.readline().decode().startswith("ProductId")
        export.stdout.close()
        assert export.stderr.read() == b""
        assert export.wait(60) == 0


def coffee(id_: int, words: str = "Plum.") -> Product:
    return Product(
        id=id_, name=words, price=Decimal("0.01"), quantity=1, origin=words, description=words
    )


@pytest.mark.parametrize(
    "words",
    [
        *("=1+1", "+1", "-Peru", "@home", "'=x", "''@", "'plain", "a=b", '"quoted"', "a;b,c"),
        '=HYPERLINK("x")',
        # Full width, and behind what is not seen.
        *("\uff1d1+1", "\uff0b1", "\uff0d1", "\uff20home", "\u200b=1", "\u2066'@x", "'\u200b=x"),
        *("\u3164=1", "\ufe0f+1", "\u2800-1", "\U000e0020@x"),
    ],
)
def test_an_export_runs_no_formula_and_is_read_again_as_it_was(words: str) -> None:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(stock_rows([coffee(7, words)], {}))
    cells = list(csv.reader(io.StringIO(out.getvalue())))[1]
    assert not [
        cell
        for cell in cells
        if re.match(
            "[\u200b\u2066\u3164\ufe0f\u2800\U000e0020]*[=+@\uff1d\uff0b\uff0d\uff20-]", cell
        )
    ]
    as_delivery = out.getvalue().replace("BagsOnShelf", "StockQuantity")
    (row,) = read_delivery(as_delivery.encode()).rows
    assert (row.problems, row.product_id, row.price) == ((), 7, Decimal("0.01"))
    assert {row.name, row.origin, row.description} == {words}


class MovingShelf:
    """Products on sale, of which some come or go between the first page and the second."""

    def __init__(self, ids: set[int], comes: set[int], goes: set[int]) -> None:
        self.ids, self.comes, self.goes = ids, comes, goes

    def page(self, query: ProductQuery) -> ProductPage:
        stretch = sorted(self.ids)[query.offset : query.offset + query.limit]
        found = ProductPage(products=tuple(map(coffee, stretch)), total=len(self.ids))
        self.ids = self.ids - self.goes | self.comes
        return found


@pytest.mark.parametrize(
    ("comes", "goes"),
    [
        (set(), {11, 12, 13}),
        (set(), {11, 12, 13, 14}),
        (set(), {14, 15}),
        ({21, 22, 23}, set()),
        ({1, 2, 3, 4, 5}, set()),
        ({1, 30}, {14, 19}),
    ],
    ids=str,
)
def test_whatever_is_sold_meanwhile_no_product_is_missed_or_listed_twice(
    comes: set[int], goes: set[int]
) -> None:
    shelf = MovingShelf(set(range(11, 21)), comes, goes)
    told = [product.id for product in products_on_sale(cast("Inventory", shelf), page_size=4)]
    assert told == sorted(set(told))
    assert set(range(11, 21)) - goes <= set(told)


# ── stock ───────────────────────────────────────────────────────────────────────────────────────


def test_the_stock_is_a_table_with_a_word_for_what_is_low_or_sold_out(
    run: Run, file: Write
) -> None:
    run("import_delivery", file(LIGHT, FERRY, "1003,Slack Water,Cocoa.,Brazil,10.90,1\n"))
    buy((SLACK_WATER, 1))
    assert run("stock")[0].splitlines() == [
        "  id  name           origin    price  bags  state",
        "1001  Harbour Light  Colombia  12.50    12  in stock",
        "1002  First Ferry    Ethiopia  16.00     2  low",
        "1003  Slack Water    Brazil    10.90     0  sold out",
    ]


def test_low_shows_only_what_is_low_or_sold_out(run: Run, file: Write) -> None:
    run("import_delivery", file(LIGHT))
    assert run("stock", "--low")[0] == "Nothing is low or sold out.\n"
    count(HARBOUR_LIGHT, shown=12, counted=2)
    assert run("stock", "--low")[0].splitlines()[1].endswith("2  low")


def test_an_empty_stock_says_how_to_begin(run: Run) -> None:
    assert run("stock")[0] == ("Nothing is in stock. Begin with: manage.py import_delivery FILE\n")


def test_rows_that_cannot_be_sold_are_named_with_the_reason(run: Run) -> None:
    StockRow.objects.create(id=1005, name="Mangrove", price=None, quantity=3)
    assert run("stock")[0].splitlines()[1] == (
        "Not offered until corrected: 1005 Mangrove (no price)"
    )


def test_the_stock_can_be_read_by_a_machine(run: Run, file: Write) -> None:
    run("import_delivery", file(FERRY))
    StockRow.objects.create(id=1005, name="", price=1, quantity=3)
    assert json.loads(run("stock", "--json")[0]) == {
        "products": [
            {
                "id": 1002,
                "name": "First Ferry",
                "origin": "Ethiopia",
                "price": "16.00",
                "quantity": 2,
                "state": "low",
            }
        ],
        "problems": [{"id": 1005, "name": "", "problems": ["no name"]}],
    }


@pytest.mark.parametrize("command", ["stock", "export_stock"])
def test_a_store_that_is_away_is_reported_with_what_to_do(
    run: Run, override_inventory: OverrideInventory, command: str
) -> None:
    override_inventory(Failing(InventoryUnavailable("no route"), "page"))
    with pytest.raises(CommandError, match=r"cannot be reached: no route.*check_inventory"):
        run(command)
