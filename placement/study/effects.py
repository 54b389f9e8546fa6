"""Settings that have nothing to act on: faults where the format of a file cannot use them, notes elsewhere.

A name that does not exist (an age group, a district, a host) is a mistake and a fault; a setting beside which the study
has no table or mode for it to act on changes no number, is left in many studies for the next scenario, and is a note.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePath
from typing import TYPE_CHECKING

from pydantic import BaseModel

from placement.errors import Fault
from placement.notes import Note, about
from placement.study.inputs import InputFile, Inputs

if TYPE_CHECKING:
    from placement.study import Study

PLACES = frozenset({"population", "footfall", "stations", "candidates", "districts"})
"""Tables whose rows are places."""
_ALWAYS = frozenset({"path", "simulated", "notice"})
_USED_BY = {
    ".csv": frozenset({"coordinates", "encoding", "columns"}),
    ".xlsx": frozenset({"coordinates", "layer", "columns"}),
    ".xlsm": frozenset({"coordinates", "layer", "columns"}),
    ".parquet": frozenset({"coordinates", "columns"}),
    ".geoparquet": frozenset({"coordinates", "columns"}),
    ".geojson": frozenset({"coordinates", "columns"}),
    ".json": frozenset({"coordinates", "columns"}),
    ".gpkg": frozenset({"coordinates", "layer", "columns"}),
    ".fgb": frozenset({"coordinates", "columns"}),
    ".shp": frozenset({"coordinates", "encoding", "columns"}),
    ".tif": frozenset({"band"}),
    ".tiff": frozenset({"band"}),
}
"""Keys of an input's long form that its format uses, beside those that every input has."""
_TRAVEL = frozenset({"travel"})
_OF_TABLES = {"band": frozenset({"population"}), "coordinates": PLACES, "unit": _TRAVEL, "wide": _TRAVEL}
"""Keys that only these tables use."""


def file_faults(inputs: Inputs, table: str) -> list[Fault]:
    """Return a fault for each key of an input that its format or its table does not use."""
    faults = []
    for name, file in inputs.files():
        suffix = PurePath(file.path).suffix.lower()
        for key in sorted(file.model_fields_set - _ALWAYS):
            problem = _unused(name, suffix, key)
            if problem:
                row = f"inputs.{name}.{key}"
                faults.append(Fault(table=table, row=row, problem=problem, remedy="remove it"))
    streets = inputs.streets
    if streets is not None and streets.layer is not None:
        lines = streets.lines
        if lines is None or PurePath(lines).suffix.lower() != ".gpkg":
            problem = "names a layer of lines in a GeoPackage; this source has none"
            faults.append(Fault(table=table, row="inputs.streets.layer", problem=problem, remedy="remove it"))
    if streets is not None and streets.planar and streets.lines is None:
        problem = "is for streets as lines"
        faults.append(Fault(table=table, row="inputs.streets.planar", problem=problem, remedy="remove it"))
    return faults


def _unused(name: str, suffix: str, key: str) -> str:
    known = _USED_BY.get(suffix)
    if known is not None and key not in known and key in InputFile.model_fields and key in _GENERAL:
        return f"a {suffix} file has no {_GENERAL[key]}"
    if name not in _OF_TABLES.get(key, {name}):
        return f"{name} has no {_GENERAL.get(key, key)}"
    return ""


_GENERAL = {
    "coordinates": "coordinates to convert",
    "encoding": "encoding to choose",
    "layer": "layers or sheets",
    "columns": "columns to name",
    "band": "bands",
}


