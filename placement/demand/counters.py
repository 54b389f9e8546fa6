r"""Counts of foot-traffic counters, cleaned and averaged, with a list of all that was left out.

Rows become one count a slot of the counter's step (:mod:`placement.demand.series`). Each valid slot belongs to one cell
(weekday, slot of the day) of its counter. The daily number is

.. math::
    F = \frac{1}{|W|} \sum_{w \in W} \sum_h \bar y_{wh}

over the weekdays W seen: cells are averaged before they are added, so that a missing slot lowers nothing and ten
Saturdays weigh no more than two. A slot never seen on a weekday takes the mean of its hour there, else that of the
slot on the other weekdays. Hours, weekdays and months that a counter never saw are as at the counters that did
(:mod:`placement.demand.calendar`). Left out are, in this order,

* rows without counter, time or count, and counts below zero or beyond :data:`MOST_PEOPLE`;
* repeated rows; where one counter has several counts for one time, all of them, for nobody knows which is right (see
  :mod:`placement.demand.series` for directions);

and, by the hour (by the slot, where that is longer), an hour of which slots are missing being scaled to the whole,

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

from placement.demand.calendar import one_calendar
from placement.demand.checks import require_columns
from placement.demand.series import DAY_MIN, TABLE, to_slots
from placement.errors import InputError
from placement.tables import read_times
from placement.values.immutable import immutable
from placement.values.shown import Shown

STUCK_HOURS = 6
OUTAGE_MEDIAN = 20.0
OUTLIER_FACTOR = 4.0
OUTLIER_MADS = 6.0
MOST_PEOPLE = 1e7
"""No counter sees more people in a day; a larger number is a fault of the file."""
NIGHT_MIN = (1200, 480)
"""20:00 to 08:00 in minutes after midnight."""
_NORMAL_MAD = 1.4826
_MAD_FLOOR = 0.05
_HOUR_MIN = 60
_SHOWN = 3


@immutable
@dataclass(frozen=True, kw_only=True, eq=False)
class CleanCounts:
    """Averages by counter and what they were made of.

    Parameters
    ----------
    notes
        What was summed, and what was filled.
    """

    notes: tuple[str, ...] = ()
    _counters: pd.DataFrame = field(repr=False)
    _dropped: pd.DataFrame = field(repr=False)

    @property
    def counters(self) -> pd.DataFrame:
        """By ``counter_id``: `people_per_day`, `night_share` and how they came about.

        Further columns: `se` (standard error of the daily number from the scatter of days of one weekday, as if days
        were independent, and of what was filled from other counters), `step_min` (minutes that a row counts), `used`
        (slots that entered), `dropped` (rows left out), `missing` (slots between the first and the last that have no
        usable row), `weekdays` (weekdays seen, 7 is full balance), `hours` (hours of the day ever seen), `filled`
        (whether hours, weekdays or months are as at other counters; else the daily number is of those seen alone).
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

    def _shown(self) -> Shown:
        people = float(self._counters["people_per_day"].sum())
        rows = [("left out", f"{len(self._dropped):,} rows"), *(("note", note) for note in self.notes)]
        return f"CleanCounts: {len(self._counters):,} counters, {people:,.0f} people a day", rows


def clean_counts(
    records: pd.DataFrame,
    *,
    every: int | None = None,
    night_min: tuple[int, int] = NIGHT_MIN,
    time_formats: Sequence[str] = (),
) -> CleanCounts:
    """Clean and average counts of any step that divides the day.

    Parameters
    ----------
    records
        One row a slot: `counter_id`, `time` (its start, local: a time or its text), `count`; optional `direction` or
        `lane` (rows of one time to be summed), `night_count` (within `count`, of daily counts), and `offset_min`
        (minutes that the time is ahead of UTC, which tells the two hours apart when clocks are set back).
    every
        Minutes that a row counts; None: as the times tell.
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
        If a column is missing, a counter's times tell no step or another one than `every`, or nothing usable is left.

    Examples
    --------
    >>> times = pd.date_range("2025-03-03", periods=96, freq="15min")
    >>> counts = clean_counts(pd.DataFrame({"counter_id": "C1", "time": times, "count": times.hour}))
    >>> float(counts.counters.loc["C1", "people_per_day"]), int(counts.counters.loc["C1", "step_min"])
    (1104.0, 15)
    """
    require_columns(TABLE, records, ["counter_id", "time", "count"])
    rows, reason = _typed(records.reset_index(drop=True), time_formats)
    slots = to_slots(rows, reason, every)
    frame = slots.frame
    frame["weekday"] = frame["time"].dt.day_of_week
    minute = frame["time"].dt.hour * _HOUR_MIN + frame["time"].dt.minute
    frame["slot"] = minute // frame["step_min"]
    why = _odd_hours(frame)
    good = frame[why == ""]
    if good.empty:
        raise InputError.single(
            TABLE, f"no usable count is left: {_reasons(slots.reason, why)}", remedy="mend its rows"
        )
    in_night = _night_minutes(night_min)
    averages = {name: _average(part, in_night) for name, part in good.groupby("counter_id", sort=True)}
    by_row = slots.of_row.map(why).fillna("")
    filled = one_calendar(good, pd.DataFrame.from_dict(averages, orient="index"), in_night.astype(float))
    notes = (*slots.notes, *filled.notes)
    return _result(filled.averages, rows, slots.reason.mask(slots.reason == "", by_row), records.index, notes)


