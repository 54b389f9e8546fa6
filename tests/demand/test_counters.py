"""Counters: planted faults are found by name, averages are what was planted, real counts are cleaned and listed."""

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from placement.demand import clean_counts, interpolate_footfall
from placement.errors import InputError

LEEDS = next(
    (found for up in Path(__file__).parents[3:] if (found := up / "shared" / "data" / "footfall").is_dir()),
    Path("../shared/data/footfall"),
)


def planted(weeks=4, level=100.0, weekend=3.0, seed=0):
    """Hourly counts with a known mean: `level` an hour by day, a tenth by night, `weekend` times that on weekends."""
    time = pd.date_range("2025-03-03", periods=weeks * 168, freq="h")
    hour, weekday = time.hour, time.day_of_week
    mean = np.where((hour >= 8) & (hour < 20), level, level / 10) * np.where(weekday >= 5, weekend, 1.0)
    count = np.random.default_rng(seed).poisson(mean).astype(float)
    return pd.DataFrame({"counter_id": "C1", "time": time, "count": count})


def true_day(level=100.0, weekend=3.0):
    return 12 * level * 1.1 * (5 + 2 * weekend) / 7


def test_clean_series_gives_its_mean_and_night_share():
    counters = clean_counts(planted(weeks=20)).counters.loc["C1"]
    assert counters["people_per_day"] == pytest.approx(true_day(), rel=0.01)
    assert counters["night_share"] == pytest.approx(0.1 / 1.1, rel=0.03)
    assert counters[["used", "dropped", "missing", "weekdays"]].tolist() == [20 * 168, 0, 0, 7]


def test_missing_hours_lower_nothing():
    full = planted(weeks=8)
    noon = full["time"].dt.hour.between(10, 15) & (full.index % 5 == 0)
    counters = clean_counts(full[~noon]).counters.loc["C1"]
    assert counters["people_per_day"] == pytest.approx(true_day(), rel=0.02)
    assert counters["missing"] == noon.sum()
    by_day = clean_counts(full[full["time"].dt.hour.between(8, 19)]).counters.loc["C1"]
    assert by_day["hours"] == 12
    assert by_day["people_per_day"] == pytest.approx(true_day() / 1.1, rel=0.02)


def test_days_of_the_week_are_balanced():
    full = planted(weeks=8)
    weekend = full["time"].dt.day_of_week >= 5
    few_weekends = full[~weekend | (full["time"] < "2025-03-17")]
    assert clean_counts(few_weekends).counters.loc["C1", "people_per_day"] == pytest.approx(true_day(), rel=0.02)
    assert few_weekends["count"].mean() * 24 < 0.8 * true_day()


def test_each_planted_fault_is_dropped_with_its_reason():
    frame = planted(weeks=8).astype({"time": object, "counter_id": object})
    frame.loc[10, "count"] = -5
    frame.loc[20, "count"] = np.nan
    frame.loc[30, "time"] = "yesterday"
    frame.loc[40, "counter_id"] = None
    frame.loc[50] = [None, None, None]
    frame.loc[200:208, "count"] = 77  # nine hours alike
    frame.loc[300:310, "count"] = 0  # Saturday noon to night: people are usual
    frame.loc[400, "count"] = 9000
    frame = pd.concat([frame, frame.loc[[60]], frame.loc[[70]].assign(count=1.0)], ignore_index=True)
    cleaned = clean_counts(frame)
    reasons = cleaned.dropped["reason"]
    assert reasons.loc[[10, 20, 30, 40, 50]].tolist() == [
        "negative count",
        "no count",
        "no time",
        "no counter",
        "empty row",
    ]
    assert set(reasons.loc[200:208]) == {"stuck count"}
    assert set(reasons.loc[300:310]) == {"outage"}
    assert reasons[400] == "outlier"
    assert reasons[len(frame) - 2] == "repeated row"
    assert reasons.loc[[70, len(frame) - 1]].tolist() == ["several counts for one time"] * 2
    assert len(reasons) == 5 + 9 + 11 + 1 + 1 + 2
    assert cleaned.counters.loc["C1", "people_per_day"] == pytest.approx(true_day(), rel=0.02)
    assert cleaned.summary()["rows"].sum() == len(reasons)


def test_rows_may_share_labels():
    """Files of single days, joined: labels repeat."""
    frame = planted(weeks=2)
    frame.loc[30, "count"] = -1
    frame.index = frame.index % 24
    cleaned = clean_counts(frame)
    assert cleaned.dropped["reason"].to_dict() == {6: "negative count"}


def test_quiet_hours_may_be_zero():
    frame = planted(weeks=4, level=1.0)
    assert clean_counts(frame).dropped.empty


def test_standard_error_covers_the_true_day():
    hits = 0
    for seed in range(100):
        row = clean_counts(planted(weeks=2, level=40.0, seed=seed)).counters.loc["C1"]
        hits += abs(row["people_per_day"] - true_day(40.0)) < 1.645 * row["se"]
    assert 0.82 <= hits / 100 <= 0.97


