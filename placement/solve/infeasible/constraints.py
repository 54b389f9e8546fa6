"""The constraints of a program by name: which there are, the program with some of them, or with one that gives way."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection

import numpy as np

from placement.values import CoverageProgram

REQUIRED = "required sites"
"""Name of the demand that required columns be chosen, and one column of each required site."""


def constraint_names(program: CoverageProgram) -> tuple[str, ...]:
    """Return the names of everything that a planner may let go: floors, then limits, then :data:`REQUIRED`."""
    names = [floor.name for floor in program.floors] + [row.name for row in program.linear if not row.kind.structural]
    if program.required.any() or any(row.kind.demands for row in program.linear):
        names.append(REQUIRED)
    return tuple(dict.fromkeys(names))


def restricted(program: CoverageProgram, names: Collection[str]) -> CoverageProgram:
    """Return the program with only the named constraints, and the rows that say what decisions mean."""
    demanded = REQUIRED in names
    rows = [row for row in program.linear if row.kind.structural or row.name in names]
    if not demanded:
        rows = [dataclasses.replace(row, equality=False) if row.kind.demands else row for row in rows]
    return dataclasses.replace(
        program,
        linear=tuple(rows),
        floors=tuple(floor for floor in program.floors if floor.name in names),
        required=program.required if demanded else np.zeros_like(program.required),
    )


def eased(program: CoverageProgram, name: str, amount: int) -> CoverageProgram:
    """Return the program whose limit `name` is higher, or whose floor `name` is lower, by `amount`."""
    return dataclasses.replace(
        program,
        linear=tuple(
            dataclasses.replace(row, limit=row.limit + amount) if row.name == name else row for row in program.linear
        ),
        floors=tuple(
            dataclasses.replace(floor, minimum=floor.minimum - amount) if floor.name == name else floor
            for floor in program.floors
        ),
    )
