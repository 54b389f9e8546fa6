"""Sets of plans as models, against all plans: the program's own, parts of it, and the plans on the same sites."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from placement.solve.backends.highs import solve_mip
from placement.solve.program.aggregate import aggregate
from placement.solve.ties.plan_space import PlanSpace, Row
from tests.effort import cases
from tests.solve.programs import every_plan, relocation_programs
from tests.there import there


def best(space):
    """Return the largest value of a space, rounded to a half; None where it is empty."""
    values = solve_mip(space.model, gap=0.0).values
    return None if values is None else round(2 * float(space.model.objective @ values)) / 2


@settings(max_examples=cases(20), deadline=None, derandomize=True)
@given(program=relocation_programs(max_sites=3, max_rows=4), drawn=st.data())
def test_parts_of_a_space_are_parts_of_all_plans(program, drawn):
    plans = [(np.array(plan), value) for plan, value in every_plan(program)]
    space, n = PlanSpace.of(aggregate(program)), program.n_columns

    def most(holds=lambda _chosen: True, value=lambda _chosen, worth: worth):
        return max((value(chosen, worth) for chosen, worth in plans if holds(chosen)), default=None)

    assert best(space) == most()
    row = Row(
        np.array(drawn.draw(st.lists(st.integers(-2, 3), min_size=n, max_size=n))), drawn.draw(st.integers(-2, 4))
    )
    assert best(space.where(row)) == most(row.holds)
    relieved = most(value=lambda chosen, worth: worth if row.holds(chosen) else worth - 0.5)
    assert best(space.or_relieved(row)) == relieved
    free = ~program.required & ~program.excluded
    some = np.flatnonzero(free & np.array(drawn.draw(st.lists(st.booleans(), min_size=n, max_size=n))))
    values = np.array(drawn.draw(st.lists(st.booleans(), min_size=some.size, max_size=some.size)), dtype=bool)
    assert best(space.fixed(some, values)) == most(lambda chosen: bool((chosen[some] == values).all()))
    count = drawn.draw(st.integers(0, 2))
    assert best(space.counting(some, count, count)) == most(lambda chosen: int(chosen[some].sum()) == count)
    doubled = best(space.doubled())
    assert doubled == (None if not plans else 2 * there(most()))
    assert space.allowed.tolist() == (~program.excluded).tolist()


@settings(max_examples=cases(20), deadline=None, derandomize=True)
@given(program=relocation_programs(max_sites=3, max_rows=4), pick=st.integers(0, 10**6))
def test_plans_on_the_same_sites_cover_the_same(program, pick):
    plans = [(np.array(plan), value) for plan, value in every_plan(program)]
    if not plans:
        return
    chosen, value = plans[pick % len(plans)]
    site = program.column_site

    def stands(plan):
        return set(site[plan & (site >= 0)].tolist())

    here = PlanSpace.of(aggregate(program)).on_sites_of(chosen, site, value)
    assert best(here) == max(worth for plan, worth in plans if stands(plan) == stands(chosen))
