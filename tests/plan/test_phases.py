"""Plans of several years: by hand, against all plans of tiny towns, from study to verdict, and what is refused."""

import json
from fractions import Fraction

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

import placement as pl
from placement.case import Case
from placement.cli import main
from placement.errors import InfeasibleError, InputError
from placement.judge import check_certificate, verify
from placement.judge.counting import Counting
from placement.judge.phase_faults import phase_faults, when_faults, years_of
from placement.judge.rules import Claims
from placement.models import formulated
from placement.pipeline.prepare import prepare_inputs
from placement.pipeline.recommend import recommend
from placement.plan import optimise
from placement.report import PLAN_FILE, plan_from_dict
from placement.report.phases import phases_say
from placement.report.text import texts
from placement.study import read_study
from placement.toy import write_study
from placement.values import Certificate, SolveOptions
from tests.effort import cases
from tests.plan.phases_by_hand import best_plan, random_phased_town
from tests.there import there
from tests.written import write_outcome

PILOT, SECOND = pl.Phase(name="pilot", max_opens=1), pl.Phase(name="2027", max_opens=1)


def street(policy):
    """Return points at 0, 1, 2, 3 km with 20, 30, 30, 20 visits; L reaches the first two, M the middle, R the last."""
    points = gpd.GeoDataFrame(
        {"weight": [20.0, 30.0, 30.0, 20.0]}, index=["a", "b", "c", "d"], crs="EPSG:32650",
        geometry=gpd.points_from_xy([500_000, 501_000, 502_000, 503_000], [3_400_000] * 4),
    )  # fmt: skip
    sites = gpd.GeoDataFrame(
        index=["L", "M", "R"], crs="EPSG:32650",
        geometry=gpd.points_from_xy([500_500, 501_500, 502_500], [3_400_000] * 3),
    )  # fmt: skip
    return Case.from_frames(
        points, sites, standard=10, detour=1.0, costs={"purchase": 2, "rent": 1}, policy=policy,
        options=SolveOptions(time_limit_s=20),
    )  # fmt: skip


def test_looking_ahead_by_hand():
    """One opening a year. By itself the first year takes M, 60, and the second adds a or d: 80. L then R cover 50, 100.

    A visit of the second year counts 4/5: year by year 60 + 64 = 124, ahead 50 + 80 = 130, and nothing is worth more.
    """
    plan = optimise(street(pl.Policy(phases=(PILOT, SECOND), discount_rate=Fraction(1, 4))))
    phased = there(plan.phased)
    beside = there(phased.year_by_year)
    assert (plan.status, plan.proof, plan.objective, plan.bound) == ("optimal", "certificate", 130.0, 130.0)
    assert (beside.objective, beside.covered) == (124.0, (60.0, 80.0))
    assert phased.ahead(plan.objective, plan.bound) == pytest.approx((130 / 124 - 1,) * 2)
    table = plan.phases.set_index("phase")
    assert table["covered"].tolist() == [50.0, 100.0]
    assert table["factor"].tolist() == [1.0, 0.8]
    assert table[["opened", "moved", "closed", "stations"]].to_numpy().tolist() == [[1, 0, 0, 1], [1, 0, 0, 2]]
    assert (table["purchase"].tolist(), table["running"].tolist()) == ([2.0, 2.0], [1.0, 2.0])
    assert sorted(plan.actions["phase"]) == ["2027", "pilot"]
    assert (plan.open, plan.after.total.covered, plan.tie_broken) == (("L", "R"), 100.0, False)
    assert "pilot 50.0%, 2027 100.0%" in str(plan)


def test_money_that_is_carried_over_by_hand():
    """A station costs 2 yuan. 1 yuan a year buys none; carried over the two buy M in the second year, and only then."""
    phases = [pl.Phase.from_yuan(name, capital=1) for name in ("pilot", "2027")]
    assert optimise(street(pl.Policy(phases=tuple(phases)))).open == ()
    saving = (pl.Phase.from_yuan("pilot", capital=1, carry_over=True), phases[1])
    plan = optimise(street(pl.Policy(phases=saving)))
    assert (plan.open, plan.objective) == (("M",), 60.0)
    pilot, second = there(plan.phased).phases
    capital = [next(line for line in each.budget_lines if line.name == "capital") for each in (pilot, second)]
    assert [(line.amount_fen, line.cap_fen) for line in capital] == [(0, 100), (200, 200)]
    assert not pilot.open


