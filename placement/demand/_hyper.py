"""The posterior of the hyperparameters as weighted nodes, and the beta mixture that each row gets from it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

FloatArray = NDArray[np.float64]

STEP = {True: 0.35, False: 0.25}
"""Distance of the parts of a mixture, in conditional standard deviations of a row's logit, where all rows share their
mean and where they do not."""
_KERNEL = 0.72
"""Width of a part in steps: side by side they then are as smooth as the density they stand for."""
_REACH = 7.0
_NO_WEIGHT = 1e-8


@dataclass(frozen=True, kw_only=True, eq=False)
class HyperPosterior:
    """Weighted nodes of the hyperparameters given the data.

    Parameters
    ----------
    weight
        (nodes,) sums to 1.
    coefficients
        (nodes, coefficients) beta on the logit scale.
    spread
        (nodes,) number of the spread of each node, ascending.
    spread_precision
        (spreads,) phi.
    design
        (rows, coefficients).
    """

    weight: FloatArray
    coefficients: FloatArray
    spread: NDArray[np.intp]
    spread_precision: FloatArray
    design: FloatArray

    @property
    def precision(self) -> FloatArray:
        """(nodes,) phi."""
        return np.asarray(self.spread_precision[self.spread])

    @property
    def shared(self) -> bool:
        """Whether all rows have one mean."""
        return bool(self.design.shape[1] == 1)

    def means(self, nodes: NDArray[np.intp]) -> FloatArray:
        """Return (nodes, rows) m of some nodes; one column where all rows share it."""
        return np.asarray(special.expit(self.coefficients[nodes] @ self._lines.T))

    def mixture(self, yes: FloatArray, asked: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        r"""Return (rows, parts) weights and shape parameters of the beta mixture of each row.

        Where the precision is high, betas at single values of the logit :math:`\eta` of the mean would stand apart like
        the teeth of a comb, and quantiles would catch on them. There a part stands for a normal kernel of logits: its
        beta has the variance of the kernel on top (delta method), and the kernels' centres are pulled together so that
        mean and variance of :math:`\eta` stay what they are.
        """
        weight, eta, spread = self._parts()
        starts = np.flatnonzero(np.diff(spread, prepend=-1))
        precision = self.spread_precision[spread]
        total = precision + asked[:, None]
        centre, sd = _moments(weight, eta, starts)
        mean = special.expit(centre)
        place = (mean * precision[starts] + yes[:, None]) / total[:, starts]
        slope = mean * (1.0 - mean) * precision[starts] / total[:, starts]
        own = place * (1.0 - place) / (total[:, starts] + 1.0) / np.maximum(slope, 1e-9) ** 2
        kernel = np.maximum((_KERNEL * STEP[self.shared] * sd) ** 2 - own, 0.0)
        pull = np.sqrt(1.0 - kernel / sd**2)[:, spread]
        kernel = kernel[:, spread]
        mean = special.expit(centre[:, spread] + pull * (eta - centre[:, spread]))
        slope = mean * (1.0 - mean)
        place = ((mean + 0.5 * kernel * slope * (1.0 - 2.0 * mean)) * precision + yes[:, None]) / total
        variance = place * (1.0 - place) / (total + 1.0) + kernel * (slope * precision / total) ** 2
        total = np.where(kernel > 0, place * (1.0 - place) / variance - 1.0, total)
        used = (weight > _NO_WEIGHT).any(axis=0)
        weight = np.broadcast_to(weight, place.shape)[:, used]
        return weight / weight.sum(axis=1, keepdims=True), (place * total)[:, used], ((1.0 - place) * total)[:, used]

    @property
    def _lines(self) -> FloatArray:
        return self.design[:1] if self.shared else self.design

    def _parts(self) -> tuple[FloatArray, FloatArray, NDArray[np.intp]]:
        """Return (rows, parts) weights and logits of the mean and (parts,) spreads: the nodes, binned along each row.

        A row sees of beta only its own logit: bins of a quarter of a standard deviation, to which each node gives its
        weight in two parts and which keep mean and variance, are as good as the nodes and far fewer.
        """
        eta = (self.coefficients @ self._lines.T).T
        if self.shared:
            return self.weight[None, :], eta, self.spread
        rows, spreads, bins = len(eta), len(self.spread_precision), int(2 * _REACH / STEP[False]) + 1
        starts = np.searchsorted(self.spread, np.arange(spreads))
        centre, sd = _moments(self.weight[None, :], eta, starts)
        at = np.clip((eta - centre[:, self.spread]) / sd[:, self.spread], -_REACH, _REACH)
        left = np.minimum(((at + _REACH) / STEP[False]).astype(np.intp), bins - 2)
        part = self.weight * ((at + _REACH) / STEP[False] - left)
        cell = ((np.arange(rows)[:, None] * spreads + self.spread) * bins + left).ravel()
        binned = np.bincount(cell, (self.weight - part).ravel(), minlength=rows * spreads * bins)
        binned = binned + np.bincount(cell + 1, part.ravel(), minlength=len(binned))
        weight = np.asarray(binned.reshape(rows, spreads * bins), dtype=float)
        at = np.asarray(np.tile(np.linspace(-_REACH, _REACH, bins), spreads), dtype=float)
        number = np.repeat(np.arange(spreads, dtype=np.intp), bins)
        _, stretch = _moments(weight, np.broadcast_to(at, weight.shape), np.arange(spreads, dtype=np.intp) * bins)
        return weight, centre[:, number] + at * (sd / stretch)[:, number], number


def _moments(weight: FloatArray, eta: FloatArray, starts: NDArray[np.intp]) -> tuple[FloatArray, FloatArray]:
    """Return (rows, spreads) means and standard deviations of the logits of each spread."""
    share = np.maximum(np.add.reduceat(weight, starts, axis=1), 1e-300)
    centre = np.add.reduceat(weight * eta, starts, axis=1) / share
    counts = np.diff([*starts, eta.shape[1]])
    apart = eta - np.repeat(centre, counts, axis=1)
    variance = np.add.reduceat(weight * apart**2, starts, axis=1) / share
    return centre, np.sqrt(np.maximum(variance, 1e-12))
