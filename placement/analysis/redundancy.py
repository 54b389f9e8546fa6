"""Whose people other stations cover anyway: what each station of a network reaches alone, and its twin."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from placement.case import Case
from placement.plan.standing import Question
from placement.values.arrays import BoolArray, FloatArray, IndexArray


@dataclass(frozen=True, kw_only=True, eq=False)
class Redundancy:
    """What stations reach, (stations,) each, in the order of `sites`; weights in visits a month.

    Parameters
    ----------
    sites
        Positions of the stations in the table of sites.
    reach, only
        Weight within reach, and what of it no other station reaches.
    twin, shared
        Position in `sites` of the station that shares most of the weight, and that share of `reach`; -1 and 0 where
        there is none.
    """

    sites: IndexArray
    reach: FloatArray
    only: FloatArray
    twin: IndexArray
    shared: FloatArray

    @classmethod
    def of(cls, question: Question, standing: BoolArray) -> Redundancy:
        """Count the stations of `standing`, (sites,); the rows of the program are read once."""
        order = question.case.coverage.by_ids().sites
        at = np.flatnonzero(standing)
        columns = np.argsort(order, kind="stable")[at]
        reach, only = np.zeros(at.size), np.zeros(at.size)
        both = sparse.csr_array((at.size, at.size))
        for covers, weights in question.model.program.blocks():
            pattern = sparse.csr_array(covers).astype(np.float64)[:, columns]
            weighed = sparse.diags_array(weights / question.model.scale) @ pattern
            alone = np.rint(pattern.sum(axis=1)) == 1
            reach += np.asarray(weighed.sum(axis=0)).ravel()
            only += np.asarray(weighed[alone].sum(axis=0)).ravel()
            both = both + pattern.T @ weighed
        twin, shared = _twins(both, reach)
        return cls(sites=at, reach=reach, only=only, twin=twin, shared=shared)


def _twins(both: sparse.csr_array, reach: FloatArray) -> tuple[IndexArray, FloatArray]:
    twin, shared = np.full(reach.size, -1), np.zeros(reach.size)
    matrix = sparse.csr_array(both)
    for station in range(reach.size):
        row = matrix[[station]].toarray().ravel()
        row[station] = 0.0
        if row.any():
            twin[station] = int(np.argmax(row))
            shared[station] = row[twin[station]] / reach[station]
    return twin, shared


def residents(case: Case, who: BoolArray) -> float:
    """Return the residents to whom some (points, segments) apply: in one period at least."""
    demand = case.demand
    total = 0.0
    for number, age in enumerate(demand.age_groups):
        columns = [k for k, each in enumerate(demand.segments) if each.age_group == age]
        total += float(demand.people[who[:, columns].any(axis=1), number].sum())
    return total