@pytest.mark.parametrize("seed", range(cases(100)))
def test_plans_are_those_that_trying_everything_finds(seed):
    town = random_phased_town(np.random.default_rng(seed))
    expected, case = best_plan(town), Case(**town.stages())
    if expected is None:
        with pytest.raises(InfeasibleError):
            optimise(case)
        return
    plan = optimise(case)
    assert (plan.status, round(plan.objective * 1000), round(plan.bound * 1000)) == (
        "optimal",
        expected[0],
        expected[0],
    )
    beside = there(plan.phased).year_by_year
    assert beside is None or beside.objective <= plan.objective
    program = formulated(case).program
    certificate = plan.certificate
    assert isinstance(certificate, Certificate)
    assert check_certificate(program, certificate.chosen, certificate) == expected[0]
    if seed % 4 == 0:
        assert optimise(case, options=SolveOptions(backend="highs")).objective == plan.objective


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"phases": (PILOT, PILOT)}, "two phases are called pilot"),
        ({"phases": ("pilot",)}, "phases holds 'pilot'"),
        ({"phases": (pl.Phase(name="a", carry_over=True), PILOT)}, "capital is not capped in a and pilot"),
        ({"phases": (PILOT, pl.Phase(name="b", carry_over=True, capital_fen=1))}, "no phase follows"),
        ({"phases": (PILOT,), "objective": "visits"}, "a plan in phases maximises coverage"),
        ({"phases": (PILOT,), "visits_floor": 1}, "visits_floor is not for plans in phases"),
        ({"phases": (PILOT,), "backup_share": 0.2}, "backup_share is not for plans in phases"),
        ({"phases": (PILOT,), "total_fen": 5, "horizon_years": 3}, "total_fen is not for plans in phases"),
    ],
)
def test_policies_that_cannot_be(wrong, says):
    with pytest.raises(InputError, match=says):
        pl.Policy(**wrong)


def test_phases_that_cannot_be():
    with pytest.raises(InputError) as caught:
        pl.Phase(name=" ", carry_over=1, capital_fen=-1, max_opens=0.5)  # type: ignore[arg-type]
    assert [fault.row for fault in caught.value.faults] == ["name", "carry_over", "capital_fen", "max_opens"]
    with pytest.raises(InputError, match=r"did you mean capital\?"):
        pl.Phase.from_yuan("pilot", captal=5)
    with pytest.raises(InputError, match=r"policy\.but\(phases=\(\)\)"):
        pl.explain(street(pl.Policy(phases=(PILOT,))), optimise(street(pl.Policy(phases=(PILOT,)))))


PHASES = """
[[phase]]
name = "pilot"
capital = 20000
carry_over = true
max_opens = 0

[[phase]]
name = "2027"
capital = 120000

[[phase]]
name = "2028"
capital = 90000
max_changes = 3
"""


