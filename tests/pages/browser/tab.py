"""A tab of a real browser that records errors and warnings."""

from __future__ import annotations

from typing import Any, Literal

from axe_playwright_python.sync_playwright import Axe
from django.test import Client
from playwright.sync_api import (
    BrowserContext,
    ConsoleMessage,
    Error,
    Locator,
    Request,
    Response,
    expect,
)

from tests.support.cast import Shopper

PHONE: dict[str, Any] = {
    "viewport": {"width": 390, "height": 844},
    "device_scale_factor": 2,
    "is_mobile": True,
    "has_touch": True,
    "reduced_motion": "reduce",  # a colour on its way to another is no colour to judge
}
DESKTOP: dict[str, Any] = {"viewport": {"width": 1280, "height": 800}}

# Runs before anything of the page does. Shifts that follow a press are counted as well: a page
# that has just been opened has had none. A busy browser may paint a page of which it has read only
# a part, so the frame that shows the rest is passed over. Below a thousandth, which is a letter
# that moves by the fraction of a pixel, none can be seen.
WATCH_SHIFTS = """
window.shifts = [];
const seen = new PerformanceObserver((list) => {
  for (const shift of list.getEntries().filter(({ value }) => value >= 0.001)) {
    const what = shift.sources.map(({ node }) => (node?.outerHTML ?? "gone").slice(0, 80));
    window.shifts.push(`${shift.value.toFixed(4)} ${what.join(" and ")}`);
  }
});
document.addEventListener("DOMContentLoaded", () =>
  requestAnimationFrame(() => requestAnimationFrame(() => seen.observe({ type: "layout-shift" })))
);
"""
# Entries are handed over after a frame was painted.
TELL_SHIFTS = """() => new Promise((tell) =>
  requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(() => tell(window.shifts))))
)"""

AXE = Axe().axe_script
# Every text needs a contrast of 7:1. Of what axe-core found only the obstacles leave the browser.
FIND_BARRIERS = """() => axe.run({
  resultTypes: ["violations"],
  rules: { "color-contrast-enhanced": { enabled: true } },
}).then(({ violations }) => violations.flatMap(
  ({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`)
))"""

CHOOSE = """({ form }) => {
  if (!form?.querySelector(":checked")) form?.querySelector("[type=radio]")?.click();
}"""
ADD_FIELDS = """(button, count) => {
  for (let number = 0; number < count; number++) {
    const field = document.createElement("input");
    field.name = `field${number}`;
    button.form.append(field);
  }
}"""


