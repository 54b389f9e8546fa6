r"""What each station really sees over what was expected, given what all stations see: an empirical Bayes mixture.

The logarithm of a station's ratio is drawn from one of several normals: some around the network's own middle, with
standard deviations from small to large, one far below (idle stations) and one above (overloaded ones). Their shares
are found from all stations together (EM), each station's own estimate then sharpens them for itself. With n stations
that are much alike a deviation must be large to be believed; no test asks whether a station is exactly as predicted,
which with many months none is.

Sources: Stephens (2017), False discovery rates: a new deal, Biostatistics 18, 275-294; Newton et al. (2004), Detecting
differential gene expression with a semiparametric hierarchical mixture method, Biostatistics 5, 155-176 (the rule by
which posterior probabilities are chosen).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import special

from placement.values.arrays import BoolArray, FloatArray

_SPREADS = np.array([0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.6, 0.9, 1.3])
_ORDINARY = 6
"""The first of them are ordinary stations, by whom the middle is found."""
_MEANS = np.concatenate([np.zeros(len(_SPREADS)), [-1.1, 0.75]])
_SDS = np.concatenate([_SPREADS, [0.35, 0.2]])
_FIRST_SHARES = np.concatenate([np.full(len(_SPREADS), 0.85 / len(_SPREADS)), [0.10, 0.05]])
_PRIOR_COUNTS = 0.2 * np.concatenate([np.full(len(_SPREADS), 0.3), [0.5, 0.5]])
_ROUNDS, _CENTRINGS, _CENTRED = 60, 6, 1e-3
_BISECTIONS = 50
_LEAST_SURE = 0.5
"""A station is never called what it is not more likely than not."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Ratios:
    """Posterior of the logarithm of each station's ratio: a mixture of normals.

    Parameters
    ----------
    shares, means, sds
        (stations, parts) each.
    spread
        Standard deviation of the logarithms of ordinary stations: how far expectations are off.
    """

    shares: FloatArray
    means: FloatArray
    sds: FloatArray
    spread: float

    def below(self, ratio: float) -> FloatArray:
        """Return (stations,) probabilities that the ratio lies below one."""
        return self._below(np.full(len(self.shares), np.log(ratio)))

    def quantile(self, tail: float) -> FloatArray:
        """Return (stations,) quantiles of the ratio, by halving intervals."""
        low, high = np.full(len(self.shares), -12.0), np.full(len(self.shares), 12.0)
        for _ in range(_BISECTIONS):
            middle = 0.5 * (low + high)
            under = self._below(middle) < tail
            low, high = np.where(under, middle, low), np.where(under, high, middle)
        return np.asarray(np.exp(0.5 * (low + high)))

    def _below(self, logs: FloatArray) -> FloatArray:
        found = (self.shares * special.ndtr((logs[:, None] - self.means) / self.sds)).sum(axis=1)
        return np.asarray(np.clip(found, 0.0, 1.0))


def ratios_of(log_ratio: FloatArray, se: FloatArray) -> Ratios:
    """Return the posterior of ratios that were estimated with errors, (stations,) each."""
    centre = float(np.median(log_ratio))
    for _ in range(_CENTRINGS):
        off = log_ratio - centre
        shares = _shares(off, se)
        ordinary = shares[:, :_ORDINARY].sum(axis=1)
        moved = centre + float(np.average(off, weights=ordinary / (se**2 + 0.1)))
        if abs(moved - centre) < _CENTRED:
            break
        centre = moved
    off = log_ratio - centre
    variance = 1.0 / (1.0 / _SDS**2 + 1.0 / se[:, None] ** 2)
    weight = ordinary + 1e-9
    spread = float(np.sqrt(np.average(off**2, weights=weight)))
    # The middle itself is known to that error only.
    of_centre = spread**2 / max(ordinary.sum(), 1.0)
    means = variance * (_MEANS / _SDS**2 + (off / se**2)[:, None])
    noise = float(np.average(se**2, weights=weight))
    apart = float(np.sqrt(max(spread**2 - noise, 0.0)))
    return Ratios(shares=shares, means=means, sds=np.sqrt(variance + of_centre), spread=apart)


def _shares(off: FloatArray, se: FloatArray) -> FloatArray:
    """Return (stations, parts) probabilities of the parts, their shares found by EM."""
    sd = np.sqrt(_SDS**2 + se[:, None] ** 2)
    logs = -0.5 * ((off[:, None] - _MEANS) / sd) ** 2 - np.log(sd)
    shares, found = _FIRST_SHARES, np.zeros_like(logs)
    for _ in range(_ROUNDS):
        joint = logs + np.log(shares)
        found = np.exp(joint - joint.max(axis=1, keepdims=True))
        found /= found.sum(axis=1, keepdims=True)
        counts = found.sum(axis=0) + _PRIOR_COUNTS
        shares = counts / counts.sum()
    return np.asarray(found)


def likely_enough(probability: FloatArray, false_share: float) -> BoolArray:
    """Return (stations,) the most probable ones, as many as have a mean chance of being wrong of at most `false_share`.

    Examples
    --------
    >>> likely_enough(np.array([0.99, 0.4, 0.85, 0.7]), 0.1).tolist()
    [True, False, True, False]
    """
    order = np.argsort(-probability, kind="stable")
    wrong = np.cumsum(1.0 - probability[order]) / np.arange(1, len(order) + 1)
    fit = np.flatnonzero((wrong <= false_share) & (probability[order] >= _LEAST_SURE))
    chosen = np.zeros(len(order), dtype=np.bool_)
    if fit.size:
        chosen[order[: fit[-1] + 1]] = True
    return chosen
