"""Runs every comparison and prints its ratio beside the target.

Two subjects run as separate processes and take turns, so that a slow moment of the machine affects
both. The result is the median of the rounds' ratios, because absolute times differ between
machines. A few figures need no second subject: they are ratios already, or no times.
"""

from __future__ import annotations

import argparse
import statistics
from dataclasses import dataclass

from benchmarks.subject import Subject


@dataclass(frozen=True, kw_only=True, slots=True)
class Comparison:
    """The time of ``theirs`` divided by the time of ``ours``, for the same number of runs."""

    title: str
    ours: str
    theirs: str
    times: int
    target: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Figure:
    """A figure that one subject returns."""

    title: str
    subject: str
    times: int
    target: str


COMPARISONS = (
    Comparison(
        title="catalogue page, speed ÷ a bare Django page",
        ours="catalogue",
        theirs="floor",
        times=300,
        target="≥ 1.0",
    ),
    Comparison(
        title="catalogue page that the browser has (304), speed ÷ one that is rendered anew",
        ours="revalidation",
        theirs="rendered_anew",
        times=150,
        target="≥ 6.7",
    ),
    Comparison(
        title="catalogue page after a sale, speed ÷ a bare Django page",
        ours="after_a_sale",
        theirs="floor",
        times=60,
        target="≥ 0.5",
    ),
    Comparison(
        title="home, speed ÷ a bare Django page",
        ours="home",
        theirs="floor",
        times=100,
        target="≥ 0.5",
    ),
    Comparison(
        title="a coffee's page, the same",
        ours="coffee",
        theirs="floor",
        times=100,
        target="≥ 0.35",
    ),
    Comparison(
        title="basket of 3, the same",
        ours="basket",
        theirs="floor",
        times=100,
        target="≥ 0.35",
    ),
    Comparison(
        title="checkout of 3, the same",
        ours="checkout",
        theirs="floor",
        times=100,
        target="≥ 0.35",
    ),
    Comparison(
        title="catalogue page with 10,000 products, speed ÷ with 12",
        ours="catalogue --products 10000",
        theirs="catalogue",
        times=300,
        target="≥ 0.77",
    ),
    Comparison(
        title="search in 10,000 products, speed ÷ in 12",
        ours="search --products 10000",
        theirs="search",
        times=90,
        target="≥ 0.33",
    ),
    Comparison(
        title="Pay, 3 lines, 8 at once, as make run serves it, speed ÷ one raw transaction",
        ours="pay",
        theirs="raw_checkout",
        times=160,
        target="≥ 0.25",
    ),
    Comparison(
        title="Pay, the same, speed ÷ an ordinary Django checkout",
        ours="pay",
        theirs="ordinary_checkout",
        times=160,
        target="≥ 1.2",
    ),
    Comparison(
        title="catalogue over IRIS, 2 ms away, speed ÷ the tutorial's way",
        ours="iris_catalogue",
        theirs="iris_tutorial",
        times=5,
        target="≥ 20",
    ),
)

FIGURES = (
    Figure(
        title="Pay, 8 at once: the slowest wait of a hundred ÷ the middle one",
        subject="pay_waits",
        times=160,
        target="≤ 10",
    ),
    Figure(
        title="Pay, 32 at once: the same",
        subject="pay_waits_in_a_crowd",
        times=160,
        target="≤ 10",
    ),
    Figure(
        title="catalogue pages while 20 bags a second are sold, speed ÷ when none are",
        subject="sales_20",
        times=2000,
        target="≥ 0.7",
    ),
    Figure(
        title="catalogue pages while 200 bags a second are sold, the same",
        subject="sales_200",
        times=2000,
        target="≥ 0.4",
    ),
    Figure(
        title="catalogue pages while 40 clients send heads slowly, speed ÷ when none do",
        subject="slow_heads",
        times=2000,
        target="≥ 0.7",
    ),
    Figure(
        title="catalogue pages while 40 clients send forms slowly, the same",
        subject="slow_forms",
        times=2000,
        target="≥ 0.7",
    ),
    Figure(
        title="catalogue pages while 40 clients read slowly, the same",
        subject="slow_readers",
        times=2000,
        target="≥ 0.7",
    ),
    Figure(
        title="Pay while 40 clients send forms slowly, the same",
        subject="pay_among_slow_forms",
        times=160,
        target="≥ 0.7",
    ),
    Figure(
        title="memory of a worker that has sold and shown all pages, MiB",
        subject="memory",
        times=300,
        target="≤ 80",
    ),
)


def main() -> None:
    """Print one line for each."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "--rounds", type=int, choices=range(1, 8), default=7, help="rounds of each (7)"
    )
    parser.add_argument("--only", default="", help="those with this word in their title")
    options = parser.parse_args()
    for one in (*COMPARISONS, *FIGURES):
        if options.only in one.title:
            print(line(one, options.rounds), flush=True)


def line(one: Comparison | Figure, rounds: int) -> str:
    """The median of the rounds, their spread, and the target."""
    measured = compared(one, rounds) if isinstance(one, Comparison) else said(one, rounds)
    median, low, high = statistics.median(measured), min(measured), max(measured)
    return f"{median:8.2f}  ({low:.2f} to {high:.2f})  {one.title}; target {one.target}"


def compared(comparison: Comparison, rounds: int) -> list[float]:
    """The ratio of each round; the two subjects take turns."""
    times = comparison.times
    with Subject(comparison.ours) as ours, Subject(comparison.theirs) as theirs:
        ours.run(times)
        theirs.run(times)
        return [theirs.run(times) / ours.run(times) for _ in range(rounds)]


def said(figure: Figure, rounds: int) -> list[float]:
    """The subject's figure in each round."""
    with Subject(figure.subject) as subject:
        subject.run(figure.times)
        return [subject.run(figure.times) for _ in range(rounds)]


if __name__ == "__main__":
    main()
