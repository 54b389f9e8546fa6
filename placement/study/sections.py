"""The sections of `study.toml`, each checked by itself."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from placement.study.fields import (
    ExactShare,
    Fen,
    Flag,
    LocalPath,
    MinutesARow,
    NotNegative,
    Positive,
    Share,
    StationFen,
    TimeFormat,
    TimeZone,
    as_file,
    at_most,
    parse_period,
)
from placement.values.immutable import freeze
from placement.values.shown import Shown, as_html, as_text, brief

OBJECTIVES = ("coverage",)
Minutes = Annotated[Positive, AfterValidator(at_most(240, "minutes; are these seconds?"))]
_Speed = Annotated[Positive, AfterValidator(at_most(40, "metres a second; are these km/h?"))]
_WalkingSpeed = Annotated[Positive, AfterValidator(at_most(3, "metres a second on foot; are these km/h?"))]
_Trips = Annotated[NotNegative, AfterValidator(at_most(31, "visits a person and month; are these a year?"))]
_Years = Annotated[NotNegative, AfterValidator(at_most(130, "years"))]
_Metres = Annotated[Positive, AfterValidator(at_most(200_000, "metres"))]
_Cv = Annotated[NotNegative, AfterValidator(at_most(10, "as a coefficient of variation"))]
_Count = Annotated[int, Field(ge=0, le=1_000_000_000, strict=True)]
_MOST_SEED = 2**31 - 1
"""The largest seed that all solvers take."""


class Section(BaseModel):
    """A section that cannot be changed and refuses unknown keys."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)

    def model_post_init(self, _context: Any, /) -> None:
        """Freeze the mappings that the section holds."""
        self.__dict__.update(freeze(self.__dict__))
        object.__setattr__(self, "__pydantic_extra__", freeze(self.__pydantic_extra__))

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """Return the section with other values of some settings, which are not checked."""
        copied = super().model_copy(update=update, deep=deep)
        copied.model_post_init(None)
        return copied

    def __repr__(self) -> str:
        return as_text(self)

    def __str__(self) -> str:
        return as_text(self)

    def _repr_html_(self) -> str:
        return as_html(self)

    def _shown(self) -> Shown:
        given = self.model_fields_set | set(self.model_extra or {})
        return type(self).__name__, [(name, brief(value)) for name, value in self if name in given]


class StudySection(Section):
    """`[study]`: name, projected CRS of all distances, language of the report, seed."""

    name: Annotated[str, Field(min_length=1)]
    crs: str
    language: Literal["en", "zh"] = "en"
    seed: Annotated[int, Field(ge=0, le=_MOST_SEED, strict=True)] = 0


class InputFile(Section):
    """One input file and what must be known to read it and to show where it came from.

    `columns` maps our names of columns to those of the file.
    """

    path: LocalPath
    coordinates: Literal["wgs84", "gcj02", "bd09"] = "wgs84"
    encoding: str | None = None
    layer: str | None = None
    columns: Mapping[str, Annotated[str, Field(min_length=1)]] = {}
    band: Annotated[int, Field(ge=1, strict=True)] | None = None
    unit: Literal["seconds", "minutes", "hours", "metres", "km"] | None = None
    wide: Flag = False
    simulated: Flag = False
    notice: str = ""

    @property
    def is_raster(self) -> bool:
        """Whether the file is a GeoTIFF."""
        return self.path.lower().endswith((".tif", ".tiff"))


class StreetsInput(Section):
    """`[inputs] streets`: tables of nodes and edges, a GraphML or OSM file, a layer of lines, or a place by name."""

    nodes: LocalPath | None = None
    edges: LocalPath | None = None
    graphml: LocalPath | None = None
    osm: LocalPath | None = None
    lines: LocalPath | None = None
    layer: str | None = None
    planar: Flag = False
    coordinates: Literal["wgs84", "gcj02", "bd09"] = "wgs84"
    place: str | None = None
    mode: Literal["walk", "cycle", "drive"] = "walk"
    rules: LocalPath | None = None
    notice: str = ""

    @model_validator(mode="after")
    def _one_source(self) -> StreetsInput:
        given = [name for name in ("graphml", "osm", "lines", "place") if getattr(self, name)]
        tables = self.nodes is not None and self.edges is not None
        if (self.nodes is None) != (self.edges is None) or len(given) + tables != 1:
            raise ValueError("give exactly one of: nodes and edges, graphml, osm, lines, place")
        if self.coordinates != "wgs84" and not tables and self.lines is None:
            raise ValueError("coordinates goes with nodes and edges, or lines; graphml, osm and place are WGS-84")
        if self.rules is not None and self.osm is None:
            raise ValueError("rules say which ways of an osm file are read: give osm")
        if self.mode != "walk" and self.osm is None and self.place is None:
            raise ValueError("mode says which ways are read from osm or place; other sources hold what they hold")
        return self


