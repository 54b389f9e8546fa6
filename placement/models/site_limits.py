r"""Limits that go by what a site is: its host, its chain, its neighbours, what was decided about it.

With :math:`s_j` the sum of the columns after which a station stands at site j, :math:`n_j` of those by which one comes
there (a station opened or moved), and :math:`x_k` single columns:

.. math::

    \text{max\_by\_host } h:\;& \sum_{j \in h} s_j \le N_h
    \qquad \text{max\_by\_chain } c:\; \sum_{j \in c} s_j \le N_c \\
    \text{exclusive } e:\;& \sum_{j \in e} s_j \le 1 \\
    \text{action\_fixed}:\;& \sum_{k \text{ not to happen}} x_k - \sum_{k \text{ to happen}} x_k \le
        -|\{k \text{ to happen}\}| \\
    \text{spacing\_m}:\;& \sum_{j \in Q} s_j \le 1 \quad\text{for each } Q \text{ of sites that are too near} \\
    \text{min\_reach\_new}:\;& \sum_{j:\, w(j) < W} n_j \le 0

The row of fixed actions can hold only where every column in it is as it is fixed. Sites that both have a station today
are never too near: both may stay. The sets Q cover all pairs that are; one whose pairs are all too near says in one row
what else takes one a pair, and says it more tightly. It holds at most one site with a station.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from placement.case import Case
from placement.models.model import LEAVE, STANDING, WEIGHT_SCALE, Columns
from placement.travel.between import nearer_than
from placement.values import LinearRow, RowKind
from placement.values.limits import BY_KIND
from placement.values.rows import COUNT, EXCLUSIVE, FIXED, REACH_NEW, SPACING

MM = 1000
"""Millimetres a metre."""


def site_limit_rows(columns: Columns, case: Case, weights: NDArray[np.int64]) -> Iterator[LinearRow]:
    """Yield the rows of the module's docstring; `weights` are those of the program's rows, thousandths."""
    yield from standing_rows(columns, kind_sets(case))
    yield from fixed_row(columns, case)
    yield from standing_rows(columns, spacing_sets(case))
    yield from reach_row(columns, case, weights)


@dataclass(frozen=True, kw_only=True, eq=False)
class Together:
    """Sites of which at most some may have a station.

    Parameters
    ----------
    name, kind
        Of its row.
    here
        (sites,) which they are.
    most
        How many of them.
    """

    name: str
    kind: RowKind
    here: NDArray[np.bool_]
    most: int


def standing_rows(columns: Columns, sets: Iterable[Together]) -> Iterator[LinearRow]:
    """Yield a row for each set: at most so many of its sites have a station after the plan."""
    for each in sets:
        yield _at_most(each.name, _standing_at(columns, each.here), each.most, each.kind)


def kind_sets(case: Case) -> Iterator[Together]:
    """Yield the sites of each host and chain that has a limit, then those that exclude one another."""
    for key, column in BY_KIND.items():
        kinds = case.sites.table[column].to_numpy()
        for name, most in sorted(getattr(case.policy, key).items()):
            yield Together(name=f"{key}.{name}", kind=COUNT, here=kinds == name, most=most)
    texts = case.sites.table["exclusive"].to_numpy()
    for text in sorted(set(texts) - {""}):
        if np.count_nonzero(texts == text) > 1:
            yield Together(name=f"exclusive {text}", kind=EXCLUSIVE, here=texts == text, most=1)


def fixed_row(columns: Columns, case: Case) -> Iterator[LinearRow]:
    """Yield the row of fixed actions; nothing where none is fixed."""
    fixed = case.sites.table["action_fixed"].to_numpy()[columns.sites]
    happens = np.zeros(columns.sites.size, dtype=np.bool_)
    for action in ("keep", "open"):
        happens |= (fixed == action) & columns.doing({action})
    prevented = (fixed == "close") & columns.doing({"keep", LEAVE})
    listed = np.flatnonzero(happens | prevented)
    if listed.size:
        signs = np.where(happens[listed], -1, 1)
        sites = np.unique(columns.sites[happens])
        yield LinearRow(name="action_fixed", kind=FIXED, columns=listed, coefficients=signs, limit=-sites.size)


def spacing_sets(case: Case) -> Iterator[Together]:
    """Yield each set of sites too near to one another; sites are numbered by id."""
    if case.policy.spacing_m is None:
        return
    order = case.coverage.by_ids().sites
    table = case.sites.table.iloc[order]
    near = nearer_than(table, case.streets, math.ceil(case.policy.spacing_m * MM))
    stands = table["existing"].to_numpy(dtype=bool)
    near &= ~(stands[:, None] & stands[None, :])
    for together in cliques(near):
        at = np.zeros(order.size, dtype=np.bool_)
        at[order[together]] = True
        yield Together(name="spacing_m", kind=SPACING, here=at, most=1)


def cliques(near: NDArray[np.bool_]) -> Iterator[NDArray[np.int64]]:
    """Yield sets of which each two are near, so that each pair that is near lies in one of them at least.

    Pairs are looked at in their order. One that lies in no set yet begins one; it is joined by every later number, in
    order, that is near to all in it.

    Parameters
    ----------
    near
        (n, n) symmetric; nothing is near itself.

    Examples
    --------
    >>> near = np.array([[0, 1, 1, 0], [1, 0, 1, 0], [1, 1, 0, 1], [0, 0, 1, 0]], dtype=bool)
    >>> [each.tolist() for each in cliques(near)]
    [[0, 1, 2], [2, 3]]
    """
    left = np.triu(near)
    for first in range(len(near)):
        while left[first].any():
            together, common = [first], near[first].copy()
            following = int(np.argmax(left[first]))
            while following >= 0:
                together.append(following)
                common &= near[following]
                later = np.flatnonzero(common[following + 1 :])
                following = following + 1 + int(later[0]) if later.size else -1
            left[np.ix_(together, together)] = False
            yield np.array(together, dtype=np.int64)


def reach_row(columns: Columns, case: Case, weights: NDArray[np.int64]) -> Iterator[LinearRow]:
    """Yield that no station comes where too little can reach it; nothing where every site is good enough."""
    least = case.policy.min_reach_new
    if least is None:
        return
    comes = np.flatnonzero(columns.doing({"open", "move"}))
    reach = case.coverage.weight_at_sites(weights, case.coverage.by_ids())
    poor = comes[reach[columns.sites[comes]] < least * WEIGHT_SCALE]
    if poor.size:
        yield _at_most("min_reach_new", poor, 0, REACH_NEW)


def _standing_at(columns: Columns, here: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return the columns after which a station stands at one of some sites."""
    return np.flatnonzero(columns.doing(STANDING) & here[columns.sites])


def _at_most(name: str, listed: NDArray[np.int64], most: int, kind: RowKind) -> LinearRow:
    ones = np.ones(listed.size, dtype=np.int64)
    return LinearRow(name=name, kind=kind, columns=listed, coefficients=ones, limit=most)
