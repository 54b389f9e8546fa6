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
    return table.survey, tuple(f"survey: {count} questionnaires left out: {why}" for why, count in reasons.items())


def counter_averages(study: Study, tables: Tables) -> tuple[gpd.GeoDataFrame | None, tuple[str, ...]]:
    """Return the counters with people a day (averaged where they came as a series) and what of it was left out."""
    if tables.footfall is None or tables.footfall_counts is None:
        return tables.footfall, ()
    counts = clean_counts(tables.footfall_counts, every=study.demand.counts_every)
    averages = counts.counters[["people_per_day", "night_share", "se"]]
    lost = sorted(set(tables.footfall.index) - set(averages.index.astype(str)))
    if lost:
        raise InputError([_unusable(name, counts) for name in lost])
    notes = [f"footfall_counts: {note}" for note in (*counts.notes, *_left_out(counts.dropped))]
    notes += _thin_series(counts.counters)
    return tables.footfall.join(averages.set_axis(averages.index.astype(str))), tuple(notes)


def _unusable(name: str, counts: CleanCounts) -> Fault:
    why = counts.dropped.query("counter_id == @name")["reason"].value_counts().sort_index()
    told = listed(f"{number} x {reason}" for reason, number in why.items())
    remedy = "mend its rows, or remove the counter"
    return Fault(
        table="footfall_counts", row=f"counter_id {name}", problem=f"no usable count is left: {told}", remedy=remedy
    )


def _left_out(dropped: pd.DataFrame) -> list[str]:
    """Return how many rows were left out and why, each with its first row."""
    notes = []
    for reason, part in sorted(dropped.groupby("reason"), key=lambda item: str(item[0])):
        notes.append(f"{len(part)} rows left out: {reason} (first: {part.index[0]})")
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
    notes = [f"survey: {note}" for note in awareness.notes]
    if study.demand.uptake and awareness.uptake is not None:
        given = listed(f"{group} {share:.1%}" for group, share in study.demand.uptake.items())
        notes.append(f"survey: its column used is replaced by [demand.uptake]: {given}")
    return tuple(notes)


def footfall_notes(
    study: Study, footfall: Footfall | None, filled: FilledCounters | None, reliance: VirtualReliance | None
) -> tuple[str, ...]:
    """Return whose people went far, what was interpolated, how far to trust it and how much rests on it."""
    simulated = {"footfall", "footfall_counts"} & set(study.simulated_inputs)
    name = "SIMULATED footfall" if simulated else "footfall"
    notes = []
    if footfall is not None:
        notes = [f"{name}: {note}" for note in (*_far(footfall, study.travel.far_snap_m), *_on_one_street(footfall))]
    if filled is not None and reliance is not None:
        notes += [f"{name}: {filled.note}", f"{name}: {reliance.note}"]
    return tuple(notes)


def _far(footfall: Footfall, far_m: float) -> list[str]:
    """Return which real counters give all their people to a demand point that is far away."""
    counters = footfall.counters
    if "interpolated" in counters.columns:
        counters = counters[~counters["interpolated"].astype(bool)]
    far = counters.loc[counters["nearest_m"] > far_m, "nearest_m"]
    if not len(far):
        return []
    told = listed(f"{counter} ({metres:,.0f} m)" for counter, metres in far.items())
    return [f"no demand point within {far_m:g} m; all people go to the nearest: {told}"]


def _on_one_street(footfall: Footfall) -> list[str]:
    """Return which counters stand on a street with others, and count in part."""
    part = footfall.counters["counted"]
    part = part[part < 1.0]
    if not len(part):
        return []
    told = listed(f"{counter} ({share:.0%})" for counter, share in part.items())
    return [f"counters less than {APART_M:g} m apart see the same people and count in part: {told}"]


def _thin_series(counters: pd.DataFrame) -> list[str]:
    """Return which counters were not counted around the clock, or on too few weekdays."""
    found = (
        (
            "hours",
            _HOURS,
            "hours of the day were counted (the daily number is of these alone)",
        ),
        (
            "weekdays",
            FEWEST_WEEKDAYS,
            "weekdays were counted (the daily number is of these alone)",
        ),
    )
    notes = []
    for column, enough, what in found:
        thin = counters.loc[(counters[column] < enough) & ~counters["filled"], column]
        if len(thin):
            named = listed(f"{name} ({count})" for name, count in thin.items())
            notes.append(f"footfall_counts: fewer than {enough} {what}: {named}")
    return notes
