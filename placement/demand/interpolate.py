r"""Foot traffic where no counter stands: ordinary kriging of the logarithm of the daily numbers.

.. math::
    \log F(x) = m + g(x) + \varepsilon, \qquad
    \mathrm{cov}(g(x), g(x')) = \sigma^2 e^{-|x - x'| / \ell}, \qquad \varepsilon \sim N(0, \tau^2),

with unknown mean m. Range :math:`\ell`, sill and nugget maximise the restricted likelihood over a grid, so that a
handful of counters cannot be fitted to nonsense by an optimiser; the error is told by leaving out each counter in turn
(:mod:`placement.demand.fit.kriging`). Counters are not put up anywhere. Where streets tell their classes, these are a
trend (:mod:`placement.demand.street_class`): counters in main streets say less of a side street, and less high. Where
counters were sited for the people who pass (``siting = "busy"``: a place twice as busy twice as likely has one), other
places are expected lower still. So they were where their streets are busier by class than those of the places asked
about (:data:`BUSIER`), unless it is said otherwise; else counters are taken for a fair sample.

References
----------
Diggle, P. J., Menezes, R., Su, T.-L. (2010). Geostatistical inference under preferential sampling. JRSS C 59(2).
Cressie, N. (1993). Statistics for Spatial Data. Wiley.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import geopandas as gpd
import numpy as np
import pandas as pd
from scipy import special

from placement.demand.checks import number_faults, raise_faults, require_columns
from placement.demand.fit.kriging import Kriging, fit_kriging, leave_one_out
from placement.demand.street_class import street_ranks
from placement.errors import CrsError, Fault, InputError
from placement.streets import Streets
from placement.values.arrays import FloatArray
from placement.values.demand import check_points
from placement.values.immutable import immutable
from placement.values.shown import Shown

FEWEST_COUNTERS = 4
SITINGS = ("auto", "anywhere", "busy")
"""Why counters stand where they do; ``auto``: as the classes of their streets tell."""
BUSIER = 2.0
"""Standard errors by which the mean rank of the counters' streets is above chance where they were sited for it."""
_TAIL = 0.95


@immutable
@dataclass(frozen=True, kw_only=True, eq=False)
class InterpolatedFootfall:
    """Daily numbers at places without a counter.

    Parameters
    ----------
    model
        The fitted field of logarithms: `range_m` of its correlation, `nugget_share` of its variance that is not
        spatial; a share of 1 means that near counters are no more alike than far ones: every place then gets the
        (geometric) mean.
    sited_busy
        Whether counters were taken to be put up for the number who pass.
    rank
        (places,) of their streets, see :mod:`placement.demand.street_class`; None without a trend.
    """

    model: Kriging = field(repr=False)
    sited_busy: bool
    rank: FloatArray | None = field(repr=False)
    _places: gpd.GeoDataFrame = field(repr=False)
    _leave_one_out: pd.DataFrame = field(repr=False)

    @property
    def range_m(self) -> float:
        """Range of the correlation, metres."""
        return self.model.range_m

    @property
    def nugget_share(self) -> float:
        """Share of the variance that is not spatial."""
        return self.model.nugget_share

    @property
    def places(self) -> gpd.GeoDataFrame:
        """The places with `people_per_day` (median), `low`, `high` (90 %, Student's t), `log_sd` and `mean`.

        `log_sd` is the standard deviation of the logarithm and `mean` the expected number, above the median by the
        factor :math:`e^{s^2 / 2}`: it is what totals are made of.
        """
        return self._places.copy()

    @property
    def leave_one_out(self) -> pd.DataFrame:
        """By ``counter_id``: `observed`, `predicted` without it, `low`, `high`, `mean_of_others` (geometric)."""
        return self._leave_one_out.copy()

    @property
    def scores(self) -> pd.Series:
        """Leave-one-counter-out errors, see :func:`interpolation_scores`."""
        return interpolation_scores(self._leave_one_out)

    def _shown(self) -> Shown:
        rows = [
            ("range", f"{self.range_m:,.0f} m"),
            ("not spatial", f"{self.nugget_share:.0%} of the variance"),
            ("left out", f"off by a factor of {self.scores['median_factor']:.2f} (median)"),
        ]
        return f"InterpolatedFootfall: {len(self._places):,} places from {len(self._leave_one_out):,} counters", rows


