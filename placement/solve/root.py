"""The root of the tree: what is known there, and the moves that stages are made of.

A stage takes what is known at the root and returns it with more known: tighter prices, a better plan, more columns
fixed. Whatever it fixes goes into the log, so that the proof holds wherever a stage is cut short.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from placement.solve.bounds.prices import Prices, scaled_bound
from placement.solve.cuts.arrays import NO_CUTS
from placement.solve.deadline import Deadline
from placement.solve.plans.population import Improver
from placement.solve.program.domain import Domain
from placement.solve.program.incumbent import Incumbent
from placement.solve.program.problem import Problem
from placement.solve.program.reduced import ReducedProgram
from placement.solve.tree.first_order_visitor import FirstOrderVisitor
from placement.solve.tree.node import Node, Visit, fixed_by_prices
from placement.solve.tree.tools import Tools
from placement.values import Solution
from placement.values.arrays import BoolArray
from placement.values.certificate import SCALE

KnownPrices = Callable[[ReducedProgram, Problem], Prices]
"""Makes prices of a program that somebody knows before anything is solved."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Root:
    """What is known at the root.

    Parameters
    ----------
    domain
        What is decided.
    bound
        Scaled bound.
    prices
        The price set that gives `bound`.
    x
        (columns,) a point of the relaxation.
    incumbent
        The best plan; None: there is none yet.
    improver
        The search for plans so far, from whose plans the next one goes on; None: there was none.
    relaxed
        (columns,) those in the relaxation that the root was cut with by simplex steps; None: it was not.
    by_solver
        What HiGHS made of the program where it was asked for a plan; None: it was not.
    """

    domain: Domain
    bound: int
    prices: Prices
    x: NDArray[Any]
    incumbent: Incumbent | None = None
    improver: Improver | None = None
    relaxed: BoolArray | None = None
    by_solver: Solution | None = None

    @classmethod
    def of(cls, problem: Problem) -> Root:
        """Return the root with the trivial prices: everything coverable is covered."""
        prices = Prices(
            objective=1,
            rows=np.zeros(problem.covers.weights.size, dtype=np.int64),
            cuts=np.empty(0, dtype=np.int64),
            theta=np.zeros(problem.low.size, dtype=np.int64),
            phi=np.zeros(problem.floors.minimum.size, dtype=np.int64),
        )
        domain = Domain.of(problem)
        bound, _ = scaled_bound(problem, NO_CUTS, prices, domain)
        return cls(domain=domain, bound=bound, prices=prices, x=np.zeros(problem.n_columns))

    @property
    def node(self) -> Node:
        """The root as a node of the tree."""
        return Node(number=0, bound=self.bound, domain=self.domain, prices=self.prices, x=self.x)

    def better(self, incumbent: Incumbent | None) -> Root:
        """Return the root with the better one of two plans."""
        if self.incumbent is not None:
            incumbent = self.incumbent.or_better(incumbent)
        return replace(self, incumbent=incumbent)

    def priced(self, prices: Prices, tools: Tools) -> Root:
        """Return the root with other prices, where they bound it better."""
        bound, _ = tools.bound(prices, self.domain)
        return replace(self, prices=prices, bound=bound) if bound < self.bound else self

    def is_closed(self, tools: Tools) -> bool:
        """Return whether no plan can be better than the one at hand by more than is asked."""
        return self.bound // SCALE <= tools.allowed(self.incumbent)


def taken(root: Root, visit: Visit, tools: Tools) -> Root:
    """Return the root after a visit to it; what the visit fixed is logged.

    What cannot be sealed in time any more is not taken, but for the plan.
    """
    if not tools.seals_in_time(visit.fixings):
        return root.better(visit.incumbent)
    node = visit.node
    for prices, columns, values in visit.fixings:
        tools.log.add_fixing(0, prices, node.domain.limits, columns, values)
    tools.log.look_ahead()
    return replace(root, domain=node.domain, bound=node.bound, prices=node.prices, x=node.x).better(visit.incumbent)


def bounded(root: Root, tools: Tools, until: Deadline, iterations: int, *, decisive: float | None = None) -> Root:
    """Return the root with the bound of so many first-order steps, what it fixes, and a plan near its points."""
    visitor = FirstOrderVisitor(tools, until, decisive=decisive)
    return taken(root, visitor.look(root.node, tools.allowed(root.incumbent), iterations, search=True), tools)


def fixed(root: Root, tools: Tools) -> Root:
    """Return the root with what its prices and its plan decide fixed."""
    return taken(root, fixed_by_prices(tools, root.node, tools.allowed(root.incumbent)), tools)


def core(root: Root, tools: Tools) -> BoolArray:
    """Return the columns whose reduced value is close to what a better plan needs."""
    _, rho = tools.bound(root.prices, root.domain)
    value = 0 if root.incumbent is None else root.incumbent.value
    return np.asarray(rho / SCALE > -tools.settings.root.core_share * (root.bound / SCALE - value))


def with_improver(root: Root, tools: Tools, *, threads: int = 1) -> tuple[Root, Improver]:
    """Return what improves plans within the core of the root, from the plans of the last such search; and the root."""
    within, settings = core(root, tools), tools.settings.plans
    if root.improver is None:
        improver = Improver(tools.problem, root.domain, within, tools.seed, threads, settings)
    else:
        improver = root.improver.narrowed(root.domain, within)
    return replace(root, improver=improver), improver


def simplex_fits(root: Root, tools: Tools) -> bool:
    """Return whether the simplex method comes to an end on what the root leaves undecided in good time."""
    covers, most = tools.problem.covers, tools.settings.root
    if covers.weights.size <= most.simplex_rows and covers.sites.size <= most.simplex_entries:
        return True
    work = root.domain.restricted(tools.problem)
    return work.weights.size <= most.simplex_rows and work.sites.size <= most.simplex_entries


def has_many_columns(root: Root, tools: Tools) -> bool:
    """Return whether so many columns are undecided that plans and cuts come before branching."""
    return root.domain.n_free > tools.settings.root.many_columns
