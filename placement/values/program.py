r"""The budgeted maximal covering program, as solver and checker both read it.

.. math::

    \max\; & \sum_r w_r z_r + \sum_k b_k x_k \\
    \text{s.t. } & z_r \le \sum_{k:\, \mathrm{site}(k) \in N(r)} x_k,\quad 0 \le z_r \le 1 \\
    & A x \le g \;(\text{or} = g) \\
    & \sum_{r \in d} w_r z_r \ge f_d \quad\text{for each floor } d \\
    & x_k = 1 \text{ (required)},\; x_k = 0 \text{ (excluded)},\; x \text{ binary}

Rows ``r`` are demand points in one segment (and decay step), columns ``k`` are decisions: keep the station of a site,
open one there, move a machine in. Everything is an integer: weights in thousandths of a visit a month, money in fen.

Rows may count in *layers*, less for each further column that provides (:mod:`placement.values.layers`); the plan's
value is then rounded down. Floors ask for plain coverage whatever the layers.

Rows may count in floors alone (`floor_only`): floors may so weigh by another measure than the objective (people, where
it counts visits), and the objective may be money alone, of plans that reach a target.

Rows may count once (`once`): one column that provides counts `once_worth` of their weight, further ones nothing,
whatever the layers. Where several columns provide at one place, such as machines of one station, a row over places that
counts once beside a row over columns that counts in layers says the same in whole numbers as one row in layers, and
says it far more tightly in fractions.

Sources: Church & ReVelle (1974), The maximal covering location problem, Papers of the Regional Science Association
32, 101-118; the side rows are those of design section 7.
"""

from __future__ import annotations

import operator
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import ArrayLike
from scipy import sparse

from placement.errors import InputError
from placement.values.arrays import BoolArray, IntArray, frozen_array, frozen_csr
from placement.values.blocks import CoverBlocks, WeightedBlocks
from placement.values.immutable import immutable
from placement.values.layers import FULL, PLAIN, checked_layers, is_plain
from placement.values.program_bytes import program_fingerprint
from placement.values.rows import LIMIT, RowKind
from placement.values.shown import Shown, brief, listed_briefly

WEIGHT_LIMIT = 2**42
"""Total weight must stay below this, so that bounds scaled by 2**20 fit into 64-bit integers."""


def _whole(what: str, value: object, name: str) -> int:
    """Return a number of any integer type as a Python int, which does not wrap around in products."""
    try:
        return operator.index(value)  # type: ignore[arg-type]
    except TypeError as error:
        raise InputError.single("program", f"{what} is {value!r}", row=name, remedy="give a whole number") from error


@immutable
@dataclass(frozen=True, kw_only=True, eq=False)
class Floor:
    """At least `minimum` weight must be covered among `rows` (a district, the elderly).

    Parameters
    ----------
    name
        What the planner called it; used in messages.
    rows
        (n,) indices of the program's rows, increasing.
    minimum
        Weight that must be covered among them, in the unit of the weights.

    Raises
    ------
    InputError
        If the rows do not increase or the minimum is no whole number.
    """

    name: str
    rows: IntArray
    minimum: int

    def __post_init__(self) -> None:
        object.__setattr__(self, "rows", frozen_array(self.rows, np.int64))
        object.__setattr__(self, "minimum", _whole("minimum", self.minimum, self.name))
        if (np.diff(self.rows) <= 0).any():
            raise InputError.single("floors", "rows do not increase", row=self.name, remedy="sort them, each once")

    def _shown(self) -> Shown:
        return f"Floor {self.name}: at least {self.minimum:,} of {self.rows.size:,} rows", ()


@immutable
@dataclass(frozen=True, kw_only=True, eq=False)
class LinearRow:
    """One linear constraint over decision columns: ``sum(coefficients * x[columns]) <= limit`` (or ``=``).

    Parameters
    ----------
    name
        What the planner called it; used in messages.
    columns, coefficients
        (n,) columns and what choosing each adds.
    limit
        What they may add up to, in the unit of the kind.
    equality
        True: they must add up to `limit`.
    kind
        What the row is; part of no fingerprint.
    base
        What the planner's own limit counts besides the columns, such as closing every station: it is ``limit + base``.
    """

    name: str
    columns: IntArray
    coefficients: IntArray
    limit: int
    equality: bool = False
    kind: RowKind = LIMIT
    base: int = 0

    def __post_init__(self) -> None:
        object.__setattr__(self, "columns", frozen_array(self.columns, np.int64))
        object.__setattr__(self, "coefficients", frozen_array(self.coefficients, np.int64))
        object.__setattr__(self, "limit", _whole("limit", self.limit, self.name))
        object.__setattr__(self, "base", _whole("base", self.base, self.name))

    def _shown(self) -> Shown:
        sign = "=" if self.equality else "<="
        return f"LinearRow {self.name}: {self.columns.size:,} columns {sign} {self.limit:,}", ()


