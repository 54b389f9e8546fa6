"""How many columns can provide in a row: never fewer than in any plan, and by hand where several stand at a site."""

import numpy as np
from hypothesis import given, settings

from placement.solve.program.aggregate import aggregate
from placement.solve.program.domain import Domain
from placement.solve.program.problem import build_problem
from placement.solve.program.providing import most_providing, most_providing_in
from tests.effort import cases
from tests.solve.programs import every_plan, relocation_programs
from tests.solve.tools import triangle
from tests.strategies import programs


def test_by_hand():
    """Each row of the triangle has two sites with a column each; once one is shut, its two rows have one."""
    tools = triangle()
    domain = Domain.of(tools.problem)
    assert sorted(most_providing(tools.problem, domain.restricted(tools.problem)).tolist()) == [2, 2, 2]
    shut = domain.fixed(np.array([0]), np.array([0])).restricted(tools.problem)
    assert most_providing(tools.problem, shut).tolist() == [2]  # rows with one site left are folded into it
    assert most_providing_in(aggregate(tools.program)).tolist() == [2, 2, 2]


@settings(max_examples=cases(100), deadline=None)
@given(programs(max_sites=4, max_rows=6, max_columns=6) | relocation_programs(max_sites=3))
def test_no_plan_provides_more(program):
    reduced = aggregate(program)
    problem = build_problem(reduced)
    work = Domain.of(problem).restricted(problem)
    whole, left = most_providing_in(reduced), most_providing(problem, work)
    covers = reduced.covers.toarray().astype(np.int64)
    rows = np.zeros((work.weights.size, work.fold.shape[1]), dtype=np.int64)
    rows[np.repeat(np.arange(work.weights.size), np.diff(work.indptr)), work.sites] = 1
    for plan, _ in every_plan(program):
        chosen = np.array(plan)
        sites = program.column_site[chosen & (program.column_site >= 0)]
        assert (covers @ np.bincount(sites, minlength=program.n_sites) <= whole).all()
        mine = work.column_site[chosen[work.columns]]
        assert (rows @ np.bincount(mine[mine >= 0], minlength=rows.shape[1]) <= left).all()
