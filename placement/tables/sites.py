"""Columns of stations and candidates, and the stations' transactions."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd
import pyproj

from placement.notes import Note
from placement.study import Study
from placement.study.columns import CANDIDATES, FOR_VISITS, MOST_HOURS, STATIONS, USAGE, names
from placement.study.names import canonical, one_form
from placement.tables.cells import as_list, plain
from placement.tables.checks import Faults, Table
from placement.values.sites import COST_KEYS


def read_sites(table: Table, study: Study) -> dict[str, pd.Series]:
    """Return all that is known of stations or candidates but where they stand."""
    existing = table.name == "stations"
    standard = STATIONS if existing else CANDIDATES
    extra = [name for name in study.demand.visit_columns if name not in (*names(standard), "site_id", "lon", "lat")]
    for name in set(study.demand.visit_columns) - set(extra):
        table.fault(f"demand.visit_columns names {name}, which means something else", remedy="leave it out")
    table.use((*standard, *(FOR_VISITS.called(name) for name in extra)))
    data = {
        "name": table.title("name"),
        "host": table.text("host"),
        "district": table.text("district"),
        "existing": pd.Series(existing, index=table.frame.index),
        "status": table.choice("status"),
        "opens_min": table.clock("opens"),
        "closes_min": table.clock("closes"),
        "machines": table.number("machines"),
        "max_machines": table.number("max_machines"),
        "services": _services(table, study),
    }
    data |= {
        "chain": table.text("chain"),
        "exclusive": table.text("exclusive"),
        "action_fixed": table.choice("action_fixed"),
    }
    _refuse_two_orders(table, data)
    for key in COST_KEYS:
        data[f"{key}_fen"] = table.fen(key)
    data |= {name: table.number(name) for name in extra}
    if "max_machines" in table.frame.columns:
        table.flag(data["machines"] > data["max_machines"], "machines exceed max_machines", "mend one of them")
    same = data["opens_min"] == data["closes_min"]
    table.flag(same, "opens equals closes", "round the clock is 00:00 to 24:00")
    return data


def _refuse_two_orders(table: Table, data: dict[str, pd.Series]) -> None:
    """Add a fault for each site whose fixed action ends otherwise than its status."""
    stays = data["action_fixed"].isin(["keep", "open"])
    against = (stays & (data["status"] == "excluded")) | (
        (data["action_fixed"] == "close") & (data["status"] == "required")
    )
    table.flag(against, "action_fixed contradicts status", "mend one of them")


def read_usage(table: Table) -> pd.DataFrame:
    """Return the transactions of each station and month; rows are named by line, station and month."""
    table.use(USAGE)
    table.label("site_id", "month")
    data = {
        "site_id": table.text("site_id"),
        "month": table.text("month").map(plain),
        "transactions": table.number("transactions"),
        "pages": table.number("pages"),
        "outage_hours": table.number("outage_hours"),
    }
    month = data["month"].str.fullmatch(r"[0-9]{4}-(0[1-9]|1[0-2])")
    table.flag(~month.astype(bool) & (data["month"] != ""), "month is not YYYY-MM", "write e.g. 2025-03, as text")
    hours = pd.to_datetime(data["month"].where(month), format="%Y-%m").dt.days_in_month * 24
    longer = (data["outage_hours"] > hours) & (data["outage_hours"] <= MOST_HOURS)
    table.flag(longer, "outage_hours is more than the month has", "give hours of the clock")
    return pd.DataFrame(data)


def refuse_repeated_months(usage: pd.DataFrame | None, faults: Faults) -> None:
    """Add a fault for each row of a station and month that stand in an earlier row already."""
    if usage is None:
        return
    pairs = usage[["site_id", "month"]].agg(tuple, axis=1)
    first = pd.Series(usage.index, index=usage.index).groupby(pairs).transform("first")
    for row in usage.index[pairs.duplicated()]:
        earlier = str(first[row]).partition(":")[0]
        problem = f"site_id and month stand in {earlier} already"
        faults.add("usage", problem, row=row, remedy="keep one row for each station and month, or add them up")


def stack_sites(stations: pd.DataFrame | None, candidates: pd.DataFrame | None, crs: pyproj.CRS) -> gpd.GeoDataFrame:
    """Return stations first, then candidates."""
    parts = [part for part in (stations, candidates) if part is not None]
    stacked = pd.concat(parts)
    stacked.index.name = "site_id"
    return gpd.GeoDataFrame(stacked, geometry="geometry", crs=crs)


def _services(table: Table, study: Study) -> pd.Series:
    blank = pd.Series([()] * len(table.frame), index=table.frame.index, dtype=object)
    named = table.frame["services"].map(as_list) if "services" in table.frame.columns else blank
    unread = named.map(lambda names: names is None).astype(bool)
    table.flag(unread, "services is no list of names", "write e.g. id;tax")
    forms = one_form(study.demand.services)
    named = named.where(~unread, blank).map(lambda names: tuple(forms.get(canonical(name), name) for name in names))
    hosts = study.demand.service_hosts
    known = study.demand.services
    unknown = named.map(lambda names: bool(known) and not set(names) <= set(known))
    table.flag(unknown.astype(bool), "services are unknown", f"known: {', '.join(known)}")
    if not known and any(named):
        table.note(Note("services are not used: demand.trips_per_month does not tell services apart"))
    if not hosts:
        return named
    kinds = table.text("host")
    allowed = kinds.map(lambda host: tuple(name for name in known if host in hosts.get(name, (host,))))
    wrong = [not set(names) <= set(may) for names, may in zip(named, allowed, strict=True)]
    table.flag(pd.Series(wrong, index=named.index), "services are more than its host may offer", "see service_hosts")
    idle = [not may for may in allowed]
    table.flag(pd.Series(idle, index=named.index), "host may offer no service at all", "see service_hosts")
    return named.where(named.map(bool), allowed)
