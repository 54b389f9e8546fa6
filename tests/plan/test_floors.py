"""How sure floors are: by plain sums over draws, told wherever the plan is, and recounted by the judge."""

import json
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from click.testing import CliRunner

import placement as pl
from placement.case import Case
from placement.cli import main
from placement.coverage import Standard, cover
from placement.economics import StationCosts
from placement.errors import InputError
from placement.judge.program import rebuild
from placement.judge.recount import reach
from placement.judge.rules import floor_faults
from placement.models import model_of
from placement.pipeline.study_case import prepare
from placement.plan import optimise
from placement.plan.floors import kept_floors
from placement.report.goods import unsure
from placement.report.text import texts
from placement.study import read_study
from placement.toy import write_study
from placement.values import Policy, Segment
from tests.models.test_contract import judged
from tests.test_case_from_frames import case as frames_case
from tests.towns import Town, make_demand, make_sites, make_times


def with_floors(case, **floors):
    """Return the case with these floors alone."""
    return case.but(policy=case.policy.but(**({"age_floors": {}, "district_floors": {}} | floors)))


def test_floors_are_kept_in_the_draws_that_reach_them(spoiled):
    """By hand: weights of the draws, summed over who is reached."""
    case = with_floors(prepare(read_study(spoiled.folder)), age_floors={"elderly": Fraction(1, 10)})
    standing = case.sites.ids.isin(optimise(case).open)
    (floor,) = kept_floors(case, standing, draws=40)
    reached = case.coverage.reached(standing)
    old = [number for number, each in enumerate(case.demand.segments) if each.age_group == "elderly"]

    def share(demand):
        """Share of the weight of the old that is reached."""
        return (demand.weight * reached)[:, old].sum() / demand.weight[:, old].sum()

    assert floor.reached == pytest.approx(share(case.demand))
    drawn = [share(each) for each in case.prepared.demand.draws(40, case.options.seed)]
    assert floor.kept == np.mean([each >= 0.1 for each in drawn])
    middle = Fraction(round(1000 * np.median(drawn)), 1000)
    tight = with_floors(case, age_floors={"elderly": middle})
    (unsure_one,) = kept_floors(tight, standing, draws=40)
    assert unsure_one.kept == np.mean([each >= float(middle) for each in drawn])
    assert 0.2 < unsure_one.kept < 0.8
    assert not unsure_one.sure
    parent = str(case.demand.points["parent"].iloc[0])
    both = with_floors(case, age_floors={"elderly": middle}, district_floors={parent: Fraction(0)})
    first, second = kept_floors(both, standing, draws=40)
    assert (first.of, first.name, first.kept, second) == ("district", parent, 1.0, unsure_one)
    assert kept_floors(with_floors(case), standing) == ()


def test_where_nothing_tells_how_sure_the_demand_is_nothing_is_said():
    case = frames_case(policy=Policy(district_floors={"all": Fraction(0)}))
    assert optimise(case).floors == ()


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    """Return study and result folder of a plan whose floor is tight, and what the command said."""
    place = tmp_path_factory.mktemp("floors")
    toml = write_study(place / "toy", seed=3)
    case = with_floors(prepare(read_study(toml)))
    reached = dict(optimise(case).after.segment)
    old = [part for name, part in reached.items() if name.startswith("elderly/")]
    share = sum(part.covered for part in old) / sum(part.all for part in old)
    text = toml.read_text(encoding="utf-8")
    assert "elderly = 0.1\n" in text
    toml.write_text(text.replace("elderly = 0.1\n", f"elderly = {np.floor(1000 * share) / 1000:.3f}\n"), "utf-8")
    said = CliRunner().invoke(main, ["recommend", str(toml), "--out", str(place / "out")])
    assert said.exit_code == 0, said.output
    return toml, place / "out", said.stdout


def test_an_unsure_floor_is_told_in_a_plain_sentence(told):
    _, out, said = told
    (row,) = json.loads((out / "plan.json").read_text(encoding="utf-8"))["floors"]
    assert row["kept"] < 0.9
    assert (row["of"], row["name"], row["draws"]) == ("age_group", "elderly", 120)
    line = "Kept by the estimate, but not surely, by 120 draws of the demand: the floor of elderly ("
    assert line in said
    assert f"holds in {row['kept']:.0%} of them." in said
    page = (out / "report.html").read_text(encoding="utf-8")
    assert line in page
    assert f"! {100 * row['kept']:.1f}%" in page


