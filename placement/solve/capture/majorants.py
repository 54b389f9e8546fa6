"""Majorants in whole numbers, from replies and what the relaxation weighs them with."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import InitVar, dataclass, field

import numpy as np
from numpy.typing import NDArray

from placement.solve.capture.replies import Reply
from placement.values.arrays import BoolArray, FloatArray, IntArray
from placement.values.majorants import MARGIN, WHOLE, Majorants
from placement.values.whole_capture import OUTSIDE, WholeCapture, at_home


@dataclass(frozen=True, kw_only=True, eq=False)
class Mixture:
    """One majorant as a mixture: of each row some inequalities, whose weights add up to ``WHOLE``.

    Parameters
    ----------
    sets
        (sets, sites) bool.
    row, family, number, weight, price
        (entries,) as in :class:`~placement.values.majorants.Majorants`.

    Attributes
    ----------
    constant, coefficient
        K and (sites,) c that it proves, thousandths of a visit a month, each with the margin of a claim.
    """

    capture: InitVar[WholeCapture]
    sets: BoolArray
    row: IntArray
    family: IntArray
    number: IntArray
    weight: IntArray
    price: IntArray
    constant: int = field(init=False)
    coefficient: IntArray = field(init=False)

    def __post_init__(self, capture: WholeCapture) -> None:
        constant, coefficient = _claim(capture, self)
        object.__setattr__(self, "constant", constant)
        object.__setattr__(self, "coefficient", coefficient)


def mixture(capture: WholeCapture, group: IntArray, replies: Sequence[Reply], weights: Sequence[FloatArray]) -> Mixture:
    """Return the mixture of `replies` with `weights`, (groups,) each: the duals of their inequalities.

    Tangents of one row are one tangent at the mean price: the bound is the better for it.
    """
    n_rows, n_sites = capture.mass.size, capture.n_sites
    share = _shares(group, weights)
    tangent, slope = np.zeros(n_rows), np.zeros(n_rows)
    parts: list[tuple[IntArray, IntArray, IntArray, FloatArray]] = []
    sets: list[BoolArray] = []
    for reply, of_rows in zip(replies, share, strict=True):
        by_tangent = reply.choice == 0
        tangent += np.where(by_tangent, of_rows, 0.0)
        slope += np.where(by_tangent, of_rows * reply.slope, 0.0)
        for threshold in range(reply.thresholds.size):
            here = np.flatnonzero(((reply.choice - 1) // 2 == threshold) & ~by_tangent & (of_rows > 0))
            if here.size:
                parts.append((here, 1 + (reply.choice[here] - 1) % 2, np.full(here.size, len(sets)), of_rows[here]))
                sets.append(reply.point >= reply.thresholds[threshold])
    by_tangent = np.flatnonzero(tangent > 0)
    none = np.zeros(by_tangent.size, dtype=np.int64)
    parts.append((by_tangent, none, none, tangent[by_tangent]))
    row, family, number, weight = (np.concatenate([part[k] for part in parts]) for k in range(4))
    whole = _whole_weights(row, weight, n_rows)
    kept = whole > 0
    mean = slope[row] / np.maximum(tangent[row], 1e-300)
    most = capture.mass[row] << capture.bits
    price = np.clip(np.rint(mean * float(2**capture.bits)), 0, most).astype(np.int64)
    return Mixture(
        capture=capture,
        sets=np.array(sets, dtype=np.bool_).reshape(len(sets), n_sites),
        row=row[kept].astype(np.int64),
        family=family[kept].astype(np.int64),
        number=number[kept].astype(np.int64),
        weight=whole[kept],
        price=np.where(family == 0, price, 0)[kept],
    )


def _shares(group: IntArray, weights: Sequence[FloatArray]) -> list[FloatArray]:
    table = np.maximum(np.array(weights, dtype=np.float64), 0.0)
    total = table.sum(axis=0)
    table[-1, total <= 0] = 1.0  # what the relaxation gives no price to: the last reply does as well as any
    table /= table.sum(axis=0)
    table[table < 1.0 / WHOLE] = 0.0
    return list((table / table.sum(axis=0))[:, group])


def _whole_weights(row: NDArray[np.int64], weight: FloatArray, n_rows: int) -> IntArray:
    """Return weights that add up to ``WHOLE`` for each row; the largest of a row takes what rounding leaves."""
    whole = np.floor(weight * WHOLE).astype(np.int64)
    order = np.lexsort((whole, row))
    last = order[np.append(row[order][1:] != row[order][:-1], True)] if row.size else order
    left = WHOLE - np.bincount(row, weights=whole, minlength=n_rows).astype(np.int64)
    whole[last] += left[row[last]]
    return whole


def _claim(capture: WholeCapture, mixed: Mixture) -> tuple[int, IntArray]:
    """Return (K, c), thousandths of a visit a month, that the mixture proves, each with the margin of a claim."""
    entry, at = _pairs(capture, mixed.row)
    bits, site = capture.bits, capture.site[at]
    weight = mixed.weight[entry]
    gives, takes = _coefficients(capture, mixed, entry, at)
    constant = _constants(capture, mixed)
    up = -((-weight * gives) // WHOLE)
    down = (weight * takes) // WHOLE
    inside = _member(capture, mixed, entry, at)
    total = int(constant.sum()) - int(down[inside].sum())
    # A site of the set is worth in the sum what was taken off for it.
    added = np.where(inside, down, up)
    coefficient = np.zeros(capture.n_sites, dtype=np.int64)
    np.add.at(coefficient, site, added)
    thousandths = -((-coefficient) >> bits) + capture.door + MARGIN
    return -((-total) >> bits) + MARGIN, thousandths


def _pairs(capture: WholeCapture, rows: IntArray) -> tuple[IntArray, IntArray]:
    """Return (entry, place among the pairs of the capture) of every site within reach of each entry's row."""
    lengths = np.diff(capture.indptr)[rows]
    entry = np.repeat(np.arange(rows.size), lengths)
    first = np.repeat(capture.indptr[rows] - np.cumsum(lengths) + lengths, lengths)
    return entry, first + np.arange(entry.size)


