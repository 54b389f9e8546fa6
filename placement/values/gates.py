r"""Spending by which covered weight counts more, as whole numbers: what publicity does to a coverage program.

An area has levels. Its l-th level costs :math:`c_l` fen a year beyond the one before and lets each row of the area that
is covered count :math:`g_{rl}` more. With :math:`x_l` spent on a level, of rows :math:`C` that are covered the area
counts

.. math:: \sum_l \Bigl\lfloor \tfrac{x_l}{c_l} \sum_{r \in C} g_{rl} \Bigr\rfloor, \qquad 0 \le x_l \le c_l,
    \quad x_{l+1} > 0 \Rightarrow x_l = c_l .

Where money goes in wholes, :math:`x_l` is 0 or :math:`c_l`. What is spent joins rows of the program: as it is those of
a year, times what a yearly fen over some years is worth today, each area's amount rounded to the fen (half up), that of
the total.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from placement.values.arrays import BoolArray, IntArray, frozen_array
from placement.values.immutable import immutable
from placement.values.shown import Shown


@immutable
@dataclass(frozen=True, kw_only=True, eq=False)
class Gates:
    """Levels of spending by area, beside a coverage program.

    Parameters
    ----------
    area
        (rows,) the area of each row of the program; -1: none.
    gains
        (rows, levels) int64 >= 0, what a row that is covered counts more by each level of its area.
    cost_fen
        (areas, levels) int64, fen a year of each level beyond the one before; 0 where the area has no such level.
    whole
        (areas,) whether levels are bought as wholes.
    limits
        Rows of the program, by name, that spending counts in, and what a fen a year counts there.
    """

    area: IntArray
    gains: IntArray
    cost_fen: IntArray
    whole: BoolArray
    limits: tuple[tuple[str, Fraction], ...] = ()

    def __post_init__(self) -> None:
        for name in ("area", "gains", "cost_fen"):
            object.__setattr__(self, name, frozen_array(getattr(self, name), np.int64))
        object.__setattr__(self, "whole", frozen_array(self.whole, np.bool_))

    @property
    def n_areas(self) -> int:
        """Number of areas."""
        return int(self.cost_fen.shape[0])

    @property
    def n_levels(self) -> int:
        """Levels of the area that has most."""
        return int(self.cost_fen.shape[1])

    def gained(self, covered: BoolArray) -> IntArray:
        """Return (areas, levels) what rows that are covered, (rows,) bool, count more by each level in full."""
        here = covered & (self.area >= 0)
        total = np.zeros((self.n_areas, self.n_levels), dtype=np.int64)
        np.add.at(total, self.area[here], self.gains[here])
        return total

    def worth(self, gained: IntArray, spend_fen: IntArray) -> IntArray:
        """Return (areas,) what is counted more for what is spent, (areas,) fen a year; `gained` as above."""
        return np.array(
            [self._worth_of(area, gained[area], int(spend)) for area, spend in enumerate(spend_fen)], dtype=np.int64
        )

    def _worth_of(self, area: int, gained: IntArray, spend: int) -> int:
        worth = 0
        for gain, cost in zip(gained.tolist(), self.cost_fen[area].tolist(), strict=True):
            part = min(spend, cost)
            if part:
                worth += gain * part // cost
                spend -= part
        return int(worth)

    def levels(self, spend_fen: IntArray) -> IntArray:
        """Return (areas, levels) fen that fall on each level of what is spent."""
        before = np.cumsum(self.cost_fen, axis=1) - self.cost_fen
        return np.clip(np.asarray(spend_fen, dtype=np.int64)[:, None] - before, 0, self.cost_fen)

    def counts(self, spend_fen: IntArray, worth: Fraction) -> int:
        """Return what is spent counts in a row, fen, each area's amount rounded half up."""
        return sum(math.floor(worth * spend + Fraction(1, 2)) for spend in spend_fen.tolist())

    def _shown(self) -> Shown:
        return f"Gates: {self.n_areas:,} areas, up to {self.n_levels} levels, {self.area.size:,} rows", ()
