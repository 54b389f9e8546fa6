"""The checker of certificates of plans that spend on publicity, as ``placement.values.publicity_certificate`` says."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np
from scipy import sparse

from placement.errors import CertificateError
from placement.judge.certificate import check_certificate, plan_faults
from placement.values import CoverageProgram, LinearRow, WeightedBlocks
from placement.values.arrays import BoolArray, IntArray
from placement.values.gates import Gates
from placement.values.publicity_certificate import MOST_UNITS, SHARE, PublicityCertificate, parts_of_level
from placement.values.rows import LEVELS

_Part = tuple[int, int, int, int]
"""A part of a level: area, level, units, of how many."""


def check_publicity_certificate(
    program: CoverageProgram, gates: Gates, chosen: BoolArray, spend_fen: list[int], certificate: PublicityCertificate
) -> int:
    """Return the bound, thousandths of a visit a month, that `certificate` proves of the value of plans, or raise.

    Parameters
    ----------
    program, gates
        The program without publicity, and what publicity adds to its rows.
    chosen, spend_fen
        The plan, and what it says that each area spends, fen a year.
    certificate
        The proof.

    Raises
    ------
    CertificateError
        If anything is wrong; the message says what.
    """
    if certificate.digest != certificate.content_digest():
        raise CertificateError("the digest does not fit the content: the certificate was changed")
    _check_shape(gates, certificate)
    spend = np.array(spend_fen, dtype=np.int64)
    for fault in plan_faults(_after_spending(program, gates, spend), chosen):
        raise CertificateError(f"the plan is not feasible: {fault}")
    value = _value(program, gates, chosen, spend)
    if certificate.objective != value:
        raise CertificateError(f"the plan is worth {value}, not {certificate.objective}")
    proven, least = certificate.objective, 0
    for number, inner in enumerate(certificate.inner):
        if inner.has_plan:
            raise CertificateError("the certificate of a part comes with a plan")
        most = int(certificate.most_fen[number])
        part = _of_part(program, gates, certificate, number, (least, most))
        bound = check_certificate(part, None, inner)
        proven, least = proven if inner.infeasible else max(proven, bound), most + 1
    if certificate.bound < proven:
        raise CertificateError(f"it proves {proven}, not {certificate.bound}")
    return certificate.bound


def _check_shape(gates: Gates, certificate: PublicityCertificate) -> None:
    share, most = certificate.share, certificate.most_fen
    if share.shape != (len(certificate.inner), *gates.gains.shape) or most.shape != (len(certificate.inner),):
        raise CertificateError("its parts are of the wrong shape")
    if not certificate.inner or (np.diff(most) <= 0).any() or int(most[0]) < 0:
        raise CertificateError("its parts do not follow one another")
    if int(most[-1]) < int(gates.cost_fen.sum()):
        raise CertificateError("its parts do not hold every plan")
    if share.size and not (int(share.min()) >= 0 and int(share.max()) <= SHARE):
        raise CertificateError("a share is none")
    if certificate.unit_fen < 1 or int(gates.cost_fen.max(initial=0)) > certificate.unit_fen * MOST_UNITS:
        raise CertificateError(f"a unit of {certificate.unit_fen} fen is too small")


def _after_spending(program: CoverageProgram, gates: Gates, spend: IntArray) -> CoverageProgram:
    worth = dict(gates.limits)
    rows = []
    for row in program.linear:
        taken = 0
        if row.name in worth:
            taken = sum(math.floor(worth[row.name] * fen + Fraction(1, 2)) for fen in spend.tolist())
        rows.append(replace(row, limit=row.limit - taken))
    return replace(program, linear=tuple(rows))


def _value(program: CoverageProgram, gates: Gates, chosen: BoolArray, spend: IntArray) -> int:
    """Return what a plan covers and what its levels add, rounded down a level."""
    stands = np.zeros(program.n_sites, dtype=np.int64)
    sites = program.column_site[chosen]
    stands[sites[sites >= 0]] = 1
    value, first = sum(program.column_values[chosen].tolist()), 0
    gained = [[0] * gates.n_levels for _ in range(gates.n_areas)]
    for covers, weights in program.blocks():
        covered = covers.astype(np.int64) @ stands > 0
        value += sum(program.counting(first, np.asarray(weights, dtype=np.int64))[covered].tolist())
        here = slice(first, first + covered.size)
        for area in range(gates.n_areas):
            of = gates.gains[here][covered & (gates.area[here] == area)]
            gained[area] = [a + int(b) for a, b in zip(gained[area], of.sum(axis=0), strict=True)]
        first += covered.size
    for area, fen in enumerate(spend.tolist()):
        left = fen
        for level in range(gates.n_levels):
            cost = int(gates.cost_fen[area, level])
            if cost and left:
                value += gained[area][level] * min(left, cost) // cost
                left -= min(left, cost)
    return int(value)


def _of_part(
    program: CoverageProgram, gates: Gates, certificate: PublicityCertificate, number: int, within: tuple[int, int]
) -> CoverageProgram:
    """Return the program of a part, whose plans spend from `within` one amount to the other."""
    counted = gates.gains * certificate.share[number] // SHARE
    counted[gates.area < 0] = 0
    parts = list(_parts(gates, certificate.unit_fen))
    first, fixed = program.n_columns, np.zeros(len(parts), dtype=np.bool_)
    rows = [_with_levels(row, gates, parts, first, certificate.unit_fen) for row in program.linear]
    rows += [*_one_after_another(gates, parts, first), *_spent(gates, parts, first, certificate.unit_fen, within)]
    again = counted.sum(axis=1)
    return replace(
        program,
        covers=WeightedBlocks(covers=_Again(program=program), weights=np.concatenate([program.row_weights(), again])),
        weights=None,
        column_site=np.concatenate([program.column_site, np.full(len(parts), -1)]),
        column_values=np.concatenate([program.column_values, _values(gates, gates.gains - counted, parts)]),
        linear=tuple(rows),
        required=np.concatenate([program.required, fixed]),
        excluded=np.concatenate([program.excluded, fixed]),
        column_names=(),
    )


@dataclass(frozen=True, kw_only=True, eq=False)
class _Again:
    program: CoverageProgram

    def __iter__(self) -> Iterator[sparse.csr_array]:
        for _ in range(2):
            for covers, _ in self.program.blocks():
                yield covers


def _parts(gates: Gates, unit_fen: int) -> Iterator[_Part]:
    for area in range(gates.n_areas):
        for level in range(gates.n_levels):
            cost, gain = int(gates.cost_fen[area, level]), int(gates.gains[gates.area == area, level].sum())
            if cost and gain:
                units, of = parts_of_level(cost, unit_fen, whole=bool(gates.whole[area]))
                yield from ((area, level, each, of) for each in units)


def _values(gates: Gates, rest: IntArray, parts: list[_Part]) -> IntArray:
    total = [rest[gates.area == area].sum(axis=0).tolist() for area in range(gates.n_areas)]
    return np.array([-(-total[area][level] * units // of) for area, level, units, of in parts], dtype=np.int64)


def _with_levels(row: LinearRow, gates: Gates, parts: list[_Part], first: int, unit_fen: int) -> LinearRow:
    worth = dict(gates.limits).get(row.name)
    if worth is None:
        return row
    fen = [math.floor(worth * int(gates.cost_fen[area, level]) * units / of) for area, level, units, of in parts]
    slack = Fraction(0) if gates.whole.all() else worth * unit_fen
    if worth.denominator > 1:
        slack += Fraction(gates.n_areas, 2)
    return replace(
        row,
        columns=np.concatenate([row.columns, np.arange(first, first + len(parts))]),
        coefficients=np.concatenate([row.coefficients, np.array(fen, dtype=np.int64)]),
        limit=row.limit + math.ceil(slack),
    )


def _one_after_another(gates: Gates, parts: list[_Part], first: int) -> Iterator[LinearRow]:
    for at in range(1, len(parts)):
        area = parts[at][0]
        if gates.whole[area] and parts[at - 1][0] == area:
            pair, signs = np.array([first + at - 1, first + at]), np.array([-1, 1])
            yield LinearRow(name="levels", kind=LEVELS, columns=pair, coefficients=signs, limit=0)


def _spent(gates: Gates, parts: list[_Part], first: int, unit_fen: int, within: tuple[int, int]) -> Iterator[LinearRow]:
    least, most = within
    columns = np.arange(first, first + len(parts))
    fen = [(int(gates.cost_fen[area, level]) * units, of) for area, level, units, of in parts]
    if least > 0:
        up = np.array([-(-amount // of) for amount, of in fen], dtype=np.int64)
        yield LinearRow(name="at least", kind=LEVELS, columns=columns, coefficients=-up, limit=-least)
    if most < int(gates.cost_fen.sum()):
        down = np.array([amount // of for amount, of in fen], dtype=np.int64)
        slack = 0 if gates.whole.all() else unit_fen
        yield LinearRow(name="at most", kind=LEVELS, columns=columns, coefficients=down, limit=most + slack)
