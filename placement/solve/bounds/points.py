"""Arithmetic of whole arrays in kernels, as loops: an expression of arrays, or a slice, takes numba a second each."""

from __future__ import annotations

from typing import Any

import numpy as np

from placement.kernels import inner


@inner
def put(target: Any, source: Any) -> None:
    """Copy an array into another."""
    for at in range(target.size):
        target[at] = source[at]


@inner
def add(target: Any, source: Any) -> None:
    """Add an array to another."""
    for at in range(target.size):
        target[at] += source[at]


@inner
def clear(target: Any) -> None:
    """Set an array to 0."""
    for at in range(target.size):
        target[at] = 0.0


@inner
def shared(source: Any, count: Any) -> Any:
    """Return an array divided by a number."""
    found = np.empty(source.size)
    for at in range(found.size):
        found[at] = source[at] / count
    return found


@inner
def beyond(moved: Any, source: Any) -> Any:
    """Return the point as far behind `moved` as `source` is before it."""
    found = np.empty(moved.size)
    for at in range(found.size):
        found[at] = 2.0 * moved[at] - source[at]
    return found


@inner
def apart(weight: Any, now: Any, then: Any) -> Any:
    """Return the weighted squared distance of two points."""
    total = 0.0
    for at in range(now.size):
        total += weight[at] * (now[at] - then[at]) ** 2
    return total


@inner
def gained_of(values: Any) -> Any:
    """Return the sum of those above 0."""
    total = 0.0
    for at in range(values.size):
        total += max(0.0, values[at])
    return total
