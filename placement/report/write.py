"""Writes a result folder: the plan, then its report."""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from placement.errors import InfeasibleError, InputError
from placement.pipeline.outcome import Outcome, study_used
from placement.pipeline.prepare import restated
from placement.pipeline.visits import predict_visits
from placement.printing import printable
from placement.report.data import ReportData
from placement.report.files import CERTIFICATE_FILE, REPORT_FILE, render_report, render_tables
from placement.report.folder import check_replaceable, write_folder
from placement.report.gather import gather, reach_shares
from placement.report.infeasible_json import infeasible_files
from placement.study import Study
from placement.values.immutable import immutable
from placement.values.shown import Shown, headline_of

_LOG = logging.getLogger(__name__)


@immutable
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

    def _shown(self) -> Shown:
        rows = [(name, f"{len(content):,} bytes") for name, content in self.files.items()]
        return f"WrittenPlan: {self.folder}", [("plan", headline_of(self.data.plan)), *rows]


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
