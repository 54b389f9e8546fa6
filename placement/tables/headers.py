"""Columns of a table against the columns that are read: other spellings are read, near misses are faults."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from placement.notes import Note
from placement.study.names import header_key, near_name

SYNONYMS: dict[str, tuple[str, ...]] = {
    "lon": ("longitude", "lng", "long", "lon_wgs84", "x", "xcoord", "x_coord", "经度"),
    "lat": ("latitude", "lat_wgs84", "y", "ycoord", "y_coord", "纬度"),
    "demand_id": ("id", "fid", "geoid", "from_id", "origin_id", "code", "编号"),
    "site_id": ("id", "fid", "station_id", "candidate_id", "to_id", "destination_id", "code", "编号"),
    "counter_id": ("id", "fid", "sensor_id", "counter", "sensor", "code", "编号"),
    "district": ("area", "zone", "region", "neighbourhood", "neighborhood", "borough", "区", "街道"),
    "people": ("population", "pop", "residents", "inhabitants", "pop_total", "total", "人口"),
    "people_per_day": ("footfall", "pedestrians", "count_per_day", "daily"),
    "transactions": ("visits", "count", "uses"),
    "month": ("date", "period"),
    "seconds": ("travel_time", "duration", "time"),
    "metres": ("meters", "distance", "dist", "length_m"),
    "asked": ("n", "respondents", "sample"),
    "aware": ("known", "knows"),
}
"""What others call the columns; suggested where ours is missing, never taken without a word."""


@dataclass(frozen=True)
class Renamed:
    """What became of a header: new names by old, notes, and (problem, remedy) of faults."""

    names: Mapping[str, str]
    notes: tuple[str, ...]
    faults: tuple[tuple[str, str], ...]


def adopt(columns: Sequence[str], known: Sequence[str]) -> Renamed:
    """Return which columns are known ones in another case, Unicode form or with signs of no width.

    Two columns that are the same known one in this way are a fault.
    """
    names: dict[str, str] = {}
    notes: list[str] = []
    faults: list[tuple[str, str]] = []
    spelt: dict[str, list[str]] = {}
    for column in columns:
        spelt.setdefault(header_key(column), []).append(column)
    for name in known:
        found = spelt.get(header_key(name), [])
        if len(found) > 1:
            faults.append((f"columns {_quoted(found)} are both {name}", "remove or rename one"))
        elif found and found[0] != name:
            names[found[0]] = name
            notes.append(Note("column {theirs!r} is read as {ours}", theirs=found[0], ours=name))
    return Renamed(names, tuple(notes), tuple(faults))


def mapped(columns: Sequence[str], mapping: Mapping[str, str]) -> Renamed:
    """Return the names that ``columns = {ours = "theirs"}`` gives, and its faults."""
    names: dict[str, str] = {}
    faults: list[tuple[str, str]] = []
    for ours, theirs in mapping.items():
        found = [column for column in columns if header_key(column) == header_key(theirs)]
        if theirs in columns:
            found = [theirs]
        if len(found) != 1:
            near = near_name(theirs, columns)
            remedy = f"did you mean {near}?" if near else f"it has: {', '.join(columns)}"
            faults.append((f"has no column {theirs!r}, which columns = {{{ours} = ...}} names", remedy))
        elif found[0] in names:
            faults.append((f"column {theirs!r} is named twice in columns = {{...}}", "name it once"))
        elif ours != found[0] and ours in columns and ours not in mapping.values():
            faults.append((f"has a column {ours} beside the {theirs!r} that is to be read as it", "remove one"))
        else:
            names[found[0]] = ours
    return Renamed(names, (), tuple(faults))


def missing_remedy(table: str, column: str, columns: Iterable[str]) -> str:
    """Return what to do about a missing column: a near name, or what others call it."""
    there = list(columns)
    near = near_name(column, there)
    if near:
        return f"did you mean column {near}?"
    keys = {header_key(each): each for each in there}
    other = next((keys[name] for name in SYNONYMS.get(column, ()) if name in keys), None)
    if other is None:
        return f"add it; the table has: {', '.join(there)}" if there else "add it"
    return f'is it column {other}? Then write {table} = {{path = ..., columns = {{{column} = "{other}"}}}}'


def _quoted(names: Sequence[str]) -> str:
    return " and ".join(repr(name) for name in names)
