"""What actions add to budget lines, by hand; and that a further line is one entry in the table."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import pytest

from placement.case import Case
from placement.coverage import Standard, cover
from placement.economics import LINES, Line, Policy, StationCosts, budget, lines
from placement.errors import InfeasibleError, InputError
from placement.plan import optimise
from placement.report.text import LANGUAGES, texts
from placement.values.limits import BUDGET_LINES
from placement.values.rows import YEARLY_MONEY
from tests.towns import make_demand, make_sites, make_times

COSTS = StationCosts(
    purchase=np.array([100, 200, 300]),
    install=np.array([20, 21, 22]),
    move=np.array([10, 20, 30]),
    remove=np.array([4, 5, 6]),
    close=np.array([1, 2, 3]),
    rent=np.array([7, 8, 9]),
    network=np.array([40, 50, 60]),
    staff=np.array([500, 600, 700]),
)
TODAY = np.array([True, True, False])


def amounts(*actions, **limits):
    return {line.name: line.amount_fen for line in budget(actions, COSTS, Policy(**limits), TODAY) if line.amount_fen}


def test_each_action_adds_its_items_to_each_line():
    assert amounts() == {}
    assert amounts(("keep", 0)) == {"rent": 7, "network": 40, "staff": 500, "running": 547}
    assert amounts(("close", 1)) == {"remove": 5, "close": 2, "capital": 7}
    assert amounts(("open", 2)) == {
        "purchase": 300, "install": 22, "capital": 322, "rent": 9, "network": 60, "staff": 700, "running": 769,
    }  # fmt: skip
    assert amounts(("leave", 0), ("move", 2)) == {
        "install": 22, "move": 30, "capital": 52, "rent": 9, "network": 60, "staff": 700, "running": 769,
    }  # fmt: skip


def test_a_plan_over_two_years_by_hand():
    """S0 stays, S1 closes, C2 is bought; at 25 % a yuan of each year's end is worth 0.8 + 0.64 = 1.44 today.

    S0: 547 a year, 787.68 today, 788 in whole fen; C2: 769 a year, 1107.36, 1107. Once: 5 + 2 and 300 + 22, 329.
    Today's two stations: S0 788 and S1 8 + 50 + 600 = 658 a year, 947.52, 948.
    """
    actions = [("keep", 0), ("close", 1), ("open", 2)]
    found = budget(actions, COSTS, Policy(horizon_years=2, discount_rate=Fraction(1, 4), total_fen=3000), TODAY)
    assert [line.name for line in found] == [name for name in BUDGET_LINES if name not in {"guides", "publicity"}]
    lines_found = {line.name: (line.today_fen, line.amount_fen, line.cap_fen) for line in found}
    assert lines_found == {
        "purchase": (0, 300, None),
        "install": (0, 22, None),
        "move": (0, 0, None),
        "remove": (0, 5, None),
        "close": (0, 2, None),
        "capital": (0, 329, None),
        "rent": (15, 16, None),
        "network": (90, 100, None),
        "maintenance": (0, 0, None),
        "staff": (1100, 1200, None),
        "running": (1205, 1316, None),
        "total": (788 + 948, 329 + 788 + 1107, 3000),
    }


def test_a_total_without_years_is_refused():
    with pytest.raises(InputError, match=r"total_fen counts running costs of some years.*give horizon_years too"):
        Policy(total_fen=3000)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_line_has_its_words(language):
    assert all(f"line.{line}" in texts(language) for line in BUDGET_LINES)


@dataclass(frozen=True, kw_only=True)
class CappedCleaning(Policy):
    """A policy with the cap of one more line."""

    cleaning_fen: int | None = None


def town(policy, status=None):
    """Two points, two vacant sites that reach one each: 10 and 30 visits; opening both takes 15 fen of cleaning."""
    sites = make_sites(0, 2, status=status)
    demand = make_demand(np.array([[10.0], [30.0]]), ["north", "south"])
    times = make_times(np.array([[10.0, np.nan], [np.nan, 10.0]]), demand, sites)
    costs = StationCosts(**{name: getattr(COSTS, name)[:2] for name in ("purchase", "move", "close", "rent")})
    coverage = cover(demand, sites, times, Standard(threshold_s=900))
    return Case(demand=demand, sites=sites, coverage=coverage, costs=costs, policy=policy)


def test_a_further_line_is_one_entry(monkeypatch):
    cleaning = Line(name="cleaning", kind=YEARLY_MONEY, items=dict.fromkeys(("keep", "move", "open"), ("rent",)))
    monkeypatch.setattr(lines, "LINES", (*LINES, cleaning))
    plan = optimise(town(Policy()))
    assert [(line.name, line.amount_fen, line.cap_fen) for line in plan.budget_lines][-1:] == [("cleaning", 15, None)]
    capped = optimise(town(CappedCleaning(cleaning_fen=14)))
    assert capped.open == ("C1",)
    assert [(line.amount_fen, line.cap_fen) for line in capped.budget_lines][-1:] == [(8, 14)]
    with pytest.raises(InfeasibleError) as caught:
        optimise(town(CappedCleaning(cleaning_fen=14), ["required", "required"]))
    assert set(caught.value.constraints) == {"cleaning", "required sites"}
    assert caught.value.explanation == "cleaning is short by 0.01 yuan a year"
