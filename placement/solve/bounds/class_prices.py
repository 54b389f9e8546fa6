"""Prices of the classes of a program from prices of the merged rows of a restricted one.

A merged row stands for several classes, and so does an odd set through it. The price of a set is split over the
classes: each takes no more of the sets than its own weight is worth, so that nothing of the bound is lost.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from placement.solve.bounds.prices import Prices, to_prices
from placement.solve.cuts.pool import CutPool
from placement.solve.program.problem import Problem
from placement.solve.program.providing import most_providing
from placement.solve.program.restrict import Work
from placement.solve.program.scale import label_scale, scaled
from placement.values.arrays import IntArray

Sets = list[tuple[int, ...]]
"""Odd sets of rows of a restricted program."""


class ClassPrices:
    """Translates prices of one restricted program.

    Parameters
    ----------
    problem, work
        The program and what is left of it.
    pool
        Where odd sets of classes get their numbers.
    """

    def __init__(self, problem: Problem, work: Work, pool: CutPool) -> None:
        self._problem, self._work, self._pool = problem, work, pool
        self._members, self._start = _members(work)
        self._plain = problem.plain
        self._most = self._start if self._plain else most_providing(problem, work)
        self._row_of_member = np.repeat(np.arange(work.weights.size), np.diff(self._start))

    def prices(
        self,
        rows: NDArray[Any],
        sets: Sets,
        set_prices: NDArray[Any],
        theta: IntArray,
        phi: NDArray[Any],
        *,
        objective: int = 1,
    ) -> Prices:
        """Return integer prices of the whole program.

        Parameters
        ----------
        rows, set_prices, phi
            Prices of the rows, of the odd sets and of the floors; negative ones count as 0.
        theta
            Scaled prices of all side rows of the program.
        objective
            0 for a ray.
        """
        work, problem = self._work, self._problem
        base = to_prices(
            problem, work, np.zeros(work.weights.size), np.zeros(work.side_rows.size), np.maximum(phi, 0.0), objective
        )
        full = problem.covers.weights * label_scale(problem, base.phi, objective)[problem.floors.label]
        cuts = self._split(sets, scaled(np.maximum(set_prices, 0.0)), full)
        used = np.zeros(full.size, dtype=np.int64)
        for number, price in cuts.items():
            used[list(self._pool.classes_of(number))] += price
        shared = base.rows.copy()
        of_rows, room = scaled(np.maximum(rows, 0.0)), np.maximum(full - used, 0)
        if self._plain:
            self._share(shared, of_rows, room)
        else:
            self._share_by_weight(shared, of_rows, room, objective)
        cut_prices = np.zeros(self._pool.count, dtype=np.int64)
        cut_prices[list(cuts.keys())] = list(cuts.values())
        return Prices(objective=objective, rows=shared, cuts=cut_prices, theta=theta, phi=base.phi)

    def _split(self, sets: Sets, prices: IntArray, full: IntArray) -> dict[int, int]:
        """Return the price of each odd set of classes from the prices of odd sets of merged rows."""
        left = full.copy()
        at = self._start[:-1].copy()
        last = self._start[1:] - 1
        split: dict[int, int] = {}
        for rows, price in zip(sets, prices.tolist(), strict=True):
            rest = price
            while rest > 0:
                piece, classes = rest, []
                for row in rows:
                    while at[row] < last[row] and left[self._members[at[row]]] <= 0:
                        at[row] += 1
                    classes.append(int(self._members[at[row]]))
                    if at[row] < last[row]:
                        piece = min(piece, int(left[classes[-1]]))
                left[classes] -= piece
                rest -= piece
                number = self._pool.number(tuple(sorted(classes)))
                split[number] = split.get(number, 0) + piece
        return split

    def _share(self, shared: IntArray, prices: IntArray, room: IntArray) -> None:
        """Share the prices of merged rows among their classes, none beyond its room."""
        rooms = room[self._members]
        before = np.concatenate([[0], np.cumsum(rooms)])
        taken = before[:-1] - np.repeat(before[self._start[:-1]], np.diff(self._start))
        shared[self._members] = np.clip(np.repeat(prices, np.diff(self._start)) - taken, 0, rooms)

    def _share_by_weight(self, shared: IntArray, prices: IntArray, room: IntArray, objective: int) -> None:
        """Share the prices of merged rows as their classes weigh, so that no layer loses anything.

        None is less than the first layer counts that no plan comes to.
        """
        row, weights = self._row_of_member, self._problem.covers.weights[self._members]
        whole = np.bincount(row, weights=weights, minlength=prices.size)
        parts = np.rint(prices[row] * (weights / whole[row])).astype(np.int64)
        floors, layers = self._problem.floors, self._problem.layers
        label, none = floors.label[self._members], np.zeros((2, 1), dtype=np.int64)
        most = np.minimum(self._most, layers.shape[1])[row]
        beyond = np.hstack([layers, none])[floors.once[label], most]
        least = objective * floors.worth[label] * weights * beyond
        shared[self._members] = np.minimum(np.maximum(parts, least), room[self._members])


def _members(work: Work) -> tuple[IntArray, IntArray]:
    """Return (classes of the rows, where each row's begin)."""
    classes = np.flatnonzero(work.row_of_class >= 0)
    rows = work.row_of_class[classes]
    order = np.argsort(rows, kind="stable")
    counts = np.bincount(rows, minlength=work.weights.size)
    return classes[order], np.concatenate([[0], np.cumsum(counts)])
