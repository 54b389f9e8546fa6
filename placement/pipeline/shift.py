"""A table in GCJ-02 or BD-09 that is called WGS-84 lies 300-1,200 m off in one direction: notice it, and say so.

No coordinates are changed on suspicion. The test asks what the conversion would do to the distances from the streets:
places of a city lie nearer to its streets than random places do, or at least within the city, and a wrong shift loses
that. Distances are compared on a scale of ratios, ``log(metres + 3)``, point by point; the mean gain must stand out
against the spread among the points, and against what moves of 50-250 m do to it, for in a regular town any move may
bring all points nearer at once. Where nine points of ten come to lie exactly on nodes of the streets, or exactly on the
streets from places that have no such order, that is proof enough by itself.

Measured on simulated towns, grids of 20 m to 1 km at random places of China, shaken or perfect (``tests/test_shift.py``
repeats a part), 30 to 60 tables a figure; GCJ-02 was found in:

==================  ====  =====  =====
shifted points        12     50    300
==================  ====  =====  =====
on nodes, streets   97 %  100 %  100 %
8 m beside streets  63 %   83 %   77 %
anywhere            53 %   57 %   57 %
==================  ====  =====  =====

Of 12,480 tables of 520 unshifted towns (5, 12 or 50 points: on nodes, on and beside streets, anywhere in and around the
town, in the middle of blocks, on a raster) none was called shifted. The middles of blocks tell as little as any place.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pyproj
import shapely

from placement.errors import ShiftedWarning
from placement.notes import Names, Note
from placement.streets import Streets
from placement.streets.snap import SortedStreets
from placement.study import Study
from placement.tables import Tables, bd09_to_wgs84, gcj02_to_wgs84, wgs84_to_bd09, wgs84_to_gcj02
from placement.tables.coordinates import in_box
from placement.values.arrays import FloatArray
from placement.values.immutable import immutable

Convert = Callable[[FloatArray, FloatArray], tuple[FloatArray, FloatArray]]

CLEAR = 4.5
"""How many standard errors the gain of a conversion must lie above nothing."""

BEYOND = 4.0
"""How many standard deviations of what other moves do to all points together it must lie above nothing besides: if all
stood at one distance from a regular grid, the best of all moves would gain 2.7."""

FEWEST = 4
"""Fewer points than this say nothing."""

MOST = 1000
"""Of more points than this every so-many-th is looked at."""

_NEAR_M = 3.0
"""Added to distances before their logarithm: what lies nearer is on the street."""

_EXACT_M = 0.5
"""Points that come to lie this near to a node or a street stand exactly on it."""

_EXACT_FEWEST = 5
_EXACT_SHARE = 0.9
_SPREAD = 1.0
"""The least spread of a point's log ratio: that of two random places in one town."""

_OUTSIDE = 2.0
_OUTSIDE_FEWEST = 3
_OUTSIDE_OF = 10
_OUTSIDE_SHARE = 0.2
"""Points lie outside the town where they lie outside the hull of its streets and this many times as far from them as
nine converted points of ten; at least so many of a table must, of so many at least, and this share of it."""

_ORDER = 0.3
"""Points whose log distances spread less than this keep one distance from the streets."""

_RINGS = (0.2, 0.35, 0.6, 1.0)
_REACH_M = 250.0
_DIRECTIONS = 12
"""Moves that the conversion is compared with: shares of 250 m, or of twice the median distance where that is more."""

_TABLES: dict[str, Convert] = {"gcj02": gcj02_to_wgs84, "bd09": bd09_to_wgs84}
_STREETS: dict[str, Convert] = {"gcj02": wgs84_to_gcj02, "bd09": wgs84_to_bd09}


@immutable
@dataclass(frozen=True, kw_only=True)
class Shift:
    """A shift that brings points to the streets.

    Parameters
    ----------
    system
        ``gcj02`` or ``bd09``.
    before_m, after_m
        Median metres from the streets as written and as converted.
    """

    system: str
    before_m: float
    after_m: float


def warn_if_shifted(study: Study, tables: Tables, streets: Streets) -> tuple[str, ...]:
    """Warn of tables that would lie on the streets as GCJ-02 or BD-09, or streets that do; return the warnings.

    Each table is looked at by itself; where none stands out, stations and candidates together, and then all tables.
    """
    frames = {name: _sample(frame) for name, frame in _undeclared(study, tables)}
    if not frames:
        return ()
    sorted_streets, groups = SortedStreets.of(streets), [(name,) for name in frames]
    notes = [note for names in groups if (note := _suspicion(sorted_streets, frames, names, _TABLES))]
    for names in (tuple(name for name in frames if name in ("stations", "candidates")), tuple(frames)):
        if not notes and len(names) > 1:
            notes += [note for note in (_suspicion(sorted_streets, frames, names, _TABLES),) if note]
    if not notes:
        notes += [note for note in (_suspicion(sorted_streets, frames, tuple(frames), _STREETS),) if note]
    for note in notes:
        warnings.warn(note, ShiftedWarning, stacklevel=2)
    return tuple(notes)


