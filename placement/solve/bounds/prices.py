r"""Bounds in integers, exactly as a checker computes them, and their translation from floating point.

The formula is that of :mod:`placement.values.certificate`. Prices are integers scaled by ``2**20``; a price set whose
numbers for a class or a column might leave 62 bits is useless and its bound infinite.
"""

# ruff: noqa: C901, PLR0912, PLR0917 - numba kernels take arrays by position and have nested loops

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from placement.kernels import Floats, Ints, Longs, OutLongs, kernel
from placement.solve.cuts.arrays import Cuts, KnapsackRows
from placement.solve.program.domain import Domain
from placement.solve.program.problem import FREE, NO_LIMIT, ONE, Covers, Floors, Problem, Side
from placement.solve.program.recount import exact_sum
from placement.solve.program.restrict import COVERED, Work
from placement.solve.program.scale import SAFE, label_scale, scaled
from placement.values.arrays import IntArray
from placement.values.certificate import SCALE

NO_BOUND = 2**62
"""Scaled bound of a price set whose numbers might overflow; no program's worth is more."""


RAY_SIZE = 2.0**56
"""Rays may be as large as they like; the larger, the less is lost where they are rounded to integers."""

WEIGHT_BITS = 32
"""Weights are handed to HiGHS in a unit in which their sum has so many bits at most: its tolerances are absolute."""

