"""Read-only copies of arrays and sparse matrices, so that a value cannot change after it was checked."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray
from scipy import sparse


def frozen_array(values: ArrayLike, dtype: DTypeLike | None = None) -> NDArray[Any]:
    """Return a read-only array with the given content; an array that is read-only already is not copied."""
    if isinstance(values, np.ndarray) and not values.flags.writeable and (dtype is None or values.dtype == dtype):
        return values
    array = np.array(values, dtype=dtype, copy=True)
    array.setflags(write=False)
    return array


def frozen_csr(matrix: Any) -> sparse.csr_array:
    """Return a canonical read-only CSR copy: column indices sorted, no duplicates, explicit zeros kept."""
    frozen = sparse.csr_array(matrix, copy=True)
    frozen.sum_duplicates()
    for part in (frozen.data, frozen.indices, frozen.indptr):
        part.setflags(write=False)
    return frozen
