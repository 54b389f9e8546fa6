r"""Guides: people at a station by whose help more of an age group use it.

A guided station within reach raises the uptake of the age group from :math:`u_r` to :math:`u`. Beside the columns of a
station there is one column a site,

===============  ==============================================================  =======================
``guide`` j      a guide is at the station at j                                  the guided site of j
===============  ==============================================================  =======================

and beside the rows of the age group one more each, covered by the guided sites of its own cover set, of weight
:math:`w'_r = (1 - s)\, n_r\, A_r\, (u - u_r)^+` (need n, awareness A, share s of need in the objective):

.. math:: \max \dots + \sum_r w'_r z'_r, \qquad z'_r \le \sum_{j \in N(r)} guide_j, \qquad guide_j \le s_j

with :math:`s_j` the sum of the columns after which a station stands at j. No floor counts these rows.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import product

import numpy as np
from scipy import sparse

from placement.case import Case
from placement.coverage import IdOrder
from placement.models.model import STANDING, WEIGHT_SCALE, Columns
from placement.values import CoverageProgram, LinearRow, WeightedBlocks
from placement.values.arrays import BoolArray, FloatArray, IntArray
from placement.values.blocks import CoverBlocks
from placement.values.rows import GUIDE
from placement.values.steps import stacked_weights

KIND = "guide"
"""Kind of the columns, and what they do."""


def with_guides(columns: Columns, case: Case) -> Columns:
    """Return the columns with one more a site at which a station may stand, by site id; as they are without guides."""
    if case.policy.guide_uptake is None:
        return columns
    may = np.isin(np.arange(len(case.sites)), columns.sites[columns.doing(STANDING)])
    order = case.coverage.by_ids().sites
    at = order[may[order]]
    kinds = np.concatenate([columns.kinds, np.full(at.size, KIND)])
    return replace(columns, kinds=kinds, sites=np.concatenate([columns.sites, at]))


def guide_rows(columns: Columns, case: Case) -> Iterator[LinearRow]:
    """Yield, by site id, that a guide is only where a station stands."""
    stands = columns.doing(STANDING)
    for column in np.flatnonzero(columns.doing({KIND})).tolist():
        site = int(columns.sites[column])
        at = np.flatnonzero(stands & (columns.sites == site))
        yield LinearRow(
            name=f"guide {case.sites.ids[site]}",
            kind=GUIDE,
            columns=np.append(at, column),
            coefficients=np.append(np.full(at.size, -1), 1),
            limit=0,
        )


def guided_segments(case: Case) -> IntArray:
    """Return the segments of the age group that guides help; none without guides."""
    guides = case.policy.guide_uptake
    names = [] if guides is None else [segment.age_group == guides.age_group for segment in case.demand.segments]
    return np.flatnonzero(names)


def guided_use(case: Case, awareness: FloatArray) -> FloatArray:
    """Return (points, guided segments) weight that a guided station within reach adds, visits a month."""
    guides, demand, at = case.policy.guide_uptake, case.demand, guided_segments(case)
    assert guides is not None  # noqa: S101 -- asked where there are guides
    more = np.maximum(guides.uptake - demand.uptake[:, at], 0.0)
    return (1.0 - demand.need_share) * (demand.need[:, at] * awareness[:, at] * more)


def stacked(case: Case, whole: IntArray) -> IntArray:
    """Return (segments x steps x points,) of (points, segments) whole weights, points in the program's order."""
    by_segment, steps = whole[case.coverage.by_ids().points].T, case.coverage.steps
    return (stacked_weights(by_segment, steps).swapaxes(0, 1) if steps else by_segment).ravel()


def guided_weights(case: Case) -> IntArray:
    """Return the weights of the rows that guides add, whole thousandths."""
    return stacked(case, np.rint(guided_use(case, case.demand.awareness) * WEIGHT_SCALE).astype(np.int64))


def guided_program(program: CoverageProgram, columns: Columns, case: Case) -> CoverageProgram:
    """Return the program with the rows of guided sites, which are numbered after all sites; as it is without guides."""
    if case.policy.guide_uptake is None:
        return program
    order, guided = case.coverage.by_ids(), columns.doing({KIND})
    number = np.empty(len(case.sites), dtype=np.int64)
    number[order.sites] = np.arange(len(case.sites))
    places = np.where(guided, len(case.sites) + number[columns.sites], program.column_site)
    covers, weights = _grown(program, case, order)
    return replace(program, covers=covers, weights=weights, n_sites=2 * len(case.sites), column_site=places)


def _grown(
    program: CoverageProgram, case: Case, order: IdOrder
) -> tuple[sparse.csr_array | CoverBlocks, IntArray | None]:
    """Return covers of twice as many sites and weights, with the rows that guides add at the end."""
    steps, segments = case.coverage.n_steps, len(case.demand.segments)
    pairs = product(range(segments), range(steps))
    among = np.array([segment in guided_segments(case) for segment, _ in pairs], dtype=np.bool_)
    weights = np.concatenate([program.row_weights(), guided_weights(case)])
    if program.weights is not None:
        rows = np.flatnonzero(np.repeat(among, order.points.size))
        own: sparse.csr_array = program.covers
        both = [_wide(own, 0), _wide(sparse.csr_array(own[rows]), program.n_sites)]
        return sparse.csr_array(sparse.vstack(both, format="csr")), weights
    blocks = _Guided(program=program, points=order.points.size, among=among)
    return WeightedBlocks(covers=blocks, weights=weights), None


@dataclass(frozen=True, kw_only=True)
class _Guided:
    """Blocks of all rows over sites, then of those that guides help over guided sites."""

    program: CoverageProgram
    points: int
    among: BoolArray

    def __iter__(self) -> Iterator[sparse.csr_array]:
        for covers, _ in self.program.blocks():
            yield _wide(covers, 0)
        row = 0
        for covers, _ in self.program.blocks():
            if self.among[row // max(self.points, 1)]:
                yield _wide(covers, covers.shape[1])
            row += covers.shape[0]


def _wide(covers: sparse.csr_array, shift: int) -> sparse.csr_array:
    shape = (covers.shape[0], 2 * covers.shape[1])
    return sparse.csr_array((covers.data, covers.indices + shift, covers.indptr), shape=shape)
