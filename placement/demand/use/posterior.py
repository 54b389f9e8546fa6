r"""The model of use: one regression with priors, averaged over a grid of what it cannot know.

.. math::
    \log y_j = b_0 + g \log h_j + x_j^\top c + \mathrm{host}_j + u_j + e_j

with the catchment :math:`h_j` (:mod:`placement.demand.use.nodes`), and covariances as in
:mod:`placement.demand.use.process`; the variance of :math:`u + e` is inverse gamma. Exponent, decay, outside option,
door share, mix of sources, spatial share and range lie on a grid (:class:`~placement.demand.use.priors.UsePriors`),
weighted by prior times marginal likelihood. The exponent multiplies a known catchment, so a covariance is solved once
for all catchments. Where the exponent is 0 the catchments are one and the same, and their weights are their priors.

What is predicted of a station, or of a block of stations, without their transactions has a closed form, weights of the
grid included. Quantiles are those of Student's t with the moments of the mixture.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy import special

from placement.demand.use.nodes import Nodes
from placement.demand.use.priors import UsePriors
from placement.demand.use.process import Family, Places, Solved, between
from placement.values.arrays import FloatArray, IndexArray

TAILS = (0.05, 0.95)
_NEGLIGIBLE = 1e-10
"""Weight of nodes, together, that predictions leave out."""
_LEAST_FREEDOM = 2.1


@dataclass(frozen=True, kw_only=True, eq=False)
class Predicted:
    """Logarithms of visits: mean, standard deviation, and degrees of freedom of Student's t, each (targets,)."""

    mean: FloatArray
    sd: FloatArray
    freedom: float

    def quantile(self, tail: float, widened: float = 1.0) -> FloatArray:
        """Return (targets,) quantiles of the logarithm."""
        unit = np.sqrt((self.freedom - 2.0) / self.freedom)
        return np.asarray(self.mean + widened * self.sd * unit * special.stdtrit(self.freedom, tail))


class _Moments:
    """Moments of mixtures whose components come in batches."""

    def __init__(self, targets: int) -> None:
        self._top = np.full(targets, -np.inf)
        self._sums = np.zeros((3, targets))

    def add(self, log_weight: FloatArray, mean: FloatArray, variance: FloatArray) -> None:
        """Add components: (components, targets) each."""
        top = np.maximum(self._top, log_weight.max(axis=0))
        weight = np.exp(log_weight - top)
        new = [weight.sum(axis=0), (weight * mean).sum(axis=0), (weight * (variance + mean**2)).sum(axis=0)]
        self._sums = self._sums * np.exp(self._top - top) + new
        self._top = top

    def result(self, freedom: float, offset: float) -> Predicted:
        """Return the moments; means were taken from `offset`."""
        mean = self._sums[1] / self._sums[0]
        variance = np.maximum(self._sums[2] / self._sums[0] - mean**2, 0.0)
        return Predicted(mean=mean + offset, sd=np.sqrt(variance), freedom=freedom)


@dataclass(frozen=True, kw_only=True, eq=False)
class Record:
    """What was observed: numbers of the sites with transactions, and the logarithm of their visits a month, (n,)."""

    sites: IndexArray
    log_visits: FloatArray


@dataclass(frozen=True, kw_only=True, eq=False)
class Part:
    """The nodes of one family.

    Parameters
    ----------
    family, solved
        What the covariance depends on, and the covariance of the observed stations.
    residual
        (n, nodes) logarithms of visits less the catchments' part.
    scaled
        (n, nodes) P times it.
    square
        (nodes,) the sum of squares.
    log_prior, log_joint
        (nodes,) logarithms of prior weight, and of prior weight times marginal likelihood.
    """

    family: Family
    solved: Solved
    residual: FloatArray
    scaled: FloatArray
    square: FloatArray
    log_prior: FloatArray
    log_joint: FloatArray


