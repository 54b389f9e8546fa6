"""The main job in order: study, demand, walking times, coverage, program, plan, files. Only chains the stages."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import pandas as pd

from placement.coverage import Coverage, cover
from placement.errors import InfeasibleError, InputError
from placement.inputs import Prepared, prepare, restated
from placement.models import Policy, StationCosts, station_costs
from placement.plan import optimise
from placement.printing import printable
from placement.report import (
    CERTIFICATE_FILE,
    REPORT_FILE,
    ReportData,
    check_replaceable,
    gather,
    infeasible_files,
    reach_shares,
    render_report,
    render_tables,
    write_folder,
)
from placement.solve import check_backend
from placement.solve.deadline import hold_interrupts
from placement.standard import study_standard
from placement.study import FloorsSection, Study, overrides_of
from placement.values import Plan
from placement.visits import Visits, predict_visits

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
        Predicted visits of each station; None without a usage table, or where they are still to be predicted: the
        files hold them in any case.
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
    options = {"solve.backend": backend, "solve.gap": gap, "solve.time_limit_s": time_limit_s, "study.seed": seed}
    study = study.with_settings({key: value for key, value in options.items() if value is not None})
    check_backend(study.solve.backend)
    with hold_interrupts(at_once=False):
        prepared = prepare(study, progress=progress)
        tell("cover sets")
        coverage = cover(prepared.demand, prepared.sites, prepared.times, study_standard(study))
        costs = station_costs(prepared.sites, study.costs)
        policy = study_policy(study, prepared.demand.points["parent"])
        plan = _optimised(
            prepared,
            demand=prepared.demand,
            sites=prepared.sites,
            coverage=coverage,
            costs=costs,
            policy=policy,
            streets=prepared.streets,
            study=study.study.name,
            backend=study.solve.backend,
            gap=study.solve.gap,
            time_limit_s=study.solve.time_limit_s,
            seed=study.study.seed,
            threads=study.solve.threads,
            progress=progress,
        )
        tell("predicting visits")
        visits = predict_visits(prepared, plan.open)
    return Outcome(prepared=prepared, coverage=coverage, costs=costs, policy=policy, plan=plan, visits=visits)


def _optimised(prepared: Prepared, **options: Any) -> Plan:
    """Return the plan; where there is none, the error goes on with what its proof is written with."""
    try:
        return optimise(**options)
    except InfeasibleError as error:
        error.prepared = prepared
        raise


def write_infeasible(error: InfeasibleError, folder: str | Path) -> Path | None:
    """Write the proof that a study has no plan to a folder beside the result folder; return where.

    The folder is named as the result folder with ``.infeasible`` at its end and written as that one is. None where the
    error comes without a proof.

    Raises
    ------
    InputError
        If the folder holds anything that was not written by this library, or the disk refuses.
    """
    if error.found is None or error.prepared is None:
        return None
    there = Path(folder).resolve()
    target = there.with_name(f"{there.name}.infeasible")
    prepared = error.prepared
    check_output(prepared.study, target)
    where = Path(os.path.relpath(prepared.study.file, target)).as_posix()
    write_folder(target, infeasible_files(error.found, prepared, study_path=where))
    return target


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


def write_outcome(outcome: Outcome, folder: str | Path) -> tuple[str, ...]:
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
    return write_report(write_plan(outcome, folder))


def write_plan(outcome: Outcome, folder: str | Path) -> WrittenPlan:
    """Write the plan, its tables and its certificate; nothing is drawn. Raises as :func:`write_outcome`."""
    check_output(outcome.prepared.study, folder)
    data = report_data(outcome, folder)
    files = render_tables(data)
    if outcome.plan.certificate is not None:
        files[CERTIFICATE_FILE] = outcome.plan.certificate.to_bytes()
    write_folder(folder, files)
    return WrittenPlan(folder=Path(folder), data=data, files=files)


def write_report(written: WrittenPlan) -> tuple[str, ...]:
    """Draw the report of a plan that is written, and add it to the folder; return as :func:`write_outcome`."""
    try:
        page, remarks = render_report(written.data)
        write_folder(written.folder, {**written.files, REPORT_FILE: page})
    except Exception as error:  # noqa: BLE001 -- the plan is there; its picture must not end the run
        _LOG.debug("no report", exc_info=error)
        why = printable(str(error)) or type(error).__name__
        return (f"{REPORT_FILE} could not be written: {why}",)
    return remarks


def report_data(outcome: Outcome, folder: str | Path) -> ReportData:
    """Return what the report shows, for a result folder at `folder`."""
    study = study_used(outcome)
    prepared = restated(outcome.prepared, study)
    where = os.path.relpath(study.file, Path(folder).resolve())
    visits = outcome.visits
    if visits is None and prepared.tables.usage is not None:
        visits = predict_visits(outcome.prepared, outcome.plan.open)
    return gather(
        prepared,
        replace(outcome.plan, study=study.study.name),
        study=study,
        study_path=Path(where).as_posix(),
        inputs=dict(prepared.fingerprints),
        reach=reach_frame(outcome),
        visits=visits,
    )


def reach_frame(outcome: Outcome) -> pd.DataFrame:
    """Return by demand point which share of its weight is within reach before and after the plan."""
    sites = outcome.prepared.sites
    before, after = sites.table["existing"].to_numpy(dtype=bool), sites.ids.isin(outcome.plan.open)
    reached = outcome.coverage.reached
    return reach_shares(outcome.prepared.demand, reached(before), reached(after))


def study_used(outcome: Outcome) -> Study:
    """Return the study with the name, gap and limits that the plan was made with, where they are not its own."""
    study, plan = outcome.prepared.study, outcome.plan
    own = study_policy(study, outcome.prepared.demand.points["parent"])
    changed = {
        each.name: getattr(outcome.policy, each.name)
        for each in fields(Policy)
        if getattr(outcome.policy, each.name) != getattr(own, each.name)
    }
    budget = {
        name.removesuffix("_fen"): changed.pop(name) for name in ("capital_fen", "running_fen") if name in changed
    }
    district, ages = changed.pop("district_floors", None), changed.pop("age_floors", None)
    floors = study.policy.floors
    if district is not None or ages is not None:
        by_age = floors.by_age_group if ages is None else ages
        changed["floors"] = FloorsSection(district=floors.district if district is None else district or None, **by_age)
    used = study.model_copy(
        update={
            "study": study.study.model_copy(update={"name": plan.study or study.study.name}),
            "solve": study.solve.model_copy(update={"gap": plan.asked_gap}),
            "budget": study.budget.model_copy(update=budget),
            "policy": study.policy.model_copy(update=changed),
        }
    )
    try:
        return study.as_written().with_settings({each.key: each.used for each in overrides_of(used)})
    except InputError:  # an input that went away meanwhile costs no plan
        return used
