"""How people get to sites: a table of one's own, streets, or straight lines."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from placement.errors import AlignmentError, Fault, InputError
from placement.standard import Standard
from placement.streets import Streets
from placement.tables import UNITS, travel_columns, wide_to_long
from placement.tables.cells import as_text
from placement.tables.travel import ENDS, Columns
from placement.travel import TimesStream, TravelTimes, straight_line_times, walking_run
from placement.values.checks import shown
from placement.values.immutable import immutable
from placement.values.row_faults import row_faults

Unit = Literal["seconds", "minutes", "hours", "metres", "km"]
Missing = Literal["error", "unreachable"]
TRAVEL = "travel"


@immutable
@dataclass(frozen=True, kw_only=True, eq=False)
class Travel:
    """How people get to sites: by a table, along streets on foot, or straight, whichever is given first.

    Parameters
    ----------
    table
        Rows of `demand_id`, `site_id` and one of `seconds`, `minutes`, `hours`, `metres`, `km` (or as r5r and r5py
        write them); or, with `unit`, a column a site, or a (points, sites) array. An empty number is out of reach.
    unit
        Of the numbers of a table that does not name it.
    streets
        Streets, in the CRS of the points.
    detour
        Length of a way over the straight line.
    speed_m_s
        Walking speed, metres a second.
    missing
        ``error``: a point or site without any row is a fault; ``unreachable``: it reaches nothing.
    """

    table: pd.DataFrame | NDArray[Any] | TravelTimes | TimesStream | None = None
    unit: Unit | None = None
    streets: Streets | None = None
    detour: float | None = None
    speed_m_s: float = 1.3
    missing: Missing = "error"

    def read(self, point_ids: pd.Index, site_ids: pd.Index) -> TravelTimes | TimesStream | None:
        """Return the times of the table; None where there is none, and times follow from the places.

        Raises
        ------
        InputError, AlignmentError
            Listing values that are none, and ids that the table lacks or alone has.
        """
        if self.table is None and self.streets is None and self.detour is None:
            remedy = "give travel=..., streets=..., or detour=1.3 for straight lines"
            raise InputError.single(TRAVEL, "is not told: how do people get to the sites?", remedy=remedy)
        if self.table is None or isinstance(self.table, TravelTimes | TimesStream):
            return self.table
        frame = self._long(point_ids, site_ids)
        faults = [] if self.missing == "unreachable" else _lacking(frame, point_ids, site_ids)
        try:
            times = TravelTimes.from_table(frame, point_ids=point_ids, site_ids=site_ids, missing="unreachable")
        except AlignmentError as error:
            raise AlignmentError([*error.faults, *faults]) from error
        if faults:
            raise AlignmentError(faults)
        return times

    def computed(
        self, points: gpd.GeoDataFrame, sites: gpd.GeoDataFrame, standard: Standard
    ) -> TravelTimes | TimesStream:
        """Return times along streets, else straight, as far as the standard."""
        farthest = standard.levels[-1].farthest
        cutoff_s = farthest / self.speed_m_s if standard.is_distance else farthest
        if self.streets is None:
            detour = self.detour or 1.0
            return straight_line_times(points, sites, cutoff_s=cutoff_s, speed_m_s=self.speed_m_s, detour=detour)
        run = walking_run(self.streets, points, sites, cutoff_s=cutoff_s, speed_m_s=self.speed_m_s)
        return run.held_or_stream()

    def _long(self, point_ids: pd.Index, site_ids: pd.Index) -> pd.DataFrame:
        """Return the table with one row a pair, its ids as texts."""
        table = self.table
        if isinstance(table, np.ndarray):
            if table.shape != (len(point_ids), len(site_ids)):
                problem = f"has shape {table.shape}, expected {(len(point_ids), len(site_ids))}"
                raise AlignmentError.single(TRAVEL, problem, remedy="one row a demand point, one column a site")
            table = pd.DataFrame(table, index=point_ids, columns=site_ids)
        if not isinstance(table, pd.DataFrame):
            raise InputError.single(TRAVEL, f"is {shown(table)}", remedy="give a frame, an array or TravelTimes")
        found = travel_columns([str(name) for name in table.columns], self.unit)
        if isinstance(found, Columns):
            ends = {"demand_id": _texts(table[found.start]), "site_id": _texts(table[found.end])}
            return pd.DataFrame({**ends, found.unit: table[found.measure]})
        long = {name for pair in ENDS for name in pair} & (set(table.columns) - {ENDS[0][0]})
        if long or self.unit is None:
            remedy = f'give columns demand_id, site_id and minutes, or unit="minutes" (known: {", ".join(UNITS)})'
            raise InputError(replace(fault, remedy=remedy) for fault in found)
        wide = table.set_index(ENDS[0][0]) if ENDS[0][0] in table.columns else table
        return wide_to_long(wide.set_axis(_texts(wide.columns), axis=1).set_axis(_texts(wide.index)), self.unit)


def _lacking(frame: pd.DataFrame, point_ids: pd.Index, site_ids: pd.Index) -> list[Fault]:
    """Return a fault for each demand point and site without a row."""
    remedy = "add its rows, or pass missing='unreachable' if it reaches nothing"
    faults: list[Fault] = []
    for name, ids in (("demand_id", point_ids), ("site_id", site_ids)):
        lacking = ids.difference(frame[name])
        faults += row_faults(TRAVEL, lacking, np.ones(len(lacking), dtype=bool), f"{name} has no row", remedy=remedy)
    return faults


def _texts(ids: pd.Series | pd.Index) -> pd.Index:
    """Return ids as texts; at no cost where they are."""
    index = pd.Index(ids)
    return index if pd.api.types.infer_dtype(index, skipna=False) == "string" else index.map(as_text)
