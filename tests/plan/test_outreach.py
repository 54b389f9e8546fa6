"""Publicity and guides beside stations: by hand, against all plans of tiny towns, and against the checker of proofs."""

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest

from placement.case import Case
from placement.coverage import Standard, cover
from placement.economics import StationCosts
from placement.errors import CertificateError, InfeasibleError, InputError
from placement.judge.publicity_certificate import check_publicity_certificate
from placement.models import maximal_coverage
from placement.models.publicity import gates_of
from placement.plan import optimise
from placement.solve.publicity.publicise import maximise_publicity
from placement.values import Policy, SolveOptions
from placement.values.publicity import Guides, Publicity
from placement.values.publicity_certificate import SHARE, PublicityCertificate
from tests.effort import cases
from tests.plan.outreach_towns import best_of, outreach_town
from tests.there import there
from tests.towns import make_demand, make_sites, make_times


def town(running_yuan, *, publicity=None, guides=None, need_share=0.0, **limits):
    """Return two points, each with a candidate of its own: 100 visits of each age, half know of it, half of these come.

    Each point and age weighs 25. A station costs 1,000 yuan a year, a guide 300.
    """
    demand = make_demand(np.full((2, 2), 100.0), ["A", "A"])
    half = np.full((2, 2), 0.5)
    demand = replace(demand, awareness=half, uptake=half, need_share=need_share)
    sites = make_sites(0, 2)
    times = make_times(np.array([[100.0, np.nan], [np.nan, 100.0]]), demand, sites)
    fen = np.full(2, 100_000)
    costs = StationCosts(purchase=0 * fen, move=0 * fen, close=0 * fen, rent=fen, guide=np.full(2, 30_000))
    policy = Policy.from_yuan(running=running_yuan, publicity_levels=publicity, guide_uptake=guides, **limits)
    coverage = cover(demand, sites, times, Standard(threshold_s=900))
    return Case(demand=demand, sites=sites, coverage=coverage, costs=costs, policy=policy)


def levels(*rows, package=False):
    names = [f"P{number}" if package else "" for number in range(len(rows))]
    frame = pd.DataFrame(rows, columns=["spend_yuan", "awareness"]).assign(area="A", package=names)
    return Publicity.from_frame(frame)


