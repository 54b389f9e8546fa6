"""How a node is branched where nothing is tried out: by the number of a group, else by a column."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from placement.solve.program.limits import Branch
from placement.solve.program.problem import FREE
from placement.solve.tree.node import Node
from placement.solve.tree.tools import Tools
from placement.values.arrays import IntArray


def simple_question(tools: Tools, node: Node) -> tuple[Branch, Branch] | None:
    """Return the two children: by the number of a group where that is fractional, else by a column; None: all decided.

    Kinds of decisions come before other totals, these before the columns of one site, which are weighed by what is
    within reach.
    """
    group = _most_fractional_group(tools, node)
    if group is not None:
        limit = int(np.floor(node.x[tools.groups[group]].sum()))
        answers = (Branch(group=True, index=group, value=value, limit=limit) for value in (0, 1))
        return next(answers), next(answers)
    free = np.flatnonzero(node.domain.free)
    if not free.size:
        return None
    column = int(free[_most_undecided(tools, free, node.x[free])])
    return Branch(group=False, index=column, value=1), Branch(group=False, index=column, value=0)


def _most_fractional_group(tools: Tools, node: Node) -> int | None:
    problem, status, limits = tools.problem, node.domain.status, node.domain.limits
    least = tools.settings.tree.group_fraction
    best, score = None, least
    n_sums = problem.n_kinds + problem.n_totals
    for group, columns in enumerate(tools.groups):
        if group in {problem.n_kinds, n_sums} and best is not None:
            break
        row = problem.n_linear + group
        count = float(node.x[columns].sum())
        fraction = abs(count - round(count))
        if group >= n_sums and fraction > least:
            fraction *= float(np.sqrt(tools.finder.column_weight[columns[0]]))
        inside = limits.low[row] <= np.floor(count) < limits.high[row]
        if inside and fraction > score and bool((status[columns] == FREE).any()):
            best, score = group, fraction
    return best


def _most_undecided(tools: Tools, columns: IntArray, x: NDArray[Any]) -> int:
    weight = tools.finder.column_weight[columns]
    fraction = np.minimum(x, 1.0 - x)
    if fraction.max() > tools.settings.tree.column_fraction:
        return int(np.argmax(fraction * np.sqrt(weight)))
    return int(np.argmax((x + 1e-6) * weight))
