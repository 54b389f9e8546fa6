"""How many columns can provide in a row at most: beyond it, further layers of the row say nothing."""

from __future__ import annotations

import numpy as np

from placement.solve.program.problem import Problem
from placement.solve.program.reduced import ReducedProgram
from placement.solve.program.restrict import Work
from placement.values.arrays import IntArray


def most_providing(problem: Problem, work: Work) -> IntArray:
    """Return (rows,) how many undecided columns that provide in a row can be chosen at most, site by site."""
    placed = np.flatnonzero(work.column_site >= 0)
    most = np.bincount(work.column_site[placed], minlength=work.fold.shape[1])
    once = problem.exclusive[problem.site[work.columns[placed]]]
    most[work.column_site[placed[once]]] = 1
    if not work.weights.size:
        return np.zeros(0, dtype=np.int64)
    return np.asarray(np.add.reduceat(most[work.sites], work.indptr[:-1]))


def most_providing_in(reduced: ReducedProgram) -> IntArray:
    """Return (rows,) how many columns that provide in a row of a reduced program can be chosen at most."""
    placed = reduced.column_site[reduced.column_site >= 0]
    most = np.where(reduced.exclusive, 1, np.bincount(placed, minlength=reduced.n_sites))
    return np.asarray(reduced.covers.astype(np.int64) @ most)
