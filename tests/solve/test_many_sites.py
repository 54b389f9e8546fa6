"""Programs with many sites take the way over plans, cuts and refixing; the proof must hold all the same."""

import time
from dataclasses import replace

import numpy as np
import pytest
from scipy import sparse

import placement.solve.large_root as large_root_module
import placement.solve.run as run_module
from placement.judge import check_certificate
from placement.solve import EngineSettings, maximise_coverage
from placement.solve.backends.highs import ArrayModel, solve_mip
from placement.solve.plans.background import PlansBeside
from placement.values import CoverageProgram, LinearRow
from tests.solve.instances import is_feasible, value_of
from tests.there import there


def many_sites(seed, sites, budget, *, unit, n_points=600, reach2=0.004):
    rng = np.random.default_rng(seed)
    points, at = rng.random((n_points, 2)), rng.random((sites, 2))
    near = ((points[:, None] - at[None]) ** 2).sum(axis=2) < reach2
    costs = np.ones(sites, dtype=np.int64) if unit else rng.integers(8, 17, sites)
    return CoverageProgram.from_covers(sparse.csr_array(near), rng.integers(1, 100, n_points), costs, budget)


def by_highs(program):
    rows, sites = program.covers.shape
    cover = sparse.hstack([-sparse.eye_array(rows), program.covers.astype(float)])
    budget = sparse.csr_array(np.concatenate([np.zeros(rows), program.linear[0].coefficients])[None, :])
    outcome = solve_mip(
        ArrayModel(
            objective=np.concatenate([program.weights, np.zeros(sites)]),
            matrix=sparse.vstack([cover, budget], format="csr"),
            row_lower=np.concatenate([np.zeros(rows), [-np.inf]]),
            row_upper=np.concatenate([np.full(rows, np.inf), [program.linear[0].limit]]),
            lower=np.zeros(rows + sites),
            upper=np.ones(rows + sites),
            integer=np.arange(rows + sites) >= rows,
        ),
        threads=1,
    )
    assert outcome.state == "optimal"
    return round(outcome.bound)


@pytest.mark.parametrize(("seed", "budget", "unit"), [(2, 25, True), (3, 200, False)])
def test_many_sites_equal_highs_and_carry_a_certificate(seed, budget, unit):
    program = many_sites(seed, 320, budget, unit=unit)
    solution = maximise_coverage(program, time_limit_s=120)
    assert solution.status == "optimal"
    assert solution.objective == solution.bound == by_highs(program) == value_of(program, solution.chosen)
    assert is_feasible(program, solution.chosen)
    assert check_certificate(program, solution.chosen, there(solution.certificate)) == solution.bound


def test_an_early_stop_is_feasible_and_its_bound_is_proven():
    program = many_sites(5, 320, 40, unit=True)
    solution = maximise_coverage(program, time_limit_s=0.2)
    assert solution.status in {"feasible", "optimal", "no_solution"}
    assert check_certificate(program, solution.chosen if there(solution.certificate).has_plan else None,
                             there(solution.certificate)) == solution.bound  # fmt: skip
    assert solution.objective <= solution.bound


def test_a_gap_allows_an_earlier_end():
    program = many_sites(6, 320, 30, unit=True)
    solution = maximise_coverage(program, gap=0.02, time_limit_s=60)
    assert solution.status == "optimal"
    assert solution.gap <= 0.02
    assert check_certificate(program, solution.chosen, there(solution.certificate)) == solution.bound


@pytest.mark.parametrize("seed", [1, 4])
def test_cutting_beside_the_search_for_plans_gives_the_proven_plan_every_time(seed, monkeypatch):
    settings = EngineSettings.of({"root": {"many_columns": 5}})
    taken = []
    beside = run_module._cut_beside

    def noted(*values):
        taken.append(values)
        return beside(*values)

    monkeypatch.setattr(run_module, "_cut_beside", noted)
    unit = seed % 2 == 0
    program = many_sites(10 + seed, 200, 30 if unit else 360, unit=unit)
    first, second = (
        maximise_coverage(program, time_limit_s=120, threads=threads, settings=settings) for threads in (2, 1)
    )
    assert len(taken) == 2
    assert (first.status, first.objective) == ("optimal", by_highs(program))
    assert check_certificate(program, first.chosen, there(first.certificate)) == first.objective
    assert first.chosen.tolist() == second.chosen.tolist()
    assert first.details == second.details


