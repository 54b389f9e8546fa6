"""Counters of different seasons, weekdays and hours in one calendar: simulated with known truth."""

import numpy as np
import pandas as pd
import pytest

from placement.demand import clean_counts

SEASON = np.array([0.75, 0.78, 0.9, 1.0, 1.1, 1.15, 1.2, 1.25, 1.1, 1.0, 0.9, 0.8])
WEEK = np.array([0.95, 0.95, 0.95, 1.0, 1.1, 1.2, 0.85])
HOURS = np.array([1, 1, 0, 0, 0, 1, 3, 6, 9, 8, 7, 8, 9, 8, 7, 7, 8, 9, 8, 6, 5, 4, 3, 2], dtype=float)
YEAR = pd.date_range("2025-01-01", "2025-12-31", freq="D")


def daily(rng, name, level, days, noise=0.1):
    """Rows of one count a day; the truth is the level times the mean of the year."""
    mean = level * SEASON[days.month - 1] * WEEK[days.day_of_week]
    return pd.DataFrame(
        {"counter_id": name, "time": days, "count": rng.poisson(mean * rng.lognormal(0, noise, len(days)))}
    )


def hourly(rng, name, level, days, hours=range(24), shape=HOURS):
    times = pd.DatetimeIndex([day + pd.Timedelta(hours=int(hour)) for day in days for hour in hours])
    share = shape / shape.sum()
    mean = level * SEASON[times.month - 1] * WEEK[times.day_of_week] * share[times.hour]
    return pd.DataFrame({"counter_id": name, "time": times, "count": rng.poisson(mean)})


def year_mean(level):
    """Mean over weekdays of the mean over the days of the year."""
    frame = pd.DataFrame({"weekday": YEAR.day_of_week, "value": SEASON[YEAR.month - 1] * WEEK[YEAR.day_of_week]})
    return level * float(frame.groupby("weekday")["value"].mean().mean())


@pytest.mark.parametrize(
    ("months", "weekdays"),
    [((6, 7, 8), range(7)), ((1, 2), range(7)), (range(1, 13), (5, 6)), ((7,), (5, 6))],
    ids=["summer", "winter", "weekends", "weekends of July"],
)
def test_a_counter_of_a_part_of_the_year_is_told_by_one_of_all_of_it(months, weekdays):
    ratios, plain, held = [], [], []
    for seed in range(6):
        rng = np.random.default_rng(seed)
        part = YEAR[YEAR.month.isin(list(months)) & YEAR.day_of_week.isin(list(weekdays))]
        rows = [daily(rng, "part", 3000, part), daily(rng, "year", 800, YEAR), daily(rng, "other", 5000, YEAR[40:])]
        found = clean_counts(pd.concat(rows, ignore_index=True), every=1440).counters
        alone = clean_counts(rows[0], every=1440).counters
        ratios.append(found.loc["part", "people_per_day"] / year_mean(3000))
        plain.append(alone.loc["part", "people_per_day"] / year_mean(3000))
        held.append(abs(found.loc["part", "people_per_day"] - year_mean(3000)) < 2.5 * found.loc["part", "se"])
        assert found.loc["part", "se"] > 1.5 * alone.loc["part", "se"] or found.loc["part", "se"] > 100
        assert found.loc["year", "people_per_day"] == pytest.approx(
            clean_counts(rows[1], every=1440).counters.loc["year", "people_per_day"]
        )
    assert np.max(np.abs(np.array(ratios) - 1)) < 0.08
    assert np.mean(np.abs(np.array(plain) - 1)) > 0.025
    assert np.mean(held) >= 0.8


def test_a_counter_of_the_day_gets_its_night_from_the_others():
    rng = np.random.default_rng(0)
    days = pd.date_range("2025-05-01", periods=28, freq="D")
    rows = pd.concat(
        [hourly(rng, "office hours", 4000, days, range(8, 18)), hourly(rng, "whole", 2000, days)], ignore_index=True
    )
    found = clean_counts(rows).counters
    truth = found.loc["whole", "people_per_day"] * 2
    assert found.loc["office hours", "people_per_day"] == pytest.approx(truth, rel=0.03)
    assert found.loc["office hours", "night_share"] == pytest.approx(found.loc["whole", "night_share"], abs=0.01)
    assert found.loc["office hours", "se"] > 0.1 * truth
    assert found.loc["office hours", "hours"] == 10
    alone = clean_counts(rows[rows["counter_id"] == "office hours"]).counters
    assert alone.loc["office hours", "people_per_day"] == pytest.approx(
        truth * HOURS[8:18].sum() / HOURS.sum(), rel=0.03
    )


def test_months_that_no_two_counters_join_say_nothing():
    rng = np.random.default_rng(1)
    rows = [daily(rng, "winter", 1000, YEAR[:59]), daily(rng, "summer", 1000, YEAR[152:240])]
    found = clean_counts(pd.concat(rows, ignore_index=True), every=1440)
    for name, part in (("winter", rows[0]), ("summer", rows[1])):
        alone = clean_counts(part, every=1440).counters.loc[name]
        assert found.counters.loc[name, "people_per_day"] == pytest.approx(alone["people_per_day"], rel=0.06)
        assert found.counters.loc[name, "se"] > 5 * alone["se"]  # it may be a quarter off, and says so
    assert found.notes[-1].startswith("months or weekdays that were not counted are as at the other counters")


def test_counters_that_saw_the_same_months_and_weekdays_are_left_as_they_are():
    rng = np.random.default_rng(2)
    rows = [daily(rng, name, 1000, YEAR[:60].delete(gaps)) for name, gaps in (("a", [3, 9]), ("b", [20]))]
    found = clean_counts(pd.concat(rows, ignore_index=True), every=1440)
    for name, part in zip("ab", rows, strict=True):
        alone = clean_counts(part, every=1440).counters.loc[name]
        assert found.counters.loc[name, ["people_per_day", "se"]].tolist() == alone[["people_per_day", "se"]].tolist()
    assert not found.notes
