"""Every table of a study, read, typed and checked together: one error lists the faults of all of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields

import geopandas as gpd
import pandas as pd
import pyproj

from placement.errors import InputError, PlacementError
from placement.notes import Names, Note, about
from placement.study import InputFile, Study
from placement.study.columns import DISTRICTS, FOOTFALL, names
from placement.tables.areas import whole_areas
from placement.tables.cells import as_text
from placement.tables.checks import Faults, Table
from placement.tables.counts import read_counts
from placement.tables.crosschecks import cross_check
from placement.tables.files import read_frame
from placement.tables.gdal import check_content
from placement.tables.order import in_order
from placement.tables.people import read_people
from placement.tables.points import holds_areas, shifted_back, study_crs, to_points
from placement.tables.publicity import read_publicity
from placement.tables.sites import read_sites, read_usage, refuse_repeated_months, stack_sites
from placement.tables.survey import read_covariates, read_survey
from placement.tables.travel import read_travel
from placement.tables.unify import unify_names
from placement.tables.wishes import with_wishes
from placement.values import Sites
from placement.values.immutable import held, immutable
from placement.values.shown import Shown


@immutable
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
        `demand_id`, `site_id` and a column named by its unit (`seconds`, `minutes`, `hours`, `metres`, `km`); NaN is
        out of reach.
    publicity
        Levels of publicity: `area`, `spend_fen`, `awareness`, `package` (empty: none).
    districts
        Outlines for maps, in the study's CRS.
    ignored
        Columns that were not used, as ``table.column``.
    notes
        What was read otherwise than it is written, and what was not used, for the reader.
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
    publicity: pd.DataFrame | None
    districts: gpd.GeoDataFrame | None
    ignored: tuple[str, ...]
    notes: tuple[str, ...]

    def _shown(self) -> Shown:
        given = [(each.name, held(self, each.name)) for each in fields(self)]
        rows = [(name, f"{len(frame):,} rows") for name, frame in given if isinstance(frame, pd.DataFrame)]
        rows += [("notes", str(len(self.notes)))] if self.notes else []
        return f"Tables: {len(self.sites):,} sites and {len(rows):,} more tables", rows


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
        self.crs: pyproj.CRS = study_crs(study.study.crs, table=study.file.name)
        self.faults = Faults(study.file.name)

    def read(self) -> Tables:
        """Return the checked tables, or raise with every fault."""
        parts = self._parts()
        unify_names(parts, self.study, self.faults)
        refuse_repeated_months(parts["usage"], self.faults)
        cross_check(parts, self.study, self.faults)
        self.faults.raise_any()
        parts = {name: None if frame is None else in_order(frame) for name, frame in parts.items()}
        sites = with_wishes(stack_sites(parts["stations"], parts["candidates"], self.crs), self.study, self.faults)
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
            sites=Sites(table=sites),
            usage=parts["usage"],
            travel=parts["travel"],
            publicity=parts["publicity"],
            districts=parts["districts"],
            ignored=tuple(self.faults.ignored),
            notes=(*self.faults.notes, *unused_notes(self.faults.ignored)),
        )

    def _parts(self) -> dict[str, pd.DataFrame | None]:
        """Return the tables by name, each checked by itself."""
        inputs = self.study.inputs
        people = None if inputs.population.is_raster else inputs.population
        if people is None:
            self._check_raster(inputs.population)
        return {
            "population": self._table("population", people, "demand_id", self._population),
            "footfall": self._table("footfall", inputs.footfall, "counter_id", self._footfall),
            "footfall_counts": self._table("footfall_counts", inputs.footfall_counts, None, self._counts),
            "survey": self._table("survey", inputs.survey, None, self._survey),
            "covariates": self._table("covariates", inputs.covariates, "district", self._covariates),
            "stations": self._table("stations", inputs.stations, "site_id", self._sites),
            "candidates": self._table("candidates", inputs.candidates, "site_id", self._sites),
            "usage": self._table("usage", inputs.usage, None, self._usage),
            "travel": self._table("travel", inputs.travel, None, self._travel),
            "publicity": self._table("publicity", inputs.publicity, None, self._publicity),
            "districts": self._districts(inputs.districts),
        }

    def _check_raster(self, file: InputFile) -> None:
        try:
            check_content("population", self.study.path(file.path))
        except InputError as error:
            self.faults.extend(error)

    def _raw(self, name: str, file: InputFile) -> pd.DataFrame | None:
        try:
            frame = read_frame(name, self.study.path(file.path), encoding=file.encoding, layer=file.layer)
            return shifted_back(name, frame, file.coordinates) if isinstance(frame, gpd.GeoDataFrame) else frame
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
        table = Table(name, raw, id_column, self.faults, file.columns)
        if not len(raw) and name != "usage":
            table.fault("has no rows", remedy="add rows or remove it from [inputs]")
        frame = read(table, file)
        return frame if table.ok and len(frame) else None

    def _population(self, table: Table, file: InputFile) -> gpd.GeoDataFrame:
        data = read_people(table, self.study)
        for key in ("grid_m", "grid_shape"):
            if key in self.study.demand.model_fields_set and not holds_areas(table.frame):
                why = Note("the population is points")
                table.note(Note("{key} has no effect: {why}", key=f"demand.{key}", why=why))
        return gpd.GeoDataFrame(data, geometry=self._population_places(table, file), crs=self.crs)

    def _population_places(self, table: Table, file: InputFile) -> gpd.GeoSeries:
        if not holds_areas(table.frame):
            return to_points(table, self.crs, file.coordinates)
        if self.study.demand.grid_m is None:
            table.fault("holds polygons", remedy="say how finely to cut them: [demand] grid_m = 250")
            table.ok = False
        areas, notes = whole_areas(table, self.crs)
        self.faults.notes += notes
        return areas

    def _footfall(self, table: Table, file: InputFile) -> gpd.GeoDataFrame:
        table.use(FOOTFALL)
        data = {}
        if self.study.inputs.footfall_counts is None:
            data = {name: table.number(name) for name in names(FOOTFALL) if name != "direction"}
        if "direction" in table.frame.columns:
            data["direction"] = table.frame["direction"].map(as_text)
        return gpd.GeoDataFrame(data, geometry=to_points(table, self.crs, file.coordinates), crs=self.crs)

    def _survey(self, table: Table, _file: InputFile) -> pd.DataFrame:
        return read_survey(table, self.study)

    @staticmethod
    def _covariates(table: Table, _file: InputFile) -> pd.DataFrame:
        return read_covariates(table)

    @staticmethod
    def _usage(table: Table, _file: InputFile) -> pd.DataFrame:
        return read_usage(table)

    @staticmethod
    def _publicity(table: Table, _file: InputFile) -> pd.DataFrame:
        return read_publicity(table)

    def _counts(self, table: Table, _file: InputFile) -> pd.DataFrame:
        return read_counts(table, self.study)

    def _travel(self, table: Table, file: InputFile) -> pd.DataFrame:
        return read_travel(table, file, self.study)

    def _sites(self, table: Table, file: InputFile) -> gpd.GeoDataFrame:
        data = read_sites(table, self.study)
        frame = gpd.GeoDataFrame(data, geometry=to_points(table, self.crs, file.coordinates), crs=self.crs)
        return frame.astype({"machines": int, "max_machines": int}) if table.ok else frame

    def _districts(self, file: InputFile | None) -> gpd.GeoDataFrame | None:
        frame = None if file is None else self._raw("districts", file)
        if frame is None:
            return None
        if not isinstance(frame, gpd.GeoDataFrame) or frame.crs is None:
            self.faults.add("districts", "has no geometry with a CRS", remedy="give polygons, e.g. GeoJSON")
            return None
        table = Table("districts", frame, None, self.faults, file.columns if file else None)
        table.declare(DISTRICTS)
        table.adopt(names(DISTRICTS))
        if not self.study.inputs.population.is_raster:
            return table.frame.to_crs(self.crs)
        if "district" not in table.frame.columns:
            self.faults.add("districts", "column district is missing", remedy="a population raster takes it from here")
            return None
        named = table.text("district")
        table.frame = table.frame.assign(district=named.to_numpy()).set_index(pd.Index(named, name="row"))
        areas, notes = whole_areas(table, self.crs)
        self.faults.notes += notes
        return table.frame.reset_index(drop=True).set_geometry(areas.reset_index(drop=True))


def unused_notes(ignored: Sequence[str]) -> list[Note]:
    """Return one note a table on its columns that nobody reads."""
    columns: dict[str, list[str]] = {}
    for name in ignored:
        table, _, column = name.partition(".")
        columns.setdefault(table, []).append(column)
    form = "columns not used: {names}"
    return [about(table, Note(form, names=Names(names))) for table, names in columns.items()]