def _reasons(*why: pd.Series) -> str:
    found = pd.concat([part[part != ""] for part in why]).value_counts().sort_index()
    return ", ".join(f"{count} x {reason}" for reason, count in found.items()) or "there are no rows"


def _typed(records: pd.DataFrame, formats: Sequence[str]) -> tuple[pd.DataFrame, pd.Series]:
    """Return the rows with types, and a reason against each row ("" where it stands)."""
    times = read_times(records["time"], formats)
    told = "offset_min" in records.columns
    frame = pd.DataFrame(
        {
            "counter_id": _text(records["counter_id"]),
            "time": times.local,
            "offset_min": records["offset_min"].astype(float) if told else times.offset_min,
            "count": pd.to_numeric(records["count"], errors="coerce").astype(float),
            "night": np.nan,
        },
        index=records.index,
    )
    reason = pd.Series("", index=frame.index, dtype=object)
    reason[frame[["counter_id", "time", "count"]].isna().all(axis=1)] = "empty row"
    for column, words in (("counter_id", "no counter"), ("time", "no time"), ("count", "no count")):
        reason[(reason == "") & frame[column].isna()] = words
    reason[(reason == "") & (frame["count"] < 0)] = "negative count"
    reason[(reason == "") & (frame["count"] > MOST_PEOPLE)] = "impossible count"
    direction = next((name for name in ("direction", "lane") if name in records.columns), None)
    if direction is not None:
        frame["direction"] = _text(records[direction])
        reason[(reason == "") & frame["direction"].isna()] = "no direction"
    if "night_count" in records.columns:
        frame["night"] = pd.to_numeric(records["night_count"], errors="coerce").astype(float)
        wrong = (frame["night"] < 0) | (frame["night"] > frame["count"])
        reason = reason.mask((reason == "") & wrong, "night count outside 0..count")
    return frame, reason


def _text(values: pd.Series) -> pd.Series:
    return values.astype("string").str.strip().replace("", pd.NA).astype(object)


def _odd_hours(frame: pd.DataFrame) -> pd.Series:
    """Return why slots are left out, by the hour or, where it is longer, the slot."""
    if frame.empty:
        return pd.Series(dtype=object)
    width = frame["step_min"].where(_HOUR_MIN % frame["step_min"] != 0, _HOUR_MIN)
    inside = pd.to_timedelta((frame["time"].dt.hour * _HOUR_MIN + frame["time"].dt.minute) % width, unit="m")
    keys = [frame["counter_id"], (frame["time"] - inside).rename("time"), frame["offset_min"], frame["weekday"]]
    groups = frame.groupby(keys, sort=True)
    number = groups.ngroup()
    hours = groups.agg(count=("count", "sum"), present=("count", "size"), step_min=("step_min", "first")).reset_index()
    wide = hours["step_min"].where(_HOUR_MIN % hours["step_min"] != 0, _HOUR_MIN)
    hours["width"] = wide
    hours["part"] = hours["present"] * hours["step_min"] / wide
    hours["count"] = hours["count"] / hours["part"]
    hours["hour"] = hours["time"].dt.hour * _HOUR_MIN + hours["time"].dt.minute
    reason = _without_stuck(hours, pd.Series("", index=hours.index, dtype=object))
    daily = hours["step_min"] == DAY_MIN
    reason = reason.mask(daily, "")
    reason = _without_odd(hours, reason, ["counter_id", "weekday", "hour"])
    return number.map(reason)


def _without_stuck(hours: pd.DataFrame, reason: pd.Series) -> pd.Series:
    """Mark runs of the same number above zero in consecutive hours."""
    good = hours[reason == ""].sort_values(["counter_id", "time"])
    same = (
        (good["counter_id"] == good["counter_id"].shift())
        & (good["count"] == good["count"].shift())
        & (good["time"] - good["time"].shift() == pd.to_timedelta(good["width"], unit="m"))
    )
    run = pd.Series(np.cumsum(~same.to_numpy(dtype=bool)), index=good.index)
    stuck = (run.groupby(run).transform("size") >= STUCK_HOURS) & (good["count"] > 0)
    return reason.mask(stuck.reindex(hours.index, fill_value=False), "stuck count")


