"""What each station costs, in whole fen: a site's own columns override the amounts of its host kind.

An item that neither the study nor any site mentions is not part of the account and counts as 0. An item that is given
for some sites must be given for all: by the site, by its host, or by ``[costs.default]``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

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
from placement.values.sites import COST_KEYS, ONCE_KEYS, YEARLY_KEYS

_NOTHING = frozen_array(np.zeros(0, dtype=np.int64))


def _nothing() -> NDArray[np.int64]:
    """Return what stands for an item that is left out."""
    return _NOTHING


@immutable
@dataclass(frozen=True, kw_only=True, eq=False)
class StationCosts:
    """Costs of one station at each site, (sites,) int64 fen.

    Parameters
    ----------
    purchase, install
        Opening a new station there: the machine, and putting it up; one that moves there is put up too.
    move
        Moving a station there; dismantling at the old place is inside it.
    remove, close
        Closing the station that stands there: taking the machine away, and ending the contract.
    rent, network, maintenance, staff
        Of a station there, a year.
    guide
        Of a guide at the station there, a year.
    site_ids
        Whose costs they are, compared with the sites of a program; None: not known.

    Items that are left out cost nothing anywhere.

    Raises
    ------
    InputError
        Where an amount is negative, no whole number of fen, or no number; where lengths differ.
    """

    purchase: NDArray[np.int64]
    install: NDArray[np.int64] = field(default_factory=_nothing)
    move: NDArray[np.int64]
    remove: NDArray[np.int64] = field(default_factory=_nothing)
    close: NDArray[np.int64]
    rent: NDArray[np.int64] = field(default_factory=_nothing)
    network: NDArray[np.int64] = field(default_factory=_nothing)
    maintenance: NDArray[np.int64] = field(default_factory=_nothing)
    staff: NDArray[np.int64] = field(default_factory=_nothing)
    guide: NDArray[np.int64] = field(default_factory=_nothing)
    site_ids: pd.Index | None = None

    def __post_init__(self) -> None:
        faults = Faults("costs")
        given = [name for name in COST_KEYS if getattr(self, name) is not _NOTHING]
        arrays = {name: faults.amounts(name, getattr(self, name), self.site_ids) for name in given}
        faults.raise_any()
        sizes = {name: array.size for name, array in arrays.items()}
        if self.site_ids is not None:
            sizes["site_ids"] = len(self.site_ids)
        if len(set(sizes.values())) > 1:
            said = ", ".join(f"{name} {size}" for name, size in sizes.items())
            raise AlignmentError.single("costs", f"differ in length: {said}", remedy="give one amount a site")
        nothing = np.zeros(arrays["purchase"].size, dtype=np.int64)
        for name, array in (dict.fromkeys(COST_KEYS, nothing) | arrays).items():
            object.__setattr__(self, name, frozen_array(array, np.int64))

    def __len__(self) -> int:
        return int(self.purchase.size)

    @property
    def running(self) -> NDArray[np.int64]:
        """(sites,) fen of a year: rent, network, maintenance and staff."""
        return np.asarray(sum(getattr(self, key) for key in YEARLY_KEYS))

    def _shown(self) -> Shown:
        units = {name: "yuan" if name in ONCE_KEYS else "yuan a year" for name in COST_KEYS}
        rows: list[tuple[str, str]] = []
        for name, unit in units.items() if len(self) else ():
            fen = getattr(self, name)
            if not fen.any():
                continue
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
    return StationCosts(**items, site_ids=sites.ids)


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
