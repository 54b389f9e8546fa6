"""Simplex nodes with strong branching: forced on small programs, they equal brute force; infeasible ones get rays."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import sparse

from placement.judge import check_certificate
from placement.solve import EngineSettings, maximise_coverage
from placement.solve.cuts.pool import CutPool
from placement.solve.deadline import NEVER, Deadline
from placement.solve.lp.relaxation import CutRelaxation
from placement.solve.lp.side_block import side_block
from placement.solve.program.aggregate import aggregate
from placement.solve.program.domain import Domain
from placement.solve.program.limits import Branch
from placement.solve.program.problem import ONE, build_problem
from placement.solve.tree.strong import StrongBranching
from placement.values import CoverageProgram, Floor, LinearRow
from tests.effort import cases
from tests.solve.instances import brute_force, is_feasible, random_budgeted, random_relocation, value_of
from tests.solve.tools import root_of, three_singles
from tests.there import there

SIMPLEX_ONLY = EngineSettings.of({"root": {"patience": 0, "short_patience": 0}})


@pytest.mark.parametrize("seed", range(cases(60)))
def test_every_small_program_is_settled_as_by_brute_force(seed):
    program = random_relocation(seed) if seed % 3 else random_budgeted(seed)
    best, _ = brute_force(program)
    solution = maximise_coverage(program, seed=seed, settings=SIMPLEX_ONLY)
    bound = check_certificate(program, solution.chosen, there(solution.certificate))
    if best is None:
        assert solution.status == "infeasible"
        assert there(solution.certificate).infeasible
    else:
        assert is_feasible(program, solution.chosen)
        assert (solution.status, solution.objective, bound) == ("optimal", best, best)
        assert value_of(program, solution.chosen) == best


def test_nothing_to_decide_is_settled_at_once():
    program = CoverageProgram.from_covers(sparse.csr_array([[1, 1]]), [5], [1, 1], 2, excluded=np.array([True, True]))
    solution = maximise_coverage(program, settings=SIMPLEX_ONLY)
    assert (solution.status, solution.objective, solution.bound) == ("optimal", 0, 0)


def test_floors_that_no_budget_can_meet_are_refuted_by_a_ray():
    # twelve rows, six sites that cover two each, money for two; the floor wants five covered: 4 < 5, but half-open
    # sites hide it from every single row, so that only the rows together (a ray) refute it
    covers = sparse.csr_array(np.kron(np.eye(6), np.ones((2, 1))))
    program = CoverageProgram(
        covers=covers,
        weights=np.ones(12, dtype=np.int64),
        n_sites=6,
        column_site=np.arange(6),
        column_values=np.zeros(6, dtype=np.int64),
        linear=(LinearRow(name="budget", columns=np.arange(6), coefficients=np.ones(6, dtype=np.int64), limit=2),),
        floors=(Floor(name="all", rows=np.arange(12), minimum=5),),
        required=np.zeros(6, dtype=bool),
        excluded=np.zeros(6, dtype=bool),
    )
    solution = maximise_coverage(program, settings=SIMPLEX_ONLY)
    assert solution.status == "infeasible"
    check_certificate(program, solution.chosen, there(solution.certificate))


def triangle():
    covers = sparse.csr_array([[1, 1, 0, 0], [0, 1, 1, 0], [1, 0, 1, 0], [0, 0, 0, 1]])
    program = CoverageProgram.from_covers(covers, [10, 10, 10, 1], [2, 2, 2, 3], 3)
    problem = build_problem(aggregate(program))
    return problem, CutRelaxation(problem, Domain.of(problem), CutPool(problem.covers))


def test_a_probe_says_what_an_answer_would_do_and_changes_nothing():
    problem, relaxation = triangle()
    before = relaxation.solve(Domain.of(problem), Deadline.after(10.0))
    assert before.objective == pytest.approx(30)  # every site half open
    shut, opened = (Branch(group=False, index=0, value=value) for value in (0, 1))
    # without site 0 one and a half of the others: y = (1, 1/2) covers rows 0 and 1 and half of row 2, so 25;
    # with it half a site is left: rows 0 and 2 whole, half of row 1, so 25 too
    assert relaxation.probe([shut, opened], 1000) == pytest.approx([25, 25])
    after = relaxation.solve(Domain.of(problem), Deadline.after(10.0))
    assert after.objective == pytest.approx(30)


def test_odd_sets_of_classes_join_a_relaxation_as_far_as_they_are_rows_of_it():
    problem, relaxation = triangle()
    classes = np.flatnonzero(np.diff(problem.covers.indptr) == 2).tolist()  # the three rows that share sites
    outside = int(np.flatnonzero(relaxation.work.row_of_class < 0)[0])  # the row that only one site covers is folded
    assert relaxation.add_odd_sets([tuple(classes), (*classes[:2], outside), tuple(classes)]) == 1
    # z0 + z1 + z2 <= 1 + y0 + y1 + y2: sites for three of cost two each within 3 open 3/2, so 25 where it was 30
    assert relaxation.solve(Domain.of(problem), Deadline.after(10.0)).objective == pytest.approx(25)


def test_limits_of_a_group_bind_only_where_they_are_tightened():
    program = random_relocation(3, with_floors=False)
    problem = build_problem(aggregate(program))
    domain = Domain.of(problem)
    block = side_block(problem, domain)
    groups = block.rows >= problem.n_linear
    lower, upper = block.limits(domain)
    assert groups.any()
    assert np.isinf(lower[groups]).all()
    assert np.isinf(upper[groups]).all()
    high = problem.high.copy()
    high[problem.n_linear :] = 0
    _, upper = block.limits(replace(domain, limits=replace(domain.limits, high=high)))
    assert (upper[groups] == -block.chosen[groups]).all()
    assert (block.chosen == [(_row(problem, row) * (problem.status == ONE)).sum() for row in block.rows]).all()


def _row(problem, row):
    coefficients = np.zeros(problem.n_columns, dtype=np.int64)
    begin, end = problem.side.indptr[row], problem.side.indptr[row + 1]
    coefficients[problem.side.columns[begin:end]] = problem.side.coefficients[begin:end]
    return coefficients


def test_the_question_whose_answers_lower_the_bound_most_is_asked():
    """Money of 6 buys the site for 3 and three quarters of that for 4, worth 17.5.

    Without the second site it buys 3/5 of the third, 16, with it 2/3 of the first, 16.7: little is learnt. At most one
    site is worth 10, and two cost 7.
    """
    tools = three_singles()
    domain = Domain.of(tools.problem)
    relaxation = CutRelaxation(tools.problem, domain, CutPool(tools.problem.covers))
    value = relaxation.solve(domain, NEVER).objective
    assert value == pytest.approx(17.5)
    node = replace(root_of(tools), x=np.array([1, 0.75, 0]))
    strong = StrongBranching(tools, NEVER)
    asked = there(strong.choose(relaxation, node, lead=7.5, value=value))
    (group,) = (index for index, columns in enumerate(tools.groups) if columns.size == 3)
    assert [(each.group, each.index, each.value, each.limit) for each in asked] == [
        (True, group, 0, 1),
        (True, group, 1, 1),
    ]
    tried = relaxation.probing
    assert strong.choose(relaxation, replace(node, x=np.array([1.0, 0, 0])), lead=7.5, value=value) is None
    assert relaxation.probing == tried
