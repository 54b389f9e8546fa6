r"""The grid of parameters that shape a catchment: decay, outside option, door share and mix of the sources of need.

.. math:: h_j = (1 - f) \sum_s w_s H_{js} / \bar H + f F_j / \bar F,

with the share :math:`f` of those who pass the door and the shares :math:`w` of the sources of need (each a city's whole
need of its kind: 1); means are those of the stations that stand.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np

from placement.demand.use.priors import UsePriors
from placement.demand.use.reach import Reach
from placement.values.arrays import BoolArray, FloatArray

_LEAST_CATCHMENT, _MOST_CATCHMENT = 1e-4, 1e3
"""Of the mean of the stations: where nobody is within reach, and where a source is that no station is near."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Nodes:
    """Sets of parameters, and the catchment of every site under each.

    Parameters
    ----------
    decay, outside, door
        (nodes,) decay a minute, outside option, door share.
    mix
        (nodes, sources) shares of the sources of need, of 1 in all.
    log_prior
        (nodes,) logarithm of the prior weight, of 1 in all.
    log_h
        (nodes, sites) logarithm of the catchment, in means of the stations that stand.
    at_door, residents
        (nodes, sites) parts of the catchment that pass the door, and that the first source of need makes.
    """

    decay: FloatArray
    outside: FloatArray
    door: FloatArray
    mix: FloatArray
    log_prior: FloatArray
    log_h: FloatArray
    at_door: FloatArray
    residents: FloatArray


def mixes(sources: int, priors: UsePriors) -> FloatArray:
    """Return (mixes, sources): the first source alone, and with a share of each of the others."""
    rows = [np.eye(sources)[0]]
    for other, share in itertools.product(range(1, sources), priors.source_share):
        row = np.zeros(sources)
        row[0], row[other] = 1.0 - share, share
        rows.append(row)
    return np.array(rows)


def catchment_nodes(
    reach: Reach, standing: BoolArray, attraction: FloatArray, doors: FloatArray | None, priors: UsePriors
) -> Nodes:
    """Return the grid with the catchments of all sites of `reach`; `doors` are (sites,) people who pass the door."""
    sources = reach.need.shape[1]
    of_each = reach.catchments(standing, priors.decay_per_min, priors.outside, attraction)
    of_each = of_each / np.maximum(reach.need.sum(axis=0), 1e-300)
    passing = None if doors is None or doors[standing].mean() <= 0 else doors / doors[standing].mean()
    shares = (0.0,) if passing is None else priors.door_share
    axes = [range(len(priors.decay_per_min)), range(len(priors.outside)), range(len(mixes(sources, priors))), shares]
    keys = list(itertools.product(*axes))
    b, o, m, door = (np.array(part) for part in zip(*keys, strict=True))
    mix = mixes(sources, priors)[m.astype(int)]
    parts = of_each[b.astype(int), o.astype(int)] * mix[:, None, :]
    drawn = parts.sum(axis=2)
    mean = drawn[:, standing].mean(axis=1)[:, None]
    unit = np.where(mean > 0, mean, np.inf)
    drawn, of_residents = drawn / unit, parts[:, :, 0] / unit
    at_door = np.zeros_like(drawn) if passing is None else door[:, None] * passing
    rest = 1.0 - door[:, None]
    whole = np.clip(rest * drawn + at_door, _LEAST_CATCHMENT, _MOST_CATCHMENT)
    decay = np.array(priors.decay_per_min)[b.astype(int)]
    log_prior = -0.5 * ((np.log(decay) - np.log(priors.decay_centre)) / priors.decay_log_sd) ** 2
    return Nodes(
        decay=decay,
        outside=np.array(priors.outside)[o.astype(int)],
        door=door.astype(float),
        mix=mix,
        log_prior=log_prior - np.log(np.exp(log_prior).sum()),
        log_h=np.log(whole),
        at_door=np.minimum(at_door / whole, 1.0),
        residents=np.minimum(rest * of_residents / whole, 1.0),
    )
