"""Local searches: values they report are the values of their plans, side rows are kept, nothing gets worse."""

import numpy as np
import pytest
from scipy import sparse

from placement.solve.backends.milp import solve_milp
from placement.solve.deadline import Deadline
from placement.solve.plans.annealing import anneal
from placement.solve.plans.iterated import iterated_search, shaking
from placement.solve.plans.population import Improver
from placement.solve.plans.swaps import build_field, greedy_plan
from placement.solve.program.aggregate import aggregate
from placement.solve.program.domain import Domain
from placement.solve.program.incumbent import Incumbent
from placement.solve.program.problem import build_problem
from placement.solve.settings import DEFAULTS
from placement.values import CoverageProgram
from tests.solve.instances import brute_force, is_feasible, value_of

SHAKING = shaking(DEFAULTS.plans)


def grid_town(seed, *, unit):
    """Return a town of 300 points on a square and 30 sites that cover what is near."""
    rng = np.random.default_rng(seed)
    points, sites = rng.random((300, 2)), rng.random((30, 2))
    near = ((points[:, None] - sites[None]) ** 2).sum(axis=2) < 0.03
    costs = np.ones(30, dtype=np.int64) if unit else rng.integers(5, 15, 30)
    return CoverageProgram.from_covers(sparse.csr_array(near), rng.integers(1, 50, 300), costs, 6 if unit else 50)


def ground_of(program):
    problem = build_problem(aggregate(program))
    work = Domain.of(problem).restricted(problem)
    return work, build_field(work, neighbours=True)


@pytest.mark.parametrize("unit", [True, False])
def test_searches_report_true_values_and_improve_on_greedy(unit):
    program = grid_town(1, unit=unit)
    work, ground = ground_of(program)
    greedy, value = greedy_plan(ground, np.zeros(30, dtype=bool), 0, 1)
    swapped, better = greedy_plan(ground, greedy, 20, 1)
    annealed, cooled = anneal(ground, swapped, 20_000, 0.03 * better, 0.002 * better, 0.02, 1000, 3)
    iterated, cold, _ = iterated_search(ground, swapped, 200, 0.0, 0.0, 3, SHAKING)
    heated, hot, last = iterated_search(ground, swapped, 200, 0.5 * better, 0.1 * better, 3, SHAKING)
    assert value <= better <= min(cooled, cold, hot)
    last_value = value_of(program, np.isin(np.arange(30), work.columns[last]))
    assert last_value <= hot
    pairs = (
        (greedy, value),
        (swapped, better),
        (annealed, cooled),
        (iterated, cold),
        (heated, hot),
        (last, last_value),
    )
    for plan, claimed in pairs:
        chosen = np.zeros(30, dtype=bool)
        chosen[work.columns[plan]] = True
        assert is_feasible(program, chosen)
        assert value_of(program, chosen) == claimed


def test_a_hot_search_goes_on_from_worse_plans_and_a_cold_one_does_not():
    program = grid_town(1, unit=True)
    work, ground = ground_of(program)
    start, _ = greedy_plan(ground, np.zeros(30, dtype=bool), 20, 1)
    for heat, falls in ((0.0, False), (1e9, True)):
        outcomes = [iterated_search(ground, start, 20, heat, heat, seed, SHAKING) for seed in range(10)]
        lasts = [value_of(program, np.isin(np.arange(30), work.columns[last])) for _, _, last in outcomes]
        assert any(last < best for last, (_, best, _) in zip(lasts, outcomes, strict=True)) == falls


def test_searches_find_the_optimum_of_a_small_town():
    rng = np.random.default_rng(8)
    covers = sparse.csr_array(rng.random((60, 12)) < 0.25)
    program = CoverageProgram.from_covers(covers, rng.integers(1, 20, 60), np.ones(12, dtype=np.int64), 3)
    best, _ = brute_force(program)
    _, ground = ground_of(program)
    start, _ = greedy_plan(ground, np.zeros(ground.column_site.size, dtype=bool), 20, 1)
    assert anneal(ground, start, 50_000, 20.0, 1.0, 0.1, 1000, 1)[1] == best
    assert iterated_search(ground, start, 500, 0.0, 0.0, 1, SHAKING)[1] == best


def test_equal_seeds_give_equal_plans():
    _, ground = ground_of(grid_town(2, unit=False))
    start, _ = greedy_plan(ground, np.zeros(30, dtype=bool), 5, 1)
    for search in (
        lambda: anneal(ground, start, 5_000, 50.0, 5.0, 0.02, 1000, 9)[0],
        lambda: iterated_search(ground, start, 50, 5.0, 0.0, 9, SHAKING)[0],
    ):
        assert search().tolist() == search().tolist()


def test_merged_runs_reach_the_optimum_that_highs_proves_on_one_thread_as_on_two():
    rng = np.random.default_rng(5)
    points, sites = rng.random((1500, 2)), rng.random((300, 2))
    near = ((points[:, None] - sites[None]) ** 2).sum(axis=2) < 0.012
    program = CoverageProgram.from_covers(
        sparse.csr_array(near), rng.integers(1, 50, 1500), np.ones(300, dtype=np.int64), 10
    )
    problem = build_problem(aggregate(program))
    nothing, every = np.zeros(300, dtype=bool), np.ones(300, dtype=bool)

    def improved(threads, epochs):
        improver = Improver(problem, Domain.of(problem), every, 0, threads)
        return improver.improve(Incumbent(nothing, 0), Deadline.after(600.0), epochs=epochs)

    exact = solve_milp(program, backend="highs", time_limit_s=120.0)
    assert exact.status == "optimal"
    best = improved(2, 3)
    assert is_feasible(program, best.chosen)
    assert best.value == value_of(program, best.chosen) == exact.objective
    np.testing.assert_array_equal(improved(1, 1).chosen, improved(2, 1).chosen)
