"""Rows of counters to one count a slot: how long a row counts is found from the times, directions are summed.

The step of a counter is the commonest distance between its times, if at least :data:`REGULAR` of the distances are it.
What the user says a row counts (``every``) settles irregular series; finer times are summed, and where hours are
promised but the times lie regularly farther apart, nobody knows what a row holds: a fault. So is a counter that changes
its step. Steps must divide the day.

Where most times of a counter have the same number of rows, these are directions or lanes and are summed, unless the
rows of a time are alike (a file joined to itself). A column `direction` (or `lane`) settles it. A time at which a
direction is missing is left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from placement.demand.checks import raise_faults
from placement.errors import Fault, listed
from placement.notes import Names, Note

TABLE = "footfall_counts"
REGULAR = 0.5
"""Least share of the distances between times that are the step."""
JITTER = 0.1
"""Largest relative difference of distances that are the same step, by clocks that are late."""
COARSE = 0.9
"""Share of the distances from which times farther apart than promised are no gaps."""
A_WHILE = 12
"""Times in a row that lie equally far apart, though not a step, and so are rows of another step, not gaps."""
SAME_ROWS = 0.9
"""Least share of the times that have as many rows as there are directions."""
ALIKE = (0.5, 0.99)
"""Share of the times with people whose rows are alike: up to the first they are directions, from the second repeats."""
DAY_MIN = 1440
_HOUR_MIN = 60
_REMEDY = 'say how many minutes a row counts, e.g. [demand] counts_every = 15, "hour" or "day"'


@dataclass(frozen=True, kw_only=True, eq=False)
class Slots:
    """One count a slot.

    Parameters
    ----------
    frame
        By number: `counter_id`, `time` (local, the start), `offset_min`, `count`, `night`, `step_min`.
    of_row
        Number of the slot that each row of the input went into; -1 where it went into none.
    reason
        Why a row went into none ("" where it did).
    notes
        What was summed.
    """

    frame: pd.DataFrame
    of_row: pd.Series
    reason: pd.Series
    notes: tuple[str, ...]


def to_slots(rows: pd.DataFrame, reason: pd.Series, every: int | None) -> Slots:
    """Return the slots of the rows that have no reason against them.

    Parameters
    ----------
    rows
        `counter_id`, `time` (local), `offset_min` (NaN where it is not known), `count`, `night`, and `direction` where
        it is told.
    reason
        Why a row is left out already; "" where it is not.
    every
        Minutes that a row counts as the user says; None where it does not say.

    Raises
    ------
    InputError
        Listing the counters whose times tell no step, or another one than `every`, or whose rows at one time are
        neither directions nor repeats.
    """
    good = rows[reason == ""].copy()
    good["offset_min"] = good["offset_min"].fillna(0.0)
    faults: list[Fault] = []
    steps, notes = _steps(good, every, faults)
    good["step_min"] = good["counter_id"].map(steps).astype(float).fillna(_HOUR_MIN).astype(int)
    good["time"] = _starts(good)
    if "direction" in good.columns:
        why = _by_direction(good)
    else:
        why, lanes = _by_lanes(good, faults)
        form = "{rows} rows a time are summed as directions: {names}"
        notes += [Note(form, rows=rows_a_time, names=names) for rows_a_time, names in lanes]
    raise_faults(faults)
    reason = reason.mask(reason == "", why.reindex(rows.index, fill_value=""))
    kept = good[why == ""]
    keys = ["counter_id", "time", "offset_min", "step_min"]
    sums = kept.groupby(keys, sort=True)[["count", "night"]].sum(min_count=1).reset_index()
    number = kept.groupby(keys, sort=True).ngroup()
    return Slots(
        frame=sums, of_row=number.reindex(rows.index, fill_value=-1), reason=reason, notes=tuple(notes)
    )  # fmt: skip


def _steps(good: pd.DataFrame, every: int | None, faults: list[Fault]) -> tuple[Mapping[object, int], list[Note]]:
    """Return the minutes that a row of each counter counts, and which of them are finer than was said."""
    instants = good["time"] - pd.to_timedelta(good["offset_min"], unit="m")
    times = pd.DataFrame({"counter_id": good["counter_id"], "time": instants}).drop_duplicates()
    times = times.sort_values(["counter_id", "time"])
    apart = (times.groupby("counter_id")["time"].diff().dt.total_seconds() / 60).round()
    apart = apart[apart > 0].astype(int)
    by_counter = {name: part.value_counts() for name, part in apart.groupby(times["counter_id"])}
    names = sorted(times["counter_id"].unique(), key=str)
    found = {name: _commonest(by_counter.get(name)) for name in names}
    told = {step for step, share, _ in found.values() if share >= REGULAR}
    if len(told) == 1 and every is None:
        # A counter with a single row counts as long as all the others do.
        found = {name: (told.copy().pop(), 1.0, 1) if not number else (step, share, number)
                 for name, (step, share, number) in found.items()}  # fmt: skip
    steps: dict[object, int] = {}
    finer: dict[int, list[object]] = {}
    series = {name: part.to_numpy() for name, part in apart.groupby(times["counter_id"])}
    for name, (apart_min, share, number) in found.items():
        step, problem = _decide(apart_min, share, number, every)
        other = 0 if problem or not number else _other_step(series.get(name, np.zeros(0, dtype=np.int64)), step, every)
        remedy = _REMEDY
        if other:
            remedy = "sum the finer rows, or give each step as a counter of its own"
            problem = f"has times {_written(step)} apart and, for a while, {_written(other)}"
        if problem:
            faults.append(Fault(table=TABLE, row=f"counter_id {name}", problem=problem, remedy=remedy))
            continue
        steps[name] = step
        if every is not None and step < every:
            finer.setdefault(step, []).append(name)
    notes = [
        Note(
            "counts every {step} minutes are summed (counts_every says {said}): {names}",
            step=step,
            said=_written(every or 0),
            names=Names(names),
        )
        for step, names in sorted(finer.items())
    ]
    return steps, notes


def _commonest(counts: pd.Series | None) -> tuple[int, float, int]:
    """Return the commonest distance in minutes (the smaller of two), its share and how many distances there are.

    Distances that differ from it by at most :data:`JITTER` are taken together: their median is what is meant.
    """
    if counts is None or not len(counts):
        return 0, 0.0, 0
    most = min(counts.index[counts == counts.max()])
    alike = counts[abs(counts.index - most) <= JITTER * most].sort_index()
    middle = alike.index[int(np.searchsorted(alike.cumsum(), alike.sum() / 2))]
    return int(middle), float(alike.sum() / counts.sum()), int(counts.sum())


def _other_step(apart: NDArray[np.int64], step: int, every: int | None) -> int:
    """Return another distance that a series keeps for a while, or 0; days that were promised may lie apart."""
    starts = np.flatnonzero(np.diff(apart, prepend=-1) != 0)
    lengths = np.diff(np.append(starts, len(apart)))
    for start, length in zip(starts, lengths, strict=True):
        distance = int(apart[start])
        jitter = abs(distance - step) <= JITTER * step
        if length >= A_WHILE and not jitter and not (step == every == DAY_MIN and distance > step):
            return distance
    return 0


def _decide(apart: int, share: float, number: int, every: int | None) -> tuple[int, str]:
    """Return the step of a counter, or what is wrong with its times."""
    problem, step = "", apart if every is None else every
    if every is None and not number:
        problem = "has a single time: how long it counts is not known"
    elif every is None and share < REGULAR:
        problem = f"has no regular step: its times are {_written(apart)} apart in {share:.0%} of the cases only"
    elif every is not None and number and apart < every and share >= REGULAR:
        step, problem = apart, _says(apart, every) if every % apart else ""
    elif every is not None and apart > every and share >= COARSE and every < DAY_MIN:
        problem = _says(apart, every)
    if not problem and step > DAY_MIN:
        problem = f"has times {step / DAY_MIN:g} days apart: what a row counts is not known"
    elif not problem and DAY_MIN % step:
        problem = f"has times {_written(step)} apart, which does not divide the day"
    return step, problem


def _says(apart: int, every: int) -> str:
    return f"has times {_written(apart)} apart, but counts_every says {_written(every)}"


def _written(minutes: int) -> str:
    return {_HOUR_MIN: "an hour", DAY_MIN: "a day"}.get(minutes, f"{minutes} minutes")


def _starts(good: pd.DataFrame) -> pd.Series:
    """Return the start of each row's slot: its time, brought to the beat of its counter where it misses it a little."""
    step = pd.to_timedelta(good["step_min"], unit="m")
    past = (good["time"] - good["time"].dt.normalize()).dt.total_seconds() % (good["step_min"] * 60)
    beats = {name: _beat(part, int(good["step_min"][part.index[0]])) for name, part in past.groupby(good["counter_id"])}
    phase = pd.to_timedelta(good["counter_id"].map(beats).astype(float), unit="s")
    steps = (good["time"] - phase - pd.Timestamp(0)) / step
    near = steps.round()
    whole = near.where((steps - near).abs() <= 0.25, np.floor(steps))
    minutes = whole * good["step_min"]
    return pd.Timestamp(0) + pd.to_timedelta(minutes, unit="m") + phase


