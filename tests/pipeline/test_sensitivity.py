"""Assumptions of a study and how far they move its plan: against plans made by hand from the moved study."""

import json

import pytest
from click.testing import CliRunner

from placement.cli import main
from placement.pipeline.recommend import recommend
from placement.pipeline.sensitivity import sensitivity
from placement.study import read_study


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
