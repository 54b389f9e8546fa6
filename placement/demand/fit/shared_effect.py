r"""Beta-binomial regression of several ages at once, with one effect a district that the ages share.

Age a of district d asked :math:`n_{da}` people of whom :math:`k_{da}` said yes:

.. math::
    k_{da} \sim \mathrm{Binomial}(n_{da}, p_{da}), \qquad
    p_{da} \sim \mathrm{Beta}(m_{da}\varphi, (1-m_{da})\varphi), \qquad
    \mathrm{logit}\, m_{da} = x_d^\top \beta_a + u_d, \qquad u_d \sim N(0, \tau^2) .

What many of one age say of their district speaks for the few of another, as far as the ages are seen to go together:
the spread :math:`s = (1 + \varphi)^{-1/2}` of each age by itself and :math:`\tau` are integrated out with
:math:`\beta`. With :math:`c = \bar p (1 - \bar p)` of the city's rate, :math:`s` and :math:`\tau\sqrt c` are spreads on
the same scale; each has a half-normal prior of scale :data:`SPREAD_SCALE`, so that their squares together are about
what :mod:`placement.demand.fit.beta_binomial` supposes of one age. Priors of :math:`\beta` are the same as there.

Given :math:`s`, :math:`\tau` and :math:`\beta` districts are independent, and the likelihood of one is an integral over
:math:`u_d` alone. It is summed over nodes around its own mode, :math:`\beta` over a lattice (Sobol points where there
are many) around the mode of the joint density, both spreads by Gauss-Legendre; every node carries its exact posterior
weight. Every posterior is then a finite mixture of beta distributions.

References
----------
Rue, H., Martino, S., Chopin, N. (2009). Approximate Bayesian inference for latent Gaussian models. JRSS B 71.
Ghosh, M., Rao, J. N. K. (1994). Small area estimation: an appraisal. Statistical Science 9(1).
"""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

from placement.demand.fit.beta_binomial import SLOPE_SCALE, precision_of, reference_nodes, row_derivatives
from placement.demand.fit.hyper import beta_mixture, even_parts
from placement.values.arrays import FloatArray, sealed

SPREAD_SCALE = 0.35
"""Scale of the half-normal priors of both spreads."""
_SPREADS = (8, 7)  # nodes of s and of tau
_LATTICE = {2: (1.0, 3.8), 3: (1.15, 3.8), 4: (1.25, 3.8)}
_SOBOL_NODES = 512
_EFFECT_STEP, _EFFECT_REACH = 0.65, 4.55  # of the nodes of u, in standard deviations
_PLACES = np.arange(-_EFFECT_REACH, _EFFECT_REACH + _EFFECT_STEP / 2, _EFFECT_STEP) / _EFFECT_STEP
_EVENNESS = 0.87 * _EFFECT_STEP
_TRIAL = np.geomspace(0.01, 0.75, 9)
_NEGLIGIBLE = 16.0  # nats below the best
_SMALLEST_WEIGHT = 1e-5
_MODE_TOLERANCE = 1e-3
_CHUNK = 64
_MOST_KEPT = 2_000_000  # values of u held with their shares: 32 MB


@dataclass(frozen=True, kw_only=True, eq=False)
class Counts:
    """(districts, ages) people who said yes and who were asked, (districts, coefficients) design."""

    yes: FloatArray
    asked: FloatArray
    design: FloatArray

    def distinct(self) -> tuple[Counts, NDArray[np.intp], FloatArray]:
        """Return the districts that differ, which of them each district is, and how many stand for each."""
        keys = np.hstack([self.yes, self.asked, self.design])
        _, first, back, number = np.unique(keys, axis=0, return_index=True, return_inverse=True, return_counts=True)
        lean = Counts(yes=self.yes[first], asked=self.asked[first], design=self.design[first])
        return lean, back.ravel(), number.astype(float)

    def log_likelihood(self, mean: FloatArray, precision: FloatArray) -> FloatArray:
        """Return (...,) log-likelihoods, without binomial coefficients, of (..., ages) means; districts broadcast."""
        alpha, beta = mean * precision, (1.0 - mean) * precision
        terms = special.gammaln(alpha + self.yes) - special.gammaln(alpha)
        terms += special.gammaln(beta + self.asked - self.yes) - special.gammaln(beta)
        terms += special.gammaln(precision) - special.gammaln(precision + self.asked)
        return np.asarray(terms.sum(axis=-1), dtype=float)


