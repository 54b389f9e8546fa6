"""The main job in order: study, demand, walking times, coverage, program, plan, files. Only chains the stages."""

from __future__ import annotations

import logging
import os
import platform
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import placement
from placement.coverage import Coverage, cover
from placement.errors import InputError
from placement.inputs import Prepared, prepare
from placement.models import Policy, StationCosts, station_costs
from placement.plan import optimise
from placement.printing import printable
from placement.report import (
    REPORT,
    ReportData,
    SurveyTables,
    check_replaceable,
    render_report,
    render_tables,
    write_folder,
)
from placement.solve import check_backend
from placement.solve.deadline import hold_interrupts
from placement.standard import study_standard
from placement.study import Study
from placement.values import Plan
from placement.visits import Visits, predict_visits

_LIBRARIES = ("geopandas", "highspy", "numba", "numpy", "pandas", "pulp", "scipy", "shapely")

Progress = Callable[[str], None]
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True, eq=False)
class Outcome:
    """A plan with everything it was made from.

    Parameters
    ----------
    prepared
        The study and its stages up to the walking times.
    coverage, costs, policy
        Cover sets, station costs and limits.
    plan
        The recommendation.
    visits
        Predicted visits of each station; None without a usage table.
    """

    prepared: Prepared
    coverage: Coverage
    costs: StationCosts
    policy: Policy
    plan: Plan
    visits: Visits | None = None


def study_policy(study: Study, parents: pd.Series) -> Policy:
    """Return the limits of a study; `parents` are the (parent) districts of its demand points."""
    floors = study.policy.floors
    district = floors.district
    if district is None:
        by_district = {}
    elif isinstance(district, Mapping):
        by_district = dict(district)
    else:
        by_district = dict.fromkeys(sorted(set(parents)), district)
    return Policy(
        capital_fen=study.budget.capital,
        running_fen=study.budget.running,
        max_stations=study.policy.max_stations,
        max_moves=study.policy.max_moves,
        max_opens=study.policy.max_opens,
        max_closes=study.policy.max_closes,
        max_changes=study.policy.max_changes,
        district_floors=by_district,
        age_floors=floors.by_age_group,
    )


def recommend(
    study: Study,
    *,
    backend: str | None = None,
    gap: float | None = None,
    time_limit_s: float | None = None,
    seed: int | None = None,
    progress: Progress | None = None,
) -> Outcome:
    """Run the whole job and return the plan with its stages; nothing is written.

    Parameters
    ----------
    study
        See :func:`placement.study.read_study`.
    backend, gap, time_limit_s, seed
        Override the study's own settings where given.
    progress
        Called with a line of text at each step.

    Raises
    ------
    InputError, InfeasibleError, NoSolutionError
        As the stages do.
    KeyboardInterrupt
        At Ctrl-C (in Jupyter: stop) before there is a plan. The first one after that ends the search: the outcome
        holds the best plan so far, marked ``interrupted``. A second one ends at once.
    """
    tell = progress or (lambda _line: None)
    backend = study.solve.backend if backend is None else backend
    check_backend(backend)
    with hold_interrupts(at_once=False):
        prepared = prepare(study, progress=progress)
        tell("cover sets")
        coverage = cover(prepared.demand, prepared.sites, prepared.times, study_standard(study))
        costs = station_costs(prepared.sites, study.costs)
        policy = study_policy(study, prepared.demand.points["parent"])
        plan = optimise(
            demand=prepared.demand,
            sites=prepared.sites,
            coverage=coverage,
            costs=costs,
            policy=policy,
            streets=prepared.streets,
            study=study.study.name,
            backend=backend,
            gap=study.solve.gap if gap is None else gap,
            time_limit_s=study.solve.time_limit_s if time_limit_s is None else time_limit_s,
            seed=study.study.seed if seed is None else seed,
            threads=study.solve.threads,
            progress=progress,
        )
        tell("predicting visits")
        visits = predict_visits(prepared, plan.open)
    return Outcome(prepared=prepared, coverage=coverage, costs=costs, policy=policy, plan=plan, visits=visits)


def check_output(study: Study, folder: str | Path) -> None:
    """Raise an InputError unless the result folder can be written and holds nothing that the study is read from."""
    check_replaceable(folder)
    there = Path(folder).resolve()
    read = {"study": study.file} | {name: study.path(written) for name, written in study.paths()}
    inside = [name for name, path in read.items() if there in path.resolve().parents]
    if inside:
        problem = f"the folder holds what the study is read from: {', '.join(inside)}"
        raise InputError.single("output", problem, row=str(folder), remedy="choose another folder")