def _beat(past: pd.Series, step: int) -> float:
    """Return the seconds into its step at which a counter's times stand: the commonest, of late clocks the mean."""
    seconds = past.round()
    common = float(seconds.mode().iloc[0])
    if (seconds == common).mean() >= REGULAR:
        return common
    around = np.exp(2j * np.pi * past.to_numpy() / (step * 60)).mean()
    minute = round(float(np.angle(around)) / (2 * np.pi) * step)
    return float(minute % step * 60)


def _by_direction(good: pd.DataFrame) -> pd.Series:
    """Return why rows are left out where directions are told."""
    why = pd.Series("", index=good.index, dtype=object)
    keys = ["counter_id", "direction", "time", "offset_min"]
    why = _repeats(good, why, keys)
    good = good[why == ""]
    totals = _totals(good)
    why[totals[totals].index] = "the sum of the other directions"
    good = good[why == ""]
    all_of_it = good.groupby("counter_id")["direction"].transform("nunique")
    here = good.groupby(["counter_id", "time", "offset_min"])["direction"].transform("size")
    why[good.index[here < all_of_it]] = "a direction is missing"
    return why


def _totals(good: pd.DataFrame) -> pd.Series:
    """Return which rows belong to a direction that is the sum of the others of its counter."""
    totals = pd.Series(False, index=good.index)
    for _, part in good.groupby("counter_id"):
        table = part.pivot_table(index=["time", "offset_min"], columns="direction", values="count").dropna()
        if table.shape[1] < 3 or not len(table):
            continue
        rest = table.sum(axis=1)
        for name in table.columns:
            if np.allclose(2 * table[name], rest) and table[name].any():
                totals[part.index[part["direction"] == name]] = True
                break
    return totals


