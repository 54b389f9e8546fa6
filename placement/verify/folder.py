"""`verify`: a result folder against the inputs it names."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from placement.errors import CertificateError, Fault, InputError
from placement.inputs import Prepared, prepare
from placement.study import read_study
from placement.values import Certificate
from placement.verify.certificate import check_certificate
from placement.verify.program import chosen_columns, rebuild
from placement.verify.recount import coverage_record, reach
from placement.verify.rules import Claims, action_faults, count_faults, floor_faults, money_faults
from placement.verify.ties import tie_faults

PLAN = "plan.json"
MANIFEST = "SHA256SUMS"
_SCALE = 1000
_TOLERANCE = 1e-6
_DECIMALS = 6


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What the judge found.

    Parameters
    ----------
    differences
        Everything in which the plan differs from its recount; empty = confirmed.
    proven
        The plan is confirmed and its gap is within the asked one, by the bound of `proof`.
    proof
        ``certificate``: the bound was checked here; ``solver``: it is the named solver's word.
    checked
        What was checked, for the reader.
    """

    differences: tuple[str, ...]
    proven: bool
    proof: str
    checked: tuple[str, ...]

    @property
    def confirmed(self) -> bool:
        """Whether everything recounted equal."""
        return not self.differences


def verify_folder(folder: str | Path, *, study: str | Path | None = None, allow_outside: bool = False) -> Verdict:
    """Recount the plan in `folder` from its inputs.

    Parameters
    ----------
    folder
        A folder written by ``placement recommend``.
    study
        Path of the study; by default the one that ``plan.json`` names, relative to `folder`.
    allow_outside
        Whether the study's inputs may lie outside its folder.

    Raises
    ------
    InputError
        If the plan or the study cannot be read, or an input changed since the plan was made.
    """
    place = Path(folder)
    record = _read(place / PLAN)
    named = study if study is not None else place / str(record["study"])
    loaded = read_study(named, allow_outside=allow_outside)
    prepared = prepare(loaded, cached=False)
    _same_inputs(record, prepared.fingerprints)
    differences = [*_file_faults(place), *_record_faults(record, prepared, place)]
    proven = not differences and record["status"] == "optimal"
    return Verdict(
        differences=tuple(differences), proven=proven, proof=str(record["proof"]), checked=_checked(record, prepared)
    )


def _read(path: Path) -> dict[str, Any]:
    try:
        record = json.loads(path.read_text(encoding="utf-8"), parse_constant=_refuse)
        needed = (
            "study",
            "inputs",
            "status",
            "objective",
            "bound",
            "gap",
            "actions",
            "open",
            "coverage",
            "budget",
            "solve",
        )
        missing = [key for key in (*needed, "proof", "name", "travel") if key not in record]
    except (OSError, ValueError, TypeError) as error:
        why = error.strerror if isinstance(error, OSError) else error
        raise InputError.single(PLAN, f"cannot be read: {why}", row=str(path), remedy="name a result folder") from error
    if missing:
        raise InputError.single(PLAN, f"lacks {', '.join(missing)}", remedy="write it with placement recommend")
    return dict(record)


def _refuse(name: str) -> None:
    raise ValueError(f"{name} is not a number of JSON")


def _same_inputs(record: Mapping[str, Any], now: Mapping[str, str]) -> None:
    then = record["inputs"]
    faults = [
        Fault(table=name, problem="is not the file the plan was made from", remedy="restore it, or recommend again")
        for name in sorted(set(then) | set(now))
        if then.get(name) != now.get(name)
    ]
    if faults:
        raise InputError(faults)


def _file_faults(place: Path) -> Iterator[str]:
    manifest = place / MANIFEST
    if not manifest.is_file():
        yield f"{MANIFEST}: is missing"
        return
    listed = set()
    for line in manifest.read_text(encoding="utf-8").splitlines():
        digest, _, name = line.partition("  ")
        listed.add(name)
        file = place / name
        if not file.is_file():
            yield f"{name}: is missing"
        elif hashlib.sha256(file.read_bytes()).hexdigest() != digest:
            yield f"{name}: was changed after it was written"
    if PLAN not in listed:
        yield f"{PLAN}: is not listed in {MANIFEST}"


def _record_faults(record: Mapping[str, Any], prepared: Prepared, place: Path) -> Iterator[str]:
    try:
        claims = Claims.of(record)
        broken = list(action_faults(record, claims, prepared))
        if broken:
            yield from broken
            return
        yield from money_faults(record, claims, prepared)
        yield from count_faults(claims, prepared)
        if record["solve"]["tie_broken"]:
            yield from tie_faults(claims, prepared)
        yield from _value_faults(record, claims, prepared, place)
    except (KeyError, TypeError, AttributeError, ValueError, OverflowError) as error:
        yield f"{PLAN}: is not of the published format ({type(error).__name__}: {error})"


