"""What a delivery's file may look like, and what is said of each line that cannot be taken."""

from __future__ import annotations

import csv
import io
from contextlib import suppress
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shop.deliveries import (
    MAX_UPLOAD,
    Problem,
    ReadDelivery,
    UnreadableDelivery,
    read_delivery,
)
from shop.deliveries.cells import words
from shop.deliveries.reader import MAX_BAD_ROWS, MAX_COLUMNS, MAX_LINES, MAX_ROWS, ReadRow
from shop.inventory.contract import TEXTS

HEADER = "ProductId,Name,Description,CountryOfOrigin,Price,StockQuantity\n"
GOOD = "1001,Harbour Light,Hazelnut and red apple.,Colombia,12.50,12\n"


def read(*lines: str) -> ReadDelivery:
    return read_delivery(HEADER + "".join(lines))


def problems_of(found: ReadDelivery) -> tuple[Problem, ...]:
    """What is wrong in all of the rows."""
    return tuple(
        Problem(line=row.line, words=words) for row in found.rows for words in row.problems
    )


def only_row(*lines: str) -> ReadRow:
    found = read(*lines)
    assert problems_of(found) == ()
    (row,) = found.rows
    return row


def told(found: ReadDelivery) -> list[str]:
    return [str(problem) for problem in problems_of(found)]


def told_of(**cells: str) -> str:
    """The one problem of a good row with these cells put in."""
    record = dict(zip(HEADER.strip().split(","), next(csv.reader([GOOD])), strict=True)) | cells
    out = io.StringIO()
    csv.writer(out).writerow(record.values())
    (problem,) = problems_of(read(out.getvalue()))
    assert problem.line == 2
    return problem.words


TOO_FEW = (
    "write every cell, empty where there is nothing to say, and put quotation marks around "
    "a text that runs over several lines."
)


def price_of(cell: str) -> Decimal | None:
    return only_row(GOOD.replace("12.50", f'"{cell}"')).price


# ── good files ──────────────────────────────────────────────────────────────────────────────────


FILE = HEADER + GOOD
READ_ALIKE: dict[str, str | bytes] = {
    "a plain file": FILE,
    "a byte order mark": b"\xef\xbb\xbf" + FILE.encode(),
    "a byte order mark, pasted": "\ufeff" + FILE,
    "UTF-16 with tabs, as spreadsheets save Unicode text": FILE.replace(",", "\t").encode("utf-16"),
    "semicolons": FILE.replace(",", ";"),
    "tabs": FILE.replace(",", "\t"),
    "other titles in another order, and a decimal comma": (
        "stock quantity;PRICE;country_of_origin;Description;Name;productid\n"
        "12;12,50;Colombia;Hazelnut and red apple.;Harbour Light;1001\n"
    ),
    "empty cells behind the last column": HEADER.strip() + ",,\n" + GOOD.strip() + ",,,,\n",
}


@pytest.mark.parametrize("data", READ_ALIKE.values(), ids=READ_ALIKE)
def test_a_file_is_read_cell_by_cell_however_it_was_saved(data: str | bytes) -> None:
    found = read_delivery(data)
    assert (problems_of(found), found.notices) == ((), ())
    assert isinstance(data, str) or not found.text.startswith("\ufeff")
    assert found.rows == (
        ReadRow(
            line=2,
            product_id=1001,
            name="Harbour Light",
            description="Hazelnut and red apple.",
            origin="Colombia",
            price=Decimal("12.50"),
            quantity=12,
        ),
    )


def test_a_byte_that_windows_leaves_undefined_is_still_read() -> None:
    found = read_delivery((HEADER + GOOD).encode().replace(b"Harbour", b"\xe9\x81"))
    assert told(found) == [
        "line 2: Name holds a character that cannot be shown: type the text anew."
    ]


@pytest.mark.parametrize(
    ("count", "named"), [(2, '"x0" and "x1".'), (1000, '"x6", "x7" and 992 more.')]
)
def test_extra_columns_are_left_out_and_the_first_are_named(count: int, named: str) -> None:
    extra = ",".join(f"x{n}" for n in range(count))
    found = read_delivery(HEADER.strip() + f",{extra}\n" + GOOD.strip() + ",light" * count)
    assert problems_of(found) == ()
    assert found.notices[0].startswith("Not used here, and left out: ")
    assert found.notices[0].endswith(named)


