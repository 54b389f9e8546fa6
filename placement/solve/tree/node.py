"""One node of the tree: propagate, bound, fix by reduced value, look for a plan, and say how to branch."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from placement.kernels import Floats, Ints, Longs, kernel
from placement.solve.bounds.first_order import FIXABLE, RUNNING, run
from placement.solve.bounds.prices import Prices, floor_ray, scaled_bound, side_ray, to_prices
from placement.solve.bounds.saddle import start_state
from placement.solve.cuts.pool import CutPool
from placement.solve.deadline import Deadline
from placement.solve.plans.value import Finder
from placement.solve.program.limits import Branch, Limits
from placement.solve.program.problem import FREE, ONE, ZERO, Problem
from placement.solve.program.propagate import propagate
from placement.solve.program.restrict import LOST, Work, restrict
from placement.values.certificate import SCALE
from placement.values.program import BoolArray, IntArray

NOTHING_ALLOWED = -(2**61)
"""Value that no bound falls to: what is allowed while there is no plan."""

_ROUNDS = 12
_FIX_SHARE = 0.5
_TOLERANCE = 2e-5
_INTEGRAL = 1e-3
_GROUP_FRACTION = 0.02
_PULSE = 50
_PULSE_ENTRIES = 20_000_000
"""Cover entries touched between two looks at the clock."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Node:
    """An open node.

    Parameters
    ----------
    number
        As in the certificate.
    bound
        Scaled bound.
    status, limits
        Columns and side rows.
    prices
        The price set that gives `bound`.
    x
        (columns,) a point of the relaxation.
    """

    number: int
    bound: int
    status: NDArray[np.int8]
    limits: Limits
    prices: Prices
    x: NDArray[Any]


@dataclass
class Visit:
    """What came of a visit to a node.

    Parameters
    ----------
    node
        The node with what was learnt.
    fixings
        (price set, columns, values) in order.
    closing
        Price set that closes the node, if one does.
    plan
        A plan found on the way and its value.
    branches
        The two children, unless closed.
    """

    node: Node
    fixings: list[tuple[Prices, IntArray, IntArray]] = field(default_factory=list)
    closing: Prices | None = None
    plan: tuple[BoolArray, int] | None = None
    branches: tuple[Branch, Branch] | None = None


