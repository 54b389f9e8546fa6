"""`verify`: a result folder against the inputs it names."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from placement.errors import CertificateError, Fault, InputError
from placement.inputs import Prepared, input_fingerprints, prepare
from placement.report import (
    CERTIFICATE_FILE,
    PLAN_FILE,
    PlanFormatError,
    gather,
    plan_from_dict,
    reach_shares,
    read_plan,
    render_files,
    versions,
)
from placement.study import TABLE, Study, overrides_of, read_study
from placement.verify.bound import Second, certificate_faults, claim_faults, load_certificate
from placement.verify.counting import Counting
from placement.verify.files import Found, content_faults, folder_faults, packed_faults
from placement.verify.recount import coverage_record
from placement.verify.rules import Claims, action_faults, count_faults, floor_faults, money_faults
from placement.verify.verdict import Verdict
from placement.visits import predict_visits

REMARKS = (
    "study, where the study was named by hand",
    "versions, where every file came out the same bytes",
    "solve.interrupted, solve.tie_broken = false (they say less, not more)",
)
"""Claims of ``plan.json`` that say how the run went and that nobody can check afterwards."""

FILES = ("actions.csv", "actions.geojson", "report.html", "visits.csv", "awareness.csv", CERTIFICATE_FILE)
"""What may stand beside ``plan.json``."""

_KEPT = 4
"""Prepared studies and rendered folders that a judge keeps."""
_NOT_PREPARED_BY = ("solve.", "budget.", "policy.")
"""Sections by which nothing is prepared."""
_DECIMALS = 6
_SUM_NOISE = 1e-12
"""Relative: sums of the same numbers in another order differ by less."""


def verify_folder(folder: str | Path, *, study: str | Path | None = None, resolve: bool = False) -> Verdict:
    """Recount the plan in `folder` from its inputs, and compare every file with what plan and inputs give.

    Parameters
    ----------
    folder
        A folder written by ``placement recommend``.
    study
        Path of the study; by default the one that ``plan.json`` names, relative to `folder`.
    resolve
        Obtain a bound that is only a solver's word anew, and compare equal plans, by a solver run of the judge's own.

    Raises
    ------
    InputError
        If ``plan.json`` is not JSON or of another format, the study or one of the plan's overrides cannot be read, or
        an input changed since the plan was made. Whatever a plan of this format claims wrongly, and where it departs
        from the schema, is a difference of the verdict instead.
    """
    place = Path(folder)
    if study is None:
        try:
            study = place / str(read_plan(place / PLAN_FILE)["study"])
        except PlanFormatError as error:
            return _misformed(error)
        return Judge.of(study).verdict(place, resolve=resolve)
    return Judge.of(study).verdict(place, resolve=resolve, moved=True)


def _misformed(error: PlanFormatError) -> Verdict:
    faults = (f"{PLAN_FILE}: is not of the published format: {each.row}: {each.problem}" for each in error.faults)
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
        self._rendered: dict[str, dict[str, bytes]] = {}

    @classmethod
    def of(cls, study: Study | str | Path) -> Judge:
        """Return a judge of plans for a study, or for the one at a path."""
        if isinstance(study, Study):
            return cls(study)
        path = Path(study)
        if not (path.is_file() or path.is_dir()):  # a pipe would keep the judge waiting for ever
            remedy = "name the study with --study, where it was moved"
            raise InputError.single("study", "cannot be read: there is no such file", row=str(path), remedy=remedy)
        return cls(read_study(path))

    def verdict(self, folder: str | Path, *, resolve: bool = False, moved: bool = False) -> Verdict:
        """Return what is to be said of the plan in a folder; see :func:`verify_folder`.

        Parameters
        ----------
        folder, resolve
            As there.
        moved
            The study lies elsewhere than ``plan.json`` says, and that is as it should be.
        """
        place = Path(folder)
        try:
            record = read_plan(place / PLAN_FILE)
        except PlanFormatError as error:
            return _misformed(error)
        counting = self._counting(record)
        wrong = [] if moved else list(_place_faults(record, place, self.study))
        return _Case(record, counting, place, self._rendered).judged(wrong, resolve=resolve)

    def _counting(self, record: Mapping[str, Any]) -> Counting:
        """Return the study with the settings that the plan says it was made with."""
        used = {each["key"]: each["used"] for each in record["overrides"]}
        study = self.study.with_settings(used)
        _same_inputs(record, input_fingerprints(study))
        name = json.dumps(used, sort_keys=True)
        if name not in self._countings:
            shared = {key: value for key, value in used.items() if not key.startswith(_NOT_PREPARED_BY)}
            like = json.dumps(shared, sort_keys=True)
            if like not in self._countings:
                _keep(self._countings, like, Counting(prepare(self.study.with_settings(shared), cached=False)))
            if like != name:
                prepared = replace(self._countings[like].prepared, study=study)
                _keep(self._countings, name, Counting(prepared))
        return self._countings[name]


def _keep(shelf: dict[str, Any], name: str, value: Any) -> None:
    while len(shelf) >= _KEPT:
        shelf.pop(next(iter(shelf)))
    shelf[name] = value


def _place_faults(record: Mapping[str, Any], place: Path, study: Study) -> Iterator[str]:
    file = study.folder / TABLE
    beside = Path(os.path.relpath(file, place.resolve())).as_posix()
    if record["study"] not in {beside, file.as_posix()}:
        yield f"study: lies at {beside}, the plan says {record['study']}"


def _same_inputs(record: Mapping[str, Any], now: Mapping[str, str]) -> None:
    then = record["inputs"]
    faults = [
        Fault(table=name, problem="is not the file the plan was made from", remedy="restore it, or recommend again")
        for name in sorted(set(then) | set(now))
        if then.get(name) != now.get(name)
    ]
    if faults:
        raise InputError(faults)


class _Case:
    """One folder before the judge."""

    def __init__(
        self, record: Mapping[str, Any], counting: Counting, place: Path, rendered: dict[str, dict[str, bytes]]
    ) -> None:
        self.record, self.counting, self.place, self.rendered = record, counting, place, rendered
        self.prepared: Prepared = counting.prepared
        now = versions()
        then = record["versions"]
        self.others = ", ".join(
            f"{name} {then.get(name, 'unknown')}, here {now.get(name, 'unknown')}"
            for name in sorted(then.keys() | now.keys())
            if then.get(name) != now.get(name)
        )

    def judged(self, wrong: list[str], *, resolve: bool) -> Verdict:
        """Return the verdict: the plan is counted first, and only what shows a right plan is made again."""
        claims = Claims.of(self.record)
        wrong = [*wrong, *self._plan_faults(claims)]
        if wrong:
            there = {name for name in (PLAN_FILE, *FILES) if (self.place / name).exists()}
            return self._verdict([*folder_faults(self.place, there), *wrong])
        files = self._files()
        found = content_faults(self.place, files, self.others)
        second = Second(self.record, claims, self.counting, asked=resolve)
        proven = self._proven(claims, second, found)
        if proven:
            second.ties()
        certified = {CERTIFICATE_FILE} if self.record["proof"] == "certificate" else set()
        names = folder_faults(self.place, files.keys() | certified)
        return self._verdict(
            [*names, *found.differences, *second.differences],
            proven=proven and self.record["status"] == "optimal",
            checked=(*self._checked(), *second.checked, f"remarks, which nobody can check: {'; '.join(REMARKS)}"),
            unchecked=(*found.unchecked, *second.unchecked),
        )

    def _verdict(
        self,
        differences: list[str],
        *,
        proven: bool = False,
        checked: tuple[str, ...] = (),
        unchecked: tuple[str, ...] = (),
    ) -> Verdict:
        return Verdict(
            differences=tuple(dict.fromkeys(differences)),
            proven=proven and not differences,
            proof=str(self.record["proof"]),
            checked=checked,
            unchecked=unchecked,
        )

    def _plan_faults(self, claims: Claims) -> Iterator[str]:
        """Yield everything in which the plan differs from its recount."""
        record, prepared = self.record, self.prepared
        broken = list(action_faults(record, claims, prepared))
        if broken:
            yield from broken
            return
        yield from money_faults(record, claims, prepared)
        yield from count_faults(claims, prepared)
        after = self.after
        yield from _differences("coverage.before", record["coverage"]["before"], self.counting.before)
        yield from _differences("coverage.after", record["coverage"]["after"], coverage_record(prepared, after))
        weights = self.counting.weights
        yield from floor_faults(prepared, weights, after)
        yield from claim_faults(record, self.place, int(weights[after].sum()), self.counting)

    @cached_property
    def after(self) -> NDArray[np.bool_]:
        """(points, segments) within reach of a station that stands after the plan."""
        return self.counting.near.by(self.prepared.sites.table.index.isin(self.record["open"]))

    def _files(self) -> dict[str, bytes]:
        """Return every file that shows the plan, made from the plan and the inputs."""
        key = hashlib.sha256(json.dumps(self.record, sort_keys=True).encode()).hexdigest()
        if key not in self.rendered:
            study = self.prepared.study
            plan = replace(plan_from_dict(self.record), study=study.study.name)
            data = gather(
                self.prepared,
                plan,
                study=study,
                study_path=self.record["study"],
                inputs=input_fingerprints(study),
                reach=reach_shares(self.prepared.demand, self.counting.reached_before, self.after),
                visits=predict_visits(self.prepared, plan.open),
            )
            _keep(self.rendered, key, render_files(replace(data, versions=self.record["versions"])))
        return self.rendered[key]

    def _proven(self, claims: Claims, second: Second, found: Found) -> bool:
        """Return whether something that was checked here proves the bound."""
        if self.record["proof"] == "certificate":
            try:
                certificate = load_certificate(self.place)
            except CertificateError as error:
                found.differences.append(f"certificate: {error}")
                return False
            packed = packed_faults(self.place, certificate.to_bytes(), self.others)
            found.unchecked.extend(packed.unchecked)
            wrong = [*packed.differences, *certificate_faults(self.record, claims, self.counting, certificate)]
            found.differences.extend(wrong)
            return not wrong
        return self.record["proof"] == "solver" and second.bound()

    def _checked(self) -> tuple[str, ...]:
        record, prepared = self.record, self.prepared
        bound = {"certificate": ("the bound by its certificate, in integers, without a solver",)}
        files = "every file, made again from plan and inputs, byte for byte"
        return (
            f"{len(record['actions'])} actions, {len(prepared.demand.ids)} demand points, {len(prepared.sites)} sites",
            "money to the fen, coverage by segment and district, floors and limits",
            *bound.get(record["proof"], ()),
            *(f"made with {each}" for each in overrides_of(prepared.study)),
            f"{files} (written with {self.others})" if self.others else files,
        )


def _differences(where: str, claimed: Any, counted: Any) -> Iterator[str]:
    if isinstance(counted, Mapping):
        if not isinstance(claimed, Mapping) or set(claimed) != set(counted):
            yield f"{where}: should have the keys {', '.join(sorted(counted))}"
            return
        for key in sorted(counted):
            yield from _differences(f"{where}.{key}", claimed[key], counted[key])
    elif abs(claimed - counted) > 0.5 * 10.0**-_DECIMALS + _SUM_NOISE * max(1.0, abs(counted)):
        yield f"{where}: recounted {counted:.6f}, the plan says {claimed}"
