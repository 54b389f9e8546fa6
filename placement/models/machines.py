r"""Stations of several machines: how many stand where, and how many of those that move save a purchase.

Beside the decisions of :mod:`placement.models.maximal_coverage` that a station is kept (``keep`` e) or opened
(``open`` j), each with its first machine, there is a column for every further machine that there may be:

===============  ==========================================================================
column           meaning
===============  ==========================================================================
``hold`` e, k    the station at e keeps its k-th machine, :math:`2 \le k \le m_e` of today; never without room
``gain`` j, k    there is a k-th machine at j that is more than today
``bring`` c      one of the machines that sites of class c gain is moved there, not bought
``send`` o       one of those that sites of class o lose is moved, not taken away
===============  ==========================================================================

Which machine comes from where is no decision of the program. Sites where purchase and move cost the same are one class
c, those where taking away costs the same one class o: among them only the numbers matter, and the least walk pairs them
afterwards (:mod:`placement.plan.pairing`). The columns of a class are alike.

.. math::

    \text{machine } k \text{ at } j:\;& y_{jk} \le y_{j,k-1}, \qquad y_{j1} = keep_j \text{ or } open_j \\
    \text{gains of } c:\;& \sum bring_c \le \sum_{j \in c} open_j + \sum_{j \in c,\, k} gain_{jk} \\
    \text{losses of } o:\;& \sum send_o \le \sum_{e \in o} \Bigl[ (1 - keep_e) + \sum_k (1 - hold_{ek}) \Bigr] \\
    \text{tokens}:\;& \sum_c bring_c - \sum_o send_o = 0

With G and L the machines gained and lost and V those moved, G - V are bought and L - V taken away. Purchase, move,
removal and maintenance are of a machine; installation, closing, rent, network and staff of a station. Limits on moves,
opens, closes and changes count machines moved, bought, taken away, and all three together; ``max_opens`` and
``max_closes`` also limit by how much the number of stations grows or falls:

.. math:: -\text{max\_closes} \le \sum_e keep_e + \sum_j open_j - |E| \le \text{max\_opens}

Where no station has more than one machine, all this is the program of stations that move, but that a station that is
given up pays for closing even where its machine moves.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from placement.case import Case
from placement.economics import Line
from placement.models.model import Amounts, Columns, Decision
from placement.values import LinearRow
from placement.values.arrays import BoolArray, IntArray
from placement.values.rows import COUNT, MACHINES, REQUIRED_SITE, TOKENS

DECISIONS = {
    "keep": Decision(does="keep", spares="close"),
    "open": Decision(does="open"),
    "hold": Decision(does="hold", counts=("run",), spares="scrap"),
    "gain": Decision(does="gain", counts=("run", "buy")),
    "bring": Decision(does="bring", undoes=("buy",)),
    "send": Decision(does="send", counts=(), undoes=("scrap",)),
}
"""Kinds of columns: a station stays, comes; a further machine stays, comes; one that comes, or goes, moves."""
MACHINE_KINDS = ("keep", "open", "hold", "gain")
"""Columns of which each is one machine that stands."""


class MachineColumns(Columns):
    """Columns of which several may be chosen at one site."""

    def base(self, amounts: Amounts) -> int:
        """Return what it adds up to where no column is chosen: each column spares for itself."""
        spared = {kind: decision.spares for kind, decision in self.decisions.items() if decision.spares is not None}
        return sum(int(amounts(action)[self.sites[self.kinds == kind]].sum()) for kind, action in spared.items())

    def paying(self, line: Line, added: NDArray[np.int64]) -> NDArray[np.int64]:  # noqa: ARG002 -- of all lines alike
        """Return the columns that add to a budget line."""
        return np.flatnonzero(added)

    def first_alike(self, chosen: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Return the same plan where of machines that move, all alike in a class, the first columns are chosen."""
        first = np.array(chosen)
        for kind in ("bring", "send"):
            here = np.flatnonzero(self.kinds == kind)
            for site in np.unique(self.sites[here]):
                alike = here[self.sites[here] == site]
                first[alike] = np.arange(alike.size) < np.count_nonzero(chosen[alike])
        return first

    def machines(self, chosen: NDArray[np.bool_], n_sites: int) -> IntArray:
        """Return (sites,) how many machines stand."""
        here = chosen & np.isin(self.kinds, MACHINE_KINDS)
        return np.bincount(self.sites[here], minlength=n_sites)


@dataclass(frozen=True, kw_only=True, eq=False)
class Room:
    """How many machines stand at each site today, and how many may, (sites,).

    Parameters
    ----------
    today
        0 where no station stands.
    most
        As many as there is room for and the policy allows.
    """

    today: IntArray
    most: IntArray

    @classmethod
    def of(cls, case: Case) -> Room:
        """Return the room at the sites of a case whose policy counts machines."""
        table, most = case.sites.table, case.policy.max_machines
        assert most is not None  # noqa: S101 -- as the caller asked
        today = np.where(case.standing, table["machines"].to_numpy(dtype=np.int64), 0)
        return cls(today=today, most=np.minimum(table["max_machines"].to_numpy(dtype=np.int64), most))


