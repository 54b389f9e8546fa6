"""200 random towns with relocation, budgets, counts, floors: the plan is the one that trying everything finds."""

import pytest
from hypothesis import given, settings

from placement.case import Case
from placement.errors import InfeasibleError
from placement.plan import optimise
from placement.values import SolveOptions
from tests.effort import cases
from tests.plan.brute_force import best_actions, taken
from tests.strategies import towns


@settings(max_examples=cases(200), deadline=None, derandomize=True)
@given(towns())
def test_plan_equals_brute_force(town):
    expected = best_actions(town)
    for backend in ("auto", "highs", "cbc"):
        if expected is None:
            with pytest.raises(InfeasibleError):
                optimise(Case(**town.stages()), options=SolveOptions(backend=backend))
            continue
        value, actions = expected
        plan = optimise(Case(**town.stages()), options=SolveOptions(backend=backend))
        assert plan.status == "optimal"
        assert round(plan.objective * 1000) == value
        assert round(plan.bound * 1000) == value
        # With steps each weight that counts in part is rounded by itself.
        apart = 1e-9 if not town.coverage.steps else 0.0005 * town.demand.need.size
        assert plan.after.total.covered == pytest.approx(value / 1000, abs=apart)
        assert plan.tie_broken
        assert taken(plan, town.sites.ids) == actions
