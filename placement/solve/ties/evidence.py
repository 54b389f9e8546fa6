r"""What a certificate says not of the best value alone but of every plan that reaches it.

A certificate proves that no plan is worth more than ``v``. Its price sets say more: with the bound ``U`` and the
reduced values :math:`\rho` that a set gives at a node (formula in :mod:`placement.values.certificate`) a plan there is
worth at most ``U`` less :math:`|\rho_k|` for every free column ``k`` that is chosen the other way than the sign of
:math:`\rho_k` says. So all plans at the node that are worth ``v`` agree in the columns with

.. math:: U - |\rho_k| < S v ,

and where ``U < S v`` there is none. The tree is walked anew with that rule in place of the certificate's own, which
also closes and fixes where other plans are worth just ``v``. What the leaves that remain agree on holds in every
optimum, the limits of their branchings too. Dominated columns are left free: some optimum does without them, not every
one.

Nothing is solved: it is one pass over the price sets, in integers.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from placement.solve.bounds.prices import NO_BOUND, Prices, scaled_bound
from placement.solve.cuts.arrays import Cuts
from placement.solve.cuts.bases import Base
from placement.solve.cuts.knapsack import KnapsackRow
from placement.solve.cuts.pool import CutPool
from placement.solve.deadline import Deadline
from placement.solve.program.domain import Domain
from placement.solve.program.problem import FREE, ONE, ZERO, Problem
from placement.solve.program.recount import exact_sum
from placement.values import Certificate
from placement.values.arrays import IntArray
from placement.values.certificate import SCALE

Status = NDArray[np.int8]
Terms = tuple[int, IntArray]
"""A price set's bound where no column is chosen, and its reduced values; both scaled."""

_COLUMN, _GROUP = 1, 2
"""``node_kind`` of a branching on a column, and on how many columns of a group are chosen."""

