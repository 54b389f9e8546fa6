r"""Foot traffic of counters, spread over the demand points around them.

Counter c with :math:`F_c` people a day gives demand point i the share

.. math::
    w_{ci} = K(d_{ci} / h) \Big/ \sum_{i'} K(d_{ci'} / h), \qquad K(u) = (1 - u^2)^2 \text{ for } u < 1, \text{ else } 0

of its people: the quartic kernel over the walking distance :math:`d` along the streets (straight lines without
streets) with bandwidth :math:`h`, made to sum to one, so that each counter keeps its total; of counters that stand on
one street each counts with its share (:mod:`placement.demand.same_street`). Kernels over distance along
a network instead of the plane follow Okabe, Satoh and Sugihara (2009), IJGIS 23(1).
"""

from __future__ import annotations

from dataclasses import dataclass, field

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse
from scipy.spatial import KDTree, distance

from placement.demand.checks import number_faults, raise_faults, require_columns, require_known
from placement.demand.fit.kriging import KrigingErrors
from placement.demand.same_street import street_shares
from placement.errors import CrsError, Fault, InputError
from placement.streets import Streets
from placement.travel import walking_times
from placement.values.arrays import FloatArray, frozen_csr
from placement.values.demand import check_points
from placement.values.immutable import immutable
from placement.values.shown import Shown


@immutable
@dataclass(frozen=True, kw_only=True, eq=False)
class Footfall:
    """People who pass, by demand point, and how they came there from the counters.

    Parameters
    ----------
    weights
        CSR (counters, points): share of each counter's people; every row sums to one.
    errors
        Joint errors of the counters that were interpolated; None where all are known each by itself.
    """

    weights: sparse.csr_array
    errors: KrigingErrors | None = field(default=None, repr=False)
    _counters: gpd.GeoDataFrame = field(repr=False)
    _point_ids: pd.Index = field(repr=False)

    @property
    def counters(self) -> gpd.GeoDataFrame:
        """A copy of the counters with `points` (demand points reached), `counted` and `nearest_m`.

        `counted` is the share of its people that a counter adds, below 1 where another stands on its street.
        `nearest_m` is NaN where points lay within the bandwidth; elsewhere everybody goes to the nearest demand point
        and it is the straight-line distance to it.
        """
        return self._counters.copy()

    @property
    def points(self) -> pd.DataFrame:
        """People a day by ``demand_id``.

        Columns: `people_per_day` in all; of these `night_per_day` and `day_per_day` from counters that tell their
        night share, and `unsplit_per_day` from counters that do not.
        """
        return self.spread(self._counters["people_per_day"].to_numpy(dtype=float))

    def spread(self, people_per_day: FloatArray) -> pd.DataFrame:
        """Return what `points` would be with other daily numbers (counters,) in the same places."""
        people_per_day = people_per_day * self._counters["counted"].to_numpy(dtype=float)
        night_share = self._counters["night_share"].to_numpy(dtype=float)
        told = np.isfinite(night_share)
        night = np.where(told, people_per_day * np.where(told, night_share, 0.0), 0.0)
        columns = {
            "people_per_day": people_per_day,
            "night_per_day": night,
            "day_per_day": np.where(told, people_per_day - night, 0.0),
            "unsplit_per_day": np.where(told, 0.0, people_per_day),
        }
        spread = self.weights.T @ np.column_stack(list(columns.values()))
        return pd.DataFrame(spread, index=self._point_ids, columns=list(columns))

    def _shown(self) -> Shown:
        people = float((self._counters["people_per_day"] * self._counters["counted"]).sum())
        counted = f"{people:,.0f} people a day past {len(self._counters):,} counters"
        return f"Footfall: {counted}, spread over {len(self._point_ids):,} demand points", ()


