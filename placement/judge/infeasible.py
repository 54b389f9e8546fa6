"""The judge of a proof that a study has no plan: the clash, how far each constraint must give way, and every file.

The program is rebuilt from the inputs. ``certificate.npz`` must prove in integers that the program with only the named
constraints has no plan; so must the proof of each change for the program in which the constraint gives way by one unit
less; and a plan that is said to be enough is recounted against everything else.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from placement.errors import CertificateError
from placement.judge.bound import load_certificate, load_visits_certificate
from placement.judge.certificate import check_certificate, plan_faults
from placement.judge.counting import Counting
from placement.judge.files import MOST_BYTES, content_faults, folder_faults, packed_faults
from placement.judge.phases import named, phase_columns
from placement.judge.program import program_columns
from placement.judge.verdict import Verdict
from placement.judge.visits_certificate import idle_count, marked_too, with_visits_rows
from placement.report import CERTIFICATE_FILE, INFEASIBLE_FILE, versions
from placement.report.infeasible_json import VISITS_ROWS_FILE, proof_file
from placement.report.plan_json import plan_bytes
from placement.report.strict_json import read_regular
from placement.study import overrides_of
from placement.values import Certificate, Change, CoverageProgram, Infeasibility, LinearRow
from placement.values.infeasible import WEIGHT_UNIT
from placement.values.rows import GUIDE, MACHINES, REQUIRED_SITE, SITE, TOKENS
from placement.values.visits_certificate import IDLE, VisitsCertificate

_REQUIRED = "required sites"
_STRUCTURAL = (SITE, REQUIRED_SITE, TOKENS, MACHINES, IDLE, GUIDE)
"""Kinds of rows that say what decisions mean, which no planner can let go."""


def infeasible_verdict(record: Mapping[str, Any], counting: Counting, place: Path, wrong: list[str]) -> Verdict:
    """Return what is to be said of a folder that is to prove that a study has no plan.

    Parameters
    ----------
    record
        ``infeasible.json``, checked against its format, its inputs those at hand.
    counting
        The study with the settings that the record says it was solved with.
    place
        The folder.
    wrong
        What is wrong already.
    """
    hearing = _Hearing(record, counting, place)
    differences = [*wrong, *hearing.differences()]
    constraints = ", ".join(record["constraints"])
    return Verdict(
        differences=tuple(dict.fromkeys(differences)),
        proven=not differences,
        proof="certificate",
        checked=(
            "the clash by its certificate, in integers, without a solver",
            *hearing.checked(),
            "remarks, which nobody can check: study (where its file lies), versions",
        ),
        unchecked=tuple(hearing.unchecked),
        statement=f"no plan satisfies {constraints}: {record['explanation']}",
    )


class _Hearing:
    def __init__(self, record: Mapping[str, Any], counting: Counting, place: Path) -> None:
        self.record, self.counting, self.place = record, counting, place
        self.unchecked: list[str] = []
        self.packing: tuple[str, ...] = ()
        self.rows: VisitsCertificate | None = None

    @cached_property
    def program(self) -> CoverageProgram:
        """The program as the judge rebuilds it, with the rows for limits on visits that are proven.

        Raises
        ------
        CertificateError
            If they are not.
        """
        asked = self.counting.asked
        if asked is None:
            return self.counting.program
        try:
            content = read_regular(self.place / VISITS_ROWS_FILE, most_bytes=MOST_BYTES)
        except OSError as error:
            raise CertificateError(f"cannot be read: {error.strerror or error}") from error
        certificate = load_visits_certificate(content)
        self.packing, self.rows = self._packed(content, certificate), certificate
        return with_visits_rows(self.counting.program, asked, certificate)

    def checked(self) -> Iterator[str]:
        """Yield what was checked beside the clash."""
        for change in self.record["changes"]:
            enough = "" if change["enough"] is None else ", and a plan that gets by with what is enough, recounted"
            yield f"{change['constraint']}: by how much it must give way at least, by a certificate{enough}"

    def differences(self) -> Iterator[str]:
        """Yield everything in which the folder differs from what the inputs give."""
        record, study = self.record, self.counting.prepared.study
        proofs = {proof_file(number + 1) for number in range(len(record["changes"]))}
        rows = set() if self.counting.asked is None else {VISITS_ROWS_FILE}
        yield from folder_faults(self.place, {INFEASIBLE_FILE, CERTIFICATE_FILE, *proofs, *rows})
        try:
            self.program  # noqa: B018 -- what proves its rows is looked at first
        except CertificateError as error:
            yield f"{VISITS_ROWS_FILE}: {error}"
            return
        yield from self.packing
        yield from content_faults(self.place, {INFEASIBLE_FILE: plan_bytes(record)}, "").differences
        if record["name"] != study.study.name:
            yield f"name: is {study.study.name!r} in the study"
        if record["travel"] != self.counting.prepared.times.mode:
            yield f"travel: is {self.counting.prepared.times.mode!r} in the study"
        used = [{"key": each.key, "study": each.study, "used": each.used} for each in overrides_of(study)]
        if used != record["overrides"]:
            yield "overrides: are not the settings in which the study differs from its file"
        names, known = record["constraints"], _names(self.program)
        if (
            len(set(names)) < len(names)
            or not set(known).issuperset(names)
            or names != [n for n in known if n in names]
        ):
            yield "constraints: names one twice, one that the study does not have, or not in the order of the program"
            return
        yield from self._proof_faults(CERTIFICATE_FILE, _restricted(self.program, names), "the clash")
        changes = []
        for number, change in enumerate(record["changes"], start=1):
            yield from self._change_faults(number, change)
            changes.append(self._recounted(change))
        if any(change is None for change in changes):
            return
        again = Infeasibility(constraints=tuple(names), certificate=None, changes=tuple(changes))  # type: ignore[arg-type]
        if again.explanation != record["explanation"]:
            yield f"explanation: constraints and changes say {again.explanation!r}"

    def _change_faults(self, number: int, change: Mapping[str, Any]) -> Iterator[str]:
        where, name = f"changes.{number - 1}", change["constraint"]
        others = [each["constraint"] for each in self.record["changes"][: number - 1]]
        recounted = self._recounted(change)
        if recounted is None or name not in self.record["constraints"] or name in others:
            yield f"{where}: {name} is no limit or floor of the clash, or was named before"
            return
        if change["proof"] != proof_file(number) or change["unit"] != recounted.unit:
            yield f"{where}: proof and unit must be {proof_file(number)} and {recounted.unit}"
            return
        least = _eased(self.program, name, change["at_least"] - 1)
        yield from self._proof_faults(change["proof"], least, f"that {name} must give way so far")
        if change["enough"] is not None:
            yield from self._plan_faults(where, change)

    def _plan_faults(self, where: str, change: Mapping[str, Any]) -> Iterator[str]:
        amount, plan = change["enough"]["amount"], change["enough"]["plan"]
        if amount < change["at_least"]:
            yield f"{where}.enough: is less than what is needed at least"
        eased = _eased(self.program, change["constraint"], amount)
        chosen, known = self._columns(plan)
        if not known:
            yield f"{where}.enough.plan: names a site twice, or one at which that cannot be decided"
            return
        for fault in plan_faults(eased, self._with_marks(chosen)):
            yield f"{where}.enough.plan: {fault}"
        for fault in self._visits_faults(chosen, {change["constraint"]: amount}):
            yield f"{where}.enough.plan: {fault}"

    def _with_marks(self, chosen: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Return a plan with the marks of its idle stations, where the program has such."""
        if self.counting.asked is None or self.rows is None:
            return chosen
        return np.append(chosen, marked_too(self.counting.asked, self._stands(chosen), self.rows))

    def _stands(self, chosen: NDArray[np.bool_]) -> NDArray[np.bool_]:
        program = self.counting.program
        stands = np.zeros(program.n_sites, dtype=np.bool_)
        sites = program.column_site[chosen]
        stands[sites[sites >= 0]] = True
        return stands

    def _visits_faults(self, chosen: NDArray[np.bool_], given: Mapping[str, int]) -> Iterator[str]:
        """Yield what stations of a plan see too little of, where limits give way by what is `given` by their names."""
        asked, program = self.counting.asked, self.counting.program
        if asked is None:
            return
        stands = self._stands(chosen)
        if asked.floor is not None and asked.capture.total(stands) < asked.floor - given.get("visits_floor", 0):
            yield "its stations see too few visits together"
        if asked.most_idle is not None and idle_count(asked, stands) > asked.most_idle + given.get("max_idle", 0):
            yield "too many of its stations are idle"
        new = program.column_site[chosen & asked.new]
        if asked.least is not None and any(asked.capture.station(int(site), stands) < asked.least for site in new):
            yield "one of its new stations sees too few visits"

    def _columns(self, plan: Mapping[str, list[str]]) -> tuple[NDArray[np.bool_], bool]:
        """Return the columns that a plan chooses, and whether it names only such, each no oftener than there are."""
        prepared = self.counting.prepared
        ids = prepared.sites.ids
        if prepared.study.phase:
            columns = [named(column, ids) for column in phase_columns(prepared)]
        else:
            columns = [(kind, str(ids[site])) for kind, site in program_columns(prepared)]
        asked = Counter((kind, site) for kind, sites in plan.items() for site in sites)
        chosen = np.zeros(len(columns), dtype=np.bool_)
        for k, column in enumerate(columns):
            chosen[k] = asked[column] > 0
            asked[column] -= chosen[k]
        return chosen, not +asked

    def _proof_faults(self, name: str, program: CoverageProgram, what: str) -> Iterator[str]:
        try:
            content = read_regular(self.place / name, most_bytes=MOST_BYTES)
            certificate = load_certificate(content)
            check_certificate(program, None, certificate)
            if not certificate.infeasible:
                raise CertificateError("it proves a bound, not that no plan exists")
        except (CertificateError, OSError, ValueError) as error:
            yield f"{name}: does not prove {what}: {error}"
            return
        yield from self._packed(content, certificate)

    def _packed(self, content: bytes, certificate: Certificate | VisitsCertificate) -> tuple[str, ...]:
        now, then = versions(), self.record["versions"]
        others = "" if now == then else "other versions"
        found = packed_faults(content, certificate.to_bytes(), others)
        self.unchecked += found.unchecked
        return tuple(found.differences)

    def _recounted(self, change: Mapping[str, Any]) -> Change | None:
        """Return the change with what the program asks; None where it names no limit or floor."""
        program, name, enough = self.program, change["constraint"], change["enough"]
        amounts: dict[str, Any] = {
            "constraint": name,
            "at_least": change["at_least"],
            "enough": None if enough is None else enough["amount"],
            "certificate": None,
        }
        for floor in program.floors:
            if floor.name == name:
                total = sum(program.row_weights()[floor.rows].tolist())
                return Change(unit=WEIGHT_UNIT, asked=floor.minimum, of=total, **amounts)
        for row in program.linear:
            if row.name == name and row.kind not in _STRUCTURAL:
                return Change(unit=row.kind.unit, asked=row.limit + row.base, of=None, **amounts)
        return None


