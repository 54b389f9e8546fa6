"""Row classes of a program, derived anew from its covers by sorting, for the checker of certificates.

Rows with weight and cover are grouped by equal cover set and equal set of floors, numbered by first appearance
(``placement.values.certificate``). A row is taken as one set of numbers: its sites, and ``n_sites + f`` for each floor
``f`` it belongs to, the number after the last floor where it counts in floors alone, the one after that where it counts
once. Rows are sorted by a sum of random 64-bit keys of that set, and every row is then compared in full with the first
of its group; where two different sets met in one sum, other keys are drawn. The result is exact.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from placement.errors import CertificateError
from placement.values import CoverageProgram
from placement.values.arrays import BoolArray, IntArray
from placement.values.program import WEIGHT_LIMIT

_CHUNK_ENTRIES = 2**23
"""Cover entries handled at once: a few hundred megabytes of working memory."""


@dataclass(frozen=True, kw_only=True, eq=False)
class RowClasses:
    """The classes.

    Parameters
    ----------
    indptr, sites
        CSR of the sites of each class, increasing within a class.
    weights
        (classes,) summed weights.
    floor_indptr, floor_index
        CSR of the floors of each class, increasing within a class.
    alone
        (classes,) whether a class counts in floors alone, not in the objective.
    once
        (classes,) whether a class counts once, whatever the layers.
    """

    indptr: IntArray
    sites: IntArray
    weights: IntArray
    floor_indptr: IntArray
    floor_index: IntArray
    alone: BoolArray
    once: BoolArray

    @property
    def count(self) -> int:
        """Number of classes."""
        return int(self.weights.size)

    @property
    def gains(self) -> IntArray:
        """(classes,) what covering each adds to the objective."""
        return np.where(self.alone, 0, self.weights)


@dataclass(frozen=True, kw_only=True, eq=False)
class _Rows:
    """Weighted sets of numbers as CSR; no set is empty."""

    indptr: IntArray
    items: IntArray
    weights: IntArray


def derive_classes(program: CoverageProgram) -> RowClasses:
    """Return the classes of the program's rows, reading the covers once.

    Raises
    ------
    CertificateError
        If a block does not fit the program, a weight is negative, or the weights reach 2**42: no certificate can
        speak about such a program.
    """
    members = _memberships(program)
    parts: list[_Rows] = []
    first, waiting = 0, 0
    for covers, weights in _checked_blocks(program):
        for rows in _chunks(covers, weights, members, first):
            parts.append(_grouped(rows))
            waiting += parts[-1].items.size
            if waiting > 4 * _CHUNK_ENTRIES:
                parts = [_grouped(_joined(parts))]
                waiting = 0
        first += weights.size
    merged = _grouped(_joined(parts))
    if int(merged.weights.sum()) >= WEIGHT_LIMIT:
        raise CertificateError("the program's weights reach 2**42")
    return _split(merged, program.n_sites, program.n_sites + len(program.floors))


def _memberships(program: CoverageProgram) -> tuple[IntArray, IntArray]:
    """Return (row, n_sites + floor) of all floor memberships, sorted, without repeats.

    Rows that count in floors alone belong to one more, those that count once to the one after that.
    """
    rows = [*(floor.rows for floor in program.floors), program.floor_only, program.once]
    row = np.concatenate([np.zeros(0, dtype=np.int64), *rows])
    floor = np.repeat(np.arange(len(rows), dtype=np.int64), [each.size for each in rows]) + program.n_sites
    order = np.lexsort((floor, row))
    row, floor = row[order], floor[order]
    new = np.ones(row.size, dtype=np.bool_)
    new[1:] = (row[1:] != row[:-1]) | (floor[1:] != floor[:-1])
    return row[new], floor[new]


def _checked_blocks(program: CoverageProgram) -> Iterator[tuple[sparse.csr_array, IntArray]]:
    total = 0
    for number, (block, block_weights) in enumerate(program.blocks()):
        weights = np.asarray(block_weights)
        if weights.dtype.kind not in "iu" or block.shape != (weights.size, program.n_sites):
            raise CertificateError(f"block {number} of the program's covers does not fit its weights or sites")
        if weights.size and (int(weights.min()) < 0 or int(weights.max()) >= WEIGHT_LIMIT):
            raise CertificateError(f"block {number} of the program's covers has a weight outside 0..2**42")
        total += exact_sum(weights.astype(np.int64))
        if total >= WEIGHT_LIMIT:
            raise CertificateError("the program's weights reach 2**42")
        covers = sparse.csr_array(block)
        if not covers.has_canonical_format:
            covers = covers.copy()
            covers.sum_duplicates()
        if covers.indices.size and not 0 <= int(covers.indices.min()) <= int(covers.indices.max()) < program.n_sites:
            raise CertificateError(f"block {number} of the program's covers names a site that does not exist")
        yield covers, weights.astype(np.int64)


def _chunks(
    covers: sparse.csr_array, weights: IntArray, members: tuple[IntArray, IntArray], first: int
) -> Iterator[_Rows]:
    """Yield the rows with weight and cover, a bounded number of entries at a time, floors appended."""
    ends = covers.indptr.astype(np.int64)
    start = 0
    while start < weights.size:
        stop = max(start + 1, int(np.searchsorted(ends, ends[start] + _CHUNK_ENTRIES, side="right")) - 1)
        used = np.flatnonzero((weights[start:stop] > 0) & (np.diff(ends[start : stop + 1]) > 0)) + start
        if used.size:
            lengths = ends[used + 1] - ends[used]
            items = covers.indices[_positions(ends[used], lengths)].astype(np.int64)
            yield _with_floors(
                _Rows(indptr=_starts(lengths), items=items, weights=weights[used]), used + first, members
            )
        start = stop


def _with_floors(rows: _Rows, numbers: IntArray, members: tuple[IntArray, IntArray]) -> _Rows:
    row, floor = members
    low, high = np.searchsorted(row, [numbers[0], numbers[-1] + 1])
    at = np.searchsorted(numbers, row[low:high])
    known = numbers[np.minimum(at, numbers.size - 1)] == row[low:high]
    if not known.any():
        return rows
    owner = np.concatenate([np.repeat(np.arange(numbers.size), np.diff(rows.indptr)), at[known]])
    items = np.concatenate([rows.items, floor[low:high][known]])
    order = np.argsort(owner, kind="stable")  # sites come first and floors are sorted, so that sets stay increasing
    lengths = np.bincount(owner, minlength=numbers.size)
    return _Rows(indptr=_starts(lengths), items=items[order], weights=rows.weights)


def _grouped(rows: _Rows) -> _Rows:
    """Merge equal sets, in order of first appearance."""
    if not rows.weights.size:
        return rows
    lengths = np.diff(rows.indptr)
    seed = 0
    while True:
        keys = np.random.default_rng(seed).integers(0, 2**64, int(rows.items.max()) + 1, dtype=np.uint64)
        sums = np.add.reduceat(keys[rows.items], rows.indptr[:-1])
        _, leader, group = np.unique(sums, return_index=True, return_inverse=True)
        leads = leader[group]
        if np.array_equal(lengths, lengths[leads]):
            same = rows.items[_positions(rows.indptr[leads], lengths)]
            if np.array_equal(same, rows.items):
                break
        seed += 1
    order = np.argsort(group, kind="stable")
    starts = np.flatnonzero(np.diff(group[order], prepend=-1))
    totals = np.add.reduceat(rows.weights[order], starts)
    appearance = np.argsort(leader)
    kept = leader[appearance]
    items = rows.items[_positions(rows.indptr[kept], lengths[kept])]
    return _Rows(indptr=_starts(lengths[kept]), items=items, weights=totals[appearance])


def _joined(parts: list[_Rows]) -> _Rows:
    none = np.zeros(0, dtype=np.int64)
    lengths = np.concatenate([none, *(np.diff(part.indptr) for part in parts)])
    items = np.concatenate([none, *(part.items for part in parts)])
    weights = np.concatenate([none, *(part.weights for part in parts)])
    return _Rows(indptr=_starts(lengths), items=items, weights=weights)


def _split(rows: _Rows, n_sites: int, mark: int) -> RowClasses:
    owner = np.repeat(np.arange(rows.weights.size), np.diff(rows.indptr))
    is_floor = (rows.items >= n_sites) & (rows.items < mark)
    alone, once = (np.zeros(rows.weights.size, dtype=np.bool_) for _ in range(2))
    alone[owner[rows.items == mark]] = True
    once[owner[rows.items == mark + 1]] = True
    is_site = rows.items < n_sites
    return RowClasses(
        indptr=_starts(np.bincount(owner[is_site], minlength=rows.weights.size)),
        sites=rows.items[is_site],
        weights=rows.weights,
        floor_indptr=_starts(np.bincount(owner[is_floor], minlength=rows.weights.size)),
        floor_index=rows.items[is_floor] - n_sites,
        alone=alone,
        once=once,
    )


def _starts(lengths: IntArray) -> IntArray:
    starts = np.zeros(lengths.size + 1, dtype=np.int64)
    np.cumsum(lengths, out=starts[1:])
    return starts


def _positions(starts: IntArray, lengths: IntArray) -> IntArray:
    """Return the positions ``starts[i] .. starts[i] + lengths[i] - 1`` of all i, one after the other."""
    before = _starts(lengths)
    positions: IntArray = np.arange(before[-1], dtype=np.int64) + np.repeat(starts - before[:-1], lengths)
    return positions


def exact_sum(numbers: IntArray) -> int:
    """Return the sum of 64-bit integers as a Python integer; halves are summed apart, so that nothing overflows."""
    return (int((numbers >> 32).sum()) << 32) + int((numbers & 0xFFFFFFFF).sum())