class Tab:
    """One page at a time; ``heard`` has every message, error and request that should not be."""

    def __init__(self, context: BrowserContext, address: str) -> None:
        self.context = context
        self.address = address
        self.heard: list[str] = []
        self.answer: Response | None = None
        """The last page that came, as the server sent it."""
        self.page = context.new_page()
        self.page.on("console", self._on_console)
        self.page.on("pageerror", self._on_error)
        self.page.on("request", self._on_request)
        self.page.on("response", self._on_response)

    def another(self) -> Tab:
        """Another tab of the same browser."""
        return Tab(self.context, self.address)

    def become(self, shopper: Shopper) -> None:
        """Take over a shopper's cookies, and so the basket."""
        self.take_cookies(shopper.client)

    def forget_cookies(self) -> None:
        self.context.clear_cookies()

    def take_cookies(self, client: Client) -> None:
        """Be who this client is."""
        self.context.add_cookies(
            [
                {"name": name, "value": morsel.value, "url": self.address}
                for name, morsel in client.cookies.items()
                if morsel.value
            ]
        )

    def open(self, path: str) -> None:
        self.page.goto(path, wait_until="load")
        # A field that takes the focus by itself does so a moment later, and Chromium complains
        # when another was quicker.
        for field in self.page.locator("[autofocus]").all():
            expect(field).to_be_focused()

    def reload(self) -> None:
        self.page.reload(wait_until="load")

    def press(self, button: str, *, chooses: bool = True) -> None:
        """Click on the button of these words, or that begins with them, and wait for its page.

        The first of several choices of its form is made if none is; not unless it ``chooses``.
        """
        pressed = self._button(button)
        if chooses:
            pressed.evaluate(CHOOSE)
        self._click(pressed)

    def type(self, label: str, words: str) -> None:
        self.page.get_by_label(label, exact=True).fill(words)

    def attach(self, label: str, name: str, content: bytes) -> None:
        """Choose a file for the field of this label."""
        kind = "application/octet-stream"
        self.page.get_by_label(label, exact=True).set_input_files(
            {"name": name, "mimeType": kind, "buffer": content}
        )

    def send_empty(self, form_id: str) -> None:
        """Empty every field of a form that can be seen, and send it."""
        form = self.page.locator(f"#{form_id}")
        for field in form.locator("input:not([type=hidden]), textarea").all():
            field.fill("")
        self._click(form.locator("button"))

    def add_fields(self, button: str, count: int) -> None:
        """Put so many more fields into the form of this button."""
        self._button(button).evaluate(ADD_FIELDS, count)

    def _button(self, words: str) -> Locator:
        exactly = self.page.get_by_role("button", name=words, exact=True)
        return exactly if exactly.count() else self.page.get_by_role("button", name=words)

    def _click(self, button: Locator) -> None:
        with self.page.expect_navigation(wait_until="load"):
            button.click()

    def follow(self, link: str) -> None:
        with self.page.expect_navigation(wait_until="load"):
            self.page.get_by_role("link", name=link, exact=True).first.click()

    @property
    def h1(self) -> str:
        return self.page.locator("h1").inner_text()

    @property
    def path(self) -> str:
        return self.page.url.removeprefix(self.address)

    def look_at(self, *, width: int, height: int, scheme: Literal["light", "dark"]) -> None:
        """Give the window another size and the colours of day or night."""
        self.page.set_viewport_size({"width": width, "height": height})
        self.page.emulate_media(color_scheme=scheme)

    def scrolls_sideways(self) -> bool:
        """True when the page is wider than the window, which no reader should have to notice."""
        window = self.page.viewport_size
        assert window
        # Not compared with what the page takes for its window: on a phone that grows with it.
        return bool(self.page.evaluate("document.documentElement.scrollWidth") > window["width"])

    def shifts(self) -> list[str]:
        """What moved after it was first drawn, and how far; needs WATCH_SHIFTS in the context."""
        moved: list[str] = self.page.evaluate(TELL_SHIFTS)
        return moved

    def read_out(self, role: str) -> list[str]:
        """The names of everything of this role, as Chromium gives them to screen readers."""
        devtools = self.context.new_cdp_session(self.page)
        nodes = devtools.send("Accessibility.getFullAXTree")["nodes"]
        return [each["name"]["value"] for each in nodes if each["role"]["value"] == role]

    def barriers(self) -> list[str]:
        """The obstacles that axe-core finds, and where."""
        if not self.page.evaluate("'axe' in window"):
            self.page.evaluate(AXE)
        found: list[str] = self.page.evaluate(FIND_BARRIERS)
        return found

    def _on_console(self, message: ConsoleMessage) -> None:
        # A page that comes with 409 or 422 is told by Chromium as a resource that failed to load.
        if message.location.get("url") != self.page.url or "Failed to load" not in message.text:
            self.heard.append(f"{message.type}: {message.text}")

    def _on_error(self, error: Error) -> None:
        # Chromium says so of itself when a busy machine leaves a fade between two pages out.
        if not str(error).startswith("Transition was "):
            self.heard.append(f"error: {error}")

    def _on_request(self, request: Request) -> None:
        if not request.url.startswith((self.address, "data:")):
            self.heard.append(f"another host: {request.url}")

    def _on_response(self, response: Response) -> None:
        if response.request.is_navigation_request() and not 300 <= response.status < 400:
            self.answer = response
        if response.status >= 400 and not response.request.is_navigation_request():
            self.heard.append(f"{response.status}: {response.url}")
