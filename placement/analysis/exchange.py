r"""What each exchange of one station for another site is worth, all sites at once.

With :math:`n_r` stations of the plan within reach of row :math:`r`, of which the :math:`i`-th counts :math:`g_i` of the
weight (plainly: the first all of it), exchanging :math:`s` for :math:`j` covers

.. math::
    \sum_{r: j \in N(r)} w_r g_{n_r + 1} + \sum_{r: s, j \in N(r)} w_r (g_{n_r} - g_{n_r + 1})
    - \sum_{r: s \in N(r)} w_r g_{n_r}

more (Teitz & Bart 1968, Heuristic methods for estimating the generalized vertex median of a weighted graph, Operations
Research 16, 955-961). Visits are counted without :math:`s`, and with each :math:`j` in its place.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from placement.plan.standing import Question
from placement.values.arrays import BoolArray, FloatArray
from placement.values.layers import FULL


@dataclass(frozen=True, kw_only=True, eq=False)
class Exchanges:
    """Exchanges of a plan's stations.

    Parameters
    ----------
    question
        What plans are worth.
    standing
        (sites,) bool, in the order of the table of sites.
    fresh
        (sites,) what a station more at each site would cover, in the program's units.
    shared
        (sites, sites) CSR: what the second would cover more beside all stations but the first than beside all.
    lost
        (sites,) what would not be covered without the station there; 0 where there is none.
    """

    question: Question
    standing: BoolArray
    fresh: FloatArray
    shared: sparse.csr_array
    lost: FloatArray

    @classmethod
    def of(cls, question: Question, standing: BoolArray) -> Exchanges:
        """Return the exchanges of the stations of `standing`; the rows are read once."""
        order = question.case.coverage.by_ids().sites
        numbered, n = standing[order], standing.size
        fresh, lost, shared = np.zeros(n), np.zeros(n), sparse.csr_array((n, n))
        stands = numbered.astype(np.float64)
        layers = question.model.program.layers / FULL
        counts = np.zeros(int(numbered.sum()) + 2)
        counts[: layers.size] = layers[: counts.size]
        for covers, weights in question.model.program.blocks():
            pattern = sparse.csr_array(covers).astype(np.float64)
            count = np.rint(pattern @ stands).astype(np.int64)
            last, more = np.where(count > 0, counts[np.maximum(count - 1, 0)], 0.0), counts[count]
            fresh += pattern.T @ (weights * more)
            lost += stands * (pattern.T @ (weights * last))
            gone = np.flatnonzero((count > 0) & (last > more))
            few = sparse.csr_array(pattern[gone])
            weighed = sparse.diags_array((weights * (last - more))[gone]) @ few
            shared = shared + sparse.diags_array(stands) @ (few.T @ weighed)
        back = np.empty(n, dtype=np.int64)
        back[order] = np.arange(n)
        return cls(
            question=question,
            standing=standing,
            fresh=fresh[back],
            lost=lost[back],
            shared=sparse.csr_array(sparse.csr_array(shared)[back][:, back]),
        )

    def gains(self, site: int) -> FloatArray:
        """Return (sites,) what a plan is worth more with each site in place of a station; -inf where one stands."""
        covered = self.fresh + self.shared[[site]].toarray().ravel() - self.lost[site]
        asked = self.question.asked
        gains = covered / self.question.model.scale
        if asked is not None:
            gains = self._seen(site) if asked.alone else gains + float(asked.aim.weight) * self._seen(site)
        return np.where(self.standing, -np.inf, gains)

    def _seen(self, site: int) -> FloatArray:
        """Return (sites,) predicted visits a month more with each site in place of a station."""
        capture = self.question.case.capture
        assert capture is not None  # noqa: S101 -- for mypy: visits count
        others = self.standing.copy()
        others[site] = False
        pulled = capture.pull @ others.astype(float)
        rows = np.repeat(np.arange(capture.mass.size), np.diff(capture.pull.indptr))
        now = capture.mass * pulled / (pulled + 1.0)
        more = pulled[rows] + capture.pull.data
        gained = capture.mass[rows] * more / (more + 1.0) - now[rows]
        total = np.bincount(capture.pull.indices, weights=gained, minlength=others.size) + capture.door
        return np.asarray(total - (capture.total(self.standing) - capture.total(others)))
