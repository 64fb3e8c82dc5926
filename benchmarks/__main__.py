"""Runs every comparison and prints its ratio beside the target.

Two subjects run as processes of their own and take turns, so that a machine that slows down slows
both. What is quoted is the median of the rounds' ratios; absolute times mean little.
"""

from __future__ import annotations

import argparse
import statistics
from dataclasses import dataclass

from benchmarks.subject import Subject


@dataclass(frozen=True, kw_only=True, slots=True)
class Comparison:
    """``ours`` against ``theirs``: how many times theirs takes, done as often."""

    title: str
    ours: str
    theirs: str
    times: int
    target: str


COMPARISONS = (
    Comparison(
        title="catalogue page, speed ÷ a bare Django page",
        ours="catalogue",
        theirs="floor",
        times=300,
        target="≥ 1.5",
    ),
    Comparison(
        title="catalogue page that the browser has (304), speed ÷ one that is drawn anew",
        ours="revalidation",
        theirs="drawn_anew",
        times=150,
        target="≥ 6.7",
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
        title="Pay, 3 lines, 8 at once, speed ÷ one raw transaction",
        ours="pay",
        theirs="raw_checkout",
        times=160,
        target="≥ 0.5",
    ),
    Comparison(
        title="catalogue over IRIS, 2 ms away, speed ÷ the tutorial's way",
        ours="iris_catalogue",
        theirs="iris_tutorial",
        times=5,
        target="≥ 20",
    ),
)


def main() -> None:
    """Print one line for each comparison."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "--rounds", type=int, choices=range(1, 8), default=7, help="rounds of each (7)"
    )
    rounds = parser.parse_args().rounds
    for comparison in COMPARISONS:
        print(compare(comparison, rounds), flush=True)


def compare(comparison: Comparison, rounds: int) -> str:
    """Let both take turns; the median ratio, its spread, and the target."""
    with Subject(comparison.ours) as ours, Subject(comparison.theirs) as theirs:
        ours.run(comparison.times)
        theirs.run(comparison.times)
        ratios = [theirs.run(comparison.times) / ours.run(comparison.times) for _ in range(rounds)]
    median, low, high = statistics.median(ratios), min(ratios), max(ratios)
    return (
        f"{median:8.2f}  ({low:.2f} to {high:.2f})  {comparison.title}; target {comparison.target}"
    )


if __name__ == "__main__":
    main()
