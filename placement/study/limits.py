"""The sections of `study.toml` on money and on what a plan may do: costs, budget, policy and its floors."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Annotated, Literal

from pydantic import AfterValidator, ConfigDict, Field, model_validator

from placement.study.fields import (
    AgeGroup,
    Assumed,
    Called,
    Chain,
    District,
    ExactRatio,
    ExactShare,
    Fen,
    Host,
    Period,
    Share,
    StationFen,
    half_at_most,
)
from placement.study.section import Section
from placement.values.limits import (
    BUDGET_LINES,
    IDLE_BELOW,
    MOST_MACHINES,
    MOST_SPACING_M,
    MOST_YEARS,
    ON_RESERVE,
    ON_VISITS,
)
from placement.values.objectives import LEAST_COST, OBJECTIVES, known_objective
from placement.values.presets import PRESETS
from placement.values.visits_value import DEFAULT_WEIGHT

_Count = Annotated[int, Field(ge=0, le=1_000_000_000, strict=True)]
_Site = Annotated[str, Field(min_length=1)]
_Stations = Annotated[_Count, Called(unit="stations")]
_Half = Annotated[ExactShare, AfterValidator(half_at_most)]
_Once, _AYear = Called(unit="yuan, once"), Called(unit="yuan a year")


class CostSection(Section):
    """`[costs.<host>]`: amounts a station by host; those of `[costs.default]` where a host has none.

    What no host and no site names is not part of the account; what some name, all must have. Kept in fen.
    """

    purchase: Annotated[StationFen, _Once] | None = None
    """The machine, where a station is opened; cabling and signs too, where `install` is not told apart."""
    install: Annotated[StationFen, _Once] | None = None
    """Cabling, signs, putting it up: of a station opened or moved there."""
    move: Annotated[StationFen, _Once] | None = None
    """Dismantling and transport, counted at the new site."""
    remove: Annotated[StationFen, _Once] | None = None
    """Taking away the machine of a station that closes."""
    close: Annotated[StationFen, _Once] | None = None
    """End of contract of a station that closes."""
    rent: Annotated[StationFen, _AYear] | None = None
    """Of the place."""
    network: Annotated[StationFen, _AYear] | None = None
    """Lines to the network."""
    maintenance: Annotated[StationFen, _AYear] | None = None
    """Repairs, power, paper; the network too, where it is not told apart."""
    staff: Annotated[StationFen, _AYear] | None = None
    """People who help at the station."""
    guide: Annotated[StationFen, _AYear] | None = None
    """Pay of a guide at the station, where `[guides]` lets a plan have some."""


class GuidesSection(Section):
    """`[guides]`: that a plan may have guides at stations, and what one does; `costs.<host>.guide` is a year's pay."""

    age_group: AgeGroup
    """Whose uptake rises where a guided station is within reach."""
    uptake: Annotated[Share, Field(gt=0)]
    """Part of those who know the service that uses it then."""


class BudgetSection(Section):
    """`[budget]`: what may be spent; no limit where a key is absent.

    Kept in fen. Amounts a year are those of all stations that stand after the plan.
    """

    purchase: Annotated[Fen, _Once] | None = None
    """For the machines of stations opened."""
    install: Annotated[Fen, _Once] | None = None
    """For putting up stations opened and moved."""
    move: Annotated[Fen, _Once] | None = None
    """For moves."""
    remove: Annotated[Fen, _Once] | None = None
    """For taking away the machines of stations closed."""
    close: Annotated[Fen, _Once] | None = None
    """For the contracts of stations closed."""
    capital: Annotated[Fen, _Once] | None = None
    """For these five together."""
    rent: Annotated[Fen, _AYear] | None = None
    """For rent."""
    network: Annotated[Fen, _AYear] | None = None
    """For lines to the network."""
    maintenance: Annotated[Fen, _AYear] | None = None
    """For maintenance."""
    staff: Annotated[Fen, _AYear] | None = None
    """For staff."""
    guides: Annotated[Fen, _AYear] | None = None
    """For guides at stations; needs `[guides]`."""
    publicity: Annotated[Fen, _AYear] | None = None
    """For publicity in all areas; needs `inputs.publicity`."""
    running: Annotated[Fen, _AYear] | None = None
    """For these six together."""
    total: Annotated[Fen, _Once] | None = None
    """For capital and the running costs of `horizon_years`, as they are worth today."""
    horizon_years: Annotated[int, Field(ge=1, le=MOST_YEARS, strict=True), Called(unit="years")] | None = None
    """How many years of running costs the total counts; a year's costs fall due at its end."""
    discount_rate: Annotated[ExactShare, Called("share", "a year")] = Fraction(0)
    """How much less money is worth a year later: 0.03 is 3 %. Each station's share is rounded to the fen, half up. In a
    plan with phases: how much less a covered visit counts a year later."""

    @model_validator(mode="after")
    def _horizon(self) -> BudgetSection:
        if self.total is not None and self.horizon_years is None:
            raise ValueError("total counts running costs of some years: give horizon_years, or no total")
        return self

    @property
    def caps(self) -> dict[str, int | None]:
        """Cap of each line, fen; None: no limit."""
        return {name: getattr(self, name) for name in BUDGET_LINES}