def _by_lanes(good: pd.DataFrame, faults: list[Fault]) -> tuple[pd.Series, list[tuple[int, str]]]:
    """Return why rows are left out where directions are not told, and which counters have several rows a time."""
    keys = ["counter_id", "time", "offset_min"]
    groups = good.groupby(keys)["count"]
    times = groups.agg(["size", "sum", "min", "max"]).reset_index()
    lanes: dict[object, int] = {}
    for name, part in times[times.groupby("counter_id")["size"].transform("max") > 1].groupby("counter_id"):
        rows = int(part["size"].mode().iloc[0])
        walked = part[(part["size"] > 1) & (part["sum"] > 0)]
        alike = float((walked["min"] == walked["max"]).mean()) if len(walked) else 1.0
        if rows == 1 or alike >= ALIKE[1]:
            continue
        same = float((part["size"] == rows).mean())
        if same >= SAME_ROWS and alike <= ALIKE[0]:
            lanes[name] = rows
            continue
        problem = (
            f"has {rows} rows at {same:.0%} of its times, alike in {alike:.0%} of them: directions, or a file twice?"
        )
        remedy = "give a column direction, or one row a time"
        faults.append(Fault(table=TABLE, row=f"counter_id {name}", problem=problem, remedy=remedy))
    many = good["counter_id"].isin(list(lanes))
    why = _repeats(good[~many], pd.Series("", index=good.index, dtype=object), keys)
    size = groups.transform("size")
    wanted = good["counter_id"].map(lanes)
    why[many & (size < wanted)] = "a direction is missing"
    why[many & (size > wanted)] = "several counts for one time"
    told = sorted({(rows, listed(sorted(str(n) for n, k in lanes.items() if k == rows))) for rows in lanes.values()})
    return why, told


def _repeats(good: pd.DataFrame, why: pd.Series, keys: list[str]) -> pd.Series:
    repeated = good.duplicated([*keys, "count"])
    why = why.mask(repeated.reindex(why.index, fill_value=False), "repeated row")
    conflict = good[~repeated].duplicated(keys, keep=False)
    return why.mask(conflict.reindex(why.index, fill_value=False), "several counts for one time")
