"""What a plan claims about how good it is, and whether anything here shows it."""

from __future__ import annotations

import io
import tokenize
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from placement.errors import CertificateError
from placement.judge.certificate import check_certificate
from placement.judge.counting import SCALE, Counting
from placement.judge.phases import chosen_in_phases
from placement.judge.program import chosen_columns
from placement.judge.publicity_certificate import check_publicity_certificate
from placement.judge.rules import Claims
from placement.judge.visits_asked import ALONE, least_covered, weighed, words_on_visits
from placement.judge.visits_certificate import check_visits_certificate, near, visits_of
from placement.report import CERTIFICATE_FILE
from placement.values import Certificate
from placement.values.publicity_certificate import PUBLICITY_GAP, PublicityCertificate
from placement.values.visits_certificate import VisitsCertificate
from placement.values.visits_value import VISITS_GAP

Proof = TypeVar("Proof")

_UNREADABLE = (
    zipfile.BadZipFile,
    zlib.error,
    tokenize.TokenError,
    OSError,
    ValueError,
    KeyError,
    IndexError,
    TypeError,
    AttributeError,
    NotImplementedError,
    RuntimeError,
    MemoryError,
    OverflowError,
    SyntaxError,
    EOFError,
)
"""What reading a file that is no archive of arrays may raise."""
_MOST_UNPACKED = 2**33


def claim_faults(
    record: Mapping[str, Any], covered: int, standing: NDArray[np.bool_], counting: Counting
) -> Iterator[str]:
    """Yield what does not fit together in objective, bound, gap, status and proof.

    Parameters
    ----------
    record
        A ``plan.json``.
    covered
        What the plan covers as recounted, in thousandths of a visit a month.
    standing
        (sites,) where a station stands after the plan.
    counting
        The study.
    """
    solve, unit, sign = record["solve"], counting.unit, counting.sign
    bound = round(record["bound"] * unit)
    value, seen = counting.worth(covered, standing)
    claimed = round(record["objective"] * unit)
    objective = claimed if counting.asked is not None and near(claimed, value) else value
    slack = sign * (bound - objective)
    gap = 0.0 if slack <= 0 else slack / max(bound, objective)
    asked = _asked_gap(counting)
    if record["objective"] != objective / unit:
        yield f"objective: recounted {objective / unit:.3f}, the plan says {record['objective']}"
    if record["bound"] != bound / unit:
        yield f"bound: {record['bound']} is not in whole units, of which {unit} make one"
    if slack < 0:
        yield f"bound: {record['bound']} is on the wrong side of the objective"
    if solve["asked_gap"] != asked:
        yield f"solve.asked_gap: {asked} is asked, the plan says {solve['asked_gap']}"
    if record["gap"] != round(gap, 6):
        yield f"gap: bound and objective give {gap:.6f}, the plan says {record['gap']}"
    if record["status"] not in {"optimal", "feasible"} or (record["status"] == "optimal") != (gap <= asked):
        yield f"status: {record['status']} does not fit a gap of {gap:.6f} where {asked} was asked"
    yield from _value_faults(record, (covered, seen), slack, counting)
    yield from _run_faults(record, exact=bound == objective)
    yield from _proof_faults(record, bound, counting)


def _proof_faults(record: Mapping[str, Any], bound: int, counting: Counting) -> Iterator[str]:
    """Yield what is claimed without anything that proves it; `bound` is in units of values."""
    unproven = record["proof"] == "none"
    if record["least_cost"] != counting.is_cost:
        yield f"least_cost: the study says {counting.is_cost}, the plan {record['least_cost']}"
    if record["solve"]["tie_broken"] and counting.is_cost:
        yield "solve.tie_broken: plans of the least cost are not compared by actions and money"
    if unproven and record["status"] == "optimal":
        yield "proof: an optimal plan needs one"
    if unproven and counting.asked is not None:
        yield "proof: a plan that counts visits comes with one"
    if unproven and (counting.outreach is not None or counting.sign * bound < counting.everything):
        yield f"bound: nothing proves {record['bound']}, beyond it is {counting.everything / counting.unit:.3f}"


def _asked_gap(counting: Counting) -> float:
    """Return the gap at which a plan of the study is called optimal."""
    asked = counting.prepared.study.solve.gap
    asked = asked if counting.asked is None else max(asked, VISITS_GAP)
    return asked if counting.gates is None else max(asked, PUBLICITY_GAP)


