"""Knapsack cuts: valid by enumeration, what covers they contain, and that bounds and plans stay right with them."""

import itertools
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from placement.judge import check_certificate
from placement.solve import EngineSettings, maximise_coverage
from placement.solve.bounds.prices import Prices, scaled_bound
from placement.solve.cuts.bases import Base, FloorBases, money_bases
from placement.solve.cuts.knapsack import KnapsackPool, KnapsackRow, _greedy_cover, violated_knapsack_cuts
from placement.solve.cuts.pool import CutPool
from placement.solve.program.aggregate import aggregate
from placement.solve.program.domain import Domain
from placement.solve.program.problem import build_problem
from placement.values import CoverageProgram, Floor, LinearRow
from placement.values.certificate import SCALE
from tests.effort import cases
from tests.solve.instances import brute_force, is_feasible, random_relocation
from tests.there import there

BY_SIMPLEX = EngineSettings.of({"root": {"patience": 0, "short_patience": 0}})


def row_of(sizes, limit):
    sizes = np.array(sizes, dtype=np.int64)
    return KnapsackRow(base=Base(rows=((0, 1),)), columns=np.arange(sizes.size), sizes=sizes, limit=limit)


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
    (base,) = money_bases(problem)
    row = KnapsackRow.of(problem, base)
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
    assert money_bases(build_problem(aggregate(other))) == [Base(rows=((1, 1),))]


def buying(limit=10):
    """Two machines for 8 each, and one of two old ones that brings in 3: a row of its own says one."""
    money = LinearRow(name="money", columns=np.arange(4), coefficients=np.array([8, 8, -3, -3]), limit=limit)
    once = LinearRow(name="once", columns=np.array([2, 3]), coefficients=np.array([1, 1]), limit=1)
    return CoverageProgram(
        covers=sparse.csr_array([[1, 0], [0, 1]]),
        weights=np.array([10, 10]),
        n_sites=2,
        column_site=np.array([0, 1, -1, -1]),
        column_values=np.zeros(4, dtype=np.int64),
        linear=(money, once),
        required=np.zeros(4, dtype=bool),
        excluded=np.zeros(4, dtype=bool),
    )


def test_how_many_can_be_bought_by_hand():
    # 8 b <= 10 + 3 s, and s <= 1: the sum with three times that is 8 b <= 13, one machine; alone 8 b - 3 s <= 10 gives
    # 6 b - 3 s <= 6, so that 1.5 machines pass with s = 1.
    problem = build_problem(aggregate(buying()))
    alone, paid_back = money_bases(problem)
    assert (alone, paid_back) == (Base(rows=((0, 1),)), Base(rows=((0, 1), (1, 3))))
    row = KnapsackRow.of(problem, paid_back)
    assert (row.columns.tolist(), row.sizes.tolist(), row.limit) == ([0, 1], [8, 8], 13)
    cut = there(row.cut(8, np.zeros(2, dtype=bool)))
    assert (cut.columns.tolist(), cut.coefficients.tolist(), cut.limit) == ([0, 1], [1, 1], 1)
    cut = there(KnapsackRow.of(problem, alone).cut(8, np.zeros(4, dtype=bool)))
    assert (cut.coefficients.tolist(), cut.limit) == ([2, 2, -1, -1], 2)
    solution = maximise_coverage(buying(), settings=BY_SIMPLEX)
    assert (solution.objective, solution.bound) == (10, 10)
    assert check_certificate(buying(), solution.chosen, there(solution.certificate)) == 10


def a_floor(minimum=15):
    """Three sites alone before 10 people each, of whom 15 are asked for; a fourth before 100; money for two."""
    one = CoverageProgram.from_covers(sparse.csr_array(np.eye(4)), [10, 10, 10, 100], [1, 1, 1, 1], 2)
    return replace(one, floors=(Floor(name="district", rows=np.arange(3), minimum=minimum),))


def test_what_a_floor_asks_for_by_hand():
    # The relaxation opens 1.5 of the three and half of the fourth, 65; with x0 + x1 + x2 >= 2 it is worth 20.
    problem = build_problem(aggregate(a_floor()))
    row = KnapsackRow.of(problem, Base(floor=0))
    assert (row.columns.tolist(), row.sizes.tolist(), row.limit) == ([0, 1, 2], [-10] * 3, -15)
    cut = there(row.cut(10, np.zeros(3, dtype=bool)))
    assert (cut.coefficients.tolist(), cut.limit) == ([-1, -1, -1], -2)
    # beside the first one, 5 are missing, which either of the others brings
    row = KnapsackRow.of(problem, Base(floor=0, sites=(0,)))
    assert (row.columns.tolist(), row.sizes.tolist(), row.limit) == ([1, 2], [-10] * 2, -5)
    cut = there(row.cut(10, np.zeros(2, dtype=bool)))
    assert (cut.coefficients.tolist(), cut.limit) == ([-1, -1], -1)
    found = list(FloorBases(problem).near(np.array([1.0, 0.5, 0.0, 0.5])))
    assert found == [Base(floor=0), Base(floor=0, sites=(0,)), Base(floor=0, sites=(0, 1))] or found == [
        Base(floor=0, sites=(0,)),
        Base(floor=0, sites=(0, 1)),
    ]
    solution = maximise_coverage(a_floor(), settings=BY_SIMPLEX)
    assert (solution.objective, solution.bound) == (20, 20)
    assert check_certificate(a_floor(), solution.chosen, there(solution.certificate)) == 20


@settings(deadline=None, derandomize=True, max_examples=cases(120))
@given(st.integers(0, 10**6), st.data())
def test_bases_and_their_cuts_hold_for_every_plan(seed, data):
    """Bases of floors over any sites and of money paid back, and any cut of them, against all plans."""
    program = random_relocation(seed)
    problem = build_problem(aggregate(program))
    plans = np.array(
        [
            bits
            for bits in itertools.product((0, 1), repeat=program.n_columns)
            if is_feasible(program, np.array(bits) > 0)
        ]
    ).reshape(-1, program.n_columns)
    some = tuple(data.draw(st.sets(st.integers(0, program.n_sites - 1))))
    bases = [*money_bases(problem), *(Base(floor=f, sites=tuple(sorted(some))) for f in range(len(program.floors)))]
    x = np.array(data.draw(st.lists(st.sampled_from([0.0, 0.4, 0.9, 1.0]), min_size=15, max_size=15)))
    x = np.resize(x, program.n_columns)
    bases += FloorBases(problem).near(x)
    for base in bases:
        row = KnapsackRow.of(problem, base)
        assert (plans[:, row.columns] @ row.sizes <= row.limit).all()
        assert all(holds(cut, plans) for cut in violated_knapsack_cuts(row, x))
        if row.sizes.size:
            divisor = data.draw(st.integers(1, int(np.abs(row.sizes).max())))
            cut = row.cut(divisor, data.draw(st.integers(0, 2**20)) >> np.arange(row.sizes.size) & 1 > 0)
            assert cut is None or holds(cut, plans)


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
