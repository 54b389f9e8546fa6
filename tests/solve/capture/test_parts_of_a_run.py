"""What a run that counts visits is made of, each part by itself: majorants, prices, plans, rows, searches."""

from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from scipy import sparse

from placement.judge import check_certificate
from placement.solve.capture.aim import Aim
from placement.solve.capture.idle import hopeless, too_few
from placement.solve.capture.majorants import joined
from placement.solve.capture.plans import Plans
from placement.solve.capture.prices import Duals, proven
from placement.solve.capture.relaxation import VisitsRelaxation
from placement.solve.capture.replies import best_reply, rows_of
from placement.solve.capture.rows import floor_row, idle_row, times, valued
from placement.solve.capture.visits import maximise_visits
from placement.solve.deadline import NEVER, Deadline
from placement.solve.plans.exchanges import improved
from placement.solve.plans.ground import ground_of, keeping
from placement.solve.program.aggregate import aggregate
from placement.solve.program.recount import open_sites, recount
from placement.solve.settings import DEFAULTS
from placement.values import CoverageProgram
from placement.values.capture import Capture
from placement.values.majorants import MARGIN
from placement.values.whole_capture import WholeCapture
from tests.solve.capture.towns import best_of_all, random_town
from tests.there import there

RUNS: dict[str, Any] = {"threads": 1, "settings": DEFAULTS}


def two_sites(*pull, door=(0.0, 0.0)):
    """Return 100 visits a month between two sites."""
    mass, pulls = np.array([100.0]), sparse.csr_array([pull])
    capture = Capture(site_ids=["a", "b"], mass=mass, pull=pulls, door=np.array(door))
    return WholeCapture.of(capture, np.arange(2))


def two_columns(budget=1):
    return CoverageProgram.from_covers(sparse.csr_array([[1, 0], [0, 1]]), [5_000, 4_000], [1, 1], budget)


def subsets(count):
    return (np.arange(2**count)[:, None] >> np.arange(count) & 1).astype(bool)


def test_worth_is_rounded_down_and_a_weight_up():
    assert Aim(weight=Fraction(1, 3)).worth(10, 100) == 43
    assert times(Fraction(1, 3), 100) == 34


def test_a_majorant_by_hand():
    """Tight where the first stands, which sees half; of the second what it would see beside it, or alone."""
    capture = two_sites(1.0, 3.0)
    relaxation = VisitsRelaxation(aggregate(two_columns(), threads=1), capture)
    mixed = relaxation.tight_at(np.array([True, False]), np.array([1.0, 0.0]))
    assert mixed.constant + mixed.coefficient[0] == pytest.approx(50_000 + 2 * MARGIN, abs=2)
    assert mixed.coefficient[1] >= 30_000
    several = joined(2, [mixed, mixed])
    assert several.constant.tolist() == [mixed.constant] * 2
    assert several.entry_indptr[-1] == 2 * mixed.row.size


@pytest.mark.parametrize("seed", range(8))
def test_no_set_of_stations_sees_more_than_a_majorant(seed):
    town = random_town(seed)
    relaxation = VisitsRelaxation(aggregate(town.program, threads=1), town.capture)
    n_sites = town.program.n_sites
    mixtures = [relaxation.tight_at(stands, np.full(n_sites, 0.4)) for stands in subsets(n_sites)[::7]]
    by_price = relaxation.solve(Aim(weight=Fraction(3)), NEVER).mixed
    mixtures += [] if by_price is None else [by_price]
    for stands in subsets(n_sites):
        seen = town.capture.total(stands)
        for mixed in mixtures:
            assert seen <= mixed.constant + mixed.coefficient[stands].sum()


@pytest.mark.parametrize("seed", range(8))
def test_replies_are_the_least_inequality_of_each_row(seed):
    town = random_town(seed)
    rows = rows_of(town.capture, 3)
    point = np.random.default_rng(seed).random(town.program.n_sites)
    count = int(rows.group.max(initial=-1)) + 1
    few, more = (best_reply(rows, point, np.array(sets), count) for sets in ([], [0.3, 0.6, 2.0]))
    at = [each.constant + each.coefficient @ point for each in (few, more)]
    assert (at[1] <= at[0] + 1e-6).all()
    for stands in subsets(town.program.n_sites)[::5]:
        seen = town.capture.total(stands) - int(town.capture.door[stands].sum())
        assert seen <= (more.constant + more.coefficient @ stands).sum() + 1


