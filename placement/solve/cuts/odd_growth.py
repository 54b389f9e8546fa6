"""Odd sets of more than three rows, grown two rows at a time from random start rows.

Each row added is the one near the set whose cover variable most outweighs what it adds to the right-hand side, the
first of a pair with some noise, until the cut is violated or the set is full. What it finds beside
:mod:`placement.solve.cuts.odd_triples` are mostly rings of five and seven rows of which none sees all others.
"""

# ruff: noqa: NPY002, PLR0917 - numba kernels: arrays by position, nested loops, legacy generator

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from placement.kernels import Longs, inner, kernel
from placement.solve.cuts.arrays import Support


class Growth(NamedTuple):
    """Numbers of :class:`placement.solve.settings.CutSettings` that sets grow by.

    Attributes
    ----------
    largest
        Rows of a set at most.
    candidates
        Rows near a set that are weighed at most.
    noise, little_noise
        Random part of what decides on the first and the second row of a pair.
    """

    largest: int
    candidates: int
    noise: float
    little_noise: float


@kernel
def grown_sets(support: Support, starts: Longs, least: float, work: int, seed: int, growth: Growth) -> Any:
    """Return (sizes, members) of sets violated by more than `least`, until `work` entries have been looked at."""
    np.random.seed(seed)
    times, used = np.zeros(support.y.size, np.int64), np.zeros(support.z.size, np.bool_)
    mark, found = np.full(support.z.size, -1, np.int64), np.empty(growth.candidates, np.int64)
    sizes, members = np.zeros(starts.size, np.int64), np.empty((starts.size, growth.largest), np.int64)
    count, stamp = 0, 0
    for start in starts:
        if work <= 0:
            break
        current = members[count]
        current[0] = start
        size, left = 1, support.z[start]
        right = _join(support, start, times)
        used[start] = True
        violated = False
        while size + 2 <= growth.largest and not violated:
            stamp += 1
            near, looked = _neighbours(support, current[:size], mark, stamp, found)
            work -= looked
            for noise in (growth.noise, growth.little_noise):
                best = _best_row(support, found[:near], used, times, noise)
                if best < 0:
                    break
                current[size] = best
                used[best] = True
                left += support.z[best]
                right += _join(support, best, times)
                size += 1
            if best < 0 or size % 2 == 0:  # nothing near is left to pair with
                break
            violated = left - (size - 1) / 2 - right > least
        for k in range(size):
            _leave(support, current[k], times, used)
        if violated:
            sizes[count] = size
            count += 1
    return sizes[:count].copy(), members[:count].copy()


@inner
def _neighbours(support: Any, members: Any, mark: Any, stamp: Any, found: Any) -> Any:
    """Fill `found` with rows that share a site with `members`; return (how many, entries looked at)."""
    count, looked = 0, 0
    for row in members:
        mark[row] = stamp
    for row in members:
        for entry in range(support.indptr[row], support.indptr[row + 1]):
            site = support.sites[entry]
            looked += support.site_indptr[site + 1] - support.site_indptr[site]
            for at in range(support.site_indptr[site], support.site_indptr[site + 1]):
                other = support.site_rows[at]
                if mark[other] != stamp and count < found.size:
                    mark[other] = stamp
                    found[count] = other
                    count += 1
                    looked += 2 * (support.indptr[other + 1] - support.indptr[other])  # each is weighed twice
    return count, looked


@inner
def _best_row(support: Any, found: Any, used: Any, times: Any, noise: Any) -> Any:
    """Return the row that most raises the violation, or -1."""
    best, score = -1, -1e9
    for row in found:
        if used[row]:
            continue
        gain = support.z[row] + noise * np.random.random()
        for entry in range(support.indptr[row], support.indptr[row + 1]):
            if times[support.sites[entry]] % 2 == 0:
                gain -= support.y[support.sites[entry]]
        if gain > score:
            best, score = row, gain
    return best


@inner
def _join(support: Any, row: Any, times: Any) -> Any:
    """Count a row in; return what it adds to the right-hand side over the sites."""
    added = 0.0
    for entry in range(support.indptr[row], support.indptr[row + 1]):
        if times[support.sites[entry]] % 2 == 0:
            added += support.y[support.sites[entry]]
        times[support.sites[entry]] += 1
    return added


@inner
def _leave(support: Any, row: Any, times: Any, used: Any) -> None:
    used[row] = False
    for entry in range(support.indptr[row], support.indptr[row + 1]):
        times[support.sites[entry]] = 0
