r"""Draws of the whole demand: awareness, uptake, trip rates and foot traffic jointly.

Awareness and uptake come from their posteriors, all districts at once. What no survey tells is drawn around what was
given: each trip rate (by age group and service) and each counter is multiplied by a lognormal factor of mean 1,
:math:`\exp(\tau z - \tau^2/2)` with :math:`\tau^2 = \log(1 + c^2)` for a coefficient of variation c.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Unpack

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from placement.demand.estimate import DemandSettings, Town
from placement.demand.footfall import Footfall
from placement.errors import InputError
from placement.values.demand import Demand

FloatArray = NDArray[np.float64]


def draws(
    population: gpd.GeoDataFrame,
    n: int,
    seed: int = 0,
    *,
    trip_rate_cv: float = 0.0,
    footfall_cv: float = 0.0,
    **settings: Unpack[DemandSettings],
) -> Iterator[Demand]:
    """Yield demands that are all as likely as the estimate, given what is known.

    Parameters
    ----------
    population
        As in :func:`placement.demand.estimate_demand`.
    n
        How many.
    seed
        Same seed, same draws.
    trip_rate_cv
        Coefficient of variation of the trip rates; the same draw holds for all demand points.
    footfall_cv
        Coefficient of variation of the counters, each by itself; where the counters have a column `se` (standard error
        of the daily number) that counter's own is used instead.
    **settings
        The keyword arguments of :func:`placement.demand.estimate_demand`.

    Yields
    ------
    Demand

    Raises
    ------
    InputError
        As :func:`placement.demand.estimate_demand`, and where a coefficient is negative.

    Examples
    --------
    >>> import geopandas as gpd
    >>> population = gpd.GeoDataFrame(
    ...     {"district": ["A"], "people": [1000]}, index=["D1"], geometry=gpd.points_from_xy([0], [0]), crs="EPSG:32650"
    ... )
    >>> rates = {"general": 0.3}
    >>> drawn = draws(population, 2000, trip_rate_cv=0.2, need_share=1, trips_per_month=rates)
    >>> need = [demand.need.sum() for demand in drawn]
    >>> bool(abs(np.mean(need) - 300) < 5), bool(abs(np.std(need) / 300 - 0.2) < 0.01)
    (True, True)
    """
    for name, value in (("trip_rate_cv", trip_rate_cv), ("footfall_cv", footfall_cv)):
        if not (np.isfinite(value) and value >= 0):
            raise InputError.single("draws", f"{name} is {value}", remedy="give 0 or more")
    town = Town.of(population, **settings)
    return _draws(town, n, seed, trip_rate_cv, footfall_cv)


def _draws(town: Town, n: int, seed: int, trip_rate_cv: float, footfall_cv: float) -> Iterator[Demand]:
    streams = np.random.SeedSequence(seed).spawn(4)
    seeds = [int(stream.generate_state(1)[0]) for stream in streams]
    rate_rng, count_rng = np.random.default_rng(seeds[2]), np.random.default_rng(seeds[3])
    aware = None if town.awareness is None else town.awareness.draws(n, seeds[0])
    told = None if town.awareness is None else town.awareness.uptake
    uptake = None if told is None else told.draws(n, seeds[1])
    for number in range(n):
        passing = None
        if town.footfall is not None:
            passing = _drawn_footfall(town.footfall, count_rng, footfall_cv).loc[town.points.index]
        yield town.demand(
            rate_factors=_factors(rate_rng, town.settings.rates.shape, trip_rate_cv),
            passing=passing,
            aware=None if aware is None else aware[number],
            uptake=None if uptake is None else uptake[number],
        )


def _factors(rng: np.random.Generator, shape: tuple[int, ...], variation: float | FloatArray) -> FloatArray:
    """Return lognormal factors of mean 1."""
    log_variance = np.log1p(np.square(variation))
    return np.asarray(np.exp(np.sqrt(log_variance) * rng.standard_normal(shape) - 0.5 * log_variance))


def _drawn_footfall(footfall: Footfall, rng: np.random.Generator, footfall_cv: float) -> pd.DataFrame:
    counters = footfall.counters
    people = counters["people_per_day"].to_numpy(dtype=float)
    variation = np.full(len(people), footfall_cv)
    if "se" in counters.columns:
        own = counters["se"].to_numpy(dtype=float) / np.where(people > 0, people, 1.0)
        variation = np.where(np.isfinite(own), own, variation)
    return footfall.spread(people * _factors(rng, people.shape, variation))
