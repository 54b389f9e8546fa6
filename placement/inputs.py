"""From a study to the values that everything else is computed from: tables, streets, demand, walking times."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

from placement.demand import Awareness, estimate_awareness, estimate_demand, spread_footfall
from placement.errors import InputError
from placement.shift import warn_if_shifted
from placement.study import TABLE, Study, parse_period
from placement.tables import Tables, read_tables, study_crs
from placement.travel import Streets, TravelTimes, straight_line_times, walking_times
from placement.values import Demand, Sites

_MIN_S = 60.0


@dataclass(frozen=True, kw_only=True, eq=False)
class Prepared:
    """A study with its stages up to the walking times.

    Parameters
    ----------
    study, tables
        What was asked and what was read.
    streets
        None where the study brings its own travel table or asks for straight lines.
    awareness
        None without a survey.
    demand, times
        Need and expected use by demand point; walking times from demand points to sites.
    """

    study: Study
    tables: Tables
    streets: Streets | None
    awareness: Awareness | None
    demand: Demand
    times: TravelTimes

    @property
    def sites(self) -> Sites:
        """Stations and candidates."""
        return self.tables.sites


def prepare(study: Study, *, progress: Callable[[str], None] | None = None) -> Prepared:
    """Read a study's tables and compute demand and walking times.

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
    tables = read_tables(study)
    streets = read_streets(study, tables)
    if streets is not None:
        warn_if_shifted(study, tables, streets)
    tell("estimating demand")
    awareness = study_awareness(tables)
    demand = study_demand(study, tables, awareness, streets)
    tell("walking times")
    times = study_times(study, tables, streets)
    return Prepared(study=study, tables=tables, streets=streets, awareness=awareness, demand=demand, times=times)


def read_streets(study: Study, tables: Tables) -> Streets | None:
    """Return the street network of a study, or None where it has none."""
    source = study.inputs.streets
    if source is None:
        return None
    crs = study_crs(study.study.crs)
    if tables.nodes is not None and tables.edges is not None:
        return Streets.from_tables(tables.nodes, tables.edges, crs=crs)
    if source.graphml is not None:
        return Streets.from_graphml(study.path(source.graphml), crs=crs)
    if source.place is not None:
        return Streets.from_place(source.place, crs=crs)
    if source.osm is not None:
        return Streets.from_osm_file(study.path(source.osm), crs=crs)
    raise InputError.single(TABLE, "has no source of streets", row="inputs.streets")


def study_awareness(tables: Tables) -> Awareness | None:
    """Return awareness by district and age group, or None without a survey."""
    if tables.survey is None:
        return None
    return estimate_awareness(tables.survey, districts=sorted(set(tables.population["district"])))


def study_demand(study: Study, tables: Tables, awareness: Awareness | None, streets: Streets | None) -> Demand:
    """Return need and expected use of a study."""
    settings = study.demand
    footfall = None
    if tables.footfall is not None:
        footfall = spread_footfall(
            tables.footfall, tables.population, streets=streets, bandwidth_m=settings.footfall_bandwidth_m
        )
    return estimate_demand(
        tables.population,
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
        simulated=bool(study.simulated_inputs),
    )


def study_speeds(study: Study) -> dict[str, float]:
    """Return metres a second by age group; 1 with a distance standard, where speed plays no part."""
    return {group: study.travel.speed_m_s.get(group, 1.0) for group in study.demand.age_groups}


def study_times(study: Study, tables: Tables, streets: Streets | None) -> TravelTimes:
    """Return travel times that reach at least as far as the service standard of the fastest age group."""
    points, sites = tables.population, tables.sites.table
    if tables.travel is not None:
        return TravelTimes.from_table(tables.travel, point_ids=points.index, site_ids=sites.index)
    speed_m_s, cutoff_s = _reach(study)
    if streets is None:
        detour = study.travel.detour or 1.0
        return straight_line_times(points, sites, cutoff_s=cutoff_s, speed_m_s=speed_m_s, detour=detour)
    far_snap_m = study.travel.far_snap_m
    return walking_times(streets, points, sites, cutoff_s=cutoff_s, speed_m_s=speed_m_s, far_snap_m=far_snap_m)


def _reach(study: Study) -> tuple[float, float]:
    fastest = max(study_speeds(study).values())
    if study.travel.threshold_m is not None:
        return fastest, study.travel.threshold_m / fastest
    return fastest, (study.travel.cutoff_min or study.travel.longest_min) * _MIN_S


def input_fingerprints(study: Study) -> dict[str, str]:
    """Return the SHA-256 of ``study.toml`` and of every input file, by input name."""
    files = {"study": study.folder / TABLE}
    files |= {name: study.path(written) for name, written in study.inputs.paths()}
    return {name: hashlib.sha256(path.read_bytes()).hexdigest() for name, path in files.items()}
