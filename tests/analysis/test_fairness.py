"""The price of each floor and the fairest plan: by hand, and against trying every plan."""

import itertools
import json
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given, settings

import placement as pl
from placement.case import Case
from placement.cli import main
from placement.economics import Policy, StationCosts
from placement.errors import InfeasibleError, InputError
from placement.judge import check_certificate
from placement.models import model_of
from placement.toy import write_study
from tests.effort import cases
from tests.plan.brute_force import STATION, VACANT, _value, best_actions, covered_sets
from tests.strategies import towns
from tests.there import there
from tests.towns import Town, make_demand, make_sites, make_times

some_towns = settings(max_examples=cases(80), deadline=None, derandomize=True)


def line(policy: Policy) -> Town:
    """Return 60 in the north at A, 20 in the north at B, 30 in the south at C; stations may stand at all three."""
    demand = make_demand(np.array([[60.0], [20.0], [30.0]]), ["north", "north", "south"])
    sites = make_sites(0, 3)
    metres, none = np.full((3, 3), np.nan), np.zeros(3, dtype=np.int64)
    np.fill_diagonal(metres, 100.0)
    times = make_times(metres, demand, sites)
    return Town(
        demand=demand,
        sites=sites,
        times=times,
        coverage=pl.cover(demand, sites, times, pl.Standard(threshold_s=900)),
        costs=StationCosts(purchase=none, move=none, close=none),
        policy=policy,
    )


def test_prices_by_hand():
    """Two stations. With half of the south asked, A and C cover 90 of 110; so they do without it: nothing is lost.

    With all of the north asked, A and B cover 80, and without that A and C 90: it costs 10 a month.
    """
    case = Case(**line(Policy(max_stations=2, district_floors={"south": Fraction(1, 2)})).stages())
    free = pl.floor_prices(case, pl.optimise(case))
    assert [(each.floor, each.worth_least, each.worth_most) for each in free.floors] == [("district south", 0, 0)]
    case = Case(**line(Policy(max_stations=2, district_floors={"north": Fraction(1)})).stages())
    (price,) = pl.floor_prices(case, pl.optimise(case)).floors
    assert (price.floor, price.asked, price.reached, price.reached_without) == ("district north", 1.0, 1.0, 0.75)
    assert (price.coverage, price.coverage_without) == (80 / 110, 90 / 110)
    assert (price.worth_least, price.worth_most, price.gap) == (10.0, 10.0, 0.0)
    assert "district north" in pl.floor_prices(case, pl.optimise(case)).lines()[1]


def test_the_fairest_by_hand():
    """One station: at A the south has nothing, at C the north; nobody can do better than 0. Two: A and C, 3/4 and all.

    Two that cover 3/4 of the north and the south are the fairest: B and C give the north 1/4.
    """
    one = pl.fairest(Case(**line(Policy(max_stations=1)).stages()))
    assert (one.share, one.at_most, one.plan.objective) == (Fraction(0), Fraction(1, 1000), 60.0)
    two = pl.fairest(Case(**line(Policy(max_stations=2)).stages()), tolerance=Fraction(1, 100))
    assert (two.share, two.at_most, two.plan.open) == (Fraction(3, 4), Fraction(76, 100), ("C0", "C2"))
    assert two.policy.district_floors == {"north": Fraction(3, 4), "south": Fraction(3, 4)}
    assert two.lines() == ["every district is covered by 75.00% at least; no plan reaches 76.00% in each"]
    everywhere = pl.fairest(Case(**line(Policy()).stages()))
    assert (everywhere.share, everywhere.at_most) == (Fraction(1), Fraction(1))