@dataclass(frozen=True, kw_only=True, eq=False)
class Posterior:
    """What the transactions say.

    Parameters
    ----------
    nodes, places, priors
        Catchments of the sites, what else is known of them, and the priors.
    record
        What was observed.
    parts
        The nodes by family.
    """

    nodes: Nodes
    places: Places
    priors: UsePriors
    record: Record
    parts: tuple[Part, ...]

    @property
    def log_evidence(self) -> float:
        """Logarithm of the marginal likelihood, up to a constant of the data."""
        return float(special.logsumexp(np.concatenate([part.log_joint for part in self.parts])))

    @property
    def freedom(self) -> float:
        """Degrees of freedom of what is predicted."""
        return 2.0 * self.priors.scatter_shape + len(self.record.sites) - 1.0

    def weights(self, power: float = 1.0) -> list[FloatArray]:
        """Return, by part, (nodes,) weights, the likelihood raised to a power; 1 in all."""
        logs = [part.log_prior + power * (part.log_joint - part.log_prior) for part in self.parts]
        total = special.logsumexp(np.concatenate(logs))
        return [np.exp(each - total) for each in logs]

    def left_out(self, blocks: IndexArray | None = None) -> Predicted:
        """Return what is predicted of each observed station without its block (without it alone), (n,)."""
        n = len(self.record.sites)
        labels = np.arange(n) if blocks is None else blocks
        groups = [np.flatnonzero(labels == label) for label in np.unique(labels)]
        offset = float(self.record.log_visits.mean())
        if len(groups) == n:
            found = self._without_each(offset)
            return replace(found, freedom=max(found.freedom, _LEAST_FREEDOM))
        mean, sd = np.empty(n), np.empty(n)
        for group in groups:
            found = self._without(group, offset)
            mean[group], sd[group] = found.mean, found.sd
        most = max(len(group) for group in groups)
        return Predicted(mean=mean, sd=sd, freedom=max(self.freedom - most, _LEAST_FREEDOM))

    def _without_each(self, offset: float) -> Predicted:
        """Return what :meth:`_without` does of each station by itself, of all at once."""
        moments, freedom = _Moments(len(self.record.sites)), self.freedom - 1
        logs = self.record.log_visits - offset
        for part in self.parts:
            own = np.diag(part.solved.residual)
            error = (part.scaled / own[:, None]).T
            square = part.square[:, None] - error * part.scaled.T
            determinant = part.solved.log_determinant + np.log(own)
            log_weight = part.log_prior[:, None] + log_marginal(square, determinant, freedom, self.priors)
            scale = (_twice_scale(self.priors) + square) / (freedom - 2.0)
            moments.add(log_weight, logs - error, scale / own)
        return moments.result(freedom, offset)

    def _without(self, group: IndexArray, offset: float) -> Predicted:
        moments = _Moments(len(group))
        freedom = self.freedom - len(group)
        for part in self.parts:
            block = np.linalg.inv(part.solved.residual[np.ix_(group, group)])
            error = block @ part.scaled[group]
            square = part.square - np.einsum("ik,ik->k", error, part.scaled[group])
            determinant = part.solved.log_determinant - np.linalg.slogdet(block)[1]
            log_weight = part.log_prior + log_marginal(square, determinant, freedom, self.priors)
            scale = (_twice_scale(self.priors) + square) / (freedom - 2.0)
            targets = (self.record.log_visits[group] - offset)[None] - error.T
            moments.add(
                np.repeat(log_weight[:, None], len(group), axis=1), targets, scale[:, None] * np.diag(block)[None]
            )
        return moments.result(freedom, offset)

    def predict(self, sites: IndexArray) -> Predicted:
        """Return what is predicted of sites without transactions: (sites,)."""
        moments, offset = _Moments(len(sites)), float(self.record.log_visits.mean())
        for part, weight in zip(self.parts, self.weights(), strict=True):
            kept = np.flatnonzero(weight > _NEGLIGIBLE * weight.max())
            if weight.sum() < _NEGLIGIBLE or len(sites) == 0:
                continue
            mean, variance = self.conditional(part, kept, sites)
            scale = (_twice_scale(self.priors) + part.square[kept]) / (self.freedom - 2.0)
            log_weight = np.repeat(np.log(weight[kept])[:, None], len(sites), axis=1)
            moments.add(log_weight, mean - offset, scale[:, None] * variance)
        return moments.result(self.freedom, offset)

    def conditional(self, part: Part, kept: IndexArray, sites: IndexArray) -> tuple[FloatArray, FloatArray]:
        """Return (kept, sites) means and (sites,) variances, in units of the scatter's, under each node of a part."""
        across = self.places.covariance(sites, self.record.sites, part.family, self.priors)
        catchment = self.nodes.log_h[np.ix_(kept, sites)]
        mean = part.family.exponent * catchment + (part.solved.weights(across) @ part.residual[:, kept]).T
        return mean, part.solved.variances(across, self.places.variances(sites, part.family, self.priors))


