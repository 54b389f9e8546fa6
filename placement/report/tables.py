"""The actions of a plan as a table for the budget office and as a layer for a map program.

Both files hold the same rows in the same order and their bytes depend on nothing but the plan and the sites.
Coordinates are WGS 84 longitude and latitude in degrees with :data:`COORDINATE_DECIMALS` decimals (about 0.1 m).
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable
from typing import Any

import pandas as pd

from placement.errors import AlignmentError, Fault
from placement.report.plan_json import ordered_actions
from placement.values import Plan, Sites, VisitsChange

COORDINATE_DECIMALS = 6
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
"""A spreadsheet program takes a cell that begins with one of these for a formula."""

CSV_COLUMNS = (
    "mark",
    "action",
    "site_id",
    "name",
    "host",
    "district",
    "from_site_id",
    "from_name",
    "machines_before",
    "machines_after",
    "cost_yuan",
    "lon",
    "lat",
    "from_lon",
    "from_lat",
)


def guarded(text: str) -> str:
    """Return text that no spreadsheet program takes for a formula: a leading ``'`` is put before such a cell.

    Examples
    --------
    >>> guarded("=1+1"), guarded("Bank")
    ("'=1+1", 'Bank')
    """
    return "'" + text if text.startswith(FORMULA_STARTS) else text


def action_table(plan: Plan, sites: Sites) -> pd.DataFrame:
    """Return one row for each action, with what the sites table says about its site.

    Parameters
    ----------
    plan
        The plan.
    sites
        Every site the plan names.

    Returns
    -------
    pandas.DataFrame
        In the order of :func:`~placement.report.plan_json.ordered_actions`, with its columns and `name`, `host`,
        `district`, `lon`, `lat`; for moves also `from_name`, `from_lon`, `from_lat` (empty and NaN otherwise).

    Raises
    ------
    AlignmentError
        Listing the sites of the plan that `sites` does not hold.
    """
    actions = ordered_actions(plan)
    places = sites.table.to_crs(4326)
    named = pd.concat([actions["site_id"], actions.loc[actions["from_site_id"] != "", "from_site_id"]])
    unknown = named[~named.isin(places.index)]
    if len(unknown):
        raise AlignmentError(Fault(table="sites", row=str(name), problem="is in the plan only") for name in unknown)
    about = pd.DataFrame(places[["name", "host", "district"]])
    about["lon"] = places.geometry.x.round(COORDINATE_DECIMALS)
    about["lat"] = places.geometry.y.round(COORDINATE_DECIMALS)
    table = actions.join(about, on="site_id")
    origin = about[["name", "lon", "lat"]].add_prefix("from_")
    table = table.join(origin, on="from_site_id")
    table["from_name"] = table["from_name"].fillna("")
    return table


def actions_csv(plan: Plan, sites: Sites) -> bytes:
    """Return ``actions.csv``: UTF-8 with a byte order mark, costs in yuan with two decimals, no live formulas.

    Of a plan in phases with a last column `phase`: when each action happens.
    """
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\r\n")
    columns = CSV_COLUMNS if plan.phased is None else (*CSV_COLUMNS, "phase")
    writer.writerow(columns)
    for row in action_table(plan, sites).to_dict("records"):
        row["cost_yuan"] = yuan(int(row["cost_fen"]))
        writer.writerow([_cell(name, row[name]) for name in columns])
    return stream.getvalue().encode("utf-8-sig")


def visits_csv(visits: VisitsChange, sites: Sites) -> bytes:
    """Return ``visits.csv``: predicted visits a month by station, before and after, with 90 % intervals."""
    table = visits.stations
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\r\n")
    writer.writerow(["site_id", "name", *table.columns])
    names = sites.table["name"]
    for site_id, row in table.iterrows():
        cells = ["" if pd.isna(value) else f"{value:.3f}" for value in row.drop("basis")]
        writer.writerow([guarded(str(site_id)), guarded(str(names[site_id])), *cells, guarded(row["basis"])])
    return stream.getvalue().encode("utf-8-sig")


def awareness_csv(rows: pd.DataFrame, *, simulated: Iterable[str]) -> bytes:
    """Return ``awareness.csv``: who knows the service, by district and age group, shares with four decimals.

    Parameters
    ----------
    rows
        :func:`placement.demand.awareness_rows`; a share of nobody asked is an empty cell.
    simulated
        Names of the inputs that are simulated; a column says so of survey and covariates in every row. The rows rest
        on no population.
    """
    given = [name for name in ("survey", "covariates") if name in set(simulated)]
    source = "simulated survey" if "survey" in given else "survey"
    source += ", simulated covariates" if "covariates" in given else ""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\r\n")
    writer.writerow(["district", "age_group", *rows.columns, "basis"])
    for (district, age_group), row in rows.iterrows():
        cells = ["" if pd.isna(value) else f"{value:.4f}" for value in row.drop("asked")]
        basis = source + ("" if row["asked"] else ": nobody asked here")
        writer.writerow([guarded(str(district)), guarded(str(age_group)), f"{row['asked']:.0f}", *cells, basis])
    return stream.getvalue().encode("utf-8-sig")


def actions_geojson(plan: Plan, sites: Sites, *, notices: Iterable[str] = (), simulated: Iterable[str] = ()) -> bytes:
    """Return ``actions.geojson`` (RFC 7946): a point for each action and a line for each move.

    Parameters
    ----------
    plan, sites
        The plan and its sites.
    notices
        Notices that the licences of the inputs ask for; a member of the collection.
    simulated
        Names of the inputs that are simulated; a member of the collection.
    """
    features = []
    for row in action_table(plan, sites).to_dict("records"):
        properties = _properties(row)
        here = [row["lon"], row["lat"]]
        features.append(_feature(row["mark"], "Point", here, {**properties, "feature": "station"}))
        if row["action"] == "move":
            route = [[row["from_lon"], row["from_lat"]], here]
            features.append(_feature(f"{row['mark']}-route", "LineString", route, {**properties, "feature": "route"}))
    collection = {
        "type": "FeatureCollection",
        "name": plan.study,
        "notices": list(notices),
        "simulated": list(simulated),
        "features": features,
    }
    return (json.dumps(collection, ensure_ascii=False, allow_nan=False, indent=1, sort_keys=True) + "\n").encode()


def yuan(fen: int) -> str:
    """Return an amount of fen as yuan with two decimals.

    Examples
    --------
    >>> yuan(8000005), yuan(-50)
    ('80000.05', '-0.50')
    """
    whole, part = divmod(abs(fen), 100)
    return f"{'-' if fen < 0 else ''}{whole}.{part:02d}"


def _cell(name: str, value: Any) -> str:
    if name in {"lon", "lat", "from_lon", "from_lat"}:
        return "" if pd.isna(value) else f"{value:.{COORDINATE_DECIMALS}f}"
    # A number is written as a number even where it is negative; only text can be mistaken for a formula.
    return str(value) if name in {"machines_before", "machines_after", "cost_yuan"} else guarded(str(value))


def _properties(row: dict[Any, Any]) -> dict[str, Any]:
    properties: dict[str, Any] = {
        name: str(row[name]) for name in ("mark", "action", "site_id", "name", "host", "district")
    }
    properties["machines_before"] = int(row["machines_before"])
    properties["machines_after"] = int(row["machines_after"])
    properties["cost_yuan"] = int(row["cost_fen"]) / 100
    if row.get("phase"):
        properties["phase"] = str(row["phase"])
    if row["action"] == "move":
        properties |= {name: row[name] for name in ("from_site_id", "from_name", "from_lon", "from_lat")}
    return properties


def _feature(identifier: str, kind: str, coordinates: list[Any], properties: dict[str, Any]) -> dict[str, Any]:
    geometry = {"type": kind, "coordinates": coordinates}
    return {"type": "Feature", "id": identifier, "geometry": geometry, "properties": properties}
