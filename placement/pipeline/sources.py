"""Survey and counters of a study as the demand takes them, with notes on what was left out, thin or interpolated."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd

from placement.demand import (
    Awareness,
    CleanCounts,
    FilledCounters,
    Footfall,
    VirtualReliance,
    clean_counts,
    fill_counters,
    spread_footfall,
    tabulate_questionnaires,
)
from placement.demand.interpolate import FEWEST_COUNTERS
from placement.demand.same_street import APART_M
from placement.errors import Fault, InputError, listed
from placement.notes import Names, Note, about
from placement.streets import Streets
from placement.study import Study
from placement.tables import Tables

FEWEST_WEEKDAYS = 3
"""A daily number from fewer weekdays than this is named in the notes."""
_HOURS = 24


def survey_counts(study: Study, tables: Tables) -> tuple[pd.DataFrame | None, tuple[str, ...]]:
    """Return the survey as counts (tabulated where it came as questionnaires) and what of it was unusable."""
    if tables.questionnaires is None:
        return tables.survey, ()
    table = tabulate_questionnaires(tables.questionnaires, age_bands=study.demand.age_bands or None)
    reasons = table.unusable["reason"].value_counts().sort_index()
    form = "{count} questionnaires left out: {why}"
    left_out = (about("survey", Note(form, count=count, why=Note(str(why)))) for why, count in reasons.items())
    return table.survey, tuple(left_out)


def counter_averages(study: Study, tables: Tables) -> tuple[gpd.GeoDataFrame | None, tuple[str, ...]]:
    """Return the counters with people a day (averaged where they came as a series) and what of it was left out."""
    if tables.footfall is None or tables.footfall_counts is None:
        return tables.footfall, ()
    counts = clean_counts(tables.footfall_counts, every=study.demand.counts_every)
    averages = counts.counters[["people_per_day", "night_share", "se"]]
    lost = sorted(set(tables.footfall.index) - set(averages.index.astype(str)))
    if lost:
        raise InputError([_unusable(name, counts) for name in lost])
    notes = [about("footfall_counts", note) for note in (*counts.notes, *_left_out(counts.dropped))]
    notes += _thin_series(counts.counters)
    return tables.footfall.join(averages.set_axis(averages.index.astype(str))), tuple(notes)


def _unusable(name: str, counts: CleanCounts) -> Fault:
    why = counts.dropped.query("counter_id == @name")["reason"].value_counts().sort_index()
    told = listed(f"{number} x {reason}" for reason, number in why.items())
    remedy = "mend its rows, or remove the counter"
    return Fault(
        table="footfall_counts", row=f"counter_id {name}", problem=f"no usable count is left: {told}", remedy=remedy
    )


def _left_out(dropped: pd.DataFrame) -> list[Note]:
    """Return how many rows were left out and why, each with its first row."""
    notes = []
    for reason, part in sorted(dropped.groupby("reason"), key=lambda item: str(item[0])):
        form = "{count} rows left out: {reason} (first: {first})"
        notes.append(Note(form, count=len(part), reason=Note(str(reason)), first=part.index[0]))
    return notes


def study_footfall(
    study: Study, population: gpd.GeoDataFrame, counters: gpd.GeoDataFrame | None, streets: Streets | None
) -> tuple[Footfall | None, FilledCounters | None]:
    """Return the counters' people by demand point, and the counters with virtual ones where the study asks for them."""
    if counters is None:
        return None, None
    bandwidth_m = study.demand.footfall_bandwidth_m
    if not study.demand.footfall_interpolate:
        return spread_footfall(counters, population, streets=streets, bandwidth_m=bandwidth_m), None
    if len(counters) < FEWEST_COUNTERS:
        problem = f"{len(counters)} counters are too few to interpolate; {FEWEST_COUNTERS} are needed"
        row, remedy = "demand.footfall_interpolate", "add counters, or set it to false"
        raise InputError.single(study.file.name, problem, row=row, remedy=remedy)
    filled = fill_counters(
        counters, population, bandwidth_m=bandwidth_m, streets=streets, siting=study.demand.footfall_siting
    )
    errors = filled.errors
    return spread_footfall(filled.counters, population, streets=streets, bandwidth_m=bandwidth_m, errors=errors), filled


def survey_notes(study: Study, awareness: Awareness) -> tuple[str, ...]:
    """Return what a reader of the survey's estimate must know."""
    notes = [about("survey", note) for note in awareness.notes]
    if study.demand.uptake and awareness.uptake is not None:
        given = Names(f"{group} {share:.1%}" for group, share in study.demand.uptake.items())
        notes.append(about("survey", Note("its column used is replaced by [demand.uptake]: {given}", given=given)))
    return tuple(notes)


def footfall_notes(
    study: Study, footfall: Footfall | None, filled: FilledCounters | None, reliance: VirtualReliance | None
) -> tuple[str, ...]:
    """Return whose people went far, what was interpolated, how far to trust it and how much rests on it."""
    simulated = bool({"footfall", "footfall_counts"} & set(study.simulated_inputs))
    notes: list[Note] = []
    if footfall is not None:
        notes += (*_far(footfall, study.travel.far_snap_m), *_on_one_street(footfall))
    if filled is not None and reliance is not None:
        notes += (filled.note, reliance.note)
    return tuple(about("footfall", note, simulated=simulated) for note in notes)


def _far(footfall: Footfall, far_m: float) -> list[Note]:
    """Return which real counters give all their people to a demand point that is far away."""
    counters = footfall.counters
    if "interpolated" in counters.columns:
        counters = counters[~counters["interpolated"].astype(bool)]
    far = counters.loc[counters["nearest_m"] > far_m, "nearest_m"]
    if not len(far):
        return []
    told = Names(f"{counter} ({metres:,.0f} m)" for counter, metres in far.items())
    form = "no demand point within {metres:g} m; all people go to the nearest: {names}"
    return [Note(form, metres=far_m, names=told)]


def _on_one_street(footfall: Footfall) -> list[Note]:
    """Return which counters stand on a street with others, and count in part."""
    part = footfall.counters["counted"]
    part = part[part < 1.0]
    if not len(part):
        return []
    told = Names(f"{counter} ({share:.0%})" for counter, share in part.items())
    form = "counters less than {metres:g} m apart see the same people and count in part: {names}"
    return [Note(form, metres=APART_M, names=told)]


def _thin_series(counters: pd.DataFrame) -> list[Note]:
    """Return which counters were not counted around the clock, or on too few weekdays."""
    found = (
        (
            "hours",
            _HOURS,
            "fewer than {enough} hours of the day were counted (the daily number is of these alone): {names}",
        ),
        (
            "weekdays",
            FEWEST_WEEKDAYS,
            "fewer than {enough} weekdays were counted (the daily number is of these alone): {names}",
        ),
    )
    notes = []
    for column, enough, form in found:
        thin = counters.loc[(counters[column] < enough) & ~counters["filled"], column]
        if len(thin):
            named = Names(f"{name} ({count})" for name, count in thin.items())
            notes.append(about("footfall_counts", Note(form, enough=enough, names=named)))
    return notes
