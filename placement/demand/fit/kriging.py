r"""Ordinary kriging with its range and nugget chosen by restricted likelihood, and its exact leave-one-out.

Values :math:`y` at n places have an unknown mean m and covariance :math:`\sigma^2 R`,
:math:`R = (1 - \nu) E + \nu I`, :math:`E_{ij} = e^{-d_{ij} / \ell}`. For each range :math:`\ell` one decomposition
:math:`E = Q \Lambda Q^\top` gives :math:`A = R^{-1}` for every nugget share :math:`\nu`. Leaving place i out needs no
system of its own: for vectors u and w

.. math::
    u_{-i}^\top R_{-i}^{-1} w_{-i} = u^\top A w - (Au)_i (Aw)_i / A_{ii}, \qquad
    \log|R_{-i}| = \log|R| + \log A_{ii},

so that mean, variance and likelihood without i follow for all places at once, and range and nugget are chosen without
the place that is left out.

A trend along a covariate x (centred at the places) is part of the covariance: its slope is :math:`b_0 + b` with b
normal of variance :math:`\kappa\sigma^2`, which adds :math:`\kappa x x^\top` to R. Few places that say nothing of
the slope thus leave :data:`TREND_MEAN`, and errors that grow with the distance from their classes.

Places *sited where values are high* are not a sample of the field. Where places are taken with a probability in
proportion to :math:`e^y`, their values are normal with the same covariance about :math:`m + \sigma^2 R 1` (the density
of a normal times :math:`e^{1^\top y}`; Diggle, Menezes and Su 2010), so that the generalised mean comes out
:math:`\sigma^2 n / (1^\top R^{-1} 1)` too high, and what the places do not tell of another is expected lower by that.

References
----------
Cressie, N. (1993). Statistics for Spatial Data. Wiley.
Diggle, P. J., Menezes, R., Su, T.-L. (2010). Geostatistical inference under preferential sampling. JRSS C 59(2).
Dubrule, O. (1983). Cross validation of kriging in a unique neighborhood. Mathematical Geology 15.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.spatial import distance

from placement.values.arrays import FloatArray
from placement.values.immutable import immutable

_RANGES = 12
_NUGGETS = (0.001, 0.01, 0.05, 0.1, 0.2, 0.35, 0.5, 0.7, 0.9, 1.0)
_SMALLEST_VARIANCE = 1e-12
TREND_MEAN = 0.4
"""What a rank of street adds to the logarithm of those who pass, before counters say more: half as many again."""
TREND_VARIANCE = 0.35
"""How sure that is, in parts of the variance of the field (kappa)."""


@immutable
@dataclass(frozen=True, kw_only=True, eq=False)
class Kriging:
    """A fitted field.

    Parameters
    ----------
    here
        (n, 2) places of the values.
    range_m, nugget_share
        Range of the correlation and share of the variance that is not spatial.
    mean, variance
        Generalised least squares mean and variance of a single value.
    inverse
        (n, n) inverse of the correlation matrix.
    pulled
        (n,) inverse times (values - mean).
    rank
        (n,) covariate of the trend, centred at `rank_mean`.
    shift
        How much lower places are expected that were not sited for their values, and `shift_sd` its standard error.
    """

    here: FloatArray
    range_m: float
    nugget_share: float
    mean: float
    variance: float
    inverse: FloatArray
    pulled: FloatArray
    rank: FloatArray
    rank_mean: float
    shift: float
    shift_sd: float

    def predict(self, there: FloatArray, rank: FloatArray | None = None) -> tuple[FloatArray, FloatArray]:
        """Return (places,) means and standard deviations of new values at (places, 2), of (places,) `rank`."""
        apart = self._centred(rank, len(there))
        cross = self._correlation(there, self.here) + TREND_VARIANCE * np.outer(apart, self.rank)
        known = np.einsum("pi,ij,pj->p", cross, self.inverse, cross, optimize=True)
        unknown = 1.0 - cross @ self.inverse.sum(axis=1)
        own = 1.0 + TREND_VARIANCE * apart**2
        variance = self.variance * (own - known + unknown**2 / self.inverse.sum()) + (unknown * self.shift_sd) ** 2
        centre = self.mean + cross @ self.pulled + TREND_MEAN * apart - self.shift * unknown
        return centre, np.sqrt(np.maximum(variance, 0.0))

    def error_covariance(self, there: FloatArray, rank: FloatArray | None = None) -> FloatArray:
        """Return (places, places) covariance of the errors of the predictions at different places."""
        apart = self._centred(rank, len(there))
        cross = self._correlation(there, self.here) + TREND_VARIANCE * np.outer(apart, self.rank)
        prior = self._correlation(there, there)
        prior[np.diag_indices(len(there))] = 1.0
        prior += TREND_VARIANCE * np.outer(apart, apart)
        unknown = 1.0 - cross @ self.inverse.sum(axis=1)
        both = np.outer(unknown, unknown)
        joint = prior - cross @ self.inverse @ cross.T + both / self.inverse.sum()
        return np.asarray(self.variance * 0.5 * (joint + joint.T) + both * self.shift_sd**2)

    def _centred(self, rank: FloatArray | None, places: int) -> FloatArray:
        return np.zeros(places) if rank is None else rank - self.rank_mean

    def _correlation(self, one: FloatArray, other: FloatArray) -> FloatArray:
        return np.asarray((1.0 - self.nugget_share) * np.exp(-distance.cdist(one, other) / self.range_m))


@immutable
@dataclass(frozen=True, kw_only=True, eq=False)
class KrigingErrors:
    """How the errors of interpolated counters hang together, on the scale of the logarithm.

    Parameters
    ----------
    ids
        The counters that were interpolated.
    model, there
        The fitted field of the logarithm and the (counters, 2) places.
    rank
        (counters,) of their streets; None without a trend.
    log_median
        (counters,) medians of the logarithm of people a day.
    most
        What no draw exceeds, people a day.
    """

    ids: pd.Index
    model: Kriging
    there: FloatArray
    rank: FloatArray | None
    log_median: FloatArray
    most: float

    def covariance(self) -> pd.DataFrame:
        """Return the covariance of the errors of log people a day, by and by ``counter_id``."""
        return pd.DataFrame(self.model.error_covariance(self.there, self.rank), index=self.ids, columns=self.ids)


@dataclass(frozen=True, kw_only=True, eq=False)
class _Option:
    """What one pair of range and nugget says: A1, Ay, the diagonal of A and the logarithm of |R|."""

    range_m: float
    nugget: float
    ones: FloatArray
    data: FloatArray
    diagonal: FloatArray
    log_determinant: float


def fit_kriging(
    here: FloatArray, values: FloatArray, rank: FloatArray | None = None, *, sited_high: bool = False
) -> Kriging:
    """Return the field of highest restricted likelihood.

    Parameters
    ----------
    here, values
        (n, 2) places and (n,) values.
    rank
        (n,) covariate of the trend; none where absent.
    sited_high
        Whether places were chosen in proportion to the exponentials of their values.
    """
    rank_mean = 0.0 if rank is None else float(rank.mean())
    apart = np.zeros(len(values)) if rank is None else rank - rank_mean
    values = values - TREND_MEAN * apart
    best, highest = None, -np.inf
    for option in _options(here, values, apart):
        weight = option.ones.sum()
        mean = option.data.sum() / weight
        variance = max(float(values @ option.data - mean**2 * weight) / (len(values) - 1), _SMALLEST_VARIANCE)
        level = -0.5 * ((len(values) - 1) * np.log(variance) + option.log_determinant + np.log(weight))
        if level > highest:
            best, highest = (option, float(mean), variance), float(level)
    assert best is not None  # noqa: S101 -- there is always an option
    option, mean, variance = best
    matrix = (1.0 - option.nugget) * np.exp(-distance.cdist(here, here) / option.range_m)
    matrix[np.diag_indices(len(here))] = 1.0
    inverse = np.linalg.inv(matrix + TREND_VARIANCE * np.outer(apart, apart))
    shift = variance * len(values) / float(inverse.sum()) if sited_high else 0.0
    return Kriging(
        here=here,
        range_m=option.range_m,
        nugget_share=option.nugget,
        mean=mean,
        variance=variance,
        inverse=inverse,
        pulled=inverse @ (values - mean),
        rank=apart,
        rank_mean=rank_mean,
        shift=shift,
        shift_sd=shift * np.sqrt(2.0 / (len(values) - 1)),
    )


def leave_one_out(
    here: FloatArray, values: FloatArray, rank: FloatArray | None = None
) -> tuple[FloatArray, FloatArray]:
    """Return (n,) means and standard deviations of each value given the others, range and nugget chosen by these."""
    trend = np.zeros(len(values)) if rank is None else rank - rank.mean()
    expected = TREND_MEAN * trend
    values = values - expected
    count = len(values)
    highest = np.full(count, -np.inf)
    centre, sd = np.zeros(count), np.zeros(count)
    for option in _options(here, values, trend):
        ones, data, diagonal = option.ones, option.data, option.diagonal
        weight = ones.sum() - ones**2 / diagonal
        mean = (data.sum() - ones * data / diagonal) / weight
        squares = values @ data - data**2 / diagonal - mean**2 * weight
        variance = np.maximum(squares / (count - 2), _SMALLEST_VARIANCE)
        level = -0.5 * ((count - 2) * np.log(variance) + option.log_determinant + np.log(diagonal) + np.log(weight))
        better = level > highest
        highest = np.where(better, level, highest)
        at = values - (data - mean * ones) / diagonal
        apart = np.sqrt(variance * (1.0 / diagonal + (ones / diagonal) ** 2 / weight))
        centre, sd = np.where(better, at, centre), np.where(better, apart, sd)
    return centre + expected, sd


def _options(here: FloatArray, values: FloatArray, trend: FloatArray) -> Iterator[_Option]:
    """Yield every pair of nugget and range: from half the shortest distances to the longest, evenly in logarithms.

    The trend is put on top of each by the formula of Sherman and Morrison.
    """
    metres = distance.cdist(here, here)
    apart = metres[np.triu_indices(len(here), 1)]
    longest = max(float(apart.max()), 1.0)
    shortest = max(float(np.quantile(apart, 0.02)) / 2.0, longest / 1000.0)
    for range_m in np.geomspace(shortest, longest, _RANGES):
        eigenvalues, vectors = np.linalg.eigh(np.exp(-metres / range_m))
        rotated = vectors.T @ np.column_stack([np.ones(len(here)), values, trend])
        for nugget in _NUGGETS:
            scale = (1.0 - nugget) * np.maximum(eigenvalues, 0.0) + nugget
            solved = vectors @ (rotated / scale[:, None])
            own = 1.0 / TREND_VARIANCE + trend @ solved[:, 2]
            less = np.outer(solved[:, 2], trend @ solved[:, :2]) / own
            yield _Option(
                range_m=float(range_m),
                nugget=nugget,
                ones=solved[:, 0] - less[:, 0],
                data=solved[:, 1] - less[:, 1],
                diagonal=vectors**2 @ (1.0 / scale) - solved[:, 2] ** 2 / own,
                log_determinant=float(np.log(scale).sum() + np.log(own * TREND_VARIANCE)),
            )
