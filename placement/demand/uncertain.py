r"""A demand that knows how sure it is: draws of awareness, uptake, trip rates and foot traffic jointly.

Awareness and uptake come from their posteriors, all districts at once and the two together. What no survey tells is
drawn around what was given: each trip rate (by age group and service) and each counter is multiplied by a lognormal
factor of mean 1, :math:`\exp(\tau z - \tau^2/2)` with :math:`\tau^2 = \log(1 + c^2)` for a coefficient of
variation c; so is the need of each district as a whole (what its people want beside the town's) and the people at each
point, so that draws say where need is and not only how much. Counters that were interpolated
(:func:`placement.demand.fill_counters`) get such factors of their median with the errors of kriging, all of them
together, and end at the busiest real counter. Apart from awareness and uptake these are independent of each other given
the data, so that the mean of the draws is the estimate (where awareness and uptake go together, expected use has their
covariance on top).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import linalg

from placement.demand.footfall import Footfall
from placement.demand.town import DemandParts, Town, aligned
from placement.errors import InputError
from placement.values.arrays import FloatArray
from placement.values.demand import Demand, mixed_weight
from placement.values.immutable import held, immutable

TRIP_RATE_CV = 0.2
"""Trip rates are assumptions of a study: unless it says otherwise, they are known to 20 %."""
FOOTFALL_CV = 0.2
"""The same of counters that do not bring a standard error of their own."""
NEED_AREA_CV = 0.15
"""The same of the need of a district beside that of the town: an assumption."""
PEOPLE_CV = 0.1
"""The same of the people at a demand point: an assumption."""


@immutable
@dataclass(frozen=True, kw_only=True, eq=False)
class DemandEstimate(Demand):
    """Need, awareness and uptake at their expected values, and draws of all of them.

    Parameters
    ----------
    town
        The inputs it was estimated from.
    trip_rate_cv, footfall_cv, need_area_cv, people_cv
        See :func:`placement.demand.estimate_demand`.
    """

    town: Town = field(repr=False)
    trip_rate_cv: float
    footfall_cv: float
    need_area_cv: float
    people_cv: float

    def draws(self, n: int, seed: int = 0) -> Iterator[Demand]:
        """Yield demands that are all as likely as the estimate, given what is known.

        Parameters
        ----------
        n
            How many.
        seed
            Same seed and number, same draws.

        Yields
        ------
        Demand
            One at a time, so that a thousand draws of a large city need the memory of one.

        Raises
        ------
        InputError
            If `n` is negative.

        Examples
        --------
        >>> import geopandas as gpd
        >>> from placement.demand import estimate_demand
        >>> population = gpd.GeoDataFrame(
        ...     {"district": ["A"], "people": [1000]}, index=["D1"],
        ...     geometry=gpd.points_from_xy([0], [0]), crs="EPSG:32650",
        ... )
        >>> demand = estimate_demand(
        ...     population, trips_per_month={"general": 0.3}, need_share=1, trip_rate_cv=0.2,
        ...     need_area_cv=0, people_cv=0,
        ... )
        >>> need = [drawn.need.sum() for drawn in demand.draws(2000, seed=0)]
        >>> bool(abs(np.mean(need) - 300) < 5), bool(abs(np.std(need) / 300 - 0.2) < 0.01)
        (True, True)
        """
        return (Demand(**parts) for parts in _drawn(self, n, seed))

    def drawn_weights(self, n: int, seed: int = 0) -> Iterator[FloatArray]:
        """Yield the `weight` of :meth:`draws`, (points, segments), each checked by nobody: a third of the time.

        Raises
        ------
        InputError
            If `n` is negative.
        """
        for parts in _drawn(self, n, seed):
            expected_use = parts["need"] * parts["awareness"] * parts["uptake"]
            yield mixed_weight(parts["need"], expected_use, parts["need_share"])


def _drawn(demand: DemandEstimate, n: int, seed: int) -> Iterator[DemandParts]:
    if n < 0:
        raise InputError.single("draws", f"n is {n}", remedy="give 0 or more")
    return _parts(demand, n, seed)


def _parts(demand: DemandEstimate, n: int, seed: int) -> Iterator[DemandParts]:
    town = demand.town
    streams = np.random.SeedSequence(seed).spawn(5)
    seeds = [int(stream.generate_state(1)[0]) for stream in streams]
    rate_rng, count_rng, place_rng = (np.random.default_rng(seeds[number]) for number in (2, 3, 4))
    points = held(town, "points")
    districts = pd.Index(sorted(points["district"].unique()))
    place = districts.get_indexer(points["district"])
    aware, uptake = (None, None) if town.awareness is None else town.awareness.joint_draws(n, seeds[0])
    counts = None if town.footfall is None else _Counts.of(town.footfall, demand.footfall_cv)
    for number in range(n):
        passing = None
        if town.footfall is not None and counts is not None:
            passing = aligned(town.footfall.spread(counts.drawn(count_rng)), points)
        yield town.parts(
            rate_factors=_factors(rate_rng, town.settings.rates.shape, demand.trip_rate_cv),
            area_factors=_factors(place_rng, (len(districts),), demand.need_area_cv)[place],
            people_factors=_factors(place_rng, (len(town.people),), demand.people_cv),
            passing=passing,
            aware=None if aware is None else aware[number],
            uptake=None if uptake is None else uptake[number],
        )


def _factors(rng: np.random.Generator, shape: tuple[int, ...], variation: float | FloatArray) -> FloatArray:
    """Return lognormal factors of mean 1."""
    log_variance = np.log1p(np.square(variation))
    return np.asarray(np.exp(np.sqrt(log_variance) * rng.standard_normal(shape) - 0.5 * log_variance))


@dataclass(frozen=True, kw_only=True, eq=False)
class _Counts:
    """Daily numbers with the errors of their logarithms.

    Parameters
    ----------
    people, log_sd
        (counters,) expected numbers, standard deviations of their logarithms.
    joint
        (places,) which counters err together.
    factor
        (places, places) triangular root of the covariance of their errors.
    log_median, most
        (places,) medians of their logarithms, and the number at which their draws end.
    """

    people: FloatArray
    log_sd: FloatArray
    joint: NDArray[np.intp]
    factor: FloatArray
    log_median: FloatArray
    most: float

    @classmethod
    def of(cls, footfall: Footfall, footfall_cv: float) -> _Counts:
        """Return the counters: interpolated ones err as kriging says, others each by itself."""
        counters = footfall.counters
        people = counters["people_per_day"].to_numpy(dtype=float)
        variation = np.full(len(people), footfall_cv)
        if "se" in counters.columns:
            own = counters["se"].to_numpy(dtype=float) / np.where(people > 0, people, 1.0)
            variation = np.where(np.isfinite(own), own, variation)
        log_sd = np.sqrt(np.log1p(np.square(variation)))
        errors = footfall.errors
        if errors is None:
            none = np.zeros(0)
            joint, factor = np.zeros(0, np.intp), np.zeros((0, 0))
            return cls(people=people, log_sd=log_sd, joint=joint, factor=factor, log_median=none, most=np.inf)
        return cls(
            people=people,
            log_sd=log_sd,
            joint=counters.index.get_indexer(errors.ids),
            factor=linalg.cholesky(errors.covariance().to_numpy(), lower=True),
            log_median=errors.log_median,
            most=errors.most,
        )

    def drawn(self, rng: np.random.Generator) -> FloatArray:
        """Return (counters,) numbers whose expected values are those given."""
        error = rng.standard_normal(len(self.people))
        drawn = self.people * np.exp(self.log_sd * error - 0.5 * self.log_sd**2)
        logs = self.log_median + self.factor @ error[self.joint]
        drawn[self.joint] = np.exp(np.minimum(logs, np.log(self.most)))
        return np.asarray(drawn)
