"""What actions add to budget lines, by hand; and that a further line is one entry in the table."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from placement.case import Case
from placement.coverage import Standard, cover
from placement.economics import LINES, Line, Policy, StationCosts, budget, lines
from placement.errors import InfeasibleError
from placement.plan import optimise
from placement.report.text import LANGUAGES, texts
from placement.values.rows import YEARLY_MONEY
from tests.towns import make_demand, make_sites, make_times

COSTS = StationCosts(
    purchase=np.array([100, 200, 300]),
    move=np.array([10, 20, 30]),
    close=np.array([1, 2, 3]),
    running=np.array([7, 8, 9]),
)


def amounts(*actions):
    return {line.name: line.amount_fen for line in budget(actions, COSTS, Policy(capital_fen=5))}


def test_each_action_adds_its_item_to_each_line():
    assert amounts() == {"capital": 0, "running": 0}
    assert amounts(("keep", 0)) == {"capital": 0, "running": 7}
    assert amounts(("close", 1)) == {"capital": 2, "running": 0}
    assert amounts(("open", 2)) == {"capital": 300, "running": 9}
    assert amounts(("leave", 0), ("move", 1)) == {"capital": 20, "running": 8}
    assert amounts(("keep", 0), ("close", 1), ("open", 2)) == {"capital": 302, "running": 16}


def test_a_line_stands_beside_its_cap():
    assert [(line.name, line.cap_fen) for line in budget([], COSTS, Policy(capital_fen=5))] == [
        ("capital", 5),
        ("running", None),
    ]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_line_has_its_words(language):
    assert all(f"line.{line.name}" in texts(language) for line in LINES)


@dataclass(frozen=True, kw_only=True)
class CappedGuides(Policy):
    """A policy with the cap of one more line."""

    guides_fen: int | None = None


def town(policy, status=None):
    """Two points, two vacant sites that reach one each: 10 and 30 visits; opening both takes 15 fen of guides."""
    sites = make_sites(0, 2, status=status)
    demand = make_demand(np.array([[10.0], [30.0]]), ["north", "south"])
    times = make_times(np.array([[10.0, np.nan], [np.nan, 10.0]]), demand, sites)
    costs = StationCosts(**{name: getattr(COSTS, name)[:2] for name in ("purchase", "move", "close", "running")})
    coverage = cover(demand, sites, times, Standard(threshold_s=900))
    return Case(demand=demand, sites=sites, coverage=coverage, costs=costs, policy=policy)


def test_a_further_line_is_one_entry(monkeypatch):
    guides = Line(name="guides", kind=YEARLY_MONEY, items={"keep": "running", "move": "running", "open": "running"})
    monkeypatch.setattr(lines, "LINES", (*LINES, guides))
    plan = optimise(town(Policy()))
    assert [(line.name, line.amount_fen, line.cap_fen) for line in plan.budget_lines][2:] == [("guides", 15, None)]
    capped = optimise(town(CappedGuides(guides_fen=14)))
    assert capped.open == ("C1",)
    assert [(line.amount_fen, line.cap_fen) for line in capped.budget_lines][2:] == [(8, 14)]
    with pytest.raises(InfeasibleError) as caught:
        optimise(town(CappedGuides(guides_fen=14), ["required", "required"]))
    assert set(caught.value.constraints) == {"guides", "required sites"}
    assert caught.value.explanation == "guides is short by 0.01 yuan a year"
