"""The checker of certificates of plans that count visits, as ``placement.values.visits_certificate`` says."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np

from placement.errors import CertificateError
from placement.judge.certificate import check_certificate
from placement.judge.majorants import check_majorants
from placement.values import CoverageProgram, LinearRow
from placement.values.arrays import BoolArray, IntArray
from placement.values.certificate import SCALE
from placement.values.visits_certificate import (
    IDLE,
    MOST_IDLE,
    NEW_VISITS,
    VISITS_FLOOR,
    VisitsCertificate,
)
from placement.values.whole_capture import OUTSIDE, WholeCapture

_NOISE = 1e-7
"""Relative: the fit of the visits ends this near to where it would on another machine."""


@dataclass(frozen=True, kw_only=True, eq=False)
class VisitsAsked:
    """What the inputs ask of visits.

    Parameters
    ----------
    capture
        Visits of any stations, sites numbered as in the program.
    weight
        What a visit counts.
    floor, least
        Thousandths of a visit that all stations, and each new one, must see; None: nothing is asked.
    most_idle, idle_below
        How many stations may see less than so many thousandths of a visit; None: nothing is asked.
    new
        (columns,) whether a column brings a station to a site where none stands.
    """

    capture: WholeCapture
    weight: Fraction
    floor: int | None
    least: int | None
    new: BoolArray
    most_idle: int | None = None
    idle_below: int = 0


def check_visits_certificate(
    program: CoverageProgram, asked: VisitsAsked, chosen: BoolArray, certificate: VisitsCertificate
) -> int:
    """Return the bound, thousandths of a visit a month, that `certificate` proves of the value of plans, or raise.

    Raises
    ------
    CertificateError
        If anything is wrong; the message says what.
    """
    if certificate.digest != certificate.content_digest():
        raise CertificateError("the digest does not fit the content: the certificate was changed")
    weight = asked.weight
    if (certificate.numerator, certificate.denominator) != (weight.numerator, weight.denominator):
        raise CertificateError(f"it prices visits at {certificate.weight}, the inputs at {weight}")
    if not near(certificate.floor, asked.floor or 0):
        raise CertificateError(f"it asks {certificate.floor} thousandths of a visit, the inputs {asked.floor or 0}")
    check_majorants(asked.capture, certificate.majorants)
    for fault in visits_faults(program, asked, chosen):
        raise CertificateError(f"the plan is not feasible: {fault}")
    value = plan_value(program, asked, chosen)
    if not near(certificate.objective, value):
        raise CertificateError(f"the plan is worth {value}, not {certificate.objective}")
    proven = _proven(program, asked, certificate)
    proven = max(proven, certificate.objective)
    if certificate.bound < proven:
        raise CertificateError(f"it proves {proven}, not {certificate.bound}")
    return certificate.bound


def near(claimed: int, counted: int) -> bool:
    """Return whether a number is what it is counted to be, as near as the fit of the visits comes out elsewhere."""
    return abs(claimed - counted) <= _NOISE * max(abs(counted), 1)


def plan_value(program: CoverageProgram, asked: VisitsAsked, chosen: BoolArray) -> int:
    """Return what a plan covers and, at their weight, the visits that it sees, rounded down."""
    stands = _stands(program, chosen)
    covered = sum(program.column_values[chosen].tolist())
    shares, within, first = program.layers.tolist(), 0, 0
    providing = np.bincount(program.column_site[chosen & (program.column_site >= 0)], minlength=program.n_sites)
    for covers, weights in program.blocks():
        count = covers.astype(np.int64) @ providing
        counted = program.counting(first, np.asarray(weights, dtype=np.int64))
        once = program.counts_once(first, counted.size)
        layered = np.where(once, 0, counted)
        within += sum(share * sum(layered[count > before].tolist()) for before, share in enumerate(shares))
        within += program.once_worth * sum(counted[once & (count > 0)].tolist())
        first += counted.size
    covered += within // SCALE
    return int(covered + asked.weight.numerator * visits(asked.capture, stands) // asked.weight.denominator)


def visits_of(program: CoverageProgram, asked: VisitsAsked, chosen: BoolArray) -> int:
    """Return the visits that a plan sees, thousandths a month, rounded down."""
    return visits(asked.capture, _stands(program, chosen))


def visits(capture: WholeCapture, stands: BoolArray) -> int:
    """Return the visits of all stations together, thousandths a month, rounded down."""
    bits, home = capture.bits, 0
    for row, mass in enumerate(capture.mass.tolist()):
        span = slice(*capture.indptr[row : row + 2].tolist())
        pulled = sum(capture.pull[span][stands[capture.site[span]]].tolist())
        home += -(-(mass * OUTSIDE << bits) // (pulled + OUTSIDE))
    return int((((sum(capture.mass.tolist()) << bits) - home) >> bits) + sum(capture.door[stands].tolist()))


def visits_faults(program: CoverageProgram, asked: VisitsAsked, chosen: BoolArray) -> Iterator[str]:
    """Yield what a plan falls short of in visits."""
    stands = _stands(program, chosen)
    if asked.floor is not None and visits(asked.capture, stands) < asked.floor * (1 - _NOISE):
        yield f"its stations see {visits(asked.capture, stands)} thousandths of a visit, {asked.floor} are asked"
    if asked.least is not None:
        for site in np.unique(program.column_site[chosen & asked.new]).tolist():
            if site >= 0 and not _sees_at_least(asked.capture, site, stands, int(asked.least * (1 - _NOISE))):
                yield f"the new station at site {site} sees less than {asked.least} thousandths of a visit"
    idle = 0 if asked.most_idle is None else idle_count(asked, stands)
    if asked.most_idle is not None and idle > asked.most_idle:
        yield f"{idle} stations see less than {asked.idle_below} thousandths of a visit, {asked.most_idle} may"


def idle_count(asked: VisitsAsked, stands: BoolArray) -> int:
    """Return how many of the stations that stand see less than a station must not to be idle."""
    least = int(asked.idle_below * (1 - _NOISE))
    return sum(not _sees_at_least(asked.capture, site, stands, least) for site in np.flatnonzero(stands).tolist())


def _stands(program: CoverageProgram, chosen: BoolArray) -> BoolArray:
    stands = np.zeros(program.n_sites, dtype=np.bool_)
    sites = program.column_site[chosen]
    stands[sites[sites >= 0]] = True
    return stands


def _sees_at_least(capture: WholeCapture, site: int, stands: BoolArray, least: int) -> bool:
    """Return whether a station sees so much, each row's share rounded up."""
    bits, seen = capture.bits, 0
    for at in np.flatnonzero(capture.site == site).tolist():
        row = int(np.searchsorted(capture.indptr, at, side="right")) - 1
        span = slice(*capture.indptr[row : row + 2].tolist())
        there = stands[capture.site[span]] | (capture.site[span] == site)
        pulled = sum(capture.pull[span][there].tolist())
        seen += -(-(int(capture.mass[row]) * int(capture.pull[at]) << bits) // (pulled + OUTSIDE))
    return -(-seen >> bits) + int(capture.door[site]) >= least


def _proven(program: CoverageProgram, asked: VisitsAsked, certificate: VisitsCertificate) -> int:
    """Return the highest bound of the parts."""
    count, claims = len(certificate.inner), certificate.majorants
    program, proven = _with_rows(program, asked, certificate), 0
    if certificate.priced.shape != (count,):
        raise CertificateError("its parts are of the wrong shape")
    for path, number, inner in zip(
        _paths(program, certificate), certificate.priced.tolist(), certificate.inner, strict=True
    ):
        if (number == -1) != (asked.weight == 0) or not -1 <= number < claims.count:
            raise CertificateError("a part does not price visits as their weight asks")
        if inner.has_plan:
            raise CertificateError("the certificate of a part comes with a plan")
        coefficient = np.zeros(program.n_sites, dtype=np.int64) if number < 0 else claims.coefficient[number]
        bound = check_certificate(_of_part(program, path, asked.weight, coefficient), None, inner)
        if not inner.infeasible:
            proven = max(proven, bound + (0 if number < 0 else _times(asked.weight, int(claims.constant[number]))))
    return proven


def _of_part(
    program: CoverageProgram, path: list[tuple[int, int]], weight: Fraction, coefficient: IntArray
) -> CoverageProgram:
    site = program.column_site
    worth = np.array([*(_times(weight, each) for each in coefficient.tolist()), 0], dtype=np.int64)
    required, excluded = program.required.copy(), program.excluded.copy()
    for column, value in path:
        (required if value else excluded)[column] = True
    values = program.column_values + np.where(site >= 0, worth[site], 0)
    return replace(program, column_values=values, required=required, excluded=excluded)


def _paths(program: CoverageProgram, certificate: VisitsCertificate) -> list[list[tuple[int, int]]]:
    """Return the path of each part, after a look at whether every plan is in one of them."""
    indptr, columns, values = certificate.fixed_indptr, certificate.fixed_column, certificate.fixed_value
    if indptr.shape != (len(certificate.inner) + 1,) or indptr[0] != 0 or indptr[-1] != columns.size:
        raise CertificateError("its parts are of the wrong shape")
    if columns.shape != values.shape or (np.diff(indptr) < 0).any() or not np.isin(values, (0, 1)).all():
        raise CertificateError("its parts are of the wrong shape")
    if columns.size and not (int(columns.min()) >= 0 and int(columns.max()) < program.n_columns):
        raise CertificateError("a part names a column that there is not")
    pairs = list(zip(columns.tolist(), values.tolist(), strict=True))
    paths = [pairs[begin:end] for begin, end in zip(indptr[:-1].tolist(), indptr[1:].tolist(), strict=True)]
    if not _holds_all(paths):
        raise CertificateError("its parts do not hold every plan")
    return paths


def _holds_all(paths: list[list[tuple[int, int]]]) -> bool:
    """Return whether every plan follows one of the paths."""
    waiting = [paths]
    while waiting:
        some = waiting.pop()
        if len(some) == 1 and not some[0]:
            continue
        if not some or not all(some) or len({path[0][0] for path in some}) > 1:
            return False
        waiting += [[path[1:] for path in some if path[0][1] == value] for value in (0, 1)]
    return True


def with_visits_rows(program: CoverageProgram, asked: VisitsAsked, certificate: VisitsCertificate) -> CoverageProgram:
    """Return the program with the rows for limits on visits that a certificate without parts proves, or raise.

    Raises
    ------
    CertificateError
        If a row does not hold for all plans that keep the limits, or the certificate is of another study.
    """
    if certificate.digest != certificate.content_digest() or certificate.inner:
        raise CertificateError("it does not prove rows of visits alone, or was changed")
    if not near(certificate.floor, asked.floor or 0):
        raise CertificateError(f"it asks {certificate.floor} thousandths of a visit, the inputs {asked.floor or 0}")
    check_majorants(asked.capture, certificate.majorants)
    return _with_rows(program, asked, certificate)


def _with_rows(program: CoverageProgram, asked: VisitsAsked, certificate: VisitsCertificate) -> CoverageProgram:
    first, program = program.n_columns, with_marks(program, asked, certificate)
    rows = (*_floor_rows(program, asked, certificate), *_idle_rows(program, first, asked, certificate))
    return replace(program, linear=(*program.linear, *rows))


def _floor_rows(program: CoverageProgram, asked: VisitsAsked, certificate: VisitsCertificate) -> Iterator[LinearRow]:
    claims = certificate.majorants
    if certificate.floors.size and asked.floor is None:
        raise CertificateError("it has rows of a floor of visits, and none is asked")
    columns = np.flatnonzero(program.column_site >= 0)
    for number in certificate.floors.tolist():
        if not 0 <= number < claims.count:
            raise CertificateError(f"it names majorant {number}, and there is none")
        limit = int(claims.constant[number]) - certificate.floor
        yield LinearRow(
            name="visits_floor",
            kind=VISITS_FLOOR,
            columns=columns,
            coefficients=-claims.coefficient[number][program.column_site[columns]],
            limit=limit,
            base=certificate.floor - limit,
        )


def _idle_rows(
    program: CoverageProgram, first: int, asked: VisitsAsked, certificate: VisitsCertificate
) -> Iterator[LinearRow]:
    """Yield the rows of stations that see too few; the columns from `first` on are marks of idle ones."""
    sites, indptr, beside = certificate.idle_site, certificate.idle_indptr, certificate.idle_beside
    counted = certificate.idle_counted if certificate.most_idle >= 0 else np.zeros(sites.size, dtype=np.int64)
    if counted.shape != sites.shape or not np.isin(counted, (0, 1)).all():
        raise CertificateError("its rows of stations that see too few are of the wrong shape")
    if (counted == 0).any() and asked.least is None:
        raise CertificateError("it has rows of a rule for new stations, and none is asked")
    if indptr.shape != (sites.size + 1,) or indptr[0] != 0 or indptr[-1] != beside.size or (np.diff(indptr) < 0).any():
        raise CertificateError("its rows of new stations are of the wrong shape")
    named: IntArray = np.concatenate([sites, beside])
    if named.size and not (int(named.min()) >= 0 and int(named.max()) < program.n_sites):
        raise CertificateError("its rows of new stations name a site that there is not")
    for number, site in enumerate(sites.tolist()):
        others = beside[indptr[number] : indptr[number + 1]]
        if (np.diff(others) <= 0).any() or (others == site).any():
            raise CertificateError(f"row {number} of new stations names a site twice")
        stands = np.zeros(program.n_sites, dtype=np.bool_)
        stands[others] = True
        least = asked.idle_below if counted[number] else asked.least
        if _sees_at_least(asked.capture, site, stands, least or 0):
            raise CertificateError(f"row {number} of new stations: site {site} sees enough beside the others")
        if counted[number]:
            yield _mark_row(program, first, certificate, site, others)
            continue
        new = np.append(asked.new, np.zeros(program.n_columns - first, dtype=np.bool_))
        columns = np.flatnonzero((new & (program.column_site == site)) | np.isin(program.column_site, others))
        ones = np.ones(columns.size, dtype=np.int64)
        yield LinearRow(
            name="min_visits_new", kind=NEW_VISITS, columns=columns, coefficients=ones, limit=int(others.size)
        )


def with_marks(program: CoverageProgram, asked: VisitsAsked, certificate: VisitsCertificate) -> CoverageProgram:
    """Return the program with a column for each mark of an idle station, and the limit on them, or raise."""
    if certificate.most_idle != (-1 if asked.most_idle is None else asked.most_idle):
        raise CertificateError(f"it allows {certificate.most_idle} idle stations, the inputs {asked.most_idle}")
    if asked.most_idle is None:
        return program
    below, marked = certificate.below, certificate.marked
    for sites in (below, marked):
        if sites.ndim != 1 or (np.diff(sites) <= 0).any() or not np.isin(sites, np.arange(program.n_sites)).all():
            raise CertificateError("its sites of idle stations are none, or do not increase")
    nobody = np.zeros(program.n_sites, dtype=np.bool_)
    for site in below.tolist():
        if _sees_at_least(asked.capture, site, nobody, asked.idle_below):
            raise CertificateError(f"it counts a station at site {site} as idle, which sees enough alone")
    if np.isin(marked, below).any():
        raise CertificateError("it counts an idle station twice")
    here = [column for column, site in enumerate(program.column_site.tolist()) if site in set(below.tolist())]
    columns = np.array([*here, *range(program.n_columns, program.n_columns + marked.size)], dtype=np.int64)
    limit = LinearRow(
        name="max_idle", kind=MOST_IDLE, columns=columns, coefficients=np.ones(columns.size, dtype=np.int64),
        limit=asked.most_idle,
    )  # fmt: skip
    free = np.zeros(marked.size, dtype=np.bool_)
    return replace(
        program,
        column_site=np.append(program.column_site, np.full(marked.size, -1)),
        column_values=np.append(program.column_values, np.zeros(marked.size, dtype=np.int64)),
        required=np.append(program.required, free),
        excluded=np.append(program.excluded, free),
        column_names=(),
        linear=(*program.linear, limit),
    )


def marked_too(asked: VisitsAsked, stands: BoolArray, certificate: VisitsCertificate) -> BoolArray:
    """Return (marks,) whether the station at each site that a certificate marks stands idle."""
    least = asked.idle_below
    return np.array(
        [
            bool(stands[site]) and not _sees_at_least(asked.capture, site, stands, least)
            for site in certificate.marked.tolist()
        ],
        dtype=np.bool_,
    )


def _mark_row(
    program: CoverageProgram, first: int, certificate: VisitsCertificate, site: int, others: IntArray
) -> LinearRow:
    mark = np.flatnonzero(certificate.marked == site)
    if not mark.size:
        raise CertificateError(f"a row marks a station at site {site}, which has no mark")
    together = {site, *others.tolist()}
    columns = [column for column, at in enumerate(program.column_site.tolist()) if at in together]
    return LinearRow(
        name="idle",
        kind=IDLE,
        columns=np.array([*columns, first + int(mark[0])], dtype=np.int64),
        coefficients=np.array([*([1] * len(columns)), -1], dtype=np.int64),
        limit=int(others.size),
    )


def _times(weight: Fraction, amount: int) -> int:
    return -(-weight.numerator * amount // weight.denominator)