@dataclass(frozen=True, kw_only=True, eq=False)
class _Modes:
    """Modes of (beta, u) for each pair of spreads, and the curvature around them.

    Shapes: `precision`, `shared_sd` (pairs,), `beta` (pairs, ages, coefficients), `effect` and `effect_sd` (pairs,
    districts), `pull` (pairs, districts, ages): how far u gives way to a logit; `root` (pairs, q, q) of the inverse
    curvature of beta; `level` (pairs,) Laplace's log posterior.
    """

    precision: FloatArray
    shared_sd: FloatArray
    beta: FloatArray
    effect: FloatArray
    effect_sd: FloatArray
    pull: FloatArray
    root: FloatArray
    level: FloatArray


@dataclass(frozen=True, kw_only=True, eq=False)
class _Nodes:
    """Hyperparameters at nodes: (nodes, ages, coefficients), (nodes,) phi and tau, (nodes, districts) places of u."""

    coefficients: FloatArray
    precision: FloatArray
    shared_sd: FloatArray
    centre: FloatArray
    step: FloatArray

    def effect_levels(self, counts: Counts) -> tuple[FloatArray, FloatArray]:
        """Return (nodes, districts, places) log densities of the data and u, and the values of u."""
        effect = self.centre[..., None] + _PLACES * self.step[..., None]
        lines = np.einsum("dp,nap->nda", counts.design, self.coefficients)
        mean = special.expit(lines[:, :, None, :] + effect[..., None])
        wide = Counts(yes=counts.yes[:, None, :], asked=counts.asked[:, None, :], design=counts.design)
        level = wide.log_likelihood(mean, self.precision[:, None, None, None])
        sd = self.shared_sd[:, None, None]
        return level - 0.5 * (effect / sd) ** 2 - np.log(sd), effect


