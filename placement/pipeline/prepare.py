"""From a study to the values that everything else is computed from: tables, streets, demand, walking times."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd

from placement.demand import (
    Awareness,
    DemandEstimate,
    FilledCounters,
    Footfall,
    VirtualReliance,
    estimate_awareness,
)
from placement.errors import Fault, InputError, PlacementError
from placement.pipeline.demand import demand_points, study_demand, study_periods
from placement.pipeline.notes import limit_notes, place_notes
from placement.pipeline.shift import warn_if_shifted
from placement.pipeline.sources import counter_averages, footfall_notes, study_footfall, survey_counts, survey_notes
from placement.pipeline.streets import read_streets
from placement.pipeline.times import study_times
from placement.progress import CHECK, DEMAND, READING, TIMES, Listener, Progress
from placement.streets import Streets
from placement.study import Study, StudyError, read_study
from placement.tables import (
    Tables,
    input_states,
    read_tables,
    refuse_changes,
)
from placement.travel import (
    TimesStream,
    TravelTimes,
)
from placement.values import Sites
from placement.values.immutable import immutable, replaced
from placement.values.shown import Shown, brief, headline_of, of_data


@immutable
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

    def _shown(self) -> Shown:
        simulated = self.study.simulated_inputs
        rows = [("demand", headline_of(self.demand)), ("sites", headline_of(self.sites)), ("times", brief(self.times))]
        parts = ("streets", "awareness", "footfall", "filled", "reliance")
        rows += [(name, headline_of(getattr(self, name))) for name in parts if getattr(self, name) is not None]
        rows += [("simulated", ", ".join(simulated))] if simulated else []
        rows += [("note", note) for note in self.notes]
        return f"Prepared {self.study.study.name}: read, and computed up to travel times{of_data(simulated)}", rows


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
    return replaced(tables, notes=(*tables.notes, *notes)), streets


def prepare_inputs(study: Study, *, progress: Listener | Progress | None = None, cached: bool = True) -> Prepared:
    """Read a study's tables and compute demand and travel times.

    Parameters
    ----------
    study
        See :func:`placement.study.read_study`.
    progress
        Called with a :class:`~placement.progress.Step` whenever there is something to tell.
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
    progress = Progress.of(progress, CHECK)
    progress.stage(READING)
    before = input_states(study)
    tables, streets = read_inputs(study)
    population, more = demand_points(study, tables, streets)
    fingerprints = refuse_changes(study, before)
    shifted = () if streets is None else warn_if_shifted(study, tables, streets)
    progress.stage(DEMAND)
    awareness, known = _awareness(study, tables, population)
    notes = (*study.notes, *tables.notes, *more, *known)
    counters, more = counter_averages(study, tables)
    footfall, filled = study_footfall(study, population, counters, streets)
    periods, idle = study_periods(study, tables.sites)
    demand = study_demand(study, population, footfall, awareness, periods)
    reliance = None if filled is None or footfall is None else VirtualReliance.of(footfall, demand)
    notes = (*notes, *idle, *more, *footfall_notes(study, footfall, filled, reliance))
    progress.stage(TIMES)
    times, more = study_times(study, tables, population, streets, cached=cached)
    notes = (*notes, *more, *shifted, *place_notes(study, streets, demand, times))
    notes = (*notes, *limit_notes(study, demand, tables.sites, times, streets, usage=tables.usage))
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


def _awareness(study: Study, tables: Tables, population: gpd.GeoDataFrame) -> tuple[Awareness | None, tuple[str, ...]]:
    """Return what the survey says, None without one, and notes on it."""
    survey, left_out = survey_counts(study, tables)
    if survey is None:
        return None, tuple(left_out)
    districts = sorted(set(population["district"]))
    awareness = estimate_awareness(survey, districts=districts, covariates=tables.covariates, deff=study.demand.deff)
    return awareness, (*left_out, *survey_notes(study, awareness))


def restated(prepared: Prepared, study: Study) -> Prepared:
    """Return what was prepared, for a study that differs in limits and in how it is solved alone; notes follow it."""
    if study == prepared.study:
        return prepared
    about, usage = (prepared.demand, prepared.sites, prepared.times, prepared.streets), prepared.tables.usage
    first, last = len(prepared.study.notes), len(limit_notes(prepared.study, *about, usage=usage))
    between = prepared.notes[first : len(prepared.notes) - last]
    return replaced(prepared, study=study, notes=(*study.notes, *between, *limit_notes(study, *about, usage=usage)))
