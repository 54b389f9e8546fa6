"""A node of the tree, what comes of a visit to it, and what visits nodes."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from placement.solve.bounds.prices import Prices, side_ray
from placement.solve.program.domain import Domain
from placement.solve.program.incumbent import Incumbent
from placement.solve.program.limits import Branch
from placement.solve.program.restrict import Work
from placement.solve.settings import TreeSettings
from placement.solve.tree.proof import Fixing
from placement.solve.tree.tools import Tools
from placement.values.certificate import SCALE


@dataclass(frozen=True, kw_only=True, eq=False)
class Node:
    """An open node.

    Parameters
    ----------
    number
        As in the certificate.
    bound
        Scaled bound.
    domain
        What is decided.
    prices
        The price set that gives `bound`.
    x
        (columns,) a point of the relaxation.
    """

    number: int
    bound: int
    domain: Domain
    prices: Prices
    x: NDArray[Any]


@dataclass
class Visit:
    """What comes of a visit to a node; it grows while the visit lasts, and is all that the visit hands back.

    Parameters
    ----------
    node
        The node with what was learnt.
    fixings
        (price set, columns, values) in order.
    closing
        Price set that closes the node, if one does.
    incumbent
        A plan found on the way.
    branches
        The two children, unless closed.
    value
        Value of the relaxation as it was last solved at the node by the simplex method; None: it was not.
    effort
        Work done in a measure that no clock has a part in; 0 where it is not measured.
    """

    node: Node
    fixings: list[Fixing] = field(default_factory=list)
    closing: Prices | None = None
    incumbent: Incumbent | None = None
    branches: tuple[Branch, Branch] | None = None
    value: float | None = None
    effort: int = 0

    def reach(self, allowed: int) -> int:
        """Return the value that bounds may be left at, plans of this visit included."""
        return allowed if self.incumbent is None else max(allowed, self.incumbent.value)

    def found(self, incumbent: Incumbent | None) -> None:
        """Keep a plan if it is the best of the visit."""
        self.incumbent = incumbent if self.incumbent is None else self.incumbent.or_better(incumbent)

    def close_if_reached(self, allowed: int) -> bool:
        """Close the node if its bound is low enough; return whether it is closed."""
        if self.node.bound // SCALE <= self.reach(allowed):
            self.closing = self.node.prices
        return self.closing is not None

    def propagate(self, tools: Tools) -> bool:
        """Fix what the side rows decide; return False where a row is broken, the closing ray noted."""
        domain, found = self.node.domain.propagated(tools.problem)
        changed = (np.diff(found.rows) != 0) | (np.diff(found.above.astype(np.int8)) != 0)
        edges = [0, *(np.flatnonzero(changed) + 1).tolist(), found.rows.size]
        for begin, end in itertools.pairwise(edges):
            if end > begin:
                ray = side_ray(tools.problem, int(found.rows[begin]), above=bool(found.above[begin]))
                self.fixings.append((ray, found.columns[begin:end], found.values[begin:end]))
        self.node = replace(self.node, domain=domain)
        if found.broken >= 0:
            self.closing = side_ray(tools.problem, int(found.broken), above=bool(found.broken_above))
        return bool(found.broken < 0)

    def fix(self, tools: Tools, reach: int) -> int:
        """Fix columns whose other choice is bounded by `reach`; return how many."""
        node = self.node
        bound, rho = tools.bound(node.prices, node.domain)
        columns = np.flatnonzero(node.domain.free & ((bound - np.abs(rho)) // SCALE <= reach) & (rho != 0))
        if columns.size:
            values = (rho[columns] > 0).astype(np.int64)
            self.node = replace(node, domain=node.domain.fixed(columns, values))
            self.fixings.append((node.prices, columns, values))
        return int(columns.size)

    def look_for_plan(self, tools: Tools, work: Work) -> None:
        """Look for a plan near the point of the node; `work` is what its domain leaves."""
        self.found(tools.finder.from_point(work, self.node.domain, self.node.x[work.columns]))


class Visitor(Protocol):
    """Visits nodes of one program."""

    def visit(self, node: Node, allowed: int, turn: int) -> Visit:
        """Return what comes of `node` when bounds of `allowed` or less are of no interest.

        `turn` is how many nodes were visited in this way before: it decides how hard to look.
        """


def fixed_by_prices(tools: Tools, node: Node, allowed: int) -> Visit:
    """Return what the prices of `node` alone fix when bounds of `allowed` or less are of no interest."""
    visit = Visit(node=node)
    visit.fix(tools, allowed)
    return visit


def is_searched(settings: TreeSettings, turn: int) -> bool:
    """Return whether a plan is looked for at the `turn`-th node: at the first ones, later at some."""
    return turn < settings.always_search or turn % settings.search_every == 0
