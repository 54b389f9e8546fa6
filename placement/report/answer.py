"""The answer to a question, written to a folder of its own."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from placement.case import Case
from placement.errors import InputError
from placement.pipeline.study_case import StudyCase, study_asked
from placement.report.answer_json import FORMAT, answer_files
from placement.report.folder import write_folder
from placement.report.gather import versions
from placement.report.plan_json import PLAN_FILE
from placement.report.write import check_output
from placement.study import overrides_of


def write_answer(case: Case, question: str, answer: Mapping[str, Any], folder: str | Path) -> Path:
    """Write an answer to a folder of its own, replaced as a whole; return where.

    Parameters
    ----------
    case
        What was asked of: a study's.
    question
        One of :data:`placement.report.answer_json.QUESTIONS`.
    answer
        Its ``record()``.
    folder
        Where.

    Raises
    ------
    InputError
        If no study stands behind the case, the folder holds anything else, or the disk refuses.
    """
    if not isinstance(case, StudyCase):
        raise InputError.single("answer", "no study stands behind it", row="case", remedy="print its record() instead")
    target, study = Path(folder).resolve(), study_asked(case)
    check_output(study, target)
    if (target / PLAN_FILE).exists():
        raise InputError.single("answer", "the folder holds a plan", row=str(folder), remedy="choose another folder")
    record = {
        "format": FORMAT,
        "question": question,
        "study": Path(os.path.relpath(study.file, target)).as_posix(),
        "inputs": dict(case.prepared.fingerprints),
        "overrides": [each.record() for each in overrides_of(study)],
        "seed": case.options.seed,
        "versions": versions(),
        "answer": answer,
    }
    write_folder(target, answer_files(record))
    return target