_LARGEST = 2.0**61
"""Price sets whose branchings add up to more are left alone, so that no sum here leaves 64 bits."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Agreed:
    """What all optima have in common.

    Parameters
    ----------
    status
        (columns,) ONE or ZERO where all of them choose a column or none does, else FREE.
    groups
        (columns, least, most): how many of some columns all of them choose.
    """

    status: Status
    groups: tuple[tuple[IntArray, int, int], ...]


def agreed(problem: Problem, certificate: Certificate, deadline: Deadline) -> Agreed | None:
    """Return what all plans have in common that are worth what the certificate's plan is.

    Parameters
    ----------
    problem
        The program that the certificate is of, dominated columns undecided.
    certificate
        Of an optimum: its bound is the value of its plan.
    deadline
        When to give up.

    Returns
    -------
    Agreed or None
        None where the time was over, or the certificate says that its own plan is none.
    """
    walk = _Walk(problem, certificate)
    open_nodes = {0: problem.status.copy()}
    leaves: list[int] = []
    for node in range(certificate.node_parent.size):
        if deadline.passed():
            return None
        parent = int(certificate.node_parent[node])
        status = open_nodes[0] if node == 0 else walk.entered(node, open_nodes.get(parent))
        if status is None or not walk.narrowed(node, status):
            open_nodes.pop(node, None)
            continue
        open_nodes[node] = status
        if node in walk.leaf:
            leaves.append(node)
    if not leaves:
        return None
    common = _common([open_nodes[leaf] for leaf in leaves])
    chosen = certificate.chosen
    if (common[chosen] == ZERO).any() or (common[~chosen] == ONE).any():
        return None
    return Agreed(status=common, groups=walk.limits(leaves))


def _common(leaves: list[Status]) -> Status:
    common = leaves[0].copy()
    for status in leaves[1:]:
        common[common != status] = FREE
    return common


class _Walk:
    """The tree of a certificate, to be walked from the root; a node is left behind where no optimum is in it."""

    def __init__(self, problem: Problem, certificate: Certificate) -> None:
        self._problem, self._certificate = problem, certificate
        self._cuts = _cuts(problem, certificate)
        self._least = SCALE * certificate.objective
        self._nothing = replace(Domain.of(problem), status=np.full(problem.n_columns, ZERO, dtype=np.int8))
        self._last: tuple[int, Terms | None] | None = None
        self._paths: dict[int, frozenset[int]] = {0: frozenset()}
        self._fixings: dict[int, list[int]] = {}
        for node, number in zip(certificate.fixing_node.tolist(), certificate.fixing_prices.tolist(), strict=True):
            self._fixings.setdefault(node, []).append(number)
        self.leaf = dict(zip(certificate.leaf_node.tolist(), certificate.leaf_prices.tolist(), strict=True))

    def entered(self, node: int, above: Status | None) -> Status | None:
        """Return what is decided where a node begins; `above` is what is at its parent. None: no optimum is there."""
        certificate = self._certificate
        if above is None:
            return None
        parent = int(certificate.node_parent[node])
        self._paths[node] = self._paths[parent] | {node}
        status = above.copy()
        if certificate.node_kind[node] == _COLUMN:
            column, value = int(certificate.node_index[node]), ONE if certificate.node_value[node] else ZERO
            if status[column] not in {FREE, value}:
                return None
            status[column] = value
        return status

    def narrowed(self, node: int, status: Status) -> bool:
        """Fix in `status` what the optima at a node agree in; return whether there may be one."""
        numbers = self._fixings.get(node, []) + ([self.leaf[node]] if node in self.leaf else [])
        return all(self._fix(number, node, status) for number in numbers)

    def limits(self, leaves: list[int]) -> tuple[tuple[IntArray, int, int], ...]:
        """Return the columns of groups with the least and the most that may be chosen in some of the leaves."""
        certificate = self._certificate
        sizes = np.diff(certificate.group_indptr)
        least, most = np.zeros((len(leaves), sizes.size), dtype=np.int64), np.tile(sizes, (len(leaves), 1))
        for at, leaf in enumerate(leaves):
            for node in self._paths[leaf]:
                group, limit = int(certificate.node_index[node]), int(certificate.node_limit[node])
                if certificate.node_kind[node] == _GROUP and certificate.node_value[node]:
                    least[at, group] = max(least[at, group], limit + 1)
                elif certificate.node_kind[node] == _GROUP:
                    most[at, group] = min(most[at, group], limit)
        low, high = least.min(axis=0), most.max(axis=0)
        narrower = np.flatnonzero((low > 0) | (high < sizes)).tolist()
        return tuple((self._group(group), int(low[group]), int(high[group])) for group in narrower)

    def _group(self, number: int) -> IntArray:
        return self._certificate.group_column[slice(*self._certificate.group_indptr[number : number + 2].tolist())]

    def _fix(self, number: int, node: int, status: Status) -> bool:
        terms = self._at(number, node)
        if terms is None:
            return True
        constant, rho = terms
        free = status == FREE
        upper = constant + exact_sum(rho[status == ONE]) + exact_sum(np.maximum(rho[free], 0))
        to_spare = upper - (self._least if self._certificate.prices.objective[number] else 0)
        if to_spare < 0:
            return False
        decided = free & (np.abs(rho) > min(to_spare, NO_BOUND))
        status[decided] = np.where(rho[decided] > 0, ONE, ZERO)
        return True

    def _at(self, number: int, node: int) -> Terms | None:
        """Return what a price set gives at a node, branchings on groups included; None where it is of no use."""
        if self._last is None or self._last[0] != number:
            self._last = (number, self._terms(number))
        terms, certificate = self._last[1], self._certificate
        prices = certificate.prices
        entries = slice(*prices.branch_indptr[number : number + 2].tolist())
        branchings, kappas = prices.branch_node[entries].tolist(), prices.branch_price[entries].tolist()
        if terms is None or not branchings:
            return terms
        if sum(kappas) > _LARGEST or not self._paths[node].issuperset(branchings):
            return None
        constant, rho = terms[0], terms[1].copy()
        for branching, kappa in zip(branchings, kappas, strict=True):
            group, limit = int(certificate.node_index[branching]), int(certificate.node_limit[branching])
            columns = self._group(group)
            above = bool(certificate.node_value[branching])
            constant += -kappa * (limit + 1) if above else kappa * limit
            rho[columns] += kappa if above else -kappa
        return constant, rho

    def _terms(self, number: int) -> Terms | None:
        problem, prices = self._problem, self._certificate.prices
        theta = np.zeros(problem.low.size, dtype=np.int64)
        theta[: problem.n_linear] = prices.linear[number]
        whole = Prices(
            objective=int(prices.objective[number]),
            rows=_full(prices.row_indptr, prices.row_index, prices.row_price, number, problem.covers.weights.size),
            cuts=_full(prices.cut_indptr, prices.cut_index, prices.cut_price, number, self._cuts.indptr.size - 1),
            theta=theta,
            phi=np.array(prices.floor[number]),
            knapsack=_full(
                prices.knapsack_indptr,
                prices.knapsack_index,
                prices.knapsack_price,
                number,
                self._cuts.knapsack.limits.size,
            ),
        )
        constant, rho = scaled_bound(problem, self._cuts, whole, self._nothing)
        return (constant, rho) if constant < NO_BOUND else None


def _full(indptr: IntArray, index: IntArray, price: IntArray, number: int, size: int) -> IntArray:
    """Return the prices of one set with those that are 0."""
    entries = slice(*indptr[number : number + 2].tolist())
    full = np.zeros(size, dtype=np.int64)
    full[index[entries]] = price[entries]
    return full


def _cuts(problem: Problem, certificate: Certificate) -> Cuts:
    """Return the cuts that the price sets refer to, numbered as there."""
    pool = CutPool(problem.covers)
    for first, last in zip(certificate.cut_indptr[:-1].tolist(), certificate.cut_indptr[1:].tolist(), strict=True):
        pool.number(tuple(certificate.cut_class[first:last].tolist()))
    rows = [KnapsackRow.of(problem, base) for base in _bases(certificate)]
    for number, at in enumerate(certificate.knapsack_base.tolist()):
        complemented = certificate.knapsack_column[slice(*certificate.knapsack_indptr[number : number + 2].tolist())]
        cut = rows[at].cut(int(certificate.knapsack_divisor[number]), np.isin(rows[at].columns, complemented))
        if cut is not None:
            pool.knapsack.number(cut)
    return pool.cuts()


def _bases(certificate: Certificate) -> Iterator[Base]:
    """Yield what knapsack cuts are made of."""
    for number, floor in enumerate(certificate.base_floor.tolist()):
        of_rows, of_sites = (
            slice(*indptr[number : number + 2].tolist())
            for indptr in (certificate.base_indptr, certificate.base_site_indptr)
        )
        rows = zip(certificate.base_row[of_rows].tolist(), certificate.base_times[of_rows].tolist(), strict=True)
        yield Base(rows=tuple(rows), floor=floor, sites=tuple(certificate.base_site[of_sites].tolist()))