def test_stray_spaces_go_and_runs_inside_names_become_one() -> None:
    row = only_row("  1001 , Harbour \u00a0 Light ,  Hazelnut.  , Costa   Rica ,  12.50 , 12 \n")
    assert (row.name, row.origin) == ("Harbour Light", "Costa Rica")
    assert (row.description, row.quantity) == ("Hazelnut.", 12)


def test_quotes_commas_and_newlines_inside_a_text_are_kept_and_lines_still_counted() -> None:
    found = read('1001,"The\n""Light""","Hazelnut,\r\nthen apple.",Colombia,12.50,12\n', GOOD)
    assert found.rows[0].name == 'The "Light"', "a name is one line"
    assert found.rows[0].description == "Hazelnut,\nthen apple."
    assert [problem.line for problem in problems_of(found)] == [5]


def test_blank_lines_are_skipped_and_still_counted() -> None:
    found = read_delivery("\n\n" + HEADER + "\n , ,,,,\n" + GOOD + "\n" + GOOD + "\n\n")
    assert [row.line for row in found.rows] == [6, 8]


# ── prices ──────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("cell", "price"),
    [
        ("12", "12.00"),
        ("12.5", "12.50"),
        ("12,50", "12.50"),
        ("0.01", "0.01"),
        ("012.50", "12.50"),
        ("1,234.50", "1234.50"),
        ("1.234,50", "1234.50"),
        ("1 234,50", "1234.50"),
        ("1\u00a0234,50", "1234.50"),
        ("1'234'567.50", "1234567.50"),
        ("99999999.99", "99999999.99"),
    ],
)
def test_a_price_may_be_written_with_point_comma_or_thousands_marks(cell: str, price: str) -> None:
    assert price_of(cell) == Decimal(price)


@pytest.mark.parametrize("cell", ["$12.50", "12,50 €", "£ 12.50", "12.50\u00a0¥"])
def test_a_currency_sign_is_left_out_and_a_notice_says_so(cell: str) -> None:
    found = read(GOOD.replace("12.50", f'"{cell}"'))
    assert found.rows[0].price == Decimal("12.50")
    assert found.notices == (
        "Currency signs were left out; prices are in the shop's own currency.",
    )


# ── cells that are refused ──────────────────────────────────────────────────────────────────────

REFUSED: list[tuple[str, str, list[str]]] = [
    (
        "Price",
        (
            'Price "{}" has more than two decimals: write it to the cent, such as 12.50, '
            "and a price of a thousand or more without marks, such as 1250.00."
        ),
        ["12.505", "12.500", "12,345", "$0.001", "1234.5678"],
    ),
    (
        "Price",
        'Price is "{}": write a price above 0, such as 12.50.',
        ["-5", "$-5.00", "(5.00)", "\u22125"],
    ),
    ("Price", "Price is 0: write a price above 0, such as 12.50.", ["0", "0.00", "0,0", "$0"]),
    (
        "Price",
        'Price is "{}": write it in digits, such as 12.50.',
        [
            *("dear", "NaN", "inf", "1e3", "12.", ".5"),
            *("12 50", "1.2.3", "€", "12.50 USD", "\uff11\uff12"),
        ],
    ),
    (
        "Price",
        'Price "{}" is too large: the largest is 99999999.99.',
        ["100000000", "9" * 30, "9" * 6000],
    ),
    (
        "ProductId",
        'ProductId is "{}": write a whole number from 1 up, such as 1001.',
        ["abc", "10.5", "1001.000", "-1", "0", "0.0", "1,001", "1e3", "\uff11"],
    ),
    (
        "ProductId",
        'ProductId "{}" is too large: the largest is 9007199254740991.',
        ["9007199254740992", "9" * 40, "9" * 6000],
    ),
    ("ProductId", "ProductId is empty: write the coffee's number, such as 1001.", [" "]),
    ("StockQuantity", "StockQuantity is empty: write how many bags came.", [""]),
    ("StockQuantity", "StockQuantity is 0 bags: leave the row out.", ["0", "00", "-0", "0.0"]),
    (
        "StockQuantity",
        (
            'StockQuantity is "{}": a delivery only brings bags in. '
            "Write 1 or more, or leave the row out."
        ),
        ["-1", "- 4", "\u22124", "-2.5"],
    ),
    (
        "StockQuantity",
        'StockQuantity is "{}": write whole bags in digits only, such as 12.',
        ["a dozen", "2.5", "2,5", "12.000", "1,000", "nan", "+3", "1e2"],
    ),
    (
        "StockQuantity",
        'StockQuantity "{}" is too large: one row brings at most 1,000,000 bags.',
        ["1000001", "9" * 20, "9" * 6000],
    ),
]


