"""What each station sees, counted again from the pulls of the fitted model and its draws."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from placement.pipeline.visits import Use
from placement.values import Capture
from placement.values.arrays import BoolArray, FloatArray

MOST_DRAWS, LEAST_DRAWS, PULLS = 400, 100, 400_000_000


@dataclass(frozen=True, kw_only=True, eq=False)
class Seen:
    """Visits a month of each site (0 where no station stands), before and after, and the same in each draw."""

    expected: FloatArray
    drawn: FloatArray


def seen_by(use: Use, standing: list[BoolArray], seed: int) -> Seen:
    """Return the visits before and after, and in each draw; `standing` before and after, (sites,) each."""
    capture = use.capture
    assert capture is not None  # noqa: S101 -- for mypy: asked before
    count = min(MOST_DRAWS, max(LEAST_DRAWS, PULLS // max(capture.pull.nnz, 1)))
    drawn = [visits_of(each, standing) for each in use.draws(count, seed, standing[0] | standing[1])]
    return Seen(expected=visits_of(capture, standing), drawn=np.array(drawn))


def visits_of(capture: Capture, standing: list[BoolArray]) -> FloatArray:
    """Return (2, sites) visits: each row shares its visits out among what stands there, and home, by their pulls."""
    rows = np.repeat(np.arange(capture.mass.size), np.diff(capture.pull.indptr))
    columns, pull = capture.pull.indices, capture.pull.data
    found = []
    for there in standing:
        kept = there[columns]
        total = 1.0 + np.bincount(rows[kept], pull[kept], minlength=capture.mass.size)
        flow = capture.mass[rows[kept]] * pull[kept] / total[rows[kept]]
        walked = np.bincount(columns[kept], flow, minlength=capture.door.size)
        found.append(np.where(there, walked + capture.door, 0.0))
    return np.array(found)
