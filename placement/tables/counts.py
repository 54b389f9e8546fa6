"""The series of the counters: its times read, every one that cannot be read named."""

from __future__ import annotations

import numpy as np
import pandas as pd

from placement.study import Study
from placement.study.columns import COUNTS, names
from placement.tables import cells
from placement.tables.checks import Table
from placement.tables.times import FORMS, ReadTimes, day_or_month_first, read_times

_SHOWN = 50
_NOTHING = ("", "nan", "na", "n/a", "none", "null", "-", "--")
"""What counters write where they counted nothing that can be told."""
_ZONE = 'say whose local time it is: [demand] counts_time_zone = "Asia/Shanghai"'


def read_counts(table: Table, study: Study) -> pd.DataFrame:
    """Return `counter_id`, `time` (local), `offset_min`, `count`, and what else was given, by the row of the file."""
    table.use(COUNTS)
    if not table.require(["counter_id", "time", "count"]):
        return table.frame
    frame = table.frame[[name for name in names(COUNTS) if name in table.frame.columns]]
    frame = frame.assign(counter_id=frame["counter_id"].map(cells.as_text))
    written = study.demand.counts_time_format
    times = read_times(frame["time"], () if written is None else (written,))
    _name_unread(table, frame["time"], times, written)
    if study.demand.counts_time_zone is not None:
        times = times.in_zone(study.demand.counts_time_zone)
    elif times.clash:
        told = times.offset_min.dropna()
        first = told.index[np.unique(told.to_numpy(), return_index=True)[1][:2]]
        shown = ", ".join(f"{row}: {frame['time'][row]}" for row in first)
        table.fault(f"times {times.clash} ({shown})", remedy=_ZONE)
        table.ok = False
    numbers = {name: _numbers(table, name) for name in ("count", "night_count") if name in frame.columns}
    return frame.assign(time=times.local, offset_min=times.offset_min, **numbers)


def _numbers(table: Table, column: str) -> pd.Series:
    """Return the numbers of a column, NaN where nothing was counted; what is no number is a fault."""
    raw = table.frame[column]
    numbers = cells.as_numbers(raw)
    if pd.api.types.is_numeric_dtype(raw):
        return numbers
    unread = numbers.isna() & ~raw.map(cells.plain).str.casefold().isin(_NOTHING)
    table.flag(unread, f"{column} is not a number", cells.number_remedy(list(raw[unread][:_SHOWN])))
    return numbers


def _name_unread(table: Table, values: pd.Series, times: ReadTimes, written: str | None) -> None:
    """Add a fault for each time that is not read, up to fifty."""
    unread = values[times.unread]
    if not len(unread):
        return
    table.ok = False
    either = day_or_month_first(unread)
    if written is not None:
        problem, remedy = f"does not follow counts_time_format = {written!r}", "mend it or the format"
    elif either:
        problem, remedy = "may be day-month or month-day", f'say which: [demand] counts_time_format = "{either}"'
    else:
        problem, remedy = "cannot be read", f"write {FORMS}; or set [demand] counts_time_format"
    for row, value in list(unread.items())[:_SHOWN]:
        table.fault(f"time {str(value)!r} {problem}", row=row, remedy=remedy)
    if len(unread) > _SHOWN:
        table.fault(f"time {problem}: {len(unread) - _SHOWN} more rows", remedy=remedy)
