"""Sets of plans as models: the program's own, parts of it in which rows hold, and the plans on the same sites."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from placement.solve.backends.highs import ArrayModel
from placement.solve.program.recount import exact_sum
from placement.solve.program.reduced import ReducedProgram
from placement.values.arrays import BoolArray, FloatArray, IntArray


@dataclass(frozen=True, eq=False)
class Row:
    """``coefficients @ x >= least`` over the columns, in integers."""

    coefficients: IntArray
    least: int

    def holds(self, chosen: BoolArray) -> bool:
        """Return whether a plan satisfies the row."""
        return exact_sum(self.coefficients[chosen]) >= self.least


@dataclass(frozen=True, eq=False)
class PlanSpace:
    """The plans in question: a model whose objective is the value, and where in it the columns are."""

    model: ArrayModel
    columns: IntArray

    @classmethod
    def of(cls, reduced: ReducedProgram) -> PlanSpace:
        """Return all plans of a reduced program; after its columns the model has one for each of its rows."""
        n, n_rows = reduced.n_columns, reduced.n_rows
        rows = [_cover_rows(reduced), _linear_rows(reduced), _floor_rows(reduced)]
        model = ArrayModel(
            objective=np.concatenate([reduced.column_values, reduced.gains]).astype(np.float64),
            matrix=sparse.csr_array(sparse.vstack([matrix for matrix, _, _ in rows])),
            row_lower=np.concatenate([lower for _, lower, _ in rows]),
            row_upper=np.concatenate([upper for _, _, upper in rows]),
            lower=np.concatenate([reduced.required, np.zeros(n_rows)]),
            upper=np.concatenate([~reduced.excluded, np.ones(n_rows)]),
            integer=np.arange(n + n_rows) < n,
        )
        return cls(model, np.arange(n, dtype=np.int64))

    @property
    def allowed(self) -> BoolArray:
        """(columns,) which may be chosen."""
        return np.asarray(self.model.upper[self.columns] > 0)

    def where(self, row: Row) -> PlanSpace:
        """Return the part in which a row holds."""
        line = np.zeros((1, self.model.objective.size))
        line[0, self.columns] = row.coefficients
        return self.rowed(line, np.array([row.least - 0.5]), np.array([np.inf]))

    def or_relieved(self, row: Row) -> PlanSpace:
        """Return the space with a last column that relieves a plan of the row, at half a unit of value."""
        relief = row.least - exact_sum(np.minimum(row.coefficients, 0))
        wider = self.widened(np.array([-0.5]), integer=True)
        line = np.zeros((1, wider.model.objective.size))
        line[0, self.columns] = row.coefficients
        line[0, -1] = max(relief, 0)
        return wider.rowed(line, np.array([row.least - 0.5]), np.array([np.inf]))

    def fixed(self, columns: IntArray, values: BoolArray) -> PlanSpace:
        """Return the part in which some columns have the given values."""
        lower, upper = self.model.lower.copy(), self.model.upper.copy()
        lower[self.columns[columns]] = upper[self.columns[columns]] = values
        return replace(self, model=replace(self.model, lower=lower, upper=upper))

    def counting(self, columns: IntArray, least: int, most: int) -> PlanSpace:
        """Return the part in which so many of some columns are chosen."""
        line = np.zeros((1, self.model.objective.size))
        line[0, self.columns[columns]] = 1
        return self.rowed(line, np.array([least - 0.5]), np.array([most + 0.5]))

    def doubled(self) -> PlanSpace:
        """Return the space with twice the value."""
        return replace(self, model=replace(self.model, objective=2 * self.model.objective))

    def seeking(self, objective: FloatArray) -> PlanSpace:
        """Return the space with another objective, one coefficient a column of the model."""
        return replace(self, model=replace(self.model, objective=objective))

    def rowed(self, lines: NDArray[np.float64] | sparse.csr_array, lower: FloatArray, upper: FloatArray) -> PlanSpace:
        """Return the part in which further rows over the model's columns hold."""
        model = self.model
        matrix = sparse.csr_array(sparse.vstack([model.matrix, sparse.csr_array(lines)]))
        grown = replace(
            model,
            matrix=matrix,
            row_lower=np.append(model.row_lower, lower),
            row_upper=np.append(model.row_upper, upper),
        )
        return replace(self, model=grown)

    def widened(self, objective: FloatArray, *, integer: bool = False) -> PlanSpace:
        """Return the space with further model columns in 0..1 that no row holds yet, after the others."""
        model, extra = self.model, objective.size
        blank = sparse.csr_array((model.matrix.shape[0], extra))
        grown = ArrayModel(
            objective=np.append(model.objective, objective),
            matrix=sparse.csr_array(sparse.hstack([model.matrix, blank])),
            row_lower=model.row_lower,
            row_upper=model.row_upper,
            lower=np.append(model.lower, np.zeros(extra)),
            upper=np.append(model.upper, np.ones(extra)),
            integer=np.append(model.integer, np.full(extra, integer)),
        )
        return replace(self, model=grown)

    def on_sites_of(self, chosen: BoolArray, site: IntArray, value: int) -> PlanSpace:
        """Return the plans that stand at exactly the sites of a plan in the space, without cover rows.

        What is covered, and every floor, is the same for all of them: it becomes one constant column.

        Parameters
        ----------
        chosen, value
            The plan and its value.
        site
            (columns,) the site at which each column covers, or -1.
        """
        standing = np.unique(site[chosen & (site >= 0)])
        here = self._without_covers(chosen, value)
        empty = np.flatnonzero((site >= 0) & ~np.isin(site, standing))
        here = here.fixed(empty, np.zeros(empty.size, dtype=bool))
        provides = np.flatnonzero(np.isin(site, standing) & (site >= 0))
        rows = np.searchsorted(standing, site[provides])
        alone = provides[np.bincount(rows, minlength=standing.size)[rows] == 1]
        here = here.fixed(alone, np.ones(alone.size, dtype=bool))
        shape = (standing.size, here.model.objective.size)
        lines = sparse.csr_array((np.ones(provides.size), (rows, here.columns[provides])), shape=shape)
        return here.rowed(lines, np.full(standing.size, 0.5), np.full(standing.size, np.inf))

    def _without_covers(self, chosen: BoolArray, value: int) -> PlanSpace:
        model, n = self.model, self.columns.size
        others = np.ones(model.objective.size, dtype=bool)
        others[self.columns] = False
        matrix = model.matrix.tocsc()
        own = np.asarray(abs(matrix[:, np.flatnonzero(others)]).sum(axis=1)).ravel() == 0
        gains = model.objective[self.columns]
        constant = value - float(gains[chosen].sum())
        part = matrix[:, self.columns].tocsr()[np.flatnonzero(own)]
        narrow = ArrayModel(
            objective=np.append(gains, constant),
            matrix=sparse.csr_array(sparse.hstack([part, sparse.csr_array((part.shape[0], 1))])),
            row_lower=model.row_lower[own],
            row_upper=model.row_upper[own],
            lower=np.append(model.lower[self.columns], 1.0),
            upper=np.append(model.upper[self.columns], 1.0),
            integer=np.append(model.integer[self.columns], False),
        )
        return PlanSpace(narrow, np.arange(n, dtype=np.int64))


