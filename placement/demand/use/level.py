"""The level of use: how much of what surveys and trip rates lead to expect is seen at stations."""

from __future__ import annotations

import numpy as np

from placement.demand.use.evidence import UseLevel
from placement.demand.use.fit import Fitted
from placement.demand.use.posterior import TAILS
from placement.demand.use.reach import Reach
from placement.values.arrays import BoolArray, FloatArray

NEAR_MIN = 15.0
"""People within a walk of so many minutes of a station are expected to use one."""


def use_level(fitted: Fitted, reach: Reach, standing: BoolArray) -> UseLevel:
    """Return the first source's expected use near today's stations beside what it makes there.

    The part of the visits that the first source makes differs between sets of parameters, and records have errors:
    both are in the interval.
    """
    near = (reach.minutes <= NEAR_MIN) & standing[reach.site]
    reached = np.zeros(len(reach.need), dtype=np.bool_)
    reached[reach.point[near]] = True
    expected = float(reach.need[reached, 0].sum())
    stations = np.flatnonzero(standing)
    visits = fitted.visits[stations]
    parts = fitted.posterior.nodes.residents[:, stations] @ visits
    weights = np.sum(fitted.posterior.weights(), axis=0)
    seen = float(weights @ parts)
    error = np.square(visits * fitted.log_sd[stations]).sum() / max(visits.sum(), 1e-300) ** 2
    low, high = _limits(parts, weights, float(np.sqrt(error)))
    scale = max(expected, 1e-300)
    return UseLevel(expected=expected, seen=seen, factor=seen / scale, low=low / scale, high=high / scale)


def _limits(parts: FloatArray, weights: FloatArray, relative_sd: float) -> tuple[float, float]:
    """Return 90 % limits of a mixture of points, each with a relative error."""
    spread = np.exp(relative_sd * np.linspace(-2.5, 2.5, 21))
    mass = np.exp(-0.5 * np.linspace(-2.5, 2.5, 21) ** 2)
    at, weight = np.outer(parts, spread).ravel(), np.outer(weights, mass).ravel()
    order = np.argsort(at, kind="stable")
    ends = np.cumsum(weight[order]) / weight.sum()
    low, high = at[order[np.minimum(np.searchsorted(ends, TAILS), len(order) - 1)]]
    return float(low), float(high)
