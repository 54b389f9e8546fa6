"""Kinds of arrays by the names the whole package uses, and read-only copies, so that a checked value stays as it is."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray
from scipy import sparse

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
Int32Array = NDArray[np.int32]
"""Numbers of nodes, and lengths in millimetres, where there are so many that half the memory counts."""
IndexArray = NDArray[np.intp]
"""What numpy itself counts and indexes with."""
BoolArray = NDArray[np.bool_]


def frozen_array(values: ArrayLike, dtype: DTypeLike | None = None) -> NDArray[Any]:
    """Return a read-only array with the given content; an array that nobody can write to already is not copied."""
    if isinstance(values, np.ndarray) and _is_frozen(values) and (dtype is None or values.dtype == dtype):
        return values
    array = np.array(values, dtype=dtype, copy=True)
    array.setflags(write=False)
    return array


def sealed(*arrays: NDArray[Any]) -> tuple[NDArray[Any], ...]:
    """Return arrays made read-only in place: by who made them and hands them on, to save a copy of large ones."""
    for array in arrays:
        array.setflags(write=False)
    return arrays


def _is_frozen(array: NDArray[Any]) -> bool:
    """Return whether neither an array nor any array that it is a view of can be written to."""
    part: Any = array
    while isinstance(part, np.ndarray):
        if part.flags.writeable:
            return False
        part = part.base
    return True


def frozen_csr(matrix: Any) -> sparse.csr_array:
    """Return a canonical read-only CSR copy: column indices sorted, no duplicates, explicit zeros kept.

    Arrays that nobody can write to and that are so already are not copied.
    """
    if isinstance(matrix, sparse.csr_array) and matrix.has_canonical_format:
        arrays = [frozen_array(part) for part in (matrix.data, matrix.indices, matrix.indptr)]
        return sparse.csr_array(tuple(arrays), shape=matrix.shape)
    frozen = sparse.csr_array(matrix, copy=True)
    frozen.sum_duplicates()
    for part in (frozen.data, frozen.indices, frozen.indptr):
        part.setflags(write=False)
    return frozen
