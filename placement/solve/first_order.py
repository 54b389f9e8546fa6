r"""Restarted primal-dual hybrid gradient on the linear relaxation, matrix-free.

With row multipliers ``mu`` in [0, 1], side prices ``theta`` and floor prices ``phi >= 0`` the relaxation is the saddle

.. math::

    \min_{\mu, \theta, \varphi} \max_{x \in X}\; \sum_r w_r (1 + \varphi_r) (1 - \mu_r + \mu_r (Cx)_r) + v x
    - \theta (A x - g) - \sum_f \varphi_f m_f ,

``C`` the cover matrix, ``v`` the column values and ``X`` the box cut by one *main* row (the budget), on which the
primal step projects exactly. Iterates are averaged and restarted when the duality gap has halved; the ratio of primal
to dual step follows the distances moved since the last restart. Any ``mu``, ``phi >= 0`` and admissible ``theta`` give
a valid bound, so that nothing here has to be believed: bounds are recomputed in integers (`prices`).

Sources: Chambolle & Pock (2011), A first-order primal-dual algorithm for convex problems, J. Math. Imaging and Vision
40, 120-145; Applegate et al. (2021), Practical large-scale linear programming using PDHG, NeurIPS 34 (restarts,
primal weight); Pock & Chambolle (2011), Diagonal preconditioning for first order primal-dual algorithms, ICCV.
"""

# ruff: noqa: PLR0917 - numba kernels take arrays by position

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from placement.solve.restrict import Work

RUNNING, PRUNED, FIXABLE, CONVERGED = 0, 1, 2, 3
"""How a run ended."""

_CHECK_EVERY = 10
_LONGEST_EPOCH = 200
_STEP_RATIO_LIMIT = 100.0
_NO_PLAN_YET = 2.0**60
"""What is allowed lies this far below every value as long as there is no plan."""

_RATIO, _EPOCH, _LAST_GAP, _BEST_DUAL, _BEST_PRIMAL = 0, 1, 2, 3, 4