@immutable
@dataclass(frozen=True, kw_only=True, eq=False)
class CoverageProgram:
    """A maximal covering program with side rows, in integers.

    Parameters
    ----------
    covers
        (rows, sites) CSR whose stored entries mean *covered*, or a re-iterable of (CSR block, weights) pairs.
    weights
        (rows,) int64 >= 0, or None where `covers` comes in blocks.
    n_sites
        Number of sites (columns of `covers`).
    column_site
        (columns,) the site at which column k provides coverage, or -1 where it provides none.
    column_values
        (columns,) value b_k of choosing column k, besides coverage.
    linear
        Linear rows over columns.
    floors
        Coverage floors over rows.
    required, excluded
        (columns,) columns that must, or must not, be chosen.
    column_names
        Names for messages; may be empty.
    layers
        (layers,) what the first, the second, ... chosen column that provides in a row counts, in ``2**-20`` of its
        weight; by default coverage is plain.
    floor_only
        (n,) indices of the rows whose weight counts in floors alone, not in the objective, increasing.
    once
        (n,) indices of the rows that count once, increasing; none of them counts in floors alone.
    once_worth
        What one column that provides counts there, in ``2**-20`` of the weight.

    Raises
    ------
    InputError
        If shapes disagree, a weight is negative, the total weight reaches 2**42, or layers rise.
    """

    covers: sparse.csr_array | CoverBlocks
    weights: IntArray | None
    n_sites: int
    column_site: IntArray
    column_values: IntArray
    linear: tuple[LinearRow, ...] = ()
    floors: tuple[Floor, ...] = ()
    required: BoolArray
    excluded: BoolArray
    column_names: tuple[str, ...] = field(default=())
    layers: IntArray = field(default_factory=lambda: PLAIN)
    floor_only: IntArray = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    once: IntArray = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    once_worth: int = 0

    def __post_init__(self) -> None:
        object.__setattr__(self, "layers", checked_layers(self.layers))
        for name, dtype in (
            ("floor_only", np.int64),
            ("once", np.int64),
            ("column_site", np.int64),
            ("column_values", np.int64),
            ("required", np.bool_),
            ("excluded", np.bool_),
        ):
            object.__setattr__(self, name, frozen_array(getattr(self, name), dtype))
        if self.weights is not None:
            object.__setattr__(self, "covers", _pattern(self.covers))
            object.__setattr__(self, "weights", frozen_array(self.weights, np.int64))
        _check(self)

    @classmethod
    def from_covers(
        cls,
        covers: sparse.csr_array | CoverBlocks,
        weights: ArrayLike | None,
        costs: ArrayLike,
        budget: int,
        *,
        required: ArrayLike | None = None,
        excluded: ArrayLike | None = None,
    ) -> CoverageProgram:
        """Return the plain budgeted program: one column a site, one cost row.

        Parameters
        ----------
        covers, weights
            As in the class; pass ``weights=None`` with blocks.
        costs
            (sites,) int64 >= 0.
        budget
            Total cost allowed, in the unit of `costs`.
        required, excluded
            (sites,) bool.

        Examples
        --------
        >>> from scipy import sparse
        >>> program = CoverageProgram.from_covers(sparse.csr_array([[1, 0], [1, 1]]), [5, 7], [2, 1], 1)
        >>> program.n_columns, program.linear[0].limit
        (2, 1)
        """
        cost = np.asarray(costs, dtype=np.int64)
        n_sites = cost.size
        if (cost < 0).any():
            raise InputError.single("costs", "a cost is negative", remedy="costs must be 0 or more")
        none = np.zeros(n_sites, dtype=bool)
        row = LinearRow(name="budget", columns=np.arange(n_sites), coefficients=cost, limit=int(budget))
        return cls(
            covers=covers,
            weights=None if weights is None else np.asarray(weights),
            n_sites=n_sites,
            column_site=np.arange(n_sites),
            column_values=np.zeros(n_sites, dtype=np.int64),
            linear=(row,),
            required=none if required is None else np.asarray(required, dtype=bool),
            excluded=none if excluded is None else np.asarray(excluded, dtype=bool),
        )

    @property
    def n_columns(self) -> int:
        """Number of decision columns."""
        return int(self.column_site.size)

    @property
    def is_plain(self) -> bool:
        """Whether a row counts in full as soon as one chosen column provides."""
        return is_plain(self.layers) and not self.once.size

    def blocks(self) -> Iterator[tuple[sparse.csr_array, IntArray]]:
        """Yield (covers, weights) blocks in row order; one block where covers are held in memory."""
        if self.weights is None:
            yield from self.covers
        else:
            yield self.covers, self.weights

    def counting(self, first: int, weights: IntArray) -> IntArray:
        """Return the weights of the rows from `first` on as the objective counts them: 0 where floors alone do."""
        inside = self.floor_only[slice(*np.searchsorted(self.floor_only, [first, first + weights.size]))]
        if not inside.size:
            return weights
        counted = weights.copy()
        counted[inside - first] = 0
        return counted

    def counts_once(self, first: int, n_rows: int) -> BoolArray:
        """Return (rows,) which of so many rows from `first` on count once."""
        inside = self.once[slice(*np.searchsorted(self.once, [first, first + n_rows]))]
        found = np.zeros(n_rows, dtype=np.bool_)
        found[inside - first] = True
        return found

    def row_weights(self) -> IntArray:
        """Return (rows,) weights, held or in blocks."""
        if self.weights is not None:
            return self.weights
        if isinstance(self.covers, WeightedBlocks):
            return self.covers.weights
        parts = [np.asarray(weights, dtype=np.int64) for _, weights in self.blocks()]
        return np.concatenate([np.zeros(0, dtype=np.int64), *parts])

    def with_weights(self, weights: IntArray) -> CoverageProgram:
        """Return the program with other weights of its rows."""
        if self.weights is not None:
            return replace(self, weights=weights)
        blocks = self.covers
        covers = blocks.covers if isinstance(blocks, WeightedBlocks) else _CoversOnly(blocks)
        return replace(self, covers=WeightedBlocks(covers=covers, weights=weights))

    def fingerprint(self) -> str:
        """Return the SHA-256 of everything in the program, independent of how rows were cut into blocks."""
        return program_fingerprint(self)

    def _shown(self) -> Shown:
        size = "rows made block by block"
        if self.weights is not None:
            size = f"{brief(self.covers)}, total weight {self.weights.sum():,}"
        rows = [
            ("covers", size),
            ("columns", f"{self.required.sum():,} required, {self.excluded.sum():,} excluded"),
            ("linear rows", f"{len(self.linear):,}: {listed_briefly(row.name for row in self.linear)}"),
            ("floors", f"{len(self.floors):,}: {listed_briefly(floor.name for floor in self.floors)}"),
        ]
        return f"CoverageProgram: {self.n_columns:,} decisions at {self.n_sites:,} sites", rows


