"""The counters' series of a study: local time whatever was written, and what cannot be read named by line and value."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from placement.errors import InputError
from placement.pipeline.prepare import prepare_inputs
from placement.pipeline.sources import counter_averages
from placement.study import read_study
from placement.tables import read_tables

HOURS = pd.date_range("2025-03-03", periods=14 * 24, freq="h")
PEOPLE = 40 + 7 * HOURS.hour.to_numpy() + 13 * HOURS.day_of_week.to_numpy()
NIGHT = np.isin(HOURS.hour, [20, 21, 22, 23, 0, 1, 2, 3, 4, 5, 6, 7])


@pytest.fixture
def series(spoiled):
    """Write the same hours for every counter, with times as given, and settings of [demand]."""

    def write(times, settings="", count=PEOPLE, counters=("F1", "F2", "F3")):
        rows = [pd.DataFrame({"counter_id": name, "time": times, "count": count}) for name in counters]
        pd.concat(rows).to_csv(spoiled.folder / "counts.csv", index=False)
        spoiled.write("footfall", spoiled.frame("footfall")[["counter_id", "lon", "lat"]])
        text = spoiled.toml.read_text(encoding="utf-8")
        if "footfall_counts" not in text:
            spoiled.setting("survey = {", 'footfall_counts = "counts.csv"\nsurvey = {')
            spoiled.setting("need_share = 0.5", "need_share = 0.5\n# settings")
            text = spoiled.toml.read_text(encoding="utf-8")
        head, tail = text.split("# settings", 1)
        spoiled.toml.write_text(f"{head}# settings\n{settings}\n{tail.split('# end', 1)[-1]}", encoding="utf-8")
        return spoiled

    return write


def averages(spoiled):
    study = read_study(spoiled.folder)
    return counter_averages(study, read_tables(study))


@pytest.mark.parametrize(
    ("form", "settings"),
    [
        ("%Y-%m-%d %H:%M", ""),
        ("%Y-%m-%dT%H:%M:%S+08:00", ""),
        ("%Y/%m/%d %H:%M", 'counts_every = "hour"'),
        ("%Y%m%d %H%M", "counts_every = 60"),
        ("%d/%m/%Y %H:%M", 'counts_time_format = "%d/%m/%Y %H:%M"'),
        ("%m/%d/%Y %I:%M %p", 'counts_time_format = "%m/%d/%Y %I:%M %p"'),
        ("%d.%m.%Y %H:%M +0800", 'counts_time_format = "%d.%m.%Y %H:%M %z"'),
    ],
)
def test_forms_and_offsets_give_the_same_day(series, form, settings):
    found, notes = averages(series(HOURS.strftime(form), settings))
    assert notes == ()
    assert found["people_per_day"].to_numpy() == pytest.approx(PEOPLE.sum() / 14)
    assert found["night_share"].to_numpy() == pytest.approx(PEOPLE[NIGHT].sum() / PEOPLE.sum())


@pytest.mark.parametrize("zone", ["Asia/Shanghai", "America/New_York", "Asia/Kolkata"])
def test_utc_is_brought_to_the_zone_that_is_named(series, zone):
    instants = HOURS.tz_localize(zone, nonexistent="shift_forward").tz_convert("UTC")
    times = instants.strftime("%Y-%m-%dT%H:%M:%SZ")
    fault = series(times).only_fault()
    assert fault.startswith(
        f"footfall_counts: times are in UTC (row 2: {times[0]}) -> say whose local time it is: [demand]"
    )
    if zone == "America/New_York":
        return  # its clocks go forward in these weeks: see tests/demand/test_series.py
    found, notes = averages(series(times, f'counts_time_zone = "{zone}"'))
    assert notes == ()
    assert found["people_per_day"].to_numpy() == pytest.approx(PEOPLE.sum() / 14)
    assert found["night_share"].to_numpy() == pytest.approx(PEOPLE[NIGHT].sum() / PEOPLE.sum())


def test_offsets_that_differ_need_a_zone(series):
    times = list(HOURS.strftime("%Y-%m-%dT%H:%M+08:00"))
    times[5] = HOURS[5].strftime("%Y-%m-%dT%H:%M+09:00")
    assert "times have the offsets +08:00 and +09:00 (row 2: " in series(times).only_fault()
    times[5] = (HOURS[5] - pd.Timedelta(hours=8)).strftime("%Y-%m-%dT%H:%MZ")
    found, notes = averages(series(times, 'counts_time_zone = "Asia/Shanghai"'))
    assert notes == ()
    assert found["people_per_day"].to_numpy() == pytest.approx(PEOPLE.sum() / 14)


def test_times_that_cannot_be_read_are_shown_with_their_line(series):
    times = list(HOURS.strftime("%Y-%m-%d %H:%M"))
    times[3] = "yesterday"
    faults = series(times, counters=["F1"]).faults()
    assert faults[0].startswith(
        "footfall_counts [row 5]: time 'yesterday' cannot be read -> write 2025-03-01 08:00, 2025/3/1 8:00, "
    )
    either = series(HOURS.strftime("%d/%m/%Y %H:%M")).faults()
    assert either[0].startswith(
        "footfall_counts [row 2]: time '03/03/2025 00:00' may be day-month or month-day -> say which: "
        '[demand] counts_time_format = "%d/%m/%Y %H:%M"'
    )
    wrong = series(HOURS.strftime("%d/%m/%Y %H:%M"), 'counts_time_format = "%Y-%m-%d"').faults()
    assert wrong[0].startswith("footfall_counts [row 2]: time '03/03/2025 00:00' does not follow counts_time_format")


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ('counts_time_zone = "Asia/Shangai"', "'Asia/Shangai' is no time zone: did you mean Asia/Shanghai?"),
        ('counts_time_zone = "../../etc/passwd"', "is no time zone"),
        ('counts_time_zone = ""', "is no time zone"),
        ('counts_time_zone = "localtime"', "is no time zone"),
        ('counts_time_format = "%Y-%m %H"', "does not tell year, month and day"),
        ('counts_time_format = "%Y-%m-%d %I:%M"', "AM or PM with %I"),
        ('counts_time_format = "%Q"', "is no format of times"),
        ("counts_every = 0", 'must be "hour", "day" or whole minutes up to 1440'),
        ('counts_every = "week"', 'must be "hour", "day" or whole minutes up to 1440'),
        ("counts_every = true", 'must be "hour", "day" or whole minutes up to 1440'),
        ("counts_every = 7.5", 'must be "hour", "day" or whole minutes up to 1440'),
        ('counts_time_format = "%Y-%m-%d %Y-%m-%d"', "is no format of times"),
    ],
)
def test_settings_that_cannot_be(series, settings, words):
    spoiled = series(HOURS.strftime("%Y-%m-%d %H:%M"), settings)
    with pytest.raises(InputError) as caught:
        read_study(spoiled.folder)
    assert words in str(caught.value)


def test_what_was_left_out_is_told_with_its_first_line(series):
    count = PEOPLE.astype(object)
    count[10], count[20], count[30] = "NA", -4, 1e15
    notes = averages(series(HOURS.strftime("%Y-%m-%d %H:%M"), count=count))[1]
    assert notes == (
        "footfall_counts: 3 rows left out: impossible count (first: row 32)",
        "footfall_counts: 3 rows left out: negative count (first: row 22)",
        "footfall_counts: 3 rows left out: no count (first: row 12)",
    )


@pytest.mark.parametrize(
    ("odd", "told"),
    [
        ("1,352", "count is not a number ('1,352') -> write digits only, without thousands separators"),
        ("200人", "count is not a number ('200人') -> write digits only"),
    ],
)
def test_a_count_that_cannot_be_read_is_a_fault_not_a_gap(series, odd, told):
    # Thousands separators stand in the busiest hours alone: to leave these out would halve the street.
    count = PEOPLE.astype(object)
    count[10] = odd
    with pytest.raises(InputError) as caught:
        averages(series(HOURS.strftime("%Y-%m-%d %H:%M"), count=count, counters=("F1", "F2", "F3")))
    assert f"footfall_counts [row 12]: {told}" in str(caught.value)


def test_fullwidth_digits_are_digits(series):
    times = HOURS.strftime("%Y-%m-%d %H:%M")
    wide = PEOPLE.astype(object)
    wide[10] = str(PEOPLE[10]).translate({ord("0") + digit: ord("０") + digit for digit in range(10)})
    plain = averages(series(times))
    assert repr(averages(series(times, count=wide))) == repr(plain)


def test_directions_of_a_study(series):
    spoiled = series(HOURS.strftime("%Y-%m-%d %H:%M"))
    frame = pd.read_csv(spoiled.folder / "counts.csv")
    ways = [frame.assign(count=frame["count"] * share, direction=way) for way, share in (("in", 0.4), ("out", 0.6))]
    pd.concat(ways).to_csv(spoiled.folder / "counts.csv", index=False)
    found, notes = averages(spoiled)
    assert notes == ()
    assert found["people_per_day"].to_numpy() == pytest.approx(PEOPLE.sum() / 14)
    pd.concat(ways).drop(columns="direction").to_csv(spoiled.folder / "counts.csv", index=False)
    found, notes = averages(spoiled)
    assert notes == ("footfall_counts: 2 rows a time are summed as directions: F1, F2, F3",)
    assert found["people_per_day"].to_numpy() == pytest.approx(PEOPLE.sum() / 14)


def test_the_order_of_rows_changes_nothing(series):
    spoiled = series(HOURS.strftime("%Y-%m-%d %H:%M"))
    before = prepare_inputs(read_study(spoiled.folder)).demand.need
    frame = pd.read_csv(spoiled.folder / "counts.csv")
    frame.sample(frac=1, random_state=1).to_csv(spoiled.folder / "counts.csv", index=False)
    assert (prepare_inputs(read_study(spoiled.folder)).demand.need == before).all()


def test_a_counter_far_from_everybody_is_told(spoiled):
    people = spoiled.frame("population").astype({"lon": float, "lat": float})
    north = people.loc[people["lat"].idxmax()]
    spoiled.cell("footfall", 0, "lon", f"{north['lon']}")
    spoiled.cell("footfall", 0, "lat", f"{north['lat'] + 700 / 110_860:.7f}")
    spoiled.setting("footfall_bandwidth_m = 200", "footfall_bandwidth_m = 300")
    notes = prepare_inputs(read_study(spoiled.folder)).notes
    assert "SIMULATED footfall: no demand point within 500 m; all people go to the nearest: F1 (700 m)" in notes