def _value_faults(record: Mapping[str, Any], claims: Claims, prepared: Prepared, place: Path) -> Iterator[str]:
    near = reach(prepared)
    table = prepared.sites.table
    before = near.by(table["existing"].to_numpy(dtype=bool))
    after = near.by(table.index.isin(claims.standing))
    yield from _differences("coverage.before", record["coverage"]["before"], coverage_record(prepared, before))
    yield from _differences("coverage.after", record["coverage"]["after"], coverage_record(prepared, after))
    demand = prepared.demand
    mixed = demand.need_share * demand.need + (1 - demand.need_share) * (demand.need * demand.awareness * demand.uptake)
    weights = np.rint(mixed * _SCALE).astype(np.int64)
    yield from floor_faults(prepared, weights, after)
    objective = int(weights[after].sum())
    if round(record["objective"] * _SCALE) != objective:
        yield f"objective: recounted {objective / _SCALE:.3f}, the plan says {record['objective']}"
    yield from _bound_faults(record, objective)
    if record["name"] != prepared.study.study.name:
        yield "name: differs from the study's"
    if record["travel"] != prepared.times.mode:
        yield f"travel: was counted as {prepared.times.mode!r}, the plan says {record['travel']!r}"
    yield from _proof_faults(record, place)
    if record["proof"] == "certificate":
        program = rebuild(prepared, near, weights)
        yield from _certificate_faults(record, claims, prepared, program, place)


def _proof_faults(record: Mapping[str, Any], place: Path) -> Iterator[str]:
    if record["proof"] not in {"certificate", "solver", "none"}:
        yield f"proof: {record['proof']!r} is unknown"
    own = str(record["solve"]["solver"]).startswith("placement")
    if record["proof"] != "certificate" and (own or (place / "certificate.npz").exists()):
        yield f"proof: is {record['proof']!r} although the plan comes with a certificate"
    if record["proof"] == "none" and record["status"] == "optimal":
        yield "proof: an optimal plan needs one"


def _bound_faults(record: Mapping[str, Any], objective: int) -> Iterator[str]:
    bound = round(record["bound"] * _SCALE)
    gap = 0.0 if bound <= objective else (bound - objective) / bound
    asked = record["solve"]["asked_gap"]
    if bound < objective:
        yield f"bound: {record['bound']} is below the objective"
    if abs(gap - record["gap"]) > _TOLERANCE:
        yield f"gap: bound and objective give {gap:.6f}, the plan says {record['gap']}"
    if record["status"] not in {"optimal", "feasible"} or (record["status"] == "optimal") != (gap <= asked):
        yield f"status: {record['status']} does not fit a gap of {gap:.6f} where {asked} was asked"


def _certificate_faults(
    record: Mapping[str, Any], claims: Claims, prepared: Prepared, program: Any, place: Path
) -> Iterator[str]:
    try:
        certificate = Certificate.load(place / "certificate.npz")
        proven = check_certificate(program, chosen_columns(prepared, claims), certificate)
    except (CertificateError, OSError, ValueError) as error:
        yield f"certificate: {error}"
        return
    if proven != round(record["bound"] * _SCALE):
        yield f"bound: the certificate proves {proven / _SCALE:.3f}, the plan says {record['bound']}"


def _differences(where: str, claimed: Any, counted: Any) -> Iterator[str]:
    if isinstance(counted, Mapping):
        if not isinstance(claimed, Mapping) or set(claimed) != set(counted):
            yield f"{where}: should have the keys {', '.join(sorted(counted))}"
            return
        for key in sorted(counted):
            yield from _differences(f"{where}.{key}", claimed[key], counted[key])
    elif abs(claimed - counted) > 2 * 10**-_DECIMALS * max(1.0, abs(counted) * _TOLERANCE):
        yield f"{where}: recounted {counted:.6f}, the plan says {claimed}"


def _checked(record: Mapping[str, Any], prepared: Prepared) -> tuple[str, ...]:
    bound = {
        "certificate": "the bound by its certificate, in integers, without a solver",
        "solver": f"gap and status against the bound that {record['solve']['solver']} gave (its word)",
    }
    return (
        f"{len(record['actions'])} actions, {len(prepared.demand.ids)} demand points, {len(prepared.sites)} sites",
        "money to the fen, coverage by segment and district, floors and limits",
        bound.get(record["proof"], "no bound was claimed"),
    )
