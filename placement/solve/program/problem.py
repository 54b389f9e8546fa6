r"""The program as the engine holds it: row classes and side rows, compressed both ways, for compiled kernels.

Side rows are two-sided, ``low <= a x <= high``, and come in two kinds: the program's linear rows, normalised as a
certificate prescribes, then one row per *group* of columns, ``low <= sum of x over the group <= high``, whose limits
start idle and are tightened by branching. A price ``theta`` of a row multiplies ``high`` where it is positive and
``low`` where it is negative, so that a ``<=`` row, whose ``low`` is absent, admits only ``theta >= 0``.
"""

from __future__ import annotations

import itertools
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from placement.kernels import Ints, Longs, kernel, read_only
from placement.solve.program.reduced import Classes, ReducedProgram
from placement.solve.program.totals import column_kinds, column_totals, site_groups
from placement.solve.settings import DEFAULTS, ProgramSettings
from placement.values import LinearRow
from placement.values.arrays import BoolArray, IntArray
from placement.values.layers import layer_table

NO_LIMIT = 2**61
"""Stands for an absent limit: ``high = NO_LIMIT``, ``low = -NO_LIMIT``."""

FREE, ONE, ZERO = 0, 1, 2
"""Status of a column: undecided, chosen, not chosen."""


class Covers(NamedTuple):
    """Rows by sites in both compressed orders, with weights."""

    indptr: Longs
    sites: Ints
    site_indptr: Longs
    site_rows: Ints
    weights: Longs


class Side(NamedTuple):
    """Side rows by columns in both compressed orders."""

    indptr: Longs
    columns: Ints
    coefficients: Longs
    column_indptr: Longs
    column_rows: Ints
    column_coefficients: Longs


class Floors(NamedTuple):
    """Coverage floors over labels: classes that stand in the same floors share one, and there is at least one.

    Label ``t`` stands in the floors ``floor_index[indptr[t]:indptr[t + 1]]``; a unit of weight counts ``worth[t]`` in
    the objective, 0 where it counts in floors alone, else 1, by the layers of kind ``once[t]``: 1 where it counts once.
    """

    label: Ints
    worth: Longs
    once: Longs
    indptr: Longs
    floor_index: Longs
    minimum: Longs


class Problem(NamedTuple):
    """A whole program.

    Attributes
    ----------
    covers
        Row classes, numbered as in certificates.
    site
        (columns,) site of each column, -1 for none.
    values
        (columns,) values of the program, nothing folded into them.
    side, low, high
        Side rows and their limits at the root.
    n_linear
        The first so many side rows are the program's, the others are groups.
    n_kinds
        The first so many groups are kinds of decisions.
    n_totals
        The next so many are sums of several kinds, or parts of them that cost the same; the others are the columns of
        one site.
    floors
        Floors over classes.
    exclusive
        (sites,) whether at most one column of the site can be chosen.
    status
        (columns,) int8 status at the root: required and excluded columns are decided.
    layers
        (2, layers) what the first, the second, ... column that provides counts, in ``2**-20`` of a class's weight; and
        of a class that counts once.
    plain
        Whether a class counts in full as soon as one column provides.
    settings
        How what is left of it at a node is coded.
    """

    covers: Covers
    site: IntArray
    values: IntArray
    side: Side
    low: IntArray
    high: IntArray
    n_linear: int
    n_kinds: int
    n_totals: int
    floors: Floors
    exclusive: BoolArray
    status: NDArray[np.int8]
    layers: IntArray
    plain: bool
    settings: ProgramSettings

    @property
    def n_columns(self) -> int:
        """Number of columns."""
        return int(self.site.size)

    def groups(self) -> list[NDArray[np.int32]]:
        """Return the columns of each group."""
        edges = self.side.indptr[self.n_linear :].tolist()
        return [self.side.columns[begin:end] for begin, end in itertools.pairwise(edges)]


def transposed(
    indptr: IntArray, indices: NDArray[np.int32], values: NDArray[Any], n_columns: int
) -> tuple[IntArray, NDArray[np.int32], NDArray[Any]]:
    """Return (indptr, indices, values) of the transposed CSR; `values` are of 8 bytes each, or there are none."""
    counts, rows, moved = _transposed(indptr, indices, values.view(np.int64), n_columns)
    return counts, rows, moved.view(values.dtype)


