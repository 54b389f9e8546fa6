"""The sections of `study.toml` on money and on what a plan may do: costs, budget, policy and its floors."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Annotated

from pydantic import AfterValidator, ConfigDict, Field

from placement.study.fields import AgeGroup, Called, Chain, District, ExactRatio, ExactShare, Fen, Host, StationFen
from placement.study.section import Section
from placement.values.objectives import OBJECTIVES, known_objective
from placement.values.policy import IDLE_BELOW, MOST_SPACING_M

_Count = Annotated[int, Field(ge=0, le=1_000_000_000, strict=True)]
_Stations = Annotated[_Count, Called(unit="stations")]
_Once, _AYear = Called(unit="yuan, once"), Called(unit="yuan a year")


class CostSection(Section):
    """`[costs.<host>]`: amounts a station by host; those of `[costs.default]` where a host has none.

    What no host and no site names is not part of the account; what some name, all must have. Kept in fen.
    """

    purchase: Annotated[StationFen, _Once] | None = None
    """Machine, cabling, signs."""
    move: Annotated[StationFen, _Once] | None = None
    """Dismantling, transport, cabling at the new site."""
    close: Annotated[StationFen, _Once] | None = None
    """Dismantling, end of contract."""
    rent: Annotated[StationFen, _AYear] | None = None
    """Of the place."""
    maintenance: Annotated[StationFen, _AYear] | None = None
    """Repairs, network, power, paper."""
    staff: Annotated[StationFen, _AYear] | None = None
    """People who help at the station."""


class BudgetSection(Section):
    """`[budget]`: what may be spent; no limit where a key is absent.

    Kept in fen.
    """

    capital: Annotated[Fen, _Once] | None = None
    """For purchases, moves and closures."""
    running: Annotated[Fen, _AYear] | None = None
    """For rent, maintenance and staff of every station that stands after the plan."""


class FloorsSection(Section):
    """`[policy.floors]`: least share of weight covered: of districts, and of age groups, each named as a key."""

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[
        AgeGroup, Annotated[ExactShare, Field(description="Of an age group, over all periods of the day.")]
    ] = Field(init=False)

    district: Annotated[
        ExactShare | Mapping[District, ExactShare] | None, Called("share, or share by district", "0 to 1")
    ] = None
    """Of every district (parent), or of those named."""

    @property
    def by_age_group(self) -> dict[str, Fraction]:
        """Floors by age group."""
        return dict(self.__pydantic_extra__ or {})


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
    """What is made largest; "coverage" is the weight within the service standard of a station."""
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
    visits_weight: Annotated[ExactRatio, Called(unit="covered visits a predicted visit")] | None = None
    """What a predicted visit is worth beside a covered visit of the objective; needs `inputs.usage`."""
    visits_floor: Annotated[ExactRatio, Called(unit="of today's")] | None = None
    """Least predicted visits of the plan: 1 is not fewer than today's stations are predicted; needs `inputs.usage`."""
    min_visits_new: Annotated[_Count, Called(unit="visits a month")] | None = None
    """That every station opened or moved must be predicted; needs `inputs.usage`."""
    idle_below: Annotated[_Count, Called(unit="visits a month")] = IDLE_BELOW
    """Below it a station is counted as idle in figures; no limit of the plan."""
    floors: FloorsSection = FloorsSection()
    """Least coverage of districts and age groups."""
