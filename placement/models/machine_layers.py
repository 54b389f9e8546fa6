r"""Outages of machines where a station may have several: one row for stations, one for machines.

With :math:`g` of :mod:`placement.models.reserve` a row of weight :math:`w` with :math:`n` machines within reach counts
:math:`w \sum_{i \le n} g_i`. Of one row over machines the relaxation would make full use of half a station of two
machines: it is 7-8 % loose. In whole numbers it is the same as the sum of two rows,

.. math:: w\,(g_1 - g_2) \min(1, s) \;+\; w \sum_{i \le n} h_i, \qquad h = (g_2, g_2, g_3, \dots)

with :math:`s` the stations within reach: there is a machine where there is a station. The first row counts once
(:class:`~placement.values.CoverageProgram`, `once`); floors, which ask for plain coverage, go by these. In the second
every further machine provides at a place of its own beside its station's.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy import sparse

from placement.case import Case
from placement.models.machines import MachineColumns
from placement.values import CoverageProgram, WeightedBlocks
from placement.values.arrays import IntArray


def by_machine(program: CoverageProgram, columns: MachineColumns, case: Case) -> CoverageProgram:
    """Return the program of stations with their further machines counted; itself where there is none to count.

    Machines are counted where they may be out of order: a backup alone is another station.
    """
    further = np.flatnonzero(np.isin(columns.kinds, ("hold", "gain")))
    if not case.policy.outage_probability or not further.size or program.layers.size < 2:
        return program
    station = np.empty(len(case.sites), dtype=np.int64)
    station[case.coverage.by_ids().sites] = np.arange(len(case.sites))
    further = further[np.argsort(station[columns.sites[further]], kind="stable")]
    column_site = program.column_site.copy()
    column_site[further] = program.n_sites + np.arange(further.size)
    first, second, *_ = program.layers.tolist()
    rows = program.row_weights().size
    return replace(
        program,
        **_with_machines(program, station[columns.sites[further]]),
        n_sites=program.n_sites + further.size,
        column_site=column_site,
        layers=np.array([second, *program.layers[1:]]),
        once=np.arange(rows),
        once_worth=first - second,
    )


def _with_machines(program: CoverageProgram, station: IntArray) -> dict[str, Any]:
    """Return covers and weights of the rows of stations, then of those of machines; `station` is that of each."""
    weights, covers = np.tile(program.row_weights(), 2), program.covers
    if isinstance(covers, WeightedBlocks):
        return {"covers": WeightedBlocks(covers=Twice(covers=covers.covers, station=station), weights=weights)}
    return {"covers": sparse.vstack([*Twice(covers=[covers], station=station)], format="csr"), "weights": weights}


@dataclass(frozen=True, kw_only=True, eq=False)
class Twice:
    """Blocks of rows over stations with room for machines, then the same rows over stations and machines.

    Parameters
    ----------
    covers
        A re-iterable of CSR blocks over stations.
    station
        (machines,) the station of each further machine.
    """

    covers: Iterable[sparse.csr_array]
    station: IntArray

    def __iter__(self) -> Iterator[sparse.csr_array]:
        for block in self.covers:
            shape = (block.shape[0], block.shape[1] + self.station.size)
            yield sparse.csr_array((block.data, block.indices, block.indptr), shape=shape)
        for block in self.covers:
            places = np.concatenate([np.arange(block.shape[1]), self.station])
            rows = sparse.csr_array(sparse.csc_array(block)[:, places])
            rows.sort_indices()
            yield rows
