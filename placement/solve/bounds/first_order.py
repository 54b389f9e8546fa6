r"""Restarted primal-dual hybrid gradient on the linear relaxation, matrix-free.

With row multipliers ``mu`` in [0, 1], side prices ``theta`` and floor prices ``phi >= 0`` the relaxation is the saddle

.. math::

    \min_{\mu, \theta, \varphi} \max_{x \in X}\; \sum_r w_r (1 + \varphi_r) (1 - \mu_r + \mu_r (Cx)_r) + v x
    - \theta (A x - g) - \sum_f \varphi_f m_f ,

``C`` the cover matrix, ``v`` the column values and ``X`` the box cut by one *main* row (the budget), on which the
primal step projects exactly. Iterates are averaged and restarted when the duality gap has halved; the ratio of primal
to dual step follows the distances moved since the last restart. Any ``mu``, ``phi >= 0`` and admissible ``theta`` give
a valid bound, so that nothing here has to be believed: bounds are recomputed in integers (`prices`).

A step costs what neighbouring rows differ by, not what they hold (`forest`).

Sources: Chambolle & Pock (2011), A first-order primal-dual algorithm for convex problems, J. Math. Imaging and Vision
40, 120-145; Applegate et al. (2021), Practical large-scale linear programming using PDHG, NeurIPS 34 (restarts,
primal weight); Pock & Chambolle (2011), Diagonal preconditioning for first order primal-dual algorithms, ICCV.
"""

# ruff: noqa: PLR0917 - numba kernels take arrays by position

from __future__ import annotations

from typing import Any

import numpy as np

from placement.kernels import inner, kernel
from placement.solve.bounds.points import add, apart, beyond, clear, put, shared
from placement.solve.bounds.saddle import (
    BEST_DUAL,
    BEST_PRIMAL,
    EPOCH,
    LAST_GAP,
    RATIO,
    Point,
    State,
    column_prices,
    label_factor,
    main_price,
    outside_rows_and_columns,
    price_sites,
    primal_value,
    projected,
    sites_opened,
    step_floors,
    step_rows,
    step_side_rows,
)
from placement.solve.program.restrict import Work

RUNNING, PRUNED, FIXABLE, CONVERGED = 0, 1, 2, 3
"""How a run ended."""

_NO_PLAN_YET = 2.0**60
"""What is allowed lies this far below every value as long as there is no plan."""


@inner
def _average(state: Any) -> Any:
    count = max(1.0, state.scalars[EPOCH])
    total = state.total
    return Point(shared(total.x, count), shared(total.mu, count), shared(total.theta, count), shared(total.phi, count))


@inner
def _bound_of(work: Any, point: Any, site_price: Any, rest: Any) -> Any:
    """Return (bound, price of the main row, reduced values) of a dual point whose rows are priced already."""
    factor = label_factor(work, point.phi)
    rho = column_prices(work, site_price, factor, point.theta)
    price, from_columns = main_price(work, rho)
    return rest + from_columns + outside_rows_and_columns(work, factor, point.theta, point.phi), price, rho


@inner
def _keep_best(work: Any, state: Any, point: Any, bound: Any, price: Any) -> Any:
    if bound >= state.scalars[BEST_DUAL]:
        return
    state.scalars[BEST_DUAL] = bound
    put(state.best.mu, point.mu)
    put(state.best.theta, point.theta)
    put(state.best.phi, point.phi)
    if work.main >= 0:
        state.best.theta[work.main] = price


@inner
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


@inner
def _put_all(target: Any, source: Any) -> None:
    put(target.x, source.x)
    put(target.mu, source.mu)
    put(target.theta, source.theta)
    put(target.phi, source.phi)


