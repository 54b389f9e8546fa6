r"""Restarted primal-dual hybrid gradient on the relaxation with odd-set cuts, where the simplex method is too slow.

Without cuts the cover variables ``z`` are eliminated (`first_order`); a cut ties several of them together, so that
here every row that stands in a cut keeps its own:

.. math::

    \min_{\lambda, \nu \ge 0} \max_{x \in X,\, 0 \le z \le 1}\; \sum_r w_r z_r + v x - \sum_r \lambda_r (z_r - (Cx)_r)
    - \sum_K \nu_K \bigl(\sum_{r \in K} z_r - \tfrac{|K|-1}{2} - \sum_j \lceil |K \cap j| / 2 \rceil y_j \bigr) ,

``X`` the box cut by the main row. Since ``ceil(n / 2) = n - floor(n / 2)``, the sum over the sites of a set is that of
the covers ``(Cx)_r`` of its rows, known already, less the share of the few sites that cover two of them or more: a set
costs these sites only. Dual steps are scaled by the weights of rows, those of a cut by the mean weight of
its rows. For programs whose only side row is the main one and that have no floors.

Sources: those of :mod:`placement.solve.bounds.first_order` and :mod:`placement.solve.cuts.pool`.
"""

# ruff: noqa: PLR0917 - numba kernels take arrays by position

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from placement.kernels import Floats, Ints, Longs, OutFloats, fast_inner, fast_kernel, inner, kernel, read_only
from placement.solve.bounds.points import add, apart, beyond, clear, put, shared
from placement.solve.bounds.saddle import column_prices, main_price, outside_rows_and_columns, projected, sites_opened
from placement.solve.program.forest import reach_rows, spread_prices
from placement.solve.program.restrict import Work
from placement.solve.settings import DEFAULTS, BoundSettings

RATIO, EPOCH, BEST, LAST = 0, 1, 2, 3
"""Positions in ``CutState.scalars``: step ratio, iterations since the restart, best bound, bound at the restart."""


class CutPace(NamedTuple):
    """Numbers of :class:`placement.solve.settings.BoundSettings` that steps with cuts go by.

    Attributes
    ----------
    check_every, shortest_epoch, longest_epoch
        Steps between two looks at the bound; steps before and after which averaging begins anew.
    ratio_limit, smoothing
        Of the ratio of primal to dual step.
    """

    check_every: int
    shortest_epoch: int
    longest_epoch: int
    ratio_limit: float
    smoothing: float


class CutGround(NamedTuple):
    """Odd sets over the rows of a restricted program, and the step sizes they bring.

    Attributes
    ----------
    indptr, rows
        The rows of each set.
    site_indptr, sites, sizes
        Sites that cover two rows of a set or more, and half the number of these rows, rounded down.
    limits
        Right-hand sides.
    place
        (rows,) position of a row among those that stand in sets, or -1.
    row_step, set_step
        Dual steps at ratio 1.
    cover_step, column_step
        Inverse primal steps at ratio 1 of the cover variables kept and of the columns.
    """

    indptr: Longs
    rows: Longs
    site_indptr: Longs
    sites: Ints
    sizes: Floats
    limits: Floats
    place: Longs
    row_step: Floats
    set_step: Floats
    cover_step: Floats
    column_step: Floats


class CutPoint(NamedTuple):
    """Columns, cover variables of the rows in sets, prices of rows and of sets."""

    x: OutFloats
    z: OutFloats
    rows: OutFloats
    sets: OutFloats


class CutState(NamedTuple):
    """Iterate, sum since the restart, point of the restart, best dual point; what prices make of rows and sites.

    Attributes
    ----------
    taken
        Price taken from each row that stands in sets.
    site_price
        Price at each site.
    scalars
        See the positions above.
    pace
        What steps and restarts go by.
    """

    now: CutPoint
    total: CutPoint
    anchor: CutPoint
    best: CutPoint
    taken: OutFloats
    site_price: OutFloats
    scalars: OutFloats
    pace: CutPace


