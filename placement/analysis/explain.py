"""Why each action of a plan, in numbers; and why not a station somewhere else."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse

from placement.analysis.exchange import Exchanges
from placement.analysis.partners import stand_ins
from placement.analysis.redundancy import residents
from placement.analysis.what_if import what_if, with_status
from placement.case import Case
from placement.errors import InfeasibleError, InputError, NoSolutionError
from placement.notes import Note
from placement.plan.optimise import optimise
from placement.plan.standing import Question
from placement.progress import FRONTIER, Listener, Progress
from placement.values import Explanation, Plan, WhatIf
from placement.values.arrays import BoolArray, FloatArray
from placement.values.explanation import COLUMNS

_STANDS = frozenset({"keep", "move", "open"})
_SECONDS_A_MINUTE = 60.0


def explain(
    case: Case,
    plan: Plan,
    *,
    left_out: Iterable[str] = (),
    limit_s: float | None = None,
    progress: Listener | Progress | None = None,
) -> Explanation:
    """Return the reasons of every action of a plan.

    Parameters
    ----------
    case
        What the plan was made from, its policy included.
    plan
        The plan.
    left_out
        Ids of actions' sites, or names of actions (``move``, ``open``, ``close``, ``keep``): for these the best plan
        without the action is looked for as well.
    limit_s
        Seconds for each of them; None: as the case's options say.
    progress
        Called with a :class:`~placement.progress.Step` while that is done.

    Raises
    ------
    InputError
        If `left_out` names what is neither an action nor the site of one.
    """
    question = Question.of(case)
    actions = plan.actions
    asked = _left_out(actions, left_out)
    counted = _Counted.of(question, plan)
    rows = [counted.reasons(row) for row in actions.to_dict("records")]
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    notes: list[str] = []
    telling = Progress.of(progress, (FRONTIER,))
    for number, site in enumerate(asked):
        telling.stage(FRONTIER, f"without {site}, {number + 1} of {len(asked)}")
        action = str(actions.loc[actions["site_id"] == site, "action"].iloc[0])
        least, most, note = _without(case, counted.worth, site, action, limit_s)
        at = table["site_id"] == site
        table.loc[at, "left_out_loses_least"], table.loc[at, "left_out_loses_most"] = least, most
        notes += [note] if note else []
    told = limit_s if limit_s is not None else case.options.time_limit_s
    return Explanation(table=table, worth=counted.worth, limit_s=told if asked else None, notes=tuple(notes))


def why_not(case: Case, plan: Plan, site: str, *, progress: Listener | Progress | None = None) -> WhatIf:
    """Return what becomes of a plan with a station at a site where it has none, and the best plan in which it has.

    The price is what :attr:`WhatIf.best` is worth less than the plan. Raises as :func:`what_if` does.
    """
    return what_if(case, plan, add=[site], around=True, progress=progress)


def _left_out(actions: pd.DataFrame, names: Iterable[str]) -> list[str]:
    """Return the sites of the actions that are asked about, in the plan's order."""
    wanted = {names} if isinstance(names, str) else set(names)
    by_site, by_action = actions["site_id"].isin(wanted), actions["action"].isin(wanted)
    unknown = wanted - set(actions["site_id"]) - {"keep", "move", "open", "close"}
    if unknown:
        problem = "is no action of the plan, nor the site of one"
        raise InputError.single(
            "explain", problem, row=sorted(unknown)[0], remedy="give move, open, close, keep or ids"
        )
    return [str(site) for site in actions.loc[by_site | by_action, "site_id"]]


def _without(case: Case, worth: float, site: str, action: str, limit_s: float | None) -> tuple[float, float, str]:
    """Return what the best plan without an action is worth less, at least and at most, and a note where none is known.

    Without a station that stands: none there. Without a close: the station stays.
    """
    asked_for, fixed = case.sites.table.loc[site, ["status", "action_fixed"]]
    if asked_for == ("required" if action in _STANDS else "excluded"):
        return np.nan, np.nan, Note("{site}: its status is {status}", site=site, status=asked_for)
    if fixed:
        return np.nan, np.nan, Note("{site}: its action is fixed to {action}", site=site, action=fixed)
    at = np.asarray(case.sites.ids == site)
    nowhere = np.zeros_like(at)
    required, excluded = (nowhere, at) if action in _STANDS else (at, nowhere)
    changed = case.but(sites=with_status(case.sites, required, excluded))
    options = case.options if limit_s is None else case.options.but(time_limit_s=limit_s)
    try:
        other = optimise(changed, options=options)
    except InfeasibleError:
        return np.nan, np.nan, Note("{site}: no plan without this action keeps all limits", site=site)
    except NoSolutionError:
        return np.nan, np.nan, Note("{site}: no plan without this action was found in time", site=site)
    return worth - other.bound, worth - other.objective, ""