@inner
def _restart(work: Any, state: Any, average: Any, from_average: Any, gap: Any) -> Any:
    """Start a new epoch and adapt the step ratio to how far primal and dual moved in the last."""
    now, anchor, scalars, pace = state.now, state.anchor, state.scalars, state.pace
    if from_average:
        _put_all(now, average)
        price_sites(work, label_factor(work, now.phi), now.mu, state.site_price)
    primal, dual = apart(state.step, now.x, anchor.x), 0.0
    for row in range(now.mu.size):
        dual += work.weights[row] / work.inverse_degree[row] * (now.mu[row] - anchor.mu[row]) ** 2
    for row in range(now.theta.size):
        if row != work.main:
            dual += (now.theta[row] - anchor.theta[row]) ** 2 / state.side_step[row]
    if primal > 1e-12 and dual > 1e-12:
        suggested, old = 0.5 * np.log(dual / primal), np.log(scalars[RATIO])
        ratio = np.exp(pace.smoothing * suggested + (1.0 - pace.smoothing) * old)
        scalars[RATIO] = min(max(ratio, 1.0 / pace.ratio_limit), pace.ratio_limit)
    _put_all(anchor, now)
    clear(state.total.x)
    clear(state.total.mu)
    clear(state.total.theta)
    clear(state.total.phi)
    scalars[EPOCH], scalars[LAST_GAP] = 0.0, gap


@inner
def _check(work: Any, state: Any, rest: Any, allowed: Any, tolerance: Any, fix_share: Any, decisive: Any) -> Any:
    """Look at iterate and average: keep the best bound, restart, and say whether the run is over."""
    scalars, pace = state.scalars, state.pace
    average = _average(state)
    bound, price, rho = _bound_of(work, state.now, state.site_price, rest)
    _keep_best(work, state, state.now, bound, price)
    site_price = np.empty(state.site_price.size)
    average_rest = price_sites(work, label_factor(work, average.phi), average.mu, site_price)
    average_bound, average_price, average_rho = _bound_of(work, average, site_price, average_rest)
    _keep_best(work, state, average, average_bound, average_price)
    average_value, value = primal_value(work, average.x), primal_value(work, state.now.x)
    if max(average_value, value) > scalars[BEST_PRIMAL] or scalars[EPOCH] <= pace.fresh:
        scalars[BEST_PRIMAL] = max(average_value, value)
        put(state.best.x, average.x if average_value > value else state.now.x)
    best = scalars[BEST_DUAL]
    if best < allowed + 1.0 - 1e-9 * abs(best):
        return PRUNED
    decided = max(
        count_fixable(work, bound, price, rho, allowed),
        count_fixable(work, average_bound, average_price, average_rho, allowed),
    )
    if decided >= max(1.0, fix_share * work.columns.size):
        return FIXABLE
    average_gap, gap = abs(average_bound - average_value), abs(bound - value)
    if min(gap, average_gap) < pace.restart_share * scalars[LAST_GAP] or scalars[EPOCH] >= pace.longest_epoch:
        _restart(work, state, average, average_gap < gap, min(gap, average_gap))
    spread, above = best - scalars[BEST_PRIMAL], scalars[BEST_PRIMAL] - allowed
    if spread < tolerance * abs(best) or (1.0 < above < _NO_PLAN_YET and spread < decisive * above):
        return CONVERGED
    return RUNNING


@kernel
def run(
    work: Work, state: State, iterations: int, allowed: float, tolerance: float, fix_share: float, decisive: float
) -> Any:
    """Iterate until a check ends the run or `iterations` are done; return how it ended.

    `allowed` is the value a bound must not exceed to prune (minus infinity where there is no plan yet). The run also
    ends where at least `fix_share` of the columns are decided by reduced value, and where the relaxation is known to
    lie so far above that what is left of the duality gap is the share `decisive` of it.
    """
    for iteration in range(1, iterations + 1):
        factor = label_factor(work, state.now.phi)
        rho = column_prices(work, state.site_price, factor, state.now.theta)
        moved = projected(work, state.now.x, rho, state.step, state.scalars[RATIO])
        ahead = beyond(moved, state.now.x)
        put(state.now.x, moved)
        add(state.total.x, moved)
        state.scalars[EPOCH] += 1.0
        y = sites_opened(work, ahead)
        covered = np.zeros(factor.size)
        rest = step_rows(work, state, factor, y, covered)
        step_side_rows(work, state, ahead)
        if state.now.phi.size:
            step_floors(work, state, covered, y)
            rest = price_sites(work, label_factor(work, state.now.phi), state.now.mu, state.site_price)
        if iteration % state.pace.check_every == 0:
            outcome = _check(work, state, rest, allowed, tolerance, fix_share, decisive)
            if outcome != RUNNING:
                return outcome
    return RUNNING
