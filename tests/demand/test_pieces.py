"""Parts of periods: cut by hand, and by a study whose sites close within a period, recounted by the judge."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from placement.demand import estimate_demand, period_pieces
from placement.demand.pieces import period_of
from placement.judge import verify
from placement.pipeline.prepare import prepare_inputs
from placement.pipeline.recommend import recommend
from placement.standard import open_throughout
from placement.study import read_study
from placement.values.demand import Segment
from tests.demand.test_daytime import TOWN
from tests.written import write_outcome

DAY = {"day": (540, 1020), "evening": (1020, 1260), "night": (1260, 540)}
SHARE = {"day": 0.7, "evening": 0.2, "night": 0.1}


def test_periods_are_cut_at_hours_also_past_midnight():
    cut = period_pieces(DAY, SHARE, [(480, 1230), (0, 1440), (540, 1440)])
    assert dict(cut.of) == {
        "day": ("day",),
        "evening": ("evening 17:00-20:30", "evening 20:30-21:00"),
        "night": ("night 21:00-24:00", "night 00:00-08:00", "night 08:00-09:00"),
    }
    assert cut.periods["night 00:00-08:00"] == (0, 480)
    assert cut.share["night 00:00-08:00"] == pytest.approx(0.1 * 8 / 12)
    assert cut.named({"workers": ("day", "evening")}) == {
        "workers": ("day", "evening 17:00-20:30", "evening 20:30-21:00")
    }
    assert not period_pieces(DAY, SHARE, [(0, 1440), (540, 1260)]).cut
    assert [period_of(name) for name in ("evening 17:00-20:30", "evening")] == ["evening", "evening"]


@given(hours=st.lists(st.tuples(st.integers(0, 1439), st.integers(1, 1440)), max_size=5))
def test_every_site_is_open_through_a_piece_or_closed_through_it(hours):
    """Against the minutes of the clock; shares add up to those of the periods."""
    hours = [(opens, closes) for opens, closes in hours if (closes - opens) % 1440]
    cut = period_pieces(DAY, SHARE, hours)
    for name, pieces in cut.of.items():
        assert sum(cut.share[piece] for piece in pieces) == pytest.approx(SHARE[name])
        for piece in pieces:
            start, end = cut.periods[piece]
            minutes = (start + np.arange((end - start) % 1440 or 1440)) % 1440
            segment = Segment(
                age_group="general", period=piece, service="all", speed_m_s=1.0, starts_min=start, ends_min=end
            )
            for opens, closes in hours:
                is_open = (minutes - opens) % 1440 < (closes - opens) % 1440
                assert is_open.all() or not is_open.any()
                assert open_throughout(opens, closes, segment) == is_open.all()


def test_pieces_of_the_night_take_the_night_share_of_counters():
    cut = period_pieces(DAY, SHARE, [(480, 1230)])
    bare = {"trips_per_month": {"general": 0.2, "elderly": 0.5}, "need_share": 1.0}
    pieces = estimate_demand(TOWN, **bare, periods=cut.periods, period_share=cut.share)  # type: ignore[arg-type]
    whole = estimate_demand(TOWN, **bare, periods=DAY, period_share=SHARE)  # type: ignore[arg-type]
    for name in DAY:
        one = [number for number, each in enumerate(whole.segments) if each.period == name]
        many = [number for number, each in enumerate(pieces.segments) if period_of(each.period) == name]
        assert pieces.need[:, many].sum(axis=1) == pytest.approx(whole.need[:, one].sum(axis=1))


def test_a_site_that_closes_within_a_period_serves_its_part_and_the_judge_agrees(spoiled, tmp_path):
    stations = spoiled.frame("stations")
    closing = stations.assign(opens="00:00", closes="24:00")
    closing.loc[closing.index[0], ["opens", "closes"]] = ["08:00", "18:00"]
    spoiled.write("stations", closing)
    whole = recommend(read_study(spoiled.folder))
    spoiled.setting("need_share = 0.5", 'need_share = 0.5\nperiod_rule = "share"')
    study = read_study(spoiled.folder)
    part = recommend(study)
    names = {segment.period for segment in part.case.demand.segments}
    assert {"day 08:00-18:00", "day 18:00-20:00"} <= names
    assert part.case.demand.need.sum() == pytest.approx(whole.case.demand.need.sum())
    assert part.plan.before.total.share >= whole.plan.before.total.share
    write_outcome(part, tmp_path / "out")
    assert verify(tmp_path / "out").confirmed


def test_a_rule_with_nothing_to_cut_is_told(spoiled):
    for table in ("stations", "candidates"):
        frame = spoiled.frame(table)
        spoiled.write(table, frame.drop(columns=[name for name in ("opens", "closes") if name in frame.columns]))
    spoiled.setting("need_share = 0.5", 'need_share = 0.5\nperiod_rule = "share"')
    notes = prepare_inputs(read_study(spoiled.folder)).notes
    assert any("demand.period_rule has no effect" in note for note in notes)