def spread_footfall(
    counters: gpd.GeoDataFrame,
    points: gpd.GeoDataFrame,
    *,
    streets: Streets | None = None,
    bandwidth_m: float = 300.0,
    nearest_within_m: float | None = None,
    errors: KrigingErrors | None = None,
) -> Footfall:
    """Spread the people each counter counts over the demand points around it.

    Parameters
    ----------
    counters
        Points in a projected CRS indexed by ``counter_id``: `people_per_day`, optional `night_share` (0..1; missing
        where the counter does not tell) and `direction` (the one way that it counts; empty: both).
    points
        Demand points indexed by ``demand_id``, same CRS.
    streets
        Walking network; without it distances are straight lines.
    bandwidth_m
        Distance at which the kernel ends, metres.
    nearest_within_m
        A counter with no demand point within the bandwidth gives all its people to the nearest one within this
        straight-line distance (default three bandwidths); `Footfall.counters` tells which did.
    errors
        Of :func:`placement.demand.fill_counters`, where `counters` are those it returned: draws then keep the errors of
        the virtual ones together.

    Returns
    -------
    Footfall

    Raises
    ------
    InputError
        If a number is negative or missing, or a counter has no demand point even within `nearest_within_m`.
    AlignmentError
        If `errors` are of counters that are not among `counters`.
    CrsError
        If the CRS are missing, in degrees or not the same.

    Examples
    --------
    >>> import geopandas as gpd
    >>> counters = gpd.GeoDataFrame(
    ...     {"people_per_day": [900.0]}, index=["C1"], geometry=gpd.points_from_xy([0], [0]), crs="EPSG:32650"
    ... )
    >>> points = gpd.GeoDataFrame(
    ...     index=["a", "b", "c"], geometry=gpd.points_from_xy([0, 0, 50], [0, 100, 0]), crs="EPSG:32650"
    ... )
    >>> spread_footfall(counters, points, bandwidth_m=100).points["people_per_day"].tolist()
    [576.0, 0.0, 324.0]
    """
    _check(counters, points, bandwidth_m)
    if errors is not None:
        require_known("interpolated counters", errors.ids, "footfall", counters.index, "counter")
    distances = _distances(counters, points, streets, bandwidth_m)
    kernel = (1.0 - np.minimum(distances.data / bandwidth_m, 1.0) ** 2) ** 2
    weights = sparse.csr_array((kernel, distances.indices, distances.indptr), shape=distances.shape)
    weights.eliminate_zeros()
    lonely = np.flatnonzero(np.asarray(weights.sum(axis=1)).ravel() == 0)
    limit = 3.0 * bandwidth_m if nearest_within_m is None else nearest_within_m
    weights, nearest_m = _with_nearest(weights, lonely, counters, points, limit)
    weights = _rows_to_one(weights)
    frame = counters.copy()
    frame["night_share"] = frame["night_share"].astype(float) if "night_share" in frame.columns else np.nan
    frame["points"] = np.diff(weights.indptr)
    frame["nearest_m"] = nearest_m
    frame["counted"] = street_shares(counters, streets)
    return Footfall(weights=frozen_csr(weights), errors=errors, _counters=frame, _point_ids=pd.Index(points.index))


def passing_footfall(counters: gpd.GeoDataFrame, places: gpd.GeoDataFrame, *, bandwidth_m: float = 300.0) -> pd.Series:
    """Return the foot traffic at the door of places: what the counters around count, nearer ones for more.

    It is the sum over the counters of people a day times :math:`e^{-d^2 / 2b^2}`, d the straight-line distance: a
    measure for :func:`placement.demand.fit_usage`, which learns how many of them come in, not a count (two counters in
    one street see the same people). :func:`placement.demand.interpolate_footfall` estimates a count with its error.

    Parameters
    ----------
    counters
        As in :func:`spread_footfall`.
    places
        Points indexed by id, e.g. stations, same CRS.
    bandwidth_m
        Standard deviation b of the kernel, metres.

    Returns
    -------
    pandas.Series
        `people_per_day` by place.

    Raises
    ------
    InputError, CrsError
        As :func:`spread_footfall`.

    Examples
    --------
    >>> import geopandas as gpd
    >>> counters = gpd.GeoDataFrame(
    ...     {"people_per_day": [900.0]}, index=["C1"], geometry=gpd.points_from_xy([0], [0]), crs="EPSG:32650"
    ... )
    >>> places = gpd.GeoDataFrame(index=["S1", "S2"], geometry=gpd.points_from_xy([0, 100], [0, 0]), crs="EPSG:32650")
    >>> passing_footfall(counters, places, bandwidth_m=100).round().to_dict()
    {'S1': 900.0, 'S2': 546.0}
    """
    _check(counters, places, bandwidth_m)
    kernel = np.exp(-0.5 * (distance.cdist(_xy(places), _xy(counters)) / bandwidth_m) ** 2)
    passing = kernel @ counters["people_per_day"].to_numpy(dtype=float)
    return pd.Series(passing, index=places.index, name="people_per_day")