def _names(program: CoverageProgram) -> list[str]:
    """Return the names of all constraints in the order in which a clash names them."""
    limits = [row.name for row in program.linear if row.kind not in _STRUCTURAL]
    return list(dict.fromkeys([*(floor.name for floor in program.floors), *limits, _REQUIRED]))


def _restricted(program: CoverageProgram, names: Collection[str]) -> CoverageProgram:
    """Return the program with only the named constraints and what decisions mean."""
    demanded = _REQUIRED in names
    rows = [row for row in program.linear if row.kind in _STRUCTURAL or row.name in names]
    return replace(
        program,
        linear=tuple(row if demanded or row.kind == TOKENS else _at_most(row) for row in rows),
        floors=tuple(floor for floor in program.floors if floor.name in names),
        required=program.required & demanded,
    )


def _at_most(row: LinearRow) -> LinearRow:
    return replace(row, equality=False) if row.equality else row


def _eased(program: CoverageProgram, name: str, amount: int) -> CoverageProgram:
    """Return the program in which a limit is higher, or a floor lower, by an amount."""
    rows = (replace(row, limit=row.limit + amount) if row.name == name else row for row in program.linear)
    floors = (replace(each, minimum=each.minimum - amount) if each.name == name else each for each in program.floors)
    return replace(program, linear=tuple(rows), floors=tuple(floors))
