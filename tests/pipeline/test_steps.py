"""A study whose standard has steps, from the command line to the judge: what is said of it, and that no lie passes."""

from __future__ import annotations

import copy
import json
import re
import shutil

import pytest
from click.testing import CliRunner

from placement.cli import main
from placement.judge import Judge, verify
from placement.pipeline.recommend import Outcome, recommend
from placement.report.html import report_html
from placement.report.plan_json import plan_from_dict
from placement.report.text import CATALOGUE, texts
from placement.report.text_steps import STEPS
from placement.study import read_study
from placement.toy import write_study
from placement.travel import TimesStream
from placement.values import Certificate
from tests.effort import cases
from tests.written import data_of, write_outcome

TOWN = {"seed": 3, "blocks": 4, "points": 30}
THREE = [(3, 1), (5, 0.6), (7, 0.25)]
FLAT = "threshold_min = 5.0"


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    return write_study(tmp_path_factory.mktemp("town") / "study", steps=THREE, **TOWN)


@pytest.fixture(scope="module")
def outcome(study):
    return recommend(read_study(study))


@pytest.fixture(scope="module")
def folder(study, outcome):
    write_outcome(outcome, study.parent.parent / "plan")
    return study.parent.parent / "plan"


def run(*words: object):
    return CliRunner().invoke(main, [str(word) for word in words])


def test_recommend_and_verify_on_the_command_line(study, tmp_path):
    done = run("recommend", study, "--out", tmp_path / "out")
    assert done.exit_code == 0, done.output
    said = " ".join(done.output.split())
    assert (
        "Demand covered, counted by steps (all within a 3-minute walk, 60% within a 5-minute walk, 25% within a "
        "7-minute walk of an open station), rises from"
    ) in said
    assert "yuan a person newly within the farthest step" in said
    assert "counted by steps before after of demand" in said
    assert "within each step, in full before after of demand in 3 min" in said
    assert not re.search(r"within a \d-minute walk of an open station (rises|goes)", said)
    checked = run("verify", tmp_path / "out")
    assert checked.exit_code == 0, checked.output
    assert checked.output.startswith("confirmed: everything recounted equal")


def test_the_plan_tells_each_step_plainly(folder, outcome):
    record = json.loads((folder / "plan.json").read_text(encoding="utf-8"))
    plan = outcome.plan
    for name, coverages in record["coverage"].items():
        steps = coverages["steps"]
        assert [(step["threshold_min"], step["threshold_m"], step["share"]) for step in steps] == [
            (3.0, None, 1.0), (5.0, None, 0.6), (7.0, None, 0.25),
        ]  # fmt: skip
        near, middle, far = (step["total"]["covered"] for step in steps)
        assert near < middle < far
        # What counts: all within the nearest, and of what each farther one adds its share.
        graded = near + 0.6 * (middle - near) + 0.25 * (far - middle)
        assert coverages["total"]["covered"] == pytest.approx(graded, abs=1e-5)
        assert coverages["people"] == steps[-1]["people"], name
    again = plan_from_dict(record)
    assert [step.within for step in again.after.steps] == ["3 min", "5 min", "7 min"]
    frame = plan.coverage.set_index(["kind", "group"])
    assert frame.loc[("within 5 min", "all"), "after"] == plan.after.steps[1].total.covered
    assert plan.certificate is not None


def test_floors_go_by_graded_weight(outcome):
    (kept,) = outcome.plan.floors
    elderly = [part for name, part in outcome.plan.after.segment.items() if name.startswith("elderly/")]
    assert kept.name == "elderly"
    assert kept.reached == pytest.approx(sum(part.covered for part in elderly) / sum(part.all for part in elderly))


