"""First-order steps with odd-set cuts: the value of the relaxation, worked by hand and by HiGHS; bounds that hold."""

import numpy as np
import pytest
from scipy import sparse

from placement.judge import check_certificate
from placement.solve import EngineSettings, maximise_coverage
from placement.solve.backends.highs import ArrayModel, LinearModel
from placement.solve.bounds.cut_saddle import BEST, cut_ground, main_row_price, run_with_cuts, start_cut_state
from placement.solve.bounds.saddle import sites_opened
from placement.solve.cuts.pool import odd_set_coefficients
from placement.solve.cuts.separation import violated_odd_sets
from placement.solve.program.aggregate import aggregate
from placement.solve.program.domain import Domain
from placement.solve.program.problem import build_problem
from placement.values import CoverageProgram
from tests.there import there


def random_town(seed):
    """Return 300 rows, each covered by about four of 40 sites, money for six: few sites are wholly open."""
    rng = np.random.default_rng(seed)
    covers = sparse.csr_array(rng.random((300, 40)) < 0.1)
    return CoverageProgram.from_covers(covers, rng.integers(1, 50, 300), np.ones(40, dtype=np.int64), 6)


def work_of(program):
    problem = build_problem(aggregate(program))
    return Domain.of(problem).restricted(problem)


def bound_with(work, sets, iterations):
    ground = cut_ground(work, sets)
    start = np.zeros(work.columns.size), np.zeros(work.weights.size), np.zeros(len(sets))
    state = start_cut_state(work, ground, *start, 1.0)
    run_with_cuts(work, ground, state, iterations)
    return float(state.scalars[BEST]), ground, state


def test_a_triangle_is_worth_two_and_a_half_rows():
    # three rows of 1,000, each covered by two of three sites, money for one and a half: the relaxation opens every
    # site by half and covers 3,000; the set of the three rows says z1 + z2 + z3 <= 1 + 1.5, so 2,500
    # (the fourth site, not worth its price, keeps the budget from being divided by two and rounded)
    covers = sparse.csr_array([[1, 1, 0, 0], [0, 1, 1, 0], [1, 0, 1, 0], [0, 0, 0, 1]])
    work = work_of(CoverageProgram.from_covers(covers, [1000, 1000, 1000, 1], [2, 2, 2, 3], 3))
    plain, _, _ = bound_with(work, [], 2000)
    cut, ground, state = bound_with(work, [(0, 1, 2)], 2000)
    assert plain == pytest.approx(3000, rel=1e-3)
    assert 2500 - 1e-6 <= cut <= 2500 * 1.001
    assert main_row_price(work, ground, state.best.rows, state.best.sets) >= 0


def by_simplex(work, sets):
    """Return the value of the relaxation with these sets."""
    rows, columns = work.weights.size, work.columns.size
    n_sites = work.fold.shape[1]
    incidence = sparse.csr_array((np.ones(work.sites.size), work.sites, work.indptr), shape=(rows, n_sites))
    of_column = sparse.csr_array((np.ones(columns), (work.column_site, np.arange(columns))), shape=(n_sites, columns))
    cover = sparse.hstack([sparse.eye_array(rows), -incidence @ of_column])
    budget = np.zeros(rows + columns)
    budget[rows + work.side_columns] = work.side_coefficients
    lines, limits = [sparse.csr_array(budget[None, :])], [float(work.high[0])]
    for each in sets:
        touched, sizes = odd_set_coefficients(work.indptr, work.sites, each)
        y = np.zeros(n_sites)
        y[touched] = sizes
        z = np.zeros(rows)
        z[list(each)] = 1
        lines.append(sparse.csr_array(np.concatenate([z, -(y @ of_column.toarray())])[None, :]))
        limits.append((len(each) - 1) / 2)
    gains = work.fold.sum(axis=0)[work.column_site] + work.values
    model = ArrayModel(
        objective=np.concatenate([work.weights, gains]),
        matrix=sparse.vstack([cover, *lines], format="csr"),
        row_lower=np.full(rows + len(lines), -np.inf),
        row_upper=np.concatenate([np.zeros(rows), limits]),
        lower=np.zeros(rows + columns),
        upper=np.ones(rows + columns),
        integer=np.zeros(rows + columns, dtype=bool),
    )
    return LinearModel(model).solve().objective


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_bound_comes_down_to_what_simplex_finds(seed):
    program = random_town(seed)
    work = work_of(program)
    outside = work.constant + work.covered.sum()
    plain, _, state = bound_with(work, [], 4000)
    y = sites_opened(work, state.now.x)
    z = np.minimum(1.0, np.add.reduceat(y[work.sites], work.indptr[:-1]))
    sets = violated_odd_sets(work.indptr, work.sites, work.weights, y, z, seed=1)
    assert sets
    plain_value, cut_value = outside + by_simplex(work, []), outside + by_simplex(work, sets)
    cut, _, _ = bound_with(work, sets, 6000)
    # valid: never below the value; and near it, in the first five figures
    assert plain_value * (1 - 1e-9) <= plain <= plain_value * 1.0001
    assert cut_value * (1 - 1e-9) <= cut <= cut_value * 1.0001
    assert cut_value < 0.995 * plain_value


def test_a_large_root_keeps_a_bound_that_holds():
    # every size counts as large: no branching worth while, odd sets priced by first-order steps
    settings = EngineSettings.of({"bounds": {"large_entries": 0}, "root": {"simplex_rows": 0, "many_columns": 20}})
    program = random_town(4)
    exact = maximise_coverage(program, backend="highs")
    solution = maximise_coverage(program, time_limit_s=4.0, settings=settings)
    assert solution.objective <= exact.objective <= solution.bound
    assert check_certificate(program, solution.chosen, there(solution.certificate)) == solution.bound
    assert there(solution.certificate).cut_indptr.size > 1
    work = work_of(program)
    assert solution.bound < work.constant + work.covered.sum() + by_simplex(work, [])