@pytest.mark.parametrize(
    ("running", "stations", "spent", "worth"),
    [
        # A station covers 50. Publicity of 400 yuan lifts awareness from 1/2 to 3/4: half as much again.
        (1_000, 1, 0, 50.0),
        (1_400, 1, 400, 75.0),
        (1_200, 1, 200, 62.5),  # half of the level, half of its gain
        (2_000, 2, 0, 100.0),  # rather a second station than publicity
        (2_200, 2, 200, 125.0),
        (5_000, 2, 400, 150.0),
        (400, 0, 0, 0.0),  # nobody within reach: nothing to gain
    ],
)
def test_publicity_by_hand(running, stations, spent, worth):
    plan = optimise(town(running, publicity=levels((400, 0.75))))
    assert (len(plan.open), plan.publicity["spend_yuan"].sum()) == (stations, spent)
    assert plan.objective == worth
    found = there(plan.outreach)
    assert found.covered + sum(area.worth for area in found.areas) == worth
    # 10 people of each age at each point: a quarter of those within reach learn of it for 400 yuan.
    assert found.informed == pytest.approx(20 * stations * 0.25 * spent / 400)
    assert found.use == pytest.approx(worth - 50 * stations)
    assert there(found.alone).objective == 50.0 * min(2, running // 1_000)
    amounts = {line.name: line.amount_fen for line in plan.budget_lines}
    assert amounts["publicity"] == spent * 100
    assert amounts["running"] == (spent + 1_000 * stations) * 100


def test_packages_come_whole_and_caps_hold_them():
    packages = levels((300, 0.7), (400, 0.9), package=True)
    for running, spent, after in ((1_299, 0, 0.5), (1_300, 300, 0.7), (1_400, 400, 0.9), (1_999, 400, 0.9)):
        plan = optimise(town(running, publicity=packages))
        assert (plan.publicity["spend_yuan"].tolist(), plan.publicity["awareness_after"].tolist()) == ([spent], [after])
        # A point counts 50 times what awareness has grown by.
        assert plan.objective == pytest.approx(50 * after / 0.5)
    capped = town(1_999, publicity=packages)
    capped = optimise(capped, capped.policy.but(publicity_fen=39_999))
    assert capped.publicity["package"].tolist() == ["P0"]


def test_guides_by_hand():
    # The elderly of a point count 25; with a guide 9 in 10 of the aware come in place of 5: 20 more.
    helped = Guides(age_group="elderly", uptake=0.9)
    for running, guides, worth in ((1_000, 0, 50.0), (1_300, 1, 70.0), (2_000, 0, 100.0), (2_600, 2, 140.0)):
        plan = optimise(town(running, guides=helped))
        assert (plan.status, len(plan.guides), plan.objective) == ("optimal", guides, worth)
        assert plan.proof == "certificate"
        found = there(plan.outreach)
        assert (found.helped, found.guided, found.pay_fen) == (10.0 * guides, 20.0 * guides, 30_000 * guides)
        assert set(plan.guides["site_id"]) <= set(plan.open)


def test_publicity_brings_more_where_a_guide_is():
    # At awareness 3/4 the guide is worth 30, and publicity 12.5 + 12.5 + 10: 50 + 25 + 20 + 10.
    both = {"publicity": levels((400, 0.75)), "guides": Guides(age_group="elderly", uptake=0.9)}
    plan = optimise(town(1_700, **both))
    assert (plan.objective, len(plan.guides)) == (105.0, 1)
    assert there(plan.outreach).areas[0].use == pytest.approx(35.0)


def test_floors_count_neither():
    # Of the weight one point is half: a floor of 0.6 asks for both stations, whatever awareness would be.
    with pytest.raises(InfeasibleError):
        optimise(town(1_900, publicity=levels((400, 0.75)), district_floors={"A": 0.6}))
    assert len(optimise(town(2_000, publicity=levels((400, 0.75)), district_floors={"A": 0.6})).open) == 2


@pytest.mark.parametrize("seed", range(cases(60) // 2))
def test_all_plans_of_a_tiny_town(seed):
    case = outreach_town(np.random.default_rng(seed))
    best = best_of(case, maximal_coverage(case))
    try:
        plan = optimise(case)
    except InfeasibleError:
        assert not best.plans
        return
    value, bound = round(plan.objective * 1000), round(plan.bound * 1000)
    # Levels are rounded down to a thousandth, each area by itself.
    assert best.value - 4 <= value <= best.value
    assert bound >= value
    assert bound >= int(best.value) - 4
    if plan.status == "optimal":
        assert bound - value <= max(0, plan.asked_gap * bound)


def proven(seed):
    """Return a town with publicity, its program, and a plan with its certificate."""
    rng = np.random.default_rng(seed)
    while True:
        case = outreach_town(rng)
        model = maximal_coverage(case)
        gates = gates_of(case, model)
        if gates is None:
            continue
        found = maximise_publicity(model.program, gates, gap=2e-4, time_limit_s=20.0, threads=1)
        if found.solution.publicity_certificate is not None and found.spend_fen.any():
            return model.program, gates, found


def test_the_checker_accepts_a_proof_and_refuses_every_change_of_it():
    program, gates, found = proven(5)
    proof = there(found.solution.publicity_certificate)
    spend = found.spend_fen.tolist()
    again = PublicityCertificate.from_bytes(proof.to_bytes())
    assert check_publicity_certificate(program, gates, found.solution.chosen, spend, again) == found.solution.bound
    bad = {
        "bound": [proof.objective - 1],
        "objective": [proof.objective + 1, proof.objective - 1],
        "unit_fen": [0, proof.unit_fen + 1],
        "most_fen": [proof.most_fen - 1, proof.most_fen[:-1], np.append(proof.most_fen, 0)],
        "share": [np.where(proof.share < SHARE, SHARE, 0), proof.share + SHARE + 1, proof.share[:, :-1]],
        "inner": [(), proof.inner * 2],
    }
    for name, values in bad.items():
        for value in values:
            altered = replace(proof, **{name: value}, digest="")
            altered = replace(altered, digest=altered.content_digest())
            with pytest.raises(CertificateError):
                check_publicity_certificate(program, gates, found.solution.chosen, spend, altered)
    with pytest.raises(CertificateError, match="digest"):
        check_publicity_certificate(program, gates, found.solution.chosen, spend, replace(proof, bound=proof.bound + 1))
    for number in range(len(spend)):
        other = [fen + 1 if at == number else fen for at, fen in enumerate(spend)]
        with pytest.raises(CertificateError):
            check_publicity_certificate(program, gates, found.solution.chosen, [fen * 10**6 for fen in other], proof)


def test_what_cannot_be_is_said_all_at_once():
    good = levels((400, 0.75))
    with pytest.raises(InputError, match="is no district") as error:
        town(
            1_000, publicity=Publicity.from_frame(pd.DataFrame({"area": ["B"], "spend_yuan": [1], "awareness": [0.9]}))
        )
    assert "name one" in str(error.value)
    with pytest.raises(InputError, match=r"not above today's 0\.5"):
        town(1_000, publicity=levels((400, 0.5)))
    with pytest.raises(InputError, match="brings more after"):
        town(1_000, publicity=levels((400, 0.6), (500, 0.9)))
    with pytest.raises(InputError, match="need_share is 1"):
        town(1_000, publicity=good, need_share=1.0)
    with pytest.raises(InputError, match=r"uptake 0\.4 is not above"):
        town(1_000, guides=Guides(age_group="elderly", uptake=0.4))
    with pytest.raises(InputError, match="age_group child is none"):
        town(1_000, guides=Guides(age_group="child", uptake=0.9))
    with pytest.raises(InputError) as error:
        Policy(publicity_levels=good, visits_weight=Fraction(1), backup_share=Fraction(1, 4), guides_fen=5)
    for part in (
        "visits_weight beside publicity_levels",
        "backup_share beside publicity_levels",
        "guides_fen has no effect",
    ):
        assert part in str(error.value)
    with pytest.raises(InputError) as error:
        Publicity.from_frame(
            pd.DataFrame(
                {
                    "area": ["A", "A", "B", "B", "B"],
                    "spend_yuan": [5, 5, 0, 1.234, 7],
                    "awareness": [0.2, 0.3, 2, 0.4, 0],
                }
            )
        )
    assert len(error.value.faults) == 5
    with pytest.raises(InputError, match="cbc cannot decide on publicity"):
        optimise(town(1_000, publicity=good), options=SolveOptions(backend="cbc"))
