r"""Visits of any set of stations, as they may be: one capture a draw of parameters and of the stations' own levels.

Sets of parameters come by their tempered weights, spread by the golden ratio; so the first draws of many are the draws
of few. Levels are drawn jointly by Matheron's rule: a draw of all that scatters, at observed stations and at other
sites, is corrected at the other sites by what the observed ones show it to be off. The spatial part is a sum of random
waves of Matérn's spectrum (order 3/2: Student's t with 3 degrees of freedom), so that a site's level in a draw depends
on nothing but the draw and its own place among the sites of the fit.

Sources: Rahimi & Recht (2007), Random features for large-scale kernel machines, NIPS 20; Wilson et al. (2020),
Efficiently sampling functions from Gaussian process posteriors, ICML 37.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from placement.demand.use.fit import Fitted
from placement.demand.use.folding import Folder
from placement.demand.use.posterior import Part, Posterior
from placement.values.arrays import BoolArray, FloatArray, IndexArray
from placement.values.capture import Capture

_GOLDEN = 0.6180339887498949
_WAVES = 128
_TWICE_ORDER = 3.0


def draw_captures(fitted: Fitted, folder: Folder, among: BoolArray, *, n: int, seed: int) -> Iterator[Capture]:
    """Yield `n` captures; sites outside `among`, (sites,), which holds all that stand today, draw nobody."""
    posterior = fitted.posterior
    weights = posterior.weights(posterior.priors.temper)
    ends = np.cumsum(np.concatenate(weights))
    sizes = np.cumsum([len(each) for each in weights])
    here = replace(folder, reach=folder.reach.masked(among))
    others = np.flatnonzero(among & ~fitted.recorded)
    start = float(np.random.default_rng(seed).random())
    across: dict[int, FloatArray] = {}
    for number in range(n):
        pick = int(np.searchsorted(ends / ends[-1], (start + number * _GOLDEN) % 1.0, side="right"))
        family = int(np.searchsorted(sizes, pick, side="right"))
        part, node = posterior.parts[family], pick - int(sizes[family] - len(weights[family]))
        if family not in across:
            covariance = posterior.places.covariance(others, posterior.record.sites, part.family, posterior.priors)
            across[family] = part.solved.weights(covariance)
        logs = _levels(fitted, part, node, np.random.default_rng([seed, number]), others=others, weights=across[family])
        visits = np.where(among, np.exp(logs), 0.0)
        yield here.capture(visits, np.array([node]), np.ones(1), np.array([part.family.exponent]))


def _levels(
    fitted: Fitted, part: Part, node: int, rng: np.random.Generator, *, others: IndexArray, weights: FloatArray
) -> FloatArray:
    """Return (sites,) logarithms of visits; those of sites that are neither on record nor in `others` are 0."""
    posterior, observed = fitted.posterior, fitted.posterior.record.sites
    twice = 2.0 * posterior.priors.scatter_shape * posterior.priors.scatter_sd**2
    spread = np.sqrt((twice + part.square[node]) / rng.chisquare(posterior.freedom))
    logs = fitted.log_visits + fitted.log_sd * rng.standard_normal(len(fitted.log_visits))
    needed = np.concatenate([others, observed])
    scattered = spread * _scatter(posterior, part, needed, rng)
    noise = spread * posterior.places.record_sd / posterior.priors.scatter_sd * rng.standard_normal(len(logs))
    mean = part.family.exponent * posterior.nodes.log_h[node, others] + weights @ part.residual[:, node]
    off = scattered[: len(others)] - weights @ (scattered[len(others) :] + noise[observed])
    found = np.where(fitted.recorded, logs, 0.0)
    kinds = posterior.priors.host_sd * rng.standard_normal(int(posterior.places.host.max()) + 1)
    unseen = np.where(posterior.places.unseen(others), kinds[posterior.places.host[others]], 0.0)
    found[others] = mean + fitted.widened * (off + unseen)
    return found


def _scatter(posterior: Posterior, part: Part, sites: IndexArray, rng: np.random.Generator) -> FloatArray:
    """Return (sites,) a draw of effects of hosts and covariates, of the spatial part and of each site's own."""
    places, priors, family = posterior.places, posterior.priors, part.family
    kinds = rng.standard_normal(int(places.host.max()) + 1) * places.host_sds(family, priors)
    slopes = rng.standard_normal(places.covariates.shape[1]) * priors.covariate_sd
    found = (kinds[places.host[sites]] + places.covariates[sites] @ slopes) / priors.scatter_sd
    own = rng.standard_normal(len(places.host))[sites]
    if family.share > 0 and places.xy is not None:
        found += np.sqrt(family.share) * _waves(places.xy[sites], family.range_m, rng)
    return np.asarray(found + np.sqrt(1.0 - family.share) * own)


def _waves(xy: FloatArray, range_m: float, rng: np.random.Generator) -> FloatArray:
    """Return (sites,) a draw of a field with Matérn's correlation of order 3/2."""
    slow = np.sqrt(rng.chisquare(_TWICE_ORDER, _WAVES) / _TWICE_ORDER)
    number = rng.standard_normal((2, _WAVES)) / (slow * range_m)
    phase = rng.uniform(0.0, 2.0 * np.pi, _WAVES)
    height = rng.standard_normal(_WAVES)
    return np.asarray(np.cos(xy @ number + phase) @ height * np.sqrt(2.0 / _WAVES))
