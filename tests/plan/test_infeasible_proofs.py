"""Infeasible is what is proven so: against brute force, with the clash, the amounts, and proofs a judge accepts."""

import itertools
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from placement.case import Case
from placement.errors import CertificateError, InfeasibleError, NoSolutionError
from placement.judge import check_certificate
from placement.models import maximal_coverage
from placement.plan.infeasible import explain
from placement.plan.solving import solve_in_time
from placement.solve import maximise_coverage
from placement.solve.backends.highs import LinearModel, LpOutcome
from placement.solve.deadline import NEVER
from placement.solve.infeasible.constraints import constraint_names, eased, restricted
from placement.solve.infeasible.feasibility import FeasibilityModel
from placement.values import Solution
from tests.effort import cases
from tests.judge.test_certificate_mutations import mutated, resealed
from tests.solve.instances import brute_force
from tests.solve.programs import relocation_programs
from tests.strategies import Drawn, programs
from tests.there import there
from tests.towns import random_town

OPTIONS = {"gap": 0.0, "time_limit_s": 30.0, "seed": 0, "threads": 1}


def check_explanation(program, found):
    """The named constraints have no plan by themselves, the amounts are right, and all of it is proven."""
    assert found.constraints
    clash = restricted(program, found.constraints)
    assert brute_force(clash)[0] is None
    check_certificate(clash, None, found.certificate)
    for name in found.constraints:
        rest = restricted(program, [other for other in found.constraints if other != name])
        assert brute_force(rest)[0] is not None, "a smaller clash would do"
    for change in found.changes:
        assert brute_force(eased(program, change.constraint, change.at_least - 1))[0] is None
        check_certificate(eased(program, change.constraint, change.at_least - 1), None, change.certificate)
        if change.enough is not None:
            assert brute_force(eased(program, change.constraint, change.enough))[0] is not None
            assert change.enough >= change.at_least


@settings(max_examples=cases(60), deadline=None)
@given(relocation_programs(max_sites=4, max_rows=5))
def test_infeasible_exactly_where_brute_force_finds_no_plan(program):
    best, _ = brute_force(program)
    solution = maximise_coverage(program, time_limit_s=30)
    assert (solution.status == "infeasible") == (best is None)
    if best is None:
        check_certificate(program, None, there(solution.certificate))
        names = constraint_names(program)
        if names:
            found = explain(program, there(solution.certificate), deadline=NEVER, seed=0, threads=1)
            check_explanation(program, found)
    else:
        proof = FeasibilityModel(program).proof(NEVER)
        if proof is not None:
            with pytest.raises(CertificateError):
                check_certificate(program, None, proof)


@pytest.mark.parametrize("seed", [1046, 1129, 1166, 1240, 1259, 1267])
def test_a_clash_of_whole_numbers_is_smaller_than_that_of_fractions(seed):
    rng = np.random.default_rng(seed)
    town = random_town(rng, points=int(rng.integers(2, 7)))
    program = maximal_coverage(Case(**town.stages())).program
    certificate = maximise_coverage(program, time_limit_s=30).certificate
    check_explanation(program, explain(program, there(certificate), deadline=NEVER, seed=0, threads=1))


@pytest.mark.parametrize("call", range(6))
@pytest.mark.parametrize("fault", ["raises", "no numbers", "nothing"])
def test_a_relaxation_that_fails_takes_nothing_from_what_is_proven(monkeypatch, fault, call):
    right, calls = LinearModel.solve, itertools.count()

    def wrong(model, **options):
        if next(calls) < call:
            return right(model, **options)
        if fault == "raises":
            raise RuntimeError("the solver is gone")
        columns, rows = model._highs.getNumCol(), model._highs.getNumRow()
        lost = fault == "no numbers"
        value = np.nan if lost else 0.0
        values, prices = np.full(columns, value), np.full(rows, value)
        return LpOutcome(
            state="optimal" if lost else "no_solution",
            objective=value,
            values=values,
            reduced_costs=values,
            row_prices=prices,
        )

    certificate = maximise_coverage(clashing(), time_limit_s=30).certificate
    monkeypatch.setattr(LinearModel, "solve", wrong)
    found = explain(clashing(), there(certificate), deadline=NEVER, seed=0, threads=1)
    check_explanation(clashing(), found)


def relaxed(program):
    """Return the program with a hundred more of everything that is limited, and nothing asked for."""
    rows = tuple(row if row.equality else replace(row, limit=row.limit + 100) for row in program.linear)
    return replace(program, linear=rows, floors=tuple(replace(floor, minimum=0) for floor in program.floors))


