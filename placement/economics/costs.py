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

from placement.errors import AlignmentError, Fault, InputError
from placement.study import CostSection
from placement.values import Sites
from placement.values.arrays import frozen_array
from placement.values.checks import MOST_FEN, Faults, shown
from placement.values.immutable import immutable
from placement.values.shown import Shown
from placement.values.sites import COST_KEYS

ITEMS = ("purchase", "move", "close", "running")
RUNNING_KEYS = ("rent", "maintenance", "staff")


@immutable
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
    site_ids
        Whose costs they are, compared with the sites of a program; None: not known.

    Raises
    ------
    InputError
        Where an amount is negative, no whole number of fen, or no number; where lengths differ.
    """

    purchase: NDArray[np.int64]
    move: NDArray[np.int64]
    close: NDArray[np.int64]
    running: NDArray[np.int64]
    site_ids: pd.Index | None = None

    def __post_init__(self) -> None:
        faults = Faults("costs")
        arrays = {name: faults.amounts(name, getattr(self, name), self.site_ids) for name in ITEMS}
        faults.raise_any()
        sizes = {name: array.size for name, array in arrays.items()}
        if self.site_ids is not None:
            sizes["site_ids"] = len(self.site_ids)
        if len(set(sizes.values())) > 1:
            said = ", ".join(f"{name} {size}" for name, size in sizes.items())
            raise AlignmentError.single("costs", f"differ in length: {said}", remedy="give one amount a site")
        for name, array in arrays.items():
            object.__setattr__(self, name, frozen_array(array, np.int64))

    def __len__(self) -> int:
        return int(self.purchase.size)

    def _shown(self) -> Shown:
        units = {name: "yuan a year" if name == "running" else "yuan" for name in ITEMS}
        rows: list[tuple[str, str]] = []
        for name, unit in units.items() if len(self) else ():
            fen = getattr(self, name)
            low, high = (f"{limit / 100:,.2f}" for limit in (fen.min(), fen.max()))
            rows.append((name, f"{low} {unit}" if low == high else f"{low} to {high} {unit}"))
        return f"StationCosts: {len(self):,} sites", rows


def station_costs(sites: Sites, costs: Mapping[str, CostSection]) -> StationCosts:
    """Return the costs of a station at each site.

    Raises
    ------
    InputError
        Naming every host (with its first site) that lacks an item which other sites have, and amounts that cannot be.
    """
    faults = _section_faults(costs)
    if faults:
        raise InputError(faults)
    table = sites.table
    items = {key: _item(table, costs, key, faults) for key in COST_KEYS}
    if faults:
        raise InputError(faults)
    running = sum((items[key] for key in RUNNING_KEYS), np.zeros(len(sites), dtype=np.int64))
    once = {key: items[key] for key in ITEMS if key != "running"}
    return StationCosts(**once, running=running, site_ids=sites.ids)


def _section_faults(costs: Mapping[str, CostSection]) -> list[Fault]:
    faults = Faults("costs")
    for host, section in costs.items():
        if not isinstance(section, CostSection):
            faults.add(f"is {shown(section)}", row=str(host), remedy="give a CostSection of amounts in fen")
            continue
        for key in COST_KEYS:
            if getattr(section, key) is not None:
                faults.whole(f"{host}.{key}", getattr(section, key), most=MOST_FEN, remedy="give whole fen")
    return faults.found


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
