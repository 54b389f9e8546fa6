"""The ordinary programs that publicity is sought by: at levels that are bought, and by a split of what levels gain."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np
from scipy import sparse

from placement.values import CoverageProgram, LinearRow
from placement.values.arrays import IntArray
from placement.values.blocks import WeightedBlocks
from placement.values.gates import Gates
from placement.values.publicity_certificate import SHARE, parts_of_level
from placement.values.rows import LEVELS


def raised(program: CoverageProgram, more: IntArray) -> CoverageProgram:
    """Return the program in which a covered row counts so much more, (rows,), that floors do not see.

    Rows that count more stand a second time, after all others, with what they count more as their weight.
    """
    weights = program.row_weights()
    if program.weights is not None:
        again = np.flatnonzero(more)
        own: sparse.csr_array = program.covers
        covers = sparse.csr_array(sparse.vstack([own, own[again]], format="csr"))
        return replace(program, covers=covers, weights=np.concatenate([weights, more[again]]))
    twice = WeightedBlocks(covers=_Twice(program), weights=np.concatenate([weights, more]))
    return replace(program, covers=twice)


@dataclass(frozen=True)
class _Twice:
    program: CoverageProgram

    def __iter__(self) -> Iterator[sparse.csr_array]:
        for _ in range(2):
            yield from (covers for covers, _ in self.program.blocks())


def at_levels(program: CoverageProgram, gates: Gates, spend_fen: IntArray) -> CoverageProgram:
    """Return the program with what areas spend, (areas,) fen a year, taken as given.

    A level that is bought in part gives every row its part, rounded down.
    """
    spent = np.append(gates.levels(spend_fen), np.zeros((1, gates.n_levels), dtype=np.int64), axis=0)
    cost = np.maximum(np.append(gates.cost_fen, np.zeros((1, gates.n_levels), dtype=np.int64), axis=0), 1)
    more = np.zeros(gates.area.size, dtype=np.int64)
    for level in range(gates.n_levels):
        part, whole = spent[gates.area, level], cost[gates.area, level]
        # Products of gains and fen may not fit 64 bits: a part of the gain is taken by a share of 2**20.
        full = part >= whole
        more += np.where(full, gates.gains[:, level], gates.gains[:, level] * (part * SHARE // whole) // SHARE)
    rows = tuple(_less(row, gates, spend_fen) for row in program.linear)
    return replace(raised(program, np.where(gates.area < 0, 0, more)), linear=rows)


def _less(row: LinearRow, gates: Gates, spend_fen: IntArray) -> LinearRow:
    for name, worth in gates.limits:
        if row.name == name:
            return replace(row, limit=row.limit - gates.counts(spend_fen, worth))
    return row


@dataclass(frozen=True, kw_only=True, eq=False)
class Split:
    """A program whose columns buy levels, and which columns those are.

    Parameters
    ----------
    program
        The program; its first columns are those of the program without levels.
    area, level
        (level columns,) what each further column buys a part of.
    units, of
        (level columns,) that part: so many of so many.
    """

    program: CoverageProgram
    area: IntArray
    level: IntArray
    units: IntArray
    of: IntArray


def split(
    program: CoverageProgram, gates: Gates, shares: IntArray, unit_fen: int, within: tuple[int, int] | None = None
) -> Split:
    """Return the program of a split, as :mod:`placement.values.publicity_certificate` says it.

    Parameters
    ----------
    program, gates
        The program without levels, and the levels.
    shares
        (rows, levels) part of each gain that counts with its row, in units of ``SHARE``.
    unit_fen
        What a part of a level costs at most.
    within
        Fen a year that all areas together spend at least and at most; None: any amount.
    """
    kept = gates.gains * shares // SHARE
    rest = gates.gains - kept
    everything = gates.gained(np.ones(gates.area.size, dtype=np.bool_))
    total = np.zeros((gates.n_areas, gates.n_levels), dtype=np.int64)
    here = gates.area >= 0
    np.add.at(total, gates.area[here], rest[here])
    parts: list[tuple[int, int, int, int]] = []
    for at, level in np.argwhere((everything > 0) & (gates.cost_fen > 0)).tolist():
        sizes, whole = parts_of_level(int(gates.cost_fen[at, level]), unit_fen, whole=bool(gates.whole[at]))
        parts += [(at, level, size, whole) for size in sizes]
    table: IntArray = np.array(parts, dtype=np.int64).reshape(-1, 4)
    values = [_up(int(total[at, level]) * size, whole) for at, level, size, whole in parts]
    first, count = program.n_columns, len(parts)
    none = np.zeros(count, dtype=np.bool_)
    grown = replace(
        raised(program, np.where(here, kept.sum(axis=1), 0)),
        column_site=np.concatenate([program.column_site, np.full(count, -1)]),
        column_values=np.concatenate([program.column_values, np.array(values, dtype=np.int64)]),
        required=np.concatenate([program.required, none]),
        excluded=np.concatenate([program.excluded, none]),
        column_names=(),
    )
    found = Split(program=grown, area=table[:, 0], level=table[:, 1], units=table[:, 2], of=table[:, 3])
    spending = tuple(_spending(row, gates, found, first, unit_fen) for row in program.linear)
    more = (*_in_order(gates, found, first), *_between(gates, found, first, unit_fen, within))
    return replace(found, program=replace(grown, linear=(*spending, *more)))


def _spending(row: LinearRow, gates: Gates, found: Split, first: int, unit_fen: int) -> LinearRow:
    """Return a row with what levels cost in it, and as much more as rounding up a part of one may take."""
    worth = dict(gates.limits).get(row.name)
    if worth is None:
        return row
    fen = [
        math.floor(worth * int(gates.cost_fen[a, lv]) * int(u) / int(n))
        for a, lv, u, n in zip(found.area, found.level, found.units, found.of, strict=True)
    ]
    slack = worth * unit_fen if not gates.whole.all() else Fraction(0)
    slack += Fraction(gates.n_areas, 2) if worth.denominator > 1 else 0
    return replace(
        row,
        columns=np.concatenate([row.columns, first + np.arange(found.area.size)]),
        coefficients=np.concatenate([row.coefficients, np.array(fen, dtype=np.int64)]),
        limit=row.limit + math.ceil(slack),
    )


def _in_order(gates: Gates, found: Split, first: int) -> Iterator[LinearRow]:
    """Yield that levels bought as wholes are bought in their order."""
    for at in range(1, found.area.size):
        same = found.area[at] == found.area[at - 1]
        if gates.whole[found.area[at]] and same:
            yield LinearRow(
                name=f"levels {found.area[at]}",
                kind=LEVELS,
                columns=np.array([first + at - 1, first + at]),
                coefficients=np.array([-1, 1]),
                limit=0,
            )


def _between(
    gates: Gates, found: Split, first: int, unit_fen: int, within: tuple[int, int] | None
) -> Iterator[LinearRow]:
    """Yield that all areas together spend at least, and at most, so much; what limits nothing is left out."""
    if within is None:
        return
    least, most = within
    columns = first + np.arange(found.area.size)
    cost = [int(gates.cost_fen[a, lv]) * int(u) for a, lv, u in zip(found.area, found.level, found.units, strict=True)]
    if least > 0:
        fen = np.array([-_up(each, n) for each, n in zip(cost, found.of, strict=True)], dtype=np.int64)
        yield LinearRow(name="spent at least", kind=LEVELS, columns=columns, coefficients=fen, limit=-least)
    if most < int(gates.cost_fen.sum()):
        fen = np.array([each // int(n) for each, n in zip(cost, found.of, strict=True)], dtype=np.int64)
        limit = most if gates.whole.all() else most + unit_fen
        yield LinearRow(name="spent at most", kind=LEVELS, columns=columns, coefficients=fen, limit=limit)


def _up(amount: int, parts: int) -> int:
    return -(-amount // int(parts))
