r"""Knapsack cuts: what a budget with unequal costs, or a floor, says about whole stations.

One base (`bases`) ``sum_k a_k x_k <= g``, a divisor ``d`` and a set ``C`` of its columns give, with ``x_k`` replaced by
``1 - x_k`` for ``k`` in ``C``, ``g' = g - sum of a_k over C`` and ``r = g' mod d``, the mixed-integer rounding cut

.. math::
    \sum_{k \notin C} F(a_k)\, x_k + \sum_{k \in C} F(-a_k) (1 - x_k) \le (d - r) \lfloor g' / d \rfloor ,
    \qquad F(a) = (d - r) \lfloor a / d \rfloor + \max(0,\, a \bmod d - r) ,

valid for every binary ``x`` (proof in :mod:`placement.values.certificate`). Where ``C`` is a minimal cover and ``d``
its largest coefficient it says that not all of ``C`` are chosen, *lifted*: a column as heavy as the heaviest of ``C``
counts as one at least, a lighter one may count in part. Separation tries, for several ``C``, all coefficients of
fractional columns as divisors, then halves of the best one and one more column in ``C`` at a time.

Sources: Balas (1975), Facets of the knapsack polytope, and Wolsey (1975), Faces for a linear inequality in 0-1
variables, Mathematical Programming 8, 146-164 and 165-178, for covers; Nemhauser & Wolsey (1990), A recursive
procedure to generate all cuts for 0-1 mixed integer programs, Mathematical Programming 46, 379-390; Marchand & Wolsey
(2001), Aggregation and mixed integer rounding to solve MIPs, Operations Research 49, 363-371, for the separation.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from placement.kernels import read_only
from placement.solve.cuts.arrays import BaseRows, KnapsackRows
from placement.solve.cuts.bases import Base, base_row
from placement.solve.program.problem import Problem
from placement.solve.program.scale import scaled
from placement.solve.settings import DEFAULTS, CutSettings
from placement.values.arrays import BoolArray, IntArray


@dataclass(frozen=True, kw_only=True, eq=False)
class KnapsackCut:
    """A cut ``sum(coefficients * x[columns]) <= limit`` and the base, divisor and columns it comes from.

    Parameters
    ----------
    base, divisor, complemented
        The base, ``d`` and the columns of ``C``, increasing.
    columns, coefficients, limit
        What they give, divided by the common divisor of the coefficients.
    scale
        What a column that counts once has as coefficient, for a look at the cut in floating point.
    """

    base: Base
    divisor: int
    complemented: tuple[int, ...]
    columns: IntArray
    coefficients: IntArray
    limit: int
    scale: float

    @property
    def key(self) -> tuple[Base, int, tuple[int, ...]]:
        """What tells it from other cuts."""
        return self.base, self.divisor, self.complemented


@dataclass(frozen=True, kw_only=True, eq=False)
class KnapsackRow:
    """A base that cuts can be made of: numbers as at the root, so that its cuts hold at every node."""

    base: Base
    columns: IntArray
    sizes: IntArray
    limit: int

    @classmethod
    def of(cls, problem: Problem, base: Base) -> KnapsackRow:
        """Return the row of a base."""
        columns, sizes, limit = base_row(problem, base)
        return cls(base=base, columns=columns, sizes=sizes, limit=limit)

    def cut(self, divisor: int, flipped: BoolArray) -> KnapsackCut | None:
        """Return the cut of a divisor and the columns flagged in `flipped`; None where it says nothing."""
        signed = np.where(flipped, -self.sizes, self.sizes)
        left = self.limit - int(self.sizes[flipped].sum())
        rounded = _rounded(signed, divisor, left % divisor)
        coefficients = np.where(flipped, -rounded, rounded)
        limit = (divisor - left % divisor) * (left // divisor) - int(rounded[flipped].sum())
        common = int(np.gcd.reduce(coefficients))
        if common == 0:
            return None
        used = coefficients != 0
        return KnapsackCut(
            base=self.base,
            divisor=divisor,
            complemented=tuple(sorted(self.columns[flipped].tolist())),
            columns=self.columns[used],
            coefficients=coefficients[used] // common,
            limit=limit // common,
            scale=(divisor - left % divisor) / common,
        )


def violated_knapsack_cuts(
    row: KnapsackRow, x: NDArray[Any], settings: CutSettings = DEFAULTS.cuts
) -> list[KnapsackCut]:
    """Return a few cuts of a row that the point `x` (columns of the program) violates, the deepest first."""
    point = x[row.columns]
    fractional = (point > settings.whole) & (point < 1.0 - settings.whole)
    if not fractional.any():
        return []
    found: dict[tuple[int, bytes], float] = {}
    for flipped in (np.zeros(point.size, dtype=bool), point > 0.5, _greedy_cover(row, point)):
        divisors = _divisors(row.sizes[fractional | flipped], settings.knapsack_divisors)
        depths = _depths(row, point, flipped, divisors, settings.whole)
        order = np.argsort(-depths, kind="stable")[: settings.knapsack_per_row]
        found.update({(int(divisors[at]), flipped.tobytes()): float(depths[at]) for at in order})
        if depths.size:
            divisor, depth = int(divisors[order[0]]), float(depths[order[0]])
            found.update(_polished(row, point, flipped, divisor, depth, settings=settings))
    best = sorted(found.items(), key=lambda each: (-each[1], each[0]))[: settings.knapsack_per_row]
    deep = [key for key, depth in best if depth > settings.knapsack_depth]
    cuts = [row.cut(key[0], np.frombuffer(key[1], dtype=bool)) for key in deep]
    return [cut for cut in cuts if cut is not None]


def _polished(
    row: KnapsackRow, point: NDArray[Any], flipped: BoolArray, divisor: int, depth: float, *, settings: CutSettings
) -> dict[tuple[int, bytes], float]:
    """Return the best cut after halving the divisor and flipping columns one by one, those in doubt first."""
    whole = settings.whole
    for part in settings.knapsack_halvings:
        if divisor // part > 0:
            other = float(_depths(row, point, flipped, np.array([divisor // part]), whole)[0])
            if other > depth:
                depth, divisor = other, divisor // part
    flipped = flipped.copy()
    doubt = np.argsort(np.abs(point - 0.5), kind="stable")[: settings.knapsack_flips]
    for at in doubt[(point[doubt] > whole) & (point[doubt] < 1.0 - whole)].tolist():
        flipped[at] = ~flipped[at]
        other = float(_depths(row, point, flipped, np.array([divisor]), whole)[0])
        if other > depth:
            depth = other
        else:
            flipped[at] = ~flipped[at]
    return {(divisor, flipped.tobytes()): depth}


def _rounded(sizes: IntArray, divisor: Any, rest: Any) -> IntArray:
    return np.asarray((divisor - rest) * (sizes // divisor) + np.maximum(sizes % divisor - rest, 0))


def _divisors(sizes: IntArray, most: int) -> IntArray:
    """Return the different absolute coefficients, thinned out evenly where they are many."""
    different = np.unique(np.abs(sizes))
    if different.size > most:
        different = different[np.linspace(0, different.size - 1, most).astype(np.int64)]
    return different


def _depths(
    row: KnapsackRow, point: NDArray[Any], flipped: BoolArray, divisors: IntArray, whole: float
) -> NDArray[Any]:
    """Return how far `point` is beyond the cut of each divisor, by Euclidean distance over the columns in use."""
    y = np.where(flipped, 1.0 - point, point)
    signed = np.where(flipped, -row.sizes, row.sizes)
    left = row.limit - int(row.sizes[flipped].sum())
    near = (y > whole) | flipped
    rest = left % divisors
    rounded = _rounded(signed[near][None, :], divisors[:, None], rest[:, None]).astype(np.float64)
    beyond = rounded @ y[near] - (divisors - rest).astype(np.float64) * (left // divisors)
    return np.asarray(beyond / np.maximum(np.sqrt((rounded**2).sum(axis=1)), 1e-9))


def _greedy_cover(row: KnapsackRow, point: NDArray[Any]) -> BoolArray:
    """Return a minimal cover with the negative columns, built by what a column lacks of 1 for its size."""
    cover = row.sizes < 0
    need = row.limit - int(row.sizes[cover].sum())
    heavy = np.flatnonzero(row.sizes > 0)
    order = heavy[np.argsort((1.0 - point[heavy]) / row.sizes[heavy], kind="stable")]
    total = np.cumsum(row.sizes[order])
    taken = order[: int(np.searchsorted(total, need, side="right")) + 1]
    excess = int(row.sizes[taken].sum()) - need
    for at in taken[np.argsort(point[taken], kind="stable")].tolist():
        if row.sizes[at] < excess:
            excess -= int(row.sizes[at])
        else:
            cover[at] = True
    return cover


@dataclass
class KnapsackPool:
    """Knapsack cuts that price sets refer to, each known by its number."""

    _numbers: dict[tuple[Base, int, tuple[int, ...]], int] = field(default_factory=dict)
    _cuts: list[KnapsackCut] = field(default_factory=list)
    _built: KnapsackRows | None = None

    def number(self, cut: KnapsackCut) -> int:
        """Return the number of a cut; a new one is added."""
        if cut.key not in self._numbers:
            self._numbers[cut.key] = len(self._cuts)
            self._cuts.append(cut)
            self._built = None
        return self._numbers[cut.key]

    def prices(self, duals: list[tuple[KnapsackCut, float]]) -> IntArray:
        """Return the scaled integer price of every cut of the pool from duals of cuts divided by their scale."""
        whole = scaled(np.array([max(dual, 0.0) / cut.scale for cut, dual in duals])).tolist()
        by_number = {self.number(cut): price for (cut, _), price in zip(duals, whole, strict=True) if price > 0}
        prices = np.zeros(len(self._cuts), dtype=np.int64)
        prices[list(by_number.keys())] = list(by_number.values())
        return prices

    def rows(self) -> KnapsackRows:
        """Return all cuts in compressed form."""
        if self._built is None:
            cuts = self._cuts
            bases = {base: number for number, base in enumerate(dict.fromkeys(cut.base for cut in cuts))}
            self._built = read_only(
                KnapsackRows(
                    indptr=_indptr([cut.columns.size for cut in cuts]),
                    columns=_longs(k for cut in cuts for k in cut.columns.tolist()),
                    coefficients=_longs(a for cut in cuts for a in cut.coefficients.tolist()),
                    limits=_longs(cut.limit for cut in cuts),
                    base=_longs(bases[cut.base] for cut in cuts),
                    divisor=_longs(cut.divisor for cut in cuts),
                    complemented_indptr=_indptr([len(cut.complemented) for cut in cuts]),
                    complemented=_longs(k for cut in cuts for k in cut.complemented),
                    bases=_base_rows(list(bases)),
                )
            )
        return self._built


def _base_rows(bases: list[Base]) -> BaseRows:
    return read_only(
        BaseRows(
            indptr=_indptr([len(base.rows) for base in bases]),
            row=_longs(row for base in bases for row, _ in base.rows),
            times=_longs(times for base in bases for _, times in base.rows),
            floor=_longs(base.floor for base in bases),
            site_indptr=_indptr([len(base.sites) for base in bases]),
            site=_longs(site for base in bases for site in base.sites),
        )
    )


def _indptr(sizes: list[int]) -> IntArray:
    return np.cumsum([0, *sizes]).astype(np.int64)


def _longs(numbers: Iterable[int]) -> IntArray:
    return np.fromiter(numbers, dtype=np.int64)