@dataclass(frozen=True, kw_only=True, eq=False)
class SharedPosterior:
    """Weighted nodes of the hyperparameters given the data of all ages.

    Parameters
    ----------
    weight
        (nodes,) sums to 1.
    coefficients
        (nodes, ages, coefficients) beta.
    spread
        (nodes,) number of the spread of each node, ascending.
    spread_precision
        (spreads,) phi.
    shared_sd
        (nodes,) tau.
    centre, step
        (nodes, distinct districts) where the nodes of u stand, and their distance.
    counts, of_district
        The distinct districts, and which of them each district is.
    """

    weight: FloatArray
    coefficients: FloatArray
    spread: NDArray[np.intp]
    spread_precision: FloatArray
    shared_sd: FloatArray
    centre: FloatArray
    step: FloatArray
    counts: Counts
    of_district: NDArray[np.intp]

    @property
    def precision(self) -> FloatArray:
        """(nodes,) phi."""
        return np.asarray(self.spread_precision[self.spread])

    def mixture(self) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return (rows, parts) weights and shape parameters by distinct district, then age."""
        effect, share = self._effects(np.arange(len(self.weight)))
        ages = self.counts.yes.shape[1]
        number = share.shape[-1]
        eta = self._logits(np.arange(len(self.weight)), effect)
        weight = (self.weight[:, None, None] * share).transpose(1, 0, 2).reshape(share.shape[1], -1)
        eta = eta.transpose(1, 3, 0, 2).reshape(share.shape[1] * ages, -1)
        parts = even_parts(np.repeat(weight, ages, axis=0), eta, np.repeat(self.spread, number), _EVENNESS)
        return beta_mixture(parts, self.spread_precision, self.counts.yes.ravel(), self.counts.asked.ravel())

    def effects(self) -> tuple[FloatArray, FloatArray]:
        """Return (districts,) posterior means of u / tau, and how much of its variance the data took away (0..1)."""
        return self._told

    @functools.cached_property
    def _told(self) -> tuple[FloatArray, FloatArray]:
        effect, share = self._effects(np.arange(len(self.weight)))
        scaled = effect / self.shared_sd[:, None, None]
        mean = np.einsum("n,ndu->d", self.weight, share * scaled)
        square = np.einsum("n,ndu->d", self.weight, share * scaled**2)
        known = np.clip(1.0 - (square - mean**2), 0.0, 1.0)
        mean, known = sealed(mean[self.of_district], known[self.of_district])
        return mean, known

    def draws(self, rng: np.random.Generator, n: int, score: FloatArray | None = None) -> FloatArray:
        """Return (n, districts x ages) joint draws; (n, districts) standard normal `score` says where u lies."""
        found = []
        chosen = rng.choice(len(self.weight), size=n, p=self.weight)
        nodes, number = np.unique(chosen, return_inverse=True)
        pieces = [self._effects(nodes[start : start + _CHUNK])[1] for start in range(0, len(nodes), _CHUNK)]
        share = np.concatenate(pieces) if pieces else np.zeros((0, 0, 0))
        for start in range(0, n, _CHUNK):
            part = slice(start, start + _CHUNK)
            at = rng.random((len(chosen[part]), len(self.of_district))) if score is None else special.ndtr(score[part])
            found.append(self._drawn(rng, chosen[part], share[number[part]], at))
        return np.concatenate(found) if found else np.zeros((0, len(self.of_district) * self.counts.yes.shape[1]))

    def _drawn(self, rng: np.random.Generator, node: NDArray[np.intp], share: FloatArray, at: FloatArray) -> FloatArray:
        """Return (nodes, rows) draws, u where its distribution, (nodes, districts, places) shares, is `at`."""
        of = self.of_district
        upto = np.cumsum(share, axis=-1)[:, of]
        place = np.minimum((at[..., None] > upto).sum(axis=-1), share.shape[-1] - 1)[..., None]
        own = np.take_along_axis(share[:, of], place, axis=-1)[..., 0]
        within = (at - np.take_along_axis(upto, place, axis=-1)[..., 0]) / np.maximum(own, 1e-300) + 0.5
        spot = place[..., 0] - (share.shape[-1] - 1) / 2 + np.clip(within, -0.5, 0.5)
        effect = self.centre[node][:, of] + spot * self.step[node][:, of]
        lines = np.einsum("dp,nap->nda", self.counts.design[of], self.coefficients[node])
        precision = self.precision[node][:, None, None]
        mean = special.expit(lines + effect[..., None])
        yes, asked = self.counts.yes[of], self.counts.asked[of]
        alpha, beta = mean * precision + yes, (1.0 - mean) * precision + asked - yes
        return np.asarray(rng.beta(np.maximum(alpha, 1e-9), np.maximum(beta, 1e-9))).reshape(len(node), -1)

    def _effects(self, node: NDArray[np.intp]) -> tuple[FloatArray, FloatArray]:
        """Return (nodes, districts, places) values of u and their posterior shares, which sum to 1 over the places."""
        if self._kept is not None:
            return self._kept[0][node], self._kept[1][node]
        return self._counted(node)

    @functools.cached_property
    def _kept(self) -> tuple[FloatArray, FloatArray] | None:
        """Those of all nodes, which are asked for again and again; None where they are too many to hold."""
        return self._counted(np.arange(len(self.weight))) if self.centre.size * len(_PLACES) <= _MOST_KEPT else None

    def _counted(self, node: NDArray[np.intp]) -> tuple[FloatArray, FloatArray]:
        nodes = _Nodes(
            coefficients=self.coefficients[node],
            precision=self.precision[node],
            shared_sd=self.shared_sd[node],
            centre=self.centre[node],
            step=self.step[node],
        )
        level, effect = nodes.effect_levels(self.counts)
        share = np.exp(level - level.max(axis=-1, keepdims=True))
        return effect, share / share.sum(axis=-1, keepdims=True)

    def _logits(self, node: NDArray[np.intp], effect: FloatArray) -> FloatArray:
        """Return (nodes, districts, places, ages) logits of the means."""
        lines = np.einsum("dp,nap->nda", self.counts.design, self.coefficients[node])
        return np.asarray(lines[:, :, None, :] + effect[..., None])


def integrate_shared(yes: FloatArray, asked: FloatArray, design: FloatArray) -> SharedPosterior:
    """Return the posterior of the hyperparameters.

    Parameters
    ----------
    yes, asked
        (districts, ages) counts, 0 <= yes <= asked; effective counts may be fractions.
    design
        (districts, coefficients) with ones in the first column and standardised covariates in the others.
    """
    counts, back, number = Counts(yes=yes, asked=asked, design=design).distinct()
    rate = (yes.sum() + 0.5) / (asked.sum() + 1.0)
    scale = float(np.sqrt(rate * (1.0 - rate)))
    own, shared, log_rule = _spread_rule(counts, number, scale)
    modes = _modes(counts, number, own, shared / scale)
    level = modes.level + log_rule
    likely = np.flatnonzero(level > level.max() - _NEGLIGIBLE)
    likely = likely[np.argsort(own[likely], kind="stable")]
    offsets, log_offset = reference_nodes(yes.shape[1] * design.shape[1], _LATTICE, _SOBOL_NODES)
    parts = [_weighed(counts, number, modes, pair, offsets) for pair in likely.tolist()]
    log_weight = np.concatenate(
        [part[0] + log_rule[pair] + log_offset for part, pair in zip(parts, likely, strict=True)]
    )
    weight = np.exp(log_weight - log_weight.max())
    kept = weight > _SMALLEST_WEIGHT
    pair_of = np.repeat(likely, len(offsets))[kept]
    spreads, spread = np.unique(own[pair_of], return_inverse=True)
    return SharedPosterior(
        weight=weight[kept] / weight[kept].sum(),
        coefficients=np.concatenate([part[1] for part in parts])[kept],
        spread=spread,
        spread_precision=precision_of(spreads),
        shared_sd=modes.shared_sd[pair_of],
        centre=np.concatenate([part[2] for part in parts])[kept],
        step=modes.effect_sd[pair_of] * _EFFECT_STEP,
        counts=counts,
        of_district=back,
    )


def _spread_rule(counts: Counts, number: FloatArray, scale: float) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return (pairs,) nodes of s and of tau times `scale`, and the logarithms of rule times prior."""
    ranges = [(0.0, 1.0), (0.0, 1.0)]
    trials = [_TRIAL, _TRIAL]
    for _ in range(4):
        own, shared = (part.ravel() for part in np.meshgrid(*trials, indexing="ij"))
        level = _modes(counts, number, own, shared / scale).level + _log_prior(own) + _log_prior(shared)
        level = level.reshape(len(trials[0]), len(trials[1]))
        alive = [np.flatnonzero(level.max(axis=1 - axis) > level.max() - 0.6 * _NEGLIGIBLE) for axis in (0, 1)]
        for axis, (trial, live) in enumerate(zip(trials, alive, strict=True)):
            low, high = ranges[axis]
            low = low if live[0] == 0 else float(trial[live[0] - 1])
            high = high if live[-1] == len(trial) - 1 else float(trial[live[-1] + 1])
            ranges[axis] = (low, high)
        if all(len(live) >= len(trial) // 2 for trial, live in zip(trials, alive, strict=True)):
            break
        trials = [np.linspace(low, high, 9)[1:-1] for low, high in ranges]
    rules = [np.polynomial.legendre.leggauss(size) for size in _SPREADS]
    at = [low + (high - low) * (nodes + 1.0) / 2.0 for (low, high), (nodes, _) in zip(ranges, rules, strict=True)]
    own, shared = (part.ravel() for part in np.meshgrid(*at, indexing="ij"))
    log_rule = np.add.outer(np.log(rules[0][1]), np.log(rules[1][1])).ravel()
    return own, shared, log_rule + _log_prior(own) + _log_prior(shared)


def _log_prior(spread: FloatArray) -> FloatArray:
    return np.asarray(-0.5 * (spread / SPREAD_SCALE) ** 2)


def _modes(counts: Counts, number: FloatArray, own: FloatArray, shared_sd: FloatArray) -> _Modes:
    """Return the modes for (pairs,) spreads s and tau, by Newton's steps on beta with u eliminated."""
    precision, design = precision_of(own), counts.design
    shared_sd = np.maximum(shared_sd, 1e-3)
    stiff = shared_sd[:, None] ** -2.0
    ages, size = counts.yes.shape[1], design.shape[1]
    beta = np.zeros((len(own), ages, size))
    total = number @ np.stack([counts.yes, counts.asked], axis=1).reshape(len(number), -1)
    beta[..., 0] = special.logit((total[:ages] + 0.5) / (total[ages:] + 1.0))
    effect = np.zeros((len(own), len(design)))
    flat = np.where(np.arange(size) > 0, SLOPE_SCALE**-2.0, 0.0)
    for _ in range(40):
        mean = special.expit(np.einsum("dp,nap->nda", design, beta) + effect[..., None])
        slope, bend = row_derivatives(counts.yes, counts.asked, mean, precision[:, None, None])
        city = special.expit(beta[..., 0])
        by_beta = np.einsum("d,nda,dp->nap", number, slope, design) - flat * beta
        by_beta[..., 0] += 1.0 - 2.0 * city
        by_effect, of_effect = slope.sum(axis=2) - stiff * effect, bend.sum(axis=2) + stiff
        both = bend[..., None] * design[None, :, None, :]
        curvature = _eliminated(both, of_effect, number, design)
        at = np.arange(ages) * size
        curvature[:, at, at] += 2.0 * city * (1.0 - city)
        curvature[:, np.arange(ages * size), np.arange(ages * size)] += np.tile(flat, ages)
        both = both.reshape(len(own), len(design), -1)
        target = by_beta.reshape(len(own), -1) - np.einsum("d,ndq,nd->nq", number, both, by_effect / of_effect)
        step = np.clip(np.linalg.solve(curvature, target[..., None])[..., 0], -1.0, 1.0)
        move = np.clip((by_effect - np.einsum("ndq,nq->nd", both, step)) / of_effect, -1.0, 1.0)
        beta, effect = beta + step.reshape(beta.shape), effect + move
        if max(np.abs(step).max(), np.abs(move).max()) < _MODE_TOLERANCE:
            break
    root = np.linalg.cholesky(np.linalg.inv(curvature))
    mean = special.expit(np.einsum("dp,nap->nda", design, beta) + effect[..., None])
    level = counts.log_likelihood(mean, precision[:, None, None]) - 0.5 * stiff * effect**2
    level = (level - np.log(shared_sd)[:, None] - 0.5 * np.log(of_effect)) @ number + _log_prior_of(beta)
    level += np.linalg.slogdet(root)[1]
    return _Modes(
        precision=precision, shared_sd=shared_sd, beta=beta, effect=effect, effect_sd=of_effect**-0.5,
        pull=bend / of_effect[..., None], root=root, level=level,
    )  # fmt: skip


def _eliminated(both: FloatArray, of_effect: FloatArray, number: FloatArray, design: FloatArray) -> FloatArray:
    """Return (pairs, q, q) negated curvature of the likelihood by beta once u follows it."""
    pairs, _, ages, size = both.shape
    full = np.zeros((pairs, ages, size, ages, size))
    each = np.einsum("d,ndap,dr->napr", number, both, design)
    for age in range(ages):
        full[:, age, :, age, :] = each[:, age]
    lines = both.reshape(pairs, len(number), -1)
    less = np.einsum("ndq,ndr->nqr", lines * (number / of_effect)[..., None], lines)
    return np.asarray(full.reshape(pairs, ages * size, ages * size) - less)


def _log_prior_of(beta: FloatArray) -> FloatArray:
    """Return (...,) log prior densities of (..., ages, coefficients) beta."""
    city = beta[..., 0]
    prior = -np.logaddexp(0.0, city) - np.logaddexp(0.0, -city)
    return np.asarray(prior.sum(axis=-1) - 0.5 * (beta[..., 1:] ** 2).sum(axis=(-2, -1)) / SLOPE_SCALE**2)


def _weighed(
    counts: Counts, number: FloatArray, modes: _Modes, pair: int, offsets: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return log weights (but for the rule), coefficients and centres of u of the nodes of beta of one pair."""
    move = (offsets @ modes.root[pair].T).reshape(len(offsets), *modes.beta.shape[1:])
    beta = modes.beta[pair] + move
    gives_way = np.einsum("da,dp,nap->nd", modes.pull[pair], counts.design, move)
    centre = modes.effect[pair] - gives_way
    step = np.broadcast_to(modes.effect_sd[pair] * _EFFECT_STEP, centre.shape)
    ones = np.ones(len(offsets))
    nodes = _Nodes(
        coefficients=beta,
        precision=ones * modes.precision[pair],
        shared_sd=ones * modes.shared_sd[pair],
        centre=centre,
        step=step,
    )
    level, _ = nodes.effect_levels(counts)
    by_district = special.logsumexp(level, axis=-1) + np.log(step)
    weight = by_district @ number + _log_prior_of(beta) + np.linalg.slogdet(modes.root[pair])[1]
    return np.asarray(weight), beta, centre