_HALF = 32
"""Bits of the halves that sums without limit are taken in."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Prices:
    """One price set over the whole program; integers, scaled.

    Parameters
    ----------
    objective
        1, or 0 for a ray.
    rows, cuts, theta, phi
        Prices of classes, of odd-set cuts, of side rows (groups included), of floors.
    knapsack
        Prices of knapsack cuts.
    """

    objective: int
    rows: IntArray
    cuts: IntArray
    theta: IntArray
    phi: IntArray
    knapsack: IntArray = field(default_factory=lambda: np.empty(0, dtype=np.int64))


def scaled_bound(problem: Problem, cuts: Cuts, prices: Prices, domain: Domain) -> tuple[int, IntArray]:
    """Return (U, rho): the scaled bound at a node and the scaled reduced values of all columns."""
    status, low, high = domain.status, domain.limits.low, domain.limits.high
    if not _is_safe(problem, cuts, prices, low, high):
        return NO_BOUND, np.zeros(problem.n_columns, dtype=np.int64)
    count = prices.cuts.size
    above, below, rho = _rows_and_columns(
        problem.covers, problem.floors, cuts, prices.objective, prices.rows, prices.cuts, prices.phi,
        problem.site, problem.values, problem.side, prices.theta, problem.layers.ravel(),
    )  # fmt: skip
    total = (int(above) << _HALF) + int(below)
    total -= sum(int(a) * int(b) for a, b in zip(prices.phi, problem.floors.minimum, strict=True))
    total += sum(
        int(a) * int(b) for a, b in zip(prices.cuts, (np.diff(cuts.indptr[: count + 1]) - 1) // 2, strict=True)
    )
    _charge(cuts.knapsack, prices.knapsack, rho)
    total += sum(int(prices.knapsack[cut]) * int(cuts.knapsack.limits[cut]) for cut in np.flatnonzero(prices.knapsack))
    for row in np.flatnonzero(prices.theta):
        theta = int(prices.theta[row])
        total += theta * int(high[row] if theta > 0 else low[row])
    total += exact_sum(rho[status == ONE]) + exact_sum(np.maximum(rho[status == FREE], 0))
    return min(max(total, -NO_BOUND), NO_BOUND), rho


def _is_safe(problem: Problem, cuts: Cuts, prices: Prices, low: IntArray, high: IntArray) -> bool:
    """Return whether no number of a class or a column can leave 62 bits, and every side price has a limit.

    Sums over classes and columns are taken without limit and need no care.
    """
    used = prices.theta != 0
    if used.any() and (np.abs(np.where(prices.theta > 0, high, low)[used]) >= NO_LIMIT).any():
        return False
    of_cuts = prices.cuts.sum(dtype=np.float64)
    on_column = _column_sizes(problem.values, problem.side, prices.objective, prices.theta)
    for cut in np.flatnonzero(prices.knapsack):
        columns, sizes = _knapsack_row(cuts.knapsack, cut)
        on_column[columns] += float(prices.knapsack[cut]) * np.abs(sizes.astype(np.float64))
    covers = problem.covers
    heaviest = float(covers.weights.max(initial=0)) * (SCALE + prices.phi.sum(dtype=np.float64))
    at_site = prices.rows.sum(dtype=np.float64)
    side = on_column.max(initial=0.0)
    if at_site + side >= SAFE:
        at_site = _dearest_site(covers.site_indptr, covers.site_rows, prices.rows)
    widest = float(cuts.coefficients.max(initial=0))
    return bool(max(heaviest + of_cuts, at_site + widest * of_cuts + side) < 2 * SAFE)


@kernel
def _column_sizes(values: Longs, side: Side, objective: int, theta: Longs) -> Any:
    """Return what values and priced side rows may add up to for each column in absolute value."""
    sizes = objective * float(SCALE) * np.abs(values)
    for row in range(theta.size):
        if theta[row] != 0:
            for entry in range(side.indptr[row], side.indptr[row + 1]):
                sizes[side.columns[entry]] += abs(float(theta[row]) * float(side.coefficients[entry]))
    return sizes


@kernel
def _dearest_site(site_indptr: Longs, site_rows: Ints, rows: Longs) -> Any:
    """Return the largest sum of prices of the rows of one site."""
    most = 0.0
    for site in range(site_indptr.size - 1):
        total = 0.0
        for entry in range(site_indptr[site], site_indptr[site + 1]):
            total += float(rows[site_rows[entry]])
        most = max(most, total)
    return most


def _knapsack_row(knapsack: KnapsackRows, cut: np.int64) -> tuple[NDArray[Any], NDArray[Any]]:
    entries = slice(knapsack.indptr[cut], knapsack.indptr[cut + 1])
    return knapsack.columns[entries], knapsack.coefficients[entries]


@kernel
def _charge(knapsack: KnapsackRows, prices: Longs, rho: OutLongs) -> None:
    """Take from the reduced values of the columns what knapsack cuts cost them."""
    for cut in range(prices.size):
        if prices[cut] != 0:
            for entry in range(knapsack.indptr[cut], knapsack.indptr[cut + 1]):
                rho[knapsack.columns[entry]] -= prices[cut] * knapsack.coefficients[entry]


@kernel
def _rows_and_columns(
    covers: Covers, floors: Floors, cuts: Cuts, objective: int, rows: Longs, cut_prices: Longs, phi: Longs,
    site: Longs, values: Longs, side: Side, theta: Longs, layers: Longs,
) -> Any:  # fmt: skip
    """Return (upper and lower half of the sum over classes of what their prices leave, columns' reduced values)."""
    factor = objective * layers[floors.once * (layers.size // 2)] * floors.worth
    for label in range(factor.size):
        for entry in range(floors.indptr[label], floors.indptr[label + 1]):
            factor[label] += phi[floors.floor_index[entry]]
    at_site, left = np.zeros(covers.site_indptr.size - 1, np.int64), np.empty(rows.size, np.int64)
    for row in range(rows.size):
        left[row] = covers.weights[row] * factor[floors.label[row]] - rows[row]
        if rows[row] != 0:
            for entry in range(covers.indptr[row], covers.indptr[row + 1]):
                at_site[covers.sites[entry]] += rows[row]
    for cut in range(cut_prices.size):
        if cut_prices[cut] != 0:
            for entry in range(cuts.indptr[cut], cuts.indptr[cut + 1]):
                left[cuts.classes[entry]] -= cut_prices[cut]
            for entry in range(cuts.site_indptr[cut], cuts.site_indptr[cut + 1]):
                at_site[cuts.sites[entry]] += cut_prices[cut] * cuts.coefficients[entry]
    above, below = np.int64(0), np.int64(0)
    for row in range(rows.size):
        if left[row] > 0:
            above += left[row] >> _HALF
            below += left[row] & (2**_HALF - 1)
    for layer in range(1, layers.size // 2):
        for row in range(rows.size):
            label = floors.label[row]
            counts = layers[floors.once[label] * (layers.size // 2) + layer] * floors.worth[label]
            more = objective * counts * covers.weights[row] - rows[row]
            if more > 0:
                above += more >> _HALF
                below += more & (2**_HALF - 1)
    rho = objective * SCALE * values
    for column in range(site.size):
        if site[column] >= 0:
            rho[column] += at_site[site[column]]
        for entry in range(side.column_indptr[column], side.column_indptr[column + 1]):
            rho[column] -= theta[side.column_rows[entry]] * side.column_coefficients[entry]
    return above, below, rho


@kernel
def _class_prices(weights: Longs, label: Ints, factor: Longs, row_of_class: Ints, mu: Floats) -> Any:
    """Return integer class prices from multipliers of merged rows; lost and folded classes are priced in full."""
    prices = np.zeros(weights.size, np.int64)
    for row in range(weights.size):
        full = weights[row] * factor[label[row]]
        if row_of_class[row] >= 0:
            prices[row] = min(full, max(0, np.int64(full * mu[row_of_class[row]])))
        elif row_of_class[row] != COVERED:
            prices[row] = full
    return prices


def to_prices(
    problem: Problem, work: Work, mu: NDArray[Any], theta: NDArray[Any], phi: NDArray[Any], objective: int = 1
) -> Prices:
    """Return integer prices of the whole program from a dual point of a restricted one (no cuts)."""
    scaled_phi = scaled(np.clip(phi, 0.0, None))
    factor = label_scale(problem, scaled_phi, objective)
    return Prices(
        objective=objective,
        rows=_class_prices(problem.covers.weights, problem.floors.label, factor, work.row_of_class, mu),
        cuts=np.empty(0, dtype=np.int64),
        theta=_spread_theta(problem, work, theta),
        phi=scaled_phi,
    )


def _spread_theta(problem: Problem, work: Work, theta: NDArray[Any]) -> IntArray:
    """Return scaled integer prices of all side rows from those of a restricted program."""
    spread = np.zeros(problem.low.size, dtype=np.int64)
    admissible = np.where(work.high == np.inf, np.minimum(theta, 0.0), theta)
    admissible = np.where(work.low == -np.inf, np.maximum(admissible, 0.0), admissible)
    spread[work.side_rows] = scaled(admissible)
    return spread


def side_ray(problem: Problem, row: int, *, above: bool) -> Prices:
    """Return the ray that shows that row's upper (`above`) or lower limit cannot be kept."""
    theta = np.zeros(problem.low.size, dtype=np.int64)
    theta[row] = 1 if above else -1
    return _ray(problem, theta=theta)


def floor_ray(problem: Problem, floor: int, lost: NDArray[np.bool_]) -> Prices:
    """Return the ray that shows that a floor cannot be met once the classes `lost` have no live site."""
    members = np.zeros(problem.covers.weights.size, dtype=bool)
    floors = problem.floors
    of_label = np.zeros(floors.indptr.size - 1, dtype=bool)
    of_label[np.repeat(np.arange(of_label.size), np.diff(floors.indptr))[floors.floor_index == floor]] = True
    members = of_label[floors.label] & lost
    phi = np.zeros(floors.minimum.size, dtype=np.int64)
    phi[floor] = 1
    return _ray(problem, rows=np.where(members, problem.covers.weights, 0), phi=phi)


def _ray(
    problem: Problem, *, rows: IntArray | None = None, theta: IntArray | None = None, phi: IntArray | None = None
) -> Prices:
    return Prices(
        objective=0,
        rows=np.zeros(problem.covers.weights.size, dtype=np.int64) if rows is None else rows.astype(np.int64),
        cuts=np.empty(0, dtype=np.int64),
        theta=np.zeros(problem.low.size, dtype=np.int64) if theta is None else theta,
        phi=np.zeros(problem.floors.minimum.size, dtype=np.int64) if phi is None else phi,
    )
