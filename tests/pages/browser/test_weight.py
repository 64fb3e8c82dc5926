"""What a first visit costs: every public page from a real server, weighed as it comes."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser

from tests.support.tooling.weights import weigh_all

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.xdist_group("browser")]


def test_every_page_is_within_its_budget(chromium: Browser) -> None:
    weights = list(weigh_all(chromium))
    assert weights
    assert [str(weight) for weight in weights if not weight.is_light] == []
