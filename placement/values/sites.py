"""Sites: where a station stands or may stand."""

from __future__ import annotations

import difflib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from placement.errors import AlignmentError
from placement.values.checks import Faults, shown
from placement.values.demand import check_points, check_texts
from placement.values.immutable import held, immutable
from placement.values.shown import Shown, listed_briefly

STATUSES = ("existing", "candidate", "required", "excluded")
ONCE_KEYS = ("purchase", "install", "move", "remove", "close")
YEARLY_KEYS = ("rent", "network", "maintenance", "staff")
COST_KEYS = (*ONCE_KEYS, *YEARLY_KEYS, "guide")
"""Cost items of one station: yuan once, then yuan a year, then yuan a year of a guide there."""
_MAY_LACK = ("install", "remove", "network", "guide")
"""Cost items whose columns a table may leave out: no site has an amount of its own."""

COLUMNS = (
    "name",
    "host",
    "district",
    "existing",
    "status",
    "opens_min",
    "closes_min",
    "machines",
    "max_machines",
    "services",
)
RULES = ("chain", "exclusive", "action_fixed")
"""Columns that plans go by and that a table may leave out: nothing is said there."""
FIXED_ACTIONS: dict[str, bool] = {"keep": True, "close": True, "open": False}
"""Actions that may be fixed at a site, and whether a station stands there today."""

_DAY_MIN = 1440


@immutable
@dataclass(frozen=True, kw_only=True, eq=False)
class Sites:
    """Every place at which a station stands or may stand.

    Parameters
    ----------
    table
        GeoDataFrame indexed by ``site_id`` (unique strings), points in a projected CRS, with the columns
        `name`, `host`, `district` (strings), `existing` (bool: a station stands there today), `status` (existing,
        candidate, required, excluded), `opens_min`, `closes_min` (minutes after midnight; 0 and 1440 = always open;
        closing at or before opening = past midnight), `machines`, `max_machines` (int), `services` (tuple of names,
        empty = all), and one nullable Int64 column ``<item>_fen`` for each of :data:`COST_KEYS` that overrides the
        policy's amount at this site. Optional, empty text where nothing is said: `chain` (the brand or bank it belongs
        to), `exclusive` (of the sites of one text at most one has a station), `action_fixed` (keep, close or open:
        what happens there), and the columns of install, remove and network.

    Raises
    ------
    InputError, CrsError, AlignmentError
        Listing what is wrong with ids, places and columns, each with the first site at which it is.
    """

    table: gpd.GeoDataFrame

    def __post_init__(self) -> None:
        table = held(self, "table")
        check_points("sites", table)
        table = table.copy()
        faults = Faults("sites")
        missing = [
            name
            for name in (*COLUMNS, *(f"{key}_fen" for key in COST_KEYS if key not in _MAY_LACK))
            if name not in table.columns
        ]
        if missing:
            faults.add(f"columns are missing: {', '.join(missing)}", remedy="add them")
            faults.raise_any(AlignmentError)
        for name in RULES:
            table[name] = table.get(name, "")
        for key in _MAY_LACK:
            table[f"{key}_fen"] = table.get(f"{key}_fen", pd.Series(pd.NA, index=table.index, dtype="Int64"))
        check_texts(faults, table, ("host", "district", "status", *RULES))
        _check_status(faults, table)
        _check_fixed(faults, table)
        _check_numbers(faults, table)
        for key in COST_KEYS:
            _check_amounts(faults, table, f"{key}_fen")
        _check_each(faults, table, "services", _are_services, "give a tuple of names, () for all")
        faults.raise_any()
        object.__setattr__(self, "table", table)

    @property
    def ids(self) -> pd.Index:
        """Site ids, in the order of all columns."""
        return pd.Index(held(self, "table").index)

    @property
    def standing(self) -> NDArray[np.bool_]:
        """(sites,) where a station stands today."""
        standing: NDArray[np.bool_] = held(self, "table")["existing"].to_numpy(dtype=bool, copy=True)
        return standing

    def __len__(self) -> int:
        return len(held(self, "table"))

    def _shown(self) -> Shown:
        table = held(self, "table")
        standing = int(self.standing.sum())
        rows = [
            ("existing", f"{standing:,} stations"),
            ("elsewhere", f"{len(table) - standing:,} places where one may open"),
        ]
        for column in ("status", "host", "district"):
            counts = table[column].value_counts().sort_index()
            rows.append((column, listed_briefly(f"{name} {count:,}" for name, count in counts.items())))
        return f"Sites: {len(table):,} in {table.crs.to_string()}", rows


