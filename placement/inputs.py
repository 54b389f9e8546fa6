"""From a study to the values that everything else is computed from: tables, streets, demand, walking times."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import geopandas as gpd

from placement.countable import countable_notes
from placement.demand import (
    Awareness,
    DemandEstimate,
    FilledCounters,
    Footfall,
    VirtualReliance,
    estimate_awareness,
    estimate_demand,
    points_from_polygons,
    raster_people,
)
from placement.errors import Fault, InputError, PlacementError
from placement.shift import warn_if_shifted
from placement.sources import counter_averages, footfall_notes, study_footfall, survey_counts, survey_notes
from placement.study import Study, StudyError, parse_period, read_study
from placement.tables import (
    Tables,
    check_file,
    holds_areas,
    input_fingerprints,
    read_frame,
    read_network,
    read_tables,
    refuse_changes,
    shifted_back,
    study_crs,
)
from placement.travel import (
    Streets,
    TimesStream,
    TravelRun,
    TravelTimes,
    cache_folder,
    straight_line_times,
    street_notes,
    table_times,
    vehicle_run,
    walking_run,
)
from placement.values import Sites

_MIN_S = 60.0
_GRID_M = 250.0
_NETWORKS = {"walk": "walk", "cycle": "bike", "drive": "drive"}
"""osmnx's names of the modes."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Prepared:
    """A study with its stages up to the walking times.

    Parameters
    ----------
    study, tables
        What was asked and what was read.
    population
        Demand points by ``demand_id``: `geometry`, `district`, `parent`, `people`, one count a special age group.
    streets
        None where the study brings its own travel table or asks for straight lines.
    awareness, footfall
        None without a survey, or without counters.
    filled
        The counters with virtual ones between them; None unless ``[demand] footfall_interpolate`` asks for them.
    reliance
        How much of the demand rests on the virtual ones; None without them.
    demand, times
        Need and expected use by demand point, with joint draws; travel times from demand points to sites, held or,
        where they are too many (``[travel] stream``), block by block.
    fingerprints
        SHA-256 of the bytes that were read: of the study file as ``study``, and of every input by its name.
    notes
        What was left out of the inputs and why, for the reader.
    """

    study: Study
    tables: Tables
    population: gpd.GeoDataFrame
    streets: Streets | None
    awareness: Awareness | None
    footfall: Footfall | None
    filled: FilledCounters | None
    reliance: VirtualReliance | None
    demand: DemandEstimate
    times: TravelTimes | TimesStream
    fingerprints: Mapping[str, str]
    notes: tuple[str, ...]

    @property
    def sites(self) -> Sites:
        """Stations and candidates."""
        return self.tables.sites


def open_study(path: str | Path, *, allow_outside: bool = False) -> Study:
    """Read a study file; where it is at fault, the error lists the faults of the tables and streets too.

    `allow_outside` lets its inputs lie outside its folder.

    Raises
    ------
    InputError
        Listing every fault of `study.toml`, and of the inputs as far as they can be read without it: not where
        ``[study]``, ``[inputs]`` or ``[demand]``, by which tables are read, are themselves at fault.
    """
    try:
        return read_study(path, allow_outside=allow_outside)
    except StudyError as error:
        if error.readable is None:
            raise
        study = error.readable
        missing = {name for name, written in study.inputs.paths() if not study.path(written).is_file()}
        more = [fault for fault in _input_faults(study) if fault.table not in missing]
        raise InputError([*error.faults, *(fault for fault in more if fault not in error.faults)]) from error


def _input_faults(study: Study) -> tuple[Fault, ...]:
    streets = study.inputs.streets
    remote = streets is not None and streets.place is not None  # not worth a download
    try:
        read_tables(study) if remote else read_inputs(study)
    except PlacementError as error:
        return error.faults if isinstance(error, InputError) else ()
    return ()


def read_inputs(study: Study) -> tuple[Tables, Streets | None]:
    """Read the tables and the streets of a study.

    Raises
    ------
    InputError
        Listing every fault of all of them.
    """
    faults: list[Fault] = []
    tables = streets = None
    try:
        tables = read_tables(study)
    except InputError as error:
        faults += error.faults
    notes: list[str] = []
    try:
        streets = read_streets(study, notes)
    except InputError as error:
        faults += (fault for fault in error.faults if fault not in faults)
    if faults or tables is None:
        raise InputError(faults)
    return replace(tables, notes=(*tables.notes, *notes)), streets


