"""Knapsack cuts: valid by enumeration, what covers they contain, and that bounds and plans stay right with them."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from placement.judge import check_certificate
from placement.solve import EngineSettings, maximise_coverage
from placement.solve.bounds.prices import Prices, scaled_bound
from placement.solve.cuts.knapsack import (
    KnapsackPool,
    KnapsackRow,
    _greedy_cover,
    knapsack_rows,
    violated_knapsack_cuts,
)
from placement.solve.cuts.pool import CutPool
from placement.solve.program.aggregate import aggregate
from placement.solve.program.domain import Domain
from placement.solve.program.problem import build_problem
from placement.values import CoverageProgram, LinearRow
from placement.values.certificate import SCALE
from tests.effort import cases
from tests.solve.instances import brute_force, random_relocation
from tests.there import there


def row_of(sizes, limit):
    sizes = np.array(sizes, dtype=np.int64)
    return KnapsackRow(row=0, columns=np.arange(sizes.size), sizes=sizes, limit=limit)


def feasible(row):
    """Every plan that keeps the row."""
    plans = np.array(list(itertools.product((0, 1), repeat=row.sizes.size)))
    return plans[plans @ row.sizes <= row.limit]


def holds(cut, plans):
    return bool((plans[:, cut.columns] @ cut.coefficients <= cut.limit).all())


SIZES = st.lists(st.integers(-12, 20).filter(bool), min_size=2, max_size=7)


@settings(deadline=None, derandomize=True, max_examples=cases(150))
@given(SIZES, st.integers(-10, 60), st.data())
def test_every_divisor_and_every_complement_give_a_valid_cut(sizes, limit, data):
    row = row_of(sizes, limit)
    divisor = data.draw(st.integers(1, max(abs(a) for a in sizes)))
    flipped = np.array(data.draw(st.lists(st.booleans(), min_size=len(sizes), max_size=len(sizes))))
    cut = row.cut(divisor, flipped)
    assert cut is None or holds(cut, feasible(row))


@settings(deadline=None, derandomize=True, max_examples=cases(150))
@given(SIZES, st.integers(0, 60), st.data())
def test_what_separation_finds_is_valid_and_violated(sizes, limit, data):
    row = row_of(sizes, limit)
    point = data.draw(st.lists(st.sampled_from([0.0, 0.25, 0.5, 0.75, 0.9, 1.0]), min_size=7, max_size=7))
    x = np.array(point[: len(sizes)])
    for cut in violated_knapsack_cuts(row, x):
        assert holds(cut, feasible(row))
        assert cut.coefficients @ x[cut.columns] > cut.limit


@settings(deadline=None, derandomize=True, max_examples=cases(150))
@given(SIZES, st.integers(0, 40))
def test_a_minimal_cover_is_cut_off_and_lifted_to_columns_as_heavy(sizes, limit):
    row = row_of(sizes, limit)
    if sum(a for a in sizes if a > 0) <= limit - sum(a for a in sizes if a < 0):
        return
    flipped = _greedy_cover(row, np.full(len(sizes), 0.5))
    cover, excess = flipped & (row.sizes > 0), int(row.sizes[flipped].sum()) - limit
    assert excess > 0
    assert (row.sizes[cover] >= excess).all()  # without any member it is no cover
    heaviest = int(row.sizes[cover].max())
    cut = row.cut(heaviest, flipped)
    dense = np.zeros(len(sizes), dtype=np.int64)
    dense[cut.columns] = cut.coefficients
    member = dense[cover][0]
    assert (dense[cover] == member).all()
    assert (dense[~cover & (row.sizes >= heaviest)] >= member).all()
    # all members and nothing else but the negative columns is forbidden, one member fewer is not
    most = dense[row.sizes < 0].sum() + dense[cover].sum()
    assert cut.limit < most <= cut.limit + member


def test_lifted_by_hand():
    # Of 3, 4 and 5 against 6 no two fit. From the cover {3, 4}: g' = -1, d = 4, r = 3, so that 5 counts as one.
    cut = row_of([3, 4, 5], 6).cut(4, np.array([True, True, False]))
    assert (cut.coefficients.tolist(), cut.limit) == ([1, 1, 1], 1)
    # 8 + 8 + 8 > 20: at most two of them; 7 is more than 8 less the excess of 4, and counts (7 - 4) / 4 of one.
    cut = row_of([8, 8, 8, 7], 20).cut(8, np.array([True, True, True, False]))
    assert (cut.coefficients.tolist(), cut.limit) == ([4, 4, 4, 3], 8)


def three_singles(limit=6):
    """Three sites, each alone before 10 people, for 3, 4 and 5: money for one, while the relaxation affords 1.75."""
    return CoverageProgram.from_covers(sparse.csr_array(np.eye(3)), [10, 10, 10], [3, 4, 5], limit)


def test_the_bound_by_hand():
    problem = build_problem(aggregate(three_singles()))
    (row,) = knapsack_rows(problem)
    pool = CutPool(problem.covers)
    assert pool.knapsack.number(there(row.cut(4, np.array([True, True, False])))) == 0
    assert pool.knapsack.number(there(row.cut(4, np.array([True, True, False])))) == 0
    none, theta = np.empty(0, dtype=np.int64), np.zeros(problem.low.size, dtype=np.int64)
    full = np.full(3, 10 * SCALE)
    prices = Prices(objective=1, rows=full, cuts=none, theta=theta, phi=none, knapsack=np.array([8 * SCALE]))
    bound, rho = scaled_bound(problem, pool.cuts(), prices, Domain.of(problem))
    assert (bound, rho.tolist()) == ((8 + 3 * 2) * SCALE, [2 * SCALE] * 3)
    prices = Prices(objective=1, rows=full, cuts=none, theta=theta, phi=none, knapsack=np.array([10 * SCALE]))
    assert scaled_bound(problem, pool.cuts(), prices, Domain.of(problem))[0] == 10 * SCALE


def test_which_rows_are_cut():
    program = three_singles()
    equal = LinearRow(name="count", columns=np.array([0, 1, 2]), coefficients=np.array([1, 1, -1]), limit=1)
    loose = LinearRow(name="loose", columns=np.array([0, 1, 2]), coefficients=np.array([1, 2, 3]), limit=9)
    token = LinearRow(
        name="token", columns=np.array([0, 1, 2]), coefficients=np.array([1, 2, -3]), limit=0, equality=True
    )
    large = LinearRow(name="large", columns=np.array([0, 1, 2]), coefficients=np.array([2**50, 3, 5]), limit=2**50)
    other = CoverageProgram(
        covers=program.covers,
        weights=program.weights,
        n_sites=3,
        column_site=np.array([0, 1, 2]),
        column_values=np.array([0, 0, 0]),
        linear=(equal, program.linear[0], loose, token, large),
        required=program.required,
        excluded=program.excluded,
    )
    assert [row.row for row in knapsack_rows(build_problem(aggregate(other)))] == [1]


def test_an_empty_pool_has_no_rows():
    assert KnapsackPool().rows().limits.size == 0


def unequal(seed, sites=13):
    """Return (program, optimum by trying every plan): near sites are covered, few stations are in the budget."""
    rng = np.random.default_rng(seed)
    points, at = rng.random((50, 2)), rng.random((sites, 2))
    near = ((points[:, None] - at[None]) ** 2).sum(axis=2) < 0.06
    weights, costs = rng.integers(1, 100, 50), rng.integers(8, 17, sites)
    budget = int(rng.integers(30, 60))
    plans = np.array(list(itertools.product((0, 1), repeat=sites)))
    plans = plans[plans @ costs <= budget]
    best = int(((plans @ near.T.astype(np.int64) > 0) @ weights).max())
    return CoverageProgram.from_covers(sparse.csr_array(near), weights, costs, budget), best


def relocation(seed):
    program = random_relocation(seed)
    return program, brute_force(program)[0]


@pytest.mark.parametrize(("make", "seeds"), [(unequal, 60), (relocation, 60)])
def test_programs_branched_with_knapsack_cuts_equal_brute_force(make, seeds):
    """All but the first node is left to the visitor with cuts, and some of the proofs rest on a knapsack cut."""
    settings = EngineSettings.of({"root": {"patience": 1, "short_patience": 1}})
    priced = 0
    for seed in range(seeds):
        program, best = make(seed)
        solution = maximise_coverage(program, settings=settings)
        assert check_certificate(program, solution.chosen, there(solution.certificate)) == solution.bound
        assert (solution.status == "infeasible") == (best is None)
        if best is not None:
            assert (solution.objective, solution.bound) == (best, best)
        priced += int((there(solution.certificate).prices.knapsack_price > 0).any())
    assert priced > 0
