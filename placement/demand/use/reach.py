r"""Catchments: the need that each site draws among the stations that stand.

.. math::
    H_j = \sum_i n_i \frac{e^{a_j - b t_{ij}}}{o + \sum_{k \in S \cup \{j\}} e^{a_k - b t_{ik}}},

over the demand points i within reach, with the decay :math:`b` a minute, the outside option :math:`o` and the
attraction :math:`a`. A site that does not stand is added to those that do, alone.

Source: Huff (1964), Defining and estimating a trading area. Journal of Marketing 28(3).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from placement.demand.use.kernels import add_catchments
from placement.values.arrays import BoolArray, FloatArray, IndexArray


@dataclass(frozen=True, kw_only=True, eq=False)
class Reach:
    """Demand points and sites within reach of each other, site by site.

    Parameters
    ----------
    start
        (sites + 1,) where the pairs of a site begin.
    point
        (pairs,) demand point, rising within a site.
    minutes
        (pairs,) walking time.
    need
        (points, sources).
    """

    start: IndexArray
    point: IndexArray
    minutes: FloatArray
    need: FloatArray

    @property
    def n_sites(self) -> int:
        """Number of sites."""
        return len(self.start) - 1

    @property
    def site(self) -> IndexArray:
        """(pairs,) site."""
        return np.repeat(np.arange(self.n_sites), np.diff(self.start))

    def only(self, sites: IndexArray) -> Reach:
        """Return the pairs of some sites, in their order."""
        sizes = np.diff(self.start)[sites]
        start = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
        pairs = np.arange(start[-1]) + np.repeat(self.start[sites] - start[:-1], sizes)
        return Reach(start=start, point=self.point[pairs], minutes=self.minutes[pairs], need=self.need)

    def masked(self, sites: BoolArray) -> Reach:
        """Return the same sites, of which only those of `sites`, (sites,), reach anybody."""
        kept = sites[self.site]
        start = np.concatenate([[0], np.cumsum(np.where(sites, np.diff(self.start), 0))]).astype(np.int64)
        return Reach(start=start, point=self.point[kept], minutes=self.minutes[kept], need=self.need)

    def near(self, decay: float) -> FloatArray:
        """Return (pairs,) how much of a site's pull is left at the demand point."""
        return np.asarray(np.exp(-decay * self.minutes))

    def base(self, pull: FloatArray, standing: BoolArray) -> FloatArray:
        """Return (points,) the pull of all that stands."""
        there = standing[self.site]
        return np.bincount(self.point[there], pull[there], minlength=len(self.need)).astype(np.float64)

    def catchments(
        self, standing: BoolArray, decays: tuple[float, ...], outsides: tuple[float, ...], attraction: FloatArray
    ) -> FloatArray:
        """Return (decays, outsides, sites, sources) the need that each site draws."""
        level = np.exp(attraction)[self.site]
        found = np.zeros((len(decays), len(outsides), self.n_sites * self.need.shape[1]))
        for row, decay in enumerate(decays):
            pull = level * self.near(decay)
            base = self.base(pull, standing)
            for column, outside in enumerate(outsides):
                add_catchments(self.start, self.point, pull, base, standing, outside, self.need, found[row, column])
        return found.reshape(len(decays), len(outsides), self.n_sites, self.need.shape[1])
