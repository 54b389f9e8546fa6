"""A solver that fails, says what is no number or lies costs no plan, and nothing it says is believed."""

from dataclasses import replace

import numpy as np
import pytest

from placement.judge import check_certificate
from placement.solve import maximise_coverage
from placement.solve.backends.highs import LinearModel, LpOutcome, MipOutcome
from tests.judge.random_programs import random_program
from tests.solve.instances import brute_force
from tests.there import there


def raises(*_args, **_options):
    raise RuntimeError("the solver is gone")


def nothing(self, **_options):
    return LpOutcome(state="no_solution", objective=0.0, **blank(self, 0.0))


def not_numbers(self, **_options):
    return LpOutcome(state="optimal", objective=np.nan, **blank(self, np.nan))


def infeasible(self, **_options):
    return LpOutcome(state="infeasible", objective=0.0, **blank(self, 0.0))


def too_good(self, **_options):
    return LpOutcome(state="optimal", objective=-1e9, **blank(self, 1.0))


def blank(model, value):
    columns, rows = model._highs.getNumCol(), model._highs.getNumRow()
    return {"values": np.full(columns, value), "reduced_costs": np.zeros(columns), "row_prices": np.full(rows, value)}


def a_city(floors=False):
    """Three hundred sites, so that cuts, exact subproblems and the simplex method all have their part."""
    from scipy import sparse

    from placement.values import CoverageProgram, Floor

    rng = np.random.default_rng(3)
    covers = sparse.csr_array((rng.random((900, 300)) < 0.02).astype(np.int8))
    weights = rng.integers(1, 100, 900)
    program = CoverageProgram.from_covers(covers, weights, rng.integers(3, 9, 300), 60)
    floor = Floor(name="half", rows=np.arange(450), minimum=int(weights[:450].sum()) // 5)
    return replace(program, floors=(floor,)) if floors else program


@pytest.fixture(scope="module")
def right():
    return {floors: maximise_coverage(a_city(floors), time_limit_s=60, seed=1) for floors in (False, True)}


@pytest.mark.parametrize("floors", [False, True])
@pytest.mark.parametrize("fault", [raises, nothing, not_numbers, infeasible, too_good])
def test_a_simplex_method_that_fails_or_lies(monkeypatch, right, fault, floors):
    monkeypatch.setattr(LinearModel, "solve", fault)
    solution = maximise_coverage(a_city(floors), time_limit_s=1.5, seed=1)
    assert solution.status in {"optimal", "feasible"}
    assert solution.objective <= right[floors].bound
    assert solution.bound >= right[floors].objective
    assert check_certificate(a_city(floors), solution.chosen, there(solution.certificate)) == solution.bound


@pytest.mark.parametrize(
    "fault",
    [
        raises,
        lambda *_a, **_o: MipOutcome(state="infeasible", values=None, bound=-np.inf),
        lambda model, **_o: MipOutcome(state="optimal", values=np.full(model.objective.size, np.nan), bound=np.nan),
        lambda model, **_o: MipOutcome(state="optimal", values=np.ones(model.objective.size), bound=0.0),
        lambda _model, **_o: MipOutcome(state="optimal", values=np.ones(3), bound=0.0),
    ],
)
def test_exact_subproblems_that_fail_or_lie(monkeypatch, right, fault):
    for where in ("plans.population", "backends.milp"):
        monkeypatch.setattr(f"placement.solve.{where}.solve_mip", fault)
    solution = maximise_coverage(a_city(), time_limit_s=20, seed=1)
    assert solution.status in {"optimal", "feasible"}
    assert solution.bound >= right[False].objective
    assert check_certificate(a_city(), solution.chosen, there(solution.certificate)) == solution.bound


@pytest.mark.parametrize("fault", [raises, not_numbers, infeasible, too_good])
def test_small_programs_are_settled_without_the_simplex_method(monkeypatch, fault):
    monkeypatch.setattr(LinearModel, "solve", fault)
    rng = np.random.default_rng(7)
    for _ in range(12):
        program = random_program(rng)
        best, _plan = brute_force(program)
        solution = maximise_coverage(program, time_limit_s=20)
        assert solution.status == ("infeasible" if best is None else "optimal")
        assert best is None or solution.objective == best
