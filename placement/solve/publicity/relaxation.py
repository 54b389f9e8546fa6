r"""The relaxation of a program with levels of publicity, and the split of gains that its multipliers make.

.. math::
    \max\; \sum_r w_r z_r + \sum_k b_k x_k + \sum_{c, l} g_{cl} q_{cl}
    \quad\text{s.t. cover rows, side rows, floors,}\quad q_{cl} \le y_c \le \sum_{k \in N(c)} x_k, \quad q_{cl} \le s_l

Rows of one cover set are a class c, whatever area each lies in; :math:`g_{cl}` is what those of the area of level l
gain by it. Of levels bought as wholes none is more than the one before. The multiplier of :math:`q_{cl} \le y_c` is the
part of the gain that counts with the row: at the relaxation's own multipliers the program of the split has no higher
relaxation than this one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from placement.solve.backends.highs import ArrayModel
from placement.solve.bounds.prices import WEIGHT_BITS
from placement.solve.deadline import Deadline
from placement.solve.lp.growing import GrowingModel
from placement.solve.program.reduced import ReducedProgram
from placement.values import CoverageProgram
from placement.values.arrays import FloatArray, IntArray
from placement.values.gates import Gates
from placement.values.publicity_certificate import SHARE

_NEARLY = 1e-6
"""A level this near to being bought is."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Classes:
    """Rows that gain by publicity, grouped by cover set.

    Parameters
    ----------
    of_row
        (rows,) class of each row; -1 where it gains nothing or nothing covers it.
    covers
        (classes, sites) CSR.
    """

    of_row: IntArray
    covers: sparse.csr_array

    @classmethod
    def of(cls, program: CoverageProgram, gates: Gates) -> Classes:
        """Return the classes; rows come block by block where the program's do.

        Cover sets are told apart by sums of random 64-bit keys. Two that came to one sum would share one split, which
        is one more valid split.
        """
        keys = np.random.default_rng(0).integers(1, 2**63, max(program.n_sites, 1), dtype=np.uint64)
        gaining = (gates.area >= 0) & (gates.gains.sum(axis=1) > 0)
        hashes = np.zeros(gaining.size, dtype=np.uint64)
        seen: dict[int, sparse.csr_array] = {}
        first = 0
        for covers, weights in program.blocks():
            here = slice(first, first + weights.size)
            first += weights.size
            filled = np.flatnonzero(gaining[here] & (np.diff(covers.indptr) > 0))
            if not filled.size:
                continue
            rows = sparse.csr_array(covers[filled])
            hashes[here][filled] = np.add.reduceat(keys[rows.indices], rows.indptr[:-1])
            own, at = np.unique(hashes[here][filled], return_index=True)
            for value, row in zip(own.tolist(), at.tolist(), strict=True):
                if value not in seen:
                    seen[value] = rows[[row]]
        names = np.array(sorted(seen), dtype=np.uint64)
        of_row: IntArray = np.where(hashes > 0, np.searchsorted(names, hashes), -1)
        sets = [seen[value] for value in names.tolist()]
        empty = sparse.csr_array((0, program.n_sites), dtype=bool)
        return cls(of_row=of_row, covers=sparse.csr_array(sparse.vstack([empty, *sets], format="csr")))

    def gains(self, gates: Gates) -> sparse.csr_array:
        """Return (classes, areas x levels) what a class gains by each level."""
        rows = np.flatnonzero(self.of_row >= 0)
        levels = np.arange(gates.n_levels)
        at = (gates.area[rows][:, None] * gates.n_levels + levels[None, :]).ravel()
        owner = np.repeat(self.of_row[rows], gates.n_levels)
        shape = (self.covers.shape[0], gates.n_areas * gates.n_levels)
        found = sparse.csr_array((gates.gains[rows].ravel(), (owner, at)), shape=shape)
        found.sum_duplicates()
        found.eliminate_zeros()
        return found


@dataclass(frozen=True, kw_only=True, eq=False)
class Relaxed:
    """What the relaxation says.

    Parameters
    ----------
    state
        ``optimal``, ``infeasible``, or ``no_solution`` where the time ended.
    bound
        Its value, in the unit of weights (floating point: no proof).
    shares
        (rows, levels) split of the gains, units of ``SHARE``; halves where it has none.
    bought
        (areas, levels) how much of each level it buys.
    """

    state: str
    bound: float
    shares: IntArray
    bought: FloatArray

    def spend(self, gates: Gates) -> IntArray:
        """Return (areas,) fen a year that this is; of levels bought as wholes those that it buys all of."""
        whole = np.where(gates.whole[:, None], np.floor(self.bought + _NEARLY), self.bought)
        return np.asarray(np.floor((whole * gates.cost_fen).sum(axis=1)), dtype=np.int64)


