"""What ``plan.json`` says of coverage by how many stations are within reach."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from pydantic import Field

from placement.report.parts import FRACTION, Part, Quantity, rounded
from placement.values.reserve_value import Reserve, ReserveValue


class ReserveOfPart(Part):
    """Weight of one set of stations, visits a month."""

    second: Quantity = Field(description="Within reach of two stations or more.")
    counted: Quantity = Field(description="What the objective counts of coverage, rounded down to thousandths.")


class ReservePart(Part):
    """Coverage by how many stations are within reach."""

    backup_share: str = Field(pattern=FRACTION, description="Counts only where two stations work.")
    outage_probability: str = Field(pattern=FRACTION, description="Of each station.")
    before: ReserveOfPart
    after: ReserveOfPart


def reserve_to_dict(value: ReserveValue) -> dict[str, Any]:
    """Return what coverage counts by how many stations are within reach, as the file has it."""
    sides = {"before": value.before, "after": value.after}
    return {
        "backup_share": str(value.backup_share),
        "outage_probability": str(value.outage_probability),
        **{name: {"second": rounded(of.second), "counted": rounded(of.counted)} for name, of in sides.items()},
    }


def reserve_from_part(part: ReservePart) -> ReserveValue:
    """Return what coverage counts by how many stations are within reach, from a file."""
    return ReserveValue(
        backup_share=Fraction(part.backup_share),
        outage_probability=Fraction(part.outage_probability),
        before=Reserve(second=part.before.second, counted=part.before.counted),
        after=Reserve(second=part.after.second, counted=part.after.counted),
    )
