"""What a reader must know of a study that no table shows: what cannot count, and how points stand on the streets."""

from __future__ import annotations

import pandas as pd

from placement.countable import count_pairs
from placement.demand import DemandEstimate
from placement.notes import Note, about
from placement.pipeline.idle_limits import apart_notes, few_notes, kind_notes, reach_notes, text_notes
from placement.pipeline.outages import outage_notes
from placement.pipeline.policy import study_standard
from placement.standard import rules_of
from placement.streets import Streets, street_notes
from placement.study import Study
from placement.travel import TimesStream, TravelTimes
from placement.values import Demand, Sites

MOVES_ONLY = Note(
    "max_moves counts moved machines only: with max_moves = 0 stations may still close and others open; set "
    "max_changes (or max_opens, max_closes) to limit them"
)


def limit_notes(
    study: Study,
    demand: Demand,
    sites: Sites,
    times: TravelTimes | TimesStream,
    streets: Streets | None,
    *,
    usage: pd.DataFrame | None,
) -> tuple[str, ...]:
    """Return what can count for nothing, and limits that limit less than they seem to, or nothing.

    Raises
    ------
    InputError
        If nothing can count at all, with what makes it so.
    """
    found = count_pairs(demand, sites, times, rules_of(demand, sites, study_standard(study)), every_site=True)
    found.raise_if_nothing()
    policy, table = study.policy, study.file.name
    idle = [
        *kind_notes(study, sites),
        *text_notes(sites),
        *apart_notes(study, sites, streets),
        *few_notes(study, sites),
    ]
    if policy.min_reach_new is not None:
        idle += reach_notes(study, demand, sites, times)
    notes = (*found.notes, *(about(table, note) for note in idle), *outage_notes(study, usage))
    others = (policy.max_opens, policy.max_closes, policy.max_changes)
    if policy.max_moves == 0 and others == (None, None, None) and sites.table["existing"].any():
        return (*notes, MOVES_ONLY)
    return notes


def place_notes(
    study: Study, streets: Streets | None, demand: DemandEstimate, times: TravelTimes | TimesStream
) -> tuple[str, ...]:
    """Return what is odd about the streets of a study and about where its points and sites stand on them."""
    if streets is None:
        return ()
    return street_notes(streets, times.snaps, demand.weight.sum(axis=1), far_snap_m=study.travel.far_snap_m)
