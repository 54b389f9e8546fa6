"""Every table of a study, read, typed and checked together: one error lists the faults of all of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj

from placement.errors import InputError, PlacementError
from placement.study import InputFile, Study
from placement.tables.checks import Faults, Table
from placement.tables.crosschecks import cross_check
from placement.tables.files import read_frame
from placement.tables.points import holds_areas, study_crs, to_areas, to_points
from placement.values import Sites
from placement.values.sites import COST_KEYS, STATUSES


@dataclass(frozen=True, kw_only=True, eq=False)
class Tables:
    """The checked tables of a study; None where the study has no such table.

    Parameters
    ----------
    population
        GeoDataFrame by ``demand_id``: `geometry` (points, or polygons still to be gridded), `district`, `parent`,
        `people` and one count a special age group. None where the population is a raster.
    footfall
        GeoDataFrame by ``counter_id``: `geometry`, `people_per_day`, `night_share` (NaN where absent); places alone
        where `footfall_counts` brings the numbers.
    footfall_counts
        Series of the counters as read: `counter_id`, `time`, `count`, optional `night_count`.
    survey
        `district`, `age_group` (``all`` where absent), `asked`, `aware`, `used` and `weight` (only where given).
    covariates
        Numbers by ``district``, for the awareness of districts with few asked.
    questionnaires
        Respondents as read, where the survey has a column `heard`; `survey` is None then.
    sites
        Stations first, then candidates.
    usage
        `site_id`, `month`, `transactions`, `pages`, `outage_hours`.
    travel
        `demand_id`, `site_id`, and `seconds` or `metres`.
    districts
        Outlines for maps, in the study's CRS.
    ignored
        Columns that were not used, as ``table.column``.
    """

    population: gpd.GeoDataFrame | None
    footfall: gpd.GeoDataFrame | None
    footfall_counts: pd.DataFrame | None
    survey: pd.DataFrame | None
    covariates: pd.DataFrame | None
    questionnaires: pd.DataFrame | None
    sites: Sites
    usage: pd.DataFrame | None
    travel: pd.DataFrame | None
    districts: gpd.GeoDataFrame | None
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
        """Return the checked tables, or raise with every fault."""
        inputs = self.study.inputs
        people = None if inputs.population.is_raster else inputs.population
        parts: dict[str, pd.DataFrame | None] = {
            "population": self._table("population", people, "demand_id", self._population),
            "footfall": self._table("footfall", inputs.footfall, "counter_id", self._footfall),
            "footfall_counts": self._table("footfall_counts", inputs.footfall_counts, None, self._counts),
            "survey": self._table("survey", inputs.survey, None, self._survey),
            "covariates": self._table("covariates", inputs.covariates, "district", self._covariates),
            "stations": self._table("stations", inputs.stations, "site_id", self._sites),
            "candidates": self._table("candidates", inputs.candidates, "site_id", self._sites),
            "usage": self._table("usage", inputs.usage, None, self._usage),
            "travel": self._table("travel", inputs.travel, None, self._travel),
            "districts": self._districts(inputs.districts),
        }
        cross_check(parts, self.study, self.faults)
        self.faults.raise_any()
        survey = parts["survey"]
        asked_one_by_one = survey is not None and "heard" in survey.columns
        return Tables(
            population=parts["population"],
            footfall=parts["footfall"],
            footfall_counts=parts["footfall_counts"],
            survey=None if asked_one_by_one else survey,
            covariates=parts["covariates"],
            questionnaires=survey if asked_one_by_one else None,
            sites=Sites(table=_stack_sites(parts["stations"], parts["candidates"], self.crs)),
            usage=parts["usage"],
            travel=parts["travel"],
            districts=parts["districts"],
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
        special = [group for group in self.study.demand.age_groups if group != "general"]
        self._known(table, ("district", "parent", "people", *special))
        data = {"district": table.text("district", "all")}
        data["parent"] = table.text("parent") if "parent" in table.frame.columns else data["district"]
        data["people"] = table.number("people")
        shares = self.study.demand.age_share
        for group in special:
            stated = group not in table.frame.columns and group in shares
            data[group] = data["people"] * shares[group] if stated else table.number(group)
        if special and "people" in table.frame.columns:
            over = sum(data[group] for group in special) > data["people"] * (1 + 1e-12)
            table.flag(over, f"{' + '.join(special)} exceed people", "age columns count within people")
        return gpd.GeoDataFrame(data, geometry=self._population_places(table, file), crs=self.crs)

    def _population_places(self, table: Table, file: InputFile) -> gpd.GeoSeries:
        if not holds_areas(table.frame):
            return to_points(table, self.crs, file.coordinates)
        if self.study.demand.grid_m is None:
            table.fault("holds polygons", remedy="say how finely to cut them: [demand] grid_m = 250")
            table.ok = False
        return to_areas(table, self.crs)

    def _footfall(self, table: Table, file: InputFile) -> gpd.GeoDataFrame:
        self._known(table, ("people_per_day", "night_share"))
        data = {}
        if self.study.inputs.footfall_counts is None:
            blank = float("nan")
            data["people_per_day"] = table.number("people_per_day")
            data["night_share"] = table.number("night_share", blank, maximum=1.0, blank=blank)
        return gpd.GeoDataFrame(data, geometry=to_points(table, self.crs, file.coordinates), crs=self.crs)

    def _counts(self, table: Table, _file: InputFile) -> pd.DataFrame:
        self._known(table, ("counter_id", "time", "count", "night_count"))
        table.require(["counter_id", "time", "count"])
        return table.frame

    def _survey(self, table: Table, _file: InputFile) -> pd.DataFrame:
        if "heard" in table.frame.columns:
            self._known(table, ("district", "age", "age_group", "heard", "used", "satisfied", "weight"))
            table.require(["district", *(["age"] if self.study.demand.age_bands else [])])
            return table.frame
        if _answers_named_aware(table.frame):
            table.fault("column aware holds answers, not counts", remedy="name it heard: one questionnaire a row")
            table.ok = False
            return table.frame
        self._known(table, ("district", "age_group", "asked", "aware", "used", "weight"))
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
        if "weight" in table.frame.columns:
            data["weight"] = table.number("weight", minimum=-np.inf)
            table.flag(data["weight"] <= 0, "weight is not above 0", "must be above 0")
        frame = pd.DataFrame(data)
        repeated = frame.duplicated(["district", "age_group"]) & (frame["district"] != "") & ("weight" not in data)
        table.flag(repeated, "district and age_group are repeated", "give one row for each pair")
        return frame

    def _covariates(self, table: Table, _file: InputFile) -> pd.DataFrame:
        if not len(table.frame.columns):
            table.fault("has no column beside district", remedy="add numbers such as income")
            table.ok = False
        return pd.DataFrame({name: table.number(name, minimum=-np.inf) for name in table.frame.columns})

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
            "services": self._services(table),
        }
        for key in COST_KEYS:
            data[f"{key}_fen"] = table.fen(key)
        if "max_machines" in table.frame.columns:
            table.flag(data["machines"] > data["max_machines"], "machines exceed max_machines", "mend one of them")
        same = data["opens_min"] == data["closes_min"]
        table.flag(same, "opens equals closes", "round the clock is 00:00 to 24:00")
        frame = gpd.GeoDataFrame(data, geometry=to_points(table, self.crs, file.coordinates), crs=self.crs)
        return frame.astype({"machines": int, "max_machines": int}) if table.ok else frame

    def _services(self, table: Table) -> pd.Series:
        cells = table.frame["services"] if "services" in table.frame.columns else [""] * len(table.frame)
        named = pd.Series([_listed(cell) for cell in cells], index=table.frame.index, dtype=object)
        hosts = self.study.demand.service_hosts
        known = self.study.demand.services
        unknown = named.map(lambda names: bool(known) and not set(names) <= set(known))
        table.flag(unknown.astype(bool), "services are unknown", f"known: {', '.join(known)}")
        if not hosts:
            return named
        kinds = table.text("host", "default")
        allowed = kinds.map(lambda host: tuple(name for name in known if host in hosts.get(name, (host,))))
        wrong = [not set(names) <= set(may) for names, may in zip(named, allowed, strict=True)]
        table.flag(
            pd.Series(wrong, index=named.index), "services are more than its host may offer", "see service_hosts"
        )
        idle = [not may for may in allowed]
        table.flag(pd.Series(idle, index=named.index), "host may offer no service at all", "see service_hosts")
        return named.where(named.map(bool), allowed)

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
        if self.study.inputs.population.is_raster and "district" not in frame.columns:
            self.faults.add("districts", "column district is missing", remedy="a population raster takes it from here")
        return frame.to_crs(self.crs)


def _answers_named_aware(frame: pd.DataFrame) -> bool:
    """Return whether a survey without counts has words, such as yes and no, in its column aware."""
    if "aware" not in frame.columns or "asked" in frame.columns or not len(frame):
        return False
    return bool(pd.to_numeric(frame["aware"], errors="coerce").isna().all())


def _listed(cell: object) -> tuple[str, ...]:
    text = "" if cell is None or cell != cell else str(cell)  # noqa: PLR0124 -- NaN differs from itself
    return tuple(part.strip() for part in text.split(";") if part.strip())


def _stack_sites(stations: pd.DataFrame | None, candidates: pd.DataFrame | None, crs: pyproj.CRS) -> gpd.GeoDataFrame:
    parts = [part for part in (stations, candidates) if part is not None]
    stacked = pd.concat(parts)
    stacked.index.name = "site_id"
    return gpd.GeoDataFrame(stacked, geometry="geometry", crs=crs)
