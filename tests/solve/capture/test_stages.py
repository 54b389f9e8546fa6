"""What stands between a majorant and a proof: relaxation, its prices, searches, parts; against all plans of a town."""

from dataclasses import replace

import numpy as np
import pytest

from placement.judge import check_certificate
from placement.solve.capture.parts import Grown, Part, Proven
from placement.solve.capture.plans import Plans
from placement.solve.capture.prices import Duals, known_prices, proven
from placement.solve.capture.relaxation import VisitsRelaxation
from placement.solve.deadline import NEVER
from placement.solve.engine import solve_engine
from placement.solve.plans.exchanges import improved
from placement.solve.plans.ground import ground_of, keeping
from placement.solve.program.aggregate import aggregate
from placement.solve.program.recount import open_sites, recount
from placement.solve.settings import DEFAULTS
from tests.solve.capture.towns import best_of_all, random_town
from tests.there import there

FREE = [seed for seed in range(16) if best_of_all(random_town(seed)) is not None]
"""Towns in which there is a plan."""
SOME = FREE[:12]


def without_rules(seed):
    """Return a town in which visits only count: no floor of them, no rule for new stations."""
    town = random_town(seed)
    return replace(town, aim=replace(town.aim, floor=None, least=None))


def relaxed(town):
    reduced = aggregate(town.program)
    relaxation = VisitsRelaxation(reduced, town.capture)
    return reduced, relaxation, relaxation.solve(town.aim, NEVER)


@pytest.mark.parametrize("seed", SOME)
def test_no_plan_is_worth_more_than_the_relaxation_and_its_prices_prove_a_bound(seed):
    town = without_rules(seed)
    best = there(best_of_all(town))
    reduced, relaxation, found = relaxed(town)
    assert found.state == "optimal"
    assert found.bound >= best - 1e-6 * abs(best) - 1
    standing = np.zeros(town.program.n_sites, dtype=bool)
    standing[::2] = True
    tight = relaxation.tight_at(standing, relaxation.sites_of(found.point))
    gap = tight.constant + int(tight.coefficient[standing].sum()) - town.capture.total(standing)
    assert 0 <= gap <= 20  # the margins of a claim, and what is rounded
    mixtures = [] if found.mixed is None else [found.mixed]
    if not mixtures and town.aim.weight:
        return
    grown = Grown.of(town.program, town.capture, town.aim, mixtures=mixtures or [tight], idle=[])
    constant = int(grown.majorants.constant[0])
    for duals in (there(found.duals), Duals.nothing(reduced, 0)):
        bound, proof = there(proven(grown.program(), duals, threads=1, settings=DEFAULTS))
        assert bound is not None
        assert check_certificate(grown.program(), None, proof) == bound
        assert (
            town.aim.worth(bound, 0) + -(-constant * town.aim.weight.numerator // town.aim.weight.denominator) >= best
        )


@pytest.mark.parametrize("seed", SOME)
def test_the_engine_that_begins_with_known_prices_and_a_plan_proves_the_same(seed):
    """Of a majorant's program: the root's bound is what the prices prove, and the best of all is found."""
    town = without_rules(seed)
    _, relaxation, found = relaxed(town)
    standing = np.ones(town.program.n_sites, dtype=bool)
    mixed = found.mixed or relaxation.tight_at(standing, standing.astype(float))
    grown = Grown.of(town.program, town.capture, town.aim, mixtures=[mixed], idle=[])
    program, duals = grown.program(), there(found.duals)
    plain = solve_engine(program, threads=1)
    bound, _ = there(proven(program, duals, threads=1, settings=DEFAULTS))
    root_alone = replace(DEFAULTS, tree=replace(DEFAULTS.tree, root_iterations=1))
    for settings, start in ((DEFAULTS, None), (DEFAULTS, plain.chosen), (root_alone, plain.chosen)):
        known = solve_engine(program, threads=1, settings=settings, start=start, known=known_prices(duals))
        assert known.status == plain.status == "optimal"
        assert known.objective == plain.objective == known.bound <= there(bound)
        assert check_certificate(program, known.chosen, there(known.certificate)) == known.bound


@pytest.mark.parametrize("seed", SOME)
def test_a_search_keeps_what_is_asked_and_what_it_says_is_so(seed):
    town = without_rules(seed)
    reduced = aggregate(town.program)
    ground = ground_of(reduced, town.program.linear, town.capture, float(town.aim.weight), 0)
    start = keeping(ground)
    found = improved(ground, start, NEVER, 20, price=1.0)

    def worth(chosen):
        counted = recount(town.program, chosen)
        visits = town.capture.total(open_sites(town.program, chosen))
        return None if counted.violations else town.aim.worth(counted.objective, visits)

    before, after = worth(start), worth(found)
    if before is not None:
        assert there(after) >= before
    assert after is None or after <= there(best_of_all(town))
    plans = Plans(town.program, reduced, town.capture, town.aim, DEFAULTS.visits)
    plans.improve(plans.keeping(), NEVER)
    if plans.best is not None:
        assert plans.best.value == worth(plans.best.chosen)


@pytest.mark.parametrize("seed", SOME[:4])
def test_parts_that_are_divided_hold_all_plans(seed):
    town = without_rules(seed)
    town = replace(town, aim=replace(town.aim, weight=0))
    reduced, _, found = relaxed(town)
    tight = VisitsRelaxation(reduced, town.capture).tight_at(
        np.zeros(town.program.n_sites, dtype=bool), np.zeros(town.program.n_sites)
    )
    grown = Grown.of(town.program, town.capture, town.aim, mixtures=[tight], idle=[])
    whole = grown.part((), None, solve_engine(grown.program()), found.point)
    column = int(np.flatnonzero(~town.program.required & ~town.program.excluded)[0])
    halves: list[Part] = []
    for value in (0, 1):
        fixed = ((column, value),)
        halves.append(grown.part(fixed, None, solve_engine(grown.program(fixed)), found.point))
    assert max(half.bound for half in halves if half.bound is not None) == whole.bound == best_of_all(town)
    assert column not in [half.question() for half in halves]
    first = Proven(grown=grown, parts=(whole,))
    assert first.bound == first.divided(whole, halves).bound == whole.bound
