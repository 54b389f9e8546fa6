"""Plans of a case whose visits can be predicted: by default, by weight, with a floor, with a rule, visits alone."""

from dataclasses import replace
from fractions import Fraction
from itertools import combinations

import numpy as np
import pytest
from scipy import sparse

from placement.case import Case
from placement.errors import InfeasibleError, InputError
from placement.plan import optimise
from placement.values import Certificate, Policy
from placement.values.capture import Capture
from placement.values.options import SolveOptions
from placement.values.visits_certificate import VisitsCertificate
from placement.values.visits_value import DEFAULT_WEIGHT, VISITS_GAP
from tests.there import there
from tests.towns import random_town


def case_of(seed, **policy):
    """Return a random town, without floors, with visits that its sites would see."""
    stages = random_town(np.random.default_rng(seed)).stages()
    sites, rng = stages["sites"], np.random.default_rng(seed)
    pull = rng.gamma(1.0, 1.0, (30, len(sites))) * (rng.random((30, len(sites))) < 0.4)
    mass, door = rng.uniform(1, 40, 30), rng.uniform(0, 20, len(sites))
    capture = Capture(site_ids=sites.ids, mass=mass, pull=sparse.csr_array(pull), door=door)
    plain = Policy(max_stations=max(2, int(stages["sites"].standing.sum())), **policy)
    return Case(**{**stages, "policy": plain}, capture=capture)


def standing(case, plan):
    return np.asarray(case.sites.ids.isin(plan.open))


@pytest.mark.parametrize("seed", range(6))
def test_by_default_a_visit_counts_a_little(seed):
    case = case_of(seed)
    plan = optimise(case)
    value = there(plan.valued)
    assert (value.weight, value.by_default, value.alone) == (DEFAULT_WEIGHT, True, False)
    assert value.visits == pytest.approx(there(case.capture).total(standing(case, plan)), abs=0.1)
    assert plan.objective == pytest.approx(value.covered + float(DEFAULT_WEIGHT) * value.visits, abs=0.002)
    assert (plan.status == "optimal") == (plan.gap <= VISITS_GAP)
    assert isinstance(plan.certificate, VisitsCertificate)
    reach = optimise(case, case.policy.but(visits_weight=0))
    assert there(value.most_covered) >= plan.after.total.covered - 0.01
    assert reach.after.total.covered >= plan.after.total.covered - 0.01


@pytest.mark.parametrize("seed", range(3))
def test_visits_that_do_not_count_change_nothing(seed):
    case = case_of(seed, visits_weight=0)
    plain = optimise(Case(**{name: getattr(case, name) for name in ("demand", "sites", "coverage", "costs")},
                          policy=case.policy.but(visits_weight=None)))  # fmt: skip
    plan = optimise(case)
    assert isinstance(plan.certificate, Certificate)
    assert plan.valued is None
    assert isinstance(plain.certificate, Certificate)
    assert plan.certificate.to_bytes() == plain.certificate.to_bytes()


@pytest.mark.parametrize("seed", range(3))
def test_visits_alone_are_at_least_those_of_any_other_plan(seed):
    case = case_of(seed)
    plan, other = optimise(case, case.policy.but(objective="visits")), optimise(case)
    value = there(plan.valued)
    assert value.alone
    assert plan.objective == value.visits
    assert plan.bound >= there(other.valued).visits
    assert value.most_visits == pytest.approx(plan.bound)
    assert value.most_covered is None


def test_a_floor_and_a_rule_for_new_stations_are_kept_and_named():
    case = case_of(1)
    capture = there(case.capture)
    today = capture.total(case.standing)
    most = optimise(case, case.policy.but(objective="visits"))
    share = Fraction(round(1000 * most.objective / today) - 5, 1000)
    plan = optimise(case, case.policy.but(visits_weight=0, visits_floor=share))
    assert capture.total(standing(case, plan)) >= float(share) * today * (1 - 1e-6)
    with pytest.raises(
        InfeasibleError, match=r"visits_floor asks .* visits a month, at most .* are possible"
    ) as caught:
        optimise(case, case.policy.but(visits_floor=share + 1))
    # What is enough is what the plan of most visits sees, and no less of the floor will do.
    (change,) = [each for each in caught.value.found.changes if each.constraint == "visits_floor"]
    assert change.asked - there(change.enough) == pytest.approx(most.objective * 1000, rel=2e-3)
    assert change.at_least <= there(change.enough)
    new = optimise(case, case.policy.but(min_visits_new=60))
    stands = standing(case, new)
    assert (capture.visits(stands)[stands & ~case.standing] >= 59).all()


def test_other_solvers_know_coverage_alone():
    case = replace(case_of(2), options=SolveOptions(backend="highs"))
    assert optimise(case).valued is None
    assert optimise(case, case.policy.but(visits_weight=0)).valued is None
    for changes in ({"visits_weight": 1}, {"objective": "visits"}, {"visits_floor": 1}):
        with pytest.raises(InputError, match=r"cannot count visits, and .* of the policy goes by them .* use auto"):
            optimise(case, case.policy.but(**changes))
    with pytest.raises(InputError, match="no effect"):
        optimise(case_of(2), Policy(objective="visits", visits_weight=Fraction(1)))


@pytest.mark.parametrize("seed", range(12))
def test_its_stations_come_about_by_the_fewest_actions_and_the_least_money(seed):
    """All ways to the same stations tried: which of the new ones are moved to, and which are bought."""
    case = case_of(seed)
    plan, costs = optimise(case), case.costs
    stands, today = standing(case, plan), case.standing
    new, left = np.flatnonzero(stands & ~today), np.flatnonzero(today & ~stands)
    ways = [
        (moved, given)
        for count in range(min(len(new), len(left)) + 1)
        for moved in combinations(new.tolist(), count)
        for given in combinations(left.tolist(), count)
    ]

    def spent(moved: tuple[int, ...], given: tuple[int, ...]) -> tuple[int, int]:
        bought, closed = sorted(set(new) - set(moved)), sorted(set(left) - set(given))
        actions = len(moved) + len(bought) + len(closed)
        return actions, int(costs.move[list(moved)].sum() + costs.purchase[bought].sum() + costs.close[closed].sum())

    least = min(spent(*way) for way in ways)
    (capital,) = [line.amount_fen for line in plan.budget_lines if line.name == "capital"]
    assert (len(plan.changes), capital) == least
