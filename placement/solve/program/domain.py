"""What is decided at a node: which columns are chosen or not, and between which limits the side rows lie."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from placement.solve.program.limits import Branch, Limits
from placement.solve.program.problem import FREE, ONE, ZERO, Problem
from placement.solve.program.propagate import Decided, propagate
from placement.solve.program.restrict import Work, restrict
from placement.values.arrays import BoolArray, IntArray


@dataclass(frozen=True, kw_only=True, eq=False)
class Domain:
    """What is decided of one program; changes are new values.

    Parameters
    ----------
    status
        (columns,) int8: `FREE`, `ONE` or `ZERO`.
    limits
        Of all side rows, and which nodes set those of the groups.
    """

    status: NDArray[np.int8]
    limits: Limits

    @classmethod
    def of(cls, problem: Problem) -> Domain:
        """Return what the program itself decides."""
        nobody = np.full(problem.low.size - problem.n_linear, -1, dtype=np.int64)
        limits = Limits(low=problem.low, high=problem.high, low_node=nobody, high_node=nobody)
        return cls(status=problem.status, limits=limits)

    @property
    def free(self) -> BoolArray:
        """(columns,) which are undecided."""
        return np.asarray(self.status == FREE)

    @property
    def n_free(self) -> int:
        """How many columns are undecided."""
        return int(np.count_nonzero(self.status == FREE))

    @property
    def chosen(self) -> BoolArray:
        """(columns,) which are decided for, as a new array."""
        return np.asarray(self.status == ONE)

    def fixed(self, columns: IntArray, values: IntArray) -> Domain:
        """Return the domain with columns decided as `values` (1: chosen, 0: not) say."""
        status = self.status.copy()
        status[columns] = np.where(values == 1, ONE, ZERO)
        return replace(self, status=status)

    def within(self, columns: BoolArray) -> Domain:
        """Return the domain in which undecided columns outside `columns` are decided against."""
        status = self.status.copy()
        status[(status == FREE) & ~columns] = ZERO
        return replace(self, status=status)

    def reopened(self) -> Domain:
        """Return the domain in which what was decided for is undecided again."""
        return replace(self, status=np.where(self.status == ONE, FREE, self.status).astype(np.int8))

    def propagated(self, problem: Problem) -> tuple[Domain, Decided]:
        """Return the domain with what the side rows alone decide, and which row decided what."""
        status = self.status.copy()
        found = propagate(problem.side, self.limits.low, self.limits.high, status)
        return (replace(self, status=status) if found.columns.size else self), found

    def restricted(self, problem: Problem) -> Work:
        """Return what is left of the program."""
        return restrict(problem, self.status, self.limits.low, self.limits.high)

    def branched(self, problem: Problem, branch: Branch, node: int) -> Domain:
        """Return the domain of the child that `branch` leads to; `node` is the child's number."""
        if not branch.group:
            return self.fixed(np.array([branch.index]), np.array([branch.value]))
        limits, at = self.limits, branch.index
        row = problem.n_linear + at
        if branch.value == 0:
            high, high_node = limits.high.copy(), limits.high_node.copy()
            high[row], high_node[at] = branch.limit, node
            return replace(self, limits=replace(limits, high=high, high_node=high_node))
        low, low_node = limits.low.copy(), limits.low_node.copy()
        low[row], low_node[at] = branch.limit + 1, node
        return replace(self, limits=replace(limits, low=low, low_node=low_node))
