"""The replay of a certificate's tree: every fixing justified where it stands, every leaf closed.

The tree is walked depth first with one array of fixings, undone on the way back, so that memory does not grow with
the number of nodes.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from placement.errors import CertificateError
from placement.judge.certificate_bound import Prices, Terms, closes, sums_of_positive
from placement.judge.certificate_classes import exact_sum
from placement.values import Certificate
from placement.values.arrays import IntArray

_FREE = -1


@dataclass(kw_only=True, eq=False)
class Walk:
    """Where the walk stands.

    Parameters
    ----------
    certificate, prices
        What is checked, and its price sets.
    children
        The two children of each node, None for leaves.
    state
        (columns,) -1 free, 0 or 1 fixed.
    """

    certificate: Certificate
    prices: Prices
    children: list[tuple[int, int] | None]
    state: NDArray[np.int8]
    path: set[int] = field(default_factory=set)
    trail: list[IntArray] = field(default_factory=list)
    entries: list[list[int]] = field(default_factory=list)
    leaf_prices: dict[int, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        certificate = self.certificate
        self.entries = [[] for _ in self.children]
        for entry, node in enumerate(certificate.fixing_node.tolist()):
            self.entries[node].append(entry)
        self.leaf_prices = dict(zip(certificate.leaf_node.tolist(), certificate.leaf_prices.tolist(), strict=True))

    def run(self) -> None:
        """Visit every node; raise :class:`CertificateError` at the first that is not justified."""
        waiting = [(0, False)]
        while waiting:
            node, left = waiting.pop()
            if left:
                self._leave(node)
                continue
            waiting.append((node, True))
            self._enter(node)
            pair = self.children[node]
            if pair is None:
                self._check_leaf(node)
            else:
                waiting += [(pair[1], False), (pair[0], False)]

    def _enter(self, node: int) -> None:
        certificate = self.certificate
        self.path.add(node)
        kind = int(certificate.node_kind[node])
        changed = []
        if kind == 1:
            column = int(certificate.node_index[node])
            if self.state[column] != _FREE:
                raise CertificateError(f"node {node} branches on column {column}, which is fixed already")
            self.state[column] = certificate.node_value[node]
            changed.append(np.array([column]))
        changed += [self._fix(node, entry) for entry in self.entries[node]]
        self.trail.append(np.concatenate([np.zeros(0, dtype=np.int64), *changed]))

    def _leave(self, node: int) -> None:
        self.path.discard(node)
        self.state[self.trail.pop()] = _FREE

    def _fix(self, node: int, entry: int) -> IntArray:
        """Apply one fixing entry; a column may go to a value if the other value closes the node."""
        certificate = self.certificate
        start, stop = certificate.fixing_indptr[entry : entry + 2]
        columns, values = certificate.fixing_column[start:stop], certificate.fixing_value[start:stop]
        if np.unique(columns).size != columns.size or (self.state[columns] != _FREE).any():
            raise CertificateError(f"fixing entry {entry} at node {node} names a column that is fixed already")
        terms, upper, reduced = self._evaluate(int(certificate.fixing_prices[entry]), node)
        for column, value in zip(columns.tolist(), values.tolist(), strict=True):
            rho = int(reduced[column])
            forced = upper - max(0, rho) + (rho if value == 0 else 0)
            if not self._closes(terms, forced):
                raise CertificateError(
                    f"fixing entry {entry} at node {node}: column {column} is not proven to be {value}"
                )
        self.state[columns] = values
        return columns

    def _check_leaf(self, node: int) -> None:
        terms, upper, _ = self._evaluate(self.leaf_prices[node], node)
        if not self._closes(terms, upper):
            raise CertificateError(f"the prices of leaf {node} do not close it")

    def _closes(self, terms: Terms, upper: int) -> bool:
        return closes(
            terms,
            upper,
            bound=self.certificate.bound,
            infeasible=self.certificate.infeasible,
            unit=self.prices.unit,
        )

    def _evaluate(self, number: int, node: int) -> tuple[Terms, int, IntArray]:
        """Return the price set's terms, U and rho at the node as fixed so far."""
        terms = self.prices.terms(number)
        constant, reduced = self.prices.with_branchings(terms, number, self.path, node)
        upper = constant + exact_sum(reduced[self.state == 1]) + sums_of_positive(reduced[self.state == _FREE])
        return terms, upper, reduced
