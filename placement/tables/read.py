"""Every table of a study, read, typed and checked together: one error lists the faults of all of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import geopandas as gpd
import pandas as pd
import pyproj

from placement.errors import InputError, PlacementError
from placement.study import InputFile, Study
from placement.tables.checks import Faults, Table
from placement.tables.crosschecks import cross_check
from placement.tables.files import read_frame
from placement.tables.points import study_crs, to_points
from placement.values import Sites
from placement.values.sites import COST_KEYS, STATUSES


@dataclass(frozen=True, kw_only=True, eq=False)
class Tables:
    """The checked tables of a study; None where the study has no such table.

    Parameters
    ----------
    population
        GeoDataFrame by ``demand_id``: `geometry`, `district`, `parent`, `people` and one count a special age group.
    footfall
        GeoDataFrame by ``counter_id``: `geometry`, `people_per_day`, `night_share` (NaN where absent).
    survey
        `district`, `age_group` (``all`` where absent), `asked`, `aware`, `used` (only where given).
    sites
        Stations first, then candidates.
    usage
        `site_id`, `month`, `transactions`, `pages`, `outage_hours`.
    travel
        `demand_id`, `site_id`, and `seconds` or `metres`.
    districts
        Outlines for maps, in the study's CRS.
    nodes, edges
        Street tables as read; checked by the street network itself.
    ignored
        Columns that were not used, as ``table.column``.
    """

    population: gpd.GeoDataFrame
    footfall: gpd.GeoDataFrame | None
    survey: pd.DataFrame | None
    sites: Sites
    usage: pd.DataFrame | None
    travel: pd.DataFrame | None
    districts: gpd.GeoDataFrame | None
    nodes: pd.DataFrame | None
    edges: pd.DataFrame | None
    ignored: tuple[str, ...]


def read_tables(study: Study) -> Tables:
    """Read every table of a study.

    Raises
    ------
    InputError
        Listing every fault of every table, and of the tables against each other.
    """
    return _Reader(study).read()


class _Reader:
    def __init__(self, study: Study) -> None:
        self.study = study
        self.crs: pyproj.CRS = study_crs(study.study.crs)
        self.faults = Faults()
        self.ignored: list[str] = []

    def read(self) -> Tables:
        inputs = self.study.inputs
        parts: dict[str, pd.DataFrame | None] = {
            "population": self._table("population", inputs.population, "demand_id", self._population),
            "footfall": self._table("footfall", inputs.footfall, "counter_id", self._footfall),
            "survey": self._table("survey", inputs.survey, None, self._survey),
            "stations": self._table("stations", inputs.stations, "site_id", self._sites),
            "candidates": self._table("candidates", inputs.candidates, "site_id", self._sites),
            "usage": self._table("usage", inputs.usage, None, self._usage),
            "travel": self._table("travel", inputs.travel, None, self._travel),
            "districts": self._districts(inputs.districts),
        }
        nodes, edges = self._streets()
        if parts["survey"] is not None and parts["population"] is not None:
            parts["survey"] = _named_ages(parts["survey"])
        cross_check(parts, self.study, self.faults)
        self.faults.raise_any()
        sites = Sites(table=_stack_sites(parts["stations"], parts["candidates"], self.crs))
        return Tables(
            population=parts["population"],
            footfall=parts["footfall"],
            survey=parts["survey"],
            sites=sites,
            usage=parts["usage"],
            travel=parts["travel"],
            districts=parts["districts"],
            nodes=nodes,
            edges=edges,
            ignored=tuple(self.ignored),
        )

    def _raw(self, name: str, file: InputFile) -> pd.DataFrame | None:
        try:
            return read_frame(name, self.study.path(file.path), encoding=file.encoding, layer=file.layer)
        except InputError as error:
            self.faults.extend(error)
        except PlacementError as error:
            self.faults.add(name, str(error))
        return None

    def _table(
        self,
        name: str,
        file: InputFile | None,
        id_column: str | None,
        read: Callable[[Table, InputFile], pd.DataFrame],
    ) -> pd.DataFrame | None:
        raw = None if file is None else self._raw(name, file)
        if file is None or raw is None:
            return None
        table = Table(name, raw, id_column, self.faults)
        if not len(raw) and name != "usage":
            table.fault("has no rows", remedy="add rows or remove it from [inputs]")
        frame = read(table, file)
        return frame if table.ok and len(frame) else None

    def _known(self, table: Table, columns: tuple[str, ...]) -> None:
        geometry = ("geometry",) if isinstance(table.frame, gpd.GeoDataFrame) else ("lon", "lat")
        unknown = table.known_columns((*columns, *geometry))
        self.ignored += [f"{table.name}.{column}" for column in unknown]

    def _population(self, table: Table, file: InputFile) -> gpd.GeoDataFrame:
        groups = self.study.demand.age_groups
        special = [group for group in groups if group != "general"]
        self._known(table, ("district", "parent", "people", *special))
        data = {"district": table.text("district", "all")}
        data["parent"] = table.text("parent") if "parent" in table.frame.columns else data["district"]
        data["people"] = table.number("people")
        for group in special:
            data[group] = table.number(group)
        if special and "people" in table.frame.columns:
            over = sum(data[group] for group in special) > data["people"] * (1 + 1e-12)
            table.flag(over, f"{' + '.join(special)} exceed people", "age columns count within people")
        return gpd.GeoDataFrame(data, geometry=to_points(table, self.crs, file.coordinates), crs=self.crs)

    def _footfall(self, table: Table, file: InputFile) -> gpd.GeoDataFrame:
        self._known(table, ("people_per_day", "night_share"))
        data = {
            "people_per_day": table.number("people_per_day"),
            "night_share": table.number("night_share", float("nan"), maximum=1.0, blank=float("nan")),
        }
        return gpd.GeoDataFrame(data, geometry=to_points(table, self.crs, file.coordinates), crs=self.crs)

    def _survey(self, table: Table, _file: InputFile) -> pd.DataFrame:
        self._known(table, ("district", "age_group", "asked", "aware", "used"))
        table.frame.index = [f"row {number}" for number in range(2, len(table.frame) + 2)]
        data = {
            "district": table.text("district"),
            "age_group": table.text("age_group", "all"),
            "asked": table.number("asked", whole=True),
            "aware": table.number("aware", whole=True),
        }
        table.flag(data["aware"] > data["asked"], "aware exceeds asked", "aware counts within asked")
        if "used" in table.frame.columns:
            data["used"] = table.number("used", whole=True)
            table.flag(data["used"] > data["aware"], "used exceeds aware", "used counts within aware")
        frame = pd.DataFrame(data)
        repeated = frame.duplicated(["district", "age_group"]) & (frame["district"] != "")
        table.flag(repeated, "district and age_group are repeated", "give one row for each pair")
        return frame

    def _sites(self, table: Table, file: InputFile) -> gpd.GeoDataFrame:
        existing = table.name == "stations"
        known = ("name", "host", "district", "opens", "closes", "machines", "max_machines", "services", "status")
        self._known(table, (*known, *COST_KEYS))
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
            "services": _services(table),
        }
        for key in COST_KEYS:
            data[f"{key}_fen"] = table.fen(key)
        frame = gpd.GeoDataFrame(data, geometry=to_points(table, self.crs, file.coordinates), crs=self.crs)
        return frame.astype({"machines": int, "max_machines": int}) if table.ok else frame

    def _usage(self, table: Table, _file: InputFile) -> pd.DataFrame:
        self._known(table, ("site_id", "month", "transactions", "pages", "outage_hours"))
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

    def _travel(self, table: Table, _file: InputFile) -> pd.DataFrame:
        self._known(table, ("demand_id", "site_id", "seconds", "metres"))
        data = {"demand_id": table.text("demand_id"), "site_id": table.text("site_id")}
        units = [unit for unit in ("seconds", "metres") if unit in table.frame.columns]
        if len(units) != 1:
            table.fault("needs exactly one of the columns seconds, metres", remedy="give travel in one unit")
            table.ok = False
        for unit in units:
            data[unit] = table.number(unit)
        return pd.DataFrame(data)

    def _districts(self, file: InputFile | None) -> gpd.GeoDataFrame | None:
        frame = None if file is None else self._raw("districts", file)
        if frame is None:
            return None
        if not isinstance(frame, gpd.GeoDataFrame) or frame.crs is None:
            self.faults.add("districts", "has no geometry with a CRS", remedy="give polygons, e.g. GeoJSON")
            return None
        return frame.to_crs(self.crs)

    def _streets(self) -> tuple[pd.DataFrame | None, pd.DataFrame | None]:
        streets = self.study.inputs.streets
        if streets is None or streets.nodes is None or streets.edges is None:
            return None, None
        nodes = self._raw("streets_nodes", InputFile(path=streets.nodes))
        return nodes, self._raw("streets_edges", InputFile(path=streets.edges))


def _services(table: Table) -> pd.Series:
    if "services" not in table.frame.columns:
        return pd.Series([()] * len(table.frame), index=table.frame.index, dtype=object)
    cells = table.frame["services"].fillna("").astype(str)
    return cells.map(lambda cell: tuple(part.strip() for part in cell.split(";") if part.strip()))


def _named_ages(survey: pd.DataFrame) -> pd.DataFrame:
    return survey.reset_index(drop=True)


def _stack_sites(stations: pd.DataFrame | None, candidates: pd.DataFrame | None, crs: pyproj.CRS) -> gpd.GeoDataFrame:
    parts = [part for part in (stations, candidates) if part is not None]
    stacked = pd.concat(parts)
    stacked.index.name = "site_id"
    return gpd.GeoDataFrame(stacked, geometry="geometry", crs=crs)
