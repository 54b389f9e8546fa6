"""Plans that count visits: the best of all plans within the proven gap, and a bound that none exceeds."""

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from scipy import sparse

from placement.judge.certificate import check_certificate
from placement.judge.visits_certificate import check_visits_certificate, with_visits_rows
from placement.solve.capture.aim import Aim
from placement.solve.capture.visits import maximise_visits
from placement.values import CoverageProgram
from placement.values.capture import Capture
from placement.values.visits_certificate import VisitsCertificate
from placement.values.whole_capture import WholeCapture
from tests.effort import cases
from tests.solve.capture.towns import best_of_all, random_town, town_of_few_idle
from tests.there import there

TOWNS = cases(304)


def answer(town, gap=0.0):
    return maximise_visits(town.program, town.capture, town.aim, gap=gap, time_limit_s=20.0, threads=1)


@pytest.mark.parametrize("part", range(4))
def test_plans_of_random_towns_are_the_best_of_all_within_what_is_proven(part):
    """Coverage and visits together, either alone, floors of both, rules for new stations, budgets, moves, doors."""
    for seed in range(part, TOWNS, 4):
        town = random_town(seed)
        best = best_of_all(town)
        solution, program = answer(town)
        if best is None:
            assert solution.status == "infeasible", seed
            assert program.linear[: len(town.program.linear)] == town.program.linear
            continue
        assert solution.status in {"optimal", "feasible"}, seed
        assert solution.objective <= best <= solution.bound, seed
        assert solution.objective == best, seed
        proof = VisitsCertificate.from_bytes(solution.visits_certificate.to_bytes())
        assert check_visits_certificate(town.program, town.asked, solution.chosen, proof) == solution.bound, seed


@pytest.mark.parametrize("part", range(2))
def test_plans_of_towns_with_few_idle_stations_are_the_best_of_all_within_what_is_proven(part):
    bounded = 0
    for seed in range(part, cases(204), 2):
        town = town_of_few_idle(seed)
        best = best_of_all(town)
        solution, grown = answer(town)
        proof = VisitsCertificate.from_bytes(there(solution.visits_certificate).to_bytes())
        bounded += int(proof.idle_counted.sum())
        if best is None:
            assert solution.status == "infeasible", seed
            rows = with_visits_rows(town.program, town.asked, proof)
            assert rows.fingerprint() == grown.fingerprint(), seed
            check_certificate(rows, None, there(solution.certificate))
            continue
        assert solution.objective == best <= solution.bound, seed
        assert solution.chosen.size == town.program.n_columns
        assert check_visits_certificate(town.program, town.asked, solution.chosen, proof) == solution.bound, seed
    assert bounded


def two_sites(*pull):
    """Return 100 visits a month between two sites, nobody at their doors."""
    mass, there = np.array([100.0]), sparse.csr_array([pull])
    return WholeCapture.of(Capture(site_ids=["a", "b"], mass=mass, pull=there, door=np.zeros(2)), np.arange(2))


def test_by_hand():
    """Two sites of equal coverage: of 100 visits a month the one pulls half, the other three quarters."""
    capture = two_sites(1.0, 3.0)
    program = CoverageProgram.from_covers(sparse.csr_array([[1, 0], [0, 1]]), [5_000, 5_000], [1, 1], 1)
    aim = Aim(weight=Fraction(1, 2))
    solution, _ = maximise_visits(program, capture, aim, gap=1e-3, threads=1)
    assert solution.chosen.tolist() == [False, True]
    assert solution.objective == 5_000 + 37_500
    assert solution.bound - solution.objective <= 10
    floor, _ = maximise_visits(program, capture, replace(aim, weight=Fraction(0), floor=60_000), gap=1e-3, threads=1)
    assert (floor.chosen.tolist(), floor.objective) == ([False, True], 5_000)
    none, grown = maximise_visits(program, capture, replace(aim, weight=Fraction(0), floor=75_100), gap=1e-3, threads=1)
    assert none.status == "infeasible"
    assert [row.name for row in grown.linear] == ["budget", "visits_floor"]


def test_stations_that_would_stand_idle_are_not_built():
    """Either of two sites sees 50 of 100 alone, both together 33 each: with 40 asked of each, one is built."""
    capture = two_sites(1.0, 1.0)
    program = CoverageProgram.from_covers(sparse.csr_array([[1, 0], [0, 1]]), [5_000, 4_000], [1, 1], 2)
    aim = Aim(weight=Fraction(0), least=40_000, new=np.arange(2))
    solution, _ = maximise_visits(program, capture, aim, threads=1)
    assert (solution.chosen.tolist(), solution.status, solution.objective) == ([True, False], "optimal", 5_000)
    assert solution.visits_certificate is not None
    assert sorted(solution.visits_certificate.idle_site.tolist()) == [0, 1]
    both, _ = maximise_visits(program, capture, replace(aim, least=33_000), threads=1)
    assert both.chosen.all()
    neither, _ = maximise_visits(program, capture, replace(aim, least=50_001), threads=1)
    assert not neither.chosen.any()


def test_idle_stations_are_as_few_as_asked():
    """Either of two sites sees 50 of 100 alone, both together 33 each: below 40 both are idle together, none alone.

    The mark of each is bought with the other: x_a + x_b - u_a <= 1, x_a + x_b - u_b <= 1, u_a + u_b <= most.
    """
    capture = two_sites(1.0, 1.0)
    program = CoverageProgram.from_covers(sparse.csr_array([[1, 0], [0, 1]]), [5_000, 4_000], [1, 1], 2)
    for most, chosen in ((0, [True, False]), (1, [True, False]), (2, [True, True])):
        solution, _ = maximise_visits(program, capture, Aim(most_idle=most, idle_below=40_000), threads=1)
        assert (solution.chosen.tolist(), solution.status) == (chosen, "optimal")
        proof = there(solution.visits_certificate)
        assert (proof.most_idle, proof.below.tolist(), proof.marked.tolist()) == (most, [], [0, 1])
        assert (proof.idle_site.tolist(), proof.idle_beside.tolist()) == ([0, 1], [1, 0])
    # Below 51 a station is idle even alone: it is counted without a mark.
    solution, _ = maximise_visits(program, capture, Aim(most_idle=1, idle_below=51_000), threads=1)
    assert (solution.chosen.tolist(), there(solution.visits_certificate).below.tolist()) == ([True, False], [0, 1])
    must = replace(program, required=np.array([True, True]))
    none, grown = maximise_visits(must, capture, Aim(most_idle=1, idle_below=40_000), threads=1)
    assert none.status == "infeasible"
    assert [row.name for row in grown.linear] == ["budget", "max_idle", "idle", "idle"]


def test_the_same_inputs_give_the_same_proof():
    town = random_town(5)
    first, second = (answer(town)[0].visits_certificate.to_bytes() for _ in range(2))
    assert first == second
