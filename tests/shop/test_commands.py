"""What operators see of import_delivery, export_stock and stock."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import cast

import pytest
from django.core.management import CommandError, call_command
from hypothesis import example, given, settings
from hypothesis import strategies as st

import shop
from shop.deliveries import COLUMNS, KEY, products_on_sale, read_delivery, rows_of
from shop.inventory import get_inventory
from shop.inventory.contract import (
    Correction,
    Inventory,
    InventoryBusy,
    InventoryMisfit,
    InventoryUnavailable,
    NewDetails,
    Note,
    OutcomeUnknown,
    Product,
    ProductPage,
    ProductQuery,
    SaleRequest,
    Shelf,
    ShelfChanged,
    WantedLine,
    Withdrawal,
)
from shop.inventory.models import StockRow
from tests.support.inventory import Failing, OverrideInventory

pytestmark = pytest.mark.django_db(transaction=True)

HEADER = ",".join(COLUMNS) + "\n"
LIGHT = "1001,Harbour Light,Hazelnut and red apple.,Colombia,12.50,12\n"
FERRY = "1002,First Ferry,Jasmine and bergamot.,Ethiopia,16.00,2\n"
SAMPLE = Path(shop.__file__).with_name("sample_delivery.csv")

Run = Callable[..., tuple[str, str]]


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
def file(tmp_path: Path) -> Callable[..., str]:
    """Writes a delivery's file and gives its path."""

    def write(*lines: str, header: str = HEADER) -> str:
        path = tmp_path / "friday.csv"
        path.write_text(header + "".join(lines), encoding="utf-8")
        return str(path)

    return write


def stock() -> dict[int, int]:
    return {product.id: product.quantity for product in products_on_sale(get_inventory())}


def sell(product_id: int, quantity: int, price: str) -> None:
    line = WantedLine(product_id=product_id, quantity=quantity, unit_price=Decimal(price))
    request = SaleRequest(reference=f"CC-{product_id}", token_hash="0" * 64, lines=(line,))
    with get_inventory().sale(request) as sale:
        sale.sell(product_id)


# ── import_delivery ─────────────────────────────────────────────────────────────────────────────


def test_the_sample_delivery_fills_an_empty_shop(run: Run) -> None:
    out, err = run("import_delivery", str(SAMPLE))
    assert out.startswith("Received 12 products, 12 new, 0 topped up, 306 bags. Its reference: ")
    assert err == ""
    assert stock()[1011] == 1


def test_a_delivery_is_in_the_ledger_under_its_reference(
    run: Run, file: Callable[..., str]
) -> None:
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


def test_bags_of_known_coffees_are_added(run: Run, file: Callable[..., str]) -> None:
    run("import_delivery", file(LIGHT))
    out, _ = run("import_delivery", file(LIGHT.replace(",12\n", ",5\n"), FERRY))
    assert out.startswith("Received 2 products, 1 new, 1 topped up, 7 bags.")
    assert stock() == {1001: 17, 1002: 2}


def test_a_known_coffee_needs_only_its_id_and_bags(run: Run, file: Callable[..., str]) -> None:
    run("import_delivery", file(LIGHT))
    run("import_delivery", file("1001,,,,,3\n"))
    product = get_inventory().product(1001)
    assert product
    assert (product.name, product.price, product.quantity) == (
        "Harbour Light",
        Decimal("12.50"),
        15,
    )


def test_other_prices_and_words_are_told_and_never_taken_over(
    run: Run, file: Callable[..., str]
) -> None:
    run("import_delivery", file(LIGHT))
    _, err = run("import_delivery", file("1001,Harbour Dark,,Colombia,13.00,3\n"))
    assert err.splitlines() == [
        "line 2: Price 13.00 here, 12.50 in the shop. The shop's is kept.",
        "line 2: Name “Harbour Dark” here, “Harbour Light” in the shop. The shop's is kept.",
    ]
    product = get_inventory().product(1001)
    assert product
    assert (product.name, product.price) == ("Harbour Light", Decimal("12.50"))


def test_a_dry_run_says_what_would_come_and_writes_nothing(
    run: Run, file: Callable[..., str]
) -> None:
    out, _ = run("import_delivery", "--dry-run", file(LIGHT, FERRY))
    assert out == ("Would receive 2 products, 2 new, 0 topped up, 14 bags. Nothing was written.\n")
    assert stock() == {}


