r"""Hourly and daily counts of foot-traffic counters, cleaned and averaged, with a list of all that was left out.

Each valid hour belongs to one cell (weekday, hour of the day) of its counter. The daily number is

.. math::
    F = \frac{1}{|W|} \sum_{w \in W} \sum_{h=0}^{23} \bar y_{wh}

over the weekdays W seen: cells are averaged before they are added, so that a missing hour lowers nothing and ten
Saturdays weigh no more than two. Left out are, in this order,

* rows without counter, time or count, and negative counts;
* repeated rows; where one counter has several counts for one hour, all of them, for nobody knows which is right;
* stuck counts: the same number above zero for :data:`STUCK_HOURS` hours on end;
* outages: zeros in a cell whose median is at least :data:`OUTAGE_MEDIAN` (a Poisson count of that mean is zero once in
  half a billion);
* outliers: more than :data:`OUTLIER_FACTOR` times the median of the cell and more than :data:`OUTLIER_MADS` robust
  standard deviations of the logarithms above it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from placement.demand._check import require_columns
from placement.errors import InputError

FloatArray = NDArray[np.float64]

STUCK_HOURS = 6
OUTAGE_MEDIAN = 20.0
OUTLIER_FACTOR = 4.0
OUTLIER_MADS = 6.0
ISO = ("ISO8601",)
NIGHT_MIN = (1200, 480)
"""20:00 to 08:00 in minutes after midnight."""
_NORMAL_MAD = 1.4826
_MAD_FLOOR = 0.05
_HOURS = 24


@dataclass(frozen=True, kw_only=True, eq=False)
class CleanCounts:
    """Averages by counter and what they were made of."""

    _counters: pd.DataFrame = field(repr=False)
    _dropped: pd.DataFrame = field(repr=False)

    @property
    def counters(self) -> pd.DataFrame:
        """By ``counter_id``: `people_per_day`, `night_share` and how they came about.

        Further columns: `se` (standard error of the daily number from the scatter of days of one weekday, as if days
        were independent), `used` (hours or days that entered), `dropped` (rows left out), `missing` (hours or days
        between the first and the last that have no usable row), `weekdays` (weekdays seen, 7 is full balance), `hours`
        (hours of the day ever seen; below 24 the daily number is of those alone).
        """
        return self._counters.copy()

    @property
    def dropped(self) -> pd.DataFrame:
        """Every row left out, by its index in the input: `counter_id`, `time`, `count`, `reason`."""
        return self._dropped.copy()

    def summary(self) -> pd.DataFrame:
        """Return rows left out by counter and reason."""
        table = self._dropped.fillna({"counter_id": ""}).value_counts(["counter_id", "reason"])
        return table.rename("rows").reset_index().sort_values(["counter_id", "reason"], ignore_index=True)


def clean_hourly_counts(
    records: pd.DataFrame,
    *,
    night_min: tuple[int, int] = NIGHT_MIN,
    time_formats: Sequence[str] = ISO,
) -> CleanCounts:
    """Clean and average hourly counts.

    Parameters
    ----------
    records
        One row an hour: `counter_id`, `time` (the start of the hour: a time or its text), `count`.
    night_min
        Night in minutes after midnight (start, end); `night_share` is the share of people who pass in it.
    time_formats
        Formats of times written as text, tried in this order (3/4 may be March or April: it is not guessed).

    Returns
    -------
    CleanCounts

    Raises
    ------
    InputError
        If a column is missing or nothing usable is left.
    """
    require_columns("footfall", records, ["counter_id", "time", "count"])
    frame, reason = _typed(records.reset_index(drop=True), time_formats)
    frame["time"] = frame["time"].dt.floor("h")
    reason = _without_repeats(frame, reason)
    reason = _without_stuck(frame, reason)
    frame["weekday"], frame["hour"] = frame["time"].dt.day_of_week, frame["time"].dt.hour
    reason = _without_odd(frame, reason, ["counter_id", "weekday", "hour"])
    good = frame[reason == ""]
    if good.empty:
        raise InputError.single("footfall", "no usable hour is left", remedy="see the columns of clean_hourly_counts")
    in_night = _night_fraction(night_min)
    rows = {name: _average_hours(part, in_night) for name, part in good.groupby("counter_id", sort=True)}
    return _result(rows, frame, reason, records.index)


def clean_daily_counts(records: pd.DataFrame, *, time_formats: Sequence[str] = ISO) -> CleanCounts:
    """Clean and average daily counts.

    Parameters
    ----------
    records
        One row a day: `counter_id`, `time` (the day), `count`, optional `night_count` (within `count`).
    time_formats
        As in :func:`clean_hourly_counts`.

    Returns
    -------
    CleanCounts

    Raises
    ------
    InputError
        If a column is missing or nothing usable is left.
    """
    require_columns("footfall", records, ["counter_id", "time", "count"])
    frame, reason = _typed(records.reset_index(drop=True), time_formats)
    frame["time"] = frame["time"].dt.floor("D")
    frame["weekday"] = frame["time"].dt.day_of_week
    frame["night"] = np.nan
    if "night_count" in records.columns:
        frame["night"] = pd.to_numeric(records["night_count"], errors="coerce").to_numpy(dtype=float)
        wrong = (frame["night"] < 0) | (frame["night"] > frame["count"])
        reason = reason.mask((reason == "") & wrong, "night count outside 0..count")
    reason = _without_repeats(frame, reason)
    reason = _without_odd(frame, reason, ["counter_id", "weekday"])
    good = frame[reason == ""]
    if good.empty:
        raise InputError.single("footfall", "no usable day is left", remedy="see the columns of clean_daily_counts")
    rows = {name: _average_days(part) for name, part in good.groupby("counter_id", sort=True)}
    return _result(rows, frame, reason, records.index)


def _times(values: pd.Series, formats: Sequence[str]) -> pd.Series:
    """Return the times of a column; NaT where no format fits."""
    if pd.api.types.is_datetime64_any_dtype(values):
        return values
    times = pd.Series(pd.NaT, index=values.index, dtype="datetime64[ns]")
    for pattern in formats:
        left = times.isna()
        read = pd.to_datetime(values[left].astype("string"), format=pattern, errors="coerce")
        times[left] = read.astype("datetime64[ns]")
    return times


def _typed(records: pd.DataFrame, formats: Sequence[str]) -> tuple[pd.DataFrame, pd.Series]:
    """Return the rows with types, and a reason against each row ("" where it stands)."""
    frame = pd.DataFrame(
        {
            "counter_id": records["counter_id"].astype("string").str.strip().replace("", pd.NA).astype(object),
            "time": _times(records["time"], formats),
            "count": pd.to_numeric(records["count"], errors="coerce").astype(float),
        },
        index=records.index,
    )
    reason = pd.Series("", index=frame.index, dtype=object)
    empty = frame.isna().all(axis=1)
    reason[empty] = "empty row"
    for column, words in (("counter_id", "no counter"), ("time", "no time"), ("count", "no count")):
        reason[(reason == "") & frame[column].isna()] = words
    reason[(reason == "") & (frame["count"] < 0)] = "negative count"
    return frame, reason


def _without_repeats(frame: pd.DataFrame, reason: pd.Series) -> pd.Series:
    good = frame[reason == ""]
    repeated = good.duplicated(["counter_id", "time", "count"])
    reason = reason.mask(repeated.reindex(frame.index, fill_value=False), "repeated row")
    rest = good[~repeated]
    conflict = rest.duplicated(["counter_id", "time"], keep=False)
    return reason.mask(conflict.reindex(frame.index, fill_value=False), "several counts for one time")


def _without_stuck(frame: pd.DataFrame, reason: pd.Series) -> pd.Series:
    """Mark runs of the same number above zero in consecutive hours."""
    good = frame[reason == ""].sort_values(["counter_id", "time"])
    same = (
        (good["counter_id"] == good["counter_id"].shift())
        & (good["count"] == good["count"].shift())
        & (good["time"] - good["time"].shift() == pd.Timedelta(hours=1))
    )
    run = pd.Series(np.cumsum(~same.to_numpy(dtype=bool)), index=good.index)
    stuck = (run.groupby(run).transform("size") >= STUCK_HOURS) & (good["count"] > 0)
    return reason.mask(stuck.reindex(frame.index, fill_value=False), "stuck count")


def _without_odd(frame: pd.DataFrame, reason: pd.Series, cell: list[str]) -> pd.Series:
    """Mark impossible zeros, then counts far above their cell."""
    good = frame[reason == ""]
    typical = good.groupby(cell)["count"].transform("median")
    outage = (good["count"] == 0) & (typical >= OUTAGE_MEDIAN)
    reason = reason.mask(outage.reindex(frame.index, fill_value=False), "outage")
    good = frame[reason == ""]
    logs = np.log1p(good["count"])
    keys = [good[name] for name in cell]
    centre = logs.groupby(keys).transform("median")
    width = (logs - centre).abs().groupby(keys).transform("median").clip(lower=_MAD_FLOOR) * _NORMAL_MAD
    far = logs - centre > np.maximum(OUTLIER_MADS * width, np.log(OUTLIER_FACTOR))
    return reason.mask(far.reindex(frame.index, fill_value=False), "outlier")


def _night_fraction(night_min: tuple[int, int]) -> FloatArray:
    """Return (24,) shares of each hour that lie in the night."""
    start, end = night_min
    minute = np.arange(1440)
    night = (minute >= start) & (minute < end) if start < end else (minute >= start) | (minute < end)
    return np.asarray(night.reshape(_HOURS, 60).mean(axis=1), dtype=float)


def _average_hours(part: pd.DataFrame, in_night: FloatArray) -> dict[str, float]:
    """Return the row of one counter from its valid hours."""
    cells = (
        part.groupby(["weekday", "hour"])["count"]
        .mean()
        .reset_index()
        .pivot_table(index="weekday", columns="hour", values="count")
    )
    cells = cells.reindex(columns=range(_HOURS))
    # An hour never seen on one weekday takes the mean of that hour on the others.
    cells = cells.fillna(cells.mean())
    by_hour = cells.mean().fillna(0.0).to_numpy()
    total = float(by_hour.sum())
    days = part.groupby(part["time"].dt.floor("D"))["count"].agg(["sum", "size"])
    span = int((part["time"].max() - part["time"].min()) / pd.Timedelta(hours=1)) + 1
    full = days.loc[days["size"] == _HOURS, "sum"]
    return {
        "people_per_day": total,
        "night_share": float(by_hour @ in_night / total) if total > 0 else np.nan,
        "se": _standard_error(full),
        "used": len(part),
        "missing": span - len(part),
        "weekdays": len(cells),
        "hours": int(cells.notna().any().sum()),
    }


def _average_days(part: pd.DataFrame) -> dict[str, float]:
    """Return the row of one counter from its valid days."""
    means = part.groupby("weekday")[["count", "night"]].mean()
    told = part.dropna(subset="night").groupby("weekday")[["count", "night"]].mean().mean()
    span = int((part["time"].max() - part["time"].min()) / pd.Timedelta(days=1)) + 1
    return {
        "people_per_day": float(means["count"].mean()),
        "night_share": float(told["night"] / told["count"]) if told["count"] > 0 else np.nan,
        "se": _standard_error(part.set_index("time")["count"]),
        "used": len(part),
        "missing": span - len(part),
        "weekdays": len(means),
        "hours": _HOURS,
    }


def _standard_error(days: pd.Series) -> float:
    """Return the standard error of the mean over weekdays of the means of their days, with a pooled variance."""
    weekday = pd.DatetimeIndex(days.index).day_of_week
    size = days.groupby(weekday).size()
    freedom = int(size.sum() - len(size))
    if freedom < 1:
        return float("nan")
    residual = days.to_numpy() - days.groupby(weekday).transform("mean").to_numpy()
    variance = float((residual**2).sum()) / freedom
    return float(np.sqrt(variance * (1.0 / size).sum()) / len(size))


def _result(
    rows: dict[object, dict[str, float]], frame: pd.DataFrame, reason: pd.Series, labels: pd.Index
) -> CleanCounts:
    counters = pd.DataFrame.from_dict(rows, orient="index").rename_axis("counter_id")
    dropped = frame.loc[reason != "", ["counter_id", "time", "count"]].assign(reason=reason[reason != ""])
    dropped.index = labels[dropped.index]
    lost = dropped["counter_id"].value_counts()
    counters["dropped"] = lost.reindex(counters.index).fillna(0).astype(int).to_numpy()
    whole = ["used", "missing", "weekdays", "hours"]
    counters[whole] = counters[whole].astype(int)
    counters.index = counters.index.astype(str)
    return CleanCounts(_counters=counters, _dropped=dropped)
