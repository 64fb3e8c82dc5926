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
    """The names of the inventory in IRIS with everything, and with each alone, for the long run."""
    names = (EVERY_BEHAVIOUR, *ALONE)
    return [pytest.param(f"iris {name}", marks=pytest.mark.slow) for name in names]


def named(name: str) -> frozenset[Behaviour]:
    """What a parameter stands for."""
    return frozenset() if name == NONE else Behaviour.named(name)
