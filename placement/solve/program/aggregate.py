r"""Exact aggregation: the rows of a coverage program that the optimum cannot tell apart become one.

Three steps, none of which changes the optimum or the set of optimal columns:

* rows of weight 0 and rows nobody covers go;
* rows of equal cover set and equal floors merge into a *class*, their weights added (isomorphic aggregation); those
  that count in floors alone stay apart, and those that count once;
* a class of one site ``j`` is *folded*: since ``z = x_k`` for the column ``k`` chosen at ``j``, its weight joins the
  values ``b_k`` of the columns at ``j`` (and their gain in the floors the class stands in). This is exact only where
  at most one column of a site can be chosen, which is checked row by row; else the class stays.

Covers may come in blocks and are read once; memory is that of a block and the classes. The number of classes is
bounded by the faces of the arrangement of service areas, not by the number of demand points.

Sources: Chen, Chen, Chen, Dai, Quan & Chen (2023), Efficient presolving methods for solving maximal covering and
partial set covering location problems, European Journal of Operational Research 311(1), 73-87.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from placement.errors import InputError, NoSolutionError
from placement.solve.deadline import NEVER, Deadline
from placement.solve.program.group_kernels import MASK_COLUMNS, group_by_hash, group_by_mask, take_rows
from placement.solve.program.reduced import Classes, ReducedFloor, ReducedProgram, normalised_rows
from placement.solve.settings import DEFAULTS, ProgramSettings
from placement.values import CoverageProgram
from placement.values.arrays import BoolArray, IntArray, frozen_array
from placement.values.program import WEIGHT_LIMIT

_Rows = tuple[NDArray[Any], NDArray[Any], IntArray, NDArray[Any]]
"""indptr, sites, weights, floor labels (empty: none)."""

_INT32_MAX = 2**31 - 1
"""What 32-bit indices reach."""

_NO_LIMIT = 2**62
"""Limits of more are as good as none, and would not fit an array."""

_ALONE, _ONCE = -1, -2
"""Stand among the floors of rows that count in floors alone, and of those that count once."""

_NO_LABELS = np.empty(0, dtype=np.int32)


def aggregate(
    program: CoverageProgram,
    *,
    threads: int = 2,
    settings: ProgramSettings = DEFAULTS.program,
    until: Deadline = NEVER,
) -> ReducedProgram:
    """Return the reduced program; every plan has the same value in both.

    Parameters
    ----------
    program
        Covers in memory, or in blocks that are read once.
    threads
        Threads for covers in memory.
    settings
        When blocks are merged.
    until
        Looked at between blocks.

    Raises
    ------
    NoSolutionError
        If the time ends before all blocks are read: without all of them no plan has a value.
    InputError
        If a block does not fit the program, holds a negative weight, or the total weight reaches 2**42.
    """
    classes = row_classes(program, threads=threads, settings=settings, until=until)
    length = np.diff(classes.indptr)
    exclusive = exclusive_sites(program)
    # What layers leave of a weight is no whole number, as values of columns are.
    single = np.flatnonzero((length == 1) & program.is_plain)
    folded = single[exclusive[classes.sites[classes.indptr[single]]]]
    kept = np.ones(classes.count, dtype=bool)
    kept[folded] = False
    row_class = np.flatnonzero(kept)
    indptr, indices = take_rows(classes.indptr.astype(np.int32), classes.sites, row_class)
    gain = _site_gain(classes, folded[classes.counts[folded]], program.n_sites)
    covers = sparse.csr_array(
        (np.ones(indices.size, dtype=bool), indices, indptr), shape=(row_class.size, program.n_sites)
    )
    return ReducedProgram(
        program=program,
        classes=classes,
        covers=covers,
        weights=frozen_array(classes.weights[row_class]),
        row_class=frozen_array(row_class),
        folded_class=frozen_array(folded),
        column_site=program.column_site,
        column_values=frozen_array(program.column_values + _at_columns(gain, program.column_site)),
        linear=normalised_rows(program.linear),
        floors=_reduced_floors(program, classes, row_class, folded),
        required=program.required,
        excluded=program.excluded,
        exclusive=frozen_array(exclusive, np.bool_),
    )


def row_classes(
    program: CoverageProgram,
    *,
    threads: int = 2,
    settings: ProgramSettings = DEFAULTS.program,
    until: Deadline = NEVER,
) -> Classes:
    """Return the classes of the program's rows; see :func:`aggregate`."""
    marked = {_ALONE: program.floor_only, _ONCE: program.once}
    labels, floors_of_label = _floor_labels([floor.rows for floor in program.floors], marked)
    pool = _ClassPool(program.n_sites, threads, settings)
    row, entries, total = 0, 0, 0
    for covers, weights in _checked_blocks(program):
        if program.weights is None and until.passed():
            raise NoSolutionError(f"the time ended when {row} rows were read: allow more time")
        stop = row + weights.size
        pool.add(covers.indptr, covers.indices, weights, _labels_of(labels, row, stop))
        row, entries = stop, entries + int(covers.indptr[-1])
        total += int(weights.sum())
        if total >= WEIGHT_LIMIT:
            raise InputError.single("weights", "the total reaches 2**42", remedy="divide all weights by a number")
    indptr, sites, class_weights, class_labels = pool.merged()
    inside = [tuple(floor for floor in each if floor >= 0) for each in floors_of_label]
    floor_indptr, floor_index = _class_floors(class_labels, inside, class_weights.size)
    alone, once = (np.array([mark in each for each in floors_of_label], dtype=np.bool_) for mark in marked)
    return Classes(
        indptr=indptr,
        sites=sites,
        weights=class_weights,
        floor_indptr=floor_indptr,
        floor_index=floor_index,
        counts=~_at_classes(alone, class_labels, class_weights.size),
        once=_at_classes(once, class_labels, class_weights.size),
        n_rows=row,
        n_entries=entries,
        total_weight=total,
    )