@dataclass(frozen=True, kw_only=True, eq=False)
class _Counted:
    """What the reasons are counted from."""

    question: Question
    chosen: BoolArray
    standing: BoolArray
    worth: float
    exchanges: Exchanges
    seen: FloatArray | None

    @classmethod
    def of(cls, question: Question, plan: Plan) -> _Counted:
        """Count a plan."""
        case = question.case
        standing = np.asarray(case.sites.ids.isin(plan.open))
        chosen = question.chosen(plan.actions)
        return cls(
            question=question,
            chosen=chosen,
            standing=standing,
            worth=question.worth(chosen),
            exchanges=Exchanges.of(question, standing),
            seen=None if case.capture is None else case.capture.visits(standing),
        )

    def reasons(self, action: dict[Any, Any]) -> dict[str, Any]:
        """Return a row of the table."""
        case, costs = self.question.case, self.question.case.costs
        at = int(case.sites.ids.get_loc(action["site_id"]))
        stands = action["action"] in _STANDS
        once = action["cost_fen"] / 100
        only, people = self._only(at) if stands else (0.0, 0.0)
        went = action["from_site_id"] if action["action"] == "move" else action["site_id"]
        leaves = action["action"] in {"move", "close"}
        best, loses = self._next_best(at) if action["action"] in {"move", "open"} else ("", np.nan)
        return {
            **{name: action[name] for name in ("site_id", "action", "from_site_id")},
            "reach_only": only,
            "people_only": people,
            "visits": self.seen[at] if self.seen is not None and stands else np.nan,
            "visits_only": self._visits_only(at) if stands else np.nan,
            **self._lost(int(case.sites.ids.get_loc(went)) if leaves else None),
            "cost_yuan": once,
            "running_yuan": int(costs.running[at]) / 100,
            "yuan_a_person": once / people if people and once else np.nan,
            "next_best": best,
            "next_best_loses": loses,
            "left_out_loses_least": np.nan,
            "left_out_loses_most": np.nan,
        }

    def _only(self, at: int) -> tuple[float, float]:
        """Return the weight and the residents that have one station within reach and no other."""
        coverage, demand = self.question.case.coverage, self.question.case.demand
        others = self.standing.copy()
        others[at] = False
        only = coverage.reached(self.standing) & ~coverage.reached(others)
        more = coverage.counted(self.standing) - coverage.counted(others)
        return float((demand.weight * more).sum()), residents(self.question.case, only)

    def _visits_only(self, at: int) -> float:
        capture = self.question.case.capture
        if capture is None:
            return float("nan")
        others = self.standing.copy()
        others[at] = False
        return float(capture.total(self.standing) - capture.total(others))

    def _lost(self, at: int | None) -> dict[str, Any]:
        """Return who had a station within reach that is gone, and has none now, and where they would walk."""
        nobody = {"reach_lost": 0.0, "people_lost": 0.0, "lost_to": "", "lost_to_min": np.nan, "lost_beyond": 0.0}
        if at is None:
            return nobody
        case = self.question.case
        there = np.arange(self.standing.size) == at
        lost = case.coverage.reached(there) & ~case.coverage.reached(self.standing)
        less = np.maximum(case.coverage.counted(there) - case.coverage.counted(self.standing), 0.0)
        weight = float((case.demand.weight * less).sum())
        return {**nobody, "reach_lost": weight, "people_lost": residents(case, lost), **self._walk(lost)}

    def _walk(self, lost: BoolArray) -> dict[str, Any]:
        """Return where those who lose reach would walk: to the nearest station that serves them in their period."""
        case = self.question.case
        if case.times is None or not lost.any():
            return {}
        to, walked, met = np.zeros(self.standing.size), 0.0, np.zeros_like(lost)
        for number, segment in enumerate(case.demand.segments):
            who, serving = np.flatnonzero(lost[:, number]), self.standing & case.coverage.serving[number]
            times = case.times.to_sites(case.sites.ids[serving])
            near = sparse.csr_array(times.matrix[who])
            found = np.diff(near.indptr) > 0
            met[who[found], number] = True
            spans = zip(near.indptr[:-1][found].tolist(), near.indptr[1:][found].tolist(), strict=True)
            first = [start + int(np.argmin(near.data[start:end])) for start, end in spans]
            weight = case.demand.weight[who[found], number]
            to[serving] += np.bincount(near.indices[first], weights=weight, minlength=int(serving.sum()))
            speed = 1.0 if times.unit == "ms" else segment.speed_m_s
            walked += float((near.data[first] / (1000 * speed) * weight).sum())
        if not to.any():
            return {"lost_beyond": residents(case, lost & ~met)}
        return {
            "lost_to": str(case.sites.ids[int(np.argmax(to))]),
            "lost_to_min": walked / float(to.sum()) / _SECONDS_A_MINUTE,
            "lost_beyond": residents(case, lost & ~met),
        }

    def _next_best(self, at: int) -> tuple[str, float]:
        """Return the site that does best in place of a station under all limits, and what it loses."""
        found = stand_ins(self.question, self.exchanges, self.chosen, at, most=1)
        return found[0] if found else ("", float("nan"))
