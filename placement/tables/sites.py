"""Columns of stations and candidates, and the stations' transactions."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd
import pyproj

from placement.study import Study
from placement.tables.checks import Table
from placement.values.sites import COST_KEYS, STATUSES

_COLUMNS = ("name", "host", "district", "opens", "closes", "machines", "max_machines", "services", "status")


def read_sites(table: Table, study: Study) -> dict[str, pd.Series]:
    """Return all that is known of stations or candidates but where they stand."""
    existing = table.name == "stations"
    table.use((*_COLUMNS, *COST_KEYS))
    statuses = [status for status in STATUSES if status != ("candidate" if existing else "existing")]
    data = {
        "name": table.text("name") if "name" in table.frame.columns else table.frame.index.to_series(),
        "host": table.text("host", "default"),
        "district": table.text("district", "all"),
        "existing": pd.Series(existing, index=table.frame.index),
        "status": table.choice("status", "existing" if existing else "candidate", statuses),
        "opens_min": table.clock("opens", 0),
        "closes_min": table.clock("closes", 1440),
        "machines": table.number("machines", 1, minimum=1, whole=True),
        "max_machines": table.number("max_machines", 1, minimum=1, whole=True),
        "services": _services(table, study),
    }
    for key in COST_KEYS:
        data[f"{key}_fen"] = table.fen(key)
    if "max_machines" in table.frame.columns:
        table.flag(data["machines"] > data["max_machines"], "machines exceed max_machines", "mend one of them")
    same = data["opens_min"] == data["closes_min"]
    table.flag(same, "opens equals closes", "round the clock is 00:00 to 24:00")
    return data


def read_usage(table: Table) -> pd.DataFrame:
    """Return the transactions of each station and month."""
    table.use(("site_id", "month", "transactions", "pages", "outage_hours"))
    data = {
        "site_id": table.text("site_id"),
        "month": table.text("month"),
        "transactions": table.number("transactions", whole=True),
        "pages": table.number("pages", 0, whole=True),
        "outage_hours": table.number("outage_hours", 0),
    }
    month = data["month"].str.fullmatch(r"\d{4}-(0[1-9]|1[0-2])")
    table.flag(~month.astype(bool) & (data["month"] != ""), "month is not YYYY-MM", "write e.g. 2025-03")
    return pd.DataFrame(data)


def stack_sites(stations: pd.DataFrame | None, candidates: pd.DataFrame | None, crs: pyproj.CRS) -> gpd.GeoDataFrame:
    """Return stations first, then candidates."""
    parts = [part for part in (stations, candidates) if part is not None]
    stacked = pd.concat(parts)
    stacked.index.name = "site_id"
    return gpd.GeoDataFrame(stacked, geometry="geometry", crs=crs)


def _services(table: Table, study: Study) -> pd.Series:
    cells = table.frame["services"] if "services" in table.frame.columns else [""] * len(table.frame)
    named = pd.Series([_listed(cell) for cell in cells], index=table.frame.index, dtype=object)
    hosts = study.demand.service_hosts
    known = study.demand.services
    unknown = named.map(lambda names: bool(known) and not set(names) <= set(known))
    table.flag(unknown.astype(bool), "services are unknown", f"known: {', '.join(known)}")
    if not hosts:
        return named
    kinds = table.text("host", "default")
    allowed = kinds.map(lambda host: tuple(name for name in known if host in hosts.get(name, (host,))))
    wrong = [not set(names) <= set(may) for names, may in zip(named, allowed, strict=True)]
    table.flag(pd.Series(wrong, index=named.index), "services are more than its host may offer", "see service_hosts")
    idle = [not may for may in allowed]
    table.flag(pd.Series(idle, index=named.index), "host may offer no service at all", "see service_hosts")
    return named.where(named.map(bool), allowed)


def _listed(cell: object) -> tuple[str, ...]:
    text = "" if cell is None or cell != cell else str(cell)  # noqa: PLR0124 -- NaN differs from itself
    return tuple(part.strip() for part in text.split(";") if part.strip())
