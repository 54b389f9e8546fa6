r"""What each exchange of one station for another site is worth, all sites at once.

With :math:`n_r` stations of the plan within reach of row :math:`r`, exchanging :math:`s` for :math:`j` covers

.. math::
    \sum_{r: n_r = 0,\, j \in N(r)} w_r + \sum_{r: n_r = 1,\, s, j \in N(r)} w_r
    - \sum_{r: n_r = 1,\, s \in N(r)} w_r

more (Teitz & Bart 1968, Heuristic methods for estimating the generalized vertex median of a weighted graph, Operations
Research 16, 955-961). Visits are counted without :math:`s`, and with each :math:`j` in its place.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from placement.plan.standing import Question
from placement.values.arrays import BoolArray, FloatArray


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
        (sites,) weight that a station more at each site would cover, in the program's units.
    shared
        (sites, sites) CSR: weight that only the first, a station, covers and the second would too.
    """

    question: Question
    standing: BoolArray
    fresh: FloatArray
    shared: sparse.csr_array

    @classmethod
    def of(cls, question: Question, standing: BoolArray) -> Exchanges:
        """Return the exchanges of the stations of `standing`; the rows are read once."""
        order = question.case.coverage.by_ids().sites
        numbered, n = standing[order], standing.size
        fresh, shared = np.zeros(n), sparse.csr_array((n, n))
        for covers, weights in question.model.program.blocks():
            pattern = sparse.csr_array(covers).astype(np.float64)
            count = pattern @ numbered.astype(np.float64)
            fresh += pattern.T @ np.where(count == 0, weights, 0.0)
            alone = sparse.csr_array(pattern[np.flatnonzero(count == 1)])
            weighed = sparse.diags_array(weights[count == 1].astype(np.float64)) @ alone
            shared = shared + sparse.diags_array(numbered.astype(np.float64)) @ (alone.T @ weighed)
        back = np.empty(n, dtype=np.int64)
        back[order] = np.arange(n)
        return cls(
            question=question,
            standing=standing,
            fresh=fresh[back],
            shared=sparse.csr_array(sparse.csr_array(shared)[back][:, back]),
        )

    def gains(self, site: int) -> FloatArray:
        """Return (sites,) what a plan is worth more with each site in place of a station; -inf where one stands."""
        alone = self.shared[[site]].toarray().ravel()
        covered = self.fresh + alone - alone[site]
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
