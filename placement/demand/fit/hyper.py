"""The posterior of the hyperparameters as weighted nodes, and the beta mixture that each row gets from it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

from placement.values.arrays import FloatArray

STEP = 0.25
"""Distance of the parts of a mixture where rows have means of their own, in conditional standard deviations of a row's
logit."""
_KERNEL = 0.72
"""Width of a part in steps: side by side they then are as smooth as the density they stand for."""
_REACH = 7.0
_FINE = 0.05
_MARGIN = 3  # bins beyond the outermost node, for what sharpening puts there
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
    node_step
        (spreads,) distance of neighbouring nodes, where all rows share their mean.
    evenness
        Width of a kernel that evens out the nodes, in conditional standard deviations.
    design
        (rows, coefficients).
    """

    weight: FloatArray
    coefficients: FloatArray
    spread: NDArray[np.intp]
    spread_precision: FloatArray
    node_step: FloatArray
    evenness: float
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
        beta has the variance of the kernel on top (delta method), and the weights are sharpened (:func:`_sharpened`)
        so that the kernels side by side are the density of :math:`\eta`, not a smoothed one.
        """
        return beta_mixture(self._parts(), self.spread_precision, yes, asked)

    @property
    def _lines(self) -> FloatArray:
        return self.design[:1] if self.shared else self.design

    def _parts(self) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return (rows, spreads, bins) weights and logits of the mean, and (rows, spreads) their distance.

        Where all rows share their mean a bin is a node. Else a row sees of beta only its own logit, on which the nodes
        project like rain: they are gathered in fine bins, and those are smoothed to bins of a quarter of a standard
        deviation by a kernel wide enough to even out the lattice, whose moments of second to seventh order are zero,
        so that it leaves the density itself as it is.
        """
        eta = (self.coefficients @ self._lines.T).T
        starts = np.searchsorted(self.spread, np.arange(len(self.spread_precision)))
        if self.shared:
            bins = int(np.bincount(self.spread).max()) + 2 * _MARGIN
            step, first = self.node_step[None, :], eta[:, starts] - _MARGIN * self.node_step
            gathered = _gathered(self.weight[None, :], eta, self.spread, (first, step, bins))
            return gathered, first[..., None] + np.arange(bins) * step[..., None], step
        return even_parts(self.weight[None, :], eta, self.spread, self.evenness)


