"""What areas spend best where it is given which stations stand: a knapsack of levels.

Levels are filled in the order of what a fen gains, each area's own in their order; one at most is bought in part. This
is best where gains fall with what is spent. Where some area spends in wholes, the engine chooses levels first.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
from scipy import sparse

from placement.solve.engine import solve_engine
from placement.solve.publicity.programs import split
from placement.values import CoverageProgram, LinearRow
from placement.values.arrays import IntArray
from placement.values.gates import Gates


def best_spend(
    gates: Gates, gained: IntArray, left: Mapping[str, int], unit_fen: int, time_limit_s: float, **runs: Any
) -> IntArray:
    """Return (areas,) fen a year.

    Parameters
    ----------
    gates
        The levels.
    gained
        (areas, levels) what each level gains where it is bought in full.
    left
        What each row that spending counts in has left, fen.
    unit_fen, time_limit_s, runs
        Of the engine, where some area spends in wholes.
    """
    spend = np.zeros(gates.n_areas, dtype=np.int64)
    if gates.whole.any():
        bought = _by_engine(gates, gained, left, unit_fen, time_limit_s, **runs)
        spend = np.where(gates.whole, bought, 0)
    levels = np.zeros(gates.n_areas, dtype=np.int64)
    waiting = {area for area in range(gates.n_areas) if not gates.whole[area]}
    while waiting:
        ratios = {area: _ratio(gates, gained, area, int(levels[area])) for area in waiting}
        area = max(ratios, key=lambda each: (ratios[each], -each))
        if not ratios[area]:
            break
        cost = int(gates.cost_fen[area, levels[area]])
        part = _most(gates, spend, area, cost, left)
        spend[area] += part
        levels[area] += 1
        if part < cost:
            waiting.discard(area)
        if levels[area] == gates.n_levels:
            waiting.discard(area)
    return spend


def _ratio(gates: Gates, gained: IntArray, area: int, level: int) -> Fraction:
    if level >= gates.n_levels or not gates.cost_fen[area, level]:
        return Fraction(0)
    return Fraction(int(gained[area, level]), int(gates.cost_fen[area, level]))


def _most(gates: Gates, spend: IntArray, area: int, cost: int, left: Mapping[str, int]) -> int:
    """Return the largest amount up to `cost` that an area can spend more."""
    least, most = 0, cost + 1
    while least < most - 1:
        # All of it first: one level at most is bought in part.
        middle = cost if most > cost else (least + most) // 2
        tried = spend.copy()
        tried[area] += middle
        least, most = (middle, most) if _fits(gates, tried, left) else (least, middle)
    return least


def _fits(gates: Gates, spend: IntArray, left: Mapping[str, int]) -> bool:
    """Return whether all rows have so much left."""
    return all(gates.counts(spend, worth) <= left[name] for name, worth in gates.limits if name in left)


def _by_engine(
    gates: Gates, gained: IntArray, left: Mapping[str, int], unit_fen: int, time_limit_s: float, **runs: Any
) -> IntArray:
    """Return what areas that spend in wholes spend in the best program of levels alone; the others share its money."""
    levels = replace(gates, area=np.arange(gates.n_areas), gains=gained)
    # With amounts rounded to the fen a total may be missed by fens: then some are kept back.
    for kept in (0, unit_fen + gates.n_areas * (gates.n_levels + 1)):
        program = _without_rows({name: amount - kept for name, amount in left.items()}, gates.n_areas)
        found = split(program, levels, np.zeros(gained.shape, dtype=np.int64), unit_fen)
        chosen = solve_engine(found.program, time_limit_s=time_limit_s, **runs).chosen
        spend = np.zeros(gates.n_areas, dtype=np.int64)
        bought = chosen & gates.whole[found.area]
        np.add.at(spend, found.area[bought], gates.cost_fen[found.area[bought], found.level[bought]])
        if _fits(gates, spend, left):
            return spend
    return np.zeros(gates.n_areas, dtype=np.int64)


def _without_rows(left: Mapping[str, int], areas: int) -> CoverageProgram:
    """Return a program of nothing but limits, with a row an area that nothing covers."""
    none: IntArray = np.zeros(0, dtype=np.int64)
    rows = [LinearRow(name=name, columns=none, coefficients=none, limit=amount) for name, amount in left.items()]
    return CoverageProgram(
        covers=sparse.csr_array((areas, 1), dtype=bool), weights=np.zeros(areas, dtype=np.int64), n_sites=1,
        column_site=none, column_values=none, linear=tuple(rows), required=none > 0, excluded=none > 0,
    )  # fmt: skip
