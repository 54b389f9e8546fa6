"""How a node differs from its parent, and the limits of side rows there."""

from __future__ import annotations

from dataclasses import dataclass

from placement.values.arrays import IntArray


@dataclass(frozen=True, kw_only=True, eq=False)
class Branch:
    """How a node differs from its parent: one column, or a limit on how many of a group are chosen.

    Parameters
    ----------
    group
        Whether `index` is a group; else a column.
    index
        Column or group.
    value
        The column's value; for a group 0 for ``<= limit``, 1 for ``>= limit + 1``.
    limit
        0 for a column.
    """

    group: bool
    index: int
    value: int
    limit: int = 0


@dataclass(frozen=True, kw_only=True, eq=False)
class Limits:
    """Limits of all side rows at a node, and the nodes that set those of the groups (-1: the program itself)."""

    low: IntArray
    high: IntArray
    low_node: IntArray
    high_node: IntArray
