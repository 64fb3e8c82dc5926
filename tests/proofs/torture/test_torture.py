"""A short stretch of torture; ``make torture ROUNDS=`` goes on for as long as it is asked to."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.proofs.torture.rounds import Torture, judged
from tests.proofs.torture.shoppers import Press, Shown
from tests.proofs.torture.stores import NAMES, PostgresStore, opened

ROUNDS = 3
POSTGRES = pytest.mark.postgres


@pytest.mark.slow
@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=POSTGRES if name == PostgresStore.name else ()) for name in NAMES],
)
def test_killed_at_any_moment_the_shop_sells_everything_exactly_once(
    name: str, tmp_path: Path
) -> None:
    with opened(name, tmp_path) as store:
        torture = Torture(store, tmp_path, seed=len(name))
        for _ in range(ROUNDS):
            torture.round()
    print(torture.figures)
    assert not torture.figures.violations
    assert torture.figures.orders["confirmed"]
    assert torture.figures.kills.total() >= 2 * ROUNDS


# ── the judge can find something ─────────────────────────────────────────────────────────────────


def facts() -> dict[str, Any]:
    """A shop that sold two of three bags to Ana, and in which all is well."""
    sale = {"reference": "CC-ANA00001", "kind": "sale", "token_hash": "ana", "lines": [[1001, 2]]}
    return {
        "reconciled": [{"code": 1, "said": {"orders": {}}}, {"code": 0, "said": {"orders": {}}}],
        "audit": {"code": 0, "said": {"findings": []}},
        "orders": [["CC-ANA00001", "ana", "confirmed"], ["CC-BEN00001", "ben", "abandoned"]],
        "decisions": [sale],
        "left": {"1001": 1},
    }


RECEIVED = Counter({1001: 3})
ANA_SAW_THANKS = Press(token_hash="ana", shown=Shown.THANKS, reference="CC-ANA00001")
BEN_SAW_THANKS = Press(token_hash="ben", shown=Shown.THANKS, reference="CC-BEN00001")
ANA_WAS_TURNED_AWAY = Press(token_hash="ana", shown=Shown.NOT_PLACED)


def test_the_judge_finds_nothing_where_all_is_well() -> None:
    assert judged(facts(), {"ana": [ANA_SAW_THANKS]}, RECEIVED) == []


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"left": {"1001": 2}}, "2 sold + 2 left != 3 received"),
        ({"orders": []}, "either confirmed or sold"),
        ({"decisions": [], "left": {"1001": 3}}, "either confirmed or sold"),
        ({"orders": [*facts()["orders"], ["CC-EVA", "eva", "pending"]]}, "pending for ever"),
        (
            {
                "decisions": [
                    *facts()["decisions"],
                    {"reference": "CC-TWO", "kind": "sale", "token_hash": "ana", "lines": []},
                ]
            },
            "one basket was sold twice",
        ),
        ({"audit": {"code": 1, "said": {"findings": ["a gap"]}}}, "a gap"),
        ({"reconciled": [{"code": 1}, {"code": 1}]}, "reconcile_orders ended with 1, then 1"),
    ],
)
def test_the_judge_finds_what_is_wrong_with_the_shop(wrong: dict[str, Any], words: str) -> None:
    assert any(words in found for found in judged(facts() | wrong, {}, RECEIVED))


def test_the_judge_finds_broken_promises() -> None:
    (found,) = judged(facts(), {"ben": [BEN_SAW_THANKS]}, RECEIVED)
    assert "thanks were shown for CC-BEN00001" in found
    (found,) = judged(facts(), {"ana": [ANA_WAS_TURNED_AWAY]}, RECEIVED)
    assert "sold after 1" in found
    assert judged(facts(), {"ana": [ANA_WAS_TURNED_AWAY, ANA_SAW_THANKS]}, RECEIVED) == []
