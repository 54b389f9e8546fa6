r"""The pieces of one primal-dual step: rows priced, columns valued, the box projected on, side rows and floors moved.

See :mod:`placement.solve.bounds.first_order` for the saddle problem they belong to.
"""

# ruff: noqa: PLR0917 - numba kernels take arrays by position

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from placement.kernels import Floats, OutFloats, fast_inner, fast_kernel, inner, kernel
from placement.solve.bounds.points import gained_of
from placement.solve.program.forest import reach_rows, spread_prices
from placement.solve.program.restrict import Work
from placement.solve.settings import DEFAULTS, BoundSettings

RATIO, EPOCH, LAST_GAP, BEST_DUAL, BEST_PRIMAL = 0, 1, 2, 3, 4
"""Positions in ``State.scalars``."""

_PAY_STEPS, _PAID = 60, 1e-12
"""Newton steps of the projection at most, and when it is exact: what doubles can tell apart, not what is tuned."""


class Pace(NamedTuple):
    """Numbers of :class:`placement.solve.settings.BoundSettings` that steps and restarts go by.

    Attributes
    ----------
    check_every, fresh
        Steps between two looks at the gap; steps of an epoch within which the best point is taken anew.
    longest_epoch, restart_share
        When averaging begins anew: steps, and share of the gap at the last restart.
    ratio_limit, smoothing
        Of the ratio of primal to dual step.
    dearest_floor
        Price of a floor at most.
    """

    check_every: int
    fresh: int
    longest_epoch: int
    restart_share: float
    ratio_limit: float
    smoothing: float
    dearest_floor: float


class Point(NamedTuple):
    """A primal-dual point: columns, row multipliers, side prices (0 at the main row), floor prices."""

    x: OutFloats
    mu: OutFloats
    theta: OutFloats
    phi: OutFloats


class State(NamedTuple):
    """What a run carries along.

    Attributes
    ----------
    now, total, anchor
        Iterate, sum of iterates since the restart, point of the restart.
    best
        Dual point of the best bound with its main-row price filled in; ``best.x`` is the best average.
    site_price
        Sum of ``w (1 + phi) mu`` over the rows of each site, at `now`.
    step
        (columns,) inverse primal step at ratio 1.
    side_step
        (side rows,) dual step at ratio 1.
    scalars
        Step ratio, iterations since the restart, gap at the restart, best dual, best primal value.
    pace
        What steps and restarts go by.
    """

    now: Point
    total: Point
    anchor: Point
    best: Point
    site_price: OutFloats
    step: OutFloats
    side_step: OutFloats
    scalars: OutFloats
    pace: Pace


def start_state(
    work: Work,
    x: NDArray[Any],
    mu: NDArray[Any],
    theta: NDArray[Any],
    phi: NDArray[Any],
    settings: BoundSettings = DEFAULTS.bounds,
) -> State:
    """Return the state of a run from the given point; arrays are copied."""
    theta = theta.copy()
    if work.main >= 0:
        theta[work.main] = 0.0
    point = Point(x.astype(np.float64), mu.astype(np.float64), theta, phi.astype(np.float64))
    step, side_step = step_sizes(work, settings.least_step)
    zero = Point(*(np.zeros_like(part) for part in point))
    state = State(
        now=point,
        total=zero,
        anchor=Point(*(part.copy() for part in point)),
        best=Point(*(part.copy() for part in point)),
        site_price=np.zeros(work.fold.shape[1]),
        step=step,
        side_step=side_step,
        scalars=np.array([1.0, 0.0, np.inf, np.inf, -np.inf]),
        pace=_pace(work, settings),
    )
    price_sites(work, label_factor(work, point.phi), point.mu, state.site_price)
    return state


def _pace(work: Work, settings: BoundSettings) -> Pace:
    large = work.sites.size >= settings.large_entries
    return Pace(
        check_every=settings.large_check_every if large else settings.check_every,
        fresh=settings.large_check_every,
        longest_epoch=settings.longest_epoch,
        restart_share=settings.restart_share,
        ratio_limit=settings.step_ratio_limit,
        smoothing=settings.ratio_smoothing,
        dearest_floor=settings.dearest_floor,
    )


