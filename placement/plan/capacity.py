r"""What machines can serve: everybody goes to the nearest station, and what they could serve at best.

With :math:`d_r` the expected visits of a demand point in a segment, :math:`C_j` what the machines of station j can take
and :math:`N(r)` the stations in reach of r, the nearest of them takes all of :math:`d_r` as far as it can (ties: the
first by id). At best, whoever went where,

.. math:: \max \sum_{r,\, j \in N(r)} f_{rj} \quad\text{s.t.}\quad \sum_j f_{rj} \le d_r, \;
    \sum_r f_{rj} \le C_j, \; f \ge 0

which is whole for whole numbers: visits are counted in thousandths. Rows of equal :math:`N(r)` are one.

Sources: Espejo, Marín & Rodríguez-Chía (2012), Closest assignment constraints in discrete location problems, European
Journal of Operational Research 219, 49-58; Ford & Fulkerson (1956), Maximal flow through a network.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import sparse
from scipy.optimize import linprog

from placement.case import Case
from placement.coverage import CoverRows
from placement.models.model import WEIGHT_SCALE
from placement.values.arrays import IntArray
from placement.values.capacity import CapacityValue, Served


def measure_capacity(case: Case, actions: pd.DataFrame) -> CapacityValue | None:
    """Return what the machines of today's stations, and of a plan's, can serve; None where no capacity is given.

    Parameters
    ----------
    case
        What the plan is made from; it must have travel times.
    actions
        Those of the plan, with `site_id` and `machines_after`.
    """
    each, sites = case.policy.visits_machine_month, case.sites
    if each is None:
        return None
    today = np.where(case.standing, sites.table["machines"].to_numpy(dtype=np.int64), 0)
    at = dict(zip(actions["site_id"], actions["machines_after"], strict=True))
    after = np.array([at.get(site, 0) for site in sites.ids], dtype=np.int64)
    use = np.rint(case.demand.expected_use * WEIGHT_SCALE).astype(np.int64)
    before, then = (_served(case, machines, use, each * WEIGHT_SCALE) for machines in (today, after))
    return CapacityValue(visits_machine_month=each, before=before, after=then)


def _served(case: Case, machines: IntArray, use: IntArray, each: int) -> Served:
    """Return what (sites,) machines can serve of (points, segments) thousandths of a visit."""
    load, room = _loads(case, machines > 0, use), machines * each
    served = int(np.minimum(load, room).sum())
    counts = {
        "served": served,
        "no_capacity": int(load.sum()) - served,
        "out_of_reach": int(use.sum() - load.sum()),
        "could_be_served": _at_best(case, machines > 0, use, room),
    }
    visits = {name: count / WEIGHT_SCALE for name, count in counts.items()}
    return Served(**visits, overloaded=int((load > room).sum()))


def _loads(case: Case, standing: np.ndarray, use: IntArray) -> IntArray:
    """Return (sites,) what comes to each station where everybody in reach of one goes to the nearest."""
    assert case.times is not None  # noqa: S101 -- a case with a capacity has times
    load, reached = np.zeros(standing.size, dtype=np.int64), case.coverage.reached(standing)
    order = np.argsort(case.sites.ids.to_numpy(dtype=str), kind="stable")
    for segment in range(use.shape[1]):
        serving = order[(standing & case.coverage.serving[segment])[order]]
        near = sparse.csr_array(case.times.to_sites(case.sites.ids[serving]).matrix)
        near.sort_indices()
        who = np.flatnonzero(reached[:, segment] & (np.diff(near.indptr) > 0))
        starts, ends = near.indptr[:-1][who].tolist(), near.indptr[1:][who].tolist()
        first = [start + int(np.argmin(near.data[start:end])) for start, end in zip(starts, ends, strict=True)]
        np.add.at(load, serving[near.indices[first]], use[who, segment])
    return load


def _at_best(case: Case, standing: np.ndarray, use: IntArray, room: IntArray) -> int:
    """Return how much all machines together can take."""
    stations = np.flatnonzero(standing)
    reach, visits = _groups(case, stations, use)
    if not reach.nnz:
        return 0
    row, station = np.repeat(np.arange(visits.size), np.diff(reach.indptr)), reach.indices
    flows = np.arange(row.size)
    shape = (visits.size + stations.size, row.size)
    ones = np.ones(2 * row.size)
    matrix = sparse.csr_array((ones, (np.concatenate([row, visits.size + station]), np.tile(flows, 2))), shape=shape)
    limits = np.concatenate([visits, room[stations]]).astype(np.float64)
    found = linprog(-np.ones(row.size), A_ub=matrix, b_ub=limits, method="highs")
    return round(-float(found.fun))


def _groups(case: Case, stations: IntArray, use: IntArray) -> tuple[sparse.csr_array, IntArray]:
    """Return the sets of stations in reach, CSR, and the visits of all who have just these."""
    coverage, parts, first = case.coverage, [], 0
    blocks = coverage.covers if isinstance(coverage.covers, CoverRows) else (coverage.covers,)
    for block in blocks:
        step = (first + np.arange(block.shape[0])) // coverage.n_points % coverage.n_steps
        parts.append(sparse.csr_array(block)[step == coverage.n_steps - 1][:, stations])
        first += block.shape[0]
    rows = sparse.csr_array(sparse.vstack(parts, format="csr"))
    rows.sort_indices()
    keys = np.random.default_rng(0).integers(0, 2**63, (stations.size, 2), dtype=np.int64)
    with np.errstate(over="ignore"):
        signs = rows.astype(np.int64) @ keys
    _, at, group = np.unique(signs, axis=0, return_index=True, return_inverse=True)
    visits = np.zeros(at.size, dtype=np.int64)
    np.add.at(visits, np.asarray(group).reshape(-1), use.T.ravel())
    return sparse.csr_array(rows[at]), visits
