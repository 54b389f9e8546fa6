"""What a plan claims about how good it is, and whether anything here shows it."""

from __future__ import annotations

import tokenize
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from placement.errors import CertificateError
from placement.report import CERTIFICATE_FILE
from placement.values import Certificate
from placement.verify.certificate import check_certificate
from placement.verify.counting import SCALE, Counting
from placement.verify.program import chosen_columns, program_columns
from placement.verify.resolve import FEW_ENTRIES, FEW_S, LIMIT_S, MOST_ENTRIES
from placement.verify.rules import Claims, station_amount

_ONCE = {"keep": ("close", -1), "give": ("close", -1), "open": ("purchase", 1), "move_in": ("move", 1)}
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


def claim_faults(record: Mapping[str, Any], place: Path, objective: int, counting: Counting) -> Iterator[str]:
    """Yield what does not fit together in objective, bound, gap, status and proof.

    Parameters
    ----------
    record
        A ``plan.json``.
    place
        Its folder.
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
    yield from _run_faults(record, place, exact=bound == objective)
    if record["proof"] == "none" and record["status"] == "optimal":
        yield "proof: an optimal plan needs one"
    if record["proof"] == "none" and bound < counting.everything:
        yield f"bound: nothing proves {record['bound']}, all sites together cover {counting.everything / SCALE:.3f}"


def _run_faults(record: Mapping[str, Any], place: Path, *, exact: bool) -> Iterator[str]:
    solve, versions = record["solve"], record["versions"]
    solver = str(solve["solver"])
    known = {"placement": versions.get("placement"), "HiGHS": versions.get("highspy")}
    name, _, version = solver.partition(" ")
    if version and name in known and version != known[name]:
        yield f"solve.solver: {solver!r} is not the version that plan.json says was used, {known[name]}"
    if record["proof"] == "certificate" and name != "placement":
        yield f"proof: {solver!r} gives no certificate"
    if record["proof"] != "certificate" and (name == "placement" or (place / CERTIFICATE_FILE).exists()):
        yield f"proof: is {record['proof']!r} although the plan comes with a certificate"
    if solve["tie_broken"] and not (exact and record["status"] == "optimal" and solve["asked_gap"] == 0):
        yield "solve.tie_broken: equal plans are compared only where the best is proven, with no gap asked"
    if solve["tie_broken"] and solve["interrupted"]:
        yield "solve.interrupted: a run that was stopped has not compared equal plans"


def load_certificate(place: Path) -> Certificate:
    """Return the certificate of a result folder.

    Raises
    ------
    CertificateError
        If the file cannot be read as one.
    """
    path = place / CERTIFICATE_FILE
    try:
        with zipfile.ZipFile(path) as archive:
            unpacked = sum(member.file_size for member in archive.infolist())
        if unpacked > _MOST_UNPACKED:
            raise CertificateError(f"{CERTIFICATE_FILE} unpacks to {unpacked} bytes, more than {_MOST_UNPACKED}")
        return Certificate.load(path)
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


class Second:
    """A second opinion on a plan that has none, or on which of equal plans it is.

    Parameters
    ----------
    record, claims, counting
        The plan and the study.
    asked
        Whether the judge was asked to solve; else only small programs are, to compare equal plans.
    """

    def __init__(self, record: Mapping[str, Any], claims: Claims, counting: Counting, *, asked: bool) -> None:
        self.record, self.claims, self.counting, self.asked = record, claims, counting, asked
        self.differences: list[str] = []
        self.checked: list[str] = []
        self.unchecked: list[str] = []

    def bound(self) -> bool:
        """Obtain the bound anew; return whether it holds."""
        claimed = round(self.record["bound"] * SCALE)
        word = f"bound not checked: {self.record['bound']} is the word of {self.record['solve']['solver']}"
        if not self.asked:
            self.unchecked.append(f"{word}; verify --resolve obtains it anew")
            return False
        if self.counting.resolver.entries > MOST_ENTRIES:
            self.unchecked.append(f"{word}; the program is too large to be solved here")
            return False
        found = self.counting.resolver.most(LIMIT_S)
        if found.best is not None and found.best > claimed:
            self.differences.append(
                f"bound: a plan worth {found.best / SCALE:.3f} exists, {self.record['bound']} is no bound"
            )
            return False
        if found.bound is None or found.bound > claimed:
            above = "none" if found.bound is None else f"{found.bound / SCALE:.3f}"
            self.unchecked.append(f"{word}; the judge's own run reached {above} within {LIMIT_S:g} s")
            return False
        self.checked.append("the bound anew, by HiGHS on the judge's own program (floating point, no certificate)")
        return True

    def ties(self) -> None:
        """Compare actions and money with those of equal plans, where the plan claims to have the least."""
        small = self.counting.resolver.entries <= (MOST_ENTRIES if self.asked else FEW_ENTRIES)
        if not self.record["solve"]["tie_broken"]:
            return
        if not small:
            self.checked.append("not that equal plans have no fewer actions and cost no less: verify --resolve does")
            return
        limit_s = LIMIT_S if self.asked else FEW_S
        chosen = chosen_columns(self.counting.prepared, self.claims)
        actions, money = self._amounts()
        worth = round(self.record["objective"] * SCALE)
        within: tuple[tuple[NDArray[np.int64], int], ...] = ()
        for name, amounts in (("actions", actions), ("money", money)):
            mine = int(amounts[chosen].sum())
            found = self.counting.resolver.least(amounts, limit_s, worth=worth, within=within)
            if found.best is not None and -found.best < mine:
                self.differences.append(f"solve.tie_broken: a plan that covers as much takes less in {name}")
                return
            if found.bound is None or -found.bound < mine:
                self.checked.append(f"not that equal plans take no less in {name}: the judge's own run did not end")
                return
            within = (*within, (amounts, mine))
        self.checked.append("no plan that covers as much has fewer actions, or as many for less money")

    def _amounts(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        prepared = self.counting.prepared
        ids, columns = prepared.sites.ids, program_columns(prepared)
        actions = [-1 if kind in {"keep", "give"} else 1 for kind, _ in columns]
        money = [_ONCE[kind][1] * station_amount(prepared, ids[site], _ONCE[kind][0]) for kind, site in columns]
        return np.array(actions, dtype=np.int64), np.array(money, dtype=np.int64)