def test_a_dry_run_of_a_file_that_came_before_is_refused_as_the_import_would_be(
    run: Run, file: Callable[..., str]
) -> None:
    run("import_delivery", file(LIGHT))
    with pytest.raises(CommandError, match="The same delivery was received on"):
        run("import_delivery", "--dry-run", file(LIGHT))
    out, _ = run("import_delivery", "--dry-run", "--again", file(LIGHT))
    assert out.startswith("Would receive 1 product")


def test_a_file_that_leaves_cells_to_the_shop_is_known_again_when_the_price_has_changed(
    run: Run, file: Callable[..., str]
) -> None:
    run("import_delivery", file(LIGHT))
    run("import_delivery", file("1001,,,,,3\n"))
    dearer = NewDetails(
        product_id=1001,
        name="Harbour Light",
        price=Decimal("13.00"),
        origin="Colombia",
        description="Chocolate.",
    )
    get_inventory().apply(dearer, Note(key="dearer", who="Rosa"))
    with pytest.raises(CommandError, match="The same delivery was received on"):
        run("import_delivery", file("1001,,,,,3\n"))
    assert stock() == {1001: 15}


def test_one_problem_stops_the_whole_delivery_and_every_problem_is_told(
    run: Run, file: Callable[..., str]
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


def test_a_new_coffee_with_empty_details_is_a_problem(run: Run, file: Callable[..., str]) -> None:
    with pytest.raises(CommandError) as caught:
        run("import_delivery", file("1003,,,,,4\n"))
    assert [line.split(":")[1].split(",")[0] for line in str(caught.value).splitlines()[:4]] == [
        " Name is empty",
        " Description is empty",
        " CountryOfOrigin is empty",
        " Price is empty",
    ]


def test_the_same_delivery_again_is_refused_with_the_day_it_came(
    run: Run, file: Callable[..., str]
) -> None:
    reference = run("import_delivery", file(LIGHT, FERRY))[0].split()[-1]
    with pytest.raises(CommandError, match="The same delivery was received on ") as caught:
        run("import_delivery", file(FERRY, LIGHT))
    assert reference in str(caught.value)
    assert "import it with --again" in str(caught.value)
    assert stock() == {1001: 12, 1002: 2}


def test_the_same_delivery_comes_again_when_told_so(run: Run, file: Callable[..., str]) -> None:
    run("import_delivery", file(LIGHT))
    run("import_delivery", "--again", file(LIGHT))
    assert stock() == {1001: 24}


@pytest.mark.parametrize("dry", [[], ["--dry-run"]], ids=["import", "dry run"])
def test_a_withdrawn_coffee_comes_back_only_when_told_so(
    run: Run, file: Callable[..., str], dry: list[str]
) -> None:
    run("import_delivery", file(LIGHT))
    get_inventory().apply(Withdrawal(product_id=1001), Note(key="off", who="Rosa"))
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


def test_the_result_can_be_read_by_a_machine(run: Run, file: Callable[..., str]) -> None:
    told = json.loads(run("import_delivery", "--json", file(LIGHT))[0])
    assert KEY.fullmatch(told.pop("reference"))
    assert told == {"received": True, "products": 1, "new": 1, "topped_up": 0, "bags": 12}
    told = json.loads(run("import_delivery", "--json", "--dry-run", file(FERRY))[0])
    assert told == {"received": False, "products": 1, "new": 1, "topped_up": 0, "bags": 2}


def test_problems_can_be_read_by_a_machine(file: Callable[..., str]) -> None:
    out = io.StringIO()
    with pytest.raises(CommandError):
        call_command("import_delivery", "--json", file("1,A,B,C,1,0\n"), stdout=out, stderr=out)
    told = json.loads(out.getvalue().splitlines()[-1])
    assert told == {
        "received": False,
        "problems": [{"line": 2, "words": "StockQuantity is 0 bags: leave the row out."}],
    }


def test_a_dash_reads_standard_input(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO((HEADER + LIGHT).encode())))
    run("import_delivery", "-")
    assert stock() == {1001: 12}


def test_a_file_that_is_not_there_is_named(run: Run, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"gone\.csv cannot be read \(No such file"):
        run("import_delivery", str(tmp_path / "gone.csv"))
    with pytest.raises(CommandError, match="cannot be read"):
        run("import_delivery", str(tmp_path))


