"""The coverage program that a majorant makes of one that counts visits."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np

from placement.values import CoverageProgram, LinearRow
from placement.values.arrays import BoolArray, IntArray
from placement.values.visits_certificate import NEW_VISITS, VISITS_FLOOR

FLOOR_NAME, IDLE_NAME, MOST_NAME = "visits_floor", "min_visits_new", "max_idle"
"""Names of the limits, those of the policy's settings."""
MARK_NAME = "idle"
"""Name of rows that say what the mark of an idle station means."""


def valued(program: CoverageProgram, weight: Fraction, coefficient: IntArray) -> CoverageProgram:
    """Return the program in which a column that provides at a site is worth its coefficient more, rounded up."""
    at = np.flatnonzero(program.column_site >= 0)
    values = program.column_values.copy()
    values[at] += [times(weight, each) for each in coefficient[program.column_site[at]].tolist()]
    return replace(program, column_values=values)


def times(weight: Fraction, amount: int) -> int:
    """Return ``weight * amount``, rounded up."""
    return -((-weight.numerator * amount) // weight.denominator)


def floor_row(program: CoverageProgram, constant: int, coefficient: IntArray, floor: int, name: str) -> LinearRow:
    """Return that a majorant is at least `floor`, as the module says."""
    columns = np.flatnonzero(program.column_site >= 0)
    limit = constant - floor
    return LinearRow(
        name=name,
        kind=VISITS_FLOOR,
        columns=columns,
        coefficients=-coefficient[program.column_site[columns]],
        limit=limit,
        base=floor - limit,
    )


def idle_row(program: CoverageProgram, new: BoolArray, site: int, beside: IntArray, name: str) -> LinearRow:
    """Return that a new station at `site` and stations at all of `beside` do not stand together."""
    chosen = (new & (program.column_site == site)) | np.isin(program.column_site, beside)
    columns = np.flatnonzero(chosen)
    return LinearRow(
        name=name, kind=NEW_VISITS, columns=columns, coefficients=np.ones_like(columns), limit=int(beside.size)
    )
