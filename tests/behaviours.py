"""The shop on servers that do what real ones may do: parameters for suites and single tests.

``IRIS_BEHAVIOUR=silent_reload pytest ...`` runs any suite with some of it; ``tests.superserver``
says what there is.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.superserver.instance import EVERY_BEHAVIOUR, Behaviour

NONE = "none"
ALONE = [behaviour.value for behaviour in Behaviour]


def server_behaviours(*fail: str) -> pytest.MarkDecorator:
    """Run a test on a plain server and on one that does everything; on each alone in the long run.

    ``fail`` names those with which it does not yet pass.
    """
    every = [NONE, EVERY_BEHAVIOUR, *ALONE]
    params = [pytest.param(name, marks=_marks(name, fail), id=name) for name in every]
    return pytest.mark.parametrize("behaviour", params)


def whole_suites(*fail: str) -> list[Any]:
    """The names of the inventory in IRIS with everything, and with each alone, for the long run."""
    return [
        pytest.param(f"iris {name}", marks=[pytest.mark.slow, *_not_yet(name, fail)])
        for name in (EVERY_BEHAVIOUR, *ALONE)
    ]


def named(name: str) -> frozenset[Behaviour]:
    """What a parameter stands for."""
    return frozenset() if name == NONE else Behaviour.named(name)


def _marks(name: str, fail: tuple[str, ...]) -> list[pytest.MarkDecorator]:
    slow = [pytest.mark.slow] if name in ALONE else []
    return slow + _not_yet(name, fail)


def _not_yet(name: str, fail: tuple[str, ...]) -> list[pytest.MarkDecorator]:
    return [pytest.mark.xfail(strict=False, reason="client rewritten")] if name in fail else []
