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

import functools
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import sparse

from placement.demand.use.kernels import fold
from placement.demand.use.nodes import Nodes
from placement.demand.use.posterior import Posterior
from placement.demand.use.priors import UsePriors
from placement.demand.use.reach import Reach
from placement.values.arrays import BoolArray, FloatArray, IndexArray, sealed
from placement.values.capture import Capture


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
        door = np.zeros(len(visits))
        masses, pulls = [], []
        for node, weight, exponent in zip(picked, weights, exponents, strict=True):
            door += weight * (1.0 - exponent) * visits
            if exponent <= 0:
                continue
            mass, pull, constant = self._fold(visits, int(node))
            door += weight * exponent * constant
            masses.append(weight * exponent * mass)
            pulls.append(pull)
        mass, pull = self._rows.stacked(masses, pulls)
        mass, door = sealed(mass, door[self.order])
        return self._nothing.redrawn(mass, pull, door)

    @functools.cached_property
    def _nothing(self) -> Capture:
        return Capture(
            site_ids=self.site_ids,
            mass=np.zeros(0),
            pull=sparse.csr_array((0, len(self.order))),
            door=np.zeros(len(self.order)),
        )

    @functools.cached_property
    def _rows(self) -> _Rows:
        return _Rows.of(self.reach, self.order)

    def _fold(self, visits: FloatArray, node: int) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return (points,) mass, (pairs,) pull in units of the outside option, and (sites,) visits beside them."""
        nodes, reach = self.nodes, self.reach
        need = (reach.need / np.maximum(reach.need.sum(axis=0), 1e-300)) @ nodes.mix[node]
        outside, near = float(nodes.outside[node]), reach.near(float(nodes.decay[node]))
        from_door = np.minimum(nodes.at_door[node], 1.0) * visits
        target = visits - from_door
        limits = self.priors.least_pull, self.priors.most_pull
        mass, pull, drawn = np.empty(len(need)), np.empty(len(near)), np.empty(len(visits))
        known = (reach.start, reach.point, near, need, outside, self.standing, target, *limits)
        fold(*known, self.attraction.copy(), mass, pull, drawn)
        return mass, pull / outside, np.maximum(target - drawn, 0.0) + from_door


@dataclass(frozen=True, kw_only=True, eq=False)
class _Rows:
    """The pairs within reach as rows of a matrix, one a demand point that somebody reaches.

    Parameters
    ----------
    point
        (rows,) demand point.
    pair
        (pairs,) numbers of the pairs in the order of the matrix.
    start, column
        Where the rows begin, (rows + 1,), and the column of each pair, (pairs,).
    columns
        Number of columns.
    """

    point: IndexArray
    pair: IndexArray
    start: IndexArray
    column: IndexArray
    columns: int

    @classmethod
    def of(cls, reach: Reach, order: IndexArray) -> _Rows:
        """Return them with the sites in another order: (sites,) number of each here."""
        column = np.argsort(order, kind="stable")[reach.site]
        pair = np.lexsort((column, reach.point))
        point, sizes = np.unique(reach.point, return_counts=True)
        start = np.concatenate([[0], np.cumsum(sizes)])
        return cls(point=point, pair=pair, start=start, column=column[pair], columns=len(order))

    def stacked(self, masses: list[FloatArray], pulls: list[FloatArray]) -> tuple[FloatArray, sparse.csr_array]:
        """Return (rows,) masses and (rows, sites) pulls of points and pairs, one set below the other; no empty rows."""
        times, pairs = len(pulls), len(self.pair)
        data = np.concatenate([np.zeros(0), *(pull[self.pair] for pull in pulls)])
        start = np.concatenate([[0], *(self.start[1:] + pairs * number for number in range(times))])
        mass = np.concatenate([np.zeros(0), *(each[self.point] for each in masses)])
        parts = sealed(data, np.tile(self.column, times), start)
        matrix = sparse.csr_array(parts, shape=(len(mass), self.columns))
        met = mass > 0
        if met.all():
            return mass, matrix
        some = matrix[met]
        sealed(some.data, some.indices, some.indptr)
        return mass[met], some


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
