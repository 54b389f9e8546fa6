"""200 random towns with relocation, budgets, counts, floors: the plan is worth what trying everything finds."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from placement.errors import InfeasibleError
from placement.plan import optimise
from tests.plan.brute_force import best_value
from tests.towns import random_town


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.integers(0, 2**32 - 1))
def test_plan_equals_brute_force(seed):
    town = random_town(np.random.default_rng(seed))
    expected = best_value(town)
    for backend in ("auto", "highs", "cbc"):
        if expected is None:
            with pytest.raises(InfeasibleError):
                optimise(**town.stages(), backend=backend)
            continue
        plan = optimise(**town.stages(), backend=backend)
        assert plan.status == "optimal"
        assert round(plan.objective * 1000) == expected
        assert round(plan.bound * 1000) == expected
        assert plan.after.total.covered == pytest.approx(expected / 1000, abs=1e-9)
