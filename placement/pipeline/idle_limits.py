"""Limits that go by what a site is, and columns of sites beside them, that bind nothing."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator

import numpy as np

from placement.notes import Names, Note, counted
from placement.pipeline.policy import study_standard
from placement.standard import rules_of
from placement.streets import Streets
from placement.study import Study
from placement.travel import TimesStream, TravelTimes
from placement.travel.between import nearer_than
from placement.values import Demand, Sites
from placement.values.limits import BY_KIND
from placement.values.steps import stacked_weights

_SCALE = 1000
"""Weights are compared in whole thousandths, as a plan's program holds them."""


def kind_notes(study: Study, sites: Sites) -> Iterator[Note]:
    """Yield limits on hosts and chains that so few sites have that they limit nothing; a column that nothing uses."""
    table = sites.table
    may_stand = table["status"] != "excluded"
    for name, column in BY_KIND.items():
        for kind, most in sorted(getattr(study.policy, name).items()):
            count = int((may_stand & (table[column] == kind)).sum())
            if count <= most:
                forms = "{count:,} site may have a station there", "{count:,} sites may have a station there"
                yield _idle(f"policy.{name}.{kind}", counted(count, *forms))
    if (table["chain"] != "").any() and not study.policy.max_by_chain:
        yield Note("the column chain of the sites has no effect: no policy.max_by_chain")


def text_notes(sites: Sites) -> Iterator[Note]:
    """Yield texts of `exclusive` that one site has alone, and fixed actions that a status asks for already."""
    table = sites.table
    counts = table.loc[table["exclusive"] != "", "exclusive"].value_counts().sort_index()
    for text in counts.index[counts == 1]:
        site = table.index[table["exclusive"] == text][0]
        yield Note("exclusive {text} has no effect: {site} alone has it", text=text, site=str(site))
    same = table.index[(table["action_fixed"] == "keep") & (table["status"] == "required")]
    if len(same):
        form = "action_fixed keep has no effect at {sites}: a required station is kept"
        yield Note(form, sites=Names(sorted(same), len(same)))


def apart_notes(study: Study, sites: Sites, streets: Streets | None) -> Iterator[Note]:
    """Yield that no two sites are nearer to one another than `spacing_m`."""
    spacing_m = study.policy.spacing_m
    if spacing_m is None:
        return
    near = nearer_than(sites.table, streets, math.ceil(spacing_m * 1000))
    if not near[~sites.standing].any():
        form = "no site without a station is less than {metres:g} m from another"
        yield _idle("policy.spacing_m", Note(form, metres=float(spacing_m)))


def reach_notes(study: Study, demand: Demand, sites: Sites, times: TravelTimes | TimesStream) -> Iterator[Note]:
    """Yield how many candidates `min_reach_new` rules out; nothing where times come block by block."""
    least = study.policy.min_reach_new
    if least is None or isinstance(times, TimesStream):
        return
    rules, everyone = rules_of(demand, sites, study_standard(study)), slice(0, len(demand.ids))
    reach = np.zeros(len(sites), dtype=np.int64)
    layers = stacked_weights(np.rint(demand.weight * _SCALE).astype(np.int64), rules.standard.levels)
    for segment, step in itertools.product(range(len(demand.segments)), range(len(layers))):
        within = rules.rows(times, segment, everyone, step=step).astype(np.int64)
        reach += within.T @ layers[step][:, segment]
    poor = (reach < least * _SCALE)[~sites.standing]
    if poor.any():
        form = "policy.min_reach_new rules out {count} of {all} sites without a station"
        yield Note(form, count=int(poor.sum()), all=poor.size)
    else:
        yield _idle("policy.min_reach_new", Note("every site without a station has as much within reach"))


def few_notes(study: Study, sites: Sites) -> Iterator[Note]:
    """Yield that `max_idle` is no less than the stations that may stand."""
    policy = study.policy
    may_stand = int((sites.table["status"] != "excluded").sum())
    most = may_stand if policy.max_stations is None else min(may_stand, policy.max_stations)
    if policy.max_idle is not None and policy.max_idle >= most:
        yield _idle("policy.max_idle", Note("no more than {count:,} stations may stand", count=most))


def _idle(key: str, why: Note) -> Note:
    return Note("{key} has no effect: {why}", key=key, why=why)