def _check(counters: gpd.GeoDataFrame, points: gpd.GeoDataFrame, bandwidth_m: float) -> None:
    if not bandwidth_m > 0:
        raise InputError.single("footfall", f"bandwidth_m is {bandwidth_m}", remedy="give metres above 0")
    require_columns("footfall", counters, ["people_per_day"])
    check_points("footfall", counters)
    check_points("population", points)
    if counters.crs != points.crs:
        problem = f"is in {counters.crs.to_string()}, the demand points in {points.crs.to_string()}"
        raise CrsError.single("footfall", problem, remedy="reproject one with to_crs(...)")
    faults = number_faults("footfall", counters, "people_per_day")
    if "night_share" in counters.columns:
        faults += number_faults("footfall", counters, "night_share", high=1.0, missing_ok=True)
    raise_faults(faults)
    if not len(points):
        raise InputError.single("population", "has no demand points", remedy="give at least one")


def _distances(
    counters: gpd.GeoDataFrame, points: gpd.GeoDataFrame, streets: Streets | None, bandwidth_m: float
) -> sparse.csr_array:
    """Return CSR (counters, points) metres of the pairs within the bandwidth; stored zeros are pairs."""
    if streets is not None and len(counters):
        # At a metre a second the seconds are metres; an entry is stored for each pair within the cutoff.
        times = walking_times(streets, points, counters, cutoff_s=bandwidth_m, speed_m_s=1.0)
        return sparse.csr_array(sparse.csr_array(times.seconds).T.tocsr())
    here, there = _xy(counters), _xy(points)
    if not len(here):
        return sparse.csr_array((0, len(there)))
    near = KDTree(there).query_ball_point(here, bandwidth_m)
    columns = np.concatenate([np.asarray(found, dtype=np.int64) for found in near])
    counts = np.array([len(found) for found in near])
    metres = np.linalg.norm(there[columns] - np.repeat(here, counts, axis=0), axis=1)
    pointers = np.concatenate([[0], np.cumsum(counts)])
    return sparse.csr_array((metres, columns, pointers), shape=(len(here), len(there)))


def _xy(frame: gpd.GeoDataFrame) -> FloatArray:
    return np.column_stack([frame.geometry.x.to_numpy(dtype=float), frame.geometry.y.to_numpy(dtype=float)])


def _with_nearest(
    weights: sparse.csr_array,
    lonely: NDArray[np.intp],
    counters: gpd.GeoDataFrame,
    points: gpd.GeoDataFrame,
    limit_m: float,
) -> tuple[sparse.csr_array, FloatArray]:
    """Give each lonely counter its nearest demand point; return the weights and the distances (NaN elsewhere)."""
    nearest_m = np.full(len(counters), np.nan)
    if not len(lonely):
        return weights, nearest_m
    metres, column = KDTree(_xy(points)).query(_xy(counters.iloc[lonely]))
    raise_faults(
        [
            Fault(
                table="footfall",
                row=str(counters.index[row]),
                problem=f"the nearest demand point is {far:,.0f} m away; {limit_m:,.0f} m is the limit",
                remedy="mend the coordinates, raise the bandwidth, or remove the counter",
            )
            for row, far in zip(lonely, metres, strict=True)
            if far > limit_m
        ]
    )
    nearest_m[lonely] = metres
    extra = sparse.csr_array((np.ones(len(lonely)), (lonely, column)), shape=weights.shape)
    return sparse.csr_array(weights + extra), nearest_m


def _rows_to_one(weights: sparse.csr_array) -> sparse.csr_array:
    totals = np.asarray(weights.sum(axis=1)).ravel()
    data = weights.data / np.repeat(totals, np.diff(weights.indptr))
    return sparse.csr_array((data, weights.indices, weights.indptr), shape=weights.shape)
