r"""Virtual counters: interpolated foot traffic for the parts of a town in which nobody counts.

Where demand points have no counter within the bandwidth b of :func:`placement.demand.spread_footfall`, virtual counters
are set out by a hexagonal lattice of spacing :math:`\sqrt 3\,b`, the widest whose circles of radius b cover the plane.
Each thus stands for about as much town as a counter does: a number at every demand point instead would count the same
passers-by as often as there are points around. It stands at the demand point next to its place of the lattice, so that
spreading along the streets reaches somebody.

The kriged field says that a place is lognormal, its logarithm :math:`\mu` with standard deviation s. Few counters leave
s large, and then the mean :math:`e^{\mu + s^2/2}` explodes: four counters of 10 to 100,000 people a day gave a mean of
:math:`2.8 \cdot 10^{10}`. No place is therefore taken to be busier than the busiest real counter, c people a day, and a
virtual counter gets the expected number

.. math::
    E \min(F, c) = e^{\mu + s^2/2}\, \Phi\Big(\frac{\log c - \mu - s^2}{s}\Big)
        + c\, \Phi\Big(\frac{\mu - \log c}{s}\Big)

(the median :math:`e^\mu` would make the sum of many too small). It brings along how wrong it may be: draws are
:math:`\min(e^{\mu + e}, c)` with normal errors e whose covariance between the virtual counters is that of kriging, so
that a draw stays above zero, its mean is the number itself, and the errors of neighbours do not average out.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import geopandas as gpd
import numpy as np
import pandas as pd
from scipy import special
from scipy.spatial import KDTree

from placement.demand.fit.kriging import KrigingErrors
from placement.demand.interpolate import coordinates, interpolate_footfall, interpolation_scores
from placement.errors import CrsError, InputError
from placement.notes import Note, counted, together
from placement.streets import Streets
from placement.values.arrays import FloatArray
from placement.values.demand import check_points
from placement.values.immutable import immutable
from placement.values.shown import Shown

_SMALLEST_SD = 1e-9


@immutable
@dataclass(frozen=True, kw_only=True, eq=False)
class FilledCounters:
    """Counters, real and virtual.

    Parameters
    ----------
    bandwidth_m
        What they were set out for.
    range_m, nugget_share
        See :class:`placement.demand.InterpolatedFootfall`.
    capped
        How many virtual counters would have more people than the busiest real one, had they not been held to it.
    sited_busy
        Whether real counters were taken to be put up for the number who pass.
    errors
        Joint errors of the virtual counters, for ``spread_footfall(..., errors=)``; None where there are none.
    """

    bandwidth_m: float
    range_m: float
    nugget_share: float
    capped: int
    sited_busy: bool
    errors: KrigingErrors | None = field(repr=False)
    _counters: gpd.GeoDataFrame = field(repr=False)
    _leave_one_out: pd.DataFrame = field(repr=False)

    @property
    def counters(self) -> gpd.GeoDataFrame:
        """A copy of the counters by ``counter_id``, real ones first and as they were given.

        Columns beside theirs: `interpolated`; for virtual ones `people_per_day` (expected), `low`, `high` (90 %
        interval, none above the busiest real one; NaN for real ones) and `night_share`: that of all counted people
        together where every counter tells its own, else NaN, so that their people are split like those of a counter
        that does not tell.
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
    def note(self) -> Note:
        """What was interpolated and how far to trust it, in a sentence."""
        scores = self.scores
        said = counted(
            int(self._counters["interpolated"].sum()),
            "{count} virtual counter set out where no counter stands within {metres:g} m, interpolated from {real}; "
            "left out in turn, a counter is off by a factor of {factor:.2f} (median), by {mean:.2f} where the mean of "
            "the others is taken",
            "{count} virtual counters set out where no counter stands within {metres:g} m, interpolated from {real}; "
            "left out in turn, a counter is off by a factor of {factor:.2f} (median), by {mean:.2f} where the mean of "
            "the others is taken",
            metres=self.bandwidth_m, real=len(self._leave_one_out), factor=scores["median_factor"],
            mean=scores["median_factor_mean"],
        )  # fmt: skip
        more = []
        if self.sited_busy:
            more.append(Note("counters stand where many pass, so that other places are expected lower"))
        if self.capped:
            held = "{count} held to the busiest counter, which the mean of their distribution exceeds"
            more.append(Note(held, count=self.capped))
        said = together([said, *more])
        return (
            said if self.better_than_mean else Note("{says}: interpolation is NO BETTER than the mean here", says=said)
        )

    def _shown(self) -> Shown:
        return f"FilledCounters: {len(self._counters):,} counters, real and virtual", [("", self.note)]


