"""Chosen columns into actions."""

from __future__ import annotations

import numpy as np
import pandas as pd

from placement.economics import CAPITAL, Action, StationCosts
from placement.models.model import LEAVE
from placement.plan.pairing import pair_moves
from placement.streets import Streets
from placement.values import Sites
from placement.values.plan import ACTION_COLUMNS, ACTIONS

_BEFORE = frozenset({"keep", "close"})
_AFTER = frozenset({"keep", "open"})


def decode(actions: tuple[Action, ...], sites: Sites, costs: StationCosts, streets: Streets | None) -> pd.DataFrame:
    """Return one action a station kept, moved, closed or opened, with the columns of ``ACTION_COLUMNS``.

    Sorted by the site at which the action takes place. A station that moves appears once, at its destination; where a
    move begins and where it ends are paired by least total length.

    Parameters
    ----------
    actions
        What happens where, as a model's columns say it.
    sites, costs, streets
        As in :func:`placement.plan.optimise`.
    """
    table = sites.table
    machines = table["machines"].to_numpy(dtype=int)
    leaving, arriving = (
        np.array([site for action, site in actions if action == wanted], dtype=np.int64) for wanted in (LEAVE, "move")
    )
    origin = {to: start for start, to in pair_moves(table, leaving, arriving, streets)}
    rows: list[tuple[object, ...]] = []
    for action, site in actions:
        if action not in ACTIONS:
            continue
        before, after = (machines[site] if action in having else 0 for having in (_BEFORE, _AFTER))
        if action == "move":
            after = machines[origin[site]]
        start = table.index[origin[site]] if action == "move" else ""
        rows.append((table.index[site], action, start, before, after, CAPITAL.amount(costs, action, site)))
    frame = pd.DataFrame(sorted(rows, key=lambda row: str(row[0])), columns=list(ACTION_COLUMNS))
    return frame.astype({"machines_before": int, "machines_after": int, "cost_fen": int})