@dataclass(frozen=True, kw_only=True, eq=False)
class WrittenPlan:
    """A plan that is on the disk.

    Parameters
    ----------
    folder
        The result folder.
    data
        What the report shows.
    files
        What the folder holds, by file name.
    """

    folder: Path
    data: ReportData
    files: Mapping[str, bytes]


def write_outcome(outcome: Outcome, folder: str | Path, *, seed: int | None = None) -> tuple[str, ...]:
    """Write the result folder (design section 9): the plan, and then, drawn, its report.

    Each is one atomic step, so that whatever happens while the report is drawn, the plan is there, whole.

    Returns
    -------
    tuple of str
        In sentences, what the report lacks because it could not be drawn or written.

    Raises
    ------
    InputError
        If the folder holds anything that was not written by this library, or the disk refuses the plan.
    """
    return write_report(write_plan(outcome, folder, seed=seed))


def write_plan(outcome: Outcome, folder: str | Path, *, seed: int | None = None) -> WrittenPlan:
    """Write the plan, its tables and its certificate; nothing is drawn. Raises as :func:`write_outcome`."""
    check_output(outcome.prepared.study, folder)
    data = report_data(outcome, folder, seed=seed)
    files = render_tables(data)
    if outcome.plan.certificate is not None:
        files["certificate.npz"] = outcome.plan.certificate.to_bytes()
    write_folder(folder, files)
    return WrittenPlan(folder=Path(folder), data=data, files=files)


def write_report(written: WrittenPlan) -> tuple[str, ...]:
    """Draw the report of a plan that is written, and add it to the folder; return as :func:`write_outcome`."""
    try:
        page, remarks = render_report(written.data)
        write_folder(written.folder, {**written.files, REPORT: page})
    except Exception as error:  # noqa: BLE001 -- the plan is there; its picture must not end the run
        _LOG.debug("no report", exc_info=error)
        why = printable(str(error)) or type(error).__name__
        return (f"{REPORT} could not be written: {why}",)
    return remarks


def report_data(outcome: Outcome, folder: str | Path, *, seed: int | None = None) -> ReportData:
    """Return what the report shows, for a result folder at `folder`."""
    study, prepared = outcome.prepared.study, outcome.prepared
    standard = study_standard(study)
    where = os.path.relpath(study.file, Path(folder).resolve())
    return ReportData(
        plan=outcome.plan,
        demand=prepared.demand,
        sites=prepared.sites,
        study_path=Path(where).as_posix(),
        inputs=dict(prepared.fingerprints),
        versions=versions(),
        seed=study.study.seed if seed is None else seed,
        language=study.study.language,
        threshold_s=standard.threshold_s,
        threshold_m=standard.threshold_m,
        threshold_s_by_district=standard.threshold_s_by_district,
        travel_mode=prepared.times.mode,
        reach=reach_frame(outcome),
        streets=None if prepared.streets is None else prepared.streets.edges,
        districts=prepared.tables.districts,
        simulated=study.simulated_inputs,
        notices=study.notices,
        visits=None if outcome.visits is None or outcome.visits.usage is None else outcome.visits.table,
        awareness=survey_tables(prepared),
        filled=prepared.filled,
        reliance=prepared.reliance,
        notes=prepared.notes,
    )


def survey_tables(prepared: Prepared) -> SurveyTables | None:
    """Return who knows the service; None without a survey."""
    if prepared.awareness is None:
        return None
    return SurveyTables.of(prepared.awareness, prepared.demand, uptake=prepared.study.demand.uptake)


def reach_frame(outcome: Outcome) -> pd.DataFrame:
    """Return by demand point which share of its weight is within reach before and after the plan."""
    demand, sites = outcome.prepared.demand, outcome.prepared.sites
    weight = demand.weight
    total = weight.sum(axis=1)
    masks = {
        "before": sites.table["existing"].to_numpy(dtype=bool),
        "after": sites.ids.isin(outcome.plan.open),
    }
    shares: dict[str, Any] = {}
    for name, standing in masks.items():
        within = (weight * outcome.coverage.reached(standing)).sum(axis=1)
        shares[name] = np.divide(within, total, out=np.zeros_like(total), where=total > 0)
    return pd.DataFrame(shares, index=demand.ids)


def versions() -> dict[str, str]:
    """Return the versions of this library and of those that a result depends on."""
    found = {"placement": placement.__version__, "python": platform.python_version()}
    return found | {name: metadata.version(name) for name in _LIBRARIES}
