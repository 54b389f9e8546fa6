"""Everything that a plan is made from, out of frames; every fault of all of them at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import geopandas as gpd

from placement.coverage import Coverage, cover, refuse_two_crs
from placement.economics import StationCosts
from placement.errors import AlignmentError, InputError
from placement.frames.costs import costs_at, read_costs
from placement.frames.places import demand_from, ids_in, sites_from
from placement.frames.travel import TRAVEL, Travel
from placement.notes import about
from placement.standard import Standard
from placement.travel import TimesStream, TravelTimes, odd_times
from placement.values import Demand, Sites
from placement.values.checks import Faults
from placement.values.immutable import immutable

_MOST_MIN = 240
"""A standard of more minutes than this is one of seconds."""


@immutable
@dataclass(frozen=True, kw_only=True, eq=False)
class Stages:
    """What a plan is made from; fields as in :class:`placement.case.Case`."""

    demand: Demand
    sites: Sites
    times: TravelTimes | TimesStream
    standard: Standard
    coverage: Coverage
    costs: StationCosts
    notes: tuple[str, ...]


class _Errors:
    """Errors that are raised together."""

    def __init__(self) -> None:
        self.found: list[InputError] = []

    @contextmanager
    def gathered(self) -> Iterator[None]:
        """Keep an error for later, so that what stands after it is looked at too."""
        try:
            yield
        except InputError as error:
            self.found.append(error)

    def raise_any(self) -> None:
        """Raise one error with the faults of all, where there are any."""
        if self.found:
            aligned = all(isinstance(error, AlignmentError) for error in self.found)
            kind = AlignmentError if aligned else InputError
            raise kind(fault for error in self.found for fault in error.faults) from self.found[0]


def stages_from(
    points: gpd.GeoDataFrame | Demand,
    sites: gpd.GeoDataFrame | Sites,
    travel: Travel,
    *,
    standard: Standard | float,
    costs: StationCosts | Mapping[str, Any] | None,
    weight: str | None,
) -> Stages:
    """Return the stages that frames make; parameters as in :meth:`placement.case.Case.from_frames`.

    Raises
    ------
    InputError, AlignmentError
        One error that lists every fault of all frames.
    """
    notes: list[str] = []
    errors = _Errors()
    with errors.gathered():
        asked = standard_from(standard)
    with errors.gathered():
        demand = demand_from(points, weight=weight, speed_m_s=travel.speed_m_s, notes=notes)
    with errors.gathered():
        places = sites_from(sites, notes=notes)
    with errors.gathered():
        amounts = read_costs(costs)
    with errors.gathered():
        ends = ids_in(points, "demand_id"), ids_in(sites, "site_id")
        given = travel.read(*ends) if ends[0] is not None and ends[1] is not None else None
    errors.raise_any()
    refuse_two_crs(demand, places)
    with errors.gathered():
        station = costs_at(places, amounts)
    with errors.gathered():
        frames = demand.points, places.table
        times = travel.computed(*frames, asked) if given is None else given
        if isinstance(given, TravelTimes):
            notes += [about(TRAVEL, note) for note in odd_times(given, *frames)]
    errors.raise_any()
    return Stages(
        demand=demand, sites=places, times=times, standard=asked, coverage=cover(demand, places, times, asked),
        costs=station, notes=tuple(notes),
    )  # fmt: skip


def standard_from(standard: Standard | float) -> Standard:
    """Return a service standard; a plain number is minutes.

    Raises
    ------
    InputError
        If it is no number of minutes above 0, or more than four hours: seconds were meant.
    """
    if isinstance(standard, Standard):
        return standard
    wrong = Faults("standard")
    minutes = wrong.number("standard", standard)
    if minutes is not None and minutes > _MOST_MIN:
        remedy = f"seconds? then standard = {minutes / 60:g}; metres: Standard(threshold_m=...)"
        wrong.add(f"standard is {minutes:g} minutes", row="standard", remedy=remedy)
    wrong.raise_any()
    return Standard(threshold_s=float(minutes or 0.0) * 60)
