"""`verify`: a result folder against the inputs it names."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from os import PathLike
from pathlib import Path
from typing import Any

from placement.errors import InputError
from placement.judge.answers import answer_verdict
from placement.judge.counting import Counting
from placement.judge.files import MOST_BYTES, Found, content_faults, folder_faults
from placement.judge.hearing import Hearing
from placement.judge.infeasible import infeasible_verdict
from placement.judge.verdict import Verdict
from placement.pipeline.prepare import prepare_inputs, restated
from placement.report import (
    CERTIFICATE_FILE,
    INFEASIBLE_FILE,
    PLAN_FILE,
    PlanFormatError,
    read_infeasible,
    read_plan,
    recover_folder,
)
from placement.report.answer_json import ANSWER_FILE, read_answer
from placement.report.same_inputs import refuse_other_inputs
from placement.report.strict_json import read_regular
from placement.study import Study, read_study

REMARKS = (
    "study, where the study was named by hand",
    "versions, where every file came out the same bytes",
    "gaps, weights and notes of the frontier’s other plans, the bound of stations alone beside publicity and guides",
    "solve.interrupted, solve.tie_broken = false (they say less, not more)",
)
"""Claims of ``plan.json`` that say how the run went and that nobody can check afterwards."""

FILES = ("actions.csv", "actions.geojson", "report.html", "visits.csv", "awareness.csv", CERTIFICATE_FILE)
"""What may stand beside ``plan.json``."""

_KEPT = 4
"""Prepared studies and rendered folders that a judge keeps."""
_NOT_PREPARED_BY = ("solve.", "budget.", "policy.", "phase")
"""Sections by which nothing is prepared, but for their keys in `_PREPARED_BY`."""
_PREPARED_BY = ("policy.must_stay", "policy.must_close")


def verify(
    folder: str | PathLike[str],
    *,
    study: str | PathLike[str] | None = None,
    resolve: bool = False,
    allow_outside: bool = False,
) -> Verdict:
    """Recount the plan in `folder` from its inputs, and compare every file with what plan and inputs give.

    Parameters
    ----------
    folder
        A folder written by ``placement recommend``.
    study
        Path of the study; by default the one that ``plan.json`` names, relative to `folder`.
    resolve
        Obtain a bound that is only a solver's word anew, and compare equal plans, by a solver run of the judge's own.
    allow_outside
        Whether the study's inputs may lie outside its folder.

    Raises
    ------
    InputError
        If ``plan.json`` is not JSON or of another format, the study or one of the plan's overrides cannot be read, or
        an input changed since the plan was made. Whatever a plan of this format claims wrongly, and where it departs
        from the schema, is a difference of the verdict instead.
    """
    place = Path(folder)
    recover_folder(place)
    if study is None:
        name, read = (INFEASIBLE_FILE, read_infeasible) if proves_infeasible(place) else (PLAN_FILE, read_plan)
        name, read = (ANSWER_FILE, read_answer) if _answers(place) else (name, read)
        try:
            named = str(read(place / name)["study"])
        except PlanFormatError as error:
            return _misformed(error)
        if not named:
            problem = "was made in Python, from frames: there is no study to recount it from"
            raise InputError.single(name, problem, row="study", remedy="make it from a study to have it recounted")
        study = place / named
        return Judge.of(study, allow_outside=allow_outside).verdict(place, resolve=resolve)
    return Judge.of(Path(study), allow_outside=allow_outside).verdict(place, resolve=resolve, moved=True)


def _readable(path: Path) -> bool:
    try:
        return path.is_file() or path.is_dir()
    except OSError:  # e.g. a name that is too long
        return False


def proves_infeasible(place: Path) -> bool:
    """Return whether a folder is to prove that a study has no plan, rather than to hold one."""
    return (place / INFEASIBLE_FILE).is_file() and not (place / PLAN_FILE).exists()


def _answers(place: Path) -> bool:
    return (place / ANSWER_FILE).is_file() and not (place / PLAN_FILE).exists()


def _misformed(error: PlanFormatError) -> Verdict:
    faults = (f"{each.table}: is not of the published format: {each.row}: {each.problem}" for each in error.faults)
    return Verdict(differences=tuple(faults), proven=False, proof="none", checked=())


class Judge:
    """A study that plans are recounted from; what does not depend on the plan is computed once.

    Parameters
    ----------
    study
        The study as its file has it.
    """

    def __init__(self, study: Study) -> None:
        self.study = study
        self._countings: dict[str, Counting] = {}
        self._hearings: dict[str, Hearing] = {}

    @classmethod
    def of(cls, study: Study | str | Path, *, allow_outside: bool = False) -> Judge:
        """Return a judge of plans for a study, or for the one at a path."""
        if isinstance(study, Study):
            return cls(study)
        path = Path(study)
        if not _readable(path):  # a pipe would keep the judge waiting for ever
            remedy = "name the study with --study, where it was moved"
            raise InputError.single("study", "cannot be read: there is no such file", row=str(path), remedy=remedy)
        return cls(read_study(path, allow_outside=allow_outside))

    def verdict(self, folder: str | Path, *, resolve: bool = False, moved: bool = False) -> Verdict:
        """Return what is to be said of the plan in a folder; see :func:`verify`.

        Parameters
        ----------
        folder, resolve
            As there.
        moved
            The study lies elsewhere than ``plan.json`` says, and that is as it should be.
        """
        place = Path(folder)
        if proves_infeasible(place):
            return self._infeasible(place, moved=moved)
        if _answers(place):
            return self._answer(place, moved=moved)
        try:
            record = read_plan(place / PLAN_FILE)
        except PlanFormatError as error:
            return _misformed(error)
        hearing = self._hearing(record)
        wrong = [
            *hearing.faults,
            *_proof_faults(record, place),
            *([] if moved else _place_faults(record, place, self.study)),
        ]
        if wrong:
            there = {name for name in (PLAN_FILE, *FILES) if (place / name).exists()}
            return _refuted(record, [*folder_faults(place, there), *wrong])
        return _verdict(hearing, place, resolve=resolve)

    def _infeasible(self, place: Path, *, moved: bool) -> Verdict:
        try:
            record = read_infeasible(place / INFEASIBLE_FILE)
        except PlanFormatError as error:
            return _misformed(error)
        counting = self._counting({each["key"]: each["used"] for each in record["overrides"]})
        refuse_other_inputs(record, counting.prepared.fingerprints)
        wrong = [] if moved else list(_place_faults(record, place, self.study))
        return infeasible_verdict(record, counting, place, wrong)

    def _answer(self, place: Path, *, moved: bool) -> Verdict:
        record = read_answer(place / ANSWER_FILE)
        used = {each["key"]: each["used"] for each in record["overrides"]}
        counting = self._counting(used)
        refuse_other_inputs(record, counting.prepared.fingerprints)
        wrong = [] if moved else list(_place_faults(record, place, self.study))
        if record["seed"] != counting.prepared.study.study.seed:
            wrong.append("seed: is not the study's")
        return answer_verdict(record, lambda more: self._counting({**used, **more}), place, wrong)

    def _hearing(self, record: Mapping[str, Any]) -> Hearing:
        """Return the plan, counted from the study with the settings that it says it was made with."""
        used = {each["key"]: each["used"] for each in record["overrides"]}
        name = json.dumps(record, sort_keys=True)
        counting = self._counting(used)
        refuse_other_inputs(record, counting.prepared.fingerprints)
        if name not in self._hearings:
            _keep(self._hearings, name, Hearing(record, counting))
        return self._hearings[name]

    def _counting(self, used: Mapping[str, Any]) -> Counting:
        name = json.dumps(used, sort_keys=True)
        _refuse_downloads(used)
        if name not in self._countings:
            shared = {key: value for key, value in used.items() if _prepares(key)}
            study, like = self.study.with_settings(used), json.dumps(shared, sort_keys=True)
            if like not in self._countings:
                _keep(self._countings, like, Counting(prepare_inputs(self.study.with_settings(shared), cached=False)))
            if like != name:
                alike = self._countings[like]
                _keep(self._countings, name, Counting(restated(alike.prepared, study), alike))
        return self._countings[name]


def _prepares(key: str) -> bool:
    return key in _PREPARED_BY or not key.startswith(_NOT_PREPARED_BY)


def _refuse_downloads(used: Mapping[str, Any]) -> None:
    """Refuse a plan whose settings send the judge to the network: only the study itself may name a place."""
    if any(key.startswith("inputs.streets") and "place" in json.dumps(value) for key, value in used.items() if value):
        problem = "its overrides name a place whose streets are to be downloaded"
        raise InputError.single(PLAN_FILE, problem, row="overrides", remedy="write the place into the study file")


def _verdict(hearing: Hearing, place: Path, *, resolve: bool) -> Verdict:
    """Return the verdict on a folder whose plan is without fault."""
    record = hearing.record
    found = content_faults(place, hearing.files, hearing.others)
    expected, opinions, proven = set(hearing.files), [], False
    if record["proof"] == "solver":
        opinions.append(hearing.second(asked=resolve).bound)
        proven = opinions[0].holds
    if record["proof"] == "certificate":
        expected.add(CERTIFICATE_FILE)
        certified = _certified(hearing, place)
        found.differences.extend(certified.differences)
        found.unchecked.extend(certified.unchecked)
        proven = not certified.differences
    if proven:
        opinions.append(hearing.second(asked=resolve).ties)
    differences = [*folder_faults(place, expected), *found.differences, *(d for o in opinions for d in o.differences)]
    if differences:
        return _refuted(record, differences)
    return Verdict(
        differences=(),
        proven=proven and record["status"] == "optimal",
        proof=str(record["proof"]),
        statement=_within(record) if proven and record["gap"] > 0 else "",
        checked=(
            *hearing.checked(),
            *(line for each in opinions for line in each.checked),
            f"remarks, which nobody can check: {'; '.join(REMARKS)}",
        ),
        unchecked=(*hearing.unchecked, *found.unchecked, *(line for each in opinions for line in each.unchecked)),
    )


def _within(record: Mapping[str, Any]) -> str:
    asked = record["solve"]["asked_gap"]
    return f"everything recounted equal; proven within a gap of {record['gap']:.4%}, {asked:.4%} was asked"


def _certified(hearing: Hearing, place: Path) -> Found:
    try:
        return hearing.certified(read_regular(place / CERTIFICATE_FILE, most_bytes=MOST_BYTES))
    except OSError as error:
        return Found(differences=[f"certificate: {CERTIFICATE_FILE} cannot be read: {error.strerror or error}"])


def _refuted(record: Mapping[str, Any], differences: list[str]) -> Verdict:
    return Verdict(differences=tuple(dict.fromkeys(differences)), proven=False, proof=str(record["proof"]), checked=())


def _keep(shelf: dict[str, Any], name: str, value: Any) -> None:
    while len(shelf) >= _KEPT:
        shelf.pop(next(iter(shelf)))
    shelf[name] = value


def _proof_faults(record: Mapping[str, Any], place: Path) -> Iterator[str]:
    if record["proof"] != "certificate" and os.path.lexists(place / CERTIFICATE_FILE):
        yield f"proof: is {record['proof']!r} although the plan comes with a certificate"


def _place_faults(record: Mapping[str, Any], place: Path, study: Study) -> Iterator[str]:
    file = study.file
    beside = Path(os.path.relpath(file, place.resolve())).as_posix()
    if record["study"] not in {beside, file.as_posix()}:
        yield f"study: lies at {beside}, the plan says {record['study']}"
