"""What if a station stood here, and not there: counted without solving, and the best plan around it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import numpy as np
import pandas as pd

from placement.case import Case, measure, measure_visits
from placement.economics import budget
from placement.errors import AlignmentError, InfeasibleError, InputError, NoSolutionError
from placement.plan.decode import decode
from placement.plan.optimise import optimise
from placement.plan.same_stations import columns_for
from placement.plan.standing import Question
from placement.progress import Listener, Progress
from placement.solve.settings import EngineSettings
from placement.values import Plan, Sites
from placement.values.arrays import BoolArray
from placement.values.checks import Faults, shown
from placement.values.what_if import WhatIf

_LIMIT_S = 5.0
"""Seconds in which the cheapest way to a network is looked for: a hundredth of that is enough for a city."""


def what_if(
    case: Case,
    plan: Plan | Collection[str] | None = None,
    *,
    add: Collection[str] = (),
    remove: Collection[str] = (),
    move: Mapping[str, str] | None = None,
    around: bool = False,
    progress: Listener | Progress | None = None,
) -> WhatIf:
    """Return what becomes of a plan with some stations more and some less.

    Nothing is solved but who moves where: coverage, visits and money are counted, and limits that do not hold are
    named, not enforced.

    Parameters
    ----------
    case
        What the plan was made from; its policy says what is asked.
    plan
        The plan, or ids of the stations that stand; None: today's stations.
    add, remove
        Ids of sites at which a station stands as well, and of stations that go.
    move
        From which site to which a station goes: the same as removing one and adding the other.
    around
        Also look for the best plan in which what was added stands and what was removed does not.
    progress
        Called with a :class:`~placement.progress.Step` while that is done.

    Raises
    ------
    AlignmentError
        Listing ids that are no sites.
    InputError
        Listing sites that stand and are to be added, that do not and are to be removed, and both at once.
    NoSolutionError
        If the machine is too slow to find a way to the stations.
    """
    first = _standing(case, plan)
    added, removed = _asked(case, first, add, remove, move or {})
    then = (first | added) & ~removed
    question, ids = Question.of(case), case.sites.ids
    runs: dict[str, Any] = {
        "seed": case.options.seed, "threads": case.options.threads, "settings": EngineSettings.of(case.options.engine),
        "time_limit_s": _LIMIT_S,
    }  # fmt: skip
    ways = [columns_for(question.model, question.numbered(s), case.sites, case.streets, **runs) for s in (first, then)]
    done = [question.model.actions(chosen) for chosen in ways]
    before, after = (budget(actions, case.costs, case.policy, case.standing) for actions in done)
    best, why = _around(case, added, removed, progress) if around else (None, "")
    return WhatIf(
        added=_ids(ids, added),
        removed=_ids(ids, removed),
        open=_ids(ids, then),
        actions=decode(done[1], case.sites, case.costs, case.streets),
        before=measure(case, first),
        after=measure(case, then),
        people=_people(case, first, then),
        budget_before=before,
        budget_lines=after,
        visits=measure_visits(case, then, beside=first),
        broken=question.broken(ways[1]),
        worth_before=question.worth(ways[0]),
        worth=question.worth(ways[1]),
        bound=plan.bound if isinstance(plan, Plan) else None,
        best=best,
        why_none=why,
    )


def _standing(case: Case, plan: Plan | Collection[str] | None) -> BoolArray:
    """Return (sites,) where a station stands in the first network."""
    if plan is None:
        return case.standing
    if isinstance(plan, str) or not isinstance(plan, Plan | Collection):
        raise InputError.single("what_if", f"plan is {shown(plan)}", remedy="give a Plan, ids of stations, or None")
    ids = plan.open if isinstance(plan, Plan) else plan
    return _mask(case, "plan", ids)


def _mask(case: Case, name: str, ids: Collection[str]) -> BoolArray:
    given = [ids] if isinstance(ids, str) else list(ids)
    error = AlignmentError.between(name, given, "sites", case.sites.ids, "site")
    if error is not None:
        raise error
    return np.asarray(case.sites.ids.isin(given))


def _asked(
    case: Case, first: BoolArray, add: Collection[str], remove: Collection[str], move: Mapping[str, str]
) -> tuple[BoolArray, BoolArray]:
    """Return (sites,) which stations are added and which removed."""
    masks = {
        "add": _mask(case, "add", add) | _mask(case, "move", list(move.values())),
        "remove": _mask(case, "remove", remove) | _mask(case, "move", list(move)),
    }
    faults = Faults("what_if")
    for site in case.sites.ids[masks["add"] & first]:
        faults.add("is to be added, and stands already", row=str(site), remedy="leave it out")
    for site in case.sites.ids[masks["remove"] & ~first]:
        faults.add("is to be removed, and no station stands there", row=str(site), remedy="leave it out")
    faults.raise_any()
    return masks["add"], masks["remove"]


def _ids(ids: pd.Index, mask: BoolArray) -> tuple[str, ...]:
    return tuple(sorted(map(str, ids[mask])))


def _people(case: Case, first: BoolArray, then: BoolArray) -> pd.DataFrame:
    """Return who gains and who loses reach, residents by age group and period."""
    demand = case.demand
    masks = [case.coverage.reached(each) for each in (first, then)]
    rows: dict[str, tuple[float, float]] = {}
    for age, period in dict.fromkeys((each.age_group, each.period) for each in demand.segments):
        columns = [k for k, each in enumerate(demand.segments) if (each.age_group, each.period) == (age, period)]
        residents = demand.people[:, demand.age_groups.index(age)]
        was, now = (mask[:, columns].any(axis=1) for mask in masks)
        rows[f"{age}/{period}"] = float(residents[now & ~was].sum()), float(residents[was & ~now].sum())
    return pd.DataFrame.from_dict(rows, orient="index", columns=["gained", "lost"])


def _around(
    case: Case, added: BoolArray, removed: BoolArray, progress: Listener | Progress | None
) -> tuple[Plan | None, str]:
    """Return the best plan with and without some stations, or why there is none."""
    fixed = case.sites.table["action_fixed"].to_numpy()
    against = (added & (fixed == "close")) | (removed & np.isin(fixed, ["keep", "open"]))
    if against.any():
        return None, "; ".join(f"{site}: its action is fixed" for site in _ids(case.sites.ids, against))
    try:
        return optimise(case.but(sites=with_status(case.sites, added, removed)), progress=progress), ""
    except (InfeasibleError, NoSolutionError) as error:
        return None, str(error)


def with_status(sites: Sites, required: BoolArray, excluded: BoolArray) -> Sites:
    """Return the sites with a station asked for at some, (sites,), and refused at others."""
    table = sites.table
    table.loc[required, "status"] = "required"
    table.loc[excluded, "status"] = "excluded"
    return Sites(table=table)
