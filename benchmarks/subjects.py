"""Runs one subject: ``python -m benchmarks.subjects NAME [--products N]``."""

from __future__ import annotations

import argparse
from contextlib import ExitStack

from benchmarks.over_iris import iris_catalogue, iris_tutorial
from benchmarks.pages import catalogue, floor, rendered_anew, revalidation, search
from benchmarks.served import (
    memory,
    ordinary_checkout,
    pay,
    pay_waits,
    pay_waits_in_a_crowd,
    raw_checkout,
    slow_clients,
)
from benchmarks.subject import serve

SUBJECTS = {
    one.__name__: one
    for one in (
        floor,
        catalogue,
        revalidation,
        rendered_anew,
        search,
        pay,
        raw_checkout,
        ordinary_checkout,
        pay_waits,
        pay_waits_in_a_crowd,
        slow_clients,
        memory,
        iris_catalogue,
        iris_tutorial,
    )
}


def main() -> None:
    """Set the subject up, then run it as often as the parent process asks."""
    parser = argparse.ArgumentParser()
    parser.add_argument("name", choices=SUBJECTS)
    parser.add_argument("--products", type=int, default=12)
    options = parser.parse_args()
    with ExitStack() as stack:
        serve(SUBJECTS[options.name](stack, options.products))


if __name__ == "__main__":
    main()