class Visitor:
    """Visits nodes of one problem; holds nothing that changes.

    Parameters
    ----------
    problem
        The program.
    finder
        Turns points of the relaxation into plans.
    deadline
        When visits stop early.
    pool
        The odd-set cuts that price sets refer to.
    decisive
        A bound need not be tighter than this share of its distance to what is allowed: the node is branched anyway.
    """

    def __init__(
        self, problem: Problem, finder: Finder, deadline: Deadline, pool: CutPool, *, decisive: float = 0.25
    ) -> None:
        self._problem = problem
        self._finder = finder
        self._deadline = deadline
        self._pool = pool
        self._decisive = decisive
        group_rows = range(problem.n_linear, problem.low.size)
        indptr = problem.side.indptr
        self._groups = [problem.side.columns[indptr[row] : indptr[row + 1]] for row in group_rows]

    @property
    def effort(self) -> int:
        """Work done so far in a measure that no clock has a part in; 0 where it is not measured."""
        return 0

    def visit(self, node: Node, allowed: int, *, iterations: int, search: bool) -> Visit:
        """Return what comes of `node` when bounds of `allowed` or less are of no interest."""
        visit = Visit(node=node)
        status = node.status.copy()
        for turn in range(_ROUNDS):
            if not self._propagate(visit, status):
                break
            work = restrict(self._problem, status, node.limits.low, node.limits.high)
            visit.closing = self._missed_floor(work)
            if visit.closing is not None:
                break
            outcome, x = self._bound(visit, work, status, allowed, iterations)
            last = outcome != FIXABLE or turn + 1 == _ROUNDS
            if (search and (last or turn == 0)) or not work.columns.size:
                self._look_for_plan(visit, work, status, x[work.columns])
            reach = allowed if visit.plan is None else max(allowed, visit.plan[1])
            node = visit.node
            if node.bound // SCALE <= reach:
                visit.closing = node.prices
                break
            fixed = self._fix(visit, status, reach)
            if outcome != FIXABLE or fixed == 0 or self._deadline.passed():
                break
        if visit.closing is None and not self._deadline.passed():
            visit.branches = self._branches(status, visit.node.x, node.limits)
        visit.node = replaced(visit.node, status=status)
        return visit

    def fix(self, node: Node, allowed: int) -> Visit:
        """Return what the prices of `node` alone fix when bounds of `allowed` or less are of no interest."""
        visit = Visit(node=node)
        status = node.status.copy()
        self._fix(visit, status, allowed)
        visit.node = replaced(node, status=status)
        return visit

    def _propagate(self, visit: Visit, status: NDArray[np.int8]) -> bool:
        """Fix what the side rows decide; return False where a row is broken, the closing ray noted."""
        limits = visit.node.limits
        found = propagate(self._problem.side, limits.low, limits.high, status)
        changed = (np.diff(found.rows) != 0) | (np.diff(found.above.astype(np.int8)) != 0)
        edges = [0, *(np.flatnonzero(changed) + 1).tolist(), found.rows.size]
        for begin, end in itertools.pairwise(edges):
            if end > begin:
                ray = side_ray(self._problem, int(found.rows[begin]), above=bool(found.above[begin]))
                visit.fixings.append((ray, found.columns[begin:end], found.values[begin:end]))
        if found.broken >= 0:
            visit.closing = side_ray(self._problem, int(found.broken), above=bool(found.broken_above))
        return bool(found.broken < 0)

    def _missed_floor(self, work: Work) -> Prices | None:
        """Return the ray of a floor that cannot be met any more, if there is one."""
        floors, weights = self._problem.floors, self._problem.covers.weights
        if not floors.minimum.size:
            return None
        lost = work.row_of_class == LOST
        by_label = np.bincount(floors.label[~lost], weights=weights[~lost], minlength=floors.indptr.size - 1)
        label_of = np.repeat(np.arange(by_label.size), np.diff(floors.indptr))
        reachable = np.bincount(floors.floor_index, weights=by_label[label_of], minlength=floors.minimum.size)
        missed = np.flatnonzero(reachable < floors.minimum)
        return floor_ray(self._problem, int(missed[0]), lost) if missed.size else None

    def _bound(
        self, visit: Visit, work: Work, status: NDArray[np.int8], allowed: int, iterations: int
    ) -> tuple[int, NDArray[Any]]:
        """Improve the node's prices on the restricted program; return (outcome, point over all columns)."""
        node, problem = visit.node, self._problem
        outcome, x = RUNNING, np.where(status == ONE, 1.0, np.where(status == ZERO, 0.0, node.x))
        phi = node.prices.phi / SCALE
        mu, theta = multipliers(problem, work, node.prices), node.prices.theta[work.side_rows] / SCALE
        if work.columns.size:
            state = start_state(work, x[work.columns], mu, theta, phi)
            pulse = max(_PULSE, _PULSE_ENTRIES // (2 * work.sites.size + 1) // _PULSE * _PULSE)
            done = 0
            while outcome == RUNNING and done < iterations and not self._deadline.passed():
                step = min(pulse, iterations - done)
                outcome = run(work, state, step, float(allowed), _TOLERANCE, _FIX_SHARE, self._decisive)
                done += step
            mu, theta, phi = state.best.mu, state.best.theta, state.best.phi
            x[work.columns] = state.best.x
        else:
            # all is decided: without side prices the bound is the value itself, with them it may stay above
            theta, phi = np.zeros_like(theta), np.zeros_like(phi)
        prices = to_prices(problem, work, mu, theta, phi)
        bound, _ = self._scaled_bound(prices, status, node.limits)
        old, _ = self._scaled_bound(node.prices, status, node.limits)
        best = (prices, bound) if bound <= old else (node.prices, old)
        visit.node = replaced(node, prices=best[0], bound=best[1], x=x)
        return outcome, x

    def _scaled_bound(self, prices: Prices, status: NDArray[np.int8], limits: Limits) -> tuple[int, IntArray]:
        return scaled_bound(self._problem, self._pool.cuts(), prices, status, limits.low, limits.high)

    def _fix(self, visit: Visit, status: NDArray[np.int8], reach: int) -> int:
        """Fix columns whose other choice is bounded by `reach`; return how many."""
        node = visit.node
        bound, rho = self._scaled_bound(node.prices, status, node.limits)
        columns = np.flatnonzero((status == FREE) & ((bound - np.abs(rho)) // SCALE <= reach) & (rho != 0))
        if columns.size:
            values = (rho[columns] > 0).astype(np.int64)
            status[columns] = np.where(values == 1, ONE, ZERO)
            visit.fixings.append((node.prices, columns, values))
        return int(columns.size)

    def _look_for_plan(self, visit: Visit, work: Work, status: NDArray[np.int8], x: NDArray[Any]) -> None:
        plan = self._finder.from_point(work, status, x)
        if plan is not None and (visit.plan is None or plan[1] > visit.plan[1]):
            visit.plan = plan

    def _branches(self, status: NDArray[np.int8], x: NDArray[Any], limits: Limits) -> tuple[Branch, Branch] | None:
        """Return the two children: by the number of a group where that is fractional, else by a column."""
        best, score = -1, _GROUP_FRACTION
        for group, columns in enumerate(self._groups):
            if group == self._problem.n_kinds and best >= 0:
                break
            row = self._problem.n_linear + group
            count = float(x[columns].sum())
            fraction = abs(count - round(count))
            if group >= self._problem.n_kinds and fraction > _GROUP_FRACTION:
                fraction *= float(np.sqrt(self._finder.column_weight[columns[0]]))
            inside = limits.low[row] <= np.floor(count) < limits.high[row]
            if inside and fraction > score and bool((status[columns] == FREE).any()):
                best, score = group, fraction
        if best >= 0:
            limit = int(np.floor(x[self._groups[best]].sum()))
            return (
                Branch(group=True, index=best, value=0, limit=limit),
                Branch(group=True, index=best, value=1, limit=limit),
            )
        free_columns = np.flatnonzero(status == FREE)
        if not free_columns.size:
            return None
        column = int(free_columns[self._most_undecided(free_columns, x[free_columns])])
        return Branch(group=False, index=column, value=1), Branch(group=False, index=column, value=0)

    def _most_undecided(self, columns: IntArray, x: NDArray[Any]) -> int:
        weight = self._finder.column_weight[columns]
        fraction = np.minimum(x, 1.0 - x)
        if fraction.max() > _INTEGRAL:
            return int(np.argmax(fraction * np.sqrt(weight)))
        return int(np.argmax((x + 1e-6) * weight))


@kernel
def _shared_multipliers(rows: Longs, full: Floats, row_of_class: Ints, n_rows: int) -> Any:
    price, whole = np.zeros(n_rows), np.full(n_rows, 1e-9)
    for row in range(rows.size):
        at = row_of_class[row]
        if at >= 0:
            price[at] += rows[row]
            whole[at] += full[row]
    return np.minimum(1.0, price / whole)


def multipliers(problem: Problem, work: Work, prices: Prices) -> NDArray[Any]:
    """Return row multipliers of a restricted program from prices of the whole."""
    floors = problem.floors
    factor = np.full(floors.indptr.size - 1, float(SCALE))
    np.add.at(factor, np.repeat(np.arange(factor.size), np.diff(floors.indptr)), prices.phi[floors.floor_index])
    full = problem.covers.weights * factor[floors.label]
    return np.asarray(_shared_multipliers(prices.rows, full, work.row_of_class, work.weights.size))


def replaced(node: Node, **changes: Any) -> Node:
    """Return a node with some parts changed."""
    values = {name: getattr(node, name) for name in ("number", "bound", "status", "limits", "prices", "x")}
    return Node(**{**values, **changes})
