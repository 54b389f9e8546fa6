"""Travel times of a study: along its streets, from its own table, or straight."""

from __future__ import annotations

import geopandas as gpd

from placement.notes import Note, about
from placement.streets import Streets
from placement.study import Study
from placement.tables import Tables
from placement.travel import (
    TimesStream,
    TravelRun,
    TravelTimes,
    cache_folder,
    straight_line_times,
    table_times,
    vehicle_run,
    walking_run,
)

_MIN_S = 60.0


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
            notes = (about("travel", Note("its times hold for everybody; travel.speed_m_s is not used")), *notes)
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
    if study.travel.is_distance:
        return fastest, study.travel.longest_m / fastest
    return fastest, (study.travel.cutoff_min or study.travel.longest_min) * _MIN_S
