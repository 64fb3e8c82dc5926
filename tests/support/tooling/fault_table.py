"""What shoppers see in each fault of IRIS, and how long they wait for it.

``python -m tests.support.tooling.fault_table`` runs the tests in which one shopper pays and then
another looks at the catalogue, at the shop's default timeout, and prints what each test recorded.
"""

from __future__ import annotations

import sys

import pytest

TESTS = ["tests/inventory/iris/test_faults.py", "-k", "the_page_says_what_became_of_an_order"]
TIMEOUT = 5.0
"""Seconds; the default of INVENTORY_TIMEOUT."""


class Table:
    """A plugin of pytest. Each test that passed is a row; what it recorded are the columns."""

    def __init__(self) -> None:
        self.rows: list[dict[str, object]] = []

    def pytest_collection_finish(self) -> None:
        """Wait as a shop does, and as long, in place of what the tests do."""
        # Django is set up only now.
        from tests.inventory.iris import test_faults

        test_faults.IN_EARNEST, test_faults.TIMEOUT = True, TIMEOUT

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "call" and report.passed:
            self.rows.append(dict(report.user_properties))

    def print(self) -> None:
        """Print the table in Markdown."""
        headings = list(self.rows[0])
        for cells in (headings, ["---"] * len(headings), *(row.values() for row in self.rows)):
            print(f"| {' | '.join(map(str, cells))} |")


def main() -> int:
    """Return pytest's exit code: 0 when every test passed."""
    table = Table()
    code = pytest.main(["-q", "-n", "0", *TESTS], plugins=[table])
    table.print()
    return int(code)


if __name__ == "__main__":
    sys.exit(main())