def _labels_of(labels: NDArray[np.int32], start: int, stop: int) -> NDArray[np.int32]:
    """Return the labels of some rows, 0 beyond the last that has one; nothing where no row has."""
    if not labels.size:
        return _NO_LABELS
    found = np.zeros(stop - start, dtype=np.int32)
    known = labels[start:stop]
    found[: known.size] = known
    return found


def _at_classes(of_label: BoolArray, labels: NDArray[Any], count: int) -> BoolArray:
    """Return (classes,) what holds of the label of each; there may be no labels."""
    return np.asarray(of_label[labels]) if labels.size else np.zeros(count, dtype=np.bool_)


class _ClassPool:
    """Classes of the blocks seen so far; merged when enough wait, so that small blocks stay cheap."""

    def __init__(self, n_sites: int, threads: int, settings: ProgramSettings) -> None:
        self._by_mask = n_sites <= MASK_COLUMNS
        self._threads, self._settings = max(1, threads), settings
        self._keys = np.random.default_rng(0).integers(1, 2**63, max(n_sites, 1), dtype=np.uint64)
        self._parts: list[_Rows] = []
        self._merged_entries = 0

    def add(self, indptr: NDArray[Any], indices: NDArray[Any], weights: IntArray, labels: NDArray[Any]) -> None:
        """Add a block of rows."""
        rows, edges = (indptr, indices, weights, labels), self._edges(indptr)
        with ThreadPoolExecutor(self._threads) as executor:
            self._parts += executor.map(lambda ends: self._group(_piece(rows, *ends)), itertools.pairwise(edges))
        waiting = sum(part[1].size for part in self._parts) - self._merged_entries
        if waiting > max(self._settings.merge_entries, 2 * self._merged_entries):
            self._merge()

    def merged(self) -> _Rows:
        """Return (indptr, sites, weights, labels) of all classes."""
        self._merge()
        return self._parts[0]

    def _merge(self) -> None:
        if len(self._parts) != 1:
            empty = np.empty(0, dtype=np.int64)
            parts = self._parts or [(np.zeros(1, dtype=np.int64), empty.astype(np.int32), empty, _NO_LABELS)]
            shifts = np.cumsum([0] + [part[1].size for part in parts])
            indptr = np.concatenate(
                [[0], *(part[0][1:] + shift for part, shift in zip(parts, shifts, strict=False))]
            ).astype(np.int64)
            sites, weights, labels = (np.concatenate([part[k] for part in parts]) for k in (1, 2, 3))
            self._parts = [self._group(_piece((indptr, sites, weights, labels), 0, weights.size))]
        self._merged_entries = self._parts[0][1].size

    def _edges(self, indptr: NDArray[Any]) -> list[int]:
        """Return where to cut rows: a part for each thread, smaller ones where a part has to be copied."""
        most = indptr.size - 1
        edges = np.linspace(0, most, self._threads + 1).astype(np.int64)
        if indptr.dtype != np.int32:
            piece = self._settings.piece_entries
            full = np.arange(piece, int(indptr[-1]), piece)
            edges = np.concatenate([edges, np.searchsorted(indptr, full)])
        return [int(edge) for edge in np.unique(edges)]

    def _group(self, rows: _Rows) -> _Rows:
        indptr, indices, _, labels = rows
        first, total = group_by_mask(*rows) if self._by_mask else group_by_hash(*rows, self._keys)
        class_indptr, class_sites = take_rows(indptr, indices, first)
        return class_indptr, class_sites, total, labels[first] if labels.size else labels