EVERY_SIZE_IS_LARGE = EngineSettings.of(
    {"bounds": {"large_entries": 0}, "root": {"simplex_rows": 0}, "large": {"least_stage_s": 0.3}}
)


def test_a_large_root_is_shrunk_in_stages_and_its_proof_holds(monkeypatch):
    free = []
    fix = vars(large_root_module)["fixed"]

    def counted(root, tools):
        fixed = fix(root, tools)
        free.append((root.domain.n_free, fixed.domain.n_free))
        return fixed

    searched = []
    with_improver = vars(large_root_module)["with_improver"]

    def noted(root, tools):
        root, improver = with_improver(root, tools)
        searched.append((len(improver._pool), int((improver.core & root.domain.free).sum())))
        return root, improver

    monkeypatch.setattr(large_root_module, "fixed", counted)
    monkeypatch.setattr(large_root_module, "with_improver", noted)
    program = many_sites(1, 400, 30, unit=True, n_points=2000, reach2=0.01)
    solution = maximise_coverage(program, time_limit_s=4.0, settings=EVERY_SIZE_IS_LARGE)
    plans, columns = zip(*searched, strict=True)
    assert plans[0] == 0
    assert all(plans[1:])  # each stage goes on from the plans of the last one
    assert columns[-1] < columns[0]
    assert any(after < before for before, after in free)
    assert free == sorted(free, reverse=True)
    assert solution.objective == value_of(program, solution.chosen)
    assert solution.objective <= 90_051 <= solution.bound  # the optimum, as the simplex way proves it in 15 s
    assert check_certificate(program, solution.chosen, there(solution.certificate)) == solution.bound
    assert solution.gap < 0.01


def test_plans_are_looked_for_beside_the_tree_below_a_large_root_too(monkeypatch):
    free, begun = [], []

    def fits_once_shrunk(root, _tools):
        free.append(root.domain.n_free)
        return free[-1] < free[0]

    begin = PlansBeside.begin
    settings = EngineSettings.of({"bounds": {"large_entries": 0}, "root": {"many_columns": 20}})
    for module in (run_module, large_root_module):
        monkeypatch.setattr(module, "simplex_fits", fits_once_shrunk)

    def noted(beside, plan):
        begun.append(plan.value)
        begin(beside, plan)

    monkeypatch.setattr(PlansBeside, "begin", noted)
    program = many_sites(1, 400, 30, unit=True, n_points=2000, reach2=0.01)
    solution = maximise_coverage(program, time_limit_s=4.0, settings=settings)
    assert len(begun) == 1
    assert begun[0] <= solution.objective <= 90_051 <= solution.bound
    assert check_certificate(program, solution.chosen, there(solution.certificate)) == solution.bound


def test_a_large_root_that_no_odd_set_can_cut_gives_the_time_to_plans():
    # two rows limit the plan: first-order steps with cuts know one only
    program = many_sites(4, 320, 30, unit=True)
    rng = np.random.default_rng(4)
    second = LinearRow(
        name="second", columns=np.arange(320), coefficients=rng.integers(1, 9, 320).astype(np.int64), limit=100
    )
    limited = replace(program, linear=(*program.linear, second))
    begun = time.perf_counter()
    solution = maximise_coverage(limited, time_limit_s=4.0, settings=EVERY_SIZE_IS_LARGE)
    assert time.perf_counter() - begun < 10.0  # of a busy machine; it does not go on to what HiGHS would take
    exact = maximise_coverage(limited, backend="highs", time_limit_s=60.0)
    assert is_feasible(limited, solution.chosen)
    assert 0.99 * exact.objective <= solution.objective <= exact.objective <= solution.bound
    assert check_certificate(limited, solution.chosen, there(solution.certificate)) == solution.bound
