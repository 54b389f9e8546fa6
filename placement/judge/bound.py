"""What a plan claims about how good it is, and whether anything here shows it."""

from __future__ import annotations

import io
import tokenize
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from typing import Any

from placement.errors import CertificateError
from placement.judge.certificate import check_certificate
from placement.judge.counting import SCALE, Counting
from placement.judge.program import chosen_columns
from placement.judge.rules import Claims
from placement.report import CERTIFICATE_FILE
from placement.values import Certificate

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


def claim_faults(record: Mapping[str, Any], objective: int, counting: Counting) -> Iterator[str]:
    """Yield what does not fit together in objective, bound, gap, status and proof.

    Parameters
    ----------
    record
        A ``plan.json``.
    objective
        The plan's value as recounted, in thousandths of a visit a month.
    counting
        The study.
    """
    solve, bound = record["solve"], round(record["bound"] * SCALE)
    gap = 0.0 if bound <= objective else (bound - objective) / bound
    asked = counting.prepared.study.solve.gap
    if record["objective"] != objective / SCALE:
        yield f"objective: recounted {objective / SCALE:.3f}, the plan says {record['objective']}"
    if record["bound"] != bound / SCALE:
        yield f"bound: {record['bound']} is not in whole thousandths"
    if bound < objective:
        yield f"bound: {record['bound']} is below the objective"
    if solve["asked_gap"] != asked:
        yield f"solve.asked_gap: the study asks {asked}, the plan says {solve['asked_gap']}"
    if record["gap"] != round(gap, 6):
        yield f"gap: bound and objective give {gap:.6f}, the plan says {record['gap']}"
    if record["status"] not in {"optimal", "feasible"} or (record["status"] == "optimal") != (gap <= asked):
        yield f"status: {record['status']} does not fit a gap of {gap:.6f} where {asked} was asked"
    yield from _run_faults(record, exact=bound == objective)
    if record["proof"] == "none" and record["status"] == "optimal":
        yield "proof: an optimal plan needs one"
    if record["proof"] == "none" and bound < counting.everything:
        yield f"bound: nothing proves {record['bound']}, all sites together cover {counting.everything / SCALE:.3f}"


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
    """Return the certificate that a file holds.

    Raises
    ------
    CertificateError
        If it cannot be read as one.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            unpacked = sum(member.file_size for member in archive.infolist())
        if unpacked > _MOST_UNPACKED:
            raise CertificateError(f"{CERTIFICATE_FILE} unpacks to {unpacked} bytes, more than {_MOST_UNPACKED}")
        return Certificate.from_bytes(content)
    except _UNREADABLE as error:
        raise CertificateError(f"{CERTIFICATE_FILE} cannot be read: {error}") from error


def certificate_faults(
    record: Mapping[str, Any], claims: Claims, counting: Counting, certificate: Certificate
) -> Iterator[str]:
    """Yield why a certificate does not prove the bound of a plan."""
    try:
        proven = check_certificate(counting.program, chosen_columns(counting.prepared, claims), certificate)
    except (CertificateError, OSError, ValueError) as error:
        yield f"certificate: {error}"
        return
    if proven != round(record["bound"] * SCALE):
        yield f"bound: the certificate proves {proven / SCALE:.3f}, the plan says {record['bound']}"
