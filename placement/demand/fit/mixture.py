"""Moments, quantiles and draws of finite mixtures of beta distributions."""

from __future__ import annotations

import numpy as np
from scipy import special

from placement.values.arrays import FloatArray


def mixture_moments(weight: FloatArray, alpha: FloatArray, beta: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return (rows,) means and variances of mixtures with (rows, parts) weights and shapes."""
    total = alpha + beta
    first = alpha / total
    second = first * (alpha + 1.0) / (total + 1.0)
    mean = (first * weight).sum(axis=1)
    return mean, np.maximum((second * weight).sum(axis=1) - mean**2, 0.0)


def mixture_cdf(value: FloatArray, weight: FloatArray, alpha: FloatArray, beta: FloatArray) -> FloatArray:
    """Return (rows,) probabilities that each mixture lies at or below its `value`."""
    return np.asarray((special.betainc(alpha, beta, value[:, None]) * weight).sum(axis=1), dtype=float)


def mixture_quantile(
    probability: float, weight: FloatArray, alpha: FloatArray, beta: FloatArray, tolerance: float = 1e-9
) -> FloatArray:
    """Return (rows,) quantiles: Newton's steps on the exact distribution function, bisected where they leave it.

    The start is the quantile of the one beta distribution with the mixture's mean and variance.
    """
    mean, variance = mixture_moments(weight, alpha, beta)
    total = np.maximum(mean * (1.0 - mean) / np.maximum(variance, 1e-16) - 1.0, 1e-3)
    value = special.betaincinv(mean * total, (1.0 - mean) * total, probability)
    value = np.clip(value, 1e-12, 1.0 - 1e-12)
    low, high = np.zeros_like(value), np.ones_like(value)
    log_beta = special.betaln(alpha, beta)
    open_rows = np.arange(len(value))
    for _ in range(100):
        at, w, a, b = value[open_rows], weight[open_rows], alpha[open_rows], beta[open_rows]
        excess = mixture_cdf(at, w, a, b) - probability
        low[open_rows] = np.where(excess < 0, at, low[open_rows])
        high[open_rows] = np.where(excess < 0, high[open_rows], at)
        log_density = special.xlogy(a - 1.0, at[:, None]) + special.xlog1py(b - 1.0, -at[:, None])
        density = (np.exp(log_density - log_beta[open_rows]) * w).sum(axis=1)
        step = at - excess / np.maximum(density, 1e-300)
        inside = (step > low[open_rows]) & (step < high[open_rows])
        moved = np.where(inside, step, 0.5 * (low[open_rows] + high[open_rows]))
        value[open_rows] = moved
        open_rows = open_rows[np.abs(moved - at) > tolerance]
        if not len(open_rows):
            break
    return np.asarray(value, dtype=float)
