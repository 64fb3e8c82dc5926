"""Runs one subject: ``python -m benchmarks.subjects NAME [--products N]``."""

from __future__ import annotations

import argparse
from contextlib import ExitStack

from benchmarks.over_iris import iris_catalogue, iris_tutorial
from benchmarks.pages import (
    after_a_sale,
    basket,
    catalogue,
    checkout,
    coffee,
    floor,
    home,
    rendered_anew,
    revalidation,
    search,
)
from benchmarks.served import (
    memory,
    ordinary_checkout,
    pay,
    pay_among_slow_forms,
    pay_waits,
    pay_waits_in_a_crowd,
    raw_checkout,
    sales_20,
    sales_200,
    slow_forms,
    slow_heads,
    slow_readers,
)
from benchmarks.subject import serve

SUBJECTS = {
    one.__name__: one
    for one in (
        floor,
        catalogue,
        revalidation,
        rendered_anew,
        after_a_sale,
        home,
        coffee,
        basket,
        checkout,
        search,
        pay,
        raw_checkout,
        ordinary_checkout,
        pay_waits,
        pay_waits_in_a_crowd,
        sales_20,
        sales_200,
        slow_heads,
        slow_forms,
        slow_readers,
        pay_among_slow_forms,
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
