"""What the multipliers of majorants prove, recounted; the formulas are those of ``placement.values.majorants``.

Everything is counted in ``2**-bits`` thousandths of a visit. Of each row, what stays at home is ``mass * T / (A + T)``;
what comes is the rest. Numbers that are added are rounded up, numbers that are taken off down.
"""

from __future__ import annotations

import math

import numpy as np

from placement.errors import CertificateError
from placement.values.arrays import BoolArray, IntArray
from placement.values.majorants import MARGIN, WHOLE, Majorants
from placement.values.whole_capture import OUTSIDE, WholeCapture


def check_majorants(capture: WholeCapture, majorants: Majorants) -> None:
    """Raise a CertificateError unless every claimed majorant is proven by its multipliers."""
    _check_shape(capture, majorants)
    sets = _sets(majorants, capture.n_sites)
    for number in range(majorants.count):
        constant, coefficient = _proven(capture, majorants, number, sets)
        if int(majorants.constant[number]) < constant:
            raise CertificateError(
                f"majorant {number} claims the constant {majorants.constant[number]}, not {constant}"
            )
        short = np.flatnonzero(majorants.coefficient[number] < coefficient)
        if short.size:
            raise CertificateError(f"majorant {number} claims too little of site {short[0]}")


def _check_shape(capture: WholeCapture, majorants: Majorants) -> None:
    entries, sets = majorants.row.size, majorants.set_indptr.size - 1
    same = ("family", "number", "weight", "price")
    wrong = [name for name in same if getattr(majorants, name).shape != (entries,)]
    tables = {"coefficient": (majorants.constant.size, capture.n_sites), "constant": (majorants.constant.size,)}
    wrong += [name for name, shape in tables.items() if getattr(majorants, name).shape != shape]
    wrong += [name for name, size in (("set", majorants.set_site.size), ("entry", entries)) if not _is_indptr(
        getattr(majorants, f"{name}_indptr"), size)]  # fmt: skip
    if majorants.row.ndim != 1 or wrong or majorants.entry_indptr.size != majorants.constant.size + 1:
        raise CertificateError(f"majorants are of the wrong shape: {', '.join(wrong) or 'entries'}")
    ranges = {
        "row": (0, capture.mass.size), "family": (0, 3), "number": (0, max(1, sets)), "weight": (1, WHOLE + 1),
        "set_site": (0, capture.n_sites), "coefficient": (0, 2**61), "price": (0, 2**61),
    }  # fmt: skip
    for name, (least, beyond) in ranges.items():
        values = getattr(majorants, name)
        if values.size and not (int(values.min()) >= least and int(values.max()) < beyond):
            raise CertificateError(f"majorants: {name} holds a number out of range")
    if (majorants.family > 0).any() and not sets:
        raise CertificateError("majorants: an entry names a set, and there is none")
    tangent = majorants.family == 0
    if (majorants.price[tangent] > capture.mass[majorants.row[tangent]] << capture.bits).any():
        raise CertificateError("majorants: a price is above the mass of its row")
    if majorants.price[~tangent].any() or majorants.number[tangent].any():
        raise CertificateError("majorants: an entry holds what its family does not have")


def _is_indptr(indptr: IntArray, size: int) -> bool:
    if indptr.ndim != 1 or indptr.size < 1 or int(indptr[0]) != 0 or int(indptr[-1]) != size:
        return False
    return bool((np.diff(indptr) >= 0).all())


def _sets(majorants: Majorants, n_sites: int) -> BoolArray:
    count = majorants.set_indptr.size - 1
    owner = np.repeat(np.arange(count), np.diff(majorants.set_indptr))
    repeated = (owner[1:] == owner[:-1]) & (majorants.set_site[1:] <= majorants.set_site[:-1])
    if repeated.any():
        raise CertificateError("majorants: a set of sites does not increase")
    sets = np.zeros((max(1, count), n_sites), dtype=np.bool_)
    sets[owner, majorants.set_site] = True
    return sets


def _proven(capture: WholeCapture, majorants: Majorants, number: int, sets: BoolArray) -> tuple[int, IntArray]:
    """Return the constant and the coefficients that the multipliers of one majorant prove, with their margin."""
    begin, end = majorants.entry_indptr[number : number + 2].tolist()
    row, family = majorants.row[begin:end], majorants.family[begin:end]
    weight, price, of_set = (getattr(majorants, name)[begin:end] for name in ("weight", "price", "number"))
    given = np.bincount(row, weights=weight, minlength=capture.mass.size)
    if (given != WHOLE).any():
        raise CertificateError(f"majorant {number}: the weights of row {int((given != WHOLE).argmax())} miss the whole")
    entry, at = _sites_of(capture, row)
    site, pull = capture.site[at], capture.pull[at]
    member = sets[of_set[entry], site] & (family[entry] > 0)
    inside = np.bincount(entry, weights=np.where(member, pull, 0), minlength=row.size).astype(np.int64)
    everything = np.bincount(
        np.repeat(np.arange(capture.mass.size), np.diff(capture.indptr)), weights=capture.pull
    ).astype(np.int64)
    mass, bits = capture.mass[row], capture.bits
    constant = np.where(family > 0, (mass << bits) - _stays(mass, inside, bits, up=False), 0)
    for k in np.flatnonzero(family == 0).tolist():
        whole, paid = int(mass[k]) << bits, int(price[k])
        constant[k] = whole + paid - math.isqrt(4 * whole * paid)
    of_row, kind, there = mass[entry], family[entry], inside[entry]
    before = np.where(kind == 1, there, 0)
    joins = _stays(of_row, before, bits, up=True) - _stays(of_row, before + pull, bits, up=False)
    high = np.where(kind == 1, everything[row][entry], there)
    leaves = _stays(of_row, np.maximum(high - pull, 0), bits, up=False) - _stays(of_row, high, bits, up=True)
    line = price[entry] * (pull // OUTSIDE) + _up(price[entry] * (pull % OUTSIDE), OUTSIDE)
    coefficient = np.where(kind == 0, np.minimum(line, of_row << bits), joins)
    share = np.where(member, weight[entry] * np.maximum(leaves, 0) // WHOLE, _up(weight[entry] * coefficient, WHOLE))
    total = sum(_up(weight * constant, WHOLE).tolist()) - sum(share[member].tolist())
    summed = np.zeros(capture.n_sites, dtype=np.int64)
    np.add.at(summed, site, share)
    return -(-total >> bits) + MARGIN, -(-summed >> bits) + capture.door + MARGIN


def _sites_of(capture: WholeCapture, rows: IntArray) -> tuple[IntArray, IntArray]:
    spans = [np.arange(capture.indptr[row], capture.indptr[row + 1]) for row in rows.tolist()]
    sizes = [span.size for span in spans]
    at = np.concatenate([np.zeros(0, dtype=np.int64), *spans])
    return np.repeat(np.arange(rows.size), sizes), at


def _stays(mass: IntArray, pulled: IntArray, bits: int, *, up: bool) -> IntArray:
    whole, rest = np.divmod(mass * OUTSIDE, pulled + OUTSIDE)
    part = _up(rest << bits, pulled + OUTSIDE) if up else (rest << bits) // (pulled + OUTSIDE)
    return (whole << bits) + part


def _up(amount: IntArray, parts: IntArray | int) -> IntArray:
    return np.asarray(-(-amount // parts))
