"""Plans: their exact value, whether they are feasible, and how to find one near a point of the relaxation."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from placement.solve.problem import NO_LIMIT, ONE, Problem
from placement.solve.restrict import Work
from placement.solve.search import build_field, greedy_plan, rounded
from placement.values.program import BoolArray

_PASSES = 20


@njit(nogil=True, cache=True)
def _covered_by_label(covers: Any, labels: Any, n_labels: Any, opened: Any) -> Any:
    covered = np.zeros(n_labels, np.int64)
    for row in range(covers.weights.size):
        for entry in range(covers.indptr[row], covers.indptr[row + 1]):
            if opened[covers.sites[entry]]:
                covered[labels[row]] += covers.weights[row]
                break
    return covered


def plan_value(problem: Problem, chosen: BoolArray) -> int | None:
    """Return the exact value of a plan, or None if it is not feasible."""
    if (problem.status[chosen] == 2).any() or (problem.status[~chosen] == ONE).any():
        return None
    x = chosen.astype(np.int64)
    used = np.zeros(problem.low.size, dtype=np.int64)
    rows = np.repeat(np.arange(used.size), np.diff(problem.side.indptr))
    np.add.at(used, rows, problem.side.coefficients * x[problem.side.columns])
    if (used > problem.high).any() or (used < problem.low).any():
        return None
    opened = np.zeros(problem.exclusive.size, dtype=bool)
    sites = problem.site[chosen]
    opened[sites[sites >= 0]] = True
    floors = problem.floors
    covered = _covered_by_label(problem.covers, floors.label, floors.indptr.size - 1, opened)
    if floors.minimum.size:
        label_of = np.repeat(np.arange(covered.size), np.diff(floors.indptr))
        reached = np.zeros(floors.minimum.size, dtype=np.int64)
        np.add.at(reached, floors.floor_index, covered[label_of])
        if (reached < floors.minimum).any():
            return None
    return int(covered.sum() + problem.values[chosen].sum())


class Finder:
    """Finds plans near points of the relaxation.

    Parameters
    ----------
    problem
        The program.

    Attributes
    ----------
    packing
        Whether all side rows are ``<=`` with coefficients >= 0, so that columns may be dropped and exchanged freely.
    column_weight
        (columns,) weight within reach of each column's site, at least 1.
    """

    def __init__(self, problem: Problem) -> None:
        self._problem = problem
        linear_entries = problem.side.indptr[problem.n_linear]
        signs = problem.side.coefficients[:linear_entries]
        self.packing = bool((signs >= 0).all() and (problem.low[: problem.n_linear] <= -NO_LIMIT).all())
        covers = problem.covers
        site_of_entry = np.repeat(np.arange(covers.site_indptr.size - 1), np.diff(covers.site_indptr))
        reach = np.bincount(site_of_entry, weights=covers.weights[covers.site_rows], minlength=problem.exclusive.size)
        self.column_weight = 1.0 + np.append(reach, 0.0)[problem.site] + np.abs(problem.values)

    def from_point(self, work: Work, status: NDArray[np.int8], x: NDArray[Any]) -> tuple[BoolArray, int] | None:
        """Return (plan, value) found from a point `x` over the undecided columns of `work`, or None."""
        chosen = np.asarray(status == ONE)
        if self.packing and work.columns.size and not (work.low > -np.inf).any():
            field = build_field(work)
            plan, _ = greedy_plan(field, rounded(field, x), _PASSES, 1)
            chosen[work.columns[plan]] = True
        else:
            chosen[work.columns] = x > 0.5
        value = plan_value(self._problem, chosen)
        return None if value is None else (chosen, value)
