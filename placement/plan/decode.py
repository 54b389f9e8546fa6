"""Chosen columns into actions, and actions into budget lines."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from placement.economics import Policy, StationCosts
from placement.models import RelocationModel
from placement.plan.pairing import pair_moves
from placement.streets import Streets
from placement.values import BudgetLine, Sites
from placement.values.plan import ACTION_COLUMNS


def decode(
    model: RelocationModel, chosen: NDArray[np.bool_], sites: Sites, costs: StationCosts, streets: Streets | None
) -> pd.DataFrame:
    """Return one action a station kept, moved, closed or opened, with the columns of ``ACTION_COLUMNS``.

    Sorted by the site at which the action takes place. A station that moves appears once, at its destination.
    """
    table = sites.table
    machines = table["machines"].to_numpy(dtype=int)
    at = {kind: model.sites[chosen & (model.kinds == kind)] for kind in ("keep", "give", "open", "move_in")}
    gone = np.setdiff1d(
        np.flatnonzero(table["existing"].to_numpy(dtype=bool)), np.concatenate([at["keep"], at["give"]])
    )
    rows: list[tuple[object, ...]] = [
        *((table.index[site], "keep", "", machines[site], machines[site], 0) for site in at["keep"]),
        *((table.index[site], "close", "", machines[site], 0, int(costs.close[site])) for site in gone),
        *((table.index[site], "open", "", 0, machines[site], int(costs.purchase[site])) for site in at["open"]),
    ]
    for origin, destination in pair_moves(table, at["give"], at["move_in"], streets):
        cost = int(costs.move[destination])
        rows.append((table.index[destination], "move", table.index[origin], 0, machines[origin], cost))
    frame = pd.DataFrame(sorted(rows, key=lambda row: str(row[0])), columns=list(ACTION_COLUMNS))
    return frame.astype({"machines_before": int, "machines_after": int, "cost_fen": int})


def standing_after(model: RelocationModel, chosen: NDArray[np.bool_], n_sites: int) -> NDArray[np.bool_]:
    """Return at which sites a station stands after the plan."""
    standing = np.zeros(n_sites, dtype=bool)
    standing[model.sites[chosen & (model.kinds != "give")]] = True
    return standing


def budget_lines(
    actions: pd.DataFrame, standing: NDArray[np.bool_], costs: StationCosts, policy: Policy
) -> tuple[BudgetLine, ...]:
    """Return the capital line (all actions) and the running line (one year of every station standing after)."""
    capital = BudgetLine(name="capital", amount_fen=int(actions["cost_fen"].sum()), cap_fen=policy.capital_fen)
    running = BudgetLine(name="running", amount_fen=int(costs.running[standing].sum()), cap_fen=policy.running_fen)
    return capital, running
