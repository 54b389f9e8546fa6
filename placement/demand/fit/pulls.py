r"""The fitted model of visits as the function of any set of stations that :class:`placement.values.Capture` is.

With the pull of staying at home as the unit, a station :math:`j` of host kind :math:`h` pulls on a demand point
:math:`i` by :math:`a_{ij} = g_j \exp(\alpha_h - \beta t_{ij} - o)`, and takes :math:`d_j = g_j c F_j` of those who pass
its door. Its own level :math:`g_j`, what it was observed above or below the model, is part of its pull and of its door:
so the function stays concave in the pulls, and stations it competes with feel it too.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import sparse

from placement.demand.fit.huff import HuffFit, Pairs
from placement.values.arrays import BoolArray, FloatArray
from placement.values.capture import Capture

_ROOT_FLOOR = 0.0
"""Eigenvalues of a covariance below it are rounding."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Pulls:
    """Sites and demand points within reach of each other, and what is known of each site's own level.

    Parameters
    ----------
    site_ids
        Of all sites, existing ones and candidates.
    pairs
        With all of them as stations, and staying at home as an option.
    shape, rate
        (sites,) of the gamma distribution of each site's level.
    """

    site_ids: pd.Index
    pairs: Pairs
    shape: FloatArray
    rate: FloatArray

    def expected(self, found: HuffFit) -> Capture:
        """Return the function at the estimates."""
        return self._at(found.theta, self.shape / self.rate, None)

    def draws(self, found: HuffFit, n: int, seed: int, among: BoolArray | None) -> Iterator[Capture]:
        """Yield it for `n` draws of parameters and levels; see :meth:`placement.demand.Usage.draws`."""
        values, vectors = np.linalg.eigh(found.covariance)
        root = vectors * np.sqrt(np.maximum(values, _ROOT_FLOOR))
        for number in range(n):
            rng = np.random.default_rng([seed, number])
            theta = found.theta + root @ rng.standard_normal(len(values))
            yield self._at(theta, rng.gamma(self.shape) / self.rate, among)

    def _at(self, theta: FloatArray, level: FloatArray, among: BoolArray | None) -> Capture:
        pairs = self.pairs
        column = pairs.column
        kept = slice(None) if among is None else among[column]
        column = column[kept]
        pull = pairs.pull(theta)[kept] * level[column]
        mass = pairs.need @ np.exp(theta[: pairs.n_sources])
        door = np.zeros(pairs.n_stations) if pairs.passing is None else np.exp(theta[-1]) * pairs.passing * level
        shape = (len(pairs.need), pairs.n_stations)
        matrix = sparse.csr_array((pull, (pairs.row[kept], column)), shape=shape)
        reached = np.flatnonzero(np.diff(matrix.indptr) > 0)
        return Capture(site_ids=self.site_ids, mass=mass[reached], pull=matrix[reached], door=door)