def with_phases(path, phases=PHASES, **changes):
    """Write phases into a study, with texts of it changed."""
    text = path.read_text(encoding="utf-8")
    for old, new in {"capital = ": "discount_rate = 0.05\n# ", **changes}.items():
        text = text.replace(old, new, 1)
    path.write_text(text + phases, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def town(tmp_path_factory):
    root = tmp_path_factory.mktemp("phases")
    rules = "[policy]\nspacing_m = 150\nmax_by_host = {bank = 12}\n"
    path = with_phases(write_study(root / "study", seed=5, max_stations=9), **{"[policy]\n": rules})
    outcome = recommend(read_study(path))
    write_outcome(outcome, root / "plan")
    return root, outcome


def test_a_folder_is_confirmed(town):
    root, outcome = town
    verdict = verify(root / "plan")
    assert verdict.confirmed, verdict
    assert verdict.proven
    assert any("every phase" in line for line in verdict.checked)
    again = plan_from_dict(json.loads((root / "plan" / PLAN_FILE).read_text(encoding="utf-8")))
    pd.testing.assert_frame_equal(again.phases, outcome.plan.phases, check_like=True, atol=1e-6)
    assert len(set(outcome.plan.actions["phase"])) > 2
    report = (root / "plan" / "report.html").read_text(encoding="utf-8")
    assert "Year by year" in report
    assert "Looking ahead" in report
    chinese = phases_say(outcome.plan, texts("zh"))
    assert chinese[0].startswith("各期需求覆盖率：pilot ")
    assert len(chinese) == 2
    header = (root / "plan" / "actions.csv").read_text(encoding="utf-8-sig").splitlines()[0]
    assert header.endswith(",phase")


def altered(value, turn):
    """Return another value in place of one number or text; None where there is none."""
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, str):
        return {"pilot": "2027", "2027": "2028", "2028": "pilot"}.get(value, f"{value}1")
    return value + (1, 0.01, -0.5)[turn % 3]


def leaves(value, path=()):
    """Yield the path of every number and text."""
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else None
    if parts is None:
        yield path
        return
    for key, part in parts:
        yield from leaves(part, (*path, key))


def refused(record, counting):
    """Return what the judge says of the phases of a record."""
    return list(when_faults(record, counting)) or list(
        phase_faults(record, years_of(Claims.of(record), counting), counting)
    )


def test_alterations_are_refused(town):
    """Every number and text of the phases, and when each action happens, is recounted."""
    root, _ = town
    record = json.loads((root / "plan" / PLAN_FILE).read_text(encoding="utf-8"))
    counting = Counting(prepare_inputs(read_study(root / "study" / "study.toml")))
    assert not refused(record, counting)
    paths = [("phases", *path) for path in leaves(record["phases"])]
    paths += [("actions", number, "phase") for number, each in enumerate(record["actions"]) if "phase" in each]
    tried = np.random.default_rng(1).permutation(len(paths))[: cases(200)]
    for turn, number in enumerate(tried.tolist()):
        forged = json.loads(json.dumps(record))
        *way, last = paths[number]
        place = forged
        for key in way:
            place = place[key]
        other = altered(place[last], turn)
        if other is not None:
            place[last] = other
            assert refused(forged, counting), paths[number]
    for key, value in (("phases", None), ("phases", {**record["phases"], "years": record["phases"]["years"][:2]})):
        assert refused({**record, key: value}, counting)


def test_why_there_is_no_plan_is_told_and_confirmed(tmp_path):
    path = with_phases(write_study(tmp_path / "study", seed=5), **{"elderly = 0.1": "elderly = 0.9"})
    result = CliRunner().invoke(main, ["recommend", str(path), "--out", str(tmp_path / "plan"), "--quiet"])
    assert result.exit_code == 3, result.output
    assert "floor age elderly" in result.output
    assert verify(tmp_path / "plan.infeasible").confirmed


@pytest.mark.parametrize(
    ("phases", "says"),
    [
        (PHASES.replace("2028", "2027"), "two phases are called 2027"),
        (PHASES.replace("capital = 120000", "max_move = 3"), "did you mean max_moves?"),
        (PHASES.replace("capital = 120000\n", ""), "carry_over of pilot has no effect: capital is not capped in 2027"),
        (PHASES.replace('name = "pilot"\n', ""), "phase.0.name"),
        (PHASES + "[budget]\n", "budget"),
    ],
)
def test_studies_that_cannot_be(tmp_path, phases, says):
    path = with_phases(write_study(tmp_path, seed=5), phases)
    result = CliRunner().invoke(main, ["check", str(path)])
    assert result.exit_code == 2
    assert says in result.output


def test_a_study_that_asks_for_more_than_phases_can_take_in(tmp_path):
    path = with_phases(write_study(tmp_path, seed=5), **{"[policy]\n": "[policy]\nbackup_share = 0.2\n"})
    result = CliRunner().invoke(main, ["check", str(path)])
    assert result.exit_code == 2
    assert "remove policy.backup_share, or the phases" in result.output