def _value_faults(record: Mapping[str, Any], counted: tuple[int, int], slack: int, counting: Counting) -> Iterator[str]:
    """Yield what is wrong with what the objective is said to be made of; `counted` is (covered, visits)."""
    asked, said, policy = counting.asked, record["valued"], counting.prepared.study.policy
    if (asked is None) != (said is None):
        yield f"valued: visits {'do not count' if asked is None else 'count'} in the objective of the study"
    if asked is None or said is None:
        return
    alone = policy.objective == ALONE
    words = words_on_visits(policy)
    right = {
        "weight": str(asked.weight),
        "alone": alone,
        "by_default": not alone and all(word is None for word in words),
    }
    for name, value in right.items():
        if said[name] != value:
            yield f"valued.{name}: is {value}, the plan says {said[name]}"
    amounts = {"covered": counted[0], "visits": counted[1], "slack": slack, "floor": asked.floor}
    for name, amount in amounts.items():
        if (said[name] is None) != (amount is None):
            yield f"valued.{name}: {'is missing' if said[name] is None else 'is not asked'}"
        elif amount is not None and not near(round(said[name] * SCALE), amount):
            yield f"valued.{name}: recounted {amount / SCALE:.3f}, the plan says {said[name]}"


def _run_faults(record: Mapping[str, Any], *, exact: bool) -> Iterator[str]:
    solve, versions = record["solve"], record["versions"]
    solver = str(solve["solver"])
    known = {"placement": versions.get("placement"), "HiGHS": versions.get("highspy")}
    name, _, version = solver.partition(" ")
    if version and name in known and version != known[name]:
        yield f"solve.solver: {solver!r} is not the version that plan.json says was used, {known[name]}"
    if record["proof"] == "certificate" and name != "placement":
        yield f"proof: {solver!r} gives no certificate"
    if record["proof"] != "certificate" and name == "placement":
        yield f"proof: is {record['proof']!r} although the plan comes with a certificate"
    if solve["tie_broken"] and not (exact and record["status"] == "optimal" and solve["asked_gap"] == 0):
        yield "solve.tie_broken: equal plans are compared only where the best is proven, with no gap asked"
    if solve["tie_broken"] and solve["interrupted"]:
        yield "solve.interrupted: a run that was stopped has not compared equal plans"


def load_certificate(content: bytes) -> Certificate:
    """Return the certificate of a coverage program that a file holds.

    Raises
    ------
    CertificateError
        If it cannot be read as one.
    """
    return _loaded(content, Certificate.from_bytes)


def load_visits_certificate(content: bytes) -> VisitsCertificate:
    """Return the certificate of a plan that counts visits; raises as :func:`load_certificate` does."""
    return _loaded(content, VisitsCertificate.from_bytes)


def load_publicity_certificate(content: bytes) -> PublicityCertificate:
    """Return the certificate of a plan that spends on publicity; raises as :func:`load_certificate` does."""
    return _loaded(content, PublicityCertificate.from_bytes)


def _loaded(content: bytes, made: Callable[[bytes], Proof]) -> Proof:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            unpacked = sum(member.file_size for member in archive.infolist())
        if unpacked > _MOST_UNPACKED:
            raise CertificateError(f"{CERTIFICATE_FILE} unpacks to {unpacked} bytes, more than {_MOST_UNPACKED}")
        return made(content)
    except _UNREADABLE as error:
        raise CertificateError(f"{CERTIFICATE_FILE} cannot be read: {error}") from error


def certificate_faults(
    record: Mapping[str, Any],
    claims: Claims,
    counting: Counting,
    certificate: Certificate | VisitsCertificate | PublicityCertificate,
) -> Iterator[str]:
    """Yield why a certificate does not prove the bound of a plan."""
    prepared = counting.prepared
    chosen = chosen_in_phases(prepared, claims) if prepared.study.phase else chosen_columns(prepared, claims)
    try:
        if isinstance(certificate, PublicityCertificate):
            assert counting.gates is not None  # noqa: S101 -- else another is loaded
            spent = list(claims.spent_fen)
            proven = check_publicity_certificate(counting.program, counting.gates, chosen, spent, certificate)
        elif isinstance(certificate, VisitsCertificate):
            proven = _proven_with_visits(counting, chosen, certificate)
        else:
            proven = check_certificate(counting.program, chosen, certificate)
    except (CertificateError, OSError, ValueError) as error:
        yield f"certificate: {error}"
        return
    if counting.sign * proven != round(record["bound"] * counting.unit):
        said = counting.sign * proven / counting.unit
        yield f"bound: the certificate proves {said:.3f}, the plan says {record['bound']}"


def _proven_with_visits(counting: Counting, chosen: NDArray[np.bool_], certificate: VisitsCertificate) -> int:
    """Return the bound of a plan that counts visits; of visits alone, the most that a plan of that value can see."""
    asked, objective = counting.asked, counting.prepared.study.policy.objective
    if asked is None:
        raise CertificateError("it counts visits, and the study does not")
    program = weighed(counting.program, objective)
    proven = check_visits_certificate(program, asked, chosen, certificate)
    if objective != ALONE:
        return proven
    return max(visits_of(program, asked, chosen), (proven - least_covered(program)) // int(asked.weight))
