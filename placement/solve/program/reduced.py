"""The values of a reduced program: row classes, rows left, folded column values, floors over them."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from placement.values import CoverageProgram, LinearRow, classes_fingerprint
from placement.values.arrays import BoolArray, IntArray, frozen_array
from placement.values.layers import layer_table


@dataclass(frozen=True, kw_only=True, eq=False)
class Classes:
    """Rows of a program grouped by cover set and floors, numbered by first appearance in row order.

    Parameters
    ----------
    indptr, sites
        CSR of the sites of each class, increasing within a class.
    weights
        (classes,) summed weights, all positive.
    floor_indptr, floor_index
        CSR of the floors of each class.
    counts
        (classes,) whether the weight counts in the objective too, not in floors alone.
    once
        (classes,) whether it counts once, whatever the layers.
    n_rows, n_entries
        Rows and cover entries read.
    total_weight
        Weight of all rows, the uncovered ones included.
    """

    indptr: IntArray
    sites: NDArray[np.int32]
    weights: IntArray
    floor_indptr: IntArray
    floor_index: IntArray
    counts: BoolArray
    once: BoolArray
    n_rows: int
    n_entries: int
    total_weight: int

    def __post_init__(self) -> None:
        for each in fields(self):
            value = getattr(self, each.name)
            if isinstance(value, np.ndarray):
                object.__setattr__(self, each.name, frozen_array(value, value.dtype))

    @property
    def count(self) -> int:
        """Number of classes."""
        return int(self.weights.size)

    def fingerprint(self, program: CoverageProgram) -> str:
        """Return the fingerprint that a certificate of `program` carries."""
        return classes_fingerprint(
            program,
            class_indptr=self.indptr,
            class_sites=self.sites,
            class_weights=self.weights,
            floor_indptr=self.floor_indptr,
            floor_index=self.floor_index,
            floor_only=np.flatnonzero(~self.counts),
            once=np.flatnonzero(self.once),
        )


@dataclass(frozen=True, kw_only=True, eq=False)
class ReducedFloor:
    """A floor after folding: ``sum(weights[rows] * z[rows]) + column_gain @ x >= minimum``.

    Parameters
    ----------
    name
        As in the program.
    rows
        (n,) reduced rows in the floor, increasing.
    column_gain
        (columns,) weight of the floor's folded rows that choosing a column covers.
    minimum
        As in the program.
    """

    name: str
    rows: IntArray
    column_gain: IntArray
    minimum: int


@dataclass(frozen=True, kw_only=True, eq=False)
class ReducedProgram:
    """An equivalent, smaller program: its feasible columns and their values are those of `program`.

    Parameters
    ----------
    program
        The program it stands for.
    classes
        The row classes before folding, as certificates number them.
    covers
        (rows, sites) CSR bool of the rows that were not folded.
    weights
        (rows,) int64 > 0.
    row_class
        (rows,) the class of each row.
    folded_class
        Classes that became column values.
    column_site, required, excluded
        (columns,) as in the program.
    exclusive
        (sites,) whether at most one column of the site can be chosen, and at least one exists.
    column_values
        (columns,) the program's values plus the weight of folded classes at the column's site.
    linear
        The program's linear rows with repeated columns added up, ``<=`` rows divided by their greatest common divisor.
    floors
        The program's floors over the reduced rows.
    """

    program: CoverageProgram
    classes: Classes
    covers: sparse.csr_array
    weights: IntArray
    row_class: IntArray
    folded_class: IntArray
    column_site: IntArray
    column_values: IntArray
    linear: tuple[LinearRow, ...]
    floors: tuple[ReducedFloor, ...]
    required: BoolArray
    excluded: BoolArray
    exclusive: BoolArray

    @property
    def gains(self) -> IntArray:
        """(rows,) the weight of each as the objective counts it: 0 where it counts in floors alone."""
        return np.where(self.classes.counts[self.row_class], self.weights, 0)

    @property
    def once(self) -> BoolArray:
        """(rows,) whether each counts once, whatever the layers."""
        return self.classes.once[self.row_class]

    @property
    def layers(self) -> IntArray:
        """(rows, layers) what the first, the second, ... column that provides counts, in ``2**-20`` of the weight."""
        return layer_table(self.program.layers, self.program.once_worth)[self.once.astype(np.int64)]

    @property
    def value_unit(self) -> int:
        """What every plan's value is a whole multiple of: where no row counts in it, what divides all of columns."""
        return (int(np.gcd.reduce(self.program.column_values)) or 1) if self.is_of_columns else 1

    @property
    def is_of_columns(self) -> bool:
        """Whether there are rows that count in floors alone, and no others: columns alone make the value of a plan."""
        return bool(self.program.floor_only.size) and not self.classes.counts.any()

    @property
    def n_rows(self) -> int:
        """Rows left."""
        return int(self.weights.size)

    @property
    def n_sites(self) -> int:
        """Sites, the same as in the program."""
        return int(self.program.n_sites)

    @property
    def n_columns(self) -> int:
        """Columns, the same as in the program."""
        return int(self.column_site.size)


def normalised_rows(rows: tuple[LinearRow, ...]) -> tuple[LinearRow, ...]:
    """Return all rows as :func:`normalised_row` does; those that are so already are told apart all at once."""
    sizes = np.array([row.columns.size for row in rows], dtype=np.int64)
    if not sizes.size or not sizes.min():
        return tuple(normalised_row(row) for row in rows)
    starts = np.cumsum(sizes) - sizes
    columns, coefficients = (
        np.concatenate([getattr(row, name) for row in rows]) for name in ("columns", "coefficients")
    )
    rising = np.append(True, columns[1:] > columns[:-1])
    rising[starts] = True
    equality = np.array([row.equality for row in rows], dtype=bool)
    done = np.logical_and.reduceat(rising, starts) & (equality | (np.gcd.reduceat(coefficients, starts) == 1))
    return tuple(row if is_done else normalised_row(row) for row, is_done in zip(rows, done.tolist(), strict=True))


def normalised_row(row: LinearRow) -> LinearRow:
    """Return the row with repeated columns added up and, where it is ``<=``, divided by its common divisor.

    Examples
    --------
    >>> normalised_row(LinearRow(name="b", columns=[3, 1, 3], coefficients=[4, 6, 2], limit=11)).coefficients.tolist()
    [1, 1]
    """
    columns, coefficients = _summed(row)
    divisor = 1 if row.equality else int(np.gcd.reduce(coefficients)) or 1
    if divisor == 1 and columns is row.columns:
        return row
    return replace(row, columns=columns, coefficients=coefficients // divisor, limit=row.limit // divisor)


def common_divisor(row: LinearRow) -> int:
    """Return what a row is divided by when it is normalised; 1 for equalities."""
    return 1 if row.equality else int(np.gcd.reduce(_summed(row)[1])) or 1


def _summed(row: LinearRow) -> tuple[IntArray, IntArray]:
    """Return the columns of a row, each once, and their coefficients."""
    if (row.columns[1:] > row.columns[:-1]).all():
        return row.columns, row.coefficients
    columns, at = np.unique(row.columns, return_inverse=True)
    coefficients = np.zeros(columns.size, dtype=np.int64)
    np.add.at(coefficients, at, row.coefficients)
    return columns, coefficients