def test_the_sentence_is_there_in_chinese_and_only_where_it_is_needed(told):
    plan = optimise(prepare(read_study(told[0])))
    (says,) = unsure(plan, texts("zh"))
    assert says.startswith("以下底线按估计值满足，但把握不足（对需求抽样 120 次）：老年人（要求 ")
    assert unsure(optimise(with_floors(prepare(read_study(told[0])))), texts("zh")) == []


@pytest.mark.parametrize(
    ("key", "value"), [("kept", 0.95), ("reached", 0.9), ("floor", 0.1), ("draws", 119), ("name", "general"), ("", "")]
)
def test_the_judge_counts_them_again(told, key, value):
    _, out, _ = told
    record = json.loads((out / "plan.json").read_text(encoding="utf-8"))
    if key:
        record["floors"][0][key] = value
    else:
        record["floors"] = []
    beside = out.with_name(f"altered-{key}")
    beside.mkdir()
    for file in out.iterdir():
        (beside / file.name).write_bytes(file.read_bytes())
    (beside / "plan.json").write_text(json.dumps(record), encoding="utf-8")
    said = CliRunner().invoke(main, ["verify", str(beside)])
    assert said.exit_code == 5
    assert "floors: " in said.output


def test_the_judge_confirms_them(told):
    said = CliRunner().invoke(main, ["verify", str(told[1])])
    assert said.exit_code == 0, said.output
    assert "in how many draws of the demand each floor is kept" in said.stdout


def test_a_floor_of_a_period_by_hand():
    """Three come by day to A, two by night to B, and one station may stand: A, unless the night has a floor.

    B is open through the night, A is not. Of 2 at night half is asked; B reaches 2 of the 2, and of all 5.
    """
    segments = tuple(
        Segment(age_group="general", period=name, service="all", speed_m_s=1.3, starts_min=start, ends_min=end)
        for name, start, end in (("day", 480, 1200), ("night", 1200, 480))
    )
    demand = make_demand(np.array([[3.0, 0.0], [0.0, 2.0]]), ["all"] * 2, segments)
    sites = make_sites(0, 2, hours=[(480, 1200), (0, 1440)])
    times = make_times(np.array([[100.0, np.nan], [np.nan, 100.0]]), demand, sites)
    none = np.zeros(2, dtype=np.int64)
    town = Town(
        demand=demand,
        sites=sites,
        times=times,
        coverage=cover(demand, sites, times, Standard(threshold_s=900)),
        costs=StationCosts(purchase=none, move=none, close=none),
        policy=Policy(max_stations=1),
    )
    assert (optimise(Case(**town.stages())).open, optimise(Case(**town.stages())).objective) == (("C0",), 3.0)
    town = replace(town, policy=town.policy.but(period_floors={"night": Fraction(1, 2)}))
    plan = optimise(Case(**town.stages()))
    assert (plan.open, plan.objective, plan.bound, plan.proof) == (("C1",), 2.0, 2.0, "certificate")
    prepared = judged(town)
    near, weights = reach(prepared), np.rint(demand.weight * 1000).astype(np.int64)
    assert (
        rebuild(prepared, near, weights).fingerprint()
        == model_of("coverage")(Case(**town.stages())).program.fingerprint()
    )
    worth = near.worth(weights, near.by(np.asarray(prepared.sites.ids == "C0")))
    assert [*floor_faults(prepared, weights, worth)] == ["policy: floor period night asks 50.00%, covered is 0.00%"]
    with pytest.raises(InputError, match=r"policy \[period_floors.noon\]: period noon is not in the demand"):
        optimise(Case(**town.stages()), Policy(period_floors={"noon": Fraction(1, 2)}))


def test_a_floor_of_a_period_from_study_to_verdict(tmp_path):
    path = write_study(tmp_path / "study", seed=5)
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("[policy.floors]\n", "[policy.floors]\nperiod = {day = 0.2}\n", 1), "utf-8")
    outcome = pl.recommend(read_study(path))
    pl.write(outcome.case, outcome.plan, tmp_path / "plan")
    assert [(each.of, each.name, each.floor) for each in outcome.plan.floors][-1] == ("period", "day", 0.2)
    verdict = pl.verify(tmp_path / "plan")
    assert verdict.confirmed, verdict
    path.write_text(text.replace("[policy.floors]\n", "[policy.floors]\nperiod = {noon = 0.2}\n", 1), "utf-8")
    with pytest.raises(InputError, match=r"policy.floors.period names unknown periods: noon"):
        read_study(path)