def families(places: Places, stations: IndexArray, priors: UsePriors) -> list[Family]:
    """Return the families of a grid; `stations` are those that stand."""
    spatial = [(0.0, 1.0)]
    some = 0.0
    if places.xy is not None and len(stations) > 2:
        apart = between(places.xy[stations], places.xy[stations]) + np.diag(np.full(len(stations), np.inf))
        unit = max(float(np.median(apart.min(axis=1))), 1.0)
        spatial += [(share, unit * times) for share in priors.spatial_share for times in priors.spatial_range]
        some = priors.spatial_weight / (len(spatial) - 1)
    weights = [1.0 - some * (len(spatial) - 1), *np.full(len(spatial) - 1, some)]
    return [
        Family(exponent=g, share=share, range_m=r, log_prior=float(np.log(weight / len(priors.exponent))))
        for g in priors.exponent
        for (share, r), weight in zip(spatial, weights, strict=True)
    ]


def fit_posterior(nodes: Nodes, places: Places, record: Record, grid: list[Family], priors: UsePriors) -> Posterior:
    """Return the posterior over a grid of families and catchments."""
    parts = tuple(_solve(nodes, places, record, family, priors) for family in grid)
    return Posterior(nodes=nodes, places=places, priors=priors, record=record, parts=parts)


def _solve(nodes: Nodes, places: Places, record: Record, family: Family, priors: UsePriors) -> Part:
    observed = record.sites
    covariance = places.covariance(observed, observed, family, priors)
    solved = Solved.of(covariance + np.diag(places.own(observed, family, priors)))
    log_prior = nodes.log_prior + family.log_prior
    residual = record.log_visits[:, None] - family.exponent * nodes.log_h[:, observed].T
    scaled = solved.residual @ residual
    square = np.einsum("ik,ik->k", residual, scaled)
    freedom = 2.0 * priors.scatter_shape + len(observed) - 1.0
    log_joint = log_prior + log_marginal(square, solved.log_determinant, freedom, priors)
    return Part(
        family=family,
        solved=solved,
        residual=residual,
        scaled=scaled,
        square=square,
        log_prior=log_prior,
        log_joint=log_joint,
    )


def log_marginal(
    square: FloatArray, log_determinant: FloatArray | float, freedom: float, priors: UsePriors
) -> FloatArray:
    """Return the logarithm of the marginal likelihood of (nodes, ...), up to a constant that the priors share."""
    scale = _twice_scale(priors)
    known = special.gammaln(freedom / 2.0) + priors.scatter_shape * np.log(scale / 2.0)
    return np.asarray(known - 0.5 * log_determinant - freedom / 2.0 * np.log((scale + square) / 2.0))


def _twice_scale(priors: UsePriors) -> float:
    """Return twice the scale of the inverse gamma prior of the scatter's variance."""
    return 2.0 * priors.scatter_shape * priors.scatter_sd**2
