r"""From the model of use to a sum over demand points and a sum over stations, which a program can maximise.

To first order a station whose catchment others eat into loses visits with the exponent g:

.. math:: V(S) = g \sum_i \kappa n_i \frac{A_i(S)}{A_i(S) + o} + \sum_{j \in S} [(1 - g) v_j + g D_j]

Each site's level goes into its pull :math:`a_j`, by Newton's steps in turn, so that the first sum alone gives it the
visits :math:`v_j` less those at its door: for the stations of today all together, for every other site alone beside
them.
:math:`\kappa` meets the general level; what no catchment of the largest pull explains (a central library) stays a
constant :math:`D_j`, with those who come in from the door. Several sets of parameters stack, each with its weight: the
sum stays concave in the pulls, and linear beside.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import sparse

from placement.demand.use.kernels import fold_alone, fold_standing
from placement.demand.use.nodes import Nodes
from placement.demand.use.posterior import Posterior
from placement.demand.use.priors import UsePriors
from placement.demand.use.reach import Reach
from placement.values.arrays import BoolArray, FloatArray, IndexArray
from placement.values.capture import Capture

_ROUNDS = 200
_MOST = 1e12


@dataclass(frozen=True, kw_only=True, eq=False)
class Folder:
    """Folds the levels of sites into their pulls.

    Parameters
    ----------
    site_ids, order
        Ids of the sites in the order in which captures have them; (sites,) number of each here.
    reach, standing
        Pairs within reach; which sites stand today.
    nodes, attraction
        Sets of parameters, and (sites,) logarithms of the pull of each site's host kind.
    priors
        Limits.
    """

    site_ids: pd.Index
    order: IndexArray
    reach: Reach
    standing: BoolArray
    nodes: Nodes
    attraction: FloatArray
    priors: UsePriors

    def capture(self, visits: FloatArray, picked: IndexArray, weights: FloatArray, exponents: FloatArray) -> Capture:
        """Return the visits of any set of stations.

        Parameters
        ----------
        visits
            (sites,) visits a month: of today's stations as they stand, of each other site beside them.
        picked, weights, exponents
            (picked,) numbers of sets of parameters, their weights, of 1 in all, and the exponent of each.
        """
        points = len(self.reach.need)
        door = np.zeros(len(visits))
        masses, pulls = [], []
        for node, weight, exponent in zip(picked, weights, exponents, strict=True):
            door += weight * (1.0 - exponent) * visits
            if exponent <= 0:
                continue
            mass, pull, constant = self._fold(visits, int(node))
            door += weight * exponent * constant
            masses.append(weight * exponent * mass)
            here = sparse.csc_array((pull, self.reach.point, self.reach.start), shape=(points, len(visits)))
            pulls.append(here[:, self.order])
        if not pulls:
            pulls, masses = [sparse.csc_array((0, len(visits)))], [np.zeros(0)]
        mass = np.concatenate(masses)
        matrix = (sparse.vstack(pulls) if len(pulls) > 1 else pulls[0]).tocsr()
        met = np.flatnonzero((np.diff(matrix.indptr) > 0) & (mass > 0))
        return Capture(site_ids=self.site_ids, mass=mass[met], pull=matrix[met], door=door[self.order])

    def _fold(self, visits: FloatArray, node: int) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return (points,) mass, (pairs,) pull in units of the outside option, and (sites,) visits beside them."""
        nodes, reach, limits = self.nodes, self.reach, (self.priors.least_pull, self.priors.most_pull)
        need = (reach.need / np.maximum(reach.need.sum(axis=0), 1e-300)) @ nodes.mix[node]
        outside = float(nodes.outside[node])
        near = reach.near(float(nodes.decay[node]))
        from_door = np.minimum(nodes.at_door[node], 1.0) * visits
        target = visits - from_door
        at = self.attraction.copy()
        stations, others = np.flatnonzero(self.standing), np.flatnonzero(~self.standing)
        mass = need * self._level(need, near, outside, target, stations)
        fold_standing(reach.start, reach.point, near, mass, outside, stations, target, *limits, _ROUNDS, at)
        base = outside + reach.base(np.exp(at)[reach.site] * near, self.standing)
        fold_alone(reach.start, reach.point, near, mass, base, others, target, *limits, at)
        pull = np.exp(at)[reach.site] * near
        against = base[reach.point] + np.where(self.standing[reach.site], 0.0, pull)
        drawn = np.bincount(reach.site, mass[reach.point] * pull / against, minlength=len(visits))
        return mass, pull / outside, np.maximum(target - drawn, 0.0) + from_door

    def _level(
        self, need: FloatArray, near: FloatArray, outside: float, target: FloatArray, stations: IndexArray
    ) -> float:
        """Return the factor that lets today's stations, with the pulls of their kinds, see their visits in the mean."""
        reach = self.reach
        pull = np.exp(self.attraction)[reach.site] * near
        base = outside + reach.base(pull, self.standing)
        drawn = np.bincount(reach.site, need[reach.point] * pull / base[reach.point], minlength=len(target))
        met = stations[(drawn[stations] > 0) & (target[stations] > 0)]
        if len(met) == 0:
            return 0.0
        return float(np.exp(min(np.mean(np.log(target[met]) - np.log(drawn[met])), np.log(_MOST))))


def representative(posterior: Posterior, power: float) -> tuple[IndexArray, FloatArray, FloatArray]:
    """Return a few sets of parameters for all: numbers, weights, of 1 in all, and exponents.

    Sets of parameters are ordered by decay and outside option and cut into strata of equal weight times exponent; the
    heaviest of each stands for it. What the exponent leaves to the stations' own level is one more, of exponent 0.
    """
    nodes, count = posterior.nodes, posterior.priors.nodes
    heavy = np.zeros(len(nodes.decay))
    for part, weight in zip(posterior.parts, posterior.weights(power), strict=True):
        heavy += part.family.exponent * weight
    mean = float(heavy.sum())
    if mean <= 0:
        return np.zeros(1, dtype=np.int64), np.ones(1), np.zeros(1)
    order = np.lexsort((nodes.door, nodes.outside, nodes.decay))
    ends = np.cumsum(heavy[order])
    middle = (ends - 0.5 * heavy[order]) / mean
    stratum = np.minimum((middle * count).astype(int), count - 1)
    picked, weights = [], []
    for number in range(count):
        inside = order[stratum == number]
        if len(inside) and heavy[inside].sum() > 0:
            picked.append(int(inside[heavy[inside].argmax()]))
            weights.append(float(heavy[inside].sum()))
    return (
        np.array([*picked, 0]),
        np.array([*weights, 1.0 - mean]),
        np.array([*np.ones(len(picked)), 0.0]),
    )