def _without_odd(hours: pd.DataFrame, reason: pd.Series, cell: list[str]) -> pd.Series:
    """Mark impossible zeros, then counts far above their cell."""
    good = hours[reason == ""]
    typical = good.groupby(cell)["count"].transform("median")
    outage = (good["count"] == 0) & (typical * good["part"] >= OUTAGE_MEDIAN)
    reason = reason.mask(outage.reindex(hours.index, fill_value=False), "outage")
    good = hours[reason == ""]
    logs = np.log1p(good["count"])
    keys = [good[name] for name in cell]
    centre = logs.groupby(keys).transform("median")
    width = (logs - centre).abs().groupby(keys).transform("median").clip(lower=_MAD_FLOOR) * _NORMAL_MAD
    far = logs - centre > np.maximum(OUTLIER_MADS * width, np.log(OUTLIER_FACTOR))
    return reason.mask(far.reindex(hours.index, fill_value=False), "outlier")


def _night_minutes(night_min: tuple[int, int]) -> NDArray[np.bool_]:
    """Return (1440,) which minutes of the day lie in the night."""
    start, end = night_min
    minute = np.arange(DAY_MIN)
    return (minute >= start) & (minute < end) if start < end else (minute >= start) | (minute < end)


def _average(part: pd.DataFrame, in_night: NDArray[np.bool_]) -> dict[str, float]:
    """Return the row of one counter from its valid slots."""
    step = int(part["step_min"].iloc[0])
    return {"step_min": step} | (_average_days(part) if step == DAY_MIN else _average_slots(part, step, in_night))


def _average_slots(part: pd.DataFrame, step: int, in_night: NDArray[np.bool_]) -> dict[str, float]:
    """Return the row of one counter from its valid slots within days."""
    number = DAY_MIN // step
    cells = part.pivot_table(index="weekday", columns="slot", values="count", aggfunc="mean")
    cells = cells.reindex(columns=range(number))
    hour = np.arange(number) * step // max(step, _HOUR_MIN)
    cells = cells.fillna(_hourly_means(cells, hour))
    cells = cells.fillna(cells.mean())
    seen = cells.notna().any().to_numpy()
    by_slot = cells.mean().fillna(0.0).to_numpy()
    total = float(by_slot.sum())
    night = in_night.reshape(number, step).mean(axis=1)
    span = int((part["time"].max() - part["time"].min()) / pd.Timedelta(minutes=step)) + 1
    return {
        "people_per_day": total,
        "night_share": float(by_slot @ night / total) if total > 0 else np.nan,
        "se": _standard_error(_full_days(part, cells, hour)),
        "used": len(part),
        "missing": max(span - len(part), 0),
        "weekdays": len(cells),
        "hours": round(float(seen.sum()) * step / _HOUR_MIN),
    }


def _hourly_means(cells: pd.DataFrame, hour: NDArray[np.int64]) -> pd.DataFrame:
    """Return the mean of each hour of each weekday at all of its slots."""
    means = cells.T.groupby(hour).mean().T
    return means.reindex(columns=hour).set_axis(cells.columns, axis=1)


def _full_days(part: pd.DataFrame, cells: pd.DataFrame, hour: NDArray[np.int64]) -> pd.Series:
    """Return the sums of the days of which no hour is missing; a slot missing within an hour is as on other days."""
    day = part["time"].dt.floor("D")
    days = part.groupby(["weekday", day])["count"].agg(["sum", "size"]).reset_index()
    if len(hour) > len(np.unique(hour)):
        table = part.pivot_table(index=["weekday", day], columns="slot", values="count").reindex(columns=cells.columns)
        whole = (table.notna().T.groupby(hour).any().all()).to_numpy()
        usual = cells.reindex(table.index.get_level_values("weekday")).to_numpy()
        sums = np.where(table.notna(), table, usual).sum(axis=1)
        return pd.Series(sums[whole], index=pd.DatetimeIndex(table.index.get_level_values(1)[whole]))
    return days[days["size"] == len(hour)].set_index("time")["sum"]


def _average_days(part: pd.DataFrame) -> dict[str, float]:
    """Return the row of one counter from its valid days."""
    part = part.assign(time=part["time"].dt.floor("D"))
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
        "hours": DAY_MIN // _HOUR_MIN,
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
    averages: pd.DataFrame,
    frame: pd.DataFrame,
    reason: pd.Series,
    labels: pd.Index,
    notes: tuple[str, ...],
) -> CleanCounts:
    counters = averages.rename_axis("counter_id")
    dropped = frame.loc[reason != "", ["counter_id", "time", "count"]].assign(reason=reason[reason != ""])
    dropped.index = labels[dropped.index]
    lost = dropped["counter_id"].value_counts()
    counters["dropped"] = lost.reindex(counters.index).fillna(0).astype(int).to_numpy()
    whole = ["step_min", "used", "missing", "weekdays", "hours"]
    counters[whole] = counters[whole].astype(int)
    counters["filled"] = counters["filled"].astype(bool)
    counters.index = counters.index.astype(str)
    return CleanCounts(notes=notes, _counters=counters, _dropped=dropped)
