r"""Virtual counters: interpolated foot traffic for the parts of a town in which nobody counts.

Where demand points have no counter within the bandwidth b of :func:`placement.demand.spread_footfall`, virtual counters
are set out on a hexagonal lattice of spacing 2b. Each thus stands for as much town as a counter does: a number at every
demand point instead would count the same passers-by as often as there are points around.

A virtual counter gets the expected number of the kriged field, :math:`E F = e^{\mu + s^2/2}` with :math:`\mu` and s the
mean and standard deviation of its logarithm (the median :math:`e^\mu` would make the sum of many too small), and brings
along how wrong it may be: draws multiply it by :math:`e^{e - s^2/2}` with normal errors e whose covariance between the
virtual counters is that of kriging, so that a draw stays above zero and the errors of neighbours do not average out.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.spatial import KDTree

from placement.demand._kriging import KrigingErrors
from placement.demand.interpolate import coordinates, interpolate_footfall, interpolation_scores
from placement.errors import CrsError, InputError
from placement.values.demand import check_points

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, eq=False)
class FilledCounters:
    """Counters, real and virtual.

    Parameters
    ----------
    bandwidth_m
        What they were set out for.
    range_m, nugget_share
        See :class:`placement.demand.InterpolatedFootfall`.
    errors
        Joint errors of the virtual counters, for ``spread_footfall(..., errors=)``; None where there are none.
    """

    bandwidth_m: float
    range_m: float
    nugget_share: float
    errors: KrigingErrors | None = field(repr=False)
    _counters: gpd.GeoDataFrame = field(repr=False)
    _leave_one_out: pd.DataFrame = field(repr=False)

    @property
    def counters(self) -> gpd.GeoDataFrame:
        """A copy of the counters by ``counter_id``, real ones first and as they were given.

        Columns beside theirs: `interpolated`; for virtual ones `people_per_day` (expected), `low`, `high` (90 %
        interval; NaN for real ones) and `night_share`: that of all counted people together where every counter tells
        its own, else NaN, so that their people are split like those of a counter that does not tell.
        """
        return self._counters.copy()

    @property
    def leave_one_out(self) -> pd.DataFrame:
        """By ``counter_id`` of the real counters: see :class:`placement.demand.InterpolatedFootfall`."""
        return self._leave_one_out.copy()

    @property
    def scores(self) -> pd.Series:
        """Leave-one-counter-out errors: `median_factor` and others, beside those of the plain mean."""
        return interpolation_scores(self._leave_one_out)

    @property
    def better_than_mean(self) -> bool:
        """Whether a counter left out is found better than by the mean of the others, to the two decimals shown."""
        scores = self.scores
        return bool(round(scores["median_factor"], 2) < round(scores["median_factor_mean"], 2))

    @property
    def note(self) -> str:
        """What was interpolated and how far to trust it, in a sentence."""
        scores = self.scores
        virtual = int(self._counters["interpolated"].sum())
        said = (
            f"{virtual} virtual counter{'s' * (virtual != 1)} set out where no counter stands within "
            f"{self.bandwidth_m:g} m, interpolated from {len(self._leave_one_out)}; left out in turn, a counter is off "
            f"by a factor of {scores['median_factor']:.2f} (median), by {scores['median_factor_mean']:.2f} where the "
            "mean of the others is taken"
        )
        return said if self.better_than_mean else f"{said}: interpolation is NO BETTER than the mean here"


def fill_counters(
    counters: gpd.GeoDataFrame, points: gpd.GeoDataFrame, *, bandwidth_m: float = 300.0
) -> FilledCounters:
    """Set out virtual counters where demand points have none within the bandwidth, and interpolate their numbers.

    A place of the lattice is taken if a demand point that no counter reaches lies within the bandwidth of it and no
    counter does (straight lines; to each place of the lattice its own points: circles around neighbouring places only
    touch). The lattice is fixed to the CRS, so that a demand point more or less moves no virtual counter.

    Parameters
    ----------
    counters
        Points in a projected CRS indexed by ``counter_id`` with `people_per_day` above 0, optional `night_share`, `se`.
    points
        Demand points, same CRS.
    bandwidth_m
        The bandwidth that :func:`placement.demand.spread_footfall` will be given, metres.

    Returns
    -------
    FilledCounters

    Raises
    ------
    InputError
        If there are fewer than :data:`placement.demand.interpolate.FEWEST_COUNTERS` counters, a number is not above 0
        or the bandwidth is not.
    CrsError
        If the CRS are missing, in degrees or not the same.

    Examples
    --------
    >>> import geopandas as gpd
    >>> counters = gpd.GeoDataFrame(
    ...     {"people_per_day": [900.0, 1000.0, 1000.0, 1100.0]}, index=["C1", "C2", "C3", "C4"],
    ...     geometry=gpd.points_from_xy([0, 50, 0, 50], [0, 0, 50, 50]), crs="EPSG:32650",
    ... )
    >>> points = gpd.GeoDataFrame(
    ...     index=["a", "b"], geometry=gpd.points_from_xy([20, 810], [20, 10]), crs="EPSG:32650"
    ... )
    >>> filled = fill_counters(counters, points, bandwidth_m=100).counters
    >>> filled.loc[filled["interpolated"], "people_per_day"].round().tolist(), str(filled.geometry.iloc[-1])
    ([1006.0], 'POINT (800 0)')
    """
    if not (np.isfinite(bandwidth_m) and bandwidth_m > 0):
        raise InputError.single("footfall", f"bandwidth_m is {bandwidth_m}", remedy="give metres above 0")
    check_points("population", points)
    if counters.crs != points.crs:
        raise CrsError.single(
            "footfall", "is in another CRS than the demand points", remedy="reproject one with to_crs(...)"
        )
    places = _empty_places(coordinates(counters), coordinates(points), bandwidth_m)
    frame = gpd.GeoDataFrame(
        index=pd.Index([f"virtual {number}" for number in range(1, len(places) + 1)], name=counters.index.name),
        geometry=gpd.points_from_xy(*places.T),
        crs=counters.crs,
    )
    found = interpolate_footfall(counters, frame)
    virtual = _as_counters(found.places, counters)
    clash = counters.index.intersection(virtual.index)
    if len(clash):
        raise InputError.single("footfall", "is the name of a virtual counter", row=str(clash[0]), remedy="rename it")
    real = counters.assign(interpolated=False)
    both = real if not len(virtual) else gpd.GeoDataFrame(pd.concat([real, virtual]), crs=counters.crs)
    both = both.assign(**{name: np.nan for name in ("low", "high", "se") if name not in both.columns})
    errors = KrigingErrors(ids=virtual.index, model=found.model, there=places) if len(virtual) else None
    return FilledCounters(
        bandwidth_m=float(bandwidth_m),
        range_m=found.range_m,
        nugget_share=found.nugget_share,
        errors=errors,
        _counters=both,
        _leave_one_out=found.leave_one_out,
    )


def _as_counters(places: gpd.GeoDataFrame, counters: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return interpolated places with the columns of counters."""
    mean = places["mean"].to_numpy(dtype=float)
    night = np.nan
    if "night_share" in counters.columns:
        people, share = (counters[name].to_numpy(dtype=float) for name in ("people_per_day", "night_share"))
        night = float(people @ share / people.sum())  # NaN where one does not tell
    columns = {
        "people_per_day": mean,
        "night_share": night,
        "low": places["low"],
        "high": places["high"],
        "se": mean * np.sqrt(np.expm1(places["log_sd"].to_numpy(dtype=float) ** 2)),
        "interpolated": True,
    }
    return places[["geometry"]].assign(**columns)


