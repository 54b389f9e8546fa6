"""Compiled kernels that group equal rows of a CSR matrix: exact, one pass, no probabilistic step.

Up to 128 columns a row *is* its key, a mask of two 64-bit words. Beyond that the key is the sum of random 64-bit
numbers of its columns, and a hit is compared with the group's first row entry by entry, so that equal keys of
different rows do no harm. Groups are numbered by first appearance.

A part of a larger matrix is given by its part of `indptr`, whatever that begins with, and its entries alone.
"""

# ruff: noqa: SIM110 - numba kernels have plain loops

from __future__ import annotations

from typing import Any

import numpy as np

from placement.kernels import Ints, Keys, Longs, inner, kernel

MASK_COLUMNS = 128
"""Rows of at most this many columns are keyed by bit masks."""

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_MIX = np.uint64(0xC2B2AE3D27D4EB4F)
_SHIFT = np.uint64(32)


@inner
def _slot(first: Any, second: Any, label: Any, mask: Any) -> Any:
    mixed = (first ^ (second * _MIX) ^ np.uint64(label)) * _GOLDEN
    mixed ^= mixed >> _SHIFT
    return np.int64((mixed * _MIX) >> _SHIFT) & mask


@inner
def _rehash(first: Any, second: Any, label: Any, count: Any, capacity: Any) -> Any:
    table = np.full(capacity, -1, np.int32)
    for group in range(count):
        at = _slot(first[group], second[group], label[group], capacity - 1)
        while table[at] >= 0:
            at = (at + 1) & (capacity - 1)
        table[at] = group
    return table


@inner
def _grown(array: Any) -> Any:
    larger = np.empty(2 * array.size, array.dtype)
    larger[: array.size] = array
    return larger


@kernel
def group_by_mask(indptr: Ints, indices: Ints, weights: Longs, labels: Ints) -> Any:
    """Group rows of at most 128 columns; return (first row, summed weight) of each group.

    Rows of weight 0 and empty rows are skipped; rows of different `labels` are kept apart (an empty array: no labels).
    """
    capacity = 4096
    table = np.full(capacity, -1, np.int32)
    low, high = np.empty(1024, np.uint64), np.empty(1024, np.uint64)
    label, first, total = np.empty(1024, np.int64), np.empty(1024, np.int64), np.empty(1024, np.int64)
    count = 0
    one = np.uint64(1)
    shift = indptr[0]
    for row in range(weights.size):
        weight = weights[row]
        begin, end = indptr[row] - shift, indptr[row + 1] - shift
        if weight == 0 or begin == end:
            continue
        a, b = np.uint64(0), np.uint64(0)
        for entry in range(begin, end):
            column = np.uint64(indices[entry])
            bit = one << (column & np.uint64(63))
            upper = column >> np.uint64(6)
            a |= bit & (upper - one)
            b |= bit & (np.uint64(0) - upper)
        mark = labels[row] if labels.size else 0
        at = _slot(a, b, mark, capacity - 1)
        group = table[at]
        while group >= 0 and not (low[group] == a and high[group] == b and label[group] == mark):
            at = (at + 1) & (capacity - 1)
            group = table[at]
        if group >= 0:
            total[group] += weight
            continue
        if count == first.size:
            low, high, label, first, total = _grown(low), _grown(high), _grown(label), _grown(first), _grown(total)
        low[count], high[count], label[count], first[count], total[count] = a, b, mark, row, weight
        table[at] = count
        count += 1
        if 2 * count > capacity:
            capacity *= 4
            table = _rehash(low, high, label, count, capacity)
    return first[:count].copy(), total[:count].copy()


@inner
def _same_row(indptr: Any, indices: Any, one: Any, other: Any) -> Any:
    begin, length = indptr[one] - indptr[0], indptr[one + 1] - indptr[one]
    shift = indptr[other] - indptr[0]
    if indptr[other + 1] - indptr[other] != length:
        return False
    for entry in range(length):
        if indices[begin + entry] != indices[shift + entry]:
            return False
    return True


@kernel
def group_by_hash(indptr: Ints, indices: Ints, weights: Longs, labels: Ints, keys: Keys) -> Any:
    """Group rows of any width; `keys` holds a random 64-bit number for each column.

    Returns and skips as :func:`group_by_mask`.
    """
    capacity = 4096
    table = np.full(capacity, -1, np.int32)
    hashed, unused = np.empty(1024, np.uint64), np.zeros(1024, np.uint64)
    label, first, total = np.empty(1024, np.int64), np.empty(1024, np.int64), np.empty(1024, np.int64)
    count = 0
    nothing = np.uint64(0)
    shift = indptr[0]
    for row in range(weights.size):
        weight = weights[row]
        begin, end = indptr[row] - shift, indptr[row + 1] - shift
        if weight == 0 or begin == end:
            continue
        key = nothing
        for entry in range(begin, end):
            key += keys[indices[entry]]
        mark = labels[row] if labels.size else 0
        at = _slot(key, nothing, mark, capacity - 1)
        group = table[at]
        while group >= 0:
            if hashed[group] == key and label[group] == mark and _same_row(indptr, indices, first[group], row):
                break
            at = (at + 1) & (capacity - 1)
            group = table[at]
        if group >= 0:
            total[group] += weight
            continue
        if count == first.size:
            hashed, label, first, total = _grown(hashed), _grown(label), _grown(first), _grown(total)
            unused = np.zeros(hashed.size, np.uint64)
        hashed[count], label[count], first[count], total[count] = key, mark, row, weight
        table[at] = count
        count += 1
        if 2 * count > capacity:
            capacity *= 4
            table = _rehash(hashed, unused, label, count, capacity)
    return first[:count].copy(), total[:count].copy()


@kernel
def take_rows(indptr: Ints, indices: Ints, rows: Longs) -> Any:
    """Return (indptr, indices) of the given rows, in the given order; indptr is int64, indices are int32."""
    new_indptr = np.zeros(rows.size + 1, np.int64)
    for k in range(rows.size):
        new_indptr[k + 1] = new_indptr[k] + indptr[rows[k] + 1] - indptr[rows[k]]
    new_indices = np.empty(new_indptr[-1], np.int32)
    for k in range(rows.size):
        begin = indptr[rows[k]] - indptr[0]
        for entry in range(new_indptr[k + 1] - new_indptr[k]):
            new_indices[new_indptr[k] + entry] = indices[begin + entry]
    return new_indptr, new_indices