class FloorsSection(Section):
    """`[policy.floors]`: least share of weight covered, of steps as they count: by district, age group and period."""

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[
        AgeGroup, Annotated[ExactShare, Field(description="Of an age group, over all periods of the day.")]
    ] = Field(init=False)

    district: Annotated[
        ExactShare | Mapping[District, ExactShare] | None, Called("share, or share by district", "0 to 1")
    ] = None
    """Of every district (parent), or of those named."""
    period: Annotated[Mapping[Period, ExactShare], Called("share by period", "0 to 1")] = {}
    """Of a period of the day, over all age groups; a station counts in it if it is open through all of it."""

    @property
    def by_age_group(self) -> dict[str, Fraction]:
        """Floors by age group."""
        return dict(self.__pydantic_extra__ or {})


_NAMED_PRESETS = " or ".join(f'"{name}"' for name in PRESETS)
_NAMED_OBJECTIVES = " or ".join(f'"{name}"' for name in OBJECTIVES)


def _known_objective(value: str) -> str:
    if not known_objective(value):
        raise ValueError(f"{value!r} is not an objective of this version; known: {', '.join(OBJECTIVES)}")
    return value


def _far(value: Fraction) -> Fraction:
    if value > MOST_SPACING_M:
        raise ValueError(f"is above {MOST_SPACING_M:,} metres")
    return value