def _empty_places(here: FloatArray, points: FloatArray, bandwidth_m: float) -> FloatArray:
    """Return (places, 2) lattice places near demand points that no counter reaches, from south-west to north-east."""
    if not len(here) or not len(points):
        return np.zeros((0, 2))
    known = KDTree(here)
    lonely = points[known.query(points)[0] > bandwidth_m]
    place = _nearest_places(lonely, 2.0 * bandwidth_m)
    place = place[np.linalg.norm(lonely - place, axis=1) <= bandwidth_m]
    place = np.unique(place[:, ::-1], axis=0)[:, ::-1].reshape(-1, 2)
    return np.asarray(place[known.query(place)[0] > bandwidth_m] if len(place) else place)


def _nearest_places(points: FloatArray, spacing_m: float) -> FloatArray:
    """Return (points, 2) the nearest place of the hexagonal lattice to each point.

    The lattice is two rectangular ones, the second in the middle of the first's cells; the nearer of their two nearest
    places is the nearest.
    """
    cell = np.array([spacing_m, np.sqrt(3.0) * spacing_m])
    options = [(np.rint(points / cell - shift) + shift) * cell for shift in (0.0, 0.5)]
    apart = [np.linalg.norm(points - option, axis=1) for option in options]
    return np.asarray(np.where((apart[0] <= apart[1])[:, None], *options))
