"""Reach and visits in every headline: one number everywhere, and a warning where they go opposite ways."""

from __future__ import annotations

import csv
import io
import json
import re
from decimal import Decimal

import numpy as np
import pytest
from click.testing import CliRunner
from scipy import sparse

import placement as pl
from placement.case import measure_visits
from placement.cli import main
from placement.report.goods import headline, signed, warnings_of, worth
from placement.report.text import texts
from placement.values import Capture
from tests.doorstep import write_doorstep
from tests.test_case_from_frames import SITES_M, case
from tests.there import there


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Return the result folder of the command on the study whose plan gains reach and loses visits."""
    place = tmp_path_factory.mktemp("doorstep")
    write_doorstep(place / "study", policy="visits_weight = 0")
    said = CliRunner().invoke(main, ["recommend", str(place / "study"), "--out", str(place / "out"), "--quiet"])
    assert said.exit_code == 0, said.output
    return place


def by_hand(**changes):
    """Return a case with a known capture: one row of 90 visits, S pulls 1, T 2, U 6; 10 at the door of S.

    Today S sees 90 / 2 + 10 = 55. U in its place sees 90 * 6 / 7 = 77.142857..., T and U together 90 * 8 / 9 = 80.
    """
    pull = sparse.csr_array([[1.0, 2.0, 6.0]])
    known = Capture(site_ids=list(SITES_M), mass=np.array([90.0]), pull=pull, door=np.array([10.0, 0, 0]))
    return case(capture=known, **changes)


def test_visits_before_and_after_by_hand():
    found = there(measure_visits(by_hand(policy=pl.Policy(idle_below=60)), ["T", "U"]))
    assert (found.before, found.after, found.change) == (55.0, 80.0, 25.0)
    assert found.stations["after"].to_dict() == pytest.approx({"S": np.nan, "T": 20.0, "U": 60.0}, nan_ok=True)
    assert (found.idle_before, found.idle_after, found.idle_new) == (1, 1, 1)
    assert (found.change_interval, found.draws) == (None, 0)
    only = there(measure_visits(by_hand(), ["U"]))
    assert (only.after, only.stations.loc["U", "after"]) == (77.143, 77.143)
    assert measure_visits(case(), ["U"]) is None


def test_a_plan_says_what_it_gains():
    """9,000 yuan move S to U: 11 of 24 covered in place of 4, and 22 visits more: 405 yuan each."""
    plan = pl.optimise(by_hand(policy=pl.Policy.from_yuan(capital=9_000)))
    assert (plan.gains.reach, there(plan.visits).change) == (7.0, 22.143)
    assert plan.gains.yuan_each(there(plan.visits).change) == 406.45
    assert plan.gains.falls == ""
    assert worth(plan, texts("en"))[-1].endswith("406.45 yuan an additional visit a month.")
    assert headline(plan, "5 minutes", texts("en")) == (
        "Demand within 5 minutes of an open station rises from 16.7% to 45.8%; "
        "predicted visits rise from 55 to 77 a month (+22, +40.3%)."
    )


def test_the_warning_is_in_the_command_and_in_json(folder):
    said = CliRunner().invoke(main, ["recommend", str(folder / "study"), "--out", str(folder / "out")])
    lines = said.output.splitlines()
    (at,) = [number for number, line in enumerate(lines) if line.startswith("WARNING: Reach rises and predicted visit")]
    assert re.match(r"Demand within a 15-minute walk of an open station rises from 92.2% to 96.1%; ", lines[at - 1])
    assert "predicted visits fall from " in lines[at - 1]
    assert any(line.endswith("no additional visits: visits do not grow.") for line in lines)
    done = CliRunner().invoke(main, ["recommend", str(folder / "study"), "--out", str(folder / "out"), "--json"])
    record = json.loads(done.stdout)
    assert record["warnings"] == [lines[at].removeprefix("WARNING: ")]
    assert record["visits"]["change"]["expected"] < -50
    assert record["gains"]["visits"]["yuan_each"] is None
    assert record["gains"]["people"]["all"] == {"gained": 1000.0, "yuan_each": 10.0}


@pytest.mark.parametrize(
    ("language", "words"), [("en", "Reach rises and predicted visits fall"), ("zh", "覆盖率提高，而")]
)
def test_the_warning_is_in_the_report(tmp_path, language, words):
    done = pl.recommend(
        pl.read_study(write_doorstep(tmp_path / "study", language=language, policy="visits_weight = 0"))
    )
    page = (pl.write(done.case, done.plan, tmp_path / "out").folder / "report.html").read_text(encoding="utf-8")
    text = texts(language)
    (warning,) = warnings_of(done.plan, text)
    assert warning.startswith(words)
    assert f"<b>{text['warning']}</b>{text['colon']}{warning}</p>" in page
    first = headline(done.plan, text["standard.minutes"].format(value="15"), text)
    assert f'<p class="first">{first}</p>' in page
    assert page.index(first) < page.index(warning) < page.index('<div class="figures')


def test_one_number_everywhere(folder):
    """The file of the stations adds up to plan.json, to the digit, which says what command and report say."""
    record = json.loads((folder / "out" / "plan.json").read_text(encoding="utf-8"))["visits"]
    rows = list(csv.DictReader(io.StringIO((folder / "out" / "visits.csv").read_text(encoding="utf-8-sig"))))
    totals = {when: sum(Decimal(row[when] or 0) for row in rows) for when in ("before", "after")}
    for when, total in totals.items():
        assert Decimal(str(record[when]["expected"])) == total
        assert record[when]["low"] < total < record[when]["high"]
    assert Decimal(str(record["change"]["expected"])) == totals["after"] - totals["before"]
    below = record["idle"]["below"]
    assert record["idle"]["after"] == sum(0 < float(row["after"] or 0) < below for row in rows)
    for name in ("report.html", "plan.json"):
        assert (folder / "out" / name).is_file()
    page = (folder / "out" / "report.html").read_text(encoding="utf-8")
    assert (
        f"from {totals['before']:,.0f} to {totals['after']:,.0f} a month ({signed(record['change']['expected'])}, "
        in page
    )


def test_the_judge_counts_visits_again(folder):
    file = folder / "out" / "plan.json"
    whole = file.read_text(encoding="utf-8")
    assert pl.verify(folder / "out").confirmed
    record = json.loads(whole)
    try:
        for change, said in (
            (lambda visits: visits["change"].update(high=1000.0), "visits.change.high: recounted"),
            (lambda visits: visits["idle"].update(new=0), "visits.idle.new: recounted 1"),
            (lambda visits: visits["before"].update(expected=1500.0), "visits.before: the stations add up to"),
            (lambda visits: visits["stations"][0].update(after=90.0), "visits.C.after: recounted"),
            (
                lambda visits: visits["stations"][0].update(after=visits["stations"][0]["after"] + 1e-6),
                "in thousandths",
            ),
            (lambda visits: visits.update(draws=10), "visits.draws: are 400"),
            (lambda visits: visits["stations"].pop(), "visits.stations: are not those"),
        ):
            altered = json.loads(whole)
            change(altered["visits"])
            file.write_text(json.dumps(altered), encoding="utf-8")
            differences = pl.verify(folder / "out").differences
            assert any(said in each for each in differences), differences
        file.write_text(json.dumps(record | {"warnings": []}), encoding="utf-8")
        assert any(each.startswith("warnings: ") for each in pl.verify(folder / "out").differences)
        file.write_text(json.dumps(record | {"visits": None}), encoding="utf-8")
        assert "visits: are missing; the inputs predict them" in pl.verify(folder / "out").differences
    finally:
        file.write_text(whole, encoding="utf-8")
