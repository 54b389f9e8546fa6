"""What ``plan.json`` says of visits that machines can serve."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from placement.report.parts import Part, Quantity, rounded
from placement.values.capacity import CapacityValue, Served


class ServedPart(Part):
    """Expected visits a month of one set of stations; the first three add up to all."""

    served: Quantity = Field(description="By the nearest station in reach, as far as its machines can take them.")
    no_capacity: Quantity = Field(description="In reach, beyond what the machines of the nearest station can take.")
    out_of_reach: Quantity
    could_be_served: Quantity = Field(description="At best, whoever in reach went to whichever station.")
    overloaded: int = Field(ge=0, description="Stations to which more come than they can take.")


class CapacityPart(Part):
    """What machines can serve today, and after the plan."""

    visits_machine_month: int = Field(ge=1)
    before: ServedPart
    after: ServedPart


_VISITS = ("served", "no_capacity", "out_of_reach", "could_be_served")


def capacity_to_dict(value: CapacityValue) -> dict[str, Any]:
    """Return what machines can serve, as the file has it."""
    sides = {
        name: {key: rounded(getattr(of, key)) for key in _VISITS} | {"overloaded": of.overloaded}
        for name, of in (("before", value.before), ("after", value.after))
    }
    return {"visits_machine_month": value.visits_machine_month, **sides}


def capacity_from_part(part: CapacityPart) -> CapacityValue:
    """Return what machines can serve, from a file."""
    before, after = (Served(**side.model_dump()) for side in (part.before, part.after))
    return CapacityValue(visits_machine_month=part.visits_machine_month, before=before, after=after)
