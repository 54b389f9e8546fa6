"""Assumptions of a study and how far they move its plan: against plans made by hand from the moved study."""

import json

import pytest
from click.testing import CliRunner

from placement.cli import main
from placement.pipeline.recommend import recommend
from placement.pipeline.sensitivity import sensitivity, tornado
from placement.study import read_study
from placement.values.immutable import replaced


def test_each_row_is_the_plan_of_the_moved_study(spoiled):
    spoiled.setting("need_share = 0.5\n", "")
    study = read_study(spoiled.folder)
    answer = sensitivity(study)
    base = recommend(study).plan
    assert answer.coverage == pytest.approx(base.after.total.share)
    assert {(each.key, each.moved_to) for each in answer.moved} >= {
        ("demand.need_share", "0"),
        ("demand.need_share", "1"),
    }
    for each in answer.moved:
        assert each.best is not None
        assert each.best >= each.kept - 1e-9
        if each.key != "demand.need_share":
            continue
        other = recommend(study.with_settings({each.key: float(each.moved_to)})).plan
        assert each.best == pytest.approx(other.after.total.share)
        assert set(base.open) - set(each.closed) | set(each.opened) == set(other.open)
    losses = [each.best - each.kept for each in answer.moved if each.best is not None]
    assert losses == sorted(losses, reverse=True)


def test_the_command_tells_it(spoiled):
    spoiled.setting("need_share = 0.5\n", "")
    result = CliRunner().invoke(main, ["check", str(spoiled.folder), "--sensitivity", "--json"])
    assert result.exit_code == 0, result.output
    told = json.loads(result.output)["sensitivity"]
    assert told["moved"][0].keys() >= {"key", "coverage_kept", "coverage_best", "opened", "closed"}
    assert "demand.people_cv" in told["not_moved"]
    plain = CliRunner().invoke(main, ["check", str(spoiled.folder), "--sensitivity"]).output
    assert "demand.need_share = 1 instead of 0.5: the plan covers" in plain


def test_a_tornado_moves_what_the_study_gives(spoiled):
    """The threshold of 5 minutes to 4 and 6, speeds and what is done online by group, need from none to all."""
    study = read_study(spoiled.folder)
    moved = {(each.key, each.unit): each.ends for each in tornado(study)}
    assert moved["demand.need_share", ""] == (0.0, 1.0)
    assert moved["travel.threshold_min", "minutes"] == (4.0, 6.0)
    assert moved["demand.footfall_capture", ""] == (0.001, 0.004)
    slow, fast = moved["travel.speed_m_s", "general"]
    assert (slow["general"], fast["general"]) == (1.04, 1.56)
    assert slow["elderly"] == fast["elderly"] == study.travel.speed_m_s["elderly"]
    few = tuple(each for each in tornado(study) if each.key == "travel.threshold_min")
    (only,) = sensitivity(study, moving=(replaced(few[0], ends=(6.0,)),)).moved
    other, base = (recommend(study.with_settings(some)).plan for some in ({"travel.threshold_min": 6.0}, {}))
    assert only.moved_to == "6"
    assert only.best == pytest.approx(other.after.total.share)
    assert set(base.open) - set(only.closed) | set(only.opened) == set(other.open)