class PolicySection(Section):
    """`[policy]`: the objective and the limits of the plan; no limit where a key is absent."""

    objective: Annotated[str, AfterValidator(_known_objective), Called(_NAMED_OBJECTIVES)] = "coverage"
    """What is made largest; "coverage" is the weight within the standard of a station, of steps as they count. The
    yearly running cost of the stations that stand, "least_cost", is made least: keep_share, coverage_floor or floors
    say of what."""
    preset: Annotated[Literal["free", "expansion", "relocation", "reduction"], Called(_NAMED_PRESETS)] = "free"
    """Sets limits that can be set by hand too: "expansion" max_moves and max_closes to 0, "relocation" max_opens and
    max_closes to 0 (as many stations as today), "reduction" objective to "least_cost" and, unless it is given,
    keep_share to 1 (today's coverage for the least yearly cost), "free" none."""
    max_stations: _Stations | None = None
    """That stand after the plan."""
    max_moves: _Stations | None = None
    """Moved to another site."""
    max_opens: _Stations | None = None
    """Bought and opened."""
    max_closes: _Stations | None = None
    """Closed for good."""
    max_changes: _Stations | None = None
    """Moved, opened and closed, all three together."""
    max_machines: Annotated[int, Field(ge=1, le=MOST_MACHINES, strict=True), Called(unit="machines")] | None = None
    """At one station after the plan, where its site has room for them (`max_machines` of the sites). Machines are then
    bought, moved, taken away and kept up one by one, at a price each; `max_moves`, `max_opens`, `max_closes` and
    `max_changes` count machines moved, bought, taken away, and all three, `max_opens` and `max_closes` also by how many
    the stations grow and fall. Where absent, a station has the price and the place of one whatever its machines."""
    max_by_host: Annotated[Mapping[Host, _Stations], Called("number by host")] = {}
    """That stand after the plan at sites of a host."""
    max_by_chain: Annotated[Mapping[Chain, _Stations], Called("number by chain")] = {}
    """That stand after the plan at sites of a chain, as the column `chain` of the sites names it."""
    spacing_m: Annotated[ExactRatio, AfterValidator(_far), Called(unit="metres")] | None = None
    """Two stations of which at least one is opened or moved there are at least so far apart along the streets (in a
    straight line where the study has none); two that stand today may both stay."""
    min_reach_new: Annotated[_Count, Called(unit="visits a month")] | None = None
    """Weight of the objective that must be within reach of each site to which a station comes, whether or not others
    reach it too."""
    coverage_floor: ExactShare | None = None
    """Least coverage of everybody together, of all weight; where coverage is the objective, it tells what would have to
    give way."""
    keep_share: ExactShare | None = None
    """Least coverage as a share of what today's stations cover: 1 is not less than today."""
    visits_weight: Annotated[
        Annotated[ExactRatio, Called(unit="covered visits a predicted visit")] | None,
        Assumed(ends=(0.0, 2.0), value=DEFAULT_WEIGHT),
    ] = None
    """What a predicted visit is worth beside a covered visit of the objective; needs `inputs.usage`."""
    visits_floor: Annotated[ExactRatio, Called(unit="of today's")] | None = None
    """Least predicted visits of the plan: 1 is not fewer than today's stations are predicted; needs `inputs.usage`."""
    min_visits_new: Annotated[_Count, Called(unit="visits a month")] | None = None
    """That every station opened or moved must be predicted; needs `inputs.usage`."""
    max_idle: _Stations | None = None
    """That stand after the plan and are predicted fewer visits than `idle_below`; needs `inputs.usage`."""
    backup_share: Annotated[_Half | None, Assumed(value=0)] = None
    """Part of the demand, up to 1/2, that counts only where two stations are within reach; not with "visits"."""
    outage_probability: Annotated[_Half | None, Assumed(value=0)] = None
    """That a station is out of order, up to 1/2: what counts is the coverage to be expected; not with "visits". With
    `max_machines` it is that of a machine, and further machines of a station count too."""
    outage_from_usage: bool = False
    """`outage_probability` is the share of hours that `outage_hours` of the usage table says; needs `inputs.usage`."""
    must_stay: Annotated[tuple[_Site, ...], Called("list of sites")] = ()
    """At which a station stands after the plan, whatever their status says besides."""
    must_close: Annotated[tuple[_Site, ...], Called("list of sites")] = ()
    """At which none stands after the plan."""
    visits_machine_month: (
        Annotated[Annotated[int, Field(ge=1, le=1_000_000_000, strict=True)], Called(unit="visits a month")] | None
    ) = None
    """That one machine can take: figures tell who is served by the nearest station, and who comes when no machine is
    free; no limit of the plan."""
    idle_below: Annotated[_Count, Called(unit="visits a month"), Assumed(moves="figures")] = IDLE_BELOW
    """Below it a station is counted as idle, in figures and by `max_idle`."""
    floors: FloorsSection = FloorsSection()
    """Least coverage of districts and age groups."""

    @model_validator(mode="after")
    def _one_outage(self) -> PolicySection:
        if self.outage_from_usage and self.outage_probability is not None:
            raise ValueError("outage_probability is given, and outage_from_usage takes it from the table: remove one")
        return self

    @model_validator(mode="after")
    def _least_cost(self) -> PolicySection:
        if self.objective != LEAST_COST:
            return self
        idle = [name for name in (*ON_VISITS, *ON_RESERVE) if getattr(self, name)]
        if idle:
            raise ValueError(f"{', '.join(idle)} has no effect where the least cost is the objective: remove it")
        if self.max_machines is not None:
            raise ValueError(
                "max_machines counts machines one by one, and the least cost is one of stations: remove it"
            )
        asked = (
            self.keep_share,
            self.coverage_floor,
            self.floors.district,
            self.floors.by_age_group,
            self.floors.period,
        )
        if not any(asked):
            problem = "objective is least_cost, and nothing is asked for: no station at all costs least"
            raise ValueError(f"{problem}: give keep_share, coverage_floor or floors")
        return self