def _suspicion(
    streets: SortedStreets, frames: dict[str, FloatArray], names: tuple[str, ...], systems: dict[str, Convert]
) -> Note | None:
    found = find_shift(streets, np.concatenate([frames[name] for name in names]), systems)
    if found is None:
        return None
    said = {"system": found.system, "before": found.before_m, "after": found.after_m}
    tables = Names(Note(name) for name in names)
    if systems is _STREETS:
        key = f'streets = {{nodes = ..., edges = ..., coordinates = "{found.system}"}}'
        return Note(
            "streets look shifted against {tables}: half of these lies more than {before:,.1f} m from every street, "
            "read as {system} only {after:,.1f} m; if so, write {key}",
            tables=tables, key=key, **said,
        )  # fmt: skip
    key = f'{names[0]} = {{path = ..., coordinates = "{found.system}"}}'
    if len(names) == 1:
        return Note(
            "{tables} looks shifted: half of it lies more than {before:,.1f} m from every street, read as {system} "
            "only {after:,.1f} m; if so, write {key}",
            tables=tables, key=key, **said,
        )  # fmt: skip
    return Note(
        "{tables} together look shifted: half of them lies more than {before:,.1f} m from every street, read as "
        "{system} only {after:,.1f} m; if so, write {key} and so on",
        tables=tables, key=key, **said,
    )  # fmt: skip


def find_shift(streets: SortedStreets, xy: FloatArray, systems: Mapping[str, Convert]) -> Shift | None:
    """Return the shift that (n, 2) points in the CRS of the streets seem to have, or None."""
    if len(xy) < FEWEST:
        return None
    degrees = pyproj.Transformer.from_crs(streets.streets.crs, "EPSG:4326", always_xy=True)
    lon, lat = degrees.transform(*xy.T)
    if not in_box(float(np.median(lon)), float(np.median(lat))):
        return None
    moved = {
        name: np.column_stack(degrees.transform(*convert(lon, lat), direction="INVERSE"))
        for name, convert in systems.items()
    }
    before, *converted = _distances_m(streets, [xy, *moved.values()])
    best = min(range(len(moved)), key=lambda which: float(_closeness(converted[which])))
    (name, there), after = list(moved.items())[best], converted[best]
    if (
        _clear(streets, there, before, after)
        or _beyond(streets.streets, xy, before, after)
        or _exact(streets.streets, xy, there, before, after)
    ):
        return Shift(system=name, before_m=float(np.median(before)), after_m=float(np.median(after)))
    return None


def _moves(reach_m: float) -> list[FloatArray]:
    """Return moves in rings, each ring turned against the last."""
    turns = 2 * np.pi * np.arange(_DIRECTIONS) / _DIRECTIONS
    rings = [(share * reach_m, turns + share) for share in _RINGS]
    return [radius * np.array([np.cos(turn), np.sin(turn)]) for radius, ring in rings for turn in ring]


def _distances_m(streets: SortedStreets, places: list[FloatArray]) -> FloatArray:
    """Return (places, points) distances from the streets."""
    return np.asarray(streets.snap(np.concatenate(places)).access_mm / 1000).reshape(len(places), -1)


def _closeness(distance: FloatArray) -> FloatArray:
    return np.asarray(np.log(distance + _NEAR_M).mean(axis=-1))


def _clear(streets: SortedStreets, there: FloatArray, before: FloatArray, after: FloatArray) -> bool:
    """Return whether the gain stands out among the points, and among moves from the converted places, (points, 2)."""
    gain = np.log(before + _NEAR_M) - np.log(after + _NEAR_M)
    if not gain.mean() > CLEAR * max(float(gain.std()), _SPREAD) / np.sqrt(gain.size):
        return False
    around = _moves(max(_REACH_M, 2 * float(np.median(before))))
    looks = _distances_m(streets, [there + by for by in around])
    return bool(gain.mean() > BEYOND * np.sqrt(2) * float(_closeness(looks).std()))


def _beyond(streets: Streets, xy: FloatArray, before: FloatArray, after: FloatArray) -> bool:
    """Return whether many points lie outside the town as written, and not one of all once they are converted."""
    if before.size < _OUTSIDE_OF:
        return False
    limit = _OUTSIDE * float(np.quantile(after, _EXACT_SHARE))
    hull = shapely.convex_hull(shapely.multipoints(streets.xy))
    outside = np.count_nonzero((before > limit) & ~shapely.intersects_xy(hull, *xy.T))
    return bool(outside >= max(_OUTSIDE_FEWEST, _OUTSIDE_SHARE * before.size) and not (after > limit).any())


def _exact(streets: Streets, xy: FloatArray, moved: FloatArray, before: FloatArray, after: FloatArray) -> bool:
    """Return whether the conversion puts the points exactly where streets or their nodes are."""
    if len(xy) < _EXACT_FEWEST or (before < _EXACT_M).mean() > 1 - _EXACT_SHARE:
        return False
    if (after < _EXACT_M).mean() < _EXACT_SHARE:
        return False
    nodes = shapely.STRtree(shapely.points(streets.xy))
    _, apart = nodes.query_nearest(shapely.points(moved), return_distance=True, all_matches=False)
    ordered = float(np.log(before + _NEAR_M).std()) < _ORDER
    return bool((apart < _EXACT_M).mean() >= _EXACT_SHARE or not ordered)


def _undeclared(study: Study, tables: Tables) -> Iterator[tuple[str, gpd.GeoDataFrame]]:
    """Yield the tables of points that are called WGS-84."""
    existing = tables.sites.table["existing"].to_numpy(dtype=bool)
    frames = {
        "population": tables.population,
        "footfall": tables.footfall,
        "stations": tables.sites.table[existing],
        "candidates": tables.sites.table[~existing],
    }
    for name, file in study.inputs.files():
        frame = frames.get(name)
        if file.coordinates == "wgs84" and frame is not None and len(frame) and (frame.geom_type == "Point").all():
            yield name, frame


def _sample(frame: gpd.GeoDataFrame) -> FloatArray:
    """Return the coordinates of every so-many-th point."""
    return np.asarray(shapely.get_coordinates(frame.geometry.to_numpy())[:: max(1, -(-len(frame) // MOST))])
