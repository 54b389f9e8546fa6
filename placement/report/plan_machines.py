"""What ``plan.json`` says of machines that are counted one by one."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from placement.report.parts import Id, Machines, Part
from placement.values.machines import MachineMove, MachinesChange


class MachineMovePart(Part):
    """Machines that go from one site to another."""

    from_site_id: Id
    to_site_id: Id
    machines: Annotated[int, Field(ge=1, le=10**9)]


class MachinesPart(Part):
    """Machines of all stations, and what becomes of them."""

    before: Machines = Field(description="That stand today.")
    after: Machines = Field(description="That stand after the plan.")
    bought: Machines
    removed: Machines = Field(description="Taken away for good.")
    moves: list[MachineMovePart] = Field(description="By the ids of where from and where to.")


def machines_to_dict(change: MachinesChange) -> dict[str, Any]:
    """Return machines as the file has them."""
    counts = {name: getattr(change, name) for name in ("before", "after", "bought", "removed")}
    moves = [{name: getattr(move, name) for name in MachineMovePart.model_fields} for move in change.moves]
    return {**counts, "moves": moves}


def machines_from_part(part: MachinesPart) -> MachinesChange:
    """Return machines from a file."""
    counts = {name: getattr(part, name) for name in ("before", "after", "bought", "removed")}
    return MachinesChange(**counts, moves=tuple(MachineMove(**move.model_dump()) for move in part.moves))
