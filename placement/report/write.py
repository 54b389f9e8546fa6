"""Writes a result folder: the plan, then its report."""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from placement.case import Case
from placement.errors import InfeasibleError, InputError
from placement.pipeline.prepare import restated
from placement.pipeline.study_case import StudyCase, study_asked
from placement.printing import printable
from placement.report.data import ReportData
from placement.report.files import CERTIFICATE_FILE, REPORT_FILE, render_report, render_tables
from placement.report.folder import check_replaceable, write_folder
from placement.report.from_case import report_data
from placement.report.infeasible_json import infeasible_files
from placement.study import Study
from placement.values import Frontier, Plan
from placement.values.immutable import immutable
from placement.values.shown import Shown, headline_of

_LOG = logging.getLogger(__name__)


@immutable
@dataclass(frozen=True, kw_only=True, eq=False)
class WrittenPlan(os.PathLike[str]):
    """A plan that is on the disk; may be used as the path of its folder.

    Parameters
    ----------
    folder
        The result folder.
    data
        What the report shows.
    files
        What the folder holds, by file name.
    remarks
        In sentences, what the report lacks because it could not be drawn or written.
    """

    folder: Path
    data: ReportData = field(repr=False)
    files: Mapping[str, bytes] = field(repr=False)
    remarks: tuple[str, ...] = ()

    def __fspath__(self) -> str:
        return str(self.folder)

    def _shown(self) -> Shown:
        rows = [(name, f"{len(content):,} bytes") for name, content in self.files.items()]
        return f"WrittenPlan: {self.folder}", [("plan", headline_of(self.data.plan)), *rows]


def write(case: Case, plan: Plan, folder: str | Path, *, frontier: Frontier | None = None) -> WrittenPlan:
    """Write the result folder (design section 9): the plan, and then, drawn, its report.

    Each is one atomic step, so that whatever happens while the report is drawn, the plan is there, whole. A plan of a
    case that was made by hand is written too; as there is no study to recount it from, ``verify`` refuses it.

    Parameters
    ----------
    case, plan
        A plan, and the case that it was made from; the limits and options are those that the plan was made with.
    folder
        Replaced as a whole, or not at all.
    frontier
        What coverage costs in visits (:func:`placement.frontier`): shown in the report and kept in ``plan.json``.

    Raises
    ------
    InputError
        If the folder holds anything that was not written by this library, or the disk refuses the plan; if the plan
        is of another case.
    """
    return write_report(write_plan(case, report_data(case, plan, folder, frontier=frontier), folder))


def write_plan(case: Case, data: ReportData, folder: str | Path) -> WrittenPlan:
    """Write the plan, its tables and its certificate; nothing is drawn. Raises as :func:`write`.

    Parameters
    ----------
    case
        What the plan was made from.
    data
        :func:`report_data` of it.
    folder
        As in :func:`write`.
    """
    check_output(case.prepared.study if isinstance(case, StudyCase) else None, folder)
    files = render_tables(data)
    if data.plan.certificate is not None:
        files[CERTIFICATE_FILE] = data.plan.certificate.to_bytes()
    write_folder(folder, files)
    return WrittenPlan(folder=Path(folder), data=data, files=files)


def write_report(written: WrittenPlan) -> WrittenPlan:
    """Draw the report of a plan that is written, and add it to the folder; what it lacks is a remark."""
    try:
        page, remarks = render_report(written.data)
        files = {**written.files, REPORT_FILE: page}
        write_folder(written.folder, files)
    except Exception as error:  # noqa: BLE001 -- the plan is there; its picture must not end the run
        _LOG.debug("no report", exc_info=error)
        why = printable(str(error)) or type(error).__name__
        return replace(written, remarks=(f"{REPORT_FILE} could not be written: {why}",))
    return replace(written, files=files, remarks=remarks)


def write_infeasible(error: InfeasibleError, folder: str | Path) -> Path | None:
    """Write the proof that a study has no plan to a folder beside the result folder; return where.

    The folder is named as the result folder with ``.infeasible`` at its end and written as that one is. None where the
    error comes without a proof, or there is no study behind it.

    Raises
    ------
    InputError
        If the folder holds anything that was not written by this library, or the disk refuses.
    """
    case = error.case
    if error.found is None or not isinstance(case, StudyCase):
        return None
    there = Path(folder).resolve()
    target = there.with_name(f"{there.name}.infeasible")
    study = study_asked(case)
    check_output(study, target)
    where = Path(os.path.relpath(study.file, target)).as_posix()
    write_folder(target, infeasible_files(error.found, restated(case.prepared, study), study_path=where))
    return target


def check_output(study: Study | None, folder: str | Path) -> None:
    """Raise an InputError unless the result folder can be written and holds nothing that the study is read from."""
    check_replaceable(folder)
    if study is None:
        return
    there = Path(folder).resolve()
    read = {"study": study.file} | {name: study.path(written) for name, written in study.paths()}
    inside = [name for name, path in read.items() if there in path.resolve().parents]
    if inside:
        problem = f"the folder holds what the study is read from: {', '.join(inside)}"
        raise InputError.single("output", problem, row=str(folder), remedy="choose another folder")
