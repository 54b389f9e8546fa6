"""Of what the parts of our JSON files are made: types of numbers and texts, and what is no such file."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field, SerializerFunctionWrapHandler, model_serializer

from placement.errors import InputError

DECIMALS = 6
"""Floats of our files are rounded to so many decimals, half to even, as :func:`round` does."""
MOST = 1e15
"""No number of a plan is larger."""

Amount = Annotated[float, Field(ge=-MOST, le=MOST, allow_inf_nan=False)]
Quantity = Annotated[float, Field(ge=0, le=MOST, allow_inf_nan=False)]
Machines = Annotated[int, Field(ge=0, le=10**9)]
Id = Annotated[str, Field(min_length=1)]
Word = Annotated[str, Field(pattern="^[!-~]+$")]
Words = Annotated[str, Field(pattern="^[!-~]+( [!-~]+)*$")]
Fingerprint = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
FRACTION = "^[0-9]+(/[0-9]+)?$"
"""Pattern of numbers that are kept exactly."""


class PlanFormatError(InputError):
    """A plan differs from the published schema of its format."""


class Part(BaseModel):
    """A part of a file: no key but those named, every value of its very type."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class SparePart(Part):
    """A part in which some keys stand only where they say something."""

    SPARED: ClassVar[tuple[str, ...]] = ()
    """Keys that are left out where they are null or empty."""

    @model_serializer(mode="wrap")
    def _told(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        told: dict[str, Any] = handler(self)
        return {name: value for name, value in told.items() if value or name not in self.SPARED}


class DecisionsPart(SparePart):
    """A plan: the sites at which a station stays, is given away, is opened, and to which one moves.

    Where machines are counted one by one: the sites at which a station has a further machine of today's (hold), and one
    more than today (gain), a site for each; and one site for each machine that moves, of those where moving in (bring),
    and being sent away (send), costs as much. Of a plan in phases the number of the phase stands before the site:
    ``2 S1`` of `keep` closes in the second phase.
    """

    SPARED: ClassVar[tuple[str, ...]] = ("hold", "gain", "bring", "send")

    keep: list[Id]
    give: list[Id]
    open: list[Id]
    move_in: list[Id]
    hold: list[Id] = Field(default_factory=list)
    gain: list[Id] = Field(default_factory=list)
    bring: list[Id] = Field(default_factory=list)
    send: list[Id] = Field(default_factory=list)


def decisions_of(names: Iterable[str]) -> dict[str, list[str]]:
    """Return the decisions that names of columns say, such as ``keep S1``."""
    plan: dict[str, list[str]] = {kind: [] for kind in DecisionsPart.model_fields}
    for name in names:
        kind, site = name.split(" ", 1)
        if kind in plan:  # guides only cost money: the plan does without
            plan[kind].append(site)
    return {kind: sorted(sites) for kind, sites in plan.items()}


def decisions_from(part: DecisionsPart) -> tuple[str, ...]:
    """Return the names of columns that decisions say."""
    return tuple(f"{kind} {site}" for kind in DecisionsPart.model_fields for site in getattr(part, kind))


def rounded(value: float) -> float:
    """Return a number as our files hold it."""
    # Adding 0.0 turns -0.0 into 0.0, which would otherwise change the bytes.
    return round(float(value), DECIMALS) + 0.0
