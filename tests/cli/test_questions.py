"""Commands that ask questions, and wishes about sites: on the doorstep study, whose answers are known by hand."""

from __future__ import annotations

import json
import re

import pytest
from click.testing import CliRunner

import placement as pl
from placement.cli import main
from placement.errors import InputError
from placement.options import settings_of
from tests.doorstep import write_doorstep


def run(*asked: object):
    said = CliRunner().invoke(main, [str(each) for each in asked])
    assert said.exit_code == 0, said.output
    return said.output


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A result folder: the one station that may move goes from S00 to C, 2,000 people for 1,000."""
    folder = tmp_path_factory.mktemp("doorstep")
    write_doorstep(folder / "study", policy="visits_weight = 0")
    run("recommend", folder / "study", "--out", folder / "out", "--quiet")
    return folder


def test_what_else_would_do(made):
    """Without C there is S00, or neither; all other stations are required."""
    record = json.loads(run("alternatives", made / "out", "--differ", 1, "--count", 2, "--json"))
    verdicts = {row["site_id"]: row["verdict"] for row in record["sites"]}
    assert set(verdicts.values()) == {"firm"}
    assert [(each["goes"], each["comes"]) for each in record["plans"]] == [(["C"], ["S00"]), (["C"], [])]
    assert [round(each["loses"] / 0.3) for each in record["plans"]] == [1000, 2000]
    assert "plan 1: 300 visits a month less" in run("alternatives", made / "out", "--differ", 1, "--count", 1)


def test_what_money_buys(made):
    record = json.loads(run("frontier", made / "study", "--limit", 0, "--limit", 10_000, "--json"))
    assert [point["limit"] for point in record["points"]] == [0, 10_000]
    assert [("C" in point["open"], "S00" in point["open"]) for point in record["points"]] == [
        (False, True),
        (True, False),
    ]
    assert (record["points"][1]["worth"] - record["points"][0]["worth"]) == pytest.approx(300)
    assert run("frontier", made / "out", "--limit", 10_000).startswith("capital 10,000 yuan: ")


def test_how_it_stands_up(made):
    """However the need is drawn, C has twice the people of S00: it is in the plan of nearly each draw."""
    record = json.loads(run("stability", made / "out", "--draws", 6, "--json"))
    by_site = {row["site_id"]: row for row in record["sites"]}
    assert record["draws"] == 6
    assert by_site["C"]["in_plans"] >= 5
    assert by_site["S01"]["in_plans"] == 6
    assert run("stability", made / "out", "--draws", 2).startswith("in 2 draws the plan covers ")


def test_wishes_are_kept_and_recounted(made):
    asked = ("recommend", made / "study", "--out", made / "stays", "--must-stay", "S00", "--set", "budget.capital=5000")
    said = run(*asked)
    assert "policy.must_stay" in said
    record = json.loads((made / "stays" / "plan.json").read_text(encoding="utf-8"))
    assert {each["key"]: each["used"] for each in record["overrides"]} == {
        "budget.capital": 5000.0, "policy.must_stay": ["S00"],
    }  # fmt: skip
    assert "S00" in record["open"]
    assert pl.verify(made / "stays").confirmed
    # Another plan under the same claim of a wish does not pass: the one that moves S00 away.
    other = json.loads((made / "out" / "plan.json").read_text(encoding="utf-8"))
    file = made / "out" / "plan.json"
    before = file.read_bytes()
    other["overrides"] = [{"key": "policy.must_stay", "study": [], "used": ["S00"]}]
    file.write_text(json.dumps(other), encoding="utf-8")
    assert any("S00" in each for each in pl.verify(made / "out").differences)
    file.write_bytes(before)
    closed = json.loads(run("alternatives", made / "out", "--must-close", "S00", "--differ", 1, "--count", 1, "--json"))
    assert [each["goes"] for each in closed["plans"]] == [["C"]]


def test_every_wrong_wish_is_told_at_once(made):
    study = pl.read_study(made / "study")
    wrong = {"policy.must_stay": ["nowhere", "S00"], "policy.must_close": ["S01", "S00"]}
    with pytest.raises(InputError) as caught:
        pl.prepare(study.with_settings(wrong))
    told = [str(fault) for fault in caught.value.faults]
    assert len(told) == 3
    assert "S00 is in must_stay and in must_close" in told[0]
    assert "nowhere is no site of stations or candidates" in told[1]
    assert "the status of S01 is required" in told[2]
    with pytest.raises(InputError, match="is no KEY=VALUE"):
        settings_of(("capital",), (), (), None)
    said = CliRunner().invoke(main, ["recommend", str(made / "study"), "--out", str(made / "x"), "--set", "budget.x=1"])
    assert said.exit_code == 2
    assert "budget.x" in said.output


ALTERED = {
    "alternatives": [
        ("worth", lambda answer: answer.update(worth=answer["worth"] + 1)),
        ("plans.0.worth", lambda answer: answer["plans"][0].update(worth=answer["plans"][0]["worth"] + 1)),
        ("plans.0.loses", lambda answer: answer["plans"][0].update(loses=1.0)),
        ("plans.0", lambda answer: answer["plans"][0].update(comes=[])),
        ("plans.0.open", lambda answer: answer["plans"][0].update(open=["X"])),
        ("plans: 0 and 1", lambda answer: answer.update(differ=3)),
        ("sites.C.partners", lambda answer: answer["sites"][0].update(partners=["S00"], loses=300.0)),
        ("sites.C", lambda answer: answer.update(within=0.9)),
    ],
    "frontier": [
        ("points.0.worth", lambda answer: answer["points"][0].update(worth=1.0)),
        ("points.1.money.capital", lambda answer: answer["points"][1].update(limit=9_000)),
        ("points.1.money.capital", lambda answer: answer["points"][1]["money"].update(capital=1.0)),
        ("points.0.next_buys", lambda answer: answer["points"][0].update(next_buys=1.0)),
        ("points.1.gap", lambda answer: answer["points"][1].update(gap=0.5)),
        ("points.1: is worth more", lambda answer: answer["envelope"][0].update(intercept=0.0, slope=0.0)),
    ],
    "stability": [
        ("sites.C.in_plans", lambda answer: answer["sites"][0].update(in_plans=0)),
        ("coverage.0", lambda answer: answer.update(coverage=[0.5, 0.6])),
        ("floors_kept", lambda answer: answer.update(floors_kept=0.5)),
        ("loses.most", lambda answer: answer["loses"].update(most=0.5)),
        ("regret.value", lambda answer: answer["regret"].update(value=1.0)),
        ("cvar.open", lambda answer: answer["cvar"].update(open=["S01"])),
    ],
}


@pytest.mark.parametrize("question", ALTERED)
def test_the_judge_counts_answers_again_and_refuses_altered_ones(made, question):
    options = {
        "alternatives": ("--differ", 1, "--count", 2),
        "frontier": ("--limit", 0, "--limit", 10_000),
        "stability": ("--draws", 3),
    }
    out = made / question
    run(question, made / "out", *options[question], "--out", out, "--quiet")
    verdict = pl.verify(out)
    assert verdict.confirmed, verdict.differences
    assert not verdict.whole, "bounds are not checked"
    file = out / "answer.json"
    before = file.read_bytes()
    for where, alter in ALTERED[question]:
        record = json.loads(before)
        alter(record["answer"])
        file.write_text(json.dumps(record, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        assert any(each.startswith(where) for each in pl.verify(out).differences), (where, pl.verify(out).differences)
    file.write_bytes(before)
    (out / "more.txt").write_text("x", encoding="utf-8")
    assert any("is no file of this plan" in each for each in pl.verify(out).differences)


@pytest.mark.parametrize(
    "asked",
    [
        ("explain", "--without", "C"),
        ("alternatives", "--differ", 1, "--count", 3, "--within", 0.2),
        ("frontier", "--limit", 0, "--limit", 10_000, "--limit", 20_000),
        ("stability", "--draws", 2),
    ],
)
def test_answers_are_said_in_chinese_too(made, asked):
    lines = run(asked[0], made / "out", *asked[1:], "--language", "zh").splitlines()
    assert lines
    for line in lines:
        assert re.search("[\u4e00-\u9fff]", line), line
        assert not re.search(r"\b(the|of|is|are|not|no|and|plan|in|with)\b", line), line