def test_a_picture_is_named_as_one(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "bag.csv"
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(100))
    with pytest.raises(CommandError, match=r"bag\.csv was not read\. This is a picture"):
        run("import_delivery", str(path))


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
def test_a_store_that_fails_is_told_in_words(
    run: Run,
    file: Callable[..., str],
    override_inventory: OverrideInventory,
    method: str,
    error: Exception,
    words: str,
) -> None:
    override_inventory(Failing(error, method))
    with pytest.raises(CommandError, match=words):
        run("import_delivery", file(LIGHT))


def test_a_delivery_mends_a_row_that_another_program_left_without_a_price(
    run: Run, file: Callable[..., str]
) -> None:
    StockRow.objects.create(id=1001, name="Harbour Light", price=None, quantity=3)
    out, _ = run("import_delivery", file(LIGHT))
    assert "0 new, 1 topped up" in out
    assert stock() == {1001: 15}


# ── export_stock ────────────────────────────────────────────────────────────────────────────────


def test_an_export_reads_like_the_delivery_that_it_came_from(
    run: Run, file: Callable[..., str]
) -> None:
    run("import_delivery", file(FERRY, LIGHT))
    assert run("export_stock") == (HEADER + LIGHT + FERRY, "")


def test_an_empty_shop_exports_the_header_alone(run: Run) -> None:
    assert run("export_stock")[0] == HEADER


def test_sold_out_and_withdrawn_coffees_are_not_exported(
    run: Run, file: Callable[..., str]
) -> None:
    run("import_delivery", file(LIGHT, FERRY))
    sell(1002, 2, "16.00")
    get_inventory().apply(Withdrawal(product_id=1001), Note(key="withdraw", who="Rosa"))
    assert run("export_stock")[0] == HEADER


def test_an_export_cannot_run_formulas(run: Run, file: Callable[..., str]) -> None:
    run("import_delivery", file('1001,"=HYPERLINK(""x"")",@home,-Peru,1.00,4\n'))
    cells = list(csv.reader(io.StringIO(run("export_stock")[0])))[1]
    assert cells == ["1001", '\'=HYPERLINK("x")', "'@home", "'-Peru", "1.00", "4"]