def fill_counters(
    counters: gpd.GeoDataFrame,
    points: gpd.GeoDataFrame,
    *,
    bandwidth_m: float = 300.0,
    streets: Streets | None = None,
    siting: str = "auto",
) -> FilledCounters:
    """Set out virtual counters where demand points have none within the bandwidth, and interpolate their numbers.

    A place of the lattice is taken if it is the nearest one to a demand point that no counter reaches, and no counter
    reaches it either (straight lines). The virtual counter stands at the nearest of the demand points that no counter
    reaches; where two would stand on one point, one does. The lattice is fixed to the CRS, so that a demand point more
    or less moves only the virtual counters next to it.

    Parameters
    ----------
    counters
        Points in a projected CRS indexed by ``counter_id`` with `people_per_day` above 0, optional `night_share`, `se`.
    points
        Demand points, same CRS.
    bandwidth_m
        The bandwidth that :func:`placement.demand.spread_footfall` will be given, metres.
    streets, siting
        See :func:`placement.demand.interpolate_footfall`.

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
    ([986.0], 'POINT (810 10)')
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
    found = interpolate_footfall(counters, frame, streets=streets, siting=siting)
    most = float(counters["people_per_day"].max())
    virtual = _as_counters(found.places, counters, most)
    log_median = np.log(found.places["people_per_day"].to_numpy(dtype=float))
    errors = None
    if len(virtual):
        errors = KrigingErrors(
            ids=virtual.index, model=found.model, there=places, rank=found.rank, log_median=log_median, most=most
        )
    return FilledCounters(
        bandwidth_m=float(bandwidth_m),
        range_m=found.range_m,
        nugget_share=found.nugget_share,
        capped=int((found.places["mean"].to_numpy(dtype=float) > most).sum()),
        sited_busy=found.sited_busy,
        errors=errors,
        _counters=_joined(counters, virtual),
        _leave_one_out=found.leave_one_out,
    )


def _joined(counters: gpd.GeoDataFrame, virtual: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return real and virtual counters with the same columns."""
    clash = counters.index.intersection(virtual.index)
    if len(clash):
        raise InputError.single("footfall", "is the name of a virtual counter", row=str(clash[0]), remedy="rename it")
    real = counters.assign(interpolated=False)
    both = real if not len(virtual) else gpd.GeoDataFrame(pd.concat([real, virtual]), crs=counters.crs)
    return both.assign(**{name: np.nan for name in ("low", "high", "se") if name not in both.columns})


def _as_counters(places: gpd.GeoDataFrame, counters: gpd.GeoDataFrame, most: float) -> gpd.GeoDataFrame:
    """Return interpolated places with the columns of counters, none busier than `most`."""
    median = places["people_per_day"].to_numpy(dtype=float)
    mean, sd = _capped_moments(np.log(median), places["log_sd"].to_numpy(dtype=float), most)
    night = np.nan
    if "night_share" in counters.columns:
        people, share = (counters[name].to_numpy(dtype=float) for name in ("people_per_day", "night_share"))
        night = float(people @ share / people.sum())  # NaN where one does not tell
    columns = {
        "people_per_day": mean,
        "night_share": night,
        "low": places["low"].clip(upper=most),
        "high": places["high"].clip(upper=most),
        "se": sd,
        "interpolated": True,
    }
    return places[["geometry"]].assign(**columns)


def _capped_moments(centre: FloatArray, log_sd: FloatArray, most: float) -> tuple[FloatArray, FloatArray]:
    """Return means and standard deviations of lognormal numbers of which none is above `most`."""
    sd = np.maximum(log_sd, _SMALLEST_SD)
    away = (np.log(most) - centre) / sd
    # Products of a huge factor and a tiny probability: added as logarithms.
    moments = [
        np.exp(power * centre + 0.5 * (power * sd) ** 2 + special.log_ndtr(away - power * sd))
        + most**power * special.ndtr(-away)
        for power in (1, 2)
    ]
    return np.minimum(moments[0], most), np.sqrt(np.maximum(moments[1] - moments[0] ** 2, 0.0))


def _empty_places(here: FloatArray, points: FloatArray, bandwidth_m: float) -> FloatArray:
    """Return (places, 2) demand points for virtual counters, from south-west to north-east."""
    if not len(here) or not len(points):
        return np.zeros((0, 2))
    known = KDTree(here)
    lonely = points[known.query(points)[0] > bandwidth_m]
    place = np.unique(_nearest_places(lonely, np.sqrt(3.0) * bandwidth_m), axis=0)
    place = place[known.query(place)[0] > bandwidth_m] if len(place) else place
    if not len(place):
        return np.zeros((0, 2))
    stands = lonely[KDTree(lonely).query(place)[1]]
    return np.asarray(np.unique(stands[:, ::-1], axis=0)[:, ::-1])


def _nearest_places(points: FloatArray, spacing_m: float) -> FloatArray:
    """Return (points, 2) the nearest place of the hexagonal lattice to each point.

    The lattice is two rectangular ones, the second in the middle of the first's cells; the nearer of their two nearest
    places is the nearest.
    """
    cell = np.array([spacing_m, np.sqrt(3.0) * spacing_m])
    options = [(np.rint(points / cell - shift) + shift) * cell for shift in (0.0, 0.5)]
    apart = [np.linalg.norm(points - option, axis=1) for option in options]
    return np.asarray(np.where((apart[0] <= apart[1])[:, None], *options))
