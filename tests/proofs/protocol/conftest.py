"""What the proofs of the protocol share."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest
from django.template.backends.django import Template

from tests.proofs.protocol.real_world import DatabaseStage, IrisStage, Stage
from tests.support.inventory import inventory_from
from tests.support.superserver import Superserver


@pytest.fixture(autouse=True)
def _quiet(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Of thousands of faults each would be worth a traceback, and of the pages none is read."""
    monkeypatch.setattr(Template, "render", lambda *_: "")
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


@pytest.fixture(params=["database", "iris"])
def stage(request: pytest.FixtureRequest) -> Iterator[Stage]:
    """A real inventory, and whose turn it is."""
    if request.param == "database":
        made: Stage = DatabaseStage()
        with inventory_from(made.whose_turn_it_is):
            yield made
        return
    with Superserver() as server:
        server.create_store()
        iris = IrisStage(server)
        with inventory_from(iris.whose_turn_it_is):
            yield iris
        iris.close()