OptionalFile = Annotated[InputFile | None, BeforeValidator(as_file)]


class Inputs(Section):
    """`[inputs]`: the tables of the study (design section 4)."""

    population: Annotated[InputFile, BeforeValidator(as_file)]
    footfall: OptionalFile = None
    footfall_counts: OptionalFile = None
    survey: OptionalFile = None
    covariates: OptionalFile = None
    stations: OptionalFile = None
    candidates: OptionalFile = None
    usage: OptionalFile = None
    districts: OptionalFile = None
    streets: StreetsInput | None = None
    travel: OptionalFile = None

    @model_validator(mode="after")
    def _complete(self) -> Inputs:
        if self.streets is not None and self.travel is not None:
            raise ValueError("give streets or a travel table, not both")
        if self.footfall_counts is not None and self.footfall is None:
            raise ValueError("footfall_counts needs the places of its counters: give footfall")
        if self.population.is_raster and self.districts is None:
            raise ValueError("a population raster needs inputs.districts: polygons with a column district")
        if self.stations is None and self.candidates is None:
            raise ValueError("give stations, candidates or both")
        if self.covariates is not None and self.survey is None:
            raise ValueError("covariates are for the survey's awareness: give survey")
        return self

    def files(self) -> Iterator[tuple[str, InputFile]]:
        """Yield (table name, file) of every table that is given."""
        for name in type(self).model_fields:
            value = getattr(self, name)
            if isinstance(value, InputFile):
                yield name, value

    def paths(self) -> Iterator[tuple[str, str]]:
        """Yield (input name, path as written) of every file that is read."""
        for name, file in self.files():
            yield name, file.path
        yield from self.street_paths()

    def street_paths(self) -> Iterator[tuple[str, str]]:
        """Yield (input name, path as written) of every file of the street network."""
        if self.streets is not None:
            for key in ("nodes", "edges", "graphml", "osm", "lines", "rules"):
                path = getattr(self.streets, key)
                if path is not None:
                    yield f"streets_{key}", path


class DemandSection(Section):
    """`[demand]`: trip rates, shares and periods (design section 5)."""

    need_share: Share = 0.5
    footfall_capture: Annotated[NotNegative, AfterValidator(at_most(1, "visits a passer-by"))] = 0.0
    non_resident_share: Share = 1.0
    footfall_bandwidth_m: _Metres = 300.0
    footfall_interpolate: Flag = False
    periods: Annotated[Mapping[str, str], Field(min_length=1)] = {"all": "00:00-24:00"}
    period_share: Mapping[str, Share] = {}
    trips_per_month: Annotated[Mapping[str, _Trips | Mapping[str, _Trips]], Field(min_length=1)]
    online_share: Mapping[str, Share] = {}
    uptake: Mapping[str, Share] | None = None
    age_share: Mapping[str, Share] = {}
    age_bands: Mapping[str, _Years] = {}
    grid_m: _Metres | None = None
    grid_shape: Literal["square", "hexagon", "streets"] = "square"
    trip_rate_cv: _Cv = 0.2
    footfall_cv: _Cv = 0.2
    counts_every: MinutesARow | None = None
    counts_time_format: TimeFormat | None = None
    counts_time_zone: TimeZone | None = None
    service_hosts: Mapping[str, tuple[str, ...]] = {}

    @model_validator(mode="after")
    def _consistent(self) -> DemandSection:
        for text in self.periods.values():
            parse_period(text)
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


