"""Visits of any set of stations, as they may be: one capture a draw of parameters and of the stations' own levels."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from placement.demand.use.fit import Fitted
from placement.demand.use.folding import Folder
from placement.demand.use.posterior import Part
from placement.values.arrays import FloatArray, IndexArray
from placement.values.capture import Capture


def draw_captures(
    fitted: Fitted, folder: Folder, among: IndexArray, *, n: int, seed: int, widened: float
) -> Iterator[Capture]:
    """Yield `n` captures of the sites `among`, which hold all that stand today.

    Sets of parameters come by their tempered weights, as far apart as `n` allows; levels of sites without a record
    jointly from the model, those of stations on record with the error of their record.
    """
    rng = np.random.default_rng(seed)
    posterior = fitted.posterior
    weights = posterior.weights(posterior.priors.temper)
    ends = np.cumsum(np.concatenate(weights))
    picks = np.searchsorted(ends / ends[-1], (np.arange(n) + rng.random()) / n, side="right")
    sizes = np.cumsum([len(each) for each in weights])
    here = _only(folder, among)
    others = np.flatnonzero(~fitted.recorded[among])
    drawn: tuple[int, FloatArray] | None = None
    for pick in picks:
        number = int(np.searchsorted(sizes, pick, side="right"))
        part = posterior.parts[number]
        node = np.array([pick - (sizes[number] - len(weights[number]))])
        if drawn is None or drawn[0] != number:
            drawn = (number, _factor(fitted, part, among[others]))
        logs = fitted.log_visits[among] + fitted.log_sd[among] * rng.standard_normal(len(among))
        mean, _ = posterior.conditional(part, node, among[others])
        twice = 2.0 * posterior.priors.scatter_shape * posterior.priors.scatter_sd**2
        spread = np.sqrt((twice + part.square[node[0]]) / rng.chisquare(posterior.freedom)) * widened
        logs[others] = mean[0] + spread * (drawn[1] @ rng.standard_normal(len(others)))
        yield here.capture(np.exp(logs), node, np.ones(1), np.array([part.family.exponent]))


def _factor(fitted: Fitted, part: Part, sites: IndexArray) -> FloatArray:
    """Return the lower factor of the joint covariance of sites without a record."""
    if len(sites) == 0:
        return np.zeros((0, 0))
    posterior = fitted.posterior
    across = posterior.places.covariance(sites, posterior.record.sites, part.family, posterior.priors)
    return part.solved.joint(across, posterior.alone(part.family, sites))


def _only(folder: Folder, sites: IndexArray) -> Folder:
    """Return the folder of some sites."""
    nodes = folder.nodes
    parts = {name: getattr(nodes, name)[:, sites] for name in ("log_h", "at_door", "residents")}
    return replace(
        folder,
        site_ids=folder.site_ids[sites],
        reach=folder.reach.only(sites),
        standing=folder.standing[sites],
        nodes=replace(nodes, **parts),
        attraction=folder.attraction[sites],
    )
