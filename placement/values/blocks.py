"""Cover sets that come in blocks of rows, so that they are never held as a whole."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from scipy import sparse

from placement.values.arrays import IntArray, frozen_array
from placement.values.immutable import immutable
from placement.values.shown import Shown


class CoverBlocks(Protocol):
    """A re-iterable of ``(covers, weights)`` blocks: each iteration starts again at the first row."""

    def __iter__(self) -> Iterator[tuple[sparse.csr_array, IntArray]]:
        """Yield blocks of rows in a fixed order."""
        ...


@immutable
@dataclass(frozen=True, kw_only=True, eq=False)
class WeightedBlocks:
    """Cover blocks made anew at each iteration, with weights that are held.

    Parameters
    ----------
    covers
        A re-iterable of CSR blocks, rows in order.
    weights
        (rows,) int64 of all blocks together.
    """

    covers: Iterable[sparse.csr_array]
    weights: IntArray

    def __post_init__(self) -> None:
        object.__setattr__(self, "weights", frozen_array(self.weights, np.int64))

    def __iter__(self) -> Iterator[tuple[sparse.csr_array, IntArray]]:
        start = 0
        for block in self.covers:
            end = start + block.shape[0]
            yield block, self.weights[start:end]
            start = end

    def _shown(self) -> Shown:
        return f"WeightedBlocks: {self.weights.size:,} rows of weight {self.weights.sum():,}, made block by block", ()