def test_times_as_text_need_their_format():
    frame = planted(weeks=1).assign(time=lambda f: f["time"].dt.strftime("%d/%m/%Y %H:%M"))
    with pytest.raises(InputError, match="no usable count is left: 168 x no time"):
        clean_counts(frame)
    assert clean_counts(frame, time_formats=["%d/%m/%Y %H:%M"]).dropped.empty


def test_daily_counts_with_night():
    time = pd.date_range("2025-03-03", periods=28, freq="D")
    count = np.where(time.day_of_week >= 5, 300.0, 100.0)
    frame = pd.DataFrame({"counter_id": "C1", "time": time, "count": count, "night_count": count / 4})
    frame.loc[0, "night_count"] = 500
    frame.loc[5, "count"] = 0.0
    row = clean_counts(frame)
    assert row.dropped["reason"].to_dict() == {0: "night count outside 0..count", 5: "night count outside 0..count"}
    frame = frame.drop(index=[0, 5])
    counters = clean_counts(frame).counters.loc["C1"]
    assert counters["people_per_day"] == pytest.approx((5 * 100 + 2 * 300) / 7)
    assert counters["night_share"] == pytest.approx(0.25)
    assert counters["se"] == 0


def test_interpolation_is_exact_at_a_counter_without_nugget_and_the_mean_far_away():
    rng = np.random.default_rng(1)
    xy = rng.uniform(0, 4000, (60, 2))
    cov = np.exp(-np.linalg.norm(xy[:, None] - xy[None], axis=2) / 1500)
    people = np.exp(8 + np.linalg.cholesky(cov + 1e-9 * np.eye(60)) @ rng.standard_normal(60))
    counters = gpd.GeoDataFrame({"people_per_day": people}, geometry=gpd.points_from_xy(*xy.T), crs="EPSG:32650")
    found = interpolate_footfall(counters, counters)
    scores = found.scores
    assert scores["rmse_log"] < 0.7 * scores["rmse_log_mean"]
    assert scores["median_factor"] < scores["median_factor_mean"]
    assert 0.8 <= scores["interval_holds"] <= 0.98
    assert found.places["people_per_day"].to_numpy() == pytest.approx(people, rel=0.3)


def test_interpolation_refuses_two_counters():
    two = gpd.GeoDataFrame(
        {"people_per_day": [1.0, 2.0]}, geometry=gpd.points_from_xy([0, 9], [0, 0]), crs="EPSG:32650"
    )
    with pytest.raises(InputError, match="2 counters are too few"):
        interpolate_footfall(two, two)


@pytest.mark.skipif(not LEEDS.is_dir(), reason=f"the Leeds counts are not part of the project ({LEEDS} is absent)")
def test_leeds_counts():
    raw = pd.read_csv(LEEDS / "footfall.csv.gz", usecols=["Date", "Hour", "LocationName", "InCount"])
    records = pd.DataFrame(
        {
            "counter_id": raw["LocationName"],
            "time": raw["Date"] + " " + raw["Hour"].astype(str).str.zfill(2) + ":00",
            "count": raw["InCount"],
        }
    )
    # The file writes its days in three ways.
    formats = ["%d/%m/%Y %H:%M", "%Y-%m-%d %H:%M", "%d-%b-%y %H:%M"]
    cleaned = clean_counts(records, time_formats=formats)
    counters, reasons = cleaned.counters, cleaned.dropped["reason"].value_counts()
    assert len(raw) == 554_360
    assert counters["used"].sum() + reasons.sum() == len(raw)
    # The first three days of July 2016 stand there twice, written in two ways: only parsing shows it.
    assert reasons["repeated row"] == raw["LocationName"].nunique() * 72
    assert set(reasons.index) == {"repeated row", "outage", "outlier"}
    assert reasons["outage"] + reasons["outlier"] < 0.005 * len(raw)
    # Independent of all cleaning: mean of the hours x 24 is near, as little was wrong.
    plain = raw.groupby("LocationName")["InCount"].mean() * 24
    assert counters["people_per_day"].to_numpy() == pytest.approx(plain.loc[counters.index].to_numpy(), rel=0.01)
    assert counters["night_share"].between(0.03, 0.15).all()

    cameras = pd.read_csv(LEEDS / "camera_locs.csv").dropna(how="all")
    order = ["Briggate", "BriggateAtMcDs", "Headrow", "DortmundSq", "AlbionStNorth", "AlbionStSouth"]
    order += ["CommercialStLush", "CommercialStBarratts"]
    places = gpd.points_from_xy(cameras["X_Lon"], cameras["Y_Lat"], crs="EPSG:4326")
    frame = gpd.GeoDataFrame(counters.loc[order], geometry=places).to_crs("EPSG:27700")
    scores = interpolate_footfall(frame, frame).scores
    assert scores["median_factor"] < 1.6
    assert scores["interval_holds"] >= 6 / 8