def cut_ground(work: Work, sets: list[tuple[int, ...]], settings: BoundSettings = DEFAULTS.bounds) -> CutGround:
    """Return the sets in compressed form with the step sizes of the whole."""
    indptr = np.cumsum([0, *(len(rows) for rows in sets)]).astype(np.int64)
    rows = np.array([row for each in sets for row in each], dtype=np.int64)
    counts = _rows_of_sets(work, indptr, rows)
    coefficients = (counts.data + 1) // 2
    set_of_count = np.repeat(np.arange(len(sets)), np.diff(counts.indptr))
    shared = counts.data >= 2
    site_indptr = np.concatenate([[0], np.cumsum(np.bincount(set_of_count[shared], minlength=len(sets)))])
    place = np.full(work.weights.size, -1, dtype=np.int64)
    kept = np.unique(rows)
    place[kept] = np.arange(kept.size)
    of_set = np.repeat(np.arange(len(sets)), np.diff(indptr))
    weight = np.bincount(of_set, weights=work.weights[rows], minlength=len(sets)) / np.maximum(np.diff(indptr), 1)
    length = np.diff(indptr) + np.bincount(set_of_count, weights=coefficients, minlength=len(sets))
    site_weight = np.bincount(
        work.sites, weights=np.repeat(work.weights, np.diff(work.indptr)), minlength=work.fold.shape[1]
    ) + np.bincount(counts.indices, weights=coefficients * weight[set_of_count], minlength=work.fold.shape[1])
    floor = settings.least_step * max(1e-9, float(site_weight.mean()) if site_weight.size else 1.0)
    return read_only(
        CutGround(
            indptr=indptr,
            rows=rows,
            site_indptr=site_indptr.astype(np.int64),
            sites=counts.indices[shared].astype(np.int32),
            sizes=(counts.data[shared] // 2).astype(np.float64),
            limits=(np.diff(indptr) - 1) / 2.0,
            place=place,
            row_step=work.weights / (np.diff(work.indptr) + (place >= 0)),
            set_step=weight / np.maximum(length, 1.0),
            cover_step=work.weights[kept]
            + np.bincount(place[rows], weights=np.repeat(weight, np.diff(indptr)), minlength=kept.size),
            column_step=floor + np.append(site_weight, 0.0)[work.column_site],
        )
    )


def _rows_of_sets(work: Work, indptr: NDArray[Any], rows: NDArray[Any]) -> sparse.csr_array:
    """Return how many rows of each set each site covers, (sets, sites)."""
    members = sparse.csr_array(
        (np.ones(rows.size, dtype=np.int32), rows, indptr), shape=(indptr.size - 1, work.weights.size)
    )
    covers = sparse.csr_array(
        (np.ones(work.sites.size, dtype=np.int32), work.sites, work.indptr),
        shape=(work.weights.size, work.fold.shape[1]),
    )
    return members @ covers


def start_cut_state(
    work: Work,
    ground: CutGround,
    x: NDArray[Any],
    rows: NDArray[Any],
    sets: NDArray[Any],
    ratio: float,
    settings: BoundSettings = DEFAULTS.bounds,
) -> CutState:
    """Return the state of a run from a point; arrays are copied."""
    reach = np.add.reduceat(np.append(sites_opened(work, x)[work.sites], 0.0), work.indptr[:-1])
    z = np.minimum(1.0, reach[ground.place >= 0])
    point = CutPoint(x.astype(np.float64), z, rows.astype(np.float64), sets.astype(np.float64))
    state = CutState(
        now=point,
        total=CutPoint(*(np.zeros_like(part) for part in point)),
        anchor=CutPoint(*(part.copy() for part in point)),
        best=CutPoint(*(part.copy() for part in point)),
        taken=np.zeros(z.size),
        site_price=np.zeros(work.fold.shape[1]),
        scalars=np.array([ratio, 0.0, np.inf, np.inf]),
        pace=CutPace(
            check_every=settings.cut_check_every,
            shortest_epoch=settings.cut_shortest_epoch,
            longest_epoch=settings.cut_longest_epoch,
            ratio_limit=settings.step_ratio_limit,
            smoothing=settings.ratio_smoothing,
        ),
    )
    price(work, ground, point, state.taken, state.site_price)
    return state


@fast_kernel
def price(work: Work, ground: CutGround, point: CutPoint, taken: OutFloats, site_price: OutFloats) -> Any:
    """Fill `taken` and `site_price`; return the part of the bound that comes from rows and sets."""
    _charge(work, ground, point, taken, site_price)
    return _rest(work, ground, point, taken)


@fast_inner
def _charge(work: Any, ground: Any, point: Any, taken: Any, site_price: Any) -> None:
    """Fill `taken` and `site_price` with what prices of rows and sets make of rows in sets and of sites."""
    charged = point.rows.copy()
    for number in range(point.sets.size):
        for entry in range(ground.indptr[number], ground.indptr[number + 1]):
            charged[ground.rows[entry]] += point.sets[number]
    for row in range(charged.size):
        if ground.place[row] >= 0:
            taken[ground.place[row]] = charged[row]
    spread_prices(work.forest, charged, site_price)
    for number in range(point.sets.size):
        for entry in range(ground.site_indptr[number], ground.site_indptr[number + 1]):
            site_price[ground.sites[entry]] -= point.sets[number] * ground.sizes[entry]


@fast_inner
def _step_rows(work: Any, ground: Any, state: Any, reach: Any, z: Any) -> None:
    """Dual step of the rows against what covers them and covers `z`."""
    prices, total, ratio = state.now.rows, state.total.rows, state.scalars[RATIO]
    for row in range(prices.size):
        at = ground.place[row]
        covered = 1.0 if at < 0 else z[at]
        paid = max(0.0, prices[row] - ratio * ground.row_step[row] * (reach[row] - covered))
        if at < 0:
            paid = min(paid, work.weights[row])
        prices[row] = paid
        total[row] += paid


@fast_inner
def _step_sets(ground: Any, state: Any, reach: Any, y: Any, z: Any) -> None:
    prices = state.now.sets
    for number in range(prices.size):
        slack = ground.limits[number]
        for entry in range(ground.indptr[number], ground.indptr[number + 1]):
            row = ground.rows[entry]
            slack += reach[row] - z[ground.place[row]]
        for entry in range(ground.site_indptr[number], ground.site_indptr[number + 1]):
            slack -= ground.sizes[entry] * y[ground.sites[entry]]
        prices[number] = max(0.0, prices[number] - state.scalars[RATIO] * ground.set_step[number] * slack)
        state.total.sets[number] += prices[number]


@inner
def _bound(work: Any, site_price: Any, rest: Any, one: Any, nothing: Any) -> Any:
    rho = column_prices(work, site_price, one, nothing)
    _, from_columns = main_price(work, rho)
    return rest + from_columns + outside_rows_and_columns(work, one, nothing, np.empty(0))


@inner
def _keep_best(state: Any, point: Any, bound: Any) -> None:
    if bound < state.scalars[BEST]:
        state.scalars[BEST] = bound
        put(state.best.rows, point.rows)
        put(state.best.sets, point.sets)


@inner
def _put_all(target: Any, source: Any) -> None:
    put(target.x, source.x)
    put(target.z, source.z)
    put(target.rows, source.rows)
    put(target.sets, source.sets)


@inner
def _apart_in_steps(step: Any, now: Any, then: Any) -> Any:
    """Return the squared distance of two points in units of the dual steps."""
    total = 0.0
    for at in range(now.size):
        total += (now[at] - then[at]) ** 2 / max(step[at], 1e-12)
    return total


@inner
def _restart(ground: Any, state: Any, bound: Any) -> None:
    """Start a new epoch and adapt the step ratio to how far primal and dual moved in the last."""
    now, anchor, total, scalars, pace = state.now, state.anchor, state.total, state.scalars, state.pace
    primal = apart(ground.column_step, now.x, anchor.x) + apart(ground.cover_step, now.z, anchor.z)
    dual = _apart_in_steps(ground.row_step, now.rows, anchor.rows)
    dual += _apart_in_steps(ground.set_step, now.sets, anchor.sets)
    if primal > 1e-12 and dual > 1e-12:
        suggested, old = 0.5 * np.log(dual / primal), np.log(scalars[RATIO])
        ratio = np.exp(pace.smoothing * suggested + (1.0 - pace.smoothing) * old)
        scalars[RATIO] = min(max(ratio, 1.0 / pace.ratio_limit), pace.ratio_limit)
    _put_all(anchor, now)
    clear(total.x)
    clear(total.z)
    clear(total.rows)
    clear(total.sets)
    scalars[EPOCH], scalars[LAST] = 0.0, bound


@inner
def _check(work: Any, ground: Any, state: Any, one: Any, nothing: Any) -> None:
    """Look at iterate and average: keep the best bound, restart from the better of the two."""
    now, total, scalars, pace = state.now, state.total, state.scalars, state.pace
    count = max(1.0, scalars[EPOCH])
    average = CutPoint(
        shared(total.x, count), shared(total.z, count), shared(total.rows, count), shared(total.sets, count)
    )
    bound = _bound(work, state.site_price, _rest(work, ground, now, state.taken), one, nothing)
    taken, site_price = np.empty(state.taken.size), np.empty(state.site_price.size)
    rest = price(work, ground, average, taken, site_price)
    average_bound = _bound(work, site_price, rest, one, nothing)
    _keep_best(state, now, bound)
    _keep_best(state, average, average_bound)
    settled = scalars[EPOCH] >= pace.shortest_epoch and average_bound < bound and average_bound <= scalars[BEST]
    if not settled and scalars[EPOCH] < pace.longest_epoch:
        return
    if average_bound <= bound:
        _put_all(now, average)
        put(state.taken, taken)
        put(state.site_price, site_price)
    _restart(ground, state, min(bound, average_bound))


@fast_inner
def _rest(work: Any, ground: Any, point: Any, taken: Any) -> Any:
    """Return the part of the bound that comes from rows and sets once these are priced."""
    rest = (point.sets * ground.limits).sum()
    for row in range(point.rows.size):
        at = ground.place[row]
        rest += max(0.0, work.weights[row] - (point.rows[row] if at < 0 else taken[at]))
    return rest


@kernel
def run_with_cuts(work: Work, ground: CutGround, state: CutState, iterations: int) -> None:
    """Iterate; the best dual point is in ``state.best``, its bound in ``state.scalars[BEST]``."""
    one, nothing = np.ones(work.label_indptr.size - 1), np.zeros(work.low.size)
    now, total = state.now, state.total
    weights_kept = np.empty(now.z.size)
    for row in range(ground.place.size):
        if ground.place[row] >= 0:
            weights_kept[ground.place[row]] = work.weights[row]
    for iteration in range(1, iterations + 1):
        ratio = state.scalars[RATIO]
        rho = column_prices(work, state.site_price, one, nothing)
        moved = projected(work, now.x, rho, ground.column_step, ratio)
        ahead = beyond(moved, now.x)
        z = np.empty(now.z.size)
        for at in range(z.size):
            step = now.z[at] + (weights_kept[at] - state.taken[at]) / (ratio * ground.cover_step[at])
            z[at] = 2.0 * min(1.0, max(0.0, step)) - now.z[at]
            now.z[at] = min(1.0, max(0.0, step))
        put(now.x, moved)
        add(total.x, moved)
        add(total.z, now.z)
        state.scalars[EPOCH] += 1.0
        y = sites_opened(work, ahead)
        reach = reach_rows(work.forest, y)
        _step_rows(work, ground, state, reach, z)
        _step_sets(ground, state, reach, y, z)
        _charge(work, ground, now, state.taken, state.site_price)
        if iteration % state.pace.check_every == 0:
            _check(work, ground, state, one, nothing)


def main_row_price(work: Work, ground: CutGround, rows: NDArray[Any], sets: NDArray[Any]) -> float:
    """Return the best price of the main row at given prices of rows and sets."""
    point = CutPoint(np.empty(0), np.empty(0), rows, sets)
    site_price = np.zeros(work.fold.shape[1])
    price(work, ground, point, np.zeros(int((ground.place >= 0).sum())), site_price)
    one = np.ones(work.label_indptr.size - 1)
    best, _ = main_price(work, column_prices(work, site_price, one, np.zeros(work.low.size)))
    return float(best)