@kernel
def step_sizes(work: Work, least: float) -> Any:
    """Return (inverse primal steps of the columns, dual steps of the side rows) at ratio 1.

    The inverse step of a column is at least the share `least` of the mean weight of a site.
    """
    site_weight = np.zeros(work.fold.shape[1])
    for row in range(work.weights.size):
        for entry in range(work.indptr[row], work.indptr[row + 1]):
            site_weight[work.sites[entry]] += work.weights[row]
    everything = 0.0
    for site in range(site_weight.size):
        everything += site_weight[site]
    mean = max(1e-9, everything / max(1, site_weight.size))
    step = np.full(work.columns.size, least * mean)
    for column in range(step.size):
        if work.column_site[column] >= 0:
            step[column] += site_weight[work.column_site[column]]
    side_step = np.ones(work.low.size)
    for row in range(side_step.size):
        size = 0.0
        for entry in range(work.side_indptr[row], work.side_indptr[row + 1]):
            size += abs(work.side_coefficients[entry])
        scale = mean * (work.side_indptr[row + 1] - work.side_indptr[row]) / max(size, 1e-12)
        side_step[row] = scale / max(size, 1e-12)
        if row == work.main:
            continue
        for entry in range(work.side_indptr[row], work.side_indptr[row + 1]):
            step[work.side_columns[entry]] += scale * abs(work.side_coefficients[entry])
    return step, side_step


@kernel
def label_factor(work: Work, phi: Floats) -> Any:
    """Return what a unit of weight of each label is worth: to the objective, and at the floor prices."""
    factor = work.label_worth.copy()
    for label in range(factor.size):
        for entry in range(work.label_indptr[label], work.label_indptr[label + 1]):
            factor[label] += phi[work.label_floors[entry]]
    return factor


@fast_kernel
def price_sites(work: Work, factor: Floats, mu: Floats, site_price: OutFloats) -> Any:
    """Fill `site_price`; return the sum of ``w (1 + phi) (1 - mu)``."""
    rest = 0.0
    prices = np.empty(mu.size)
    for row in range(mu.size):
        weight = work.weights[row] * factor[work.label[row]]
        prices[row] = weight * mu[row]
        rest += weight - prices[row]
    spread_prices(work.forest, prices, site_price)
    return rest


@fast_inner
def step_rows(work: Any, state: Any, factor: Any, y: Any, covered: Any) -> Any:
    """Dual step of the rows against sites opened to `y`; refill prices; add covered weight by label."""
    mu, total, ratio = state.now.mu, state.total.mu, state.scalars[RATIO]
    reach, prices = reach_rows(work.forest, y), np.empty(mu.size)
    rest = 0.0
    for row in range(mu.size):
        moved = min(1.0, max(0.0, mu[row] - ratio * (reach[row] - 1.0) * work.inverse_degree[row]))
        mu[row] = moved
        total[row] += moved
        prices[row] = work.weights[row] * moved
        rest += work.weights[row] - prices[row]
    if work.minimum.size:
        rest = 0.0
        for row in range(mu.size):
            covered[work.label[row]] += work.weights[row] + prices[row] * (reach[row] - 1.0)
            prices[row] *= factor[work.label[row]]
            rest += work.weights[row] * factor[work.label[row]] - prices[row]
    spread_prices(work.forest, prices, state.site_price)
    return rest


@kernel
def column_prices(work: Work, site_price: Floats, factor: Floats, theta: Floats) -> Any:
    """Return the reduced values of the columns, the main row not priced."""
    at_site = site_price.copy()
    for label in range(factor.size):
        for site in range(at_site.size):
            at_site[site] += factor[label] * work.fold[label, site]
    rho = work.values.copy()
    for column in range(rho.size):
        if work.column_site[column] >= 0:
            rho[column] += at_site[work.column_site[column]]
        for entry in range(work.column_indptr[column], work.column_indptr[column + 1]):
            rho[column] -= theta[work.column_rows[entry]] * work.column_coefficients[entry]
    return rho


@inner
def projected(work: Any, x: Any, rho: Any, step: Any, ratio: Any) -> Any:
    """Return the point of the box, and of the main row, nearest to ``x + rho / (ratio step)``."""
    moved = np.empty(x.size)
    for column in range(x.size):
        moved[column] = min(1.0, max(0.0, x[column] + rho[column] / (ratio * step[column])))
    if work.main < 0:
        return moved
    begin, end, limit = work.side_indptr[work.main], work.side_indptr[work.main + 1], work.high[work.main]
    used, most = 0.0, 0.0
    for entry in range(begin, end):
        column, size = work.side_columns[entry], work.side_coefficients[entry]
        used += size * moved[column]
        target = x[column] * ratio * step[column] + rho[column] - (ratio * step[column] if size < 0 else 0.0)
        most = max(most, target / size)
    if used > limit:
        pace = np.empty(step.size)
        for column in range(step.size):
            pace[column] = 1.0 / (ratio * step[column])
        _pay(work, x, rho, pace, most, moved)
    return moved


