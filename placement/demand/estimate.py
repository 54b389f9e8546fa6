r"""Need and expected use of every demand point and segment.

A segment is an age group a, a period of the day t and a service v. With :math:`P_{ia}` people of age a at demand point
i, trip rate :math:`r_{av}` (visits a person and month), share :math:`q_t` of the trips wanted in period t and online
share :math:`o_a`, and :math:`F_{it}` people a day who pass in period t,

.. math::
    \mathrm{need}_{iatv} = P_{ia}\, r_{av}\, q_t\, (1 - o_a)
        + [a = \text{general}]\; F_{it} \tfrac{365}{12}\, c\, \nu\, \frac{r_{av}}{\sum_{v'} r_{av'}}

where c is the capture (visits a passer-by) and :math:`\nu` the share of passers-by who do not live there, so that
residents are not counted twice. Expected use = need x awareness x uptake, with the awareness of the point's district.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from placement.demand._check import listed, number_faults, raise_faults, require_columns, require_known
from placement.demand.awareness import Awareness, Rates
from placement.demand.footfall import Footfall
from placement.demand.survey import EVERYBODY
from placement.errors import AlignmentError, Fault, InputError
from placement.values.demand import Demand, Segment, check_points

FloatArray = NDArray[np.float64]
TripRates = Mapping[str, float | Mapping[str, float]]

GENERAL = "general"
"""The age group of everybody who is in no age column; passers-by belong to it."""
NIGHT = "night"
"""The period that takes the night share of a counter."""
DAYS_A_MONTH = 365 / 12


def estimate_demand(
    population: gpd.GeoDataFrame,
    *,
    trips_per_month: TripRates,
    periods: Mapping[str, tuple[int, int]] | None = None,
    period_share: Mapping[str, float] | None = None,
    online_share: Mapping[str, float] | None = None,
    uptake: Mapping[str, float] | None = None,
    awareness: Awareness | None = None,
    footfall: Footfall | None = None,
    footfall_capture: float = 0.0,
    non_resident_share: float = 1.0,
    need_share: float = 0.5,
    speed_m_s: Mapping[str, float] | None = None,
    simulated: bool = False,
) -> Demand:
    """Return need, awareness and uptake by demand point and segment.

    Parameters
    ----------
    population
        Points in a projected CRS indexed by ``demand_id``: `district`, `people`, optional `parent`, and a column of
        counts within `people` for each age group of `trips_per_month` but ``general``, which is everybody else.
    trips_per_month
        Visits a person and month by age group, or by age group and service; must name ``general``.
    periods
        (start, end) in minutes after midnight by name; default one period ``all``, 0 to 1440.
    period_share
        Share of the trips wanted in each period; sums to one.
    online_share
        Share of the trips done online, by age group; 0 where absent.
    uptake
        Share of the aware who use the service, by age group; where absent, used of aware in the survey, by district
        and age group.
    awareness
        From :func:`placement.demand.estimate_awareness`; it must know every district of the population. Without it
        everybody is taken to know the service, and `need_share` must be 1.
    footfall
        From :func:`placement.demand.spread_footfall` over the same demand points. The night share of a counter goes to
        the period ``night``, the rest to the other periods by their shares; a counter without night share, and every
        counter where no period is called ``night``, is split by `period_share`.
    footfall_capture
        Visits a passer-by.
    non_resident_share
        Share of the passers-by who live elsewhere.
    need_share
        s of the objective's mix of need and expected use, see :class:`placement.values.Demand`.
    speed_m_s
        Walking speed by age group; 1 where absent.
    simulated
        Whether any input is simulated.

    Returns
    -------
    Demand
        Segments ordered by age group, period, service.

    Raises
    ------
    InputError
        Listing every missing or impossible number.
    AlignmentError
        If a district of the population is unknown to `awareness`, or `footfall` is of other demand points.

    Examples
    --------
    >>> import geopandas as gpd
    >>> population = gpd.GeoDataFrame(
    ...     {"district": ["A"], "people": [1000], "elderly": [200]},
    ...     index=["D1"], geometry=gpd.points_from_xy([0], [0]), crs="EPSG:32650",
    ... )
    >>> demand = estimate_demand(population, trips_per_month={"general": 0.3, "elderly": 0.5}, need_share=1)
    >>> [segment.name for segment in demand.segments], demand.need.round(9).tolist()
    (['general/all/all', 'elderly/all/all'], [[240.0, 100.0]])
    """
    settings = _Settings.checked(
        trips_per_month, periods, period_share, online_share, uptake, speed_m_s, awareness, need_share
    )
    raise_faults(_share_faults(footfall_capture, non_resident_share, need_share))
    people = people_by_age(population, settings.age_groups)
    need = _resident_need(people, settings)
    if footfall is not None:
        passing = _aligned(footfall.points, population) * (DAYS_A_MONTH * footfall_capture * non_resident_share)
        need = need + _passing_need(passing, settings)
    districts = population["district"].astype(str)
    known, used = _shares(awareness, districts, settings, need_share)
    columns = {"district": districts, "parent": population.get("parent", population["district"]).astype(str)}
    points = gpd.GeoDataFrame(columns, geometry=population.geometry, crs=population.crs)
    return Demand(
        points=points,
        segments=settings.segments(),
        age_groups=settings.age_groups,
        people=people,
        need=need,
        awareness=known,
        uptake=used,
        need_share=need_share,
        simulated=simulated,
    )


def people_by_age(population: gpd.GeoDataFrame, age_groups: tuple[str, ...]) -> FloatArray:
    """Return (points, age groups) people; ``general`` is `people` less the columns of the other groups.

    Raises
    ------
    InputError
        If a column is missing, a count is negative or missing, age columns exceed `people`, or nobody lives anywhere.
    """
    special = [name for name in age_groups if name != GENERAL]
    require_columns("population", population, ["district", "people", *special])
    check_points("population", population)
    raise_faults([fault for column in ("people", *special) for fault in number_faults("population", population, column)])
    counts = {name: population[name].to_numpy(dtype=float) for name in ("people", *special)}
    rest = counts["people"] - np.sum([counts[name] for name in special], axis=0)
    over = np.flatnonzero(rest < -1e-9 * np.maximum(counts["people"], 1.0))
    raise_faults(
        [
            Fault(
                table="population",
                row=str(population.index[row]),
                problem=f"{' + '.join(special)} exceed people by {-rest[row]:g}",
                remedy="age columns count within people",
            )
            for row in over
        ]
    )
    if not counts["people"].sum() > 0:
        raise InputError.single("population", "nobody lives at any demand point", remedy="check the column people")
    return np.column_stack([np.maximum(rest, 0.0) if name == GENERAL else counts[name] for name in age_groups])


@dataclass(frozen=True, kw_only=True)
class _Settings:
    """Checked parameters by age group (g), period (t) and service (v), in the order of the segments."""

    age_groups: tuple[str, ...]
    services: tuple[str, ...]
    periods: tuple[tuple[str, int, int], ...]
    rates: FloatArray
    period_share: FloatArray
    online_share: FloatArray
    uptake: tuple[float | None, ...]
    speed_m_s: tuple[float, ...]

    @classmethod
    def checked(
        cls,
        trips_per_month: TripRates,
        periods: Mapping[str, tuple[int, int]] | None,
        period_share: Mapping[str, float] | None,
        online_share: Mapping[str, float] | None,
        uptake: Mapping[str, float] | None,
        speed_m_s: Mapping[str, float] | None,
        awareness: Awareness | None,
        need_share: float,
    ) -> _Settings:
        """Return the settings, or raise an `InputError` with every fault."""
        ages = tuple(trips_per_month)
        periods = dict(periods) if periods else {"all": (0, 1440)}
        shares = dict(period_share) if period_share else dict.fromkeys(periods, 1.0)
        faults = _rate_faults(trips_per_month) + _period_faults(periods, shares)
        for name, by_age, high in (
            ("online_share", online_share, 1.0),
            ("uptake", uptake, 1.0),
            ("speed_m_s", speed_m_s, np.inf),
        ):
            faults += _by_age_faults(name, by_age or {}, ages, high)
        faults += _knowledge_faults(awareness, uptake or {}, ages, need_share)
        raise_faults(faults)
        by_service = {age: _by_service(trips_per_month[age]) for age in ages}
        services = tuple(by_service[ages[0]])
        return cls(
            age_groups=ages,
            services=services,
            periods=tuple((name, int(start), int(end)) for name, (start, end) in periods.items()),
            rates=np.array([[float(by_service[age][name]) for name in services] for age in ages]),
            period_share=np.array([float(shares[name]) for name in periods]),
            online_share=np.array([float((online_share or {}).get(age, 0.0)) for age in ages]),
            uptake=tuple((uptake or {}).get(age) for age in ages),
            speed_m_s=tuple(float((speed_m_s or {}).get(age, 1.0)) for age in ages),
        )

    def segments(self) -> tuple[Segment, ...]:
        """Return the segments by age group, period, service."""
        return tuple(
            Segment(age_group=age, period=name, service=service, speed_m_s=speed, starts_min=start, ends_min=end)
            for age, speed in zip(self.age_groups, self.speed_m_s, strict=True)
            for name, start, end in self.periods
            for service in self.services
        )

    @property
    def segments_per_age(self) -> int:
        """Number of segments of one age group."""
        return len(self.periods) * len(self.services)


def _by_service(rate: float | Mapping[str, float]) -> Mapping[str, float]:
    return rate if isinstance(rate, Mapping) else {"all": rate}


def _rate_faults(trips_per_month: TripRates) -> list[Fault]:
    if GENERAL not in trips_per_month:
        problem = f"has no rate for {GENERAL} (found: {listed(trips_per_month) or 'none'})"
        return [Fault(table="demand", row="trips_per_month", problem=problem, remedy="general is everybody else")]
    by_service = {age: _by_service(rate) for age, rate in trips_per_month.items()}
    faults = [
        Fault(table="demand", row=f"trips_per_month.{age}.{name}", problem=f"is {rate}", remedy="give 0 or more")
        for age, rates in by_service.items()
        for name, rate in rates.items()
        if not (np.isfinite(rate) and rate >= 0)
    ]
    if len({tuple(sorted(rates)) for rates in by_service.values()}) > 1 or not all(by_service.values()):
        problem = "; ".join(f"{age}: {listed(rates)}" for age, rates in by_service.items())
        remedy = "give every age group the same services (0 where it has no trips)"
        faults.append(Fault(table="demand", row="trips_per_month", problem=f"services differ: {problem}", remedy=remedy))
    return faults


def _period_faults(periods: Mapping[str, tuple[int, int]], shares: Mapping[str, float]) -> list[Fault]:
    if set(periods) != set(shares):
        problem = f"names {listed(shares)}; the periods are {listed(periods)}"
        return [Fault(table="demand", row="period_share", problem=problem, remedy="give each period its share")]
    total = sum(shares.values())
    if min(shares.values()) < 0 or abs(total - 1.0) > 1e-9:
        problem = f"shares sum to {total:g}" if min(shares.values()) >= 0 else "a share is negative"
        return [Fault(table="demand", row="period_share", problem=problem, remedy="shares must sum to 1")]
    return []


def _by_age_faults(name: str, by_age: Mapping[str, float], ages: tuple[str, ...], high: float) -> list[Fault]:
    low = 0.0 if np.isfinite(high) else np.nextafter(0.0, 1.0)
    limit = "0..1" if np.isfinite(high) else "metres a second above 0"
    faults = [
        Fault(table="demand", row=f"{name}.{age}", problem=f"is {value}", remedy=f"give {limit}")
        for age, value in by_age.items()
        if not low <= value <= high or not np.isfinite(value)
    ]
    return faults + [
        Fault(table="demand", row=f"{name}.{age}", problem="has no trips_per_month", remedy=f"known: {listed(ages)}")
        for age in by_age
        if age not in ages
    ]


def _knowledge_faults(
    awareness: Awareness | None, uptake: Mapping[str, float], ages: tuple[str, ...], need_share: float
) -> list[Fault]:
    if awareness is None:
        if need_share == 1:
            return []
        remedy = "give a survey, or set need_share = 1"
        return [Fault(table="demand", row="need_share", problem=f"is {need_share} without a survey", remedy=remedy)]
    faults = [
        Fault(
            table="survey",
            row=age,
            problem="age group was not surveyed",
            remedy=f"survey it, or use {EVERYBODY} for everybody",
        )
        for age in ages
        if _survey_group(awareness, age) is None
    ]
    without = [age for age in ages if age not in uptake]
    if without and awareness.uptake is None:
        remedy = "add the column used to the survey, or set uptake in [demand]"
        faults.append(
            Fault(table="demand", row="uptake", problem=f"is not known for {listed(without)}", remedy=remedy)
        )
    return faults


def _share_faults(footfall_capture: float, non_resident_share: float, need_share: float) -> list[Fault]:
    values = {
        "footfall_capture": (footfall_capture, np.inf),
        "non_resident_share": (non_resident_share, 1.0),
        "need_share": (need_share, 1.0),
    }
    return [
        Fault(table="demand", row=name, problem=f"is {value}", remedy="give 0 or more" + (", at most 1" * (high == 1)))
        for name, (value, high) in values.items()
        if not (0 <= value <= high and np.isfinite(value))
    ]


def _resident_need(people: FloatArray, settings: _Settings) -> FloatArray:
    """Return (points, segments) visits a month of residents."""
    by_period = settings.rates[:, None, :] * settings.period_share[None, :, None]
    factor = by_period * (1.0 - settings.online_share)[:, None, None]
    return np.repeat(people, settings.segments_per_age, axis=1) * factor.ravel()


def _passing_need(visits: pd.DataFrame, settings: _Settings) -> FloatArray:
    """Return (points, segments) visits a month of passers-by, given their total and split in the same unit."""
    names = [name for name, _, _ in settings.periods]
    share = settings.period_share
    by_period = visits["unsplit_per_day"].to_numpy()[:, None] * share
    told = visits[["night_per_day", "day_per_day"]].to_numpy()
    if NIGHT in names and len(names) > 1:
        night = np.array([name == NIGHT for name in names])
        others = np.where(night, 0.0, share)
        # Where the residents want nothing outside the night, the other periods share equally.
        others = others / others.sum() if others.sum() > 0 else ~night / (~night).sum()
        by_period = by_period + told @ np.stack([night.astype(float), others])
    else:
        by_period = by_period + told.sum(axis=1)[:, None] * share
    rates = settings.rates[settings.age_groups.index(GENERAL)]
    mix = rates / rates.sum() if rates.sum() > 0 else np.full(len(rates), 1.0 / len(rates))
    need = np.zeros((len(visits), len(settings.age_groups), settings.segments_per_age))
    need[:, settings.age_groups.index(GENERAL)] = (by_period[:, :, None] * mix).reshape(len(visits), -1)
    return need.reshape(len(visits), -1)


def _aligned(points: pd.DataFrame, population: gpd.GeoDataFrame) -> pd.DataFrame:
    if points.index.equals(population.index):
        return points
    extra, lost = points.index.difference(population.index), population.index.difference(points.index)
    problem = f"was spread over other demand points (only there: {listed(extra)}; not there: {listed(lost)})"
    if len(extra) or len(lost):
        raise AlignmentError.single("footfall", problem, remedy="spread it over this population")
    return points.loc[population.index]


def _survey_group(rates: Rates, age: str) -> str | None:
    """Return the survey's age group that speaks for an age group of the population."""
    found = set(rates.parameters.index)
    return age if age in found else EVERYBODY if EVERYBODY in found else None


def _shares(
    awareness: Awareness | None, districts: pd.Series, settings: _Settings, need_share: float
) -> tuple[FloatArray, FloatArray]:
    """Return (points, segments) awareness and uptake."""
    shape = (len(districts), len(settings.age_groups))
    known, used = np.ones(shape), np.ones(shape)
    if awareness is not None:
        table = awareness.table["mean"].unstack("age_group")
        require_known("population", districts.unique(), "survey", table.index, "district")
        places = table.index.get_indexer(districts)
        for column, age in enumerate(settings.age_groups):
            known[:, column] = table[_survey_group(awareness, age)].to_numpy()[places]
            given = settings.uptake[column]
            if given is not None:
                used[:, column] = given
            elif awareness.uptake is not None:
                rates = awareness.uptake.table["mean"].unstack("age_group")
                used[:, column] = rates[_survey_group(awareness, age)].to_numpy()[places]
    repeat = settings.segments_per_age
    return np.repeat(known, repeat, axis=1), np.repeat(used, repeat, axis=1)
