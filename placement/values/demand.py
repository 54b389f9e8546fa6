"""Demand: who needs a station, where, in which segment, and how many of them would come."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from placement.errors import AlignmentError, InputError
from placement.values._frozen import frozen_array
from placement.values.crs import check_frame

FloatArray = NDArray[np.float64]


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

    @property
    def name(self) -> str:
        """``age_group/period/service``."""
        return f"{self.age_group}/{self.period}/{self.service}"


@dataclass(frozen=True, kw_only=True, eq=False)
class Demand:
    """Visits a month that people would make, by demand point and segment.

    Parameters
    ----------
    points
        GeoDataFrame indexed by ``demand_id`` (unique strings) with `geometry` (points, projected CRS), `district`
        and `parent` (strings; equal where the districts have no parent).
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
        If ids repeat, the CRS is missing or geographic, shapes disagree, or a value is negative or not finite.
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
        object.__setattr__(self, "points", self.points.copy())
        for name in ("people", "need", "awareness", "uptake"):
            object.__setattr__(self, name, frozen_array(getattr(self, name), np.float64))
        check_points("population", self.points)
        shape = (len(self.points), len(self.segments))
        shapes = {
            "need": shape,
            "awareness": shape,
            "uptake": shape,
            "people": (shape[0], len(self.age_groups)),
        }
        for name, expected in shapes.items():
            array = getattr(self, name)
            if array.shape != expected:
                raise AlignmentError.single("demand", f"{name} has shape {array.shape}, expected {expected}")
            if not np.isfinite(array).all() or (array < 0).any():
                raise InputError.single("demand", f"{name} has negative or missing values")
        if (self.awareness > 1).any() or (self.uptake > 1).any() or not 0 <= self.need_share <= 1:
            raise InputError.single("demand", "awareness, uptake and need_share must lie in 0..1")

    @property
    def ids(self) -> pd.Index:
        """Demand ids, in the order of all rows."""
        return pd.Index(self.points.index)

    @property
    def frame(self) -> gpd.GeoDataFrame:
        """A copy of the points."""
        return self.points.copy()

    @property
    def expected_use(self) -> FloatArray:
        """(points, segments) need x awareness x uptake."""
        return self.need * self.awareness * self.uptake

    @property
    def weight(self) -> FloatArray:
        """(points, segments) what the objective counts: the declared mix of need and expected use."""
        return self.need_share * self.need + (1 - self.need_share) * self.expected_use


def check_points(table: str, frame: gpd.GeoDataFrame) -> None:
    """Raise unless `frame` has unique string ids and geometry in a CRS that measures metres there."""
    check_frame(table, frame)
    repeated = frame.index[frame.index.duplicated()]
    if len(repeated):
        raise InputError.single(table, "id is repeated", row=str(repeated[0]), remedy="ids must be unique")
