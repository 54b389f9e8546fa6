r"""The linear relaxation with odd-set cuts in HiGHS, and integer prices of the whole program from its duals.

.. math::

    \max \sum_r w_r z_r + \sum_k v_k x_k \quad\text{s.t.}\quad z_r \le \sum_{k: j(k) \in N(r)} x_k,\;
    \text{side rows, floors, odd-set cuts},\; 0 \le z, x \le 1

over a restricted program. Only a *core* of the columns is in the model; the others are priced out by the integer
reduced values, which the bound needs anyway, and join where these are positive. Only duals are used: a bound is
recomputed in integers over all classes and columns, so that nothing HiGHS says is believed.

A merged row stands for several classes, and so does a cut through it. Its price is split over the classes: each takes
no more of the cuts than its own weight is worth, so that nothing of the bound is lost.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from placement.solve.deadline import Deadline
from placement.solve.highs import ArrayModel, LinearModel, LpOutcome
from placement.solve.odd_sets import CutPool, odd_set_coefficients
from placement.solve.prices import Prices, spread_theta, to_prices
from placement.solve.problem import ONE, ZERO, Problem
from placement.solve.restrict import Work
from placement.values.certificate import SCALE
from placement.values.program import IntArray

_SLACK = 0.05
"""A cut this far from binding is dropped when cuts are weeded."""
_LEAST_S = 0.1


class GrowingModel(LinearModel):
    """A linear model to which columns can be added and from which rows can be taken."""

    def add_columns(self, objective: NDArray[Any], matrix: sparse.csc_array) -> None:
        """Append columns between 0 and 1; `matrix` is (rows, new columns)."""
        columns = sparse.csc_array(matrix)
        count = columns.shape[1]
        self._highs.addCols(
            count,
            objective.astype(np.float64),
            np.zeros(count),
            np.ones(count),
            columns.nnz,
            columns.indptr[:-1].astype(np.int32),
            columns.indices.astype(np.int32),
            columns.data.astype(np.float64),
        )

    def remove_rows(self, rows: NDArray[Any]) -> None:
        """Take rows out; the others move up."""
        self._highs.deleteRows(rows.size, rows.astype(np.int32))

    def row_values(self) -> NDArray[Any]:
        """Return the activity of every row at the last solution."""
        return np.array(self._highs.getSolution().row_value, dtype=np.float64)


class CutRelaxation:
    """The relaxation of a restricted program, with the cuts found so far.

    Parameters
    ----------
    problem, work
        The program and what is left of it.
    pool
        Where odd sets of classes get their numbers.
    core
        Positions in ``work.columns`` of the columns the model begins with.

    Attributes
    ----------
    core
        Positions of the columns in the model, in its order.
    """

    def __init__(self, problem: Problem, work: Work, pool: CutPool, core: IntArray) -> None:
        self._problem, self.work, self._pool = problem, work, pool
        self._sets: list[tuple[int, ...]] = []
        self._known: set[tuple[int, ...]] = set()
        self._members, self._member_start = _members(work)
        self._incidence = _incidence(work)
        self._values = work.values + np.append(work.fold.sum(axis=0), 0.0)[work.column_site]
        self.core = core
        self._position = np.full(work.columns.size, -1, dtype=np.int64)
        self._position[core] = np.arange(core.size)
        self._model = GrowingModel(self._arrays(core))
        self._base_rows = work.weights.size + work.side_rows.size + work.minimum.size

    @property
    def cut_count(self) -> int:
        """Cuts in the model."""
        return len(self._sets)

    def solve(self, status: NDArray[np.int8], deadline: Deadline) -> LpOutcome:
        """Solve with columns decided as in `status`."""
        decided = status[self.work.columns[self.core]]
        lower, upper = (decided == ONE).astype(float), (decided != ZERO).astype(float)
        self._model.set_bounds(self.work.weights.size + np.arange(self.core.size), lower, upper)
        return self._model.solve(time_limit_s=max(_LEAST_S, deadline.left_s()), interrupt=deadline.interrupt)

    def point(self, outcome: LpOutcome) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
        """Return (x over the columns of the work, y over its sites, z over its rows)."""
        work = self.work
        x = np.zeros(work.columns.size)
        x[self.core] = np.clip(outcome.values[work.weights.size :], 0.0, 1.0)
        placed = work.column_site >= 0
        y = np.bincount(work.column_site[placed], weights=x[placed], minlength=work.fold.shape[1])
        return x, y, outcome.values[: work.weights.size]

    def prices(self, outcome: LpOutcome) -> Prices:
        """Return integer prices of the whole program from the duals of an optimal outcome."""
        work, problem = self.work, self._problem
        n_rows, n_side = work.weights.size, work.side_rows.size
        duals = outcome.row_prices
        row_prices = np.maximum(duals[:n_rows], 0.0)
        theta = duals[n_rows : n_rows + n_side]
        phi = np.maximum(-duals[n_rows + n_side : self._base_rows], 0.0)
        base = to_prices(problem, work, np.zeros(n_rows), theta, phi)
        floors = problem.floors
        factor = np.full(floors.indptr.size - 1, SCALE, dtype=np.int64)
        np.add.at(factor, np.repeat(np.arange(factor.size), np.diff(floors.indptr)), base.phi[floors.floor_index])
        full = problem.covers.weights * factor[floors.label]
        rows = base.rows.copy()
        cuts = self._split(np.rint(np.maximum(duals[self._base_rows :], 0.0) * SCALE).astype(np.int64), full)
        used = np.zeros(full.size, dtype=np.int64)
        for number, price in cuts.items():
            used[list(self._pool.classes_of(number))] += price
        self._share_rows(rows, np.rint(row_prices * SCALE).astype(np.int64), np.maximum(full - used, 0))
        cut_prices = np.zeros(self._pool.count, dtype=np.int64)
        cut_prices[list(cuts.keys())] = list(cuts.values())
        return Prices(objective=1, rows=rows, cuts=cut_prices, theta=spread_theta(problem, work, theta), phi=base.phi)

    def add_cuts(self, sets: list[tuple[int, ...]]) -> int:
        """Add odd sets of rows to the model; return how many were new."""
        new = [rows for rows in sets if rows not in self._known]
        if new:
            matrix = sparse.hstack([self._cut_rows_part(new), self._cut_columns_part(new, self.core)], format="csr")
            limits = np.array([(len(rows) - 1) / 2 for rows in new])
            self._model.add_rows(matrix, np.full(len(new), -np.inf), limits)
            self._sets += new
            self._known.update(new)
        return len(new)

    def weed(self) -> None:
        """Take cuts that are far from binding out of the model."""
        activity = self._model.row_values()[self._base_rows :]
        limits = np.array([(len(rows) - 1) / 2 for rows in self._sets])
        loose = activity < limits - _SLACK
        if loose.any():
            self._model.remove_rows(self._base_rows + np.flatnonzero(loose))
            self._known.difference_update(rows for rows, gone in zip(self._sets, loose, strict=True) if gone)
            self._sets = [rows for rows, gone in zip(self._sets, loose, strict=True) if not gone]

    def add_columns(self, rho: IntArray, status: NDArray[np.int8], most: int) -> int:
        """Let columns of positive reduced value join the model; return how many did."""
        columns = self.work.columns
        outside = (self._position < 0) & (rho[columns] > 0) & (status[columns] != ZERO)
        new = np.flatnonzero(outside)
        new = new[np.argsort(-rho[columns[new]], kind="stable")][:most]
        if new.size:
            self._position[new] = self.core.size + np.arange(new.size)
            self.core = np.concatenate([self.core, new])
            self._model.add_columns(self._values[new], self._columns_of(new))
        return int(new.size)

    def integer_model(self, status: NDArray[np.int8]) -> ArrayModel:
        """Return the mixed-integer program, cuts included: rows first, then the columns of `core` as whole numbers."""
        return self._arrays(self.core, status)

    def _arrays(self, core: IntArray, status: NDArray[np.int8] | None = None) -> ArrayModel:
        work = self.work
        n_rows, size = work.weights.size, work.weights.size + core.size
        decided = np.zeros(core.size, dtype=np.int8) if status is None else status[work.columns[core]]
        rows = [sparse.eye_array(n_rows), sparse.csr_array((work.side_rows.size, n_rows)), self._floor_rows()]
        if self._sets:
            rows.append(self._cut_rows_part(self._sets))
        limits = np.array([(len(each) - 1) / 2 for each in self._sets])
        return ArrayModel(
            objective=np.concatenate([work.weights, self._values[core]]),
            matrix=sparse.hstack([sparse.vstack(rows), self._columns_of(core)], format="csr"),
            row_lower=np.concatenate(
                [np.full(n_rows, -np.inf), work.low, self._floor_limits(), np.full(limits.size, -np.inf)]
            ),
            row_upper=np.concatenate([np.zeros(n_rows), work.high, np.full(work.minimum.size, np.inf), limits]),
            lower=np.concatenate([np.zeros(n_rows), decided == ONE]),
            upper=np.concatenate([np.ones(n_rows), decided != ZERO]),
            integer=(np.arange(size) >= n_rows) & (status is not None),
        )

    def _columns_of(self, positions: IntArray) -> sparse.csc_array:
        """Return the coefficients of columns in cover rows, side rows, floors and cuts."""
        work = self.work
        covers = -self._incidence[:, positions]
        side = sparse.csr_array(
            (work.side_coefficients, work.side_columns, work.side_indptr),
            shape=(work.side_rows.size, work.columns.size),
        )
        floors = sparse.csr_array(self._floor_gains()[:, positions])
        parts = [covers, sparse.csc_array(side)[:, positions], floors]
        if self._sets:
            parts.append(self._cut_columns_part(self._sets, positions))
        return sparse.csc_array(sparse.vstack(parts, format="csc"))

    def _cut_rows_part(self, sets: list[tuple[int, ...]]) -> sparse.csr_array:
        """Return which rows stand in which odd sets, (sets, rows)."""
        indptr = np.cumsum([0, *(len(rows) for rows in sets)])
        rows = np.array([row for each in sets for row in each], dtype=np.int64)
        return sparse.csr_array((np.ones(rows.size), rows, indptr), shape=(len(sets), self.work.weights.size))

    def _cut_columns_part(self, sets: list[tuple[int, ...]], positions: IntArray) -> sparse.csr_array:
        """Return the coefficients of columns in odd-set cuts, (sets, positions)."""
        parts = [odd_set_coefficients(self.work.indptr, self.work.sites, rows) for rows in sets]
        nothing = np.empty(0)
        indptr = np.cumsum([0, *(sites.size for sites, _ in parts)])
        sites = np.concatenate([nothing, *(sites for sites, _ in parts)]).astype(np.int64)
        sizes = np.concatenate([nothing, *(-sizes for _, sizes in parts)])
        n_sites = self.work.fold.shape[1]
        by_site = sparse.csc_array(sparse.csr_array((sizes, sites, indptr), shape=(len(sets), n_sites + 1)))
        at = self.work.column_site[positions]
        return sparse.csr_array(by_site[:, np.where(at >= 0, at, n_sites)])

    def _floor_rows(self) -> sparse.csr_array:
        """Return the weights of rows in floors, (floors, rows)."""
        work = self.work
        in_floor = _label_membership(work)
        return sparse.csr_array(in_floor[:, work.label] * work.weights[None, :])

    def _floor_gains(self) -> NDArray[Any]:
        """Return the folded weights of columns in floors, (floors, columns)."""
        gains = _label_membership(self.work) @ self.work.fold
        return np.hstack([gains, np.zeros((gains.shape[0], 1))])[:, self.work.column_site]

    def _floor_limits(self) -> NDArray[Any]:
        return np.asarray(self.work.minimum - _label_membership(self.work) @ self.work.covered)

    def _split(self, prices: IntArray, full: IntArray) -> dict[int, int]:
        """Return the price of each odd set of classes from the prices of odd sets of merged rows."""
        left = full.copy()
        at = self._member_start[:-1].copy()
        last = self._member_start[1:] - 1
        split: dict[int, int] = {}
        for rows, price in zip(self._sets, prices.tolist(), strict=True):
            rest = price
            while rest > 0:
                piece, classes = rest, []
                for row in rows:
                    while at[row] < last[row] and left[self._members[at[row]]] <= 0:
                        at[row] += 1
                    classes.append(int(self._members[at[row]]))
                    if at[row] < last[row]:
                        piece = min(piece, int(left[classes[-1]]))
                left[classes] -= piece
                rest -= piece
                number = self._pool.number(tuple(sorted(classes)))
                split[number] = split.get(number, 0) + piece
        return split

    def _share_rows(self, rows: IntArray, prices: IntArray, room: IntArray) -> None:
        """Share the prices of merged rows among their classes, none beyond its room."""
        start = self._member_start
        rooms = room[self._members]
        before = np.concatenate([[0], np.cumsum(rooms)])
        taken = before[:-1] - np.repeat(before[start[:-1]], np.diff(start))
        rows[self._members] = np.clip(np.repeat(prices, np.diff(start)) - taken, 0, rooms)


def _label_membership(work: Work) -> NDArray[Any]:
    """Return which labels stand in which floors, (floors, labels) of 0.0 and 1.0."""
    membership = np.zeros((work.minimum.size, work.label_indptr.size - 1))
    labels = np.repeat(np.arange(work.label_indptr.size - 1), np.diff(work.label_indptr))
    membership[work.label_floors, labels] = 1.0
    return membership


def _members(work: Work) -> tuple[IntArray, IntArray]:
    """Return (classes of the rows, where each row's begin)."""
    classes = np.flatnonzero(work.row_of_class >= 0)
    rows = work.row_of_class[classes]
    order = np.argsort(rows, kind="stable")
    counts = np.bincount(rows, minlength=work.weights.size)
    return classes[order], np.concatenate([[0], np.cumsum(counts)])


def _incidence(work: Work) -> sparse.csc_array:
    """Return the rows each column covers, (rows, columns)."""
    n_sites = work.fold.shape[1]
    by_site = sparse.csc_array(
        sparse.csr_array((np.ones(work.sites.size), work.sites, work.indptr), shape=(work.weights.size, n_sites + 1))
    )
    return sparse.csc_array(by_site[:, np.where(work.column_site >= 0, work.column_site, n_sites)])