@some_towns
@given(town=towns())
def test_no_action_set_is_fairer(town):
    choices = [STATION if existing else VACANT for existing in town.sites.table["existing"]]
    reach, names = covered_sets(town), sorted(set(town.demand.points["parent"]))
    best, low, high = None, 0, 100
    while low <= high:
        level = (low + high) // 2
        floors = {name: max(Fraction(level, 100), town.policy.district_floors.get(name, Fraction(0))) for name in names}
        raised = replace(town, policy=town.policy.but(district_floors=floors))
        if any(_value(raised, actions, reach) is not None for actions in itertools.product(*choices)):
            best, low = level, level + 1
        else:
            high = level - 1
    if best is None:
        with pytest.raises(InfeasibleError):
            pl.fairest(Case(**town.stages()))
        return
    found = pl.fairest(Case(**town.stages()), tolerance=Fraction(1, 100))
    assert found.share == Fraction(best, 100)
    assert found.at_most == (1 if best == 100 else Fraction(best + 1, 100))
    value, _ = there(best_actions(replace(town, policy=found.policy)))
    assert round(found.plan.objective * 1000) == value


@some_towns
@given(town=towns())
def test_prices_are_what_trying_everything_finds(town):
    case = Case(**town.stages())
    with_it = best_actions(town)
    if with_it is None or not (town.policy.district_floors or town.policy.age_floors):
        return
    found = pl.floor_prices(case, pl.optimise(case), gap=0.0)
    assert len(found.floors) == len(town.policy.district_floors) + len(town.policy.age_floors)
    for price in found.floors:
        kind, _, name = price.floor.partition(" ")
        field = f"{kind}_floors"
        others = {key: each for key, each in getattr(town.policy, field).items() if key != name}
        without, _ = there(best_actions(replace(town, policy=town.policy.but(**{field: others}))))
        assert round(price.worth_least * 1000) == round(price.worth_most * 1000) == without - with_it[0]
        assert price.reached >= price.asked - 1e-9


def test_what_cannot_be_is_refused():
    case = Case(**line(Policy(max_stations=2)).stages())
    with pytest.raises(InputError, match="tolerance is 0"):
        pl.fairest(case, tolerance=0)
    with pytest.raises(InputError, match="plan is 'A'"):
        pl.floor_prices(case, "A")  # type: ignore[arg-type]
    cost = case.but(policy=Policy(objective="least_cost", coverage_floor=Fraction(1, 2)))
    with pytest.raises(InputError, match="the least cost of a target leaves nothing"):
        pl.fairest(cost)
    with pytest.raises(InputError, match="the objective is the least cost"):
        pl.floor_prices(cost, pl.optimise(cost))


def test_a_refused_floor_carries_its_proof():
    case = Case(**line(Policy(max_stations=2)).stages())
    found = pl.fairest(case)
    asked = case.but(policy=case.policy.but(district_floors=dict.fromkeys(("north", "south"), found.at_most)))
    with pytest.raises(InfeasibleError) as caught:
        pl.optimise(asked)
    certificate = caught.value.found.certificate
    program = model_of("coverage")(asked).program
    needed = [each for each in program.floors if each.name in caught.value.constraints]
    assert {each.name for each in needed} == {"floor district north", "floor district south"}
    assert check_certificate(replace(program, floors=tuple(needed)), None, there(certificate)) is not None


def test_the_command_writes_the_fairest_plan_and_says_what_floors_cost(tmp_path):
    path = write_study(tmp_path / "study", seed=5)
    asked = ["recommend", str(path), "--out", str(tmp_path / "plan"), "--fairest", "--floor-prices"]
    result = CliRunner().invoke(main, asked)
    assert result.exit_code == 0, result.output
    assert "every district is covered by" in result.output
    assert "price of the floor of" in result.output
    record = json.loads((tmp_path / "plan" / "plan.json").read_text(encoding="utf-8"))
    (raised,) = [each["used"]["district"] for each in record["overrides"] if each["key"] == "policy.floors"]
    assert min(raised.values()) <= record["fairness"]["after"]["worst_share"]
    verdict = pl.verify(tmp_path / "plan")
    assert verdict.confirmed, verdict
