"""Visits nodes by first-order steps; it holds nothing that changes, so that several threads may use one."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from placement.clock import now_s
from placement.solve.bounds.first_order import FIXABLE, RUNNING, run
from placement.solve.bounds.multipliers import multipliers
from placement.solve.bounds.prices import Prices, floor_ray, to_prices
from placement.solve.bounds.saddle import start_state
from placement.solve.deadline import Deadline
from placement.solve.program.problem import ONE, ZERO, Problem
from placement.solve.program.restrict import LOST, Work
from placement.solve.tree.node import Node, Visit, is_searched
from placement.solve.tree.questions import simple_question
from placement.solve.tree.tools import NOTHING_ALLOWED, Tools
from placement.values.certificate import SCALE


class FirstOrderVisitor:
    """Bounds a node by first-order steps, fixes by reduced value, and again on the smaller program that is left.

    Parameters
    ----------
    tools
        Of the run.
    until
        When visits stop early.
    decisive
        A bound need not be tighter than this share of its distance to what is allowed: the node is branched anyway.
        None: as the settings of the tree say.
    """

    def __init__(self, tools: Tools, until: Deadline, *, decisive: float | None = None) -> None:
        self._tools, self._until, self._settings = tools, until, tools.settings.tree
        self._decisive = self._settings.decisive if decisive is None else decisive

    def visit(self, node: Node, allowed: int, turn: int) -> Visit:
        """Return what comes of `node`; see :class:`~placement.solve.tree.node.Visitor`."""
        iterations = self._settings.node_iterations if turn else self._settings.root_iterations
        return self.look(node, allowed, iterations, search=is_searched(self._settings, turn))

    def look(self, node: Node, allowed: int, iterations: int, *, search: bool) -> Visit:
        """Return what comes of `node` with so many steps at most in each round of bounding and fixing.

        With `search` a plan is looked for, near the first point and near the last.
        """
        tools, visit = self._tools, Visit(node=node)
        for turn in range(self._settings.rounds):
            if not visit.propagate(tools):
                break
            work = visit.node.domain.restricted(tools.problem)
            visit.closing = _missed_floor(tools.problem, work)
            if visit.closing is not None:
                break
            outcome = self._bound(visit, work, allowed, iterations)
            last = outcome != FIXABLE or turn + 1 == self._settings.rounds
            over = self._until.passed() and allowed > NOTHING_ALLOWED
            if (search and (last or turn == 0) and not over) or not work.columns.size:
                visit.look_for_plan(tools, work)
            if visit.close_if_reached(allowed):
                break
            fixed = visit.fix(tools, visit.reach(allowed))
            if outcome != FIXABLE or fixed == 0 or self._until.passed():
                break
        if visit.closing is None and not self._until.passed():
            visit.branches = simple_question(tools, visit.node)
        return visit

    def _bound(self, visit: Visit, work: Work, allowed: int, iterations: int) -> int:
        """Improve the node's prices and point on the restricted program; return how the steps ended."""
        node, problem = visit.node, self._tools.problem
        status = node.domain.status
        outcome, x = RUNNING, np.where(status == ONE, 1.0, np.where(status == ZERO, 0.0, node.x))
        phi = node.prices.phi / SCALE
        mu, theta = multipliers(problem, work, node.prices), node.prices.theta[work.side_rows] / SCALE
        if work.columns.size:
            state = start_state(work, x[work.columns], mu, theta, phi, self._tools.settings.bounds)
            outcome = self._steps(work, state, allowed, iterations)
            mu, theta, phi = state.best.mu, state.best.theta, state.best.phi
            x[work.columns] = state.best.x
        else:
            # all is decided: without side prices the bound is the value itself, with them it may stay above
            theta, phi = np.zeros_like(theta), np.zeros_like(phi)
        prices = to_prices(problem, work, mu, theta, phi)
        bound, _ = self._tools.bound(prices, node.domain)
        old, _ = self._tools.bound(node.prices, node.domain)
        best = (prices, bound) if bound <= old else (node.prices, old)
        visit.node = replace(node, prices=best[0], bound=best[1], x=x)
        return outcome

    def _steps(self, work: Work, state: Any, allowed: int, iterations: int) -> int:
        """Run steps until they end, or the deadline; the clock is looked at in between."""
        settings, outcome, done = self._settings, RUNNING, 0
        size = 2 * work.sites.size + work.columns.size + work.side_columns.size
        every, pulse = int(state.pace.check_every), settings.pulse_entries // size
        while outcome == RUNNING and done < iterations and not self._until.passed():
            # whole numbers of looks at the gap: how often the clock is looked at must not change what comes out
            step, begun = min(max(every, pulse // every * every), iterations - done), now_s()
            outcome = run(work, state, step, float(allowed), settings.tolerance, settings.fix_share, self._decisive)
            done += step
            pulse = int(step * settings.pulse_s / max(now_s() - begun, 1e-9))
        return outcome


def _missed_floor(problem: Problem, work: Work) -> Prices | None:
    """Return the ray of a floor that cannot be met any more, if there is one."""
    floors, weights = problem.floors, problem.covers.weights
    if not floors.minimum.size:
        return None
    lost: NDArray[np.bool_] = work.row_of_class == LOST
    by_label = np.bincount(floors.label[~lost], weights=weights[~lost], minlength=floors.indptr.size - 1)
    label_of = np.repeat(np.arange(by_label.size), np.diff(floors.indptr))
    reachable = np.bincount(floors.floor_index, weights=by_label[label_of], minlength=floors.minimum.size)
    missed = np.flatnonzero(reachable < floors.minimum)
    return floor_ray(problem, int(missed[0]), lost) if missed.size else None