def test_an_export_into_a_pipe_that_closes_ends_quietly(run: Run, tmp_path: Path) -> None:
    database = tmp_path / "shop.sqlite3"
    surroundings = os.environ | {"DATABASE_URL": f"sqlite:///{database}"}
    manage = [sys.executable, "manage.py"]
    folder = Path(shop.__file__).parent.parent
    subprocess.run(
        [*manage, "migrate", "-v0"], cwd=folder, env=surroundings, check=True, timeout=120
    )
    many = tmp_path / "many.csv"
    rows = (f"{n},Coffee {n},{'x' * 400},Peru,1.00,1\n" for n in range(1, 1001))
    many.write_text(HEADER + "".join(rows))
    subprocess.run(
        [*manage, "import_delivery", str(many)],
        cwd=folder,
        env=surroundings,
        check=True,
        capture_output=True,
        timeout=120,
    )
    process = subprocess.Popen(
        [*manage, "export_stock"],
        cwd=folder,
        env=surroundings,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout
    assert process.stderr
    with process.stdout as out, process.stderr as err:
        assert out.readline().decode().startswith("ProductId")
        out.close()
        assert b"Traceback" not in err.read()
    process.wait(timeout=60)


PLAIN = st.characters(exclude_categories=["Cc", "Cs"])
ONE_LINE = (
    st.text(st.one_of(st.sampled_from("'=+-@\",; "), PLAIN), max_size=25)
    .map(lambda text: " ".join(text.split()))
    .filter(bool)
)
LINES = (
    st.text(st.one_of(st.sampled_from("'=+-@\",;\n\t "), PLAIN), max_size=200)
    .map(str.strip)
    .filter(bool)
)
PRODUCTS = st.builds(
    Product,
    id=st.integers(1, 2**53 - 1),
    name=ONE_LINE,
    price=st.decimals("0.01", "99999999.99", places=2),
    quantity=st.integers(1, 1_000_000),
    origin=ONE_LINE,
    description=LINES,
)


ALREADY_ESCAPED = Product(
    id=1, name="'=x", price=Decimal(1), quantity=1, origin="''@", description="'a\n=b"
)


@settings(max_examples=200)
@example([ALREADY_ESCAPED])
@given(st.lists(PRODUCTS, min_size=1, max_size=5, unique_by=lambda product: product.id))
def test_nothing_is_lost_from_export_to_delivery(products: list[Product]) -> None:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(rows_of(iter(products)))
    found = read_delivery(out.getvalue().encode())
    assert found.problems == ()
    assert [
        Product(
            id=row.product_id or 0,
            name=row.name,
            price=row.price or Decimal(0),
            quantity=row.quantity or 0,
            origin=row.origin,
            description=row.description,
        )
        for row in found.rows
    ] == products


class MovingShelf:
    """Products on sale that come and go between one page and the next."""

    def __init__(self, ids: list[int], between: Iterator[Callable[[list[int]], None]]) -> None:
        self.ids = ids
        self.between = between

    def page(self, query: ProductQuery) -> ProductPage:
        stretch = sorted(self.ids)[query.offset : query.offset + query.limit]
        products = tuple(
            Product(id=n, name="A", price=Decimal(1), quantity=1, origin="", description="")
            for n in stretch
        )
        found = ProductPage(products=products, total=len(self.ids))
        next(self.between, lambda ids: None)(self.ids)
        return found


@given(
    ids=st.sets(st.integers(1, 30), min_size=1),
    stays=st.sets(st.integers(1, 30), max_size=12),
    events=st.lists(
        st.lists(st.tuples(st.booleans(), st.integers(1, 30)), max_size=6), max_size=10
    ),
)
@example(ids={1, 2, 3}, stays={4, 5, 6, 7, 8, 9}, events=[[(False, 1), (False, 2), (False, 3)]])
def test_whatever_is_sold_meanwhile_no_product_is_missed_or_told_twice(
    ids: set[int], stays: set[int], events: list[list[tuple[bool, int]]]
) -> None:
    def happening(steps: list[tuple[bool, int]]) -> Callable[[list[int]], None]:
        def happen(shelf: list[int]) -> None:
            for comes, product_id in steps:
                if comes and product_id not in shelf:
                    shelf.append(product_id)
                elif not comes and product_id in shelf and product_id not in stays:
                    shelf.remove(product_id)

        return happen

    shelf = MovingShelf(sorted(ids | stays), map(happening, events))
    found = products_on_sale(cast("Inventory", shelf), page_size=4)
    told = [product.id for product in found]
    assert told == sorted(set(told))
    assert stays <= set(told)


# ── stock ───────────────────────────────────────────────────────────────────────────────────────


def test_the_stock_is_a_table_with_a_word_for_what_is_low_or_sold_out(
    run: Run, file: Callable[..., str]
) -> None:
    run("import_delivery", file(LIGHT, FERRY, "1003,Slack Water,Cocoa.,Brazil,10.90,1\n"))
    sell(1003, 1, "10.90")
    assert run("stock")[0].splitlines() == [
        "  id  name           origin    price  bags  state",
        "1001  Harbour Light  Colombia  12.50    12  in stock",
        "1002  First Ferry    Ethiopia  16.00     2  low",
        "1003  Slack Water    Brazil    10.90     0  sold out",
    ]


def test_low_shows_only_what_is_low_or_sold_out(run: Run, file: Callable[..., str]) -> None:
    run("import_delivery", file(LIGHT))
    assert run("stock", "--low")[0] == "Nothing is low or sold out.\n"
    get_inventory().apply(
        Correction(product_id=1001, shown=12, counted=2), Note(key="count", who="Rosa")
    )
    assert run("stock", "--low")[0].splitlines()[1].endswith("2  low")


def test_an_empty_stock_says_how_to_begin(run: Run) -> None:
    assert run("stock")[0] == ("Nothing is in stock. Begin with: manage.py import_delivery FILE\n")


def test_rows_that_cannot_be_sold_are_named_with_the_reason(run: Run) -> None:
    StockRow.objects.create(id=1005, name="Mangrove", price=None, quantity=3)
    assert run("stock")[0].splitlines()[1] == ("Not offered until mended: 1005 Mangrove (no price)")


def test_the_stock_can_be_read_by_a_machine(run: Run, file: Callable[..., str]) -> None:
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
def test_a_store_that_is_away_is_told_with_what_to_do(
    run: Run, override_inventory: OverrideInventory, command: str
) -> None:
    override_inventory(Failing(InventoryUnavailable("no route"), "page"))
    with pytest.raises(CommandError, match=r"cannot be reached: no route.*check_inventory"):
        run(command)
