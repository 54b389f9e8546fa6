"""Prices as scaled integers, as :mod:`placement.values.certificate` counts them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from placement.solve.program.problem import Problem, first_layer
from placement.values.arrays import IntArray
from placement.values.certificate import SCALE

SAFE = float(2**61)
"""Scaled prices are kept below this, so that sums of two stay within 64 bits."""


def scaled(prices: NDArray[Any]) -> IntArray:
    """Return prices as scaled integers."""
    return np.asarray(np.rint(np.clip(prices * SCALE, -SAFE, SAFE)), dtype=np.int64)


def label_scale(problem: Problem, phi: IntArray, objective: int) -> IntArray:
    """Return what a unit of weight is worth to a price set in the first layer, scaled, for each label of classes."""
    floors = problem.floors
    factor = objective * first_layer(problem)
    np.add.at(factor, np.repeat(np.arange(factor.size), np.diff(floors.indptr)), phi[floors.floor_index])
    return factor
