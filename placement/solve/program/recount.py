"""A plan recounted in exact integers on the original rows: its value, and every constraint it breaks.

Solvers work in floating point, within tolerances of their own. Nothing they say about a plan is passed on: the chosen
columns are taken, and value, linear rows and floors are counted again here.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from placement.values import CoverageProgram
from placement.values.arrays import BoolArray, IntArray
from placement.values.layers import FULL, layer_table, worth_by_count

_HALF = 32
"""Bits of the halves that sums without limit are taken in."""


@dataclass(frozen=True, kw_only=True)
class Recount:
    """What a set of chosen columns is worth.

    Parameters
    ----------
    objective
        Covered weight, by layers and rounded down where there are several, plus the values of the chosen columns.
    violations
        One sentence for each constraint that does not hold; empty where the plan is feasible.
    """

    objective: int
    violations: tuple[str, ...]


def recount(program: CoverageProgram, chosen: BoolArray) -> Recount:
    """Return the exact value of `chosen` and the constraints it breaks.

    Parameters
    ----------
    program
        The program.
    chosen
        (columns,) bool.

    Examples
    --------
    >>> program = CoverageProgram.from_covers(sparse.csr_array([[1, 0], [1, 1]]), [5, 7], [2, 1], 1)
    >>> recount(program, np.array([False, True]))
    Recount(objective=7, violations=())
    >>> recount(program, np.array([True, False])).violations
    ('row budget: 2 where at most 1 is allowed',)
    """
    stands, at = open_sites(program, chosen), columns_at(program, chosen)
    covered_weight = 0
    in_floor = [0] * len(program.floors)
    first = 0
    for covers, weights in program.blocks():
        won = np.where(covered_rows(covers, stands), weights, 0)
        counted = program.counting(first, won if program.is_plain else weights)
        covered_weight += exact_sum(counted if program.is_plain else layered_worth(program, covers, counted, at, first))
        last = first + won.size
        for number, floor in enumerate(program.floors):
            inside = floor.rows[(floor.rows >= first) & (floor.rows < last)] - first
            in_floor[number] += int(won[inside].sum())
        first = last
    covered_weight = covered_weight if program.is_plain else covered_weight // FULL
    value = covered_weight + exact_sum(program.column_values[chosen])
    broken = [
        f"floor {floor.name}: {count} covered where at least {floor.minimum} is asked"
        for floor, count in zip(program.floors, in_floor, strict=True)
        if count < floor.minimum
    ]
    return Recount(objective=value, violations=(*_broken_columns(program, chosen), *broken))


def open_sites(program: CoverageProgram, chosen: BoolArray) -> BoolArray:
    """Return (sites,) bool: the sites at which a chosen column provides coverage."""
    sites = program.column_site[chosen]
    stands = np.zeros(program.n_sites, dtype=np.bool_)
    stands[sites[sites >= 0]] = True
    return stands


def columns_at(program: CoverageProgram, chosen: BoolArray) -> IntArray:
    """Return (sites,) how many chosen columns provide at each site."""
    sites = program.column_site[chosen]
    return np.bincount(sites[sites >= 0], minlength=program.n_sites)


def layered_worth(
    program: CoverageProgram, covers: sparse.csr_array, weights: IntArray, at: IntArray, first: int
) -> NDArray[np.int64]:
    """Return (rows,) what rows from `first` on count, in ``2**-20`` of the unit of weights.

    `at`, (sites,), columns provide.
    """
    worth = np.stack([worth_by_count(each) for each in layer_table(program.layers, program.once_worth)])
    count = np.minimum(np.asarray(covers.astype(np.int64) @ at), program.layers.size)
    return np.asarray(weights * worth[program.counts_once(first, count.size).astype(np.int64), count])


def covered_rows(covers: sparse.csr_array, stands: BoolArray) -> BoolArray:
    """Return (rows,) bool: the rows with at least one stored entry at a site of `stands`."""
    filled = np.flatnonzero(np.diff(covers.indptr))
    covered = np.zeros(covers.shape[0], dtype=np.bool_)
    if filled.size:
        covered[filled] = np.logical_or.reduceat(stands[covers.indices], covers.indptr[:-1][filled])
    return covered


def exact_sum(numbers: NDArray[np.int64]) -> int:
    """Return the sum as a Python integer; halves are summed apart, so that nothing overflows."""
    return (int((numbers >> _HALF).sum()) << _HALF) + int((numbers & (2**_HALF - 1)).sum())


def _broken_columns(program: CoverageProgram, chosen: BoolArray) -> list[str]:
    broken = []
    for row in program.linear:
        amount = exact_sum(row.coefficients[chosen[row.columns]])
        if row.equality and amount != row.limit:
            broken.append(f"row {row.name}: {amount} where exactly {row.limit} is asked")
        elif amount > row.limit:
            broken.append(f"row {row.name}: {amount} where at most {row.limit} is allowed")
    missing = np.flatnonzero(program.required & ~chosen)
    refused = np.flatnonzero(program.excluded & chosen)
    if missing.size:
        broken.append(f"required columns are not chosen: {missing.tolist()}")
    if refused.size:
        broken.append(f"excluded columns are chosen: {refused.tolist()}")
    return broken