class Point(NamedTuple):
    """A primal-dual point: columns, row multipliers, side prices (0 at the main row), floor prices."""

    x: NDArray[Any]
    mu: NDArray[Any]
    theta: NDArray[Any]
    phi: NDArray[Any]


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
    """

    now: Point
    total: Point
    anchor: Point
    best: Point
    site_price: NDArray[Any]
    step: NDArray[Any]
    side_step: NDArray[Any]
    scalars: NDArray[Any]


def start_state(work: Work, x: NDArray[Any], mu: NDArray[Any], theta: NDArray[Any], phi: NDArray[Any]) -> State:
    """Return the state of a run from the given point; arrays are copied."""
    theta = theta.copy()
    if work.main >= 0:
        theta[work.main] = 0.0
    point = Point(x.astype(np.float64), mu.astype(np.float64), theta, phi.astype(np.float64))
    step, side_step = _steps(work)
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
    )
    _price_sites(work, label_factor(work, point.phi), point.mu, state.site_price)
    return state


@njit(nogil=True, cache=True)
def _steps(work: Any) -> Any:
    site_weight = np.zeros(work.fold.shape[1])
    for row in range(work.weights.size):
        for entry in range(work.indptr[row], work.indptr[row + 1]):
            site_weight[work.sites[entry]] += work.weights[row]
    mean = max(1e-9, site_weight.sum() / max(1, site_weight.size))
    step = np.full(work.columns.size, 1e-3 * mean)
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


@njit(nogil=True, cache=True)
def label_factor(work: Any, phi: Any) -> Any:
    """Return 1 + the floor prices of each label."""
    factor = np.ones(work.label_indptr.size - 1)
    for label in range(factor.size):
        for entry in range(work.label_indptr[label], work.label_indptr[label + 1]):
            factor[label] += phi[work.label_floors[entry]]
    return factor


@njit(nogil=True, cache=True, fastmath=True)
def _price_sites(work: Any, factor: Any, mu: Any, site_price: Any) -> Any:
    """Fill `site_price`; return the sum of ``w (1 + phi) (1 - mu)``."""
    site_price[:] = 0.0
    rest = 0.0
    for row in range(mu.size):
        weight = work.weights[row] * factor[work.label[row]]
        price = weight * mu[row]
        rest += weight - price
        if price != 0.0:
            for entry in range(work.indptr[row], work.indptr[row + 1]):
                site_price[work.sites[entry]] += price
    return rest


@njit(nogil=True, cache=True, fastmath=True)
def _row_step(work: Any, state: Any, factor: Any, y: Any, covered: Any) -> Any:
    """Dual step of the rows against sites opened to `y`; refill prices; add covered weight by label."""
    mu, total, site_price = state.now.mu, state.total.mu, state.site_price
    ratio = state.scalars[_RATIO]
    site_price[:] = 0.0
    rest = 0.0
    for row in range(mu.size):
        reach = -1.0
        for entry in range(work.indptr[row], work.indptr[row + 1]):
            reach += y[work.sites[entry]]
        moved = min(1.0, max(0.0, mu[row] - ratio * reach * work.inverse_degree[row]))
        mu[row] = moved
        total[row] += moved
        covered[work.label[row]] += work.weights[row] * (1.0 + moved * reach)
        weight = work.weights[row] * factor[work.label[row]]
        price = weight * moved
        rest += weight - price
        if price != 0.0:
            for entry in range(work.indptr[row], work.indptr[row + 1]):
                site_price[work.sites[entry]] += price
    return rest


@njit(nogil=True, cache=True)
def column_prices(work: Any, site_price: Any, factor: Any, theta: Any) -> Any:
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


@njit(nogil=True, cache=True)
def _project(work: Any, x: Any, rho: Any, step: Any, ratio: Any) -> Any:
    """Return the point of the box, and of the main row, nearest to ``x + rho / (ratio step)``."""
    moved = np.empty(x.size)
    for column in range(x.size):
        moved[column] = min(1.0, max(0.0, x[column] + rho[column] / (ratio * step[column])))
    if work.main < 0:
        return moved
    begin, end, limit = work.side_indptr[work.main], work.side_indptr[work.main + 1], work.high[work.main]
    used, least, most = 0.0, 0.0, 0.0
    for entry in range(begin, end):
        column, size = work.side_columns[entry], work.side_coefficients[entry]
        used += size * moved[column]
        target = x[column] * ratio * step[column] + rho[column] - (ratio * step[column] if size < 0 else 0.0)
        most = max(most, target / size)
    if used <= limit:
        return moved
    for _ in range(40):
        price = 0.5 * (least + most)
        used = 0.0
        for entry in range(begin, end):
            column, size = work.side_columns[entry], work.side_coefficients[entry]
            used += size * min(1.0, max(0.0, x[column] + (rho[column] - price * size) / (ratio * step[column])))
        if used > limit:
            least = price
        else:
            most = price
    for entry in range(begin, end):
        column, size = work.side_columns[entry], work.side_coefficients[entry]
        moved[column] = min(1.0, max(0.0, x[column] + (rho[column] - most * size) / (ratio * step[column])))
    return moved


@njit(nogil=True, cache=True)
def main_price(work: Any, rho: Any) -> Any:
    """Return (best price of the main row, bound from all columns there): the least of a convex piecewise line."""
    if work.main < 0:
        return 0.0, np.maximum(rho, 0.0).sum()
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


@njit(nogil=True, cache=True)
def _outside(work: Any, factor: Any, theta: Any, phi: Any) -> Any:
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


@njit(nogil=True, cache=True)
def _sites_opened(work: Any, x: Any) -> Any:
    y = np.zeros(work.fold.shape[1])
    for column in range(x.size):
        if work.column_site[column] >= 0:
            y[work.column_site[column]] += x[column]
    return y


@njit(nogil=True, cache=True)
def _side_step(work: Any, state: Any, x: Any) -> Any:
    """Dual step of the side rows but the main one."""
    theta = state.now.theta
    for row in range(theta.size):
        if row == work.main:
            continue
        used = 0.0
        for entry in range(work.side_indptr[row], work.side_indptr[row + 1]):
            used += work.side_coefficients[entry] * x[work.side_columns[entry]]
        pace = state.scalars[_RATIO] * state.side_step[row]
        above, below = theta[row] + pace * (used - work.high[row]), theta[row] + pace * (used - work.low[row])
        theta[row] = max(0.0, above) + min(0.0, below)
        state.total.theta[row] += theta[row]


@njit(nogil=True, cache=True)
def _floor_step(work: Any, state: Any, covered: Any, y: Any) -> Any:
    """Dual step of the floors; `covered` is the weight covered in rows, by label."""
    gained = covered + work.covered
    for label in range(gained.size):
        for site in range(y.size):
            gained[label] += work.fold[label, site] * y[site]
    phi = state.now.phi
    reached, whole = np.zeros(phi.size), np.full(phi.size, 1e-9)
    for label in range(gained.size):
        for entry in range(work.label_indptr[label], work.label_indptr[label + 1]):
            reached[work.label_floors[entry]] += gained[label]
            whole[work.label_floors[entry]] += gained[label]
    for floor in range(phi.size):
        pace = state.scalars[_RATIO] / max(whole[floor], work.minimum[floor], 1.0)
        phi[floor] = min(8.0, max(0.0, phi[floor] + pace * (work.minimum[floor] - reached[floor])))
        state.total.phi[floor] += phi[floor]


@njit(nogil=True, cache=True, fastmath=True)
def _primal_value(work: Any, x: Any) -> Any:
    y = _sites_opened(work, x)
    value = work.constant + work.covered.sum()
    for column in range(x.size):
        value += work.values[column] * x[column]
    for label in range(work.fold.shape[0]):
        for site in range(y.size):
            value += work.fold[label, site] * y[site]
    for row in range(work.weights.size):
        reach = 0.0
        for entry in range(work.indptr[row], work.indptr[row + 1]):
            reach += y[work.sites[entry]]
        value += work.weights[row] * min(1.0, reach)
    return value


@njit(nogil=True, cache=True)
def _average(state: Any) -> Any:
    count = max(1.0, state.scalars[_EPOCH])
    total = state.total
    return Point(total.x / count, total.mu / count, total.theta / count, total.phi / count)


@njit(nogil=True, cache=True)
def _bound_of(work: Any, point: Any, site_price: Any, rest: Any) -> Any:
    """Return (bound, price of the main row, reduced values) of a dual point whose rows are priced already."""
    factor = label_factor(work, point.phi)
    rho = column_prices(work, site_price, factor, point.theta)
    price, from_columns = main_price(work, rho)
    return rest + from_columns + _outside(work, factor, point.theta, point.phi), price, rho


@njit(nogil=True, cache=True)
def _keep_best(work: Any, state: Any, point: Any, bound: Any, price: Any) -> Any:
    if bound >= state.scalars[_BEST_DUAL]:
        return
    state.scalars[_BEST_DUAL] = bound
    state.best.mu[:] = point.mu
    state.best.theta[:] = point.theta
    state.best.phi[:] = point.phi
    if work.main >= 0:
        state.best.theta[work.main] = price


@njit(nogil=True, cache=True)
def count_fixable(work: Any, bound: Any, price: Any, rho: Any, allowed: Any) -> Any:
    """Return how many columns a bound decides: the other choice would fall to `allowed` or below."""
    reduced = rho.copy()
    if work.main >= 0:
        for entry in range(work.side_indptr[work.main], work.side_indptr[work.main + 1]):
            reduced[work.side_columns[entry]] -= price * work.side_coefficients[entry]
    count = 0
    for column in range(reduced.size):
        if bound - abs(reduced[column]) < allowed + 1.0:
            count += 1
    return count


@njit(nogil=True, cache=True)
def _restart(work: Any, state: Any, average: Any, from_average: Any, gap: Any) -> Any:
    """Start a new epoch and adapt the step ratio to how far primal and dual moved in the last."""
    now, anchor, scalars = state.now, state.anchor, state.scalars
    if from_average:
        now.x[:] = average.x
        now.mu[:] = average.mu
        now.theta[:] = average.theta
        now.phi[:] = average.phi
        _price_sites(work, label_factor(work, now.phi), now.mu, state.site_price)
    primal = (state.step * (now.x - anchor.x) ** 2).sum()
    dual = (work.weights / work.inverse_degree * (now.mu - anchor.mu) ** 2).sum()
    for row in range(now.theta.size):
        if row != work.main:
            dual += (now.theta[row] - anchor.theta[row]) ** 2 / state.side_step[row]
    if primal > 1e-12 and dual > 1e-12:
        ratio = np.exp(0.25 * np.log(dual / primal) + 0.5 * np.log(scalars[_RATIO]))
        scalars[_RATIO] = min(max(ratio, 1.0 / _STEP_RATIO_LIMIT), _STEP_RATIO_LIMIT)
    anchor.x[:], anchor.mu[:], anchor.theta[:], anchor.phi[:] = now.x, now.mu, now.theta, now.phi
    state.total.x[:], state.total.mu[:], state.total.theta[:], state.total.phi[:] = 0.0, 0.0, 0.0, 0.0
    scalars[_EPOCH], scalars[_LAST_GAP] = 0.0, gap


@njit(nogil=True, cache=True)
def _check(work: Any, state: Any, rest: Any, allowed: Any, tolerance: Any, fix_share: Any) -> Any:
    """Look at iterate and average: keep the best bound, restart, and say whether the run is over."""
    scalars = state.scalars
    average = _average(state)
    bound, price, rho = _bound_of(work, state.now, state.site_price, rest)
    _keep_best(work, state, state.now, bound, price)
    site_price = np.empty_like(state.site_price)
    average_rest = _price_sites(work, label_factor(work, average.phi), average.mu, site_price)
    average_bound, average_price, average_rho = _bound_of(work, average, site_price, average_rest)
    _keep_best(work, state, average, average_bound, average_price)
    average_value, value = _primal_value(work, average.x), _primal_value(work, state.now.x)
    if max(average_value, value) > scalars[_BEST_PRIMAL] or scalars[_EPOCH] <= _CHECK_EVERY:
        scalars[_BEST_PRIMAL] = max(average_value, value)
        state.best.x[:] = average.x if average_value > value else state.now.x
    best = scalars[_BEST_DUAL]
    if best < allowed + 1.0 - 1e-9 * abs(best):
        return PRUNED
    decided = max(
        count_fixable(work, bound, price, rho, allowed),
        count_fixable(work, average_bound, average_price, average_rho, allowed),
    )
    if decided >= max(1.0, fix_share * work.columns.size):
        return FIXABLE
    average_gap, gap = abs(average_bound - average_value), abs(bound - value)
    if min(gap, average_gap) < 0.5 * scalars[_LAST_GAP] or scalars[_EPOCH] >= _LONGEST_EPOCH:
        _restart(work, state, average, average_gap < gap, min(gap, average_gap))
    spread, above = best - scalars[_BEST_PRIMAL], scalars[_BEST_PRIMAL] - allowed
    if spread < tolerance * abs(best) or (1.0 < above < _NO_PLAN_YET and spread < 0.25 * above):
        return CONVERGED
    return RUNNING


@njit(nogil=True, cache=True)
def run(work: Any, state: Any, iterations: Any, allowed: Any, tolerance: Any, fix_share: Any) -> Any:
    """Iterate until a check ends the run or `iterations` are done; return how it ended.

    `allowed` is the value a bound must not exceed to prune (minus infinity where there is no plan yet); the run also
    ends where at least `fix_share` of the columns are decided by reduced value.
    """
    y = _sites_opened(work, state.now.x)
    for iteration in range(1, iterations + 1):
        factor = label_factor(work, state.now.phi)
        rho = column_prices(work, state.site_price, factor, state.now.theta)
        moved = _project(work, state.now.x, rho, state.step, state.scalars[_RATIO])
        ahead = 2.0 * moved - state.now.x
        state.now.x[:] = moved
        state.total.x[:] += moved
        state.scalars[_EPOCH] += 1.0
        y = _sites_opened(work, ahead)
        covered = np.zeros(factor.size)
        rest = _row_step(work, state, factor, y, covered)
        _side_step(work, state, ahead)
        if state.now.phi.size:
            _floor_step(work, state, covered, y)
            rest = _price_sites(work, label_factor(work, state.now.phi), state.now.mu, state.site_price)
        if iteration % _CHECK_EVERY == 0:
            outcome = _check(work, state, rest, allowed, tolerance, fix_share)
            if outcome != RUNNING:
                return outcome
    return RUNNING
