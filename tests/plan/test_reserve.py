"""Coverage by how many stations are within reach: its shares, plans by hand, a folder from study to verdict."""

import itertools
import json
import math
from fractions import Fraction
from types import SimpleNamespace

import geopandas as gpd
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

import placement as pl
from placement.cli import main
from placement.errors import InputError
from placement.judge import verify
from placement.judge.reserve import layer_shares
from placement.models.reserve import layers_of
from placement.pipeline.recommend import recommend
from placement.report import PLAN_FILE
from placement.report.plan_json import plan_bytes
from placement.study import read_study
from placement.toy import write_study
from placement.values import Policy
from tests.judge.forger import SUMS, listed
from tests.there import there
from tests.written import write_outcome

HALVES = st.fractions(0, Fraction(1, 2), max_denominator=50)
MOST_TRIED = 5


def expected(stations, share, lost):
    """Return what a weight of 1 counts, over every set of stations that may work."""
    total = Fraction(0)
    for works in itertools.product((False, True), repeat=stations):
        chance = math.prod((1 - lost if each else lost for each in works), start=Fraction(1))
        total += chance * ((1 - share) * (sum(works) >= 1) + share * (sum(works) >= 2))
    return total


@given(HALVES, HALVES)
def test_layers_are_the_expectation_over_all_outages(share, lost):
    layers = layers_of(Policy(backup_share=share, outage_probability=lost)).tolist()
    assert layers == sorted(layers, reverse=True)
    assert sum(layers) <= 2**20
    for number in range(1, MOST_TRIED + 1):
        gained = expected(number, share, lost) - expected(number - 1, share, lost)
        assert (layers[number - 1] if number <= len(layers) else 0) == math.floor(gained * 2**20)
    asked = SimpleNamespace(backup_share=share, outage_probability=lost, outage_from_usage=False)
    assert layer_shares(SimpleNamespace(study=SimpleNamespace(policy=asked))) == layers  # type: ignore[arg-type]


def case(policy, **weights):
    """Return people at 0, 1 and 2 km on a line; a station may stand at each; 15 minutes are 780 m."""
    x = {"a": 0.0, "b": 1_000.0, "c": 2_000.0}
    points = gpd.GeoDataFrame(
        {"weight": [weights[name] for name in x]},
        index=list(x),
        crs="EPSG:32650",
        geometry=gpd.points_from_xy([500_000 + each for each in x.values()], [3_400_000] * 3),
    )
    at = {"P": 0.0, "Q": 500.0, "R": 1_500.0}
    sites = gpd.GeoDataFrame(
        index=list(at), crs="EPSG:32650",
        geometry=gpd.points_from_xy([500_000 + each for each in at.values()], [3_400_000] * 3),
    )  # fmt: skip
    return pl.Case.from_frames(
        points, sites, standard=10, detour=1.0, costs={"purchase": 1}, policy=policy,
        options=pl.SolveOptions(gap=0.0, time_limit_s=20),
    )  # fmt: skip


def test_a_backup_by_hand():
    """P reaches a; Q reaches a and b; R reaches b and c; two may be built.

    Plain: R with P or Q reaches all, 100 + 40 + 30. With half at the second station: P and Q 100 + 40 / 2 = 120; Q and
    R 100 / 2 + 40 + 30 / 2 = 105; P and R 100 / 2 + 40 / 2 + 30 / 2 = 85.
    """
    weights = {"a": 100.0, "b": 40.0, "c": 30.0}
    plain = pl.optimise(case(Policy(max_stations=2), **weights))
    assert ("R" in plain.open, plain.objective, plain.reserve) == (True, 170.0, None)
    backup = pl.optimise(case(Policy(max_stations=2, backup_share=Fraction(1, 2)), **weights))
    assert (backup.open, backup.objective, backup.bound) == (("P", "Q"), 120.0, 120.0)
    value = there(backup.reserve)
    assert (value.before.second, value.after.second, value.after.counted) == (0.0, 100.0, 120.0)
    assert backup.after.total.covered == 140.0
    assert "two in reach" in str(backup)


def test_outages_by_hand():
    """A tenth of the time out of order. Q and R: 90 + 40 * 0.99 + 27 = 156.6; P and Q: 99 + 36 = 135."""
    plan = pl.optimise(case(Policy(max_stations=2, outage_probability=Fraction(1, 10)), a=100.0, b=40.0, c=30.0))
    assert (plan.open, plan.status) == (("Q", "R"), "optimal")
    assert plan.objective == pytest.approx(156.6, abs=0.01)
    assert plan.objective <= 156.6


def test_what_cannot_be_is_refused():
    for wrong in ({"backup_share": 0.51}, {"outage_probability": 0.6}, {"backup_share": -0.1}):
        with pytest.raises(InputError, match=r"give a number in 0\.\.1/2"):
            Policy().but(**wrong)
    with pytest.raises(InputError, match="backup_share has no effect where visits are the objective"):
        Policy(objective="visits", backup_share=Fraction(1, 4))


@pytest.fixture(scope="module")
def town(tmp_path_factory):
    root = tmp_path_factory.mktemp("reserve")
    path = write_study(root / "study", seed=5)
    asked = "[policy]\nbackup_share = 0.3\noutage_probability = 0.05\n"
    path.write_text(path.read_text(encoding="utf-8").replace("[policy]\n", asked, 1), encoding="utf-8")
    outcome = recommend(read_study(path))
    write_outcome(outcome, root / "plan")
    return root, outcome


def test_a_folder_is_confirmed(town):
    root, outcome = town
    verdict = verify(root / "plan")
    assert verdict.confirmed, verdict
    value = there(outcome.plan.reserve)
    assert 0 < value.before.second <= outcome.plan.before.total.covered
    assert 0 < value.after.counted < outcome.plan.after.total.covered
    report = (root / "plan" / "report.html").read_text(encoding="utf-8")
    assert "two stations within reach" in report
    assert "out of order with probability 5.0%" in report


@pytest.mark.parametrize("where", ["second", "counted", "backup_share", "outage_probability", "none", "objective"])
def test_other_numbers_are_refuted(town, tmp_path, where):
    root, _ = town
    for file in (root / "plan").iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    record = json.loads((tmp_path / PLAN_FILE).read_text(encoding="utf-8"))
    record["study"] = str(root / "study" / "study.toml")
    if where in {"second", "counted"}:
        record["reserve"]["after"][where] += 0.001
    elif where == "none":
        record["reserve"] = None
    elif where == "objective":
        record["objective"] = record["coverage"]["after"]["total"]["covered"]
    else:
        record["reserve"][where] = "1/7"
    (tmp_path / PLAN_FILE).write_bytes(plan_bytes(record))
    files = {file.name: file.read_bytes() for file in tmp_path.iterdir() if file.name != SUMS}
    (tmp_path / SUMS).write_bytes(listed(files))
    verdict = verify(tmp_path)
    assert not verdict.confirmed
    assert any("objective" in each or "reserve" in each for each in verdict.differences)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("[policy]\n", "[policy]\nbackup_share = 0.6\n", "above 1/2"),
        ("[policy]\n", '[policy]\nbackup_share = 0.2\nobjective = "visits"\n', "no effect where visits are"),
    ],
)
def test_studies_that_ask_for_what_cannot_be(tmp_path, old, new, says):
    path = write_study(tmp_path, seed=5)
    path.write_text(path.read_text(encoding="utf-8").replace(old, new, 1), encoding="utf-8")
    result = CliRunner().invoke(main, ["check", str(path)])
    assert result.exit_code == 2
    assert says in result.output