def beta_mixture(
    parts: tuple[FloatArray, FloatArray, FloatArray], precision: FloatArray, yes: FloatArray, asked: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return (rows, parts) weights and shape parameters of each row's mixture; see :meth:`HyperPosterior.mixture`.

    Parameters
    ----------
    parts
        (rows, spreads, bins) weights and logits of the mean, evenly spaced, and (rows, spreads) their distance; one row
        for all is enough.
    precision
        (spreads,) phi.
    yes, asked
        (rows,) counts.
    """
    weight, eta, step = parts
    precision = precision[:, None]
    total = precision + asked[:, None, None]
    mean = special.expit(eta)
    middle = special.expit((weight * eta).sum(axis=2) / np.maximum(weight.sum(axis=2), 1e-300))[..., None]
    place = (middle * precision + yes[:, None, None]) / total
    slope = middle * (1.0 - middle) * precision / total
    own = place * (1.0 - place) / (total + 1.0) / np.maximum(slope, 1e-9) ** 2
    kernel = np.maximum((_KERNEL * step[..., None]) ** 2 - own, 0.0)
    weight = _sharpened(weight, kernel / step[..., None] ** 2)
    slope = mean * (1.0 - mean)
    place = ((mean + 0.5 * kernel * slope * (1.0 - 2.0 * mean)) * precision + yes[:, None, None]) / total
    variance = place * (1.0 - place) / (total + 1.0) + kernel * (slope * precision / total) ** 2
    total = np.where(kernel > 0, place * (1.0 - place) / variance - 1.0, total)
    rows, number = len(yes), weight.shape[1] * weight.shape[2]
    weight, place, total = (np.broadcast_to(part, place.shape).reshape(rows, number) for part in (weight, place, total))
    used = (np.abs(weight) > _NO_WEIGHT).any(axis=0)
    weight, place, total = weight[:, used], place[:, used], total[:, used]
    return weight / weight.sum(axis=1, keepdims=True), place * total, (1.0 - place) * total


def even_parts(
    weight: FloatArray, eta: FloatArray, spread: NDArray[np.intp], evenness: float
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return (rows, spreads, bins) weights and logits of the mean, and (rows, spreads) their distance.

    Parameters
    ----------
    weight, eta
        (rows, nodes), or one row of weights for all, which a row sees as logits of its mean.
    spread
        (nodes,) number of the spread of each node, ascending from 0 without a gap.
    evenness
        Width of the kernel, in standard deviations of a row's logit at one spread.
    """
    starts = np.searchsorted(spread, np.arange(int(spread[-1]) + 1))
    centre, sd = _moments(weight, eta, starts)
    fine, coarse = np.arange(-_REACH, _REACH + _FINE / 2, _FINE), np.arange(-_REACH, _REACH + STEP / 2, STEP)
    gathered = _gathered(weight, eta, spread, (centre - _REACH * sd, _FINE * sd, len(fine)))
    smooth = _even_kernel((fine[:, None] - coarse) / evenness) * (STEP / evenness)
    return gathered @ smooth, centre[..., None] + coarse * sd[..., None], STEP * sd


def _gathered(
    weight: FloatArray, eta: FloatArray, spread: NDArray[np.intp], line: tuple[FloatArray, FloatArray, int]
) -> FloatArray:
    """Return (rows, spreads, bins) weights, each node's shared between the two bins around it.

    `line` has the (rows, spreads) first bins, their distance, and how many there are.
    """
    first, step, bins = line
    rows, spreads = first.shape
    at = np.clip((eta - first[:, spread]) / step[:, spread], 0.0, bins - 1.0)
    left = np.minimum(at.astype(np.intp), bins - 2)
    part = weight * (at - left)
    cell = ((np.arange(rows)[:, None] * spreads + spread) * bins + left).ravel()
    found = np.bincount(cell, (weight - part).ravel(), minlength=rows * spreads * bins)
    found = found + np.bincount(cell + 1, part.ravel(), minlength=len(found))
    return np.asarray(found.reshape(rows, spreads, bins), dtype=float)


def _even_kernel(at: FloatArray) -> FloatArray:
    """Return the normal kernel of eighth order (Wand and Schucany 1990)."""
    square = at**2
    polynomial = (105.0 - 105.0 * square + 21.0 * square**2 - square**3) / 48.0
    return np.asarray(polynomial * np.exp(-0.5 * square) / np.sqrt(2.0 * np.pi))


def _sharpened(weight: FloatArray, kernel: FloatArray) -> FloatArray:
    r"""Return weights whose kernels add up to the density that `weight` samples, along the last axis.

    Normal kernels of variance :math:`\kappa` (in squared steps) damp the frequency :math:`\omega` by
    :math:`e^{-\kappa\omega^2/2}`. The inverse, as a series in the second difference :math:`D = 2 - 2\cos\omega`, is
    applied to third order; a few weights far out become slightly negative.
    """
    found, differences = weight, weight
    for factor in (kernel / 2, kernel / 24 + kernel**2 / 8, kernel / 180 + kernel**2 / 48 + kernel**3 / 48):
        padded = np.pad(differences, [(0, 0), (0, 0), (1, 1)])
        differences = 2.0 * differences - padded[..., :-2] - padded[..., 2:]
        found = found + factor * differences
    return found


def _moments(weight: FloatArray, eta: FloatArray, starts: NDArray[np.intp]) -> tuple[FloatArray, FloatArray]:
    """Return (rows, spreads) means and standard deviations of the logits of each spread."""
    share = np.maximum(np.add.reduceat(weight, starts, axis=1), 1e-300)
    centre = np.add.reduceat(weight * eta, starts, axis=1) / share
    counts = np.diff([*starts, eta.shape[1]])
    apart = eta - np.repeat(centre, counts, axis=1)
    variance = np.add.reduceat(weight * apart**2, starts, axis=1) / share
    return centre, np.sqrt(np.maximum(variance, 1e-12))
