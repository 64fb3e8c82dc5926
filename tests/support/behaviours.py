"""The shop on servers that do what real ones may do: parameters for suites and single tests.

``IRIS_BEHAVIOUR=silent_reload pytest ...`` runs any suite with some of it; the stand-in's
``Behaviour`` says what there is.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.superserver.instance import EVERY_BEHAVIOUR, Behaviour

NONE = "none"
ALONE = [behaviour.value for behaviour in Behaviour]


def server_behaviours() -> pytest.MarkDecorator:
    """A plain server, one that does everything and, in the long run, one for each alone."""
    alone = [pytest.param(name, marks=pytest.mark.slow) for name in ALONE]
    return pytest.mark.parametrize("behaviour", [NONE, EVERY_BEHAVIOUR, *alone])


def whole_suites() -> list[Any]:
    """The name of the inventory in IRIS with everything, for the long run.

    ``make test-behaviours`` runs the suites with each alone: half an hour that no change needs.
    """
    return [pytest.param(f"iris {EVERY_BEHAVIOUR}", marks=pytest.mark.slow)]


def named(name: str) -> frozenset[Behaviour]:
    """What a parameter stands for."""
    return frozenset() if name == NONE else Behaviour.named(name)