@kernel
def _transposed(indptr: Longs, indices: Ints, values: Longs, n_columns: int) -> Any:
    """Return the transposed CSR; values are moved as they are, whatever their bits mean."""
    counts = np.zeros(n_columns + 1, np.int64)
    for entry in range(indices.size):
        counts[indices[entry] + 1] += 1
    for column in range(n_columns):
        counts[column + 1] += counts[column]
    at = counts[:-1].copy()
    rows = np.empty(indices.size, np.int32)
    moved = np.empty(values.size, values.dtype)
    for row in range(indptr.size - 1):
        for entry in range(indptr[row], indptr[row + 1]):
            column = indices[entry]
            rows[at[column]] = row
            if values.size:
                moved[at[column]] = values[entry]
            at[column] += 1
    return counts, rows, moved


def build_problem(reduced: ReducedProgram, settings: ProgramSettings = DEFAULTS.program) -> Problem:
    """Return the engine's form of a reduced program."""
    program = reduced.program
    groups = column_kinds(reduced.linear, program.n_columns)
    n_kinds = len(groups)
    groups += column_totals(reduced.linear, groups)
    n_totals = len(groups) - n_kinds
    groups += site_groups(program.column_site)
    rows = [_without_zeros(row) for row in reduced.linear]
    rows += [(group, np.ones(group.size, dtype=np.int64)) for group in groups]
    none = -NO_LIMIT
    status = np.zeros(program.n_columns, dtype=np.int8)
    status[program.excluded] = ZERO
    status[program.required] = ONE
    return Problem(
        covers=_covers(reduced.classes, program.n_sites),
        site=np.require(program.column_site, np.int64, ["C", "A"]),
        values=np.require(program.column_values, np.int64, ["C", "A"]),
        side=side_rows(rows, program.n_columns),
        low=np.array([row.limit if row.equality else none for row in reduced.linear] + [0] * len(groups), np.int64),
        high=np.array([row.limit for row in reduced.linear] + [group.size for group in groups], np.int64),
        n_linear=len(reduced.linear),
        n_kinds=n_kinds,
        n_totals=n_totals,
        floors=_floors(reduced.classes, [floor.minimum for floor in program.floors]),
        exclusive=reduced.exclusive,
        status=status,
        layers=layer_table(program.layers, program.once_worth),
        plain=program.is_plain,
        settings=settings,
    )


def _without_zeros(row: LinearRow) -> tuple[IntArray, IntArray]:
    """Return the columns of a row and their coefficients, but those of 0."""
    if np.count_nonzero(row.coefficients) == row.coefficients.size:
        return row.columns, row.coefficients
    kept = row.coefficients != 0
    return row.columns[kept], row.coefficients[kept]


def side_rows(rows: list[tuple[IntArray, IntArray]], n_columns: int) -> Side:
    """Return side rows, given as (columns, coefficients), compressed both ways."""
    indptr = np.cumsum([0] + [columns.size for columns, _ in rows]).astype(np.int64)
    empty = np.empty(0, dtype=np.int64)
    columns = np.concatenate([empty, *(columns for columns, _ in rows)]).astype(np.int32)
    coefficients = np.concatenate([empty, *(coefficients for _, coefficients in rows)])
    column_indptr, column_rows, column_coefficients = transposed(indptr, columns, coefficients, n_columns)
    return read_only(Side(indptr, columns, coefficients, column_indptr, column_rows, column_coefficients))


def _covers(classes: Classes, n_sites: int) -> Covers:
    nothing = np.empty(0, dtype=np.int64)
    site_indptr, site_rows, _ = transposed(classes.indptr, classes.sites, nothing, n_sites)
    return read_only(Covers(classes.indptr, classes.sites, site_indptr, site_rows, classes.weights))


def _floors(classes: Classes, minimum: list[int]) -> Floors:
    known: dict[tuple[tuple[int, ...], bool, bool], int] = {}
    label = np.zeros(classes.count, dtype=np.int32)
    if minimum or not classes.counts.all() or classes.once.any():
        for row, kind in enumerate(zip(classes.counts.tolist(), classes.once.tolist(), strict=True)):
            floors = tuple(classes.floor_index[classes.floor_indptr[row] : classes.floor_indptr[row + 1]].tolist())
            label[row] = known.setdefault((floors, *kind), len(known))
    known = known or {((), True, False): 0}
    indptr = np.cumsum([0] + [len(floors) for floors, _, _ in known]).astype(np.int64)
    index = np.array([floor for floors, _, _ in known for floor in floors], dtype=np.int64)
    worth, once = (np.array([each[kind] for each in known], dtype=np.int64) for kind in (1, 2))
    return read_only(Floors(label, worth, once, indptr, index, np.array(minimum, dtype=np.int64)))


def first_layer(problem: Problem) -> IntArray:
    """Return (labels,) what the first column that provides counts of a unit of weight, in ``2**-20``."""
    floors = problem.floors
    return np.asarray(problem.layers[floors.once, 0] * floors.worth)