@dataclass(frozen=True)
class _CoversOnly:
    blocks: CoverBlocks

    def __iter__(self) -> Iterator[sparse.csr_array]:
        return (covers for covers, _ in self.blocks)


def _pattern(covers: sparse.csr_array | CoverBlocks) -> sparse.csr_array:
    """Return covers as a canonical read-only CSR of ones; index arrays that are read-only already are not copied."""
    if not sparse.issparse(covers):
        raise InputError.single("covers", "weights were given but covers is not a sparse matrix")
    matrix = sparse.csr_array(covers)
    if matrix.has_canonical_format:
        indices, indptr = frozen_array(matrix.indices), frozen_array(matrix.indptr)
        ones = np.ones(indices.size, dtype=np.bool_)
        matrix = sparse.csr_array((frozen_array(ones), indices, indptr), shape=matrix.shape, copy=False)
        matrix.has_canonical_format = True
        return matrix
    return frozen_csr(matrix)


def _check(program: CoverageProgram) -> None:
    columns = program.n_columns
    sizes = {
        "column_values": program.column_values,
        "required": program.required,
        "excluded": program.excluded,
    }
    for name, array in sizes.items():
        if array.shape != (columns,):
            raise InputError.single(name, f"has shape {array.shape}, expected ({columns},)")
    if columns and not (int(program.column_site.min()) >= -1 and int(program.column_site.max()) < program.n_sites):
        raise InputError.single("column_site", f"names a site outside 0..{program.n_sites - 1}")
    for row in program.linear:
        if row.columns.shape != row.coefficients.shape:
            raise InputError.single("linear", "columns and coefficients differ in length", row=row.name)
        if row.columns.size and not (int(row.columns.min()) >= 0 and int(row.columns.max()) < columns):
            raise InputError.single("linear", "names a column that does not exist", row=row.name)
    _check_rows(program)
    if program.weights is not None:
        _check_weights(program.covers, program.weights, program.n_sites)


def _check_rows(program: CoverageProgram) -> None:
    for name, rows in (("floor_only", program.floor_only), ("once", program.once)):
        if (np.diff(rows) <= 0).any():
            raise InputError.single(name, "rows do not increase", remedy="sort them, each once")
    if np.isin(program.once, program.floor_only).any() or not 0 <= program.once_worth <= FULL:
        problem = f"rows that count {program.once_worth} once are rows of floors alone, or that is more than {FULL}"
        raise InputError.single("once", problem, remedy="leave them out of floor_only, and give a share of it")


def _check_weights(covers: sparse.csr_array, weights: IntArray, n_sites: int) -> None:
    if covers.shape != (weights.size, n_sites):
        raise InputError.single("covers", f"has shape {covers.shape}, expected {(weights.size, n_sites)}")
    if weights.size and int(weights.min()) < 0:
        raise InputError.single("weights", f"row {int(weights.argmin())} is negative", remedy="weights must be >= 0")
    if weights.size and float(weights.sum(dtype=np.float64)) >= WEIGHT_LIMIT:
        raise InputError.single(
            "weights",
            "the total reaches 2**42",
            remedy="divide all weights, e.g. count whole visits, not thousandths",
        )
