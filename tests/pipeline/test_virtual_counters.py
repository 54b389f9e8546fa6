"""`[demand] footfall_interpolate`: virtual counters reach the plan, its check, and every message of a bad key."""

from __future__ import annotations

import numpy as np
import pytest
from click.testing import CliRunner

from placement.cli import main
from placement.judge import verify
from placement.pipeline.prepare import prepare_inputs
from placement.pipeline.recommend import recommend
from placement.study import read_study
from tests.conftest import SpoiledStudy
from tests.there import there
from tests.written import write_outcome

ON = "footfall_bandwidth_m = 200\nfootfall_interpolate = true"


def counted(spoiled: SpoiledStudy, people: list[str]) -> None:
    """Give the toy town that many counters in its middle, at places of its demand points."""
    places = spoiled.frame("population").loc[20:, ["lon", "lat"]].head(len(people)).reset_index(drop=True)
    ids = [f"F{number}" for number in range(len(people))]
    spoiled.write("footfall", places.assign(counter_id=ids, people_per_day=people, night_share="0.2"))


def more_need(virtual):
    """Return visits a month of the people at virtual counters: capture and share of strangers are the toy town's."""
    return virtual["people_per_day"].sum() * 365 / 12 * 0.002 * 0.4


@pytest.fixture
def filled(spoiled):
    counted(spoiled, ["8000", "5000", "2500", "4000", "1500", "6000"])
    spoiled.setting("footfall_bandwidth_m = 200", ON)
    return spoiled


def test_virtual_counters_reach_the_demand_and_totals_are_kept(filled):
    ready = prepare_inputs(read_study(filled.folder))
    counters = there(ready.footfall).counters
    virtual = counters[counters["interpolated"]]
    assert len(virtual) > 5
    spread = there(ready.footfall).points
    assert spread["people_per_day"].sum() == pytest.approx(27_000 + virtual["people_per_day"].sum(), rel=1e-9)
    # Nothing but the passers-by changed: visits a month are people x 365/12 x capture x share of strangers.
    filled.setting(ON, "footfall_bandwidth_m = 200")
    plain = prepare_inputs(read_study(filled.folder))
    assert ready.demand.need.sum() == pytest.approx(plain.demand.need.sum() + more_need(virtual), rel=1e-9)
    assert plain.filled is None
    assert ready.notes[-2:] == tuple(
        f"SIMULATED footfall: {note}" for note in (there(ready.filled).note, there(ready.reliance).note)
    )
    assert len(ready.notes) == len(plain.notes) + 2
    assert there(ready.reliance).of_passers == pytest.approx(
        virtual["people_per_day"].sum() / counters["people_per_day"].sum()
    )
    assert there(ready.reliance).of_need == pytest.approx(more_need(virtual) / ready.demand.need.sum())
    assert there(ready.reliance).without == (spread["people_per_day"] == 0).sum()
    again = prepare_inputs(read_study(filled.folder)).demand
    assert np.array_equal(again.need, plain.demand.need)


def test_a_plan_on_virtual_counters_is_verified(filled, tmp_path):
    outcome = recommend(read_study(filled.folder))
    write_outcome(outcome, tmp_path / "out")
    verdict = verify(tmp_path / "out")
    assert verdict.confirmed, verdict.differences
    assert verdict.proven
    # The judge computes the demand by itself: without the key the plan's numbers are not those of the inputs.
    (filled.folder / "study.toml").write_text(filled.toml.read_text().replace(ON, "footfall_bandwidth_m = 200"))
    with pytest.raises(Exception, match="study: is not the file the plan was made from"):
        verify(tmp_path / "out")


def test_a_plan_tells_what_it_rests_on(filled, tmp_path):
    result = CliRunner().invoke(main, ["recommend", str(filled.folder), "--out", str(tmp_path / "out")])
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    for note in prepare_inputs(read_study(filled.folder)).notes:
        assert note in result.output
        assert note in page
    assert "of the need comes from virtual counters" in page


def test_check_says_how_far_to_trust_it(filled):
    result = CliRunner().invoke(main, ["check", str(filled.folder)])
    assert result.exit_code == 0, result.output
    assert "SIMULATED footfall: " in result.output
    assert "virtual counters set out where no counter stands within 200 m, interpolated from 6" in result.output
    assert "left out in turn, a counter is off by a factor of" in result.output
    assert "of the need come from virtual counters" in result.output
    assert "demand points stay without passers-by" in result.output


TOO_FEW = (
    "study.toml [demand.footfall_interpolate]: 3 counters are too few to interpolate; 4 are needed -> add counters"
)
NOBODY = (
    "footfall [F4]: people_per_day is 0: interpolation goes by ratios and needs numbers above 0 -> remove the counter"
)


@pytest.mark.parametrize(
    ("people", "message"),
    [(["8000", "5000", "2500"], TOO_FEW), (["8000", "0", "2500", "10", "0"], NOBODY)],
)
def test_counters_that_cannot_be_interpolated(spoiled, people, message):
    counted(spoiled, people)
    spoiled.setting("footfall_bandwidth_m = 200", ON)
    result = CliRunner().invoke(main, ["check", str(spoiled.folder)])
    assert result.exit_code == 2
    assert message in result.output


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("footfall_interpolate = 1", "demand.footfall_interpolate]: Input should be a valid boolean"),
        ('footfall_interpolate = "often"', "demand.footfall_interpolate]: Input should be a valid boolean"),
        (
            "footfall_interpolation = true",
            "demand.footfall_interpolation]: unknown key -> did you mean footfall_interp",
        ),
    ],
)
def test_bad_keys(spoiled, line, message):
    spoiled.setting("footfall_bandwidth_m = 200", f"footfall_bandwidth_m = 200\n{line}")
    result = CliRunner().invoke(main, ["check", str(spoiled.folder)])
    assert result.exit_code == 2
    assert message in result.output


def test_interpolation_without_counters(spoiled):
    spoiled.setting("footfall_bandwidth_m = 200", ON)
    spoiled.setting('footfall = {path = "footfall.csv", simulated = true}\n', "")
    result = CliRunner().invoke(main, ["check", str(spoiled.folder)])
    assert result.exit_code == 2
    assert "demand.footfall_interpolate needs counters: give inputs.footfall" in result.output