def prepare(study: Study, *, progress: Callable[[str], None] | None = None, cached: bool = True) -> Prepared:
    """Read a study's tables and compute demand and travel times.

    Parameters
    ----------
    study
        See :func:`placement.study.read_study`.
    progress
        Called with a line of text at each step.
    cached
        False: travel times are computed here, whatever an earlier run has kept.

    Raises
    ------
    InputError
        Listing every fault found.

    Warns
    -----
    ShiftedWarning
        If a table lies off the streets as GCJ-02 or BD-09 tables do that are called WGS-84.
    """
    tell = progress or (lambda _line: None)
    tell("reading tables")
    fingerprints = input_fingerprints(study)
    tables, streets = read_inputs(study)
    population, more = demand_points(study, tables, streets)
    refuse_changes(study, fingerprints)
    shifted = () if streets is None else warn_if_shifted(study, tables, streets)
    tell("estimating demand")
    survey, left_out = survey_counts(study, tables)
    notes = (*study.notes, *tables.notes, *more, *left_out)
    awareness = None
    if survey is not None:
        districts = sorted(set(population["district"]))
        awareness = estimate_awareness(survey, districts=districts, covariates=tables.covariates)
        notes = (*notes, *survey_notes(study, awareness))
    counters, more = counter_averages(study, tables)
    footfall, filled = study_footfall(study, population, counters, streets)
    demand = study_demand(study, population, footfall, awareness)
    reliance = None if filled is None or footfall is None else VirtualReliance.of(footfall, demand)
    notes = (*notes, *more, *footfall_notes(study, footfall, filled, reliance))
    tell("walking times")
    times, more = study_times(study, tables, population, streets, cached=cached)
    notes = (*notes, *more, *shifted, *place_notes(study, streets, demand, times))
    notes = (*notes, *countable_notes(study, demand, tables.sites, times))
    return Prepared(
        study=study,
        tables=tables,
        population=population,
        streets=streets,
        awareness=awareness,
        footfall=footfall,
        filled=filled,
        reliance=reliance,
        demand=demand,
        times=times,
        fingerprints=fingerprints,
        notes=notes,
    )


def restated(prepared: Prepared, study: Study) -> Prepared:
    """Return what was prepared, for a study that differs in limits and in how it is solved alone; notes follow it."""
    if study == prepared.study:
        return prepared
    about = (prepared.demand, prepared.sites, prepared.times)
    first, last = len(prepared.study.notes), len(countable_notes(prepared.study, *about))
    between = prepared.notes[first : len(prepared.notes) - last]
    return replace(prepared, study=study, notes=(*study.notes, *between, *countable_notes(study, *about)))


def read_streets(study: Study, notes: list[str] | None = None) -> Streets | None:
    """Return the street network of a study, or None where it has none; `notes` receives what a reader must know."""
    source = study.inputs.streets
    if source is None:
        return None
    for name, written in study.inputs.street_paths():
        check_file(name, study.path(written))
    crs = study_crs(study.study.crs, table=study.file.name)
    if source.nodes is not None and source.edges is not None:
        nodes, edges, more = read_network(study, source.nodes, source.edges)
        if notes is not None:
            notes += more
        return Streets.from_tables(nodes, edges, crs=crs, coordinates=source.coordinates)
    if source.graphml is not None:
        return Streets.from_graphml(study.path(source.graphml), crs=crs)
    if source.lines is not None:
        lines = read_frame("streets", study.path(source.lines), layer=source.layer)
        if not isinstance(lines, gpd.GeoDataFrame) or lines.crs is None:
            raise InputError.single(
                "streets", "has no lines with a CRS", remedy="give a GeoPackage or GeoJSON of lines"
            )
        lines = shifted_back("streets", lines, source.coordinates)
        return Streets.from_lines(lines.to_crs(crs), planar=source.planar)
    if source.place is not None:
        return Streets.from_place(source.place, crs=crs, network_type=_NETWORKS[source.mode])
    if source.osm is not None:
        rules = None if source.rules is None else read_frame("way rules", study.path(source.rules))
        return Streets.from_osm_file(study.path(source.osm), crs=crs, mode=source.mode, rules=rules)
    raise InputError.single(study.file.name, "has no source of streets", row="inputs.streets")


def demand_points(study: Study, tables: Tables, streets: Streets | None) -> tuple[gpd.GeoDataFrame, tuple[str, ...]]:
    """Return the demand points of a study (as given, cut from its polygons, or the cells of its raster) and notes."""
    special = [group for group in study.demand.age_groups if group != "general"]
    population = tables.population
    if population is None:
        return _raster_points(study, tables, special)
    if holds_areas(population):
        points = points_from_polygons(
            population,
            study.demand.grid_m or _GRID_M,
            ["people", *special],
            shape=study.demand.grid_shape,
            streets=None if streets is None else streets.edges,
        )
        return points, ()
    return population, ()


