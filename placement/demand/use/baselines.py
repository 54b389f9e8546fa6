"""What the model of use is measured beside: one level for all, and the nearest stations; blocks of stations."""

from __future__ import annotations

import numpy as np
from scipy import special

from placement.demand.use.posterior import Predicted
from placement.demand.use.process import between
from placement.values.arrays import FloatArray, IndexArray

NEIGHBOURS = (1, 2, 3, 5, 8, 12, 999)
"""Numbers of nearest stations that are tried; the last: all."""
_BLOCKS, _LEAST_IN_BLOCK = 8, 4
_ROUNDS = 100


def blocks(xy: FloatArray) -> IndexArray:
    """Return (n,) numbers of up to 8 areas of stations, of 4 or more on average: k-means from far-apart seeds."""
    count = min(_BLOCKS, len(xy) // _LEAST_IN_BLOCK)
    if count < 2:
        return np.arange(len(xy))
    apart = between(xy, xy)
    seeds = [int(np.lexsort((xy[:, 1], xy[:, 0], -np.hypot(*(xy - xy.mean(axis=0)).T)))[0])]
    while len(seeds) < count:
        seeds.append(int(apart[:, seeds].min(axis=1).argmax()))
    centres = xy[seeds]
    labels = between(xy, centres).argmin(axis=1)
    for _ in range(_ROUNDS):
        centres = np.array([xy[labels == k].mean(axis=0) if (labels == k).any() else centres[k] for k in range(count)])
        moved = between(xy, centres).argmin(axis=1)
        if (moved == labels).all():
            break
        labels = moved
    return np.asarray(labels)


def constant_left_out(log_visits: FloatArray, labels: IndexArray) -> Predicted:
    """Return the mean of the stations outside a station's block, (n,)."""
    mean, sd = np.empty(len(log_visits)), np.empty(len(log_visits))
    for label in np.unique(labels):
        rest = log_visits[labels != label]
        mean[labels == label] = rest.mean()
        sd[labels == label] = rest.std(ddof=1) * np.sqrt(1 + 1 / len(rest)) if len(rest) > 1 else np.inf
    return Predicted(mean=mean, sd=sd * _t_sd(len(log_visits)), freedom=_freedom(len(log_visits)))


def nearest_left_out(xy: FloatArray, log_visits: FloatArray, labels: IndexArray) -> Predicted:
    """Return the mean of the nearest stations outside a station's block; their number by inner leave-one-out."""
    mean, sd = np.empty(len(log_visits)), np.empty(len(log_visits))
    for label in np.unique(labels):
        out, rest = np.flatnonzero(labels == label), np.flatnonzero(labels != label)
        error, count = best_count(xy[rest], log_visits[rest])
        order = np.argsort(between(xy[out], xy[rest]), axis=1, kind="stable")[:, :count]
        mean[out], sd[out] = log_visits[rest][order].mean(axis=1), error
    return Predicted(mean=mean, sd=sd * _t_sd(len(log_visits)), freedom=_freedom(len(log_visits)))


def best_count(xy: FloatArray, log_visits: FloatArray) -> tuple[float, int]:
    """Return the least root mean square error of leave-one-out, and the number of neighbours that has it."""
    order = np.argsort(between(xy, xy) + np.diag(np.full(len(xy), np.inf)), axis=1, kind="stable")
    found = []
    for count in sorted({min(count, len(xy) - 1) for count in NEIGHBOURS}):
        error = log_visits - log_visits[order[:, :count]].mean(axis=1)
        found.append((float(np.sqrt((error**2).mean())), count))
    return min(found)


def _freedom(n: int) -> float:
    return max(n - 2.0, 2.1)


def _t_sd(n: int) -> float:
    """Return the standard deviation of Student's t, in its scale."""
    return float(np.sqrt(_freedom(n) / (_freedom(n) - 2.0)))


def spearman(predicted: FloatArray, observed: FloatArray) -> float:
    """Return Spearman's rank correlation; 0 where one is all the same."""
    if np.ptp(predicted) < _SAME or np.ptp(observed) < _SAME:
        return 0.0
    return float(np.corrcoef(_ranks(predicted), _ranks(observed))[0, 1])


_SAME = 1e-9


def _ranks(values: FloatArray) -> FloatArray:
    ordered = np.sort(values)
    return np.asarray(np.searchsorted(ordered, values) + np.searchsorted(ordered, values, side="right")) / 2.0


def scores(predicted: Predicted, log_visits: FloatArray, widened: float = 1.0) -> dict[str, float]:
    """Return the root mean square error of the logarithm, median error in parts, rank correlation, and share held."""
    error = predicted.mean - log_visits
    low, high = (predicted.quantile(tail, widened) for tail in (0.05, 0.95))
    return {
        "rmse_log": float(np.sqrt((error**2).mean())),
        "median_error": float(np.median(np.abs(np.expm1(error)))),
        "rank_correlation": spearman(predicted.mean, log_visits),
        "held": float(((low <= log_visits) & (log_visits <= high)).mean()),
    }


def widening(predicted: Predicted, log_visits: FloatArray) -> float:
    """Return the factor of the standard deviation at which 90 % of the residuals lie within 90 % intervals."""
    unit = predicted.sd * np.sqrt((predicted.freedom - 2.0) / predicted.freedom)
    wide = np.abs(log_visits - predicted.mean) / (unit * special.stdtrit(predicted.freedom, 0.95))
    return max(float(np.quantile(wide, 0.9)), 1.0)
