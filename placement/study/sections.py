"""The sections of `study.toml`, each checked by itself."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from placement.study.fields import (
    AgeGroup,
    Assumed,
    Called,
    EngineNumbers,
    Flag,
    Host,
    Metres,
    MinutesARow,
    NotNegative,
    Period,
    PopulationColumn,
    Positive,
    Service,
    Share,
    TimeFormat,
    TimeZone,
    at_most,
    parse_period,
)
from placement.study.section import Section

_Trips = Annotated[NotNegative, AfterValidator(at_most(31, "visits a person and month; are these a year?"))]
_Years = Annotated[NotNegative, AfterValidator(at_most(130, "years")), Called(unit="years")]
_Cv = Annotated[
    NotNegative, AfterValidator(at_most(10, "as a coefficient of variation")), Called(unit="standard deviation / mean")
]
_AssumedCv = Annotated[_Cv, Assumed(moves="intervals")]
_Deff = Annotated[
    float,
    Field(ge=1, allow_inf_nan=False),
    AfterValidator(at_most(50, "answers that count as one")),
    Called(unit="answers an independent one"),
]
_Clock = Annotated[str, Called("HH:MM-HH:MM")]
_MOST_SEED = 2**31 - 1
"""The largest seed that all solvers take."""


class StudySection(Section):
    """`[study]`: name, projected CRS of all distances, language of the report, seed."""

    name: Annotated[str, Field(min_length=1)]
    """What the study is called in the report."""
    crs: str
    """Projected CRS in metres, such as "EPSG:32650", within 0.2 % of true lengths where the data lie."""
    language: Literal["en", "zh"] = "en"
    """Of the report; the command and its notes speak English."""
    seed: Annotated[int, Field(ge=0, le=_MOST_SEED, strict=True)] = 0
    """Of everything random: same seed, same plan."""


class DemandSection(Section):
    """`[demand]`: how often people would come, when, and how sure that is."""

    need_share: Annotated[Share, Assumed(ends=(0.0, 1.0))] = 0.5
    """Weight of need in the objective; the rest is expected use. 1 where there is no survey."""
    footfall_capture: Annotated[
        NotNegative,
        AfterValidator(at_most(1, "visits a passer-by")),
        Called(unit="visits a passer-by"),
        Assumed(ends=(0.002,)),
    ] = 0.0
    """How many visits a passer-by makes."""
    non_resident_share: Annotated[Share, Assumed(ends=(0.3,))] = 1.0
    """Passers-by who are not counted as residents already."""
    footfall_bandwidth_m: Annotated[Metres, Assumed(ends=(150.0, 600.0))] = 300.0
    """How far a counter's people are spread along the streets."""
    footfall_interpolate: Flag = False
    """Whether virtual counters, kriged from the real ones, stand where none is within `footfall_bandwidth_m`."""
    footfall_siting: Annotated[Literal["auto", "anywhere", "busy"], Assumed(ends=("anywhere", "busy"))] = "auto"
    """Whether counters were put up where many pass, so that virtual ones are expected lower; told by street class."""
    periods: Annotated[Mapping[Period, _Clock], Field(min_length=1)] = {"all": "00:00-24:00"}
    """Periods of the day; they may pass midnight. A site counts in a period only if it is open through all of it,
    unless `period_rule` says otherwise."""
    period_rule: Annotated[Literal["whole", "share"], Assumed(ends=("share",))] = "whole"
    """With "share" periods are cut where sites open and close, so that a site serves the part in which it is open."""
    period_share: Mapping[Period, Share] = {}
    """Part of the visits that falls in each of `periods`; sums to 1."""
    trips_per_month: Annotated[
        Mapping[AgeGroup, _Trips | Mapping[Service, _Trips]],
        Field(min_length=1),
        Called("number by age group, or by age group and service", "visits a person and month"),
    ]
    """Visits a person would make, knowing the service. `general` is everybody who is in no other age group."""
    online_share: Annotated[Mapping[AgeGroup, Share], Assumed(ends=(0.5,), value=0.0)] = {}
    """Part of them that is done online instead; 0 where absent."""
    uptake: Mapping[AgeGroup, Share] | None = None
    """Part of those who know the service that uses it; from the survey's column `used` where absent."""
    age_share: Mapping[AgeGroup, Share] = {}
    """Part of the people in each age group, where the population has no column of it."""
    deff: Annotated[_Deff | None, Assumed(ends=(2.0,), value=1.0)] = None
    """Design effect of the survey: how many answers count as one, where they came in clusters that it does not name."""
    age_bands: Mapping[AgeGroup, _Years] = {}
    """Lowest age of each age group, where the survey holds questionnaires."""
    grid_m: Metres | None = None
    """Edge of the pieces into which polygons of the population are cut."""
    grid_shape: Literal["square", "hexagon", "streets"] = "square"
    """What polygons are cut into; "streets" are pieces of street."""
    trip_rate_cv: _AssumedCv = 0.2
    """How sure the trip rates are, for draws of the demand."""
    footfall_cv: _AssumedCv = 0.2
    """How sure the counters are, for draws of the demand."""
    need_area_cv: _AssumedCv = 0.15
    """How sure the need of each district is beside that of the town, for draws of the demand."""
    people_cv: _AssumedCv = 0.1
    """How sure the people at each demand point are, for draws of the demand."""
    daytime: Annotated[
        Mapping[PopulationColumn, Annotated[tuple[Period, ...], Field(min_length=1)]],
        Called("list of periods by column"),
    ] = {}
    """Periods in which those whom a column of the population counts (`workers`) are there; as many leave home."""
    counts_every: MinutesARow | None = None
    """Step of the series of the counters; told from its times where absent."""
    counts_time_format: TimeFormat | None = None
    """How its times are written, such as "%d/%m/%Y %H:%M", where they may mean two things."""
    counts_time_zone: TimeZone | None = None
    """Whose local time is meant, such as "Asia/Shanghai", where its times bring offsets."""
    service_hosts: Annotated[Mapping[Service, tuple[Host, ...]], Called("list of hosts by service")] = {}
    """Hosts that may offer a service; any where absent."""
    visit_columns: Annotated[tuple[Annotated[str, Field(min_length=1)], ...], Called("list of columns")] = ()
    """Numeric columns of stations and candidates, known before a station is built, that may bring more people, such as
    floor space; visits are predicted from them beside hours and machines."""

    @model_validator(mode="after")
    def _consistent(self) -> DemandSection:
        for text in self.periods.values():
            parse_period(text)
        if len(set(self.visit_columns)) < len(self.visit_columns):
            raise ValueError("visit_columns names a column twice")
        if len(self.periods) > 1 or self.period_share:
            if set(self.period_share) != set(self.periods):
                raise ValueError("period_share must have exactly the keys of periods")
            if not math.isclose(sum(self.period_share.values()), 1.0, abs_tol=1e-9):
                raise ValueError("period_share must sum to 1")
        return self

    @model_validator(mode="after")
    def _known_names(self) -> DemandSection:
        for name in ("online_share", "uptake", "age_share", "age_bands"):
            unknown = sorted(set(getattr(self, name) or {}) - set(self.trips_per_month))
            if unknown:
                raise ValueError(f"{name} names age groups without trips_per_month: {', '.join(unknown)}")
        rates = list(self.trips_per_month.values())
        services = {tuple(rate) if isinstance(rate, Mapping) else None for rate in rates}
        if len(services) != 1 or () in services:
            raise ValueError("trips_per_month must give every age group a number, or every one the same services")
        unknown = sorted({name for within in self.daytime.values() for name in within} - set(self.periods))
        if unknown:
            raise ValueError(f"daytime names periods that there are not: {', '.join(unknown)}")
        clash = sorted(set(self.daytime) & {"people", "district", "parent", *self.trips_per_month})
        if clash:
            raise ValueError(f"daytime names columns that hold residents: {', '.join(clash)}")
        unknown = sorted(set(self.service_hosts) - set(self.services))
        if unknown:
            raise ValueError(f"service_hosts names services without trips_per_month: {', '.join(unknown)}")
        return self

    @property
    def services(self) -> tuple[str, ...]:
        """Names of the services that trip rates tell apart; empty where they do not."""
        first = next(iter(self.trips_per_month.values()))
        return tuple(first) if isinstance(first, Mapping) else ()

    @property
    def age_groups(self) -> tuple[str, ...]:
        """Names of the age groups."""
        return tuple(self.trips_per_month)

    def shares_by_period(self) -> dict[str, float]:
        """Return the share of trips wanted in each period."""
        return dict(self.period_share) or dict.fromkeys(self.periods, 1.0)


class SolveSection(Section):
    """`[solve]`: how long, how exact, with what."""

    time_limit_s: Annotated[
        Positive, AfterValidator(at_most(31_536_000, "seconds (a year)")), Called(unit="seconds")
    ] = 60.0
    """Of solving; choosing among equal plans, or saying why there is none, gets the rest and a quarter more."""
    gap: Annotated[Share, Called("share", "of the bound, 0 to 1")] = 0.0
    """How far below its bound, (bound - objective) / bound, a plan may be and still be called optimal."""
    backend: Annotated[str, Field(min_length=1)] = "auto"
    """Our own engine ("auto"), "highs", "cbc" or the name of a PuLP solver."""
    threads: Annotated[int, Field(ge=1, le=1024, strict=True)] = 2
    """Of the solver."""
    expert: Flag = False
    """Whether `engine` may be given."""
    engine: EngineNumbers = {}  # noqa: RUF012 -- a Mapping
    """Numbers of the engine by group, for who measures it: ``[solve.engine.plans]`` with ``epochs = 8``."""

    @model_validator(mode="after")
    def _for_experts(self) -> SolveSection:
        if self.engine and not self.expert:
            raise ValueError("engine is for who measures the engine itself: remove it, or add expert = true to [solve]")
        return self
