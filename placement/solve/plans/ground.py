"""What a local search on coverage and visits runs over: groups of columns, side rows, classes, pulls."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from placement.kernels import Bools, Floats, Longs, read_only
from placement.solve.program.problem import NO_LIMIT
from placement.solve.program.reduced import ReducedProgram
from placement.values import LinearRow
from placement.values.arrays import BoolArray
from placement.values.layers import FULL, layer_table
from placement.values.whole_capture import OUTSIDE, ROUNDING, WholeCapture


class Ground(NamedTuple):
    """What is searched over. Amounts in thousandths of a visit a month.

    Attributes
    ----------
    group_indptr, group_column
        Columns of each group.
    must
        (groups,) whether one must be chosen.
    site, values, gives
        (columns,) site at which a column provides (-1: nowhere), its own value, and whether it may be chosen.
    row_indptr, row_number, row_coefficient
        Side rows of each column, those that make groups left out.
    low, high
        (side rows,) limits.
    cover_indptr, cover_row
        Classes that each site covers.
    coverer_indptr, coverer
        Sites that cover each class.
    weight
        (classes,) what covering one is worth.
    layers, once
        (2 * layers,) what share of it the first, the second, ... station within reach counts, of classes that count by
        layers, then of those that count once; and (classes,) where the layers of each begin.
    floor_indptr, floor_number, floor_weight
        Floors of each class, and what it counts there.
    column_floor
        (columns * floors,) what choosing a column counts in each floor.
    minimum
        (floors,) what they ask; the last one is that of visits (0: none).
    pull_indptr, pull_row, pull
        Rows of the capture that each site pulls, in units of the outside option.
    puller_indptr, puller, pulls
        Sites that pull each row, and how much.
    mass, door
        (rows,) and (sites,).
    worth
        (1,) what a visit counts.
    idle
        (2,) what a station sees that is not idle, and how many may be (-1: no limit).
    """

    group_indptr: Longs
    group_column: Longs
    must: Bools
    site: Longs
    values: Floats
    gives: Bools
    row_indptr: Longs
    row_number: Longs
    row_coefficient: Longs
    low: Longs
    high: Longs
    cover_indptr: Longs
    cover_row: Longs
    coverer_indptr: Longs
    coverer: Longs
    weight: Floats
    layers: Floats
    once: Longs
    floor_indptr: Longs
    floor_number: Longs
    floor_weight: Floats
    column_floor: Floats
    minimum: Floats
    pull_indptr: Longs
    pull_row: Longs
    pull: Floats
    puller_indptr: Longs
    puller: Longs
    pulls: Floats
    mass: Floats
    door: Floats
    worth: Floats
    idle: Floats


def ground_of(
    reduced: ReducedProgram,
    linear: tuple[LinearRow, ...],
    capture: WholeCapture,
    worth: float,
    floor: int,
    *,
    idle: tuple[int, int] = (0, -1),
) -> Ground:
    """Return the ground of a program with side rows `linear`, a weight of visits and a floor of them.

    `idle` is what a station must see not to be idle, and how many may be; -1: any number. What is idle by less than
    the rounding of a station's visits counts too.
    """
    groups, left = _grouped(linear, reduced.n_columns)
    gives, asked = ~reduced.excluded, [bool(reduced.required[columns].any()) for columns, _ in groups]
    must = np.array([needs for _, needs in groups], dtype=np.bool_) | np.array(asked, dtype=np.bool_)
    for (columns, _), needs in zip(groups, asked, strict=True):
        gives[columns] &= reduced.required[columns] | (not needs)
    side, covers = _by_column(left, reduced.n_columns), sparse.csc_array(reduced.covers.astype(np.float64))
    return read_only(
        Ground(
            group_indptr=np.cumsum([0] + [each[0].size for each in groups]).astype(np.int64),
            group_column=np.concatenate([np.zeros(0, np.int64), *(each[0] for each in groups)]),
            must=must,
            site=np.array(reduced.column_site),
            values=reduced.column_values.astype(np.float64),
            gives=gives,
            row_indptr=side.indptr.astype(np.int64),
            row_number=side.indices.astype(np.int64),
            row_coefficient=side.data.astype(np.int64),
            low=np.array([row.limit if row.equality else -NO_LIMIT for row in left], dtype=np.int64),
            high=np.array([row.limit for row in left], dtype=np.int64),
            cover_indptr=covers.indptr.astype(np.int64),
            cover_row=covers.indices.astype(np.int64),
            coverer_indptr=reduced.covers.indptr.astype(np.int64),
            coverer=reduced.covers.indices.astype(np.int64),
            weight=reduced.gains.astype(np.float64),
            **_layers_of(reduced),
            **_floors_of(reduced, floor),
            worth=np.array([worth]),
            idle=np.array([idle[0] + ROUNDING, idle[1]], dtype=np.float64),
            **_pulls(capture),
        )
    )


def _pulls(capture: WholeCapture) -> dict[str, Any]:
    """Return what the ground holds of visits: who pulls whom, by site and by row."""
    entries = (capture.pull / OUTSIDE, capture.site, capture.indptr)
    pulls = sparse.csc_array(sparse.csr_array(entries, shape=(capture.mass.size, capture.n_sites)))
    return {
        "pull_indptr": pulls.indptr.astype(np.int64),
        "pull_row": pulls.indices.astype(np.int64),
        "pull": pulls.data.astype(np.float64),
        "puller_indptr": capture.indptr.astype(np.int64),
        "puller": capture.site.astype(np.int64),
        "pulls": capture.pull / OUTSIDE,
        "mass": capture.mass.astype(np.float64),
        "door": capture.door.astype(np.float64),
    }


def keeping(ground: Ground) -> BoolArray:
    """Return (columns,) the plan that changes as little as it may: of groups of which one must be chosen, one.

    It is the first column that provides, such as that which keeps a station, where one may be chosen.
    """
    chosen = np.zeros(ground.site.size, dtype=np.bool_)
    for group in np.flatnonzero(ground.must).tolist():
        columns = ground.group_column[ground.group_indptr[group] : ground.group_indptr[group + 1]]
        order = np.lexsort((columns, ground.site[columns] < 0, ~ground.gives[columns]))
        chosen[columns[order[0]]] = True
    return chosen


def _grouped(
    linear: tuple[LinearRow, ...], n_columns: int
) -> tuple[list[tuple[NDArray[np.int64], bool]], list[LinearRow]]:
    """Return groups of columns with whether one must be chosen, and the rows that make none."""
    free = np.ones(n_columns, dtype=np.bool_)
    groups: list[tuple[NDArray[np.int64], bool]] = []
    left = []
    for row in linear:
        alone = row.limit == 1 and bool((row.coefficients == 1).all())
        if alone and row.columns.size and free[row.columns].all():
            free[row.columns] = False
            groups.append((np.array(row.columns), row.equality))
        else:
            left.append(row)
    groups += [(np.array([column]), False) for column in np.flatnonzero(free).tolist()]
    return groups, left


def _by_column(rows: list[LinearRow], n_columns: int) -> sparse.csc_array:
    none = np.zeros(0, dtype=np.int64)
    columns = np.concatenate([none, *(row.columns for row in rows)])
    coefficients = np.concatenate([none, *(row.coefficients for row in rows)])
    number = np.repeat(np.arange(len(rows)), [row.columns.size for row in rows])
    return sparse.csc_array((coefficients, (number, columns)), shape=(len(rows), n_columns))


def _floors_of_rows(reduced: ReducedProgram) -> sparse.csr_array:
    rows = np.concatenate([np.zeros(0, np.int64), *(each.rows for each in reduced.floors)])
    number = np.repeat(np.arange(len(reduced.floors)), [each.rows.size for each in reduced.floors])
    shape = (reduced.n_rows, max(1, len(reduced.floors)))
    return sparse.csr_array((reduced.weights[rows].astype(float), (rows, number)), shape=shape)


def _layers_of(reduced: ReducedProgram) -> dict[str, Any]:
    """Return the fields of the ground that tell what each further station within reach counts."""
    layers = layer_table(reduced.program.layers, reduced.program.once_worth)
    return {"layers": layers.ravel() / FULL, "once": reduced.once * np.int64(layers.shape[1])}


def _floors_of(reduced: ReducedProgram, floor: int) -> dict[str, Any]:
    """Return the fields of the ground that tell floors of coverage, and one of visits."""
    in_floor, gains = _floors_of_rows(reduced), [each.column_gain for each in reduced.floors]
    by_column = np.reshape(gains, (len(gains), reduced.n_columns)).T
    return {
        "floor_indptr": in_floor.indptr.astype(np.int64),
        "floor_number": in_floor.indices.astype(np.int64),
        "floor_weight": in_floor.data.astype(np.float64),
        "column_floor": np.ascontiguousarray(by_column, dtype=np.float64).ravel(),
        "minimum": np.array([*(each.minimum for each in reduced.floors), floor], dtype=np.float64),
    }
