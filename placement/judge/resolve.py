"""A bound obtained anew, and equal plans compared, by a solver run of the judge's own.

The judge's program is handed to HiGHS through :func:`scipy.optimize.milp`; nothing of the library's own modelling or
solving is used. A bound from here is floating point: it is a second opinion, not a certificate.
"""

from __future__ import annotations

import math
from copy import copy
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, sparse

from placement.judge.certificate_classes import RowClasses
from placement.values import CoverageProgram
from placement.values.arrays import BoolArray, IntArray

LIMIT_S = 600.0
"""Seconds the judge gives a run that was asked for."""
MOST_ENTRIES = 5_000_000
"""Cover entries of the largest program that is solved anew."""
FEW_ENTRIES = 20_000
"""Open cover entries up to which equal plans are compared without being asked for."""
FEW_S = 20.0
"""Seconds for each of those runs."""


@dataclass(frozen=True, kw_only=True)
class Resolved:
    """What a run says of the greatest value (or, of least amounts, of the greatest negated sum).

    Parameters
    ----------
    bound
        No plan is better; None where the run gave no bound.
    best
        Value of the plan the run found, counted here in integers; None where it found none that keeps every rule.
    """

    bound: int | None
    best: int | None


class Resolver:
    """A program with its row classes, ready to be solved.

    Parameters
    ----------
    program, classes
        The program as the judge wrote it down, and the classes of its rows.
    """

    def __init__(self, program: CoverageProgram, classes: RowClasses) -> None:
        self.program = program
        self.classes = classes
        self.values = np.concatenate([program.column_values, classes.gains])
        self.matrix, self.lower, self.upper = _rows(program, classes)
        self.least_chosen, self.most_chosen = program.required.copy(), ~program.excluded

    def narrowed(self, state: NDArray[np.int8]) -> Resolver:
        """Return the same for the plans with the columns of state 1 and without those of state 0; -1 is open."""
        narrow = copy(self)
        narrow.least_chosen = self.least_chosen | (state == 1)
        narrow.most_chosen = self.most_chosen & (state != 0)
        return narrow

    @property
    def entries(self) -> int:
        """Cover entries at sites of which a column is open."""
        column_site = self.program.column_site
        sites = np.zeros(self.program.n_sites, dtype=bool)
        sites[column_site[(column_site >= 0) & ~self.least_chosen & self.most_chosen]] = True
        return int(np.count_nonzero(sites[self.classes.sites]))

    def most(self, limit_s: float) -> Resolved:
        """Return the greatest value of a plan."""
        return self._solved(self.values, (), limit_s)

    def least(
        self, amounts: IntArray, limit_s: float, *, worth: int, within: tuple[tuple[IntArray, int], ...]
    ) -> Resolved:
        """Return the least sum of column amounts, negated, of plans worth at least `worth`.

        Parameters
        ----------
        amounts
            (columns,) integers.
        limit_s
            Seconds.
        worth
            Least value of the plans that are compared.
        within
            Other column amounts and the most that each may add up to.
        """
        nothing = np.zeros(self.classes.count, dtype=np.int64)
        more = ((-self.values, -worth), *((np.concatenate([each, nothing]), most) for each, most in within))
        return self._solved(-np.concatenate([amounts, nothing]), more, limit_s)

    def _solved(self, values: IntArray, more: tuple[tuple[IntArray, int], ...], limit_s: float) -> Resolved:
        matrix = sparse.vstack([self.matrix, *(sparse.csr_array(row[None, :].astype(float)) for row, _ in more)])
        lower = np.concatenate([self.lower, np.full(len(more), -np.inf)])
        upper = np.concatenate([self.upper, [float(most) for _, most in more]])
        n_columns, n_classes = self.program.n_columns, self.classes.count
        free = np.zeros(n_classes)
        run = optimize.milp(
            -values.astype(float),
            integrality=np.concatenate([np.ones(n_columns), free]),
            bounds=optimize.Bounds(
                np.concatenate([self.least_chosen.astype(float), free]),
                np.concatenate([self.most_chosen.astype(float), free + 1]),
            ),
            constraints=optimize.LinearConstraint(sparse.csc_array(matrix), lower, upper),
            options={"time_limit": limit_s, "mip_rel_gap": 0.0},
        )
        dual = getattr(run, "mip_dual_bound", None)
        bound = math.nan if dual is None else -float(dual)
        return Resolved(
            # A bound within the solver's tolerance above a whole number means that number.
            bound=math.floor(bound + 1e-6 + 1e-9 * abs(bound)) if math.isfinite(bound) else None,
            best=None if run.x is None else self._counted(run.x[:n_columns] > 0.5, values, more),
        )

    def _counted(self, chosen: BoolArray, values: IntArray, more: tuple[tuple[IntArray, int], ...]) -> int | None:
        """Return the value of a plan in integers, or None where it breaks a rule."""
        stands = np.zeros(self.program.n_sites, dtype=bool)
        sites = self.program.column_site[chosen]
        stands[sites[sites >= 0]] = True
        covered = np.zeros(self.classes.count, dtype=bool)
        if self.classes.count:
            covered = np.logical_or.reduceat(stands[self.classes.sites], self.classes.indptr[:-1])
        whole = np.concatenate([chosen, covered]).astype(np.int64)
        amounts = self.matrix @ whole
        kept = (amounts <= self.upper).all() and (amounts >= self.lower).all()
        kept = kept and not (self.least_chosen & ~chosen).any() and not (~self.most_chosen & chosen).any()
        if not kept or any(int(row @ whole) > most for row, most in more):
            return None
        return int(values @ whole)


def _rows(program: CoverageProgram, classes: RowClasses) -> tuple[sparse.csr_array, NDArray[np.float64], IntArray]:
    """Return the rows of the program over its columns and classes, with their limits."""
    n_columns, n_classes = program.n_columns, classes.count
    at_site = np.flatnonzero(program.column_site >= 0)
    ones = np.ones(at_site.size, dtype=np.int64)
    site_columns = sparse.csr_array((ones, (program.column_site[at_site], at_site)), shape=(program.n_sites, n_columns))
    entries = np.ones(classes.sites.size, dtype=np.int64)
    sites = sparse.csr_array((entries, classes.sites, classes.indptr), shape=(n_classes, program.n_sites))
    parts = [sparse.hstack([-(sites @ site_columns), sparse.eye_array(n_classes, dtype=np.int64)])]
    lower, upper = [-np.inf] * n_classes, [0] * n_classes
    for row in program.linear:
        table = np.zeros((1, n_columns + n_classes), dtype=np.int64)
        np.add.at(table[0], row.columns, row.coefficients)
        parts.append(sparse.csr_array(table))
        lower.append(row.limit if row.equality else -np.inf)
        upper.append(row.limit)
    owner = np.repeat(np.arange(n_classes), np.diff(classes.floor_indptr))
    for number, floor in enumerate(program.floors):
        members = owner[classes.floor_index == number]
        table = np.zeros((1, n_columns + n_classes), dtype=np.int64)
        table[0, n_columns + members] = -classes.weights[members]
        parts.append(sparse.csr_array(table))
        lower.append(-np.inf)
        upper.append(-floor.minimum)
    return sparse.csr_array(sparse.vstack(parts)), np.array(lower, dtype=float), np.array(upper, dtype=np.int64)
