"""What each station costs, in whole fen: a site's own columns override the amounts of its host kind.

An item that neither the study nor any site mentions is not part of the account and counts as 0. An item that is given
for some sites must be given for all: by the site, by its host, or by ``[costs.default]``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from placement.errors import Fault, InputError
from placement.study import CostSection
from placement.values import Sites
from placement.values._frozen import frozen_array
from placement.values.sites import COST_KEYS

RUNNING_KEYS = ("rent", "maintenance", "staff")


@dataclass(frozen=True, kw_only=True, eq=False)
class StationCosts:
    """Costs of one station at each site, (sites,) int64 fen.

    Parameters
    ----------
    purchase
        Opening a new station there.
    move
        Moving a station there; dismantling at the old place is inside it.
    close
        Closing the station that stands there.
    running
        Rent, maintenance and staff of one year.
    """

    purchase: NDArray[np.int64]
    move: NDArray[np.int64]
    close: NDArray[np.int64]
    running: NDArray[np.int64]

    def __post_init__(self) -> None:
        for name in ("purchase", "move", "close", "running"):
            object.__setattr__(self, name, frozen_array(getattr(self, name), np.int64))


def station_costs(sites: Sites, costs: Mapping[str, CostSection]) -> StationCosts:
    """Return the costs of a station at each site.

    Raises
    ------
    InputError
        Naming every host (with its first site) that lacks an item which other sites have.
    """
    faults: list[Fault] = []
    items = {key: _item(sites.table, costs, key, faults) for key in COST_KEYS}
    if faults:
        raise InputError(faults)
    running = sum((items[key] for key in RUNNING_KEYS), np.zeros(len(sites), dtype=np.int64))
    return StationCosts(purchase=items["purchase"], move=items["move"], close=items["close"], running=running)


def _item(table: pd.DataFrame, costs: Mapping[str, CostSection], key: str, faults: list[Fault]) -> NDArray[np.int64]:
    by_host = {host: getattr(section, key) for host, section in costs.items() if getattr(section, key) is not None}
    own = table[f"{key}_fen"]
    if not by_host and own.isna().all():
        return np.zeros(len(table), dtype=np.int64)
    amounts = own.fillna(table["host"].map(by_host).astype("Int64"))
    if "default" in by_host:
        amounts = amounts.fillna(by_host["default"])
    missing = table.loc[amounts.isna().to_numpy()]
    for host, rows in missing.groupby("host"):
        problem = f"no amount for host {host} (first site {rows.index[0]}, {len(rows)} in all)"
        faults.append(
            Fault(table="study.toml", row=f"costs.{host}.{key}", problem=problem, remedy="add it or [costs.default]")
        )
    return np.asarray(amounts.fillna(0).to_numpy(dtype=np.int64))