@inner
def _pay(work: Any, x: Any, rho: Any, pace: Any, most: Any, moved: Any) -> None:
    """Set `moved` to the point at the price of the main row that keeps its limit: Newton steps within a bracket."""
    begin, end, limit = work.side_indptr[work.main], work.side_indptr[work.main + 1], work.high[work.main]
    least, price = 0.0, 0.0
    for _ in range(_PAY_STEPS):
        used, slope = 0.0, 0.0
        for entry in range(begin, end):
            column, size = work.side_columns[entry], work.side_coefficients[entry]
            target = x[column] + (rho[column] - price * size) * pace[column]
            moved[column] = min(1.0, max(0.0, target))
            used += size * moved[column]
            if 0.0 < target < 1.0:
                slope += size * size * pace[column]
        if abs(used - limit) <= _PAID * abs(limit) or most - least <= _PAID * most:
            break
        if used > limit:
            least = price
        else:
            most = price
        price += (used - limit) / max(slope, 1e-300)
        if not least < price < most:
            price = 0.5 * (least + most)


@kernel
def main_price(work: Work, rho: Floats) -> Any:
    """Return (best price of the main row, bound from all columns there): the least of a convex piecewise line."""
    if work.main < 0:
        return 0.0, gained_of(rho)
    begin, end, limit = work.side_indptr[work.main], work.side_indptr[work.main + 1], work.high[work.main]
    slope = limit
    breaks = np.empty(end - begin)
    for entry in range(begin, end):
        size, value = work.side_coefficients[entry], rho[work.side_columns[entry]]
        breaks[entry - begin] = value / size
        if value > 0.0 or (value == 0.0 and size < 0.0):
            slope -= size
    price = 0.0
    if slope < 0.0:
        for at in np.argsort(breaks):
            if breaks[at] > 0.0:
                price = breaks[at]
                slope += abs(work.side_coefficients[begin + at])
                if slope >= 0.0:
                    break
    total = price * limit
    for column in range(rho.size):
        total += max(0.0, rho[column])
    for entry in range(begin, end):
        size, value = work.side_coefficients[entry], rho[work.side_columns[entry]]
        total += max(0.0, value - price * size) - max(0.0, value)
    return price, total


@inner
def outside_rows_and_columns(work: Any, factor: Any, theta: Any, phi: Any) -> Any:
    """Return the part of the bound that comes neither from rows nor from columns."""
    total = work.constant
    for label in range(factor.size):
        total += factor[label] * work.covered[label]
    for floor in range(phi.size):
        total -= phi[floor] * work.minimum[floor]
    for row in range(theta.size):
        if theta[row] > 0.0:
            total += theta[row] * work.high[row]
        elif theta[row] < 0.0:
            total += theta[row] * work.low[row]
    return total


@kernel
def sites_opened(work: Work, x: Floats) -> Any:
    """Return how far each live site is open."""
    y = np.zeros(work.fold.shape[1])
    for column in range(x.size):
        if work.column_site[column] >= 0:
            y[work.column_site[column]] += x[column]
    return y


@inner
def step_side_rows(work: Any, state: Any, x: Any) -> Any:
    """Dual step of the side rows but the main one."""
    theta = state.now.theta
    for row in range(theta.size):
        if row == work.main:
            continue
        used = 0.0
        for entry in range(work.side_indptr[row], work.side_indptr[row + 1]):
            used += work.side_coefficients[entry] * x[work.side_columns[entry]]
        pace = state.scalars[RATIO] * state.side_step[row]
        above, below = theta[row] + pace * (used - work.high[row]), theta[row] + pace * (used - work.low[row])
        theta[row] = max(0.0, above) + min(0.0, below)
        state.total.theta[row] += theta[row]


@inner
def step_floors(work: Any, state: Any, covered: Any, y: Any) -> Any:
    """Dual step of the floors; `covered` is the weight covered in rows, by label."""
    gained = np.empty(covered.size)
    for label in range(gained.size):
        gained[label] = covered[label] + work.covered[label]
        for site in range(y.size):
            gained[label] += work.fold[label, site] * y[site]
    phi = state.now.phi
    reached, whole = np.zeros(phi.size), np.full(phi.size, 1e-9)
    for label in range(gained.size):
        for entry in range(work.label_indptr[label], work.label_indptr[label + 1]):
            reached[work.label_floors[entry]] += gained[label]
            whole[work.label_floors[entry]] += gained[label]
    for floor in range(phi.size):
        pace = state.scalars[RATIO] / max(whole[floor], work.minimum[floor], 1.0)
        phi[floor] = min(state.pace.dearest_floor, max(0.0, phi[floor] + pace * (work.minimum[floor] - reached[floor])))
        state.total.phi[floor] += phi[floor]


@fast_inner
def primal_value(work: Any, x: Any) -> Any:
    """Return the value of `x`, floors and side rows aside."""
    y = sites_opened(work, x)
    value = work.constant + (work.label_worth * work.covered).sum()
    for column in range(x.size):
        value += work.values[column] * x[column]
    for label in range(work.fold.shape[0]):
        for site in range(y.size):
            value += work.label_worth[label] * work.fold[label, site] * y[site]
    reach = reach_rows(work.forest, y)
    for row in range(reach.size):
        value += work.label_worth[work.label[row]] * work.weights[row] * min(1.0, reach[row])
    return value