def _piece(rows: _Rows, start: int, stop: int) -> _Rows:
    """Return rows ``start..stop`` with 32-bit indices; those that have them are not copied."""
    indptr, indices, weights, labels = rows
    begin, end = int(indptr[start]), int(indptr[stop])
    pointers = indptr[start : stop + 1]
    if pointers.dtype != np.int32:
        if end - begin > _INT32_MAX:
            raise InputError.single("covers", f"{end - begin} entries are left after merging equal rows, too many")
        pointers = (pointers - begin).astype(np.int32)
    return _plain(pointers), _plain(indices[begin:end]), _plain(weights[start:stop], np.int64), labels[start:stop]


def _plain(values: NDArray[Any], dtype: type[np.signedinteger] = np.int32) -> NDArray[Any]:
    """Return values as kernels take them, whatever strides the caller's array has."""
    return np.require(values, dtype, ["C", "A"])


def _checked_blocks(program: CoverageProgram) -> Iterator[tuple[sparse.csr_array, IntArray]]:
    """Yield blocks with canonical covers and fitting weights."""
    if program.weights is not None:
        yield from program.blocks()
        return
    for number, (block, block_weights) in enumerate(program.blocks()):
        weights = np.asarray(block_weights, dtype=np.int64)
        if block.shape != (weights.size, program.n_sites):
            problem = f"has shape {block.shape}, expected {(weights.size, program.n_sites)}"
            raise InputError.single("covers", problem, row=f"block {number}")
        if weights.size and int(weights.min()) < 0:
            raise InputError.single("weights", "a weight is negative", row=f"block {number}")
        if weights.sum(dtype=np.float64) >= WEIGHT_LIMIT:
            raise InputError.single("weights", "the total reaches 2**42", remedy="divide all weights by a number")
        if not block.has_canonical_format:
            block = block.copy()  # noqa: PLW2901 - the caller's block must stay as it is
            block.sum_duplicates()
        yield block, weights