def _raster_points(study: Study, tables: Tables, special: list[str]) -> tuple[gpd.GeoDataFrame, tuple[str, ...]]:
    areas = tables.districts
    if areas is None:
        raise InputError.single(study.file.name, "a population raster needs districts", row="inputs.districts")
    file = study.inputs.population
    found = raster_people(study.path(file.path), areas, band=file.band)
    points = found.points
    parents = dict(zip(areas["district"], areas.get("parent", areas["district"]), strict=True))
    points["parent"] = points["district"].map(parents)
    lacking = [group for group in special if group not in study.demand.age_share]
    if lacking:
        problem = f"a raster has no ages: the share of {', '.join(lacking)} is not known"
        raise InputError.single(study.file.name, problem, row="demand.age_share", remedy="add e.g. elderly = 0.12")
    for group in special:
        points[group] = points["people"] * study.demand.age_share[group]
    return points, found.notes


def study_demand(
    study: Study, population: gpd.GeoDataFrame, footfall: Footfall | None, awareness: Awareness | None
) -> DemandEstimate:
    """Return need and expected use of a study."""
    settings = study.demand
    return estimate_demand(
        population,
        periods={name: parse_period(text) for name, text in settings.periods.items()},
        period_share=settings.shares_by_period(),
        trips_per_month=settings.trips_per_month,
        online_share=settings.online_share,
        uptake=settings.uptake,
        awareness=awareness,
        footfall=footfall,
        footfall_capture=settings.footfall_capture,
        non_resident_share=settings.non_resident_share,
        need_share=settings.need_share,
        speed_m_s=study_speeds(study),
        trip_rate_cv=settings.trip_rate_cv,
        footfall_cv=settings.footfall_cv,
        simulated=bool(study.simulated_inputs),
    )


def place_notes(
    study: Study, streets: Streets | None, demand: DemandEstimate, times: TravelTimes | TimesStream
) -> tuple[str, ...]:
    """Return what is odd about the streets of a study and about where its points and sites stand on them."""
    if streets is None:
        return ()
    return street_notes(streets, times.snaps, demand.weight.sum(axis=1), far_snap_m=study.travel.far_snap_m)


def study_speeds(study: Study) -> dict[str, float]:
    """Return metres a second by age group; 1 where speed plays no part: a distance standard, or vehicles."""
    return {group: study.travel.speed_m_s.get(group, 1.0) for group in study.demand.age_groups}


def study_times(
    study: Study, tables: Tables, points: gpd.GeoDataFrame, streets: Streets | None, *, cached: bool = True
) -> tuple[TravelTimes | TimesStream, tuple[str, ...]]:
    """Return travel times that reach at least as far as the service standard of the fastest age group, and notes."""
    sites = tables.sites.table
    if tables.travel is not None:
        times, notes = table_times(tables.travel, points, sites, mode=study.travel.mode)
        if times.unit == "ms" and study.travel.speed_m_s:
            notes = ("travel: its times hold for everybody; travel.speed_m_s is not used", *notes)
        return times, notes
    speed_m_s, cutoff_s = _reach(study)
    if streets is None:
        detour = study.travel.detour or 1.0
        return straight_line_times(points, sites, cutoff_s=cutoff_s, speed_m_s=speed_m_s, detour=detour), ()
    travel = study.travel
    if travel.mode == "walking":
        run = walking_run(
            streets, points, sites, cutoff_s=cutoff_s, speed_m_s=speed_m_s, slope=travel.slope,
            steps_factor=travel.steps_factor, far_snap_m=travel.far_snap_m,
        )  # fmt: skip
    else:
        run = vehicle_run(
            streets, points, sites, cutoff_s=cutoff_s, speeds_m_s=travel.street_speed_m_s, oneway=travel.oneway,
            mode=f"{travel.mode} along streets", far_snap_m=travel.far_snap_m,
        )  # fmt: skip
    return _times_of(run, study, cached=cached), ()


def _times_of(run: TravelRun, study: Study, *, cached: bool) -> TravelTimes | TimesStream:
    folder = None
    if cached and study.travel.cache:
        folder = study.path(study.travel.cache) if isinstance(study.travel.cache, str) else cache_folder()
    if study.travel.stream == "auto":
        return run.held_or_stream(cache=folder)
    return run.stream() if study.travel.stream else run.times(cache=folder)


def _reach(study: Study) -> tuple[float, float]:
    fastest = max(study_speeds(study).values())
    if study.travel.threshold_m is not None:
        return fastest, study.travel.threshold_m / fastest
    return fastest, (study.travel.cutoff_min or study.travel.longest_min) * _MIN_S
