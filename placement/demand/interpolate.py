r"""Foot traffic where no counter stands: ordinary kriging of the logarithm of the daily numbers.

.. math::
    \log F(x) = m + g(x) + \varepsilon, \qquad
    \mathrm{cov}(g(x), g(x')) = \sigma^2 e^{-|x - x'| / \ell}, \qquad \varepsilon \sim N(0, \tau^2),

with unknown mean m. Range :math:`\ell`, sill and nugget maximise the restricted likelihood over a grid, so that a
handful of counters cannot be fitted to nonsense by an optimiser; the error is told by leaving out each counter in turn.

References
----------
Cressie, N. (1993). Statistics for Spatial Data. Wiley.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import linalg, stats
from scipy.spatial import distance

from placement.demand._check import number_faults, raise_faults, require_columns
from placement.errors import CrsError, InputError
from placement.values.demand import check_points

FloatArray = NDArray[np.float64]

FEWEST_COUNTERS = 4
_RANGES = 12
_NUGGETS = (0.001, 0.01, 0.05, 0.1, 0.2, 0.35, 0.5, 0.7, 0.9, 1.0)
_TAIL = 0.95


@dataclass(frozen=True, kw_only=True, eq=False)
class InterpolatedFootfall:
    """Daily numbers at places without a counter.

    Parameters
    ----------
    range_m, nugget_share
        Range of the correlation and share of the variance that is not spatial; a share of 1 means that near counters
        are no more alike than far ones: every place then gets the (geometric) mean.
    """

    range_m: float
    nugget_share: float
    _places: gpd.GeoDataFrame = field(repr=False)
    _leave_one_out: pd.DataFrame = field(repr=False)

    @property
    def places(self) -> gpd.GeoDataFrame:
        """The places with `people_per_day` (median), `low`, `high` (90 %); may be used like counters."""
        return self._places.copy()

    @property
    def leave_one_out(self) -> pd.DataFrame:
        """By ``counter_id``: `observed`, `predicted` without it, `low`, `high`, `mean_of_others` (geometric)."""
        return self._leave_one_out.copy()

    @property
    def scores(self) -> pd.Series:
        """Leave-one-counter-out errors: root mean square of log ratios, and median factor off, beside the plain mean.

        Entries: `rmse_log`, `median_factor`, `rmse_log_mean`, `median_factor_mean`, `interval_holds` (share of the
        counters within their 90 % interval).
        """
        table = self._leave_one_out
        entries = {}
        for suffix, column in (("", "predicted"), ("_mean", "mean_of_others")):
            ratio = np.log(table[column] / table["observed"])
            entries[f"rmse_log{suffix}"] = float(np.sqrt((ratio**2).mean()))
            entries[f"median_factor{suffix}"] = float(np.exp(ratio.abs().median()))
        entries["interval_holds"] = float(table["observed"].between(table["low"], table["high"]).mean())
        return pd.Series(entries)


def interpolate_footfall(counters: gpd.GeoDataFrame, places: gpd.GeoDataFrame) -> InterpolatedFootfall:
    """Estimate foot traffic at places from the counters around them.

    Parameters
    ----------
    counters
        Points in a projected CRS indexed by ``counter_id`` with `people_per_day` above 0.
    places
        Points in the same CRS.

    Raises
    ------
    InputError
        If there are fewer than :data:`FEWEST_COUNTERS` counters or a number is not above 0.
    CrsError
        If the CRS are missing, in degrees or not the same.
    """
    require_columns("footfall", counters, ["people_per_day"])
    check_points("footfall", counters)
    check_points("places", places)
    if counters.crs != places.crs:
        raise CrsError.single("places", "are in another CRS than the counters", remedy="reproject one with to_crs(...)")
    raise_faults(number_faults("footfall", counters, "people_per_day", low=np.nextafter(0.0, 1.0)))
    if len(counters) < FEWEST_COUNTERS:
        problem = f"{len(counters)} counters are too few to interpolate; {FEWEST_COUNTERS} are needed"
        raise InputError.single("footfall", problem, remedy="add counters")
    here, there = _xy(counters), _xy(places)
    logs = np.log(counters["people_per_day"].to_numpy(dtype=float))
    range_m, nugget = _fit(here, logs)
    centre, sd = _krige(here, logs, there, range_m, nugget)
    left = [_left_out(here, logs, place) for place in range(len(logs))]
    table = pd.DataFrame(left, columns=["observed", "predicted", "low", "high", "mean_of_others"], index=counters.index)
    frame = places.copy()
    spread = stats.t.ppf(_TAIL, len(logs) - 1) * sd
    frame["people_per_day"], frame["low"], frame["high"] = (
        np.exp(centre),
        np.exp(centre - spread),
        np.exp(centre + spread),
    )
    return InterpolatedFootfall(range_m=range_m, nugget_share=nugget, _places=frame, _leave_one_out=table)


def _xy(frame: gpd.GeoDataFrame) -> FloatArray:
    return np.column_stack([frame.geometry.x.to_numpy(dtype=float), frame.geometry.y.to_numpy(dtype=float)])


def _correlation(metres: FloatArray, range_m: float, nugget: float) -> FloatArray:
    """Return correlations of the spatial part between different places."""
    return np.asarray((1.0 - nugget) * np.exp(-metres / range_m))


def _system(
    here: FloatArray, logs: FloatArray, range_m: float, nugget: float
) -> tuple[FloatArray, float, float, float]:
    """Return the Cholesky factor, the generalised mean, the variance and the restricted log-likelihood."""
    count = len(logs)
    matrix = _correlation(distance.cdist(here, here), range_m, nugget)
    matrix[np.diag_indices(count)] = 1.0
    factor = linalg.cholesky(matrix, lower=True)
    ones = linalg.solve_triangular(factor, np.ones(count), lower=True)
    data = linalg.solve_triangular(factor, logs, lower=True)
    weight = float(ones @ ones)
    mean = float(ones @ data) / weight
    variance = max(float(((data - mean * ones) ** 2).sum()) / (count - 1), 1e-12)
    likelihood = -0.5 * (count - 1) * np.log(variance) - np.log(np.diag(factor)).sum() - 0.5 * np.log(weight)
    return factor, mean, variance, float(likelihood)


def _fit(here: FloatArray, logs: FloatArray) -> tuple[float, float]:
    """Return the range and nugget share of the highest restricted likelihood."""
    apart = distance.pdist(here)
    longest = max(float(apart.max()), 1.0)
    shortest = max(float(np.quantile(apart, 0.02)) / 2.0, longest / 1000.0)
    options = [(range_m, nugget) for nugget in _NUGGETS for range_m in np.geomspace(shortest, longest, _RANGES)]
    values = [_system(here, logs, *option)[3] for option in options]
    best = options[int(np.argmax(values))]
    return float(best[0]), float(best[1])


def _krige(
    here: FloatArray, logs: FloatArray, there: FloatArray, range_m: float, nugget: float
) -> tuple[FloatArray, FloatArray]:
    """Return mean and standard deviation of the logarithm at other places."""
    factor, mean, variance, _ = _system(here, logs, range_m, nugget)
    cross = _correlation(distance.cdist(there, here), range_m, nugget)
    solved = linalg.cho_solve((factor, True), np.column_stack([logs - mean, np.ones(len(logs))]))
    centre = mean + cross @ solved[:, 0]
    half = linalg.solve_triangular(factor, cross.T, lower=True)
    unknown_mean = (1.0 - cross @ solved[:, 1]) ** 2 / solved[:, 1].sum()
    return centre, np.sqrt(np.maximum(variance * (1.0 - (half**2).sum(axis=0) + unknown_mean), 0.0))


def _left_out(here: FloatArray, logs: FloatArray, place: int) -> tuple[float, float, float, float, float]:
    """Return what the others say of one counter, range and nugget fitted without it too."""
    rest = np.arange(len(logs)) != place
    range_m, nugget = _fit(here[rest], logs[rest])
    centre, sd = _krige(here[rest], logs[rest], here[place : place + 1], range_m, nugget)
    spread = float(stats.t.ppf(_TAIL, rest.sum() - 1) * sd[0])
    at = float(centre[0])
    values = np.exp([logs[place], at, at - spread, at + spread, logs[rest].mean()])
    return tuple(float(value) for value in values)  # type: ignore[return-value]