def interpolate_footfall(
    counters: gpd.GeoDataFrame, places: gpd.GeoDataFrame, *, streets: Streets | None = None, siting: str = "auto"
) -> InterpolatedFootfall:
    """Estimate foot traffic at places from the counters around them.

    Parameters
    ----------
    counters
        Points in a projected CRS indexed by ``counter_id`` with `people_per_day` above 0.
    places
        Points in the same CRS.
    streets
        Their classes are the trend; without them, or where they tell none, there is no trend.
    siting
        ``busy`` where counters were put up for the number who pass, ``anywhere`` where not, or ``auto``.

    Raises
    ------
    InputError
        If there are fewer than :data:`FEWEST_COUNTERS` counters, a number is not above 0 or `siting` is unknown.
    CrsError
        If the CRS are missing, in degrees or not the same.
    """
    require_columns("footfall", counters, ["people_per_day"])
    check_points("footfall", counters)
    check_points("places", places)
    if counters.crs != places.crs:
        raise CrsError.single("places", "are in another CRS than the counters", remedy="reproject one with to_crs(...)")
    raise_faults(number_faults("footfall", counters, "people_per_day") or _zero_faults(counters))
    if len(counters) < FEWEST_COUNTERS:
        problem = f"{len(counters)} counters are too few to interpolate; {FEWEST_COUNTERS} are needed"
        raise InputError.single("footfall", problem, remedy="add counters")
    if siting not in SITINGS:
        raise InputError.single("footfall", f"siting is {siting!r}", remedy=f"known: {', '.join(SITINGS)}")
    here, there = coordinates(counters), coordinates(places)
    rank = None if streets is None else street_ranks(streets, counters)
    rank_there = None if streets is None or rank is None else street_ranks(streets, places)
    logs = np.log(counters["people_per_day"].to_numpy(dtype=float))
    centre_of_all = float(logs.mean())  # squares of small numbers keep their digits
    busy = siting == "busy" or (siting == "auto" and _busier(rank, rank_there))
    fitted = fit_kriging(here, logs - centre_of_all, rank, sited_high=busy)
    centre, sd = fitted.predict(there, rank_there)
    frame = places.copy()
    frame["people_per_day"], frame["low"], frame["high"] = _interval(centre + centre_of_all, sd, len(logs) - 1)
    frame["log_sd"], frame["mean"] = sd, np.exp(centre + centre_of_all + 0.5 * sd**2)
    left_out = _left_out(counters, here, logs, rank)
    return InterpolatedFootfall(model=fitted, sited_busy=busy, rank=rank_there, _places=frame, _leave_one_out=left_out)


def interpolation_scores(left_out: pd.DataFrame) -> pd.Series:
    """Return the errors of a leave-one-counter-out table beside those of the plain mean of the other counters.

    Entries: `rmse_log` (root mean square of log ratios), `median_factor` (off by, in the median), `rmse_log_mean` and
    `median_factor_mean` of the mean; `interval_holds` (share of the counters within their 90 % interval).
    """
    entries = {}
    for suffix, column in (("", "predicted"), ("_mean", "mean_of_others")):
        ratio = np.log(left_out[column] / left_out["observed"])
        entries[f"rmse_log{suffix}"] = float(np.sqrt((ratio**2).mean()))
        entries[f"median_factor{suffix}"] = float(np.exp(ratio.abs().median()))
    entries["interval_holds"] = float(left_out["observed"].between(left_out["low"], left_out["high"]).mean())
    return pd.Series(entries)


def coordinates(frame: gpd.GeoDataFrame) -> FloatArray:
    """Return (rows, 2) x and y of points."""
    return np.column_stack([frame.geometry.x.to_numpy(dtype=float), frame.geometry.y.to_numpy(dtype=float)])


def _busier(rank: FloatArray | None, rank_there: FloatArray | None) -> bool:
    """Return whether counters stand in streets of higher rank than places do, beyond what chance puts them in."""
    if rank is None or rank_there is None or len(rank_there) < 2:
        return False
    chance = float(rank_there.std()) / np.sqrt(len(rank))
    return bool(rank.mean() - rank_there.mean() > BUSIER * max(chance, 1e-9))


def _zero_faults(counters: gpd.GeoDataFrame) -> list[Fault]:
    """Return a fault for each counter that nobody passes: kriging takes logarithms."""
    remedy = "remove the counter where it was out of order, or do not interpolate"
    problem = "people_per_day is 0: interpolation goes by ratios and needs numbers above 0"
    nobody = counters.index[counters["people_per_day"].to_numpy(dtype=float) == 0]
    return [Fault(table="footfall", row=str(name), problem=problem, remedy=remedy) for name in nobody]


def _interval(centre: FloatArray, sd: FloatArray, freedom: int) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return median, low and high of people a day."""
    spread = special.stdtrit(freedom, _TAIL) * sd
    return np.exp(centre), np.exp(centre - spread), np.exp(centre + spread)


def _left_out(counters: gpd.GeoDataFrame, here: FloatArray, logs: FloatArray, rank: FloatArray | None) -> pd.DataFrame:
    """Return what the others say of each counter, range and nugget fitted without it too."""
    centre_of_all, count = float(logs.mean()), len(logs)
    centre, sd = leave_one_out(here, logs - centre_of_all, rank)
    predicted, low, high = _interval(centre + centre_of_all, sd, count - 2)
    others = np.exp((logs.sum() - logs) / (count - 1))
    columns = {"observed": np.exp(logs), "predicted": predicted, "low": low, "high": high, "mean_of_others": others}
    return pd.DataFrame(columns, index=counters.index)
