"""Demand points and sites from frames."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, TypeVar

import geopandas as gpd
import numpy as np
import pandas as pd

from placement.errors import InputError
from placement.notes import Note
from placement.study.columns import NUMBER, POPULATION, Column
from placement.study.columns import sites as site_columns
from placement.tables.cells import as_list, as_text
from placement.tables.checks import Faults, Table
from placement.values import Demand, Segment, Sites
from placement.values.sites import COST_KEYS, STATUSES

Value = TypeVar("Value")

POINTS, SITES = "points", "sites"
"""Names of the arguments, and of the tables of their faults."""

_WEIGHTS = ("weight", "people")
_WEIGHT = Column(name="weight", says="what a point counts", kind=NUMBER, unit="visits a month", default=0.0)
_EXISTING = Column(name="existing", says="whether a station stands there today", kind="true or false")
_SITE_COLUMNS = (_EXISTING, *site_columns("candidate", STATUSES))


def demand_from(points: gpd.GeoDataFrame | Demand, *, weight: str | None, speed_m_s: float, notes: list[str]) -> Demand:
    """Return the demand of points with weights: one segment, everybody at one speed, at any time.

    Parameters
    ----------
    points
        GeoDataFrame of points in a projected CRS; ids in a column `demand_id` or in the index. Columns: the weights,
        visits a month; `people`, residents (by default the weights stand for them); `district` and `parent`. A
        :class:`Demand` is taken as it is.
    weight
        Column of the weights; by default `weight`, else `people`.
    speed_m_s
        Walking speed, metres a second.
    notes
        Receives which columns are not used.

    Raises
    ------
    InputError, CrsError
        Listing every fault.
    """
    if isinstance(points, Demand):
        return points
    faults = Faults()
    table = _table(POINTS, points, "demand_id", faults)
    column = weight or next((name for name in _WEIGHTS if name in table.frame.columns), _WEIGHTS[0])
    known = {each.name: each for each in (*POPULATION, _WEIGHT.called(column))}
    table.use(tuple(known.values()))
    weights = _numbers(table, column)
    people = _numbers(table, "people") if "people" in table.frame.columns else weights
    district = table.text("district")
    parent = table.text("parent") if "parent" in table.frame.columns else district
    segment = Segment(age_group="general", period="all", service="all", speed_m_s=speed_m_s)
    frame = gpd.GeoDataFrame({"district": district, "parent": parent}, geometry=table.frame.geometry, crs=points.crs)
    ones = np.ones((len(frame), 1))

    def made() -> Demand:
        """Return the demand; where a number is at fault, of nothing, to see what else is wrong."""
        need, residents = (ones if faults.items else each.to_numpy()[:, None] for each in (weights, people))
        return Demand(
            points=frame, segments=(segment,), age_groups=(segment.age_group,), people=residents, need=need,
            awareness=ones, uptake=ones,
        )  # fmt: skip

    found = _all_faults(made, faults, {"population": POINTS})
    notes += _notes(faults)
    return found


def sites_from(sites: gpd.GeoDataFrame | Sites, *, notes: list[str]) -> Sites:
    """Return the sites of a frame.

    Parameters
    ----------
    sites
        GeoDataFrame of points in a projected CRS; ids in a column `site_id` or in the index. Columns, all optional:
        `existing` (True: a station stands there today), `status`, `name`, `host`, `district`, `opens`, `closes`
        (``HH:MM``), `machines`, `max_machines`, `services`, `chain`, `exclusive`, `action_fixed`, and amounts in yuan
        that go before those of the host: `purchase`, `install`, `move`, `remove`, `close` once, `rent`, `network`,
        `maintenance`, `staff` a year.
        :class:`Sites` are taken as they are.
    notes
        Receives which columns are not used.

    Raises
    ------
    InputError, CrsError
        Listing every fault.
    """
    if isinstance(sites, Sites):
        return sites
    faults = Faults()
    table = _table(SITES, sites, "site_id", faults)
    table.use(_SITE_COLUMNS)
    existing = _existing(table)
    status = pd.Series(np.where(existing, "existing", "candidate"), index=existing.index, dtype=object)
    if "status" in table.frame.columns:
        status = table.choice("status")
        existing = existing if "existing" in table.frame.columns else status == "existing"
    whole = {name: table.number(name) for name in ("machines", "max_machines")}
    data: dict[str, Any] = {
        "name": table.title("name"),
        "host": table.text("host"),
        "district": table.text("district"),
        "existing": existing,
        "status": status,
        "opens_min": table.clock("opens"),
        "closes_min": table.clock("closes"),
        **{name: column.where(np.isfinite(column), 1).astype(int) for name, column in whole.items()},
        "services": _services(table),
        "chain": table.text("chain"),
        "exclusive": table.text("exclusive"),
        "action_fixed": table.choice("action_fixed"),
        **{f"{key}_fen": table.fen(key) for key in COST_KEYS},
    }
    frame = gpd.GeoDataFrame(data, geometry=table.frame.geometry, crs=sites.crs)
    found = _all_faults(lambda: Sites(table=frame), faults, {})
    notes += _notes(faults)
    return found


def ids_in(frame: gpd.GeoDataFrame | Demand | Sites, id_column: str) -> pd.Index | None:
    """Return the ids of a frame as texts, before anything else of it is looked at; None where it has none to use."""
    if isinstance(frame, Demand | Sites):
        return frame.ids
    if not isinstance(frame, pd.DataFrame):
        return None
    if id_column not in frame.columns and isinstance(frame.index, pd.RangeIndex):
        return None
    ids = frame[id_column] if id_column in frame.columns else frame.index
    texts = pd.Index([as_text(each) for each in ids], name=id_column)
    return texts if texts.is_unique else None


def _table(name: str, frame: gpd.GeoDataFrame, id_column: str, faults: Faults) -> Table:
    """Return a frame under check, its ids in a column."""
    if not isinstance(frame, gpd.GeoDataFrame):
        raise InputError.single(name, f"is a {type(frame).__name__}", remedy="give a GeoDataFrame with points")
    twice = frame.columns[frame.columns.duplicated()]
    if len(twice):
        raise InputError.single(name, f"column {twice[0]} is there twice", row=str(twice[0]), remedy="keep one")
    if frame.active_geometry_name is None:
        raise InputError.single(name, "has no geometry", remedy="give a GeoDataFrame with points")
    flat = frame.rename_geometry("geometry") if frame.active_geometry_name != "geometry" else frame
    if id_column not in flat.columns and not isinstance(flat.index, pd.RangeIndex):
        flat = flat.rename_axis(index=id_column).reset_index()
    table = Table(name, flat.set_axis(pd.RangeIndex(1, len(flat) + 1), axis=0), id_column, faults)
    if id_column not in flat.columns:  # told already, not to be told for each row again
        table.frame = table.frame.set_axis([f"row {number}" for number in table.frame.index], axis=0)
    return table


def _numbers(table: Table, column: str) -> pd.Series:
    """Return a column of numbers, 0 or more; texts are no numbers here, even where they read as some."""
    if table.require([column]):
        texts = table.frame[column].map(lambda value: isinstance(value, str)).astype(bool)
        if texts.any():
            table.flag(texts, f"{column} is a text", f"make it a number: pd.to_numeric(frame[{column!r}])")
            return pd.Series(0.0, index=table.frame.index)
    return table.number(column)


def _existing(table: Table) -> pd.Series:
    """Return where a station stands today; nowhere, where the frame does not say."""
    if "existing" not in table.frame.columns:
        return pd.Series(False, index=table.frame.index)
    known = table.frame["existing"].map(lambda value: isinstance(value, bool | np.bool_)).astype(bool)
    table.flag(~known, "existing is neither True nor False", "say which sites have a station today")
    return table.frame["existing"].where(known, False).astype(bool)


def _services(table: Table) -> pd.Series:
    if "services" not in table.frame.columns:
        return pd.Series([()] * len(table.frame), index=table.frame.index, dtype=object)
    named = table.frame["services"].map(as_list)
    unread = named.map(lambda names: names is None).astype(bool)
    table.flag(unread, "services is no list of names", 'write e.g. "id;tax"')
    return named.map(lambda names: names or ())


def _all_faults(make: Callable[[], Value], faults: Faults, renamed: Mapping[str, str]) -> Value:
    """Return a value, or raise its faults and those of its table together, in the words of the caller."""
    try:
        value = make()
    except InputError as error:
        own = [replace(fault, table=renamed.get(fault.table, fault.table)) for fault in error.faults]
        told = {(fault.table, fault.row) for fault in faults.items}
        faults.items += [fault for fault in own if (fault.table, fault.row) not in told]
    faults.raise_any()
    return value


def _notes(faults: Faults) -> list[str]:
    return [*faults.notes, *(Note("{column} is not used", column=column) for column in faults.ignored)]