@pytest.mark.parametrize(
    ("language", "said", "never"),
    [
        (
            "en",
            [
                "to cover the most demand, of which counts: all within a 3-minute walk, 60% within a 5-minute walk, ",
                "Demand covered, counted by steps",
                "Residents within a 7-minute walk",
                "Plainly within each step, everybody there counted in full",
                "general · day, a 5-minute walk",
                "Within reach is here: within the farthest step",
            ],
            [f"{what} within reach" for what in ("Demand", "Need", "Expected use", "Residents", "most people")],
        ),
        (
            "zh",
            [
                "步行3分钟内全部计入、步行5分钟内计60%、步行7分钟内计25%",
                "需求覆盖率（分级计入）",
                "步行7分钟内居民覆盖率",
                "各级之内的需求（全部计入，不打折）",
            ],
            [">需求覆盖率<", ">潜在需求覆盖率<", ">预期使用量覆盖率<", "便民服务圈"],
        ),
    ],
)
def test_the_report_calls_nothing_within_minutes_that_is_graded(outcome, tmp_path, language, said, never):
    report = data_of(outcome, tmp_path)
    object.__setattr__(report, "language", language)
    page = report_html(report).decode()
    for each in said:
        assert each in page, each
    for wrong in never:
        assert wrong not in page, wrong


def test_every_text_of_steps_stands_for_one_of_the_catalogue():
    assert set(STEPS) <= set(CATALOGUE)
    for english, chinese in STEPS.values():
        assert set(re.findall(r"\{\w+\}", english)) == set(re.findall(r"\{\w+\}", chinese))
    assert texts("zh", steps=True)["figure.use"] != texts("zh")["figure.use"]


def _numbers(part, path=()):
    """Yield the path of every number."""
    for key, value in part.items() if isinstance(part, dict) else enumerate(part):
        if isinstance(value, dict | list):
            yield from _numbers(value, (*path, key))
        elif isinstance(value, int | float) and not isinstance(value, bool):
            yield (*path, key)


def test_no_altered_number_of_the_coverage_is_accepted(folder, study):
    judge, file = Judge.of(study), folder / "plan.json"
    content = file.read_bytes()
    record = json.loads(content)
    paths = [*_numbers(record["coverage"], ("coverage",)), ("objective",), ("bound",)]
    tried = paths[:: max(1, len(paths) // cases(len(paths)))]
    assert any("steps" in path for path in tried)
    try:
        for path in tried:
            altered = copy.deepcopy(record)
            place = altered
            for key in path[:-1]:
                place = place[key]
            place[path[-1]] = round(place[path[-1]] + 0.001, 6)
            file.write_text(json.dumps(altered, ensure_ascii=False, indent=2, sort_keys=True) + "\n", encoding="utf-8")
            assert not judge.verdict(folder).confirmed, path
    finally:
        file.write_bytes(content)
    assert judge.verdict(folder).whole


def test_held_or_block_by_block(study, outcome, tmp_path):
    text = study.read_text(encoding="utf-8").replace("[travel]\n", "[travel]\nstream = true\n")
    other = study.parent / "streamed.toml"
    other.write_text(text, encoding="utf-8")
    again = recommend(read_study(other))
    assert isinstance(again.case.prepared.times, TimesStream)
    _same(outcome, again)
    write_outcome(again, tmp_path / "blocks")
    verdict = verify(tmp_path / "blocks", study=other)
    assert (verdict.differences, verdict.proven) == ((), True)


def test_the_order_of_rows_means_nothing(study, outcome, tmp_path):
    folder = shutil.copytree(study.parent, tmp_path / "town")
    for name in ("population", "stations", "candidates"):
        file = folder / f"{name}.csv"
        head, *rows = file.read_text(encoding="utf-8").splitlines()
        file.write_text("\n".join([head, *reversed(rows)]) + "\n", encoding="utf-8")
    _same(outcome, recommend(read_study(folder)))


def _same(one: Outcome, other: Outcome) -> None:
    left, right = one.plan, other.plan
    assert (left.open, left.objective, left.before, left.after) == (
        right.open, right.objective, right.before, right.after,
    )  # fmt: skip
    assert isinstance(left.certificate, Certificate)
    assert isinstance(right.certificate, Certificate)
    assert left.certificate.to_bytes() == right.certificate.to_bytes()


def test_lengths_in_steps(spoiled):
    spoiled.setting(FLAT, "step = [{threshold_m = 200, share = 1}, {threshold_m = 400, share = 0.5}]")
    outcome = recommend(read_study(spoiled.folder))
    written = write_outcome(outcome, spoiled.folder / "out")
    assert [(step.threshold_m, step.share) for step in outcome.plan.after.steps] == [(200.0, 1.0), (400.0, 0.5)]
    assert "all within 200 m, 50% within 400 m" in written.files["report.html"].decode()
    assert verify(written.folder).whole
