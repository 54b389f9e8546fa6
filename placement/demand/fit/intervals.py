"""How sure predicted visits are: the fit's own error, and the scatter between stations."""

from __future__ import annotations

import numpy as np

from placement.values.arrays import FloatArray

TAILS = (0.05, 0.95)
_DRAWS = 4000


def log_sd(mean: FloatArray, jacobian: FloatArray, covariance: FloatArray) -> FloatArray:
    """Return (stations,) standard errors of the logarithm of the mean, by the delta method."""
    relative = jacobian / np.maximum(mean, 1e-300)[:, None]
    return np.asarray(np.sqrt(np.maximum(np.einsum("jp,pq,jq->j", relative, covariance, relative), 0.0)))


def gamma_effect(dispersion: float, visits: FloatArray, expected: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return shape and rate of each station's effect given what was observed of it."""
    size = 1.0 / max(dispersion, 1e-12)
    return size + visits, size + expected


def interval(
    mean: FloatArray, log_sd: FloatArray, shape: FloatArray, rate: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Return 90 % limits of mean x lognormal x gamma, from fixed draws."""
    rng = np.random.default_rng(0)
    level = np.exp(rng.standard_normal((_DRAWS, 1)) * log_sd) * rng.gamma(shape, size=(_DRAWS, len(mean))) / rate
    low, high = np.quantile(level, TAILS, axis=0)
    return mean * low, mean * high