def _check_each(faults: Faults, table: gpd.GeoDataFrame, column: str, good: Callable[[Any], bool], remedy: str) -> None:
    """Note the first cell of a column that is not as it should be."""
    values = table[column]
    first = next((i for i, value in enumerate(values) if not good(value)), None)
    if first is not None:
        faults.add(f"{column} is {shown(values.iloc[first])}", row=str(table.index[first]), remedy=remedy)


def _check_status(faults: Faults, table: gpd.GeoDataFrame) -> None:
    """Note a status that does not exist, and one that contradicts whether a station stands there."""
    _check_each(faults, table, "existing", lambda value: isinstance(value, bool | np.bool_), "give True or False")
    for site, status in table["status"].items():
        if status not in STATUSES:
            near = difflib.get_close_matches(str(status), STATUSES, n=1)
            remedy = f"did you mean {near[0]}?" if near else f"use one of {', '.join(STATUSES)}"
            faults.add(f"status {shown(status)} is unknown", row=str(site), remedy=remedy)
    standing = np.array([value is True or value is np.True_ for value in table["existing"]], dtype=bool)
    for status, stands in (("existing", False), ("candidate", True)):
        wrong = (table["status"] == status).to_numpy() & (standing == stands)
        if wrong.any():
            problem = f"status is {status} although {'a' if stands else 'no'} station stands there"
            faults.add(problem, row=str(table.index[int(np.argmax(wrong))]), remedy="mend status or existing")


def _check_fixed(faults: Faults, table: gpd.GeoDataFrame) -> None:
    """Note an action that cannot be fixed at its site."""
    for site, row in table.loc[table["action_fixed"] != "", ["action_fixed", "existing", "status"]].iterrows():
        action, status = row["action_fixed"], row["status"]
        if action not in FIXED_ACTIONS:
            faults.add(f"action_fixed is {shown(action)}", row=str(site), remedy="give keep, close or open")
        elif FIXED_ACTIONS[action] != bool(row["existing"]):
            remedy = "give open" if not row["existing"] else "give keep or close"
            problem = f"action_fixed is {action} although {'no' if not row['existing'] else 'a'} station stands there"
            faults.add(problem, row=str(site), remedy=remedy)
        elif (status == "required") == (action == "close") and status in {"required", "excluded"}:
            problem = f"action_fixed is {action} although the site is {status}"
            faults.add(problem, row=str(site), remedy="mend action_fixed or status")


def _check_numbers(faults: Faults, table: gpd.GeoDataFrame) -> None:
    """Note hours outside the day and machines that cannot be."""
    day = "give whole minutes after midnight, 0 to 1440"
    for name in ("opens_min", "closes_min"):
        _check_each(faults, table, name, lambda value: _is_whole(value) and 0 <= value <= _DAY_MIN, day)
    count = "give whole machines, 1 or more"
    for name in ("machines", "max_machines"):
        _check_each(faults, table, name, lambda value: _is_whole(value) and value >= 1, count)


def _check_amounts(faults: Faults, table: gpd.GeoDataFrame, name: str) -> None:
    """Note the first amount that is not whole fen; make the column nullable integers."""
    given = table[name].dropna()
    count = len(faults.found)
    amounts = faults.amounts(name, given.to_numpy(), given.index)
    if len(faults.found) == count and table[name].dtype != "Int64":
        table[name] = pd.Series(amounts, index=given.index, dtype="Int64").reindex(table.index)


def _is_whole(value: Any) -> bool:
    return isinstance(value, int | np.integer) and not isinstance(value, bool | np.bool_)


def _are_services(value: Any) -> bool:
    return isinstance(value, tuple) and all(isinstance(name, str) for name in value)
