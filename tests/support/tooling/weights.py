"""What a first visit to each page weighs on the wire, measured in a real Chromium.

``python -m tests.support.tooling.weights`` prints the table.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, sync_playwright

from tests.pages.browser.tab import DESKTOP
from tests.support.tooling.machine import NO_CHROMIUM, find_chromium
from tests.support.tooling.real_shop import RealPage, open_shop, pages_of

MOST_BYTES = 40 * 1024
MOST_REQUESTS = 16
MOST_SCRIPT = 2 * 1024

# A browser without a window asks for no icon; one with a window does.
ASK_FOR_ICON = "() => fetch(document.querySelector('link[rel=icon]').href).then((a) => a.text())"


@dataclass(frozen=True, kw_only=True)
class Weight:
    """All that came for one page, headers included, as it came: compressed."""

    name: str
    page: int
    script: int
    total: int
    requests: int

    @property
    def is_light(self) -> bool:
        """True within the budgets."""
        return (
            self.total <= MOST_BYTES
            and self.requests <= MOST_REQUESTS
            and self.script <= MOST_SCRIPT
        )

    def __str__(self) -> str:
        return (
            f"{self.name:<28}{self.requests:>3} requests {self.total / 1024:>6.1f} KB"
            f"   page {self.page / 1024:>5.1f} KB   script {self.script / 1024:.1f} KB"
        )


def weigh(browser: Browser, shop: str, page: RealPage) -> Weight:
    """Visit a page with an empty cache."""
    context = browser.new_context(base_url=shop, **DESKTOP)
    context.add_cookies(
        [{"name": name, "value": value, "url": shop} for name, value in page.cookies.items()]
    )
    tab = context.new_page()
    kinds: dict[str, str] = {}
    sizes: dict[str, int] = {}

    def on_response(event: dict[str, Any]) -> None:
        kinds[event["requestId"]] = event["type"]

    def on_finished(event: dict[str, Any]) -> None:
        sizes[event["requestId"]] = int(event["encodedDataLength"])

    devtools = context.new_cdp_session(tab)
    devtools.on("Network.responseReceived", on_response)
    devtools.on("Network.loadingFinished", on_finished)
    devtools.send("Network.enable")
    answer = tab.goto(page.path, wait_until="networkidle")
    assert answer
    assert answer.status == page.status, f"{page.name}: {answer.status}"
    tab.evaluate(ASK_FOR_ICON)
    tab.wait_for_load_state("networkidle")
    context.close()

    def of_kind(kind: str) -> int:
        return sum(size for id_, size in sizes.items() if kinds.get(id_) == kind)

    return Weight(
        name=page.name,
        page=of_kind("Document"),
        script=of_kind("Script"),
        total=sum(sizes.values()),
        requests=len(sizes),
    )


def weigh_all(browser: Browser) -> Iterator[Weight]:
    """Every page of a real shop."""
    with (
        tempfile.TemporaryDirectory(prefix="coffeeco-weights-") as folder,
        open_shop(Path(folder)) as shop,
    ):
        for page in pages_of(shop):
            yield weigh(browser, shop, page)


def main() -> int:
    """Print the table; 1 when a page is too heavy."""
    chromium = find_chromium()
    if chromium is None:
        print(NO_CHROMIUM)
        return 1
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        weights = list(weigh_all(browser))
        browser.close()
    for weight in weights:
        print(weight)
    return 0 if all(weight.is_light for weight in weights) else 1


if __name__ == "__main__":
    sys.exit(main())