@pytest.mark.parametrize(
    ("column", "words", "cell"),
    [(column, words, cell) for column, words, cells in REFUSED for cell in cells],
)
def test_a_cell_with_a_problem_says_what_to_write(column: str, words: str, cell: str) -> None:
    said = told_of(**{column: cell})
    before, _, after = words.partition("{}")
    # A very long cell is shown in part.
    assert said.startswith(before + cell[:20] if after else before)
    assert said.endswith(after)
    assert len(cell) > 20 or said == words.format(cell)


def test_the_largest_id_is_taken() -> None:
    assert only_row(GOOD.replace("1001", "9007199254740991")).product_id == 2**53 - 1


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("between", ["", "\n"])
def test_an_id_that_comes_twice_is_refused_where_it_comes_again(end: str, between: str) -> None:
    text = HEADER + GOOD + between + GOOD.replace("1001", "01001")
    assert told(read_delivery(text.replace("\n", end))) == [
        (
            f"line {4 if between else 3}: ProductId 1001 is on line 2 already: "
            "put the bags of both into one row."
        )
    ]


# ── words ───────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("name", "column"),
    [("name", "Name"), ("origin", "CountryOfOrigin"), ("description", "Description")],
)
def test_a_text_that_is_too_long_is_refused_with_its_length(name: str, column: str) -> None:
    longest = TEXTS[name]
    assert told_of(**{column: "x" * (longest + 1)}) == (
        f"{column} is {longest + 1} characters long: shorten it to {longest} or fewer."
    )
    assert words(name, column, "x" * longest) == "x" * longest


def test_emoji_count_twice_as_they_do_in_the_store() -> None:
    assert told_of(Name="\N{HOT BEVERAGE}" * 51).startswith("Name is 51 characters long")
    assert told_of(Name="\N{TEACUP WITHOUT HANDLE}\N{BEER MUG}" * 13).startswith("Name is 52 ")


@pytest.mark.parametrize("column", ["Name", "Description", "CountryOfOrigin"])
@pytest.mark.parametrize(
    ("character", "words"),
    [
        ("\0", "a NUL character"),
        ("\x07", "a character that cannot be shown"),
        ("\x1b[2J", "a character that cannot be shown"),
        ("\ud800", "a character that cannot be shown"),
    ],
)
def test_what_cannot_be_shown_is_named_with_its_column(
    column: str, character: str, words: str
) -> None:
    assert (
        told_of(**{column: f"Har{character}bour"}) == f"{column} holds {words}: type the text anew."
    )


# ── files that are not as they should be ────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("titles", "column"), [("Name,Price", "StockQuantity"), ("Price,StockQuantity", "ProductId")]
)
def test_a_column_that_every_row_needs_is_named_when_it_is_missing(
    titles: str, column: str
) -> None:
    assert told(read_delivery(f"{titles}\nx,12\n")) == [
        f"line 1: The column {column} is missing: add it, named in this line."
    ]


@pytest.mark.parametrize("cell", ["1001.0", "1001,00", "\u200b1001"])
def test_a_number_as_spreadsheets_write_it_is_the_same_number(cell: str) -> None:
    row = only_row(GOOD.replace("1001", f'"{cell}"').replace(",12\n", ",12.0\n"))
    assert (row.product_id, row.quantity) == (1001, 12)


@pytest.mark.parametrize("titles", [",x" * MAX_COLUMNS, '"\n"\n' * 1_000])
def test_titles_behind_very_many_columns_or_blank_rows_are_not_looked_for(titles: str) -> None:
    found = read_delivery(f"{titles}{HEADER}{GOOD}")
    (problem,) = problems_of(found)
    assert problem.words.startswith("This line names none of the columns")


@pytest.mark.parametrize("end", ["\n", "\r", "\r\n"])
def test_a_text_of_very_many_lines_is_not_read(end: str) -> None:
    text = HEADER.strip() + end + f'"{end}' * MAX_LINES
    with pytest.raises(UnreadableDelivery, match=r"It has 50,001 lines, and 50,000 is the most"):
        read_delivery(text)


