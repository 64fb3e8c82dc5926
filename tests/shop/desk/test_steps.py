"""The step line of a coffee's stock, and the sentence above it."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from shop.desk.steps import HEIGHT, WIDTH, StepLine, step_line
from shop.inventory.contract import Movement, MovementKind
from tests.checkout.orders import buy
from tests.shop.cast import browser_of, page_of, rosa, text_of
from tests.support.cast import HARBOUR_LIGHT, stock


def line_of(*steps: tuple[float, int], before: int = 0) -> StepLine | None:
    """The line of movements so many days ago that left so many bags."""
    movements = []
    for number, (days, after) in enumerate(steps, start=1):
        movements.append(
            Movement(
                product_id=1,
                number=number,
                kind=MovementKind.CORRECTION,
                change=after - before,
                after=after,
                at=timezone.now() - timedelta(days=days),
            )
        )
        before = after
    return step_line(movements[::-1], before)


@pytest.mark.parametrize(
    ("steps", "sentence"),
    [
        (
            [(10, 12), (5, 7)],
            "7 bags to sell now. There were some all the time in the last 10 days.",
        ),
        (
            [(20, 5), (10, 0)],
            "0 bags to sell now. There were none for 10 days in the last 20 days.",
        ),
        (
            [(60, 5), (30, 0), (10, 1)],
            "1 bag to sell now. There were none for 20 days in the last 42 days.",
        ),
        ([(0.25, 0), (0.125, 4)], "4 bags to sell now. There were none for 3 hours today."),
    ],
)
def test_the_sentence_says_what_there_is_and_for_how_long_there_was_nothing(
    steps: list[tuple[float, int]], sentence: str
) -> None:
    line = line_of(*steps)
    assert line
    assert line.sentence == sentence


def test_nothing_is_drawn_of_what_did_not_move_lately() -> None:
    assert line_of() is None
    assert line_of((60, 5), (50, 4)) is None


def test_the_line_stays_in_its_drawing_and_goes_up_and_down_with_the_stock() -> None:
    line = line_of((40, 100), (20, 50), (10, 0), (5, -2), before=3)
    assert line
    assert line.most == 100
    places = [int(x) for x in re.findall(r"H(\d+)", line.path)]
    heights = [int(y) for y in re.findall(r"(?:V|M0 )(\d+)", line.path)]
    assert places == sorted(places)
    assert (places[0], places[-1]) == (0, WIDTH)
    assert heights[1] < heights[2] < heights[3] == heights[4] < HEIGHT
    assert [left for _, left in line.by_day] == [100, 50, 0, -2]


@pytest.mark.django_db(transaction=True)
def test_a_coffees_page_has_its_line_and_the_same_as_a_table() -> None:
    stock(HARBOUR_LIGHT)
    buy((HARBOUR_LIGHT, 2))
    page = page_of(browser_of(rosa()).get("/staff/stock/1001/"))
    left = HARBOUR_LIGHT.quantity - 2
    chart = page.select_one(".chart")
    assert chart
    assert chart.select_one("svg path")
    assert f"{left} bags to sell now. There were some all the time today." in text_of(chart)
    assert text_of(chart.select("tbody td")[-1]) == str(left)
