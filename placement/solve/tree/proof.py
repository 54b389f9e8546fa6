"""Collects the evidence of a run and turns it into a certificate."""

from __future__ import annotations

import itertools
import time
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from placement.solve.bounds.prices import Prices
from placement.solve.cuts.arrays import Cuts
from placement.solve.program.limits import Branch, Limits
from placement.solve.program.problem import Problem
from placement.solve.program.reduced import Classes
from placement.values import Certificate, CoverageProgram, PriceSets
from placement.values.program import BoolArray, IntArray

_SECONDS_A_PRICE = 4e-8
_MOST_BUSY = 20.0
"""A machine is taken to be so many times slower at most than its processor time says."""


@dataclass
class ProofLog:
    """The tree, its fixings and leaves, and the price sets they use."""

    problem: Problem
    nodes: list[tuple[int, int, int, int, int]] = field(default_factory=lambda: [(-1, 0, 0, 0, 0)])
    leaves: list[tuple[int, int]] = field(default_factory=list)
    fixings: list[tuple[int, int, IntArray, IntArray]] = field(default_factory=list)
    _sets: list[tuple[Prices, IntArray, IntArray]] = field(default_factory=list)
    _known: dict[tuple[int, bytes], int] = field(default_factory=dict)
    _began: tuple[float, float] = field(default_factory=lambda: (time.perf_counter(), time.process_time()))

    def seconds_to_seal(self) -> float:
        """Return about how long :meth:`certificate` takes, so that a run can stop early enough.

        On a busy machine it takes as much longer as everything else did so far.
        """
        wall, processor = time.perf_counter() - self._began[0], time.process_time() - self._began[1]
        busy = min(max(1.0, wall / max(processor, 1e-3)), _MOST_BUSY)
        prices = self.problem.covers.weights.size + self.problem.low.size
        return _SECONDS_A_PRICE * busy * len(self._sets) * prices

    def add_node(self, parent: int, branch: Branch) -> int:
        """Add a child and return its number."""
        self.nodes.append((parent, 2 if branch.group else 1, branch.index, branch.value, branch.limit))
        return len(self.nodes) - 1

    def add_leaf(self, node: int, prices: Prices, limits: Limits) -> None:
        """Close `node` by a price set."""
        self.leaves.append((node, self._set(prices, limits)))

    def add_fixing(self, node: int, prices: Prices, limits: Limits, columns: IntArray, values: IntArray) -> None:
        """Fix columns at `node` by a price set."""
        self.fixings.append((node, self._set(prices, limits), columns, values))

    def _set(self, prices: Prices, limits: Limits) -> int:
        theta = prices.theta[self.problem.n_linear :]
        groups = np.flatnonzero(theta)
        nodes = np.where(theta > 0, limits.high_node, limits.low_node)[groups]
        order = np.argsort(nodes)
        groups, nodes = groups[order], nodes[order]
        key = (id(prices), nodes.tobytes())
        if key not in self._known:
            self._sets.append((prices, nodes, np.abs(theta[groups])))
            self._known[key] = len(self._sets) - 1
        return self._known[key]

    def certificate(
        self,
        program: CoverageProgram,
        classes: Classes,
        cuts: Cuts,
        dominated: IntArray,
        *,
        bound: int,
        infeasible: bool,
        objective: int,
        chosen: BoolArray | None,
    ) -> Certificate:
        """Return the certificate of everything logged."""
        problem = self.problem
        groups = [problem.side.columns[a:b] for a, b in _group_ranges(problem)]
        return Certificate.seal(
            fingerprint=classes.fingerprint(program),
            bound=bound,
            infeasible=infeasible,
            has_plan=chosen is not None,
            objective=objective,
            chosen=np.zeros(program.n_columns, dtype=bool) if chosen is None else chosen,
            dominated=dominated,
            cut_indptr=cuts.indptr,
            cut_class=cuts.classes,
            knapsack_row=cuts.knapsack.row,
            knapsack_divisor=cuts.knapsack.divisor,
            knapsack_indptr=cuts.knapsack.complemented_indptr,
            knapsack_column=cuts.knapsack.complemented,
            group_indptr=_indptr(groups),
            group_column=_joined(groups),
            **self._tree(),
            prices=self._price_sets(),
        )

    def _tree(self) -> dict[str, IntArray]:
        """Return the nodes, leaves and fixings as the certificate's arrays."""
        nodes = np.array(self.nodes, dtype=np.int64).T
        leaves = np.array(self.leaves, dtype=np.int64).reshape(-1, 2).T
        return {
            **{f"node_{name}": nodes[row] for row, name in enumerate(("parent", "kind", "index", "value", "limit"))},
            "leaf_node": leaves[0],
            "leaf_prices": leaves[1],
            "fixing_node": np.array([node for node, _, _, _ in self.fixings], dtype=np.int64),
            "fixing_prices": np.array([prices for _, prices, _, _ in self.fixings], dtype=np.int64),
            "fixing_indptr": _indptr([columns for _, _, columns, _ in self.fixings]),
            "fixing_column": _joined([columns for _, _, columns, _ in self.fixings]),
            "fixing_value": _joined([values for _, _, _, values in self.fixings]),
        }

    def _price_sets(self) -> PriceSets:
        n_linear = self.problem.n_linear
        n_sets = len(self._sets)
        rows = [np.flatnonzero(prices.rows) for prices, _, _ in self._sets]
        cuts = [np.flatnonzero(prices.cuts) for prices, _, _ in self._sets]
        knapsack = [np.flatnonzero(prices.knapsack) for prices, _, _ in self._sets]
        return PriceSets(
            objective=np.array([prices.objective for prices, _, _ in self._sets], dtype=np.int64),
            row_indptr=_indptr(rows),
            row_index=_joined(rows),
            row_price=_joined([each[0].rows[at] for each, at in zip(self._sets, rows, strict=True)]),
            cut_indptr=_indptr(cuts),
            cut_index=_joined(cuts),
            cut_price=_joined([each[0].cuts[at] for each, at in zip(self._sets, cuts, strict=True)]),
            knapsack_indptr=_indptr(knapsack),
            knapsack_index=_joined(knapsack),
            knapsack_price=_joined([each[0].knapsack[at] for each, at in zip(self._sets, knapsack, strict=True)]),
            linear=np.array([each[0].theta[:n_linear] for each in self._sets]).reshape(n_sets, n_linear),
            floor=np.array([each[0].phi for each in self._sets]).reshape(n_sets, -1),
            branch_indptr=_indptr([nodes for _, nodes, _ in self._sets]),
            branch_node=_joined([nodes for _, nodes, _ in self._sets]),
            branch_price=_joined([sizes for _, _, sizes in self._sets]),
        )


def _group_ranges(problem: Problem) -> list[tuple[int, int]]:
    indptr = problem.side.indptr[problem.n_linear :]
    return [(int(a), int(b)) for a, b in itertools.pairwise(indptr)]


def _indptr(parts: list[NDArray[Any]]) -> IntArray:
    return np.cumsum([0] + [part.size for part in parts]).astype(np.int64)


def _joined(parts: list[NDArray[Any]]) -> IntArray:
    return np.concatenate([np.empty(0, dtype=np.int64), *parts]).astype(np.int64)