@settings(max_examples=cases(150), deadline=None)
@given(program=programs(max_sites=4, max_rows=5, max_columns=5), data=st.data())
def test_no_altered_proof_is_one_for_a_program_that_has_plans(program, data):
    """Not even one that bears the mark of that program, which has the same rows, columns and sites."""
    feasible = relaxed(program)
    assume(brute_force(program)[0] is None and brute_force(feasible)[0] is not None)
    good = there(maximise_coverage(program, time_limit_s=30).certificate)
    mark = there(maximise_coverage(feasible, time_limit_s=30).certificate).fingerprint
    with pytest.raises(CertificateError):
        check_certificate(feasible, None, good)
    rng = Drawn(data.draw)
    for altered in (good, *(mutated(good, rng) for _ in range(8))):
        other = resealed(replace(altered, fingerprint=mark))
        if other.infeasible:
            with pytest.raises(CertificateError):
                check_certificate(feasible, None, other)


def clashing():
    """Two sites, each alone reaches one of two rows; both rows are asked for, money is there for one site."""
    from scipy import sparse

    from placement.values import CoverageProgram, Floor

    program = CoverageProgram.from_covers(sparse.csr_array([[1, 0], [0, 1]]), [5, 7], [4, 6], 7)
    floors = tuple(Floor(name=f"row {row}", rows=np.array([row]), minimum=5) for row in range(2))
    return eased(
        type(program)(**{f: getattr(program, f) for f in program.__dataclass_fields__} | {"floors": floors}), "", 0
    )


def test_by_hand():
    with pytest.raises(InfeasibleError) as caught:
        solve_in_time(clashing(), "auto", OPTIONS)
    assert caught.value.constraints == ("row 0", "row 1", "budget")
    found = {change.constraint: (change.at_least, change.enough) for change in caught.value.found.changes}
    assert found == {"budget": (3, 3), "row 0": (5, 5), "row 1": (5, 5)}
    assert caught.value.explanation.startswith("budget is too low by 3, or row 0 asks")


def test_what_was_spent_before_counts(monkeypatch):
    limits = []

    def noted(program, **options):
        limits.append(options["time_limit_s"])
        return maximise_coverage(program, **{**options, "time_limit_s": 60.0})

    monkeypatch.setattr("placement.plan.solving.maximise_coverage", noted)
    program, limit_s = eased(clashing(), "budget", 3), OPTIONS["time_limit_s"]
    for spent_s in (0.0, limit_s / 4, 2 * limit_s):
        solve_in_time(program, "auto", OPTIONS, spent_s=spent_s)
    assert limits == [limit_s, 0.75 * limit_s, 0.01]


def says(program, status):
    return Solution(
        status=status, chosen=np.zeros(program.n_columns, dtype=bool), objective=0, bound=0, asked_gap=0.0,
        proof="solver", solver="liar",
    )  # fmt: skip


def test_a_solver_that_says_infeasible_is_not_believed(monkeypatch):
    program = eased(clashing(), "budget", 3)

    def lie(program, *, backend="auto", **options):
        return says(program, "infeasible") if backend != "auto" else maximise_coverage(program, **options)

    monkeypatch.setattr("placement.plan.solving.maximise_coverage", lie)
    solution, _ = solve_in_time(program, "highs", OPTIONS)
    assert (solution.status, solution.objective, solution.proof) == ("optimal", 12, "certificate")
    assert solution.details["refuted"] == "liar says infeasible, without a proof"
    with pytest.raises(InfeasibleError):
        solve_in_time(clashing(), "highs", OPTIONS)


def test_a_solver_that_fails_costs_no_plan(monkeypatch):
    def fail(program, *, backend="auto", **options):
        if backend != "auto":
            raise RuntimeError("gone")
        return maximise_coverage(program, **options)

    monkeypatch.setattr("placement.plan.solving.maximise_coverage", fail)
    solution, _ = solve_in_time(eased(clashing(), "budget", 3), "cbc", OPTIONS)
    assert (solution.status, solution.details["refuted"]) == ("optimal", "cbc failed: gone")


def test_a_solver_that_ends_without_a_plan_costs_none(monkeypatch):
    def empty(program, *, backend="auto", **options):
        return says(program, "no_solution") if backend != "auto" else maximise_coverage(program, **options)

    monkeypatch.setattr("placement.plan.solving.maximise_coverage", empty)
    solution, _ = solve_in_time(eased(clashing(), "budget", 3), "highs", OPTIONS)
    assert (solution.status, solution.details["refuted"]) == ("optimal", "liar found no plan")
    with pytest.raises(InfeasibleError):
        solve_in_time(clashing(), "highs", OPTIONS)


def test_what_nobody_proves_is_not_known_to_be_infeasible(monkeypatch):
    answers = {"highs": "infeasible", "auto": "no_solution"}
    monkeypatch.setattr(
        "placement.plan.solving.maximise_coverage",
        lambda program, *, backend="auto", **_options: says(program, answers[backend]),
    )
    with pytest.raises(NoSolutionError, match=r"not known to be infeasible \(liar says infeasible, without a proof\)"):
        solve_in_time(clashing(), "highs", OPTIONS)