class TravelSection(Section):
    """`[travel]`: the service standard and how people get to a station."""

    threshold_min: Minutes | None = None
    threshold_m: _Metres | None = None
    threshold_min_by_district: Mapping[str, Minutes] = {}
    cutoff_min: Minutes | None = None
    far_snap_m: _Metres = 500.0
    cache: LocalPath | bool = True
    stream: bool | Literal["auto"] = "auto"
    detour: Annotated[Positive, Field(ge=1), AfterValidator(at_most(10, "times the straight line"))] | None = None
    mode: Literal["walking", "cycling", "driving"] = "walking"
    speed_m_s: Mapping[str, _WalkingSpeed] = {}
    slope: Literal["tobler", "irmischer-clarke"] | None = None
    steps_factor: Annotated[NotNegative, AfterValidator(at_most(100, "times as slow"))] = 1.0
    street_speed_m_s: Mapping[str, _Speed] = {}
    oneway: Flag = True

    @property
    def hilly(self) -> bool:
        """Whether walking speed depends on the street."""
        return self.slope is not None or self.steps_factor != 1

    @model_validator(mode="after")
    def _one_way_to_travel(self) -> TravelSection:
        if self.mode == "walking" and self.street_speed_m_s:
            raise ValueError('street_speed_m_s goes with mode = "cycling" or "driving"')
        if self.mode != "walking" and (self.speed_m_s or self.hilly):
            raise ValueError(f"speed_m_s, slope and steps_factor are for walking, not for {self.mode}")
        if self.threshold_m is not None and self.hilly:
            raise ValueError("threshold_m is a length; with slopes or steps give threshold_min")
        return self

    @model_validator(mode="after")
    def _one_standard(self) -> TravelSection:
        if (self.threshold_min is None) == (self.threshold_m is None):
            raise ValueError("give threshold_min or threshold_m")
        if self.threshold_m is not None and self.threshold_min_by_district:
            raise ValueError("threshold_min_by_district goes with threshold_min")
        if self.cutoff_min is not None and self.cutoff_min < self.longest_min:
            raise ValueError(f"cutoff_min is below the threshold of {self.longest_min:g} minutes")
        return self

    @property
    def longest_min(self) -> float:
        """The longest threshold of any district, minutes; 0 with a distance standard."""
        return max(self.threshold_min or 0.0, *self.threshold_min_by_district.values(), 0.0)


class CostSection(Section):
    """`[costs.<host>]`: fen once (purchase, move, close) and fen a year (rent, maintenance, staff) a station."""

    purchase: StationFen | None = None
    move: StationFen | None = None
    close: StationFen | None = None
    rent: StationFen | None = None
    maintenance: StationFen | None = None
    staff: StationFen | None = None


class BudgetSection(Section):
    """`[budget]`: caps in fen; None = unlimited."""

    capital: Fen | None = None
    running: Fen | None = None


class FloorsSection(Section):
    """`[policy.floors]`: least share of weight covered: in districts, and by age group as extra keys."""

    model_config = ConfigDict(extra="allow", frozen=True, arbitrary_types_allowed=True)
    __pydantic_extra__: dict[str, ExactShare] = Field(init=False)

    district: ExactShare | Mapping[str, ExactShare] | None = None

    @property
    def by_age_group(self) -> dict[str, Fraction]:
        """Floors by age group."""
        return dict(self.__pydantic_extra__ or {})


def _known_objective(value: str) -> str:
    if value not in OBJECTIVES:
        raise ValueError(f"{value!r} is not an objective of this version; known: {', '.join(OBJECTIVES)}")
    return value


class PolicySection(Section):
    """`[policy]`: the objective and the limits of the plan; `max_changes` counts moves, opens and closes together."""

    objective: Annotated[str, AfterValidator(_known_objective)] = "coverage"
    max_stations: _Count | None = None
    max_moves: _Count | None = None
    max_opens: _Count | None = None
    max_closes: _Count | None = None
    max_changes: _Count | None = None
    floors: FloorsSection = FloorsSection()


class SolveSection(Section):
    """`[solve]`: how long, how exact, with what."""

    time_limit_s: Annotated[Positive, AfterValidator(at_most(31_536_000, "seconds (a year)"))] = 60.0
    gap: Share = 0.0
    backend: Annotated[str, Field(min_length=1)] = "auto"
    threads: Annotated[int, Field(ge=1, le=1024, strict=True)] = 2
