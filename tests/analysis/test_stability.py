"""How a plan stands up: draws made by hand, and random towns whose every draw is planned by trying all plans."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

import placement as pl
from placement.case import Case
from placement.errors import InfeasibleError, InputError, NoSolutionError
from placement.values.immutable import immutable, replaced
from tests.effort import cases
from tests.plan.brute_force import best_actions, taken, value_of
from tests.strategies import towns
from tests.test_case_from_frames import case


@immutable
@dataclasses.dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Drawn(Case):
    """A case whose weights are drawn as `factors`, (draws, points), say."""

    factors: np.ndarray

    def drawn_weights(self, n: int, seed: int) -> Iterator[np.ndarray]:
        """Yield the weights."""
        return iter([self.demand.weight * each[:, None] for each in self.factors[:n]])


def drawn(asked: Case, factors: np.ndarray) -> Drawn:
    parts = {each.name: getattr(asked, each.name) for each in dataclasses.fields(Case)}
    return Drawn(**parts, factors=np.asarray(factors, dtype=float))


def test_by_hand():
    """One station: a (9) is served by T, b and c (6, 5) by U, d (4) by S. In the draws T, U, U and S are best.

    U covers 11, 11, 22 and 11 there; the best are 27 by T, 11, 22 and 40 by S: U loses 16, 0, 0 and 29.
    S covers 4, 4, 4 and 40: it loses 23, 7, 18 and 0, the least worst regret; of T (27, 9, 9, 9) it is 31.
    The worst fifth is the worst draw: U 11, T 9, S 4.
    """
    factors = [[3, 1, 1, 1], [1, 1, 1, 1], [1, 2, 2, 1], [1, 1, 1, 10]]
    asked = drawn(case(policy=pl.Policy(max_stations=1)), np.array(factors))
    plan = pl.optimise(asked)
    assert plan.open == ("U",)
    found = pl.stability(asked, plan, draws=4, gap=0)
    table = found.table.set_index("site_id")
    assert table["in_plans"].to_dict() == {"S": 3, "T": 1, "U": 2}, "S is given up in all plans but its own"
    assert table["action"].to_dict() == {"S": "give", "T": "", "U": "move"}
    np.testing.assert_allclose(found.worth, [11, 11, 22, 11])
    np.testing.assert_allclose(found.best, [27, 11, 22, 40])
    np.testing.assert_allclose(found.bounds, [27, 11, 22, 40])
    np.testing.assert_allclose(found.losses, [16 / 27, 0, 0, 29 / 40])
    np.testing.assert_allclose(found.coverage, [11 / 42, 11 / 24, 22 / 35, 11 / 60])
    assert (found.regret.open, found.regret.value, found.regret.plan_value) == (("S",), 23, 29)
    # The mean weights are 13.5, 7.5, 6.25, 13: S 13, T 13.5, U 13.75 at most; 25 on average of the best.
    assert found.regret.bound == pytest.approx(25 - 13.75, abs=0.01)
    assert (found.cvar.open, found.cvar.value, found.cvar.plan_value) == (("U",), 11, 11)
    assert found.cvar.bound == 11
    # T in U's place covers 9; nothing else is worth more.
    assert table.loc["U", ["next_best", "next_best_loses", "refused_loses_most"]].tolist() == ["T", 2, 2]
    assert table.loc["U", "refused_loses_least"] <= 2
    assert found.lines[0].startswith("in 4 draws the plan covers ")


def test_floors_are_counted_in_the_draws():
    """U must be covered by a third: in the second draw it has 2 of 15, and the floor asks another plan."""
    floors = dict.fromkeys(case().demand.points["parent"], Fraction(1, 3))
    policy = pl.Policy(max_stations=1, district_floors=floors)
    asked = drawn(case(policy=policy), np.array([[1] * 4, [1, 0, 0.4, 1]]))
    plan = pl.optimise(asked)
    found = pl.stability(asked, plan, draws=2, gap=0)
    assert found.keeps.tolist() == [True, False]
    assert found.kept == 0.5


def test_what_cannot_be_asked():
    asked = case()
    plan = pl.optimise(asked)
    with pytest.raises(InputError, match="nothing tells how sure the demand is"):
        pl.stability(asked, plan)
    with pytest.raises(InputError, match="draws"):
        pl.stability(asked, plan, draws=0)


@settings(
    max_examples=cases(4),
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow],
)
@given(town=towns(), seed=st.integers(0, 99))
def test_every_draw_equals_all_plans_tried(town, seed):
    factors = np.random.default_rng(seed).integers(0, 4, size=(3, len(town.demand.ids))).astype(float)
    asked = drawn(Case(**town.stages()), factors)
    try:
        plan = pl.optimise(asked)
    except InfeasibleError:
        assume(False)
    own = taken(plan, town.sites.ids)
    best, worth = [], []
    for each in factors:
        like = dataclasses.replace(town, demand=replaced(town.demand, need=town.demand.need * each[:, None]))
        tried = best_actions(like)
        if tried is not None:
            best.append(tried[0])
            free = dataclasses.replace(like, policy=town.policy.but(district_floors={}, age_floors={}))
            worth.append(value_of(free, own) or 0)
    try:
        found = pl.stability(asked, plan, draws=3, gap=0)
    except NoSolutionError:
        assert not best
        return
    np.testing.assert_allclose(found.best * 1000, best, atol=40)
    np.testing.assert_allclose(found.bounds * 1000, best, atol=40)
    np.testing.assert_allclose(found.worth * 1000, worth, atol=40)
    assert (found.regret.bound or 0.0) <= found.regret.value + 0.05
    assert found.regret.value <= found.regret.plan_value + 1e-9
    assert found.cvar.value >= found.cvar.plan_value - 1e-9
