"""Demand points and need of a study."""

from __future__ import annotations

import geopandas as gpd

from placement.demand import (
    Awareness,
    DemandEstimate,
    Footfall,
    Pieces,
    estimate_demand,
    period_pieces,
    points_from_polygons,
    raster_people,
)
from placement.errors import InputError
from placement.notes import Note, about
from placement.pipeline.times import study_speeds
from placement.streets import Streets
from placement.study import Study, parse_period
from placement.tables import Tables, holds_areas
from placement.values import Sites

_GRID_M = 250.0
"""Edge of a cell where polygons are cut into demand points and the study does not say."""


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
            ["people", *special, *study.demand.daytime],
            shape=study.demand.grid_shape,
            streets=None if streets is None else streets.edges,
        )
        return points, ()
    return population, ()


def _raster_points(study: Study, tables: Tables, special: list[str]) -> tuple[gpd.GeoDataFrame, tuple[str, ...]]:
    areas = tables.districts
    if areas is None:
        raise InputError.single(study.file.name, "a population raster needs districts", row="inputs.districts")
    if study.demand.daytime:
        problem = f"a raster counts people, not {', '.join(study.demand.daytime)}"
        remedy = "leave it out, or give a table of population"
        raise InputError.single(study.file.name, problem, row="demand.daytime", remedy=remedy)
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


def study_periods(study: Study, sites: Sites | None = None) -> tuple[Pieces, tuple[str, ...]]:
    """Return the periods of a study, cut where `sites` open and close if it asks for that, and notes."""
    settings = study.demand
    table = None if sites is None or settings.period_rule == "whole" else sites.table
    hours = () if table is None else zip(table["opens_min"].astype(int), table["closes_min"].astype(int), strict=True)
    periods = {name: parse_period(text) for name, text in settings.periods.items()}
    pieces = period_pieces(periods, settings.shares_by_period(), hours)
    why = Note("no site opens or closes within a period")
    note = about(study.file.name, Note("{key} has no effect: {why}", key="demand.period_rule", why=why))
    return pieces, (note,) if table is not None and not pieces.cut else ()


def study_demand(
    study: Study,
    population: gpd.GeoDataFrame,
    footfall: Footfall | None,
    awareness: Awareness | None,
    periods: Pieces | None = None,
) -> DemandEstimate:
    """Return need and expected use of a study, by its periods as they are or in the pieces of :func:`study_periods`."""
    settings = study.demand
    periods = study_periods(study)[0] if periods is None else periods
    return estimate_demand(
        population,
        periods=periods.periods,
        period_share=periods.share,
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
        need_area_cv=settings.need_area_cv,
        people_cv=settings.people_cv,
        daytime=periods.named(settings.daytime),
        simulated=bool(study.simulated_inputs),
    )
