"""The inputs of a demand estimate, checked and aligned: the estimate and its draws are made of the same ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Required, TypedDict, Unpack

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from placement.demand.awareness import Awareness
from placement.demand.checks import number_faults, raise_faults, require_columns, require_known
from placement.demand.footfall import Footfall
from placement.demand.pieces import period_of
from placement.demand.rates import Rates
from placement.demand.settings import GENERAL, Settings, TripRates, share_faults, survey_group
from placement.errors import AlignmentError, Fault, InputError, listed
from placement.values.arrays import FloatArray
from placement.values.demand import Segment, check_points
from placement.values.immutable import held, immutable

NIGHT = "night"
"""The period that takes the night share of a counter."""
DAYS_A_MONTH = 365 / 12


class DemandSettings(TypedDict, total=False):
    """The keyword arguments of :func:`estimate_demand`."""

    trips_per_month: Required[TripRates]
    periods: Mapping[str, tuple[int, int]] | None
    period_share: Mapping[str, float] | None
    online_share: Mapping[str, float] | None
    uptake: Mapping[str, float] | None
    awareness: Awareness | None
    footfall: Footfall | None
    footfall_capture: float
    non_resident_share: float
    need_share: float
    speed_m_s: Mapping[str, float] | None
    daytime: Mapping[str, Sequence[str]] | None
    simulated: bool


class DemandParts(TypedDict):
    """The arguments of :class:`placement.values.Demand`."""

    points: gpd.GeoDataFrame
    segments: tuple[Segment, ...]
    age_groups: tuple[str, ...]
    people: FloatArray
    need: FloatArray
    awareness: FloatArray
    uptake: FloatArray
    need_share: float
    simulated: bool


@immutable
@dataclass(frozen=True, kw_only=True, eq=False)
class Town:
    """Checked inputs of an estimate, aligned to the demand points; makes the parts of a demand of any of their values.

    Parameters
    ----------
    points
        Demand points with `district` and `parent`.
    people
        (points, age groups) residents.
    present
        (points, periods) people of the age group ``general`` who are at a point; None where all stay at home.
    places
        (points,) number of each point's district in `awareness.districts`.
    passing
        People a day by point, or None.
    visits_a_passer
        Visits a month for each person a day.
    """

    settings: Settings
    points: gpd.GeoDataFrame
    people: FloatArray
    present: FloatArray | None
    places: NDArray[np.intp]
    awareness: Awareness | None
    footfall: Footfall | None
    passing: pd.DataFrame | None
    visits_a_passer: float
    need_share: float
    simulated: bool

    @classmethod
    def of(cls, population: gpd.GeoDataFrame, **given: Unpack[DemandSettings]) -> Town:
        """Return the checked inputs; see :func:`estimate_demand`."""
        awareness, footfall = given.get("awareness"), given.get("footfall")
        need_share = given.get("need_share", 0.5)
        capture, non_resident = given.get("footfall_capture", 0.0), given.get("non_resident_share", 1.0)
        settings = Settings.checked(
            trips_per_month=given["trips_per_month"],
            periods=given.get("periods"),
            period_share=given.get("period_share"),
            online_share=given.get("online_share"),
            uptake=given.get("uptake"),
            speed_m_s=given.get("speed_m_s"),
            daytime=given.get("daytime"),
            awareness=awareness,
            need_share=need_share,
        )
        raise_faults(share_faults(capture, non_resident, need_share))
        people = people_by_age(population, settings.age_groups)
        districts = population["district"].astype(str)
        if awareness is not None:
            require_known("population", districts.unique(), "survey", awareness.districts, "district")
        columns = {"district": districts, "parent": population.get("parent", population["district"]).astype(str)}
        return cls(
            settings=settings,
            points=gpd.GeoDataFrame(columns, geometry=population.geometry, crs=population.crs),
            people=people,
            present=_present(population, people[:, settings.age_groups.index(GENERAL)], settings),
            places=np.zeros(0, np.intp) if awareness is None else awareness.districts.get_indexer(districts),
            awareness=awareness,
            footfall=footfall,
            passing=None if footfall is None else aligned(footfall.points, population),
            visits_a_passer=DAYS_A_MONTH * capture * non_resident,
            need_share=need_share,
            simulated=given.get("simulated", False),
        )

    def parts(
        self,
        *,
        rate_factors: FloatArray | None = None,
        area_factors: FloatArray | None = None,
        people_factors: FloatArray | None = None,
        passing: pd.DataFrame | None = None,
        aware: FloatArray | None = None,
        uptake: FloatArray | None = None,
    ) -> DemandParts:
        """Return the parts of the demand, with other values where given.

        Parameters
        ----------
        rate_factors
            (age groups, services) factors of the trip rates.
        area_factors
            (points,) factors of the need of residents, the same in a district.
        people_factors
            (points,) factors of the people at each point.
        passing
            People a day by demand point, as `Footfall.spread` gives them.
        aware, uptake
            Values for the rows of the tables of `awareness` and `awareness.uptake` instead of their means.
        """
        rates = self.settings.rates if rate_factors is None else self.settings.rates * rate_factors
        settings = replace(self.settings, rates=rates)
        need = self._resident_need(settings, people_factors)
        if area_factors is not None:
            need = need * area_factors[:, None]
        passing = self.passing if passing is None else passing
        if passing is not None:
            need = need + _passing_need(passing * self.visits_a_passer, settings)
        known, used = self._shares(aware, uptake)
        return DemandParts(
            points=held(self, "points"),
            segments=settings.segments(),
            age_groups=settings.age_groups,
            people=self.people,
            need=need,
            awareness=known,
            uptake=used,
            need_share=self.need_share,
            simulated=self.simulated,
        )

    def _resident_need(self, settings: Settings, people_factors: FloatArray | None) -> FloatArray:
        """Return (points, segments) visits a month of those who live, work or study at each point."""
        by_period = settings.rates[:, None, :] * settings.period_share[None, :, None]
        factor = by_period * (1.0 - settings.online_share)[:, None, None]
        need = np.repeat(self.people, settings.segments_per_age, axis=1) * factor.ravel()
        if self.present is not None:
            general = settings.age_groups.index(GENERAL)
            first = general * settings.segments_per_age
            there = np.repeat(self.present, len(settings.services), axis=1) * factor[general].ravel()
            need[:, first : first + settings.segments_per_age] = there
        return need if people_factors is None else need * people_factors[:, None]

    def _shares(self, aware: FloatArray | None, uptake: FloatArray | None) -> tuple[FloatArray, FloatArray]:
        """Return (points, segments) awareness and uptake; both 1 where nothing was surveyed."""
        shape = (len(held(self, "points")), len(self.settings.age_groups))
        known, used = np.ones(shape), np.ones(shape)
        if self.awareness is not None:
            for column, age in enumerate(self.settings.age_groups):
                group = survey_group(self.awareness, age)
                known[:, column] = _of_group(self.awareness, group, aware)[self.places]
                given = self.settings.uptake[column]
                if given is not None:
                    used[:, column] = given
                elif self.awareness.uptake is not None:
                    used[:, column] = _of_group(self.awareness.uptake, group, uptake)[self.places]
        repeat = self.settings.segments_per_age
        return np.repeat(known, repeat, axis=1), np.repeat(used, repeat, axis=1)


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
    raise_faults(
        [fault for column in ("people", *special) for fault in number_faults("population", population, column)]
    )
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


def _present(population: gpd.GeoDataFrame, general: FloatArray, settings: Settings) -> FloatArray | None:
    """Return (points, periods) who of the age group ``general`` is at each point; None where nobody moves by day.

    Raises
    ------
    InputError
        If a column of `settings.daytime` is missing, or a number of it negative or missing.
    """
    if not settings.daytime:
        return None
    require_columns("population", population, settings.daytime)
    raise_faults([fault for column in settings.daytime for fault in number_faults("population", population, column)])
    present = []
    for name, _, _ in settings.periods:
        columns = [column for column, within in settings.daytime.items() if name in within]
        there = population[columns].to_numpy(dtype=float).sum(axis=1)
        residents = float(general.sum())
        stay = max(0.0, 1.0 - float(there.sum()) / residents) if residents > 0 else 0.0
        present.append(general * stay + there)
    return np.column_stack(present)


def _passing_need(visits: pd.DataFrame, settings: Settings) -> FloatArray:
    """Return (points, segments) visits a month of passers-by, given their total and split in the same unit."""
    names = [name for name, _, _ in settings.periods]
    share = settings.period_share
    by_period = visits["unsplit_per_day"].to_numpy()[:, None] * share
    told = visits[["night_per_day", "day_per_day"]].to_numpy()
    night = np.array([period_of(name) == NIGHT for name in names])
    if night.any() and not night.all():
        by_night = np.where(night, share, 0.0)
        by_night = by_night / by_night.sum() if by_night.sum() > 0 else night / night.sum()
        others = np.where(night, 0.0, share)
        # Where the residents want nothing outside the night, the other periods share equally.
        others = others / others.sum() if others.sum() > 0 else ~night / (~night).sum()
        by_period = by_period + told @ np.stack([by_night, others])
    else:
        by_period = by_period + told.sum(axis=1)[:, None] * share
    rates = settings.rates[settings.age_groups.index(GENERAL)]
    mix = rates / rates.sum() if rates.sum() > 0 else np.full(len(rates), 1.0 / len(rates))
    need = np.zeros((len(visits), len(settings.age_groups), settings.segments_per_age))
    need[:, settings.age_groups.index(GENERAL)] = (by_period[:, :, None] * mix).reshape(len(visits), -1)
    return need.reshape(len(visits), -1)


def aligned(points: pd.DataFrame, population: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return people that were spread over demand points in the order of the population.

    Raises
    ------
    AlignmentError
        If they were spread over other points.
    """
    if points.index.equals(population.index):
        return points
    extra, lost = points.index.difference(population.index), population.index.difference(points.index)
    problem = f"was spread over other demand points (only there: {listed(extra)}; not there: {listed(lost)})"
    if len(extra) or len(lost):
        raise AlignmentError.single("footfall", problem, remedy="spread it over this population")
    return points.loc[population.index]


def _of_group(rates: Rates, group: str | None, values: FloatArray | None) -> FloatArray:
    """Return the values (default: posterior means) of an age group in the order of `rates.districts`."""
    column = rates.age_groups.index(str(group))
    rows = rates.table["mean"].to_numpy(dtype=float) if values is None else values
    return np.asarray(rows.reshape(-1, len(rates.age_groups))[:, column])