def _constants(capture: WholeCapture, mixed: Mixture) -> IntArray:
    """Return (entries,) weighted constants before what sets take off, rounded up."""
    mass = capture.mass[mixed.row] << capture.bits
    constant = np.zeros(mixed.row.size, dtype=np.int64)
    by_tangent = np.flatnonzero(mixed.family == 0)
    products = zip(mass[by_tangent].tolist(), mixed.price[by_tangent].tolist(), strict=True)
    constant[by_tangent] = [n + p - math.isqrt(4 * n * p) for n, p in products]
    sets = np.flatnonzero(mixed.family > 0)
    inside = _inside(capture, mixed)[sets]
    home = at_home(capture.mass[mixed.row[sets]], inside, capture.bits, up=False)
    constant[sets] = mass[sets] - home
    return np.asarray(-((-mixed.weight * constant) // WHOLE))


def _inside(capture: WholeCapture, mixed: Mixture) -> IntArray:
    """Return (entries,) pull of the sites of each entry's set; 0 for tangents."""
    entry, at = _pairs(capture, mixed.row)
    there = _member(capture, mixed, entry, at)
    total = np.zeros(mixed.row.size, dtype=np.int64)
    np.add.at(total, entry[there], capture.pull[at[there]])
    return total


def _member(capture: WholeCapture, mixed: Mixture, entry: IntArray, at: IntArray) -> BoolArray:
    """Return (pairs,) whether a site is in the set of its entry; False for tangents."""
    if not mixed.sets.size:
        return np.zeros(entry.size, dtype=np.bool_)
    return (mixed.family > 0)[entry] & mixed.sets[mixed.number[entry], capture.site[at]]


def _coefficients(capture: WholeCapture, mixed: Mixture, entry: IntArray, at: IntArray) -> tuple[IntArray, IntArray]:
    """Return (pairs,) coefficients rounded up, for sites outside the set, and down, for those in it."""
    bits, row = capture.bits, mixed.row[entry]
    mass, pull, family = capture.mass[row], capture.pull[at], mixed.family[entry]
    price = mixed.price[entry]
    everything = np.add.reduceat(capture.pull, capture.indptr[:-1])[row]
    inside = _inside(capture, mixed)[entry]
    low, high = np.divmod(pull, OUTSIDE)
    tangent = np.minimum(price * low - ((-price * high) // OUTSIDE), mass << bits)

    def home(pulled: IntArray, *, up: bool) -> IntArray:
        """Return what stays at home of each pair's row."""
        return at_home(mass, np.maximum(pulled, 0), bits, up=up)

    nobody = np.zeros_like(inside)
    start = np.where(family == 1, inside, nobody)
    gives = home(start, up=True) - home(start + pull, up=False)
    end = np.where(family == 1, everything, inside)
    takes = np.maximum(home(end - pull, up=False) - home(end, up=True), 0)
    return np.where(family == 0, tangent, gives), takes


def joined(n_sites: int, mixtures: Sequence[Mixture]) -> Majorants:
    """Return several mixtures, of `n_sites` sites, with what they claim."""
    sets = [each for mixed in mixtures for each in mixed.sets]
    offsets = np.cumsum([0] + [mixed.sets.shape[0] for mixed in mixtures])
    none = np.zeros(0, dtype=np.int64)

    def entries(name: str) -> IntArray:
        """Return an array of all entries."""
        return np.concatenate([none, *(getattr(mixed, name) for mixed in mixtures)])

    numbers = [
        np.where(mixed.family > 0, mixed.number + first, 0)
        for mixed, first in zip(mixtures, offsets.tolist(), strict=False)
    ]
    return Majorants(
        set_indptr=np.cumsum([0] + [int(each.sum()) for each in sets]),
        set_site=np.concatenate([none, *(np.flatnonzero(each) for each in sets)]),
        entry_indptr=np.cumsum([0] + [mixed.row.size for mixed in mixtures]),
        row=entries("row"),
        family=entries("family"),
        number=np.concatenate([none, *numbers]),
        weight=entries("weight"),
        price=entries("price"),
        constant=np.array([mixed.constant for mixed in mixtures], dtype=np.int64),
        coefficient=np.array([mixed.coefficient for mixed in mixtures], dtype=np.int64).reshape(-1, n_sites),
    )
