"""The trade between reach and visits: a town by hand, and a study whose every point the judge counts again."""

from __future__ import annotations

import json
from fractions import Fraction

import numpy as np
import pytest
from click.testing import CliRunner
from scipy import sparse

import placement as pl
from placement.cli import main
from placement.errors import InputError
from placement.report.plan_goods import frontier_from_dict
from placement.report.text import texts
from placement.report.trade import trade_picture, trade_rows, trade_says
from placement.values import Capture, Frontier, TradePoint
from tests.doorstep import write_doorstep
from tests.test_case_from_frames import SITES_M, case
from tests.there import there


def one_station(**changes):
    """Return a case with one station to place: S covers 4 of 24 and sees 40, T covers 9 and sees 0, U 11 and 10."""
    capture = Capture(
        site_ids=list(SITES_M), mass=np.zeros(1), pull=sparse.csr_array((1, 3)), door=np.array([40.0, 0, 10])
    )
    return case(capture=capture, policy=pl.Policy(max_stations=1), **changes)


def test_the_weight_decides_by_hand():
    """U is worth 11 + 10 r, S 4 + 40 r: S from r = 7 / 30 on."""
    found = pl.frontier(one_station(), weights=[0, 0.2, Fraction(1, 4), 1])
    table = found.table
    assert table["mark"].tolist() == ["today", "chosen", "", "", "", ""]
    assert [point.open for point in found.points[2:]] == [("U",), ("U",), ("S",), ("S",)]
    assert table["visits"].tolist()[2:] == [10.0, 10.0, 40.0, 40.0]
    np.testing.assert_allclose(table["coverage"][2:], [11 / 24, 11 / 24, 4 / 24, 4 / 24])
    assert len(found.plans) == 5
    assert found.sentence == (
        "The last 29.1 points of coverage, from 16.7% to 45.8%, cost 75% of the visits: 10 a month instead of 40."
    )


def points(*pairs: tuple[float, float]) -> Frontier:
    return Frontier(
        points=tuple(
            TradePoint(
                mark="today" if number == 0 else "chosen" if number == 1 else "",
                visits_weight=None if number < 2 else Fraction(number - 2), open=("A",), covered=covered, all=100.0,
                visits=visits, idle=1, idle_new=0, gap=None if number == 0 else 0.001,
            )
            for number, (covered, visits) in enumerate(pairs)
        )
    )  # fmt: skip


def test_the_sentence_names_where_the_curve_bends():
    """Scaled from (60, 1000) to (40, 2000), (58, 1500) lies .5 - .1 above the line, (50, 1800) .8 - .5."""
    found = points((30, 900), (60, 1000), (60, 1000), (58, 1500), (50, 1800), (40, 2000))
    assert found.figures() == {
        "points": "2.0", "below": "58.0%", "most": "60.0%", "share": "33%", "visits": "1,000", "instead": "1,500",
    }  # fmt: skip


def test_where_one_network_has_most_of_both_there_is_no_trade():
    found = points((30, 900), (60, 1000), (60, 1000), (58, 950))
    assert not found.trades
    assert (
        found.sentence
        == "Coverage and visits need no trade here: one network has most of both, 60.0% and 1,000 a month."
    )
    assert points((30, 1900), (60, 1000), (60, 1000)).trades


def test_the_report_has_a_dot_and_a_row_for_each():
    found = points((30, 900), (60, 1000), (60, 1000), (58, 1500))
    text = texts("zh")
    assert [row["mark"] for row in trade_rows(found, text)] == ["现状", "本方案", "", ""]
    picture = trade_picture(found, text)
    assert len(picture.dots) == 4
    assert {dot.label for dot in picture.dots} == {"现状", "本方案", "0", "1"}
    xs = {dot.label: dot.x for dot in picture.dots}
    assert xs["现状"] < xs["1"] < xs["0"]
    assert trade_says(found, text).startswith("覆盖率的最后 2.0 个百分点")


def test_goods_and_cases_that_cannot_be_traded():
    with pytest.raises(InputError, match="the case predicts no visits"):
        pl.frontier(case())
    with pytest.raises(InputError, match="and one of: visits, capital"):
        pl.frontier(one_station(), None, "coverage", "money")


def test_the_command_writes_it_and_the_judge_counts_it_again(tmp_path):
    write_doorstep(tmp_path / "study", policy="visits_weight = 0")
    asked = ["recommend", str(tmp_path / "study"), "--out", str(tmp_path / "out"), "--frontier"]
    said = CliRunner().invoke(main, asked)
    assert said.exit_code == 0, said.output
    file = tmp_path / "out" / "plan.json"
    record = json.loads(file.read_text(encoding="utf-8"))
    found = there(frontier_from_dict(record))
    assert len(found.points) == 10
    assert found.sentence in said.output
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert found.sentence in page
    assert page.count("<circle") >= len(found.points)
    assert found.points[0].visits == record["visits"]["before"]["expected"]
    assert found.points[1].visits == record["visits"]["after"]["expected"]
    assert pl.verify(tmp_path / "out").confirmed
    for key, value in (("visits", 1.0), ("covered", 1.0), ("idle", 9), ("idle_new", 9), ("open", ["C"])):
        altered = json.loads(file.read_text(encoding="utf-8"))
        altered["frontier"]["points"][2][key] = value
        (tmp_path / "out" / "plan.json").write_text(json.dumps(altered), encoding="utf-8")
        assert any(each.startswith("frontier.points.2.") for each in pl.verify(tmp_path / "out").differences)
        file.write_text(json.dumps(record), encoding="utf-8")