def test_rows_by_hand():
    program, capture = two_columns(2), two_sites(1.0, 1.0)
    new = np.array([True, True])
    row = floor_row(program, 7, np.array([50, 60]), 100, "visits_floor")
    assert (row.coefficients.tolist(), row.limit, row.limit + row.base) == ([-50, -60], -93, 100)
    assert valued(program, Fraction(1, 2), np.array([5, 6])).column_values.tolist() == [3, 3]
    idle = too_few(program, capture, new, 40_000, np.array([True, True]))
    assert [(each.site, each.beside) for each in idle] == [(0, (1,)), (1, (0,))]
    assert [each.site for each in hopeless(program, capture, new, 50_001)] == [0, 1]
    both = idle_row(program, new, 0, np.array([1]), "min_visits_new")
    assert (both.columns.tolist(), both.limit) == ([0, 1], 1)


@pytest.mark.parametrize("seed", range(12))
def test_a_search_knows_at_any_time_what_a_station_more_or_less_would_do(seed):
    """What it ends with is a plan that no single change betters, counted anew from nothing."""
    town = random_town(seed)
    aim = replace(town.aim, weight=Fraction(1), floor=None, least=None)
    program = replace(town.program, floors=())
    reduced = aggregate(program, threads=1)
    ground = ground_of(reduced, program.linear, town.capture, 1.0, 0)

    def worth(chosen):
        counted = recount(program, chosen)
        return None if counted.violations else aim.worth(
            counted.objective, town.capture.total(open_sites(program, chosen))
        )  # fmt: skip

    found = improved(ground, keeping(ground), NEVER, 100, price=1.0)
    best = there(worth(found))
    assert best >= (worth(keeping(ground)) or 0)
    for column in range(program.n_columns):
        other = found.copy()
        other[column] ^= True
        value = worth(other)
        assert value is None or value <= best + 2


@pytest.mark.parametrize("seed", range(24))
def test_multipliers_of_the_relaxation_prove_its_bound(seed):
    town = random_town(seed)
    reduced, aim = aggregate(town.program, threads=1), replace(town.aim, weight=Fraction(0), floor=None, least=None)
    relaxed = VisitsRelaxation(reduced, town.capture).solve(aim, NEVER)
    bound, proof = there(proven(town.program, there(relaxed.duals), **RUNS))
    assert check_certificate(town.program, None, proof) == (0 if bound is None else bound)
    assert proof.infeasible == (bound is None) == (relaxed.state == "infeasible")
    best = best_of_all(replace(town, aim=aim))
    assert best is None or bound is not None
    if bound is not None:
        assert bound >= (best or 0)
        assert bound <= relaxed.bound + 5
    trivial, _ = there(proven(town.program, Duals.nothing(reduced, 0), **RUNS))
    assert trivial is not None
    assert trivial >= (best or 0)


def test_plans_are_kept_that_keep_all_limits():
    program, capture = two_columns(2), two_sites(1.0, 1.0)
    aim = Aim(weight=Fraction(1), least=40_000, new=np.arange(2))
    plans = Plans(program, aggregate(program, threads=1), capture, aim, DEFAULTS.visits)
    both = np.array([True, True])
    assert not plans.offer(both)
    assert plans.best is None
    assert plans.refuse(both)
    assert not plans.refuse(both)
    plans.improve(both, NEVER)
    assert there(plans.best).chosen.tolist() == [True, False]
    assert there(plans.best).value == 5_000 + 50_000
    assert not plans.keeping().any()
    assert plans.shaken(np.random.default_rng(0)).sum() == 0


@pytest.mark.parametrize("seed", range(16))
def test_a_plan_that_is_there_is_handed_back_whatever_the_time(seed):
    """Where keeping everything is allowed there is a plan at once, with a bound that holds."""
    town = random_town(seed)
    plans = Plans(town.program, aggregate(town.program, threads=1), town.capture, town.aim, DEFAULTS.visits)
    allowed = plans.offer(plans.keeping())
    solution, _ = maximise_visits(town.program, town.capture, town.aim, time_limit_s=1e-9, threads=1)
    if allowed:
        assert solution.status in {"optimal", "feasible"}
        assert solution.objective >= there(plans.best).value
    if solution.status in {"optimal", "feasible"}:
        assert solution.objective <= there(best_of_all(town)) <= solution.bound


def test_the_relaxation_says_what_it_has_when_time_ends():
    town = random_town(0)
    relaxation = VisitsRelaxation(aggregate(town.program, threads=1), town.capture)
    relaxed = relaxation.solve(Aim(weight=Fraction(1)), Deadline.after(0.0))
    assert relaxed.state in {"optimal", "no_solution"}
    assert (relaxed.duals is None) == (relaxed.state == "no_solution")