_Rows = tuple[sparse.csr_array, FloatArray, FloatArray]
"""Rows over the model's columns with their lower and upper limits."""


def _cover_rows(reduced: ReducedProgram) -> _Rows:
    """Return, for each row, that it is covered by a chosen column at most: ``z - sum of x <= 0``."""
    n, n_rows = reduced.n_columns, reduced.n_rows
    placed = np.flatnonzero(reduced.column_site >= 0)
    at = (reduced.column_site[placed], placed)
    columns = sparse.csr_array((np.ones(placed.size), at), shape=(reduced.n_sites, n))
    matrix = sparse.hstack([-(reduced.covers.astype(np.float64) @ columns), sparse.eye_array(n_rows)])
    return sparse.csr_array(matrix), np.full(n_rows, -np.inf), np.zeros(n_rows)


def _linear_rows(reduced: ReducedProgram) -> _Rows:
    rows = reduced.linear
    none = np.zeros(0, dtype=np.int64)
    entries = np.concatenate([none, *(row.coefficients for row in rows)]).astype(np.float64)
    columns = np.concatenate([none, *(row.columns for row in rows)])
    starts = np.cumsum([0] + [row.columns.size for row in rows])
    matrix = sparse.csr_array((entries, columns, starts), shape=(len(rows), reduced.n_columns + reduced.n_rows))
    upper = np.array([row.limit for row in rows], dtype=np.float64)
    return matrix, np.where([row.equality for row in rows], upper, -np.inf), upper


def _floor_rows(reduced: ReducedProgram) -> _Rows:
    matrix = np.zeros((len(reduced.floors), reduced.n_columns + reduced.n_rows))
    for number, floor in enumerate(reduced.floors):
        matrix[number, : reduced.n_columns] = floor.column_gain
        matrix[number, reduced.n_columns + floor.rows] = reduced.weights[floor.rows]
    least = np.array([floor.minimum for floor in reduced.floors], dtype=np.float64)
    return sparse.csr_array(matrix), least, np.full(least.size, np.inf)