class PublicityRelaxation:
    """The relaxation of one program with levels; HiGHS goes on from where it was last.

    Parameters
    ----------
    reduced
        The program, aggregated.
    gates
        The levels.
    """

    def __init__(self, reduced: ReducedProgram, gates: Gates) -> None:
        self._classes, self._gates = Classes.of(reduced.program, gates), gates
        self._gains = self._classes.gains(gates)
        self._layout = _Layout(reduced, self._classes, self._gains, gates)
        self._model = GrowingModel(self._layout.model(self._gains))

    def solve(self, until: Deadline, within: tuple[int, int] | None = None) -> Relaxed:
        """Return what it says of plans that spend at least and at most so much, fen a year; None: any amount."""
        layout, gains, gates = self._layout, self._gains, self._gates
        least, most = within or (0, int(gates.cost_fen.sum()))
        self._model.set_row_limits([layout.rows - 1], [float(least)], [float(most)])
        outcome = self._model.solve(time_limit_s=max(0.05, until.left_s()), interrupt=until)
        shape = (gates.n_areas, gates.n_levels)
        if outcome.state != "optimal":
            halves = np.full(gates.gains.shape, SHARE // 2, dtype=np.int64)
            return Relaxed(state=outcome.state, bound=0.0, shares=halves, bought=np.zeros(shape))
        priced = outcome.row_prices[layout.first_pair : layout.first_pair + gains.nnz] * layout.unit
        part = np.rint(np.clip(priced / gains.data, 0.0, 1.0) * SHARE).astype(np.int64)
        parts = sparse.csr_array((part, gains.indices, gains.indptr), shape=gains.shape)
        return Relaxed(
            state=outcome.state,
            bound=outcome.objective * layout.unit,
            shares=_of_rows(self._classes, gates, parts),
            bought=np.clip(outcome.values[layout.s : layout.s + gains.shape[1]], 0.0, 1.0).reshape(shape),
        )


def _of_rows(classes: Classes, gates: Gates, parts: sparse.csr_array) -> IntArray:
    """Return (rows, levels) the shares of the classes' rows; all of it counts with a row that nothing covers."""
    rows = np.flatnonzero((classes.of_row >= 0) & (gates.area >= 0))
    shares = np.full(gates.gains.shape, SHARE, dtype=np.int64)
    for level in range(gates.n_levels):
        at = gates.area[rows] * gates.n_levels + level
        shares[rows, level] = np.asarray(parts[classes.of_row[rows], at]).ravel()
    return shares


class _Layout:
    """Where the variables z, x, y, q, s and the rows of the relaxation stand."""

    def __init__(self, reduced: ReducedProgram, classes: Classes, gains: sparse.csr_array, gates: Gates) -> None:
        self.reduced, self.classes, self.gates = reduced, classes, gates
        total = int(reduced.classes.total_weight) + int(gates.gains.sum())
        self.unit = float(2 ** max(0, total.bit_length() - WEIGHT_BITS))
        sizes = [reduced.n_rows, reduced.n_columns, classes.covers.shape[0], gains.nnz, gains.shape[1]]
        self.z, self.x, self.y, self.q, self.s, self.width = np.cumsum([0, *sizes]).tolist()
        side = len(reduced.program.linear) + len(reduced.floors)
        self.first_pair = reduced.n_rows + classes.covers.shape[0] + side

    def model(self, gains: sparse.csr_array) -> ArrayModel:
        """Return the model; rows: cover, classes, side, floors, pairs with y and with s, order of levels, spending."""
        reduced, one = self.reduced, 1.0 / self.unit
        objective = np.zeros(self.width)
        objective[: reduced.n_rows] = reduced.gains * one
        objective[self.x : self.y] = reduced.column_values * one
        objective[self.q : self.s] = gains.data * one
        pairs = np.arange(gains.nnz)
        owner = np.repeat(np.arange(gains.shape[0]), np.diff(gains.indptr))
        linear = reduced.program.linear
        parts = [
            self._covering(self.z, reduced.covers),
            self._covering(self.y, self.classes.covers),
            self._side(),
            self._floors(),
            self._less(pairs + self.q, owner + self.y),
            self._less(pairs + self.q, gains.indices + self.s),
            self._less(*self._followers()),
            self._spent(),
        ]
        matrix = sparse.csr_array(sparse.vstack(parts, format="csr"))
        self.rows = matrix.shape[0]
        lower, upper = np.full(matrix.shape[0], -np.inf), np.zeros(matrix.shape[0])
        at = reduced.n_rows + self.classes.covers.shape[0]
        for row in linear:
            upper[at] = float(row.limit)
            lower[at] = float(row.limit) if row.equality else -np.inf
            at += 1
        for floor in reduced.floors:
            lower[at], upper[at] = floor.minimum * one, np.inf
            at += 1
        upper[-1] = np.inf
        return ArrayModel(
            objective=objective, matrix=matrix, row_lower=lower, row_upper=upper, lower=self._lower(),
            upper=self._upper(), integer=np.zeros(self.width, dtype=bool),
        )  # fmt: skip

    def _lower(self) -> FloatArray:
        lower = np.zeros(self.width)
        lower[self.x : self.y] = self.reduced.required
        return lower

    def _upper(self) -> FloatArray:
        upper = np.ones(self.width)
        upper[self.x : self.y] = np.where(self.reduced.excluded & ~self.reduced.required, 0.0, 1.0)
        upper[self.q : self.s] = 2.0  # its own bound must take no part of a gain: those of y and s say enough
        upper[self.s :] = self.gates.cost_fen.ravel() > 0
        return upper

    def _covering(self, first: int, covers: sparse.csr_array) -> sparse.csr_array:
        """Return that a variable is at most the sum of the columns that provide within its cover set."""
        rows, placed = covers.shape[0], np.flatnonzero(self.reduced.column_site >= 0)
        at_site = sparse.csr_array(
            (np.ones(placed.size), (self.reduced.column_site[placed], placed)),
            shape=(self.reduced.n_sites, self.reduced.n_columns),
        )
        own = sparse.csr_array((np.ones(rows), (np.arange(rows), first + np.arange(rows))), shape=(rows, self.width))
        return sparse.csr_array(own - self._placed(covers.astype(np.float64) @ at_site, self.x))

    def _placed(self, block: sparse.csr_array, first: int) -> sparse.csr_array:
        wide = sparse.coo_array(block)
        return sparse.csr_array((wide.data, (wide.row, wide.col + first)), shape=(block.shape[0], self.width))

    def _side(self) -> sparse.csr_array:
        linear, worth = self.reduced.program.linear, dict(self.gates.limits)
        rows, columns, values = [], [], []
        for number, row in enumerate(linear):
            own, fen = self.x + row.columns, row.coefficients.astype(np.float64)
            if row.name in worth:
                cost = self.gates.cost_fen.ravel() * float(worth[row.name])
                own, fen = np.concatenate([own, self.s + np.arange(cost.size)]), np.concatenate([fen, cost])
            rows.append(np.full(own.size, number))
            columns.append(own)
            values.append(fen)
        none = np.zeros(0)
        at = (np.concatenate([none, *rows]).astype(np.int64), np.concatenate([none, *columns]).astype(np.int64))
        return sparse.csr_array((np.concatenate([none, *values]), at), shape=(len(linear), self.width))

    def _floors(self) -> sparse.csr_array:
        reduced = self.reduced
        table = np.zeros((len(reduced.floors), self.width))
        for number, floor in enumerate(reduced.floors):
            table[number, floor.rows] = reduced.weights[floor.rows] / self.unit
            table[number, self.x : self.y] = floor.column_gain / self.unit
        return sparse.csr_array(table)

    def _less(self, left: NDArray[np.int64], right: NDArray[np.int64]) -> sparse.csr_array:
        """Return that each variable of `left` is at most the one of `right`."""
        rows = np.arange(left.size)
        at = (np.concatenate([rows, rows]), np.concatenate([left, right]))
        return sparse.csr_array((np.repeat([1.0, -1.0], left.size), at), shape=(left.size, self.width))

    def _spent(self) -> sparse.csr_array:
        cost = self.gates.cost_fen.ravel().astype(np.float64)
        at = (np.zeros(cost.size, dtype=np.int64), self.s + np.arange(cost.size))
        return sparse.csr_array((cost, at), shape=(1, self.width))

    def _followers(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return levels bought as wholes that follow one, and those that they follow.

        Others follow by what they gain, and a multiplier of such a row would have no place in a split.
        """
        later = np.flatnonzero(((self.gates.cost_fen[:, 1:] > 0) & self.gates.whole[:, None]).ravel())
        area, level = np.divmod(later, max(self.gates.n_levels - 1, 1))
        at = self.s + area * self.gates.n_levels + level
        return at + 1, at