def _floor_labels(
    floors: list[IntArray], marked: dict[int, IntArray]
) -> tuple[NDArray[np.int32], list[tuple[int, ...]]]:
    """Return a label for each row up to the last with one, and the floors of each label; label 0 has none.

    Rows that are marked, as those that count in floors alone, stand in a floor of the mark's number too.
    """
    last = max((int(rows.max()) for rows in (*floors, *marked.values()) if rows.size), default=-1)
    labels = np.zeros(last + 1, dtype=np.int32)
    floors_of_label: list[tuple[int, ...]] = [()]
    for index, rows in (*enumerate(floors), *marked.items()):
        old, at = np.unique(labels[rows], return_inverse=True)
        labels[rows] = (len(floors_of_label) + at).astype(np.int32)
        floors_of_label += [(*floors_of_label[int(label)], index) for label in old]
    return labels, floors_of_label


def _class_floors(
    labels: NDArray[Any], floors_of_label: list[tuple[int, ...]], count: int
) -> tuple[IntArray, IntArray]:
    members = [floors_of_label[int(label)] for label in labels] if labels.size else [()] * count
    indptr = np.concatenate([[0], np.cumsum([len(each) for each in members], dtype=np.int64)]).astype(np.int64)
    return indptr, np.array([floor for each in members for floor in each], dtype=np.int64)


def exclusive_sites(program: CoverageProgram) -> BoolArray:
    """Return the sites of which at most one column can be chosen, and at least one column exists."""
    placed = program.column_site >= 0
    counts = np.bincount(program.column_site[placed], minlength=program.n_sites)
    exclusive: BoolArray = counts == 1
    rows = [row for row in program.linear if not row.equality and row.columns.size]
    if not rows:
        return exclusive
    sizes = np.array([row.columns.size for row in rows], dtype=np.int64)
    least = np.minimum.reduceat(np.concatenate([row.coefficients for row in rows]), np.cumsum(sizes) - sizes)
    rows = [row for row, is_least in zip(rows, (least >= 0).tolist(), strict=True) if is_least]
    if not rows:
        return exclusive
    number = np.repeat(np.arange(len(rows)), sizes[least >= 0])
    limit = np.array([min(row.limit, _NO_LIMIT) for row in rows], dtype=np.int64)
    coefficient = np.concatenate([row.coefficients for row in rows])
    site = program.column_site[np.concatenate([row.columns for row in rows])]
    order = np.lexsort((coefficient, site, number))
    number, site, coefficient = number[order], site[order], coefficient[order]
    start = np.flatnonzero(np.r_[True, (site[1:] != site[:-1]) | (number[1:] != number[:-1])])
    size = np.diff(np.r_[start, site.size])
    whole = (size >= 2) & (site[start] >= 0)
    whole[whole] = size[whole] == counts[site[start[whole]]]
    two = start[whole]
    exclusive[site[two[coefficient[two] + coefficient[two + 1] > limit[number[two]]]]] = True
    return exclusive


def _site_gain(classes: Classes, folded: IntArray, n_sites: int) -> IntArray:
    gain = np.zeros(n_sites, dtype=np.int64)
    np.add.at(gain, classes.sites[classes.indptr[folded]], classes.weights[folded])
    return gain


def _at_columns(site_values: IntArray, column_site: IntArray) -> IntArray:
    """Return the value of each column's site, 0 where it has none."""
    return np.append(site_values, 0)[column_site]


def _reduced_floors(
    program: CoverageProgram, classes: Classes, row_class: IntArray, folded: IntArray
) -> tuple[ReducedFloor, ...]:
    of_class = np.repeat(np.arange(classes.count), np.diff(classes.floor_indptr))
    row_of_class = np.full(classes.count, -1)
    row_of_class[row_class] = np.arange(row_class.size)
    is_folded = np.zeros(classes.count, dtype=bool)
    is_folded[folded] = True
    floors = []
    for index, floor in enumerate(program.floors):
        members = of_class[classes.floor_index == index]
        gain = _site_gain(classes, members[is_folded[members]], program.n_sites)
        rows = np.sort(row_of_class[members[~is_folded[members]]])
        floors.append(
            ReducedFloor(
                name=floor.name,
                rows=frozen_array(rows),
                column_gain=frozen_array(_at_columns(gain, program.column_site)),
                minimum=floor.minimum,
            )
        )
    return tuple(floors)
