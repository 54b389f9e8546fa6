"""What ``plan.json`` says of what is assumed, and of how sure the floors of coverage are."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal

from pydantic import Field

from placement.pipeline.assumptions import Assumption
from placement.report.parts import Id, Part, rounded
from placement.values import KeptFloor

Share = Field(ge=0, le=1)


class AssumptionPart(Part):
    """A default that acts on the study and that nobody has measured."""

    key: Id = Field(description="section.key of the study file; of `usage`, a number of the model of visits.")
    value: str
    unit: str = Field(description="Empty where it has none.")
    moves: Literal["plan", "intervals", "figures"] = Field(description="What would be other with another value.")


class KeptFloorPart(Part):
    """A floor of coverage, and in which share of draws of the demand the plan keeps it."""

    of: Literal["district", "age_group", "period"]
    name: Id
    floor: float = Share
    reached: float = Field(ge=0, le=1, description="By the estimate.")
    kept: float = Share
    draws: int = Field(ge=1, le=10**6)


def assumptions_to_list(assumptions: Iterable[Assumption]) -> list[dict[str, Any]]:
    """Return assumptions as ``plan.json`` has them."""
    return [{name: getattr(each, name) for name in AssumptionPart.model_fields} for each in assumptions]


def floors_to_list(floors: Iterable[KeptFloor]) -> list[dict[str, Any]]:
    """Return floors as ``plan.json`` has them."""
    numbers = ("floor", "reached", "kept")
    return [
        {"of": each.of, "name": each.name, "draws": each.draws}
        | {name: rounded(getattr(each, name)) for name in numbers}
        for each in floors
    ]


def floors_from_parts(parts: Iterable[KeptFloorPart]) -> tuple[KeptFloor, ...]:
    """Return the floors that ``plan.json`` says."""
    return tuple(KeptFloor(**part.model_dump()) for part in parts)