def effect_notes(study: Study, table: str) -> list[Note]:
    """Return a sentence for each setting that is given and changes nothing."""
    idle = [(key, why) for key, why in _without_effect(study) if _given(study, key)]
    notes = [about(table, Note("{key} has no effect: {why}", key=key, why=Note(why))) for key, why in idle]
    if study.inputs.footfall is not None and study.demand.footfall_capture == 0:
        notes.append(about(table, Note("inputs.footfall adds no need: demand.footfall_capture is 0")))
    if study.guides is None and any(section.guide is not None for section in study.costs.values()):
        why = Note("no [guides]")
        notes.append(about(table, Note("{key} has no effect: {why}", key="costs.guide", why=why)))
    if study.phase and study.inputs.usage is not None and study.policy.visits_weight is None:
        notes.append(about(table, Note("a plan in phases counts coverage alone: predicted visits are only reported")))
    backend = study.solve.backend
    silent = study.inputs.usage is not None and study.policy.visits_weight is None and not study.phase
    if backend != "auto" and silent:
        form = "solve.backend {backend} knows coverage alone: predicted visits count nothing for a plan"
        notes.append(about(table, Note(form, backend=backend)))
    return notes


def _given(study: Study, key: str) -> bool:
    section, name, *inner = key.split(".")
    value = getattr(study, section)
    if not isinstance(value, BaseModel) or name not in value.model_fields_set:
        return False
    found = getattr(value, name)
    return inner[0] in found if inner else found not in ({}, None, ())


def _without_effect(study: Study) -> Iterator[tuple[str, str]]:
    inputs, demand = study.inputs, study.demand
    if inputs.footfall is None:
        for key in ("footfall_capture", "non_resident_share", "footfall_bandwidth_m", "footfall_cv"):
            yield f"demand.{key}", "no inputs.footfall"
    if inputs.footfall is None or not demand.footfall_interpolate:
        yield "demand.footfall_siting", "no virtual counters (demand.footfall_interpolate)"
    if inputs.footfall_counts is None:
        for key in ("counts_every", "counts_time_format", "counts_time_zone"):
            yield f"demand.{key}", "no inputs.footfall_counts"
    if inputs.usage is None:
        yield "demand.visit_columns", "no inputs.usage"
    if inputs.survey is None:
        yield "demand.age_bands", "no inputs.survey"
        yield "demand.deff", "no inputs.survey"
    if inputs.population.is_raster:
        yield "demand.grid_m", "the population is a raster"
        yield "demand.grid_shape", "the population is a raster"
    elif demand.grid_m is None:
        yield "demand.grid_shape", "no demand.grid_m"
    yield "demand.age_share.general", "general is everybody who is in no other group"
    yield "demand.age_bands.general", "general is everybody younger than the other groups"
    yield from _limits_without_effect(study)
    yield from _travel_without_effect(study)


def _limits_without_effect(study: Study) -> Iterator[tuple[str, str]]:
    if study.inputs.usage is None:
        yield "policy.idle_below", "no inputs.usage"
    if study.budget.horizon_years is None and not study.phase:
        yield "budget.discount_rate", "no budget.horizon_years"


def _travel_without_effect(study: Study) -> Iterator[tuple[str, str]]:
    travel = study.travel
    yield from _other_sources(study)
    why = "the standard is a distance, travel.threshold_m"
    if travel.step:
        why = "the standard is a distance, threshold_m in travel.step"
    if study.inputs.travel is not None:
        yield "travel.cutoff_min", "times come from a travel table"
    elif travel.is_distance:
        yield "travel.cutoff_min", why
    if travel.is_distance and study.inputs.usage is None:
        yield "travel.speed_m_s", why
    if travel.mode == "walking":
        yield "travel.oneway", "people on foot walk both ways"


def _other_sources(study: Study) -> Iterator[tuple[str, str]]:
    """Yield the settings of sources of times that the study does not take."""
    table = study.inputs.travel is not None
    if study.inputs.streets is None:
        why = "times come from straight lines, not from streets"
        if table:
            why = "times come from a travel table, not from streets"
        for key in ("far_snap_m", "cache", "stream"):
            yield f"travel.{key}", why
    if study.inputs.streets is not None:
        yield "travel.detour", "times come from streets, not from straight lines"
    elif table:
        yield "travel.detour", "times come from a travel table, not from straight lines"
