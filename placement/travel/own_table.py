"""A study's own travel table: its times, what it leaves out, and whether its speeds can be.

A wrong unit is seen by the straight line: minutes called seconds make walkers sixty times as fast. The median of the
pairs decides, so that one odd pair is told and no more.
"""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from placement.errors import InputError
from placement.notes import Names, Note, about, counted
from placement.travel.times import TravelTimes
from placement.values.arrays import FloatArray

SPEEDS_M_S = {"walking": (0.1, 40.0), "cycling": (0.3, 40.0), "driving": (0.5, 60.0)}
"""Slowest and fastest median speeds in a straight line. A table without `mode` may be of buses: 40 m/s are 144 km/h."""
ON_FOOT_M_S = 3.0
"""Faster medians are not on foot."""
DETOURS = (0.9, 20.0)
"""Least and largest median of length over straight line."""
_FAR_M = 100.0
"""Pairs nearer than this tell no speed: the way to the door is all of it."""
_MOST_PAIRS = 1_000_000
_FEW = 5


def table_times(
    frame: pd.DataFrame, points: gpd.GeoDataFrame, sites: gpd.GeoDataFrame, *, mode: str = "walking"
) -> tuple[TravelTimes, tuple[str, ...]]:
    """Return the times of a study's travel table, and what a reader must know of them.

    Parameters
    ----------
    frame
        As :meth:`TravelTimes.from_table` takes it; a pair without row or number is out of reach.
    points, sites
        Demand points and sites, same projected CRS.
    mode
        How people travel: ``walking``, ``cycling`` or ``driving``.

    Raises
    ------
    InputError
        As :meth:`TravelTimes.from_table`; or if its unit cannot be, by the straight lines between points and sites.
    """
    times = TravelTimes.from_table(frame, point_ids=points.index, site_ids=sites.index, missing="unreachable")
    if mode != "walking":
        named = f"{mode} by a {times.mode}"
        times = TravelTimes(
            point_ids=times.point_ids, site_ids=times.site_ids, matrix=times.matrix, unit=times.unit, mode=named
        )  # fmt: skip
    notes = (*_unreached(frame, times), *odd_times(times, points, sites, mode=mode))
    return times, tuple(about("travel", note) for note in notes)


def odd_times(
    times: TravelTimes, points: gpd.GeoDataFrame, sites: gpd.GeoDataFrame, *, mode: str = "walking"
) -> list[Note]:
    """Return in words which pairs of given times are odd; parameters as in :func:`table_times`.

    Raises
    ------
    InputError
        If their unit cannot be, by the straight lines between points and sites.
    """
    line, entry, pairs = _straight(times, points, sites)
    return _odd_lengths(line, entry, pairs) if times.unit == "mm" else _odd_times(line, entry, pairs, mode)


def _unreached(frame: pd.DataFrame, times: TravelTimes) -> list[Note]:
    """Return in words which pairs, points and sites are out of reach."""
    points, sites = times.matrix.shape
    lost = points * sites - times.n_pairs
    if not lost:
        return []
    rows = len(frame) - times.n_pairs
    form = "{lost:,} of {all:,} pairs are out of reach: {absent:,} without a row"
    form = (
        "{lost:,} of {all:,} pairs are out of reach: {absent:,} without a row, {empty:,} without a number"
        if rows
        else form
    )
    notes = [Note(form, lost=lost, all=points * sites, absent=lost - rows, empty=rows)]
    nowhere = times.point_ids[np.diff(times.matrix.indptr) == 0]
    if len(nowhere):
        one, many = (
            "no site is reached from {count:,} demand point: {names}",
            "no site is reached from {count:,} demand points: {names}",
        )
        notes.append(counted(len(nowhere), one, many, names=Names(nowhere, _FEW)))
    reached = np.bincount(times.matrix.indices, minlength=sites) > 0
    if not reached.all():
        alone = times.site_ids[~reached]
        one, many = "nobody reaches {count:,} site: {names}", "nobody reaches {count:,} sites: {names}"
        notes.append(counted(len(alone), one, many, names=Names(alone, _FEW)))
    return notes


def _straight(
    times: TravelTimes, points: gpd.GeoDataFrame, sites: gpd.GeoDataFrame
) -> tuple[FloatArray, FloatArray, list[tuple[object, object]]]:
    """Return metres in a straight line, seconds or metres, and ids of pairs that lie apart, a million at most."""
    matrix = times.matrix.tocoo()
    step = max(1, -(-matrix.nnz // _MOST_PAIRS))
    row, column, entry = matrix.row[::step], matrix.col[::step], matrix.data[::step] / 1000.0
    here, there = (shapely.get_coordinates(frame.geometry.to_numpy()) for frame in (points, sites))
    if len(here) != len(points) or len(there) != len(sites):
        return np.zeros(0), np.zeros(0), []
    line = np.linalg.norm(here[row] - there[column], axis=1)
    apart = np.flatnonzero(line >= _FAR_M)
    pairs = [(times.point_ids[row[at]], times.site_ids[column[at]]) for at in apart]
    return line[apart], entry[apart], pairs


def _odd_times(line: FloatArray, seconds: FloatArray, pairs: list[tuple[object, object]], mode: str) -> list[Note]:
    if not len(line):
        return []
    with np.errstate(divide="ignore"):
        speed = line / seconds
    middle, (slow, fast) = float(np.median(speed)), SPEEDS_M_S[mode]
    if middle > fast:
        problem = f"half of the pairs are faster than {middle:,.3g} m/s in a straight line: these cannot be its units"
        raise InputError.single("travel", problem, remedy='are they minutes? say unit = "minutes"')
    if middle < slow:
        problem = f"half of the pairs are slower than {middle:,.2g} m/s in a straight line: these cannot be its units"
        raise InputError.single("travel", problem, remedy='are they seconds? say unit = "seconds"')
    notes = []
    if mode == "walking" and middle > ON_FOOT_M_S:
        form = "half of the pairs are faster than {speed:.3g} m/s in a straight line: not on foot; say [travel] mode"
        notes.append(Note(form, speed=middle))
    return notes + _single(speed > fast, pairs, Note("faster than {speed:g} m/s in a straight line", speed=fast))


def _odd_lengths(line: FloatArray, metres: FloatArray, pairs: list[tuple[object, object]]) -> list[Note]:
    if not len(line):
        return []
    detour = metres / line
    middle, (low, high) = float(np.median(detour)), DETOURS
    if not low <= middle <= high:
        problem = f"half of the lengths are {'below' if middle < low else 'above'} {middle:,.2g} x the straight line"
        remedy = 'are they km? say unit = "km"' if middle < low else 'are they metres? say unit = "metres"'
        raise InputError.single("travel", f"{problem}: these cannot be its units", remedy=remedy)
    return _single(detour < low, pairs, Note("shorter than {times:g} x the straight line", times=low))


def _single(odd: NDArray[np.bool_], pairs: list[tuple[object, object]], what: Note) -> list[Note]:
    found = np.flatnonzero(odd)
    if not len(found):
        return []
    first = Names((Note("{point} to {site}", point=pairs[at][0], site=pairs[at][1]) for at in found), _FEW)
    one, many = "{count:,} pair {what}: {names}", "{count:,} pairs {what}: {names}"
    return [counted(len(found), one, many, what=what, names=first)]
