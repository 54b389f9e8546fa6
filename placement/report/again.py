"""A plan that is on the disk, and the case it was made from: what questions about it are asked of."""

from __future__ import annotations

from collections.abc import Mapping
from os import PathLike
from pathlib import Path
from typing import Any

from placement.errors import InputError
from placement.pipeline.study_case import StudyCase, prepare
from placement.progress import Listener, Progress
from placement.report.folder import recover_folder
from placement.report.plan_json import PLAN_FILE, plan_from_dict, read_plan
from placement.report.same_inputs import refuse_other_inputs
from placement.study import read_study
from placement.values import Plan


def plan_again(
    folder: str | PathLike[str],
    *,
    study: str | PathLike[str] | None = None,
    allow_outside: bool = False,
    settings: Mapping[str, Any] | None = None,
    progress: Listener | Progress | None = None,
) -> tuple[StudyCase, Plan]:
    """Return what the plan in a result folder was made from, prepared again, and the plan.

    Parameters
    ----------
    folder
        A folder written by ``placement recommend``.
    study
        Path of the study; by default the one that ``plan.json`` names, relative to `folder`.
    allow_outside
        Whether the study's inputs may lie outside its folder.
    settings
        Values of settings in place of those that the plan was made with, by ``section.key``.
    progress
        Called with a :class:`~placement.progress.Step` whenever there is something to tell.

    Raises
    ------
    InputError
        If the folder holds no plan, its study cannot be read, or an input changed since the plan was made.
    """
    place = Path(folder)
    recover_folder(place)
    record = read_plan(place / PLAN_FILE)
    if study is None and not record["study"]:
        problem = "was made in Python, from frames: there is no study to ask"
        raise InputError.single(PLAN_FILE, problem, row="study", remedy="ask the case it was made from, in Python")
    file = place / str(record["study"]) if study is None else Path(study)
    written = read_study(file, allow_outside=allow_outside)
    used = {each["key"]: each["used"] for each in record["overrides"]}
    case = prepare(written.with_settings(used | dict(settings or {})), progress=progress)
    refuse_other_inputs(record, case.prepared.fingerprints)
    return case, plan_from_dict(record)