@pytest.mark.parametrize("data", [b"", b"\xef\xbb\xbf", b" \r\n\t\n", "", "\ufeff\n", "\0\0"])
def test_an_empty_file_is_answered_with_what_belongs_into_it(data: bytes | str) -> None:
    with pytest.raises(UnreadableDelivery, match="There is nothing in it"):
        read_delivery(data)


@pytest.mark.parametrize(
    ("start", "words"),
    [
        (b"\x89PNG\r\n\x1a\n", "This is a picture"),
        (b"\xff\xd8\xff\xe0\x00\x10JFIF", "This is a picture"),
        (b"GIF89a", "This is a picture"),
        (b"RIFF\x10\0\0\0WEBPVP8 ", "This is a picture"),
        (b"PK\x03\x04\x14\x00", "This is a workbook"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1", "This is a workbook"),
        (b"%PDF-1.7\n", "This is not a text file"),
        (b"\x7fELF" + bytes(range(32)) * 20, "This is not a text file"),
    ],
)
def test_a_picture_or_workbook_under_another_name_is_recognised(start: bytes, words: str) -> None:
    with pytest.raises(UnreadableDelivery, match=words):
        read_delivery(start + bytes(range(256)) * 4)


def test_more_than_ten_megabytes_are_refused_unread() -> None:
    with pytest.raises(UnreadableDelivery, match=r"It has 10\.1 MB, and 10 MB is the most"):
        read_delivery(b"x" * (MAX_UPLOAD + 1))
    with pytest.raises(UnreadableDelivery, match="10 MB is the most"):
        read_delivery("é" * (MAX_UPLOAD // 2 + 1))


def test_the_row_after_the_last_that_is_taken_says_where_to_split() -> None:
    lines = [f"{n},A,B,C,1,1\n" for n in range(1, MAX_ROWS + 3)]
    assert problems_of(read(*lines[:MAX_ROWS])) == ()
    assert told(read(*lines)) == [
        (
            "line 5002: More than 5,000 rows: split the delivery here. "
            "Nothing was read from this line on."
        )
    ]


def test_a_file_of_nothing_but_problems_gets_a_short_answer() -> None:
    assert told(read("1001\n" * MAX_ROWS))[MAX_BAD_ROWS:] == [
        "line 502: 500 rows have problems: correct these first. Nothing was read from this line on."
    ]


def test_a_column_that_comes_ten_thousand_times_is_named_once() -> None:
    found = read_delivery(HEADER.strip() + ",Name" * 10_000 + "\n")
    assert told(found) == ["line 1: The column Name is there twice: remove one of them."]


def test_a_row_with_too_many_or_too_few_cells_says_how_many() -> None:
    found = read(GOOD.replace("12.50", "12,50"), "1002,First Ferry\n", "1003\n")
    assert told(found) == [
        (
            "line 2: This row has 7 cells where line 1 names 6 columns: "
            "put quotation marks around a text or price with a comma in it."
        ),
        (f"line 3: This row has 2 cells where line 1 names 6 columns: {TOO_FEW}"),
        (f"line 4: This row has 1 cell where line 1 names 6 columns: {TOO_FEW}"),
    ]


@pytest.mark.parametrize(
    "line",
    [
        '1001,"Harbour Light,Hazelnut,Colombia,12.50,12\n',
        '1001,"Harbour" Light,Hazelnut,Colombia,12.50,12\n',
    ],
)
def test_an_unpaired_quotation_mark_swallows_no_other_row(line: str) -> None:
    found = read(line, *[f"{n},A,B,C,1,zero\n" for n in range(2, 400)])
    assert [problem.line for problem in problems_of(found)] == list(range(2, 401))
    assert problems_of(found)[0].words.startswith("The quotation marks in this row do not pair up")


def test_every_problem_of_every_row_is_listed() -> None:
    found = read("x,,,,free,none\n", GOOD, ",A,B,C,-1,-1\n")
    assert [problem.line for problem in problems_of(found)] == [2, 2, 2, 4, 4, 4]


@given(st.binary(max_size=300))
def test_no_bytes_at_all_break_the_reading(data: bytes) -> None:
    with suppress(UnreadableDelivery):
        assert read_delivery(HEADER.encode() + data).rows


@given(st.text(alphabet="\"',;\t\r\n =+-@\0a1.é", max_size=200))
def test_no_text_at_all_breaks_the_reading(text: str) -> None:
    found = read_delivery(HEADER + text)
    assert all(row.problems or row.product_id for row in found.rows)
