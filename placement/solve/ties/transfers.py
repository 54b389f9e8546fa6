r"""Which machine goes where, as part of a program: the least total length of moves among equal plans.

With givers :math:`e`, receivers :math:`j` and whole lengths :math:`l_{ej}`, a plan's total is that of the least
assignment (Kuhn 1955, The Hungarian method, Naval Research Logistics Quarterly 2, 83-97), and over a set of plans

.. math::

    \min \sum_{ej} l_{ej} y_{ej} \quad\text{s.t.}\quad \sum_j y_{ej} = give_e,\quad \sum_e y_{ej} = move_j,\quad y \ge 0

where ``y`` may stay continuous: with ``give`` and ``move`` whole, a transport problem has whole vertices.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import sparse
from scipy.optimize import linear_sum_assignment

from placement.solve.ties.plan_space import PlanSpace
from placement.values.arrays import BoolArray, IntArray


@dataclass(frozen=True, kw_only=True, eq=False)
class Transfers:
    """What moves cost in length.

    Parameters
    ----------
    giving, receiving
        Columns that give a machine away, and that receive one.
    lengths
        Called with some of each, returns their (givers, receivers) lengths as whole numbers >= 0.
    """

    giving: IntArray
    receiving: IntArray
    lengths: Callable[[IntArray, IntArray], IntArray]

    def total(self, chosen: BoolArray) -> int:
        """Return the least total length by which a plan's machines get where they are wanted."""
        giving, receiving = self.giving[chosen[self.giving]], self.receiving[chosen[self.receiving]]
        if not giving.size:
            return 0
        lengths = self.lengths(giving, receiving)
        return int(lengths[linear_sum_assignment(lengths)].sum())

    def held(self, allowed: BoolArray, most: int) -> Transfers | None:
        """Return the transfers between `allowed` columns, their lengths asked for once; None for more than `most`."""
        giving, receiving = self.giving[allowed[self.giving]], self.receiving[allowed[self.receiving]]
        if giving.size * receiving.size > most:
            return None
        lengths = np.zeros((giving.size, receiving.size), dtype=np.int64)
        if lengths.size:
            lengths = np.asarray(self.lengths(giving, receiving), dtype=np.int64)
        places = np.zeros(allowed.size, dtype=np.int64)
        for columns in (giving, receiving):
            places[columns] = np.arange(columns.size)
        return Transfers(
            giving=giving,
            receiving=receiving,
            lengths=lambda some, others: lengths[np.ix_(places[some], places[others])],
        )


@dataclass(frozen=True, eq=False)
class PairedSpace:
    """A space with a column for each pair that may move, after all others; `lengths` are theirs."""

    space: PlanSpace
    lengths: IntArray

    def shortest(self) -> PlanSpace:
        """Return the space whose objective is less total length."""
        objective = np.zeros(self.space.model.objective.size)
        objective[objective.size - self.lengths.size :] = -self.lengths
        return self.space.seeking(objective)

    def no_longer(self, total: int) -> PlanSpace:
        """Return the part whose total length is at most `total`."""
        line = np.zeros((1, self.space.model.objective.size))
        line[0, line.shape[1] - self.lengths.size :] = self.lengths
        return self.space.rowed(line, np.array([-np.inf]), np.array([total + 0.5]))


def paired(space: PlanSpace, transfers: Transfers, total: int, most: int) -> PairedSpace | None:
    """Return the plans of `space` with their pairs, none longer than `total`; None where these are more than `most`."""
    giving, receiving = transfers.giving, transfers.receiving
    lengths = transfers.lengths(giving, receiving)
    # A plan that is no longer than the present one uses no pair that is longer than all its moves together.
    origin, destination = np.nonzero(lengths <= total)
    if origin.size > most:
        return None
    first = space.model.objective.size
    wider = space.widened(np.zeros(origin.size))
    ends = np.concatenate([giving, receiving])
    rows = np.concatenate([np.arange(ends.size), origin, giving.size + destination])
    pairs = first + np.arange(origin.size)
    columns = np.concatenate([space.columns[ends], pairs, pairs])
    signs = np.concatenate([np.ones(ends.size), np.full(2 * origin.size, -1.0)])
    lines = sparse.csr_array((signs, (rows, columns)), shape=(ends.size, first + origin.size))
    nothing = np.zeros(ends.size)
    return PairedSpace(wider.rowed(lines, nothing, nothing), lengths[origin, destination])
