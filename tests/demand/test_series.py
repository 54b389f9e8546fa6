"""Series of any step, direction, offset and gap: people a day are the known truth, or the fault is named."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from placement.demand import clean_counts
from placement.errors import InputError
from placement.tables import read_times
from tests.effort import cases

STEPS = [5, 12, 15, 30, 60, 90, 120, 360, 1440]


def hourly(time):
    """People an hour: another number each hour and weekday, so that nothing looks stuck."""
    return 40 + 7 * time.hour + 13 * time.day_of_week


def series(step, *, weeks=1, shift=0, start="2025-03-03"):
    """Counts every `step` minutes of a week of known hours."""
    minutes = pd.date_range(start, periods=weeks * 10080, freq="min")
    count = pd.Series(hourly(minutes) / 60, index=minutes).resample(f"{step}min", origin="start").sum()
    return pd.DataFrame(
        {"counter_id": "F1", "time": count.index + pd.Timedelta(minutes=shift), "count": count.to_numpy()}
    )


def truth():
    hours = hourly(pd.date_range("2025-03-03", periods=168, freq="h"))
    night = np.isin(np.arange(168) % 24, [20, 21, 22, 23, 0, 1, 2, 3, 4, 5, 6, 7])
    hours = hours.to_numpy()
    return hours.sum() / 7, hours[night].sum() / hours.sum()


def of(frame, **options):
    return clean_counts(frame, **options).counters.loc["F1"]


@pytest.mark.parametrize("step", STEPS)
def test_any_step_gives_the_same_people(step):
    row = of(series(step))
    assert row["people_per_day"] == pytest.approx(truth()[0], rel=1e-9)
    assert row["step_min"] == step
    if step <= 120:
        assert row["night_share"] == pytest.approx(truth()[1], rel=1e-9)
    assert row[["dropped", "missing", "weekdays", "hours"]].tolist() == [0, 0, 7, 24]


@given(
    step=st.sampled_from([5, 15, 30, 60]),
    lost=st.floats(0, 0.3),
    shift=st.integers(0, 4),
    directions=st.integers(1, 3),
    named=st.booleans(),
    every=st.sampled_from([None, 60, 1440]),
    seed=st.integers(0, 2**32 - 1),
)
@settings(max_examples=25, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
def test_missing_slots_shifts_and_directions_change_nothing(step, lost, shift, directions, named, every, seed):
    rng = np.random.default_rng(seed)
    frame = series(step, weeks=3, shift=shift)
    frame = frame[rng.random(len(frame)) >= lost]
    parts = rng.dirichlet(np.full(directions, 20.0), size=len(frame))
    rows = [
        frame.assign(count=frame["count"] * parts[:, place], **({"direction": f"way {place}"} if named else {}))
        for place in range(directions)
    ]
    mixed = pd.concat(rows, ignore_index=True).sample(frac=1, random_state=int(rng.integers(2**31)))
    counts = clean_counts(mixed, every=every)
    assert counts.dropped.empty
    assert counts.counters.loc["F1", "people_per_day"] == pytest.approx(truth()[0], rel=3e-3)
    assert counts.counters.loc["F1", "night_share"] == pytest.approx(truth()[1], rel=4e-2)


def test_counters_may_have_steps_of_their_own():
    frames = [series(step).assign(counter_id=f"F{step}") for step in (5, 60, 1440)]
    found = clean_counts(pd.concat(frames)).counters
    assert found["step_min"].to_dict() == {"F5": 5, "F60": 60, "F1440": 1440}
    assert found["people_per_day"].to_numpy() == pytest.approx(truth()[0])


def test_a_counter_with_one_row_counts_as_long_as_the_others():
    frame = pd.concat([series(15), series(15).assign(counter_id="F2").iloc[40:41]])
    assert clean_counts(frame).counters["step_min"].to_dict() == {"F1": 15, "F2": 15}


def test_a_quarter_that_is_never_counted_is_as_its_hour():
    frame = series(15, weeks=2)
    row = of(frame[frame["time"].dt.minute != 30])
    assert row["people_per_day"] == pytest.approx(truth()[0])
    assert row["hours"] == 24


def test_times_that_miss_the_beat_by_seconds():
    frame = series(15, weeks=2)
    late = np.random.default_rng(0).integers(-60, 60, len(frame))
    row = of(frame.assign(time=frame["time"] + pd.to_timedelta(late, unit="s")))
    assert row["people_per_day"] == pytest.approx(truth()[0], rel=2e-3)
    assert row["step_min"] == 15


def test_hours_that_are_lost_in_quarters_are_outages_still():
    frame = series(15, weeks=6)
    frame.loc[100:131, "count"] = 0.0
    counts = clean_counts(frame)
    assert counts.dropped["reason"].tolist() == ["outage"] * 32
    assert counts.counters.loc["F1", "people_per_day"] == pytest.approx(truth()[0])


def refused(frame, **options):
    with pytest.raises(InputError) as caught:
        clean_counts(frame, **options)
    return [str(fault) for fault in caught.value.faults]


def test_a_step_that_nobody_knows_is_a_fault():
    thrice = series(60, weeks=2)
    thrice = thrice[thrice["time"].dt.hour.isin([8, 12, 18])]
    assert "no regular step" in refused(thrice)[0]
    assert of(thrice, every=60)["hours"] == 3
    one = pd.DataFrame({"counter_id": "F1", "time": ["2025-03-03"], "count": [5]})
    assert "has a single time: how long it counts is not known" in refused(one)[0]
    assert of(one, every=1440)["people_per_day"] == 5
    days = series(1440, weeks=2)
    assert refused(days, every=60)[0].startswith(
        "footfall_counts [counter_id F1]: has times a day apart, but counts_every says an hour -> say how many minutes"
    )
    weeks = days.iloc[::7]
    assert "7 days apart" in refused(pd.concat([weeks] * 1))[0]
    odd = series(60).assign(time=pd.date_range("2025-03-03", periods=168, freq="7min"))
    assert "7 minutes apart, which does not divide the day" in refused(odd)[0]


@pytest.mark.parametrize(("first", "then"), [(60, 15), (15, 60), (1440, 60), (5, 15), (60, 1440)])
@pytest.mark.parametrize("every", [None, 15, 60, 1440])
def test_a_counter_that_changes_its_step_is_refused(first, then, every):
    frame = pd.concat([series(first, weeks=2), series(then, weeks=2, start="2025-03-17")], ignore_index=True)
    assert refused(frame, every=every)


def test_times_at_the_end_of_an_hour():
    frame = series(60, weeks=2)
    row = of(frame.assign(time=frame["time"] + pd.Timedelta("59min59s")))
    assert row[["people_per_day", "night_share"]].tolist() == pytest.approx(truth())


def test_finer_than_promised_is_summed_and_said():
    counts = clean_counts(series(15), every=60)
    assert counts.notes == ("counts every 15 minutes are summed (counts_every says an hour): F1",)
    assert counts.counters.loc["F1", "people_per_day"] == pytest.approx(truth()[0])


def test_a_file_joined_to_itself_is_not_two_directions():
    frame = series(60, weeks=2)
    twice = clean_counts(pd.concat([frame, frame], ignore_index=True))
    assert set(twice.dropped["reason"]) == {"repeated row"}
    assert twice.counters.loc["F1", "people_per_day"] == pytest.approx(truth()[0])
    mended = frame.assign(count=frame["count"] + (np.arange(len(frame)) % 5 == 0))
    assert "directions, or a file twice?" in refused(pd.concat([frame, mended], ignore_index=True))[0]


def test_a_sum_beside_its_directions_is_left_out():
    frame = series(60, weeks=2)
    parts = [frame.assign(count=frame["count"] * share, direction=way) for way, share in (("in", 0.3), ("out", 0.7))]
    counts = clean_counts(pd.concat([*parts, frame.assign(direction="both")], ignore_index=True))
    assert set(counts.dropped["reason"]) == {"the sum of the other directions"}
    assert counts.counters.loc["F1", "people_per_day"] == pytest.approx(truth()[0])


def test_a_time_without_one_of_its_directions_is_left_out():
    frame = series(60, weeks=4)
    ways = [frame.assign(count=frame["count"] * share) for share in (0.3, 0.7)]
    one_way = pd.concat([ways[0], ways[1].drop(index=[3, 50])], ignore_index=True)
    counts = clean_counts(one_way)
    assert counts.dropped["reason"].value_counts().to_dict() == {"a direction is missing": 2}
    assert counts.counters.loc["F1", "people_per_day"] == pytest.approx(truth()[0])


@pytest.mark.parametrize(("zone", "start"), [("Europe/London", "2025-10-20"), ("America/New_York", "2025-03-03")])
@pytest.mark.parametrize("step", [15, 60])
def test_clocks_set_back_or_forward_change_nothing(zone, start, step):
    instants = pd.date_range(start, periods=14 * 24 * 60 // step, freq=f"{step}min", tz="UTC")
    local = instants.tz_convert(zone).tz_localize(None)
    frame = pd.DataFrame({"counter_id": "F1", "time": instants.strftime("%Y-%m-%dT%H:%M:%SZ")})
    times = read_times(frame["time"]).in_zone(zone)
    assert (times.local == local).all()
    frame = frame.assign(time=times.local, offset_min=times.offset_min, count=hourly(local) * step / 60)
    counts = clean_counts(frame)
    assert counts.dropped.empty
    assert counts.counters.loc["F1", "people_per_day"] == pytest.approx(truth()[0])


@pytest.mark.parametrize("count", ["-3", "", "many", "inf", "1e9"])
def test_counts_that_cannot_be_are_left_out(count):
    frame = series(60, weeks=4).astype({"count": object})
    frame.loc[30, "count"] = count
    counts = clean_counts(frame)
    assert counts.dropped["reason"].isin(["negative count", "no count", "impossible count"]).tolist() == [True]
    assert counts.counters.loc["F1", "people_per_day"] == pytest.approx(truth()[0])


FORMS = [
    "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%S.000", "%Y/%m/%d %H:%M", "%Y.%m.%d %H:%M", "%Y%m%d %H%M",
    "%Y%m%dT%H%M%S", "%Y%m%d%H%M", "%Y年%m月%d日 %H:%M", "%Y年%m月%d日%H时%M分", "%d-%b-%Y %H:%M", "%d %B %Y %H:%M",
    "%Y-%m-%d %I:%M %p",
]  # fmt: skip


@given(
    moment=st.datetimes(pd.Timestamp("1950-01-01").to_pydatetime(), pd.Timestamp("2150-01-01").to_pydatetime()),
    form=st.sampled_from(FORMS),
    zone=st.sampled_from(["", "Z", "+08:00", "-0330", "+05"]),
)
@settings(max_examples=cases(150), deadline=None)
def test_every_form_is_read_as_it_was_written(moment, form, zone):
    moment = moment.replace(second=0, microsecond=0)
    if moment.year < 1000:
        return
    read = read_times(pd.Series([moment.strftime(form) + zone]))
    assert read.local.tolist() == [pd.Timestamp(moment)]
    ahead = {"": np.nan, "Z": 0, "+08:00": 480, "-0330": -210, "+05": 300}[zone]
    assert read.offset_min.to_numpy() == pytest.approx([ahead], nan_ok=True)


def test_forms_of_few_signs():
    texts = ["2025/3/1 8:00", "2025-03-01T08", "45717.333333333", "2025-02-28 24:00", "２０２５-03-01 08：00"]
    expected = ["2025-03-01 08:00", "2025-03-01 08:00", "2025-03-01 08:00", "2025-03-01", "2025-03-01 08:00"]
    assert read_times(pd.Series(texts)).local.tolist() == [pd.Timestamp(text) for text in expected]


@given(st.text(max_size=20))
@settings(max_examples=cases(200), deadline=None)
def test_no_text_ends_in_a_traceback(text):
    read = read_times(pd.Series([text]))
    assert read.unread[0] == (pd.isna(read.local[0]) and bool(text.strip()))


@pytest.mark.parametrize(
    "text", ["3/4/2025 08:00", "2025-02-30", "2025-13-01", "25:00", "2025", "41", "2025-03-01 25:00"]
)
def test_what_may_be_read_in_two_ways_or_none_is_not_read(text):
    assert read_times(pd.Series([text])).unread.tolist() == [True]
