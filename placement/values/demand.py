"""Demand: who needs a station, where, in which segment, and how many of them would come."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from placement.errors import AlignmentError, InputError
from placement.values.arrays import FloatArray, frozen_array
from placement.values.checks import Faults, shown
from placement.values.crs import check_frame
from placement.values.immutable import held, immutable
from placement.values.shown import Shown, listed_briefly, of_data

_DAY_MIN = 1440


@immutable
@dataclass(frozen=True, kw_only=True)
class Segment:
    """Part of the demand that walks at one speed, at one time of day, for one service.

    Parameters
    ----------
    age_group
        E.g. ``general`` or ``elderly``.
    period
        Name of the period of the day, e.g. ``day``.
    service
        Service sought; ``all`` where services are not told apart.
    speed_m_s
        Walking speed of the age group, metres a second.
    starts_min, ends_min
        The period in minutes after midnight; ``ends_min <= starts_min`` means it passes midnight.
    """

    age_group: str
    period: str
    service: str
    speed_m_s: float
    starts_min: int = 0
    ends_min: int = 1440

    def __post_init__(self) -> None:
        faults = Faults("segments")
        for name in ("age_group", "period", "service"):
            if not isinstance(getattr(self, name), str) or not getattr(self, name):
                faults.add(f"{name} is {shown(getattr(self, name))}", row=name, remedy="give a text")
        faults.number("speed_m_s", self.speed_m_s)
        for name in ("starts_min", "ends_min"):
            faults.whole(name, getattr(self, name), most=_DAY_MIN, remedy="give minutes after midnight")
        faults.raise_any()

    @property
    def name(self) -> str:
        """``age_group/period/service``."""
        return f"{self.age_group}/{self.period}/{self.service}"

    def _shown(self) -> Shown:
        hours = f"minutes {self.starts_min} to {self.ends_min} of the day"
        return f"Segment {self.name}: {self.speed_m_s:g} m/s, {hours}", ()


@immutable
@dataclass(frozen=True, kw_only=True, eq=False)
class Demand:
    """Visits a month that people would make, by demand point and segment.

    Parameters
    ----------
    points
        GeoDataFrame indexed by ``demand_id`` (unique strings) with `geometry` (points, projected CRS), `district` and
        `parent` (strings; equal where the districts have no parent).
    segments
        One for each column of the arrays below.
    people
        (points, age groups) residents; `age_groups` names the columns.
    need
        (points, segments) visits a month if everybody knew the service (design section 5).
    awareness
        (points, segments) share who know the service, 0..1.
    uptake
        (points, segments) share of the aware who use it, 0..1.
    need_share
        s in ``weight = s * need + (1 - s) * need * awareness * uptake``.
    simulated
        True where any input is declared simulated; shown wherever results are shown.

    Raises
    ------
    InputError, CrsError, AlignmentError
        If ids repeat or are no texts, the CRS is missing or geographic, a column is missing, segments and age groups
        do not fit each other, shapes disagree, or a value is negative, not finite or no share.
    """

    points: gpd.GeoDataFrame
    segments: tuple[Segment, ...]
    age_groups: tuple[str, ...]
    people: FloatArray
    need: FloatArray
    awareness: FloatArray
    uptake: FloatArray
    need_share: float = 1.0
    simulated: bool = False

    def __post_init__(self) -> None:
        points = held(self, "points")
        check_points("population", points)
        faults = Faults("demand")
        check_texts(faults, points, ("district", "parent"))
        self._check_labels(faults)
        faults.raise_any(AlignmentError)
        shape = (len(points), len(self.segments))
        shapes = {"need": shape, "awareness": shape, "uptake": shape, "people": (shape[0], len(self.age_groups))}
        for name, expected in shapes.items():
            self._check_numbers(faults, name, expected)
        if faults.share("need_share", self.need_share) is not None:
            object.__setattr__(self, "need_share", float(self.need_share))
        faults.raise_any(AlignmentError if any("shape" in fault.problem for fault in faults.found) else InputError)

    def _check_labels(self, faults: Faults) -> None:
        """Note segments and age groups that are none, repeat or do not fit each other."""
        for name in ("segments", "age_groups"):
            object.__setattr__(self, name, tuple(getattr(self, name)))
        for position, segment in enumerate(self.segments):
            if not isinstance(segment, Segment):
                faults.add(f"segments holds {shown(segment)} at position {position}", remedy="give Segment values")
                return
        names = [segment.name for segment in self.segments]
        for what, labels in (("segments", names), ("age_groups", list(self.age_groups))):
            twice = next((label for label in labels if labels.count(label) > 1), None)
            if twice is not None:
                faults.add(f"{what} names {twice} twice", row=what, remedy="give each once")
        ages = [segment.age_group for segment in self.segments]
        faults.known("segments", ages, "age_groups", self.age_groups, "age group")

    def _check_numbers(self, faults: Faults, name: str, expected: tuple[int, int]) -> None:
        """Freeze an array and note a wrong shape, or its first number that cannot be."""
        given = getattr(self, name)
        if not faults.aligned(name, given, self.ids):
            return
        try:
            if np.ma.isMaskedArray(given) or np.asarray(given).dtype.kind in "cmMSU":
                raise TypeError("is no array of plain numbers")
            array = frozen_array(given, np.float64)
        except (TypeError, ValueError):
            faults.add(f"{name} holds something that is no number", row=name, remedy="give an array of numbers")
            return
        object.__setattr__(self, name, array)
        if array.shape != expected:
            faults.add(f"{name} has shape {array.shape}, expected {expected}", row=name)
            return
        most = 1.0 if name in {"awareness", "uptake"} else np.inf
        if not array.size or (array.min() >= 0 and array.max() <= most and np.isfinite(array.max())):
            return
        row, column = np.unravel_index(int(np.argmin((array >= 0) & (array <= most) & np.isfinite(array))), expected)
        of = self.age_groups[column] if name == "people" else self.segments[column].name
        asked = "shares lie in 0..1" if most == 1 else "give finite numbers, 0 or more"
        problem = f"{name} has negative, missing or impossible values: {shown(array[row, column])} for {of}"
        faults.add(problem, row=str(self.ids[row]), remedy=asked)

    @property
    def ids(self) -> pd.Index:
        """Demand ids, in the order of all rows."""
        return pd.Index(held(self, "points").index)

    @property
    def expected_use(self) -> FloatArray:
        """(points, segments) need x awareness x uptake."""
        return self.need * self.awareness * self.uptake

    @property
    def weight(self) -> FloatArray:
        """(points, segments) what the objective counts: the declared mix of need and expected use."""
        return mixed_weight(self.need, self.expected_use, self.need_share)

    def _shown(self) -> Shown:
        points = held(self, "points")
        districts = points["parent"].unique()
        people = zip(self.age_groups, self.people.sum(axis=0), strict=True)
        rows = [
            ("people", ", ".join(f"{count:,.0f} {name}" for name, count in people)),
            ("need", f"{self.need.sum():,.1f} visits a month if everybody knew the service"),
            ("expected use", f"{self.expected_use.sum():,.1f} visits a month"),
            ("weight", f"{self.need_share:.0%} need, {1 - self.need_share:.0%} expected use: {self.weight.sum():,.1f}"),
            ("segments", f"{len(self.segments)}: {listed_briefly(segment.name for segment in self.segments)}"),
            ("districts", f"{len(districts)}: {listed_briefly(districts)}"),
        ]
        return f"Demand: {len(points):,} points in {points.crs.to_string()}{of_data(self.simulated)}", rows


def mixed_weight(need: FloatArray, expected_use: FloatArray, need_share: float) -> FloatArray:
    """Return (points, segments) what the objective counts of need and expected use."""
    return need_share * need + (1 - need_share) * expected_use


def check_points(table: str, frame: gpd.GeoDataFrame) -> None:
    """Raise unless `frame` has unique string ids and geometry in a CRS that measures metres there."""
    if not isinstance(frame, gpd.GeoDataFrame):
        raise InputError.single(table, f"is a {type(frame).__name__}", remedy="give a GeoDataFrame with points")
    check_frame(table, frame)
    twice = frame.columns[frame.columns.duplicated()]
    if len(twice):
        raise InputError.single(table, f"column {twice[0]} is there twice", row=str(twice[0]), remedy="keep one")
    repeated = frame.index[frame.index.duplicated()]
    if len(repeated):
        raise InputError.single(table, "id is repeated", row=str(repeated[0]), remedy="ids must be unique")


def check_texts(faults: Faults, frame: gpd.GeoDataFrame, columns: tuple[str, ...]) -> None:
    """Note ids that are no texts, places that are no points, and columns that are missing or hold no texts."""
    index = frame.index
    if len(index) and (pd.api.types.infer_dtype(index, skipna=False) != "string" or index.hasnans):
        odd = next((each for each in index if not isinstance(each, str)), index[0])
        faults.add(f"id {shown(odd)} is no text", row=str(odd), remedy="make ids texts: frame.index.astype(str)")
    elif len(index) and (index == "").any():
        faults.add("an id is empty", remedy="give every row an id")
    geometry = frame.geometry.to_numpy()
    bad = shapely.get_type_id(geometry) != 0
    some = np.flatnonzero(~bad & ~shapely.is_empty(geometry))
    bad[:] = True
    bad[some] = ~np.isfinite(shapely.get_coordinates(geometry[some])).all(axis=1)
    if bad.any():
        first = int(np.argmax(bad))
        problem = f"the place is {shown(str(geometry[first]))}, no point"
        faults.add(problem, row=str(index[first]), remedy="give points with finite coordinates")
    for name in columns:
        if name not in frame.columns:
            faults.add(f"column {name} is missing", row=name, remedy=f"add {name}")
            continue
        values = frame[name]
        kind = pd.api.types.infer_dtype(values, skipna=False)
        if len(values) and (kind not in {"string", "categorical"} or values.isna().any()):
            first = next((i for i, value in enumerate(values) if not isinstance(value, str)), 0)
            problem = f"{name} is {shown(values.iloc[first])}, no text"
            faults.add(problem, row=str(index[first]), remedy=f"make {name} a column of texts")