def machine_columns(case: Case) -> MachineColumns:
    """Return the columns: kind by kind, within it by site id, then by the number of the machine.

    Those that move stand for the first site by id of their class; there are as many as can move.
    """
    room, order = Room.of(case), case.coverage.by_ids().sites
    today, most = room.today[order], room.most[order]
    gained = np.maximum(0, most - today)
    sites = {
        "keep": order[today > 0],
        "open": order[today == 0],
        "hold": np.repeat(order, np.maximum(0, today - 1)),
        "gain": np.repeat(order, np.where(today > 0, gained, most - 1)),
    }
    gaining, losing = np.repeat(order, gained), np.repeat(order, today)
    moving = min(gaining.size, losing.size)
    if case.policy.max_moves is not None:
        moving = min(moving, case.policy.max_moves)
    for kind, places, labels in (("bring", gaining, gain_classes(case)), ("send", losing, loss_classes(case))):
        sites[kind] = _alike(places, labels, moving)
    return MachineColumns(
        kinds=np.concatenate([np.full(at.size, kind, dtype="U5") for kind, at in sites.items()]),
        sites=np.concatenate(list(sites.values())),
        decisions=DECISIONS,
    )


def beyond_room(columns: MachineColumns, case: Case) -> BoolArray:
    """Return (columns,) the machines of today for which there is no room after the plan."""
    held = np.flatnonzero(columns.kinds == "hold")
    number = pd.Series(held).groupby(columns.sites[held]).cumcount().to_numpy() + 2
    beyond = np.zeros(columns.kinds.size, dtype=np.bool_)
    beyond[held] = number > Room.of(case).most[columns.sites[held]]
    return beyond


def gain_classes(case: Case) -> IntArray:
    """Return (sites,) a number for each pair of what a machine costs to buy and to move here."""
    return _labels(np.column_stack([case.costs.purchase, case.costs.move]))


def loss_classes(case: Case) -> IntArray:
    """Return (sites,) a number for each amount that it costs to take a machine away."""
    return _labels(case.costs.remove[:, None])


def _labels(amounts: IntArray) -> IntArray:
    return np.asarray(np.unique(amounts, axis=0, return_inverse=True)[1]).reshape(-1)


def _alike(places: IntArray, labels: IntArray, most: int) -> IntArray:
    """Return, for as many of each class as there are places and at most `most`, the first site of the class."""
    found = pd.Series(places).groupby(labels[places], sort=False).agg(["first", "size"])
    return np.repeat(found["first"].to_numpy(dtype=np.int64), np.minimum(found["size"].to_numpy(), most))


def machine_rows(columns: MachineColumns, case: Case) -> Iterator[LinearRow]:
    """Yield the rows of the module's docstring, site by site by id, class by class, then all moves."""
    yield from _site_rows(columns, case)
    room = Room.of(case)
    kinds, gains, losses = columns.kinds, gain_classes(case)[columns.sites], loss_classes(case)[columns.sites]
    for label in dict.fromkeys(gains[kinds == "bring"].tolist()):
        coming, moved = np.isin(kinds, ("open", "gain")), kinds == "bring"
        yield _signed("machines gained", {1: moved & (gains == label), -1: coming & (gains == label)}, 0)
    for label in dict.fromkeys(losses[kinds == "send"].tolist()):
        here = np.isin(kinds, ("keep", "hold", "send")) & (losses == label)
        yield _signed("machines lost", {1: here}, int(room.today[loss_classes(case) == label].sum()))
    moves = np.isin(kinds, ("bring", "send"))
    if moves.any():
        signs = np.where(kinds[moves] == "bring", 1, -1)
        yield LinearRow(
            name="tokens", kind=TOKENS, columns=np.flatnonzero(moves), coefficients=signs, limit=0, equality=True
        )


def _site_rows(columns: MachineColumns, case: Case) -> Iterator[LinearRow]:
    """Yield that a machine stands only beside the one before it; first, that a station comes where one must."""
    table = case.sites.table
    must = ((table["status"] == "required") & ~table["existing"].astype(bool)).to_numpy()
    own = np.flatnonzero(np.isin(columns.kinds, MACHINE_KINDS))
    here = pd.Series(own).groupby(columns.sites[own]).indices
    for site in case.coverage.by_ids().sites.tolist():
        at = own[here[site]]
        if must[site]:
            yield LinearRow(
                name=f"site {table.index[site]}", kind=REQUIRED_SITE, columns=at[:1],
                coefficients=np.ones(1, dtype=np.int64), limit=1, equality=True,
            )  # fmt: skip
        for before, after in pairwise(at.tolist()):
            yield LinearRow(
                name=f"site {table.index[site]}", kind=MACHINES, columns=np.array([before, after]),
                coefficients=np.array([-1, 1]), limit=0,
            )  # fmt: skip


def _signed(name: str, parts: dict[int, NDArray[np.bool_]], limit: int) -> LinearRow:
    signs = sum(sign * here.astype(np.int64) for sign, here in parts.items())
    listed = np.flatnonzero(signs)
    return LinearRow(name=name, kind=MACHINES, columns=listed, coefficients=np.asarray(signs)[listed], limit=limit)


def station_rows(columns: MachineColumns, case: Case) -> Iterator[LinearRow]:
    """Yield by how much the number of stations may grow and fall, where the policy limits opens and closes."""
    stands, today = np.flatnonzero(columns.doing({"keep", "open"})), int(case.standing.sum())
    for name, most, sign in (("max_opens", case.policy.max_opens, 1), ("max_closes", case.policy.max_closes, -1)):
        if most is not None:
            yield LinearRow(
                name=f"{name}.stations", kind=COUNT, columns=stands, coefficients=np.full(stands.size, sign),
                limit=most + sign * today, base=-sign * today,
            )  # fmt: skip
