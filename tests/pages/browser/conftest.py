"""A real Chromium in front of the shop, one tab at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.contrib.staticfiles.handlers import StaticFilesHandler
from playwright.sync_api import Browser, BrowserContext, sync_playwright
from pytest_django.live_server_helper import LiveServer

from tests.pages.browser.tab import Tab
from tests.support.cast import stock

# What a browser fetches for its maker's sake would only be in the way, and some machines have no
# sandbox to give.
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
# Playwright switches off the cache that Back takes pages from, which people's browsers have.
NO_ARGUMENTS = ["--disable-back-forward-cache"]

NewTab = Callable[..., Tab]


@pytest.fixture(scope="package")
def chromium(chromium_path: str) -> Iterator[Browser]:
    """One browser for all tests of this folder."""
    with pytest.MonkeyPatch.context() as patched, sync_playwright() as playwright:
        # Playwright keeps an event loop in this thread, and Django takes the tests for async code.
        patched.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        browser = playwright.chromium.launch(
            executable_path=chromium_path, args=ARGUMENTS, ignore_default_args=NO_ARGUMENTS
        )
        yield browser
        browser.close()


@pytest.fixture
def new_tab_of_empty_shop(
    chromium: Browser, live_server: LiveServer, monkeypatch: pytest.MonkeyPatch
) -> Iterator[NewTab]:
    """Opens tabs, each with cookies of its own, in front of a shop that has nothing yet."""
    # The test server would look for static files by itself; let the shop serve them as it does.
    monkeypatch.setattr(StaticFilesHandler, "_should_handle", lambda _self, _path: False)
    contexts: list[BrowserContext] = []

    def open_one(**options: Any) -> Tab:
        context = chromium.new_context(base_url=live_server.url, **options)
        context.set_default_timeout(30_000)
        contexts.append(context)
        return Tab(context, live_server.url)

    yield open_one
    for context in contexts:
        context.close()


@pytest.fixture
def new_tab(new_tab_of_empty_shop: NewTab) -> NewTab:
    """Opens tabs, each with cookies of its own, in front of the small shelf."""
    stock()
    return new_tab_of_empty_shop
