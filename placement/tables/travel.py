"""Tables of travel times or distances, as people and routers write them: one row a pair, or one column a site.

Read are `demand_id`, `site_id` (or `from_id`, `to_id` of r5r and r5py, `fromId`, `toId` of older r5r) and one column
named by its unit; the `travel_time` and `travel_time_p50` of r5r and r5py are minutes. Other names (Valhalla's `time`,
OSRM's `durations`, which the R package gives in minutes) do not tell their unit: they are read where `unit` does.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from placement.errors import Fault, listed
from placement.study import InputFile, Study
from placement.study.columns import TRAVEL, TRAVEL_END, UNITS
from placement.tables.checks import Table

TABLE = "travel"
ENDS = (("demand_id", "site_id"), ("from_id", "to_id"), ("fromId", "toId"), ("origin_id", "destination_id"))
"""Pairs of columns that name the ends, the first found being read."""
_UNIT_OF_ROUTERS = "minutes"
_ROUTER_MINUTES = re.compile(r"travel_time(?:_p\d+)?")
_NO_UNIT = {
    "ms": ("travel_time", "time", "duration", "durations", "total_time"),
    "mm": ("distance", "distances", "length", "total_distance"),
}
_SHOWN = 50
LARGEST = 2**31 - 2
"""Largest number of whole milliseconds or millimetres: 596 hours, 2,147 km."""
_NAMELESS = ("value", "cost", "weight")
NOT_REACHED = ("", "nan", "na", "n/a", "none", "null", "inf", "+inf", "infinity", "-", "-1", "-1.0", "2147483647")
"""What routers write where there is no way, the largest whole number of Java included."""
_KNOWN = {name for names in (*ENDS, UNITS, *_NO_UNIT.values(), _NAMELESS) for name in names}
_OURS = ("demand_id", "site_id", "seconds", "metres")


def read_travel(table: Table, file: InputFile, study: Study) -> pd.DataFrame:
    """Return `demand_id`, `site_id` and a column named by its unit; NaN is out of reach."""
    frame, named = _unpivoted(table, file) if file.wide else _paired(table, file)
    measure = next((name for name in UNITS if name in frame.columns), None)
    if measure is None:
        table.ok = False
        return frame
    numbers, missing = travel_numbers(frame[measure])

    def flag(mask: NDArray[np.bool_], problem: str, remedy: str) -> None:
        """Add a fault for each of the first marked rows, and one for the rest."""
        found = np.flatnonzero(mask)
        for at in found[:_SHOWN]:
            table.fault(problem.format(frame[measure].iloc[at]), row=named(int(at)), remedy=remedy)
        if len(found) > _SHOWN:
            table.fault(f"{len(found) - _SHOWN} more rows like the last", remedy=remedy)
        table.ok = table.ok and not len(found)

    flag(np.isnan(numbers) & ~missing, f"{measure} is {{!r}}", "give a number, or nothing where there is no way")
    with np.errstate(invalid="ignore"):
        flag(numbers < 0, f"{measure} is {{}}, below 0", "leave out pairs out of reach")
        flag(numbers * UNITS[measure][1] > LARGEST, f"{measure} is {{}}: beyond any city", "is it in that unit?")
    repeated = frame.duplicated(["demand_id", "site_id"]) & (frame["demand_id"] != "")
    flag(repeated.to_numpy(dtype=bool), "the pair is repeated", "keep one row a pair")
    _check_standard(table, measure, study)
    return frame.assign(**{measure: numbers})


def _paired(table: Table, file: InputFile) -> tuple[pd.DataFrame, Callable[[int], str]]:
    """Return the columns of a table of pairs by our names, and what names its rows."""
    usual = {name.casefold(): name for name in _KNOWN}
    present = [(str(name), str(name).casefold()) for name in table.frame.columns]
    known = [usual.get(key, name) for name, key in present if key in usual or _ROUTER_MINUTES.fullmatch(key)]
    ours = {column.name: column for column in TRAVEL}
    found_too = (name for name in dict.fromkeys(known) if name not in _OURS)
    table.use([ours.get(name, TRAVEL_END.called(name)) for name in (*_OURS, *found_too)])
    found = travel_columns([str(name) for name in table.frame.columns], file.unit)
    if not isinstance(found, Columns):
        for fault in found:
            table.fault(fault.problem, remedy=fault.remedy)
        return table.frame.iloc[:, :0], str
    ids = {"demand_id": table.text(found.start), "site_id": table.text(found.end)}
    lines = table.frame.index
    frame = pd.DataFrame({**ids, found.unit: table.frame[found.measure]})
    return frame, lambda at: f"{lines[at]}: {frame['demand_id'].iloc[at]} to {frame['site_id'].iloc[at]}"


def _unpivoted(table: Table, file: InputFile) -> tuple[pd.DataFrame, Callable[[int], str]]:
    """Return a table with a column a site as one of pairs, and what names its cells."""
    lines = table.frame.index
    if file.unit is None or table.frame.shape[1] <= 1:
        lacks = "does not say what its numbers are" if file.unit is None else "has no column of a site"
        table.fault(lacks, remedy=f'write travel = {{path = ..., wide = true, unit = "minutes"}}: {", ".join(UNITS)}')
        return table.frame.iloc[:, :0], str
    first = str(table.frame.columns[0])
    table.declare([TRAVEL_END.called(first)])
    ids = table.text(first)
    frame = table.frame.drop(columns=first).set_axis(pd.Index(ids, name="demand_id"), axis=0)
    frame = frame.rename(columns=lambda name: str(name).strip())
    sites = frame.columns
    long = wide_to_long(frame, file.unit).set_axis(lines.repeat(len(sites)), axis=0)
    return long, lambda at: f"{lines[at // len(sites)]}, column {sites[at % len(sites)]}"


def _check_standard(table: Table, measure: str, study: Study) -> None:
    """Add a fault where the service standard asks for times and the table has lengths, or the other way round."""
    travel = study.travel
    lengths = UNITS[measure][0] == "mm"
    if travel.is_distance and not lengths:
        table.fault(f"holds {measure}, but travel.threshold_m asks for lengths", remedy="give threshold_min, or metres")
        table.ok = False
    if not travel.longest_min or not lengths:
        return
    if travel.mode != "walking":
        remedy = "give times, or threshold_m"
        table.fault(f"holds {measure}, from which {travel.mode} times do not follow", remedy=remedy)
        table.ok = False
    lacking = sorted(set(study.demand.age_groups) - set(travel.speed_m_s))
    if travel.mode == "walking" and lacking:
        problem = f"holds {measure}, and travel.speed_m_s lacks {', '.join(lacking)}"
        table.fault(problem, remedy="name a walking speed for every age group, or give times")
        table.ok = False


@dataclass(frozen=True, kw_only=True)
class Columns:
    """Which columns of a table of pairs name its ends and hold the numbers, and their unit."""

    start: str
    end: str
    measure: str
    unit: str


def travel_columns(names: Sequence[str], unit: str | None = None) -> Columns | list[Fault]:
    """Return the columns to read of a table of pairs, or what it lacks.

    Parameters
    ----------
    names
        Of its columns.
    unit
        Of its numbers, where the study says it.
    """
    ends = next((pair for pair in ENDS if set(pair) <= set(names)), None)
    faults = []
    if ends is None:
        most = max(ENDS, key=lambda pair: sum(name in names for name in pair))
        faults = [
            Fault(
                table=TABLE, problem=f"column {name} is missing", remedy="add it; with a column a site say wide = true"
            )
            for name in most
            if name not in names
        ]
    found = _measure(names, unit, router=ends in ENDS[1:3])
    if isinstance(found, Fault):
        return [*faults, found]
    if ends is None:
        return faults
    return Columns(start=ends[0], end=ends[1], measure=found[0], unit=found[1])


def _measure(names: Sequence[str], unit: str | None, *, router: bool) -> tuple[str, str] | Fault:
    """Return the column of numbers and its unit."""
    named = [name for name in UNITS if name in names]
    minutes = [name for name in names if router and _ROUTER_MINUTES.fullmatch(name)]
    for candidates in (named, minutes):
        if len(candidates) > 1:
            remedy = f'keep one of them, or name it: columns = {{{_UNIT_OF_ROUTERS} = "{candidates[0]}"}}'
            remedy = "give one of them" if candidates is named else remedy
            return _fault(f"the table has both {' and '.join(sorted(candidates))}", remedy)
        if candidates:
            told = candidates[0] if candidates is named else _UNIT_OF_ROUTERS
            if unit in (None, told):
                return candidates[0], told
            return _fault(f"column {candidates[0]} holds {told}, but unit says {unit}", "mend one of them")
    return _silent(names, unit)


def _silent(names: Sequence[str], unit: str | None) -> tuple[str, str] | Fault:
    """Return the column of numbers whose name does not tell its unit."""
    kind = None if unit is None else UNITS[unit][0]
    silent = [name for key, group in _NO_UNIT.items() if kind in (None, key) for name in group if name in names]
    silent += [name for name in _NAMELESS if name in names]
    if not silent:
        found = "neither metres nor seconds" + (f" (columns: {listed(names)})" if len(names) else "")
        return _fault(f"the table has {found}", f"name a column {', '.join(UNITS)}")
    if unit is None:
        remedy = f'say it: travel = {{path = ..., unit = "minutes"}} (known: {", ".join(UNITS)})'
        return _fault(f"column {silent[0]} does not tell its unit", remedy)
    if len(silent) > 1:
        return _fault(f"the table has both {' and '.join(silent)}", "give one of them")
    return silent[0], unit


def _fault(problem: str, remedy: str) -> Fault:
    return Fault(table=TABLE, problem=problem, remedy=remedy)


def wide_to_long(frame: pd.DataFrame, unit: str) -> pd.DataFrame:
    """Return a table with a row a demand point and a column a site as one with a row a pair.

    Parameters
    ----------
    frame
        Demand ids in its index, sites in its columns.
    unit
        Name of the column of numbers.
    """
    rows, columns = frame.shape
    return pd.DataFrame(
        {
            "demand_id": np.repeat(frame.index.to_numpy(), columns),
            "site_id": np.tile(frame.columns.to_numpy(), rows),
            unit: frame.to_numpy(dtype=object).ravel(),
        }
    )


def travel_numbers(values: pd.Series) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Return the numbers of a column, NaN where there is none, and where nothing is reached (:data:`NOT_REACHED`)."""
    if pd.api.types.is_numeric_dtype(values):
        numbers = values.to_numpy(dtype=float, na_value=np.nan)
        missing = np.isnan(numbers) | np.isposinf(numbers) | (numbers == -1) | (numbers == 2**31 - 1)
    else:
        text = values.astype(object).where(values.notna(), "").astype(str).str.strip()
        numbers = pd.to_numeric(text, errors="coerce").to_numpy(dtype=float)
        missing = text.str.lower().isin(NOT_REACHED).to_numpy(dtype=bool)
    return np.where(missing, np.nan, numbers), missing
