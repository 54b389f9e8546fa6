"""Collects the evidence of a run and turns it into a certificate; knows how long that will take.

Price sets are brought into the form of the certificate as they come, so that little is left to do at the end: putting
arrays together, and hashing them. How long that takes is measured by doing it with what there is from time to time.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from placement.clock import now_s
from placement.solve.bounds.prices import Prices
from placement.solve.cuts.pool import CutPool
from placement.solve.program.limits import Branch, Limits
from placement.solve.program.problem import Problem
from placement.solve.settings import DEFAULTS, TreeSettings
from placement.values import Certificate, PriceSets
from placement.values.arrays import BoolArray, IntArray

Fixing = tuple[Prices, IntArray, IntArray]
"""Columns that a price set decides: the set, the columns, their values."""


class _Written(NamedTuple):
    """A price set without what it says of branchings: numbers of what is priced, and the prices."""

    of: Prices
    rows: IntArray
    cuts: IntArray
    knapsack: IntArray
    row_prices: IntArray
    cut_prices: IntArray
    knapsack_prices: IntArray
    linear: IntArray

    @property
    def size(self) -> int:
        """Entries in the certificate."""
        return 2 * (self.rows.size + self.cuts.size + self.knapsack.size) + self.linear.size + self.of.phi.size


@dataclass(frozen=True)
class _Rehearsal:
    """When a certificate was put together last, how long it took, of how many entries, and how long one more takes."""

    at: float
    seconds: float
    entries: int
    pace_s: float

    def foreseen_s(self, entries: int) -> float:
        """Return how long it takes with so many entries."""
        return self.seconds + self.pace_s * max(0, entries - self.entries)


class ProofLog:
    """The tree, its fixings and leaves, and the price sets they use.

    Parameters
    ----------
    problem
        The program.
    pool
        Its cuts.
    fingerprint
        Of the program's classes, as the certificate carries it.
    dominated
        (pairs, 2) columns decided against, and by which.
    settings
        When sealing is rehearsed.

    Attributes
    ----------
    dominated
        As given.
    reserve_s
        Seconds that sealing will take, as of the last look ahead.
    """

    def __init__(
        self,
        problem: Problem,
        pool: CutPool,
        *,
        fingerprint: str,
        dominated: IntArray,
        settings: TreeSettings = DEFAULTS.tree,
    ) -> None:
        self._problem, self._pool, self._settings = problem, pool, settings
        self._fingerprint, self.dominated = fingerprint, dominated
        self._nodes: list[tuple[int, int, int, int, int]] = [(-1, 0, 0, 0, 0)]
        self._leaves: list[tuple[int, int]] = []
        self._fixings: list[tuple[int, int, IntArray, IntArray]] = []
        self._sets: list[tuple[_Written, IntArray, IntArray]] = []
        self._known: dict[tuple[int, bytes], int] = {}
        self._written: dict[int, _Written] = {}
        self._writing_s, self._entries = 0.0, 0
        self._rehearsal = _Rehearsal(now_s(), 0.0, 1, 0.0)
        self.reserve_s = 0.0

    @property
    def has_fixings(self) -> bool:
        """Whether any column was fixed."""
        return bool(self._fixings)

    def look_ahead(self, open_nodes: int = 1) -> None:
        """Foresee how long :meth:`certificate` takes if so many open nodes are closed by price sets of their own.

        Putting together what there is now is tried anew where it has grown, and where its share of the time is small.
        """
        now, last = now_s(), self._rehearsal
        entries = self._entries + len(self._nodes) + len(self._leaves)
        foreseen = last.foreseen_s(entries)
        wait = max(self._settings.rehearse_after_s, foreseen / self._settings.rehearse_share)
        if self._sets and now - last.at > wait and entries > self._settings.rehearse_growth * last.entries:
            foreseen = self._rehearsed_s([])
            end = now_s()
            self._rehearsal = last = _Rehearsal(end, foreseen, entries, foreseen / entries)
        sets = max(1, len(self._written))
        self.reserve_s = foreseen + open_nodes * (self._writing_s + last.pace_s * self._entries) / sets

    def seals_within(self, fixings: list[Fixing], seconds: float) -> bool:
        """Return whether sealing these fixings too takes at most `seconds` more.

        Where the last try leaves that in doubt, some of them are sealed to see.
        """
        last = self._rehearsal
        sets = {id(prices): prices for prices, _, _ in fixings}
        most = sum(
            2 * (each.rows.size + each.cuts.size + each.knapsack.size) + each.theta.size for each in sets.values()
        )
        if last.pace_s * (most + 2 * sum(columns.size for _, columns, _ in fixings)) <= seconds:
            return True
        written = [self._write(prices) for prices in sets.values()]
        entries = sum(each.size for each in written) + 2 * sum(columns.size for _, columns, _ in fixings)
        if last.pace_s * entries <= seconds:
            return True
        if last.pace_s * entries > self._settings.rehearse_doubt * seconds:
            return False
        sample = written[: 1 + self._settings.rehearse_entries // (1 + entries // len(written))]
        taken = self._rehearsed_s(sample) - last.seconds
        pace = max(0.0, taken) / (1 + sum(each.size for each in sample))
        self._rehearsal = replace(last, pace_s=pace)
        return pace * entries <= seconds

    def _rehearsed_s(self, more: list[_Written]) -> float:
        """Return the seconds it takes to seal what there is, and some more price sets."""
        begun, none = now_s(), np.empty(0, dtype=np.int64)
        sets = self._sets + [(written, none, none) for written in more]
        self._sealed(sets, bound=0, infeasible=False, objective=0, chosen=None)
        return now_s() - begun

    def add_node(self, parent: int, branch: Branch) -> int:
        """Add a child and return its number."""
        self._nodes.append((parent, 2 if branch.group else 1, branch.index, branch.value, branch.limit))
        return len(self._nodes) - 1

    def add_leaf(self, node: int, prices: Prices, limits: Limits) -> None:
        """Close `node` by a price set."""
        self._leaves.append((node, self._set(prices, limits)))

    def add_fixing(self, node: int, prices: Prices, limits: Limits, columns: IntArray, values: IntArray) -> None:
        """Fix columns at `node` by a price set."""
        self._entries += 2 * columns.size
        self._fixings.append((node, self._set(prices, limits), columns, values))

    def _set(self, prices: Prices, limits: Limits) -> int:
        theta = prices.theta[self._problem.n_linear :]
        groups = np.flatnonzero(theta)
        nodes = np.where(theta > 0, limits.high_node, limits.low_node)[groups]
        order = np.argsort(nodes)
        groups, nodes = groups[order], nodes[order]
        key = (id(prices), nodes.tobytes())
        if key not in self._known:
            written = self._write(prices)
            self._sets.append((written, nodes, np.abs(theta[groups])))
            self._entries += written.size + 2 * nodes.size
            self._known[key] = len(self._sets) - 1
        return self._known[key]

    def _write(self, prices: Prices) -> _Written:
        """Return a price set in the form of the certificate; what several nodes use is written once."""
        if id(prices) not in self._written:
            begun = now_s()
            rows, cuts, knapsack = (np.flatnonzero(each) for each in (prices.rows, prices.cuts, prices.knapsack))
            found = prices.rows[rows], prices.cuts[cuts], prices.knapsack[knapsack]
            linear = prices.theta[: self._problem.n_linear]
            self._written[id(prices)] = _Written(prices, rows, cuts, knapsack, *found, linear)
            self._writing_s += now_s() - begun
        return self._written[id(prices)]

    def certificate(self, *, bound: int, infeasible: bool, objective: int, chosen: BoolArray | None) -> Certificate:
        """Return the certificate of everything logged."""
        return self._sealed(self._sets, bound=bound, infeasible=infeasible, objective=objective, chosen=chosen)

    def _sealed(
        self,
        sets: list[tuple[_Written, IntArray, IntArray]],
        *,
        bound: int,
        infeasible: bool,
        objective: int,
        chosen: BoolArray | None,
    ) -> Certificate:
        cuts, groups = self._pool.cuts(), self._problem.groups()
        bases = cuts.knapsack.bases
        return Certificate.seal(
            fingerprint=self._fingerprint,
            bound=bound,
            infeasible=infeasible,
            has_plan=chosen is not None,
            objective=objective,
            chosen=np.zeros(self._problem.n_columns, dtype=bool) if chosen is None else chosen,
            dominated=self.dominated,
            cut_indptr=cuts.indptr,
            cut_class=cuts.classes,
            knapsack_base=cuts.knapsack.base,
            knapsack_divisor=cuts.knapsack.divisor,
            knapsack_indptr=cuts.knapsack.complemented_indptr,
            knapsack_column=cuts.knapsack.complemented,
            base_indptr=bases.indptr,
            base_row=bases.row,
            base_times=bases.times,
            base_floor=bases.floor,
            base_site_indptr=bases.site_indptr,
            base_site=bases.site,
            group_indptr=_indptr(groups),
            group_column=_joined(groups),
            **self._tree(),
            prices=self._price_sets(sets),
        )

    def _tree(self) -> dict[str, IntArray]:
        """Return the nodes, leaves and fixings as the certificate's arrays."""
        nodes = np.array(self._nodes, dtype=np.int64).T
        leaves = np.array(self._leaves, dtype=np.int64).reshape(-1, 2).T
        return {
            **{f"node_{name}": nodes[row] for row, name in enumerate(("parent", "kind", "index", "value", "limit"))},
            "leaf_node": leaves[0],
            "leaf_prices": leaves[1],
            "fixing_node": np.array([node for node, _, _, _ in self._fixings], dtype=np.int64),
            "fixing_prices": np.array([prices for _, prices, _, _ in self._fixings], dtype=np.int64),
            "fixing_indptr": _indptr([columns for _, _, columns, _ in self._fixings]),
            "fixing_column": _joined([columns for _, _, columns, _ in self._fixings]),
            "fixing_value": _joined([values for _, _, _, values in self._fixings]),
        }

    def _price_sets(self, numbered: list[tuple[_Written, IntArray, IntArray]]) -> PriceSets:
        n_linear, n_sets = self._problem.n_linear, len(numbered)
        sets = [written for written, _, _ in numbered]
        return PriceSets(
            objective=np.array([each.of.objective for each in sets], dtype=np.int64),
            row_indptr=_indptr([each.rows for each in sets]),
            row_index=_joined([each.rows for each in sets]),
            row_price=_joined([each.row_prices for each in sets]),
            cut_indptr=_indptr([each.cuts for each in sets]),
            cut_index=_joined([each.cuts for each in sets]),
            cut_price=_joined([each.cut_prices for each in sets]),
            knapsack_indptr=_indptr([each.knapsack for each in sets]),
            knapsack_index=_joined([each.knapsack for each in sets]),
            knapsack_price=_joined([each.knapsack_prices for each in sets]),
            linear=np.array([each.linear for each in sets]).reshape(n_sets, n_linear),
            floor=np.array([each.of.phi for each in sets]).reshape(n_sets, -1),
            branch_indptr=_indptr([nodes for _, nodes, _ in numbered]),
            branch_node=_joined([nodes for _, nodes, _ in numbered]),
            branch_price=_joined([sizes for _, _, sizes in numbered]),
        )


def _indptr(parts: list[NDArray[Any]]) -> IntArray:
    return np.cumsum([0] + [part.size for part in parts]).astype(np.int64)


def _joined(parts: list[NDArray[Any]]) -> IntArray:
    return np.concatenate([np.empty(0, dtype=np.int64), *parts]).astype(np.int64)
