"""A linear program in HiGHS whose rows and columns come and go, and that can be tried out without being changed."""

from __future__ import annotations

from typing import Any

import highspy
import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from placement.solve.backends.highs import LinearModel, run

NO_LIMIT_ON_ITERATIONS = 2**31 - 1


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

    def set_row_limits(self, rows: Any, lower: Any, upper: Any) -> None:
        """Replace the limits of some rows."""
        for row, low, high in zip(rows, lower, upper, strict=True):
            self._highs.changeRowBounds(int(row), float(low), float(high))

    def without_presolve(self) -> None:
        """Let all runs be those of the simplex method alone, which leave a ray where nothing is feasible."""
        self._highs.setOptionValue("presolve", "off")
        self._highs.setOptionValue("solver", "simplex")

    def set_objective(self, objective: NDArray[Any]) -> None:
        """Replace the objective."""
        columns = np.arange(objective.size, dtype=np.int32)
        self._highs.changeColsCost(columns.size, columns, objective.astype(np.float64))

    def row_count(self) -> int:
        """Return the number of rows."""
        return int(self._highs.getNumRow())

    def row_values(self) -> NDArray[Any]:
        """Return the activity of every row at the last solution."""
        return np.array(self._highs.getSolution().row_value, dtype=np.float64)

    def infeasibility_ray(self) -> NDArray[Any] | None:
        """Return row multipliers that show that the last run was infeasible (sign unknown), if HiGHS has any.

        Presolve tells infeasible programs without any: they are then solved again without it.
        """
        _, has_ray, values = self._highs.getDualRay()
        if not has_ray:
            self.without_presolve()
            self._highs.clearSolver()
            try:
                run(self._highs)
            finally:
                self._highs.setOptionValue("presolve", "choose")
                self._highs.setOptionValue("solver", "choose")
            _, has_ray, values = self._highs.getDualRay()
        return np.array(values, dtype=np.float64) if has_ray else None

    def basis(self) -> Any:
        """Return the last basis."""
        return self._highs.getBasis()

    def probe(self, basis: Any, iterations: int) -> float:
        """Return the bound that some steps of the dual simplex method from `basis` give; -inf if infeasible."""
        highs = self._highs
        highs.setBasis(basis)
        highs.setOptionValue("simplex_iteration_limit", int(iterations))
        try:
            run(highs)
        finally:
            highs.setOptionValue("simplex_iteration_limit", NO_LIMIT_ON_ITERATIONS)
        statuses = highspy.HighsModelStatus
        if highs.getModelStatus() in {statuses.kInfeasible, statuses.kUnboundedOrInfeasible}:
            return -np.inf
        return float(highs.getInfo().objective_function_value)

    def iterations(self) -> int:
        """Return the simplex steps of the last run."""
        return max(0, int(self._highs.getInfo().simplex_iteration_count))

    def restore(self, basis: Any) -> None:
        """Go back to a basis."""
        self._highs.setBasis(basis)
