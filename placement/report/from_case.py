"""What the files of a result folder show, from a case and its plan."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pandas as pd

from placement.case import Case, measure_visits
from placement.errors import InputError
from placement.notes import Note
from placement.pipeline.prepare import restated
from placement.pipeline.study_case import StudyCase, study_asked
from placement.plan.floors import kept_floors
from placement.report.data import ReportData
from placement.report.gather import gather, reach_shares, standard_shown, versions
from placement.values import Frontier, Plan

BY_HAND = Note(
    "made in Python, from frames: no study stands behind this plan, so that nobody can recount it from its inputs"
)
"""Note on a plan whose case was made by hand."""


def report_data(case: Case, plan: Plan, folder: str | Path, *, frontier: Frontier | None = None) -> ReportData:
    """Return what the report shows, for a result folder at `folder`.

    Parameters and errors are those of :func:`placement.report.write.write`.
    """
    options = plan.options or case.options.but(gap=plan.asked_gap)
    asked = case.but(policy=plan.policy or case.policy, options=options, name=plan.study or case.name)
    if not isinstance(asked, StudyCase):
        return _by_hand(asked, plan, frontier)
    prepared = asked.prepared
    if asked.demand is not prepared.demand or asked.sites is not prepared.sites:
        problem = "its demand or sites are not those of its study"
        raise InputError.single("case", problem, remedy="make a Case(...) of them by hand")
    study = study_asked(asked)
    visits = measure_visits(asked, plan.open) if plan.visits is None else plan.visits
    floors = plan.floors or kept_floors(asked, asked.sites.ids.isin(plan.open))
    return gather(
        restated(prepared, study),
        replace(plan, study=study.study.name, visits=visits, floors=floors),
        study=study,
        study_path=Path(os.path.relpath(study.file, Path(folder).resolve())).as_posix(),
        inputs=dict(prepared.fingerprints),
        reach=reach_frame(asked, plan),
        use=asked.use,
        frontier=frontier,
    )


def _by_hand(case: Case, plan: Plan, frontier: Frontier | None) -> ReportData:
    """Return what the report shows of a plan whose case was made by hand.

    Raises
    ------
    InputError
        If the case does not tell its service standard.
    """
    standard = case.standard
    if standard is None:
        raise InputError.single("case", "does not tell its standard", row="standard", remedy="Case(standard=..., ...)")
    return ReportData(
        plan=plan,
        demand=case.demand,
        sites=case.sites,
        study_path="",
        inputs={},
        versions=versions(),
        seed=case.options.seed,
        **standard_shown(standard),
        travel_mode="" if case.times is None else case.times.mode,
        reach=reach_frame(case, plan),
        streets=None if case.streets is None else case.streets.edges,
        simulated=("demand",) if case.demand.simulated else (),
        notes=(BY_HAND, *case.notes),
        frontier=frontier,
    )


def reach_frame(case: Case, plan: Plan) -> pd.DataFrame:
    """Return by demand point which share of its weight is within reach before and after the plan."""
    reached = case.coverage.reached
    return reach_shares(case.demand, reached(case.standing), reached(case.sites.ids.isin(plan.open)))
