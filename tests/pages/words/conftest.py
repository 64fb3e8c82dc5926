"""A shop that speaks in circled letters, and a shopper who asks for them."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.test import Client
from pytest_django import Settings

from tests.checkout.inventories import EventfulInventory, install
from tests.pages.words import circled
from tests.support.cast import Page, Shopper


@pytest.fixture
def inventory(monkeypatch: pytest.MonkeyPatch) -> EventfulInventory:
    """The process's inventory, in which a test may let things happen."""
    return install(monkeypatch)


@pytest.fixture(scope="session")
def circles(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The compiled catalogue, made once."""
    folder = tmp_path_factory.mktemp("locale")
    circled.write(folder)
    return folder


@pytest.fixture
def ana(circles: Path, settings: Settings, inventory: EventfulInventory) -> Ana:
    """Ana, to whom every marked sentence is shown in circles."""
    settings.LOCALE_PATHS = [circles]
    return Ana()


class Ana(Shopper):
    """Presses buttons and follows links by their English names, and looks for plain letters."""

    def __init__(self) -> None:
        client = Client(enforce_csrf_checks=True, headers={"accept-language": "pt-BR,en;q=0.5"})
        super().__init__("Ana", client=client)

    def press(self, button: str, **fields: str | int) -> Page:
        return super().press(circled.circled(button), **fields)

    def sees(self, sentence: str, *, status: int = 200) -> None:
        """This sentence stands on the page, in circles, and no other in plain letters."""
        assert self.page.status == status
        assert circled.circled(sentence) in self.page.text
        assert circled.plain_words(self.page.html) == []
