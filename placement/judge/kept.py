"""In how many draws of the demand a plan keeps its floors, counted again: by sums over the points of each floor.

The draws are those of :mod:`placement.demand`; who is within reach, and what of a draw that is, are the judge's own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from placement.judge.facts import floors
from placement.pipeline.prepare import Prepared
from placement.values.arrays import BoolArray, FloatArray

DRAWS = 120
_NOISE = 1e-9
"""A share this near to a floor, and one rounded to six decimals, may lie on either side of it."""
_PLACES = 6


def kept_faults(record: Mapping[str, Any], prepared: Prepared, counted: FloatArray) -> Iterator[str]:
    """Yield everything in which the floors of a ``plan.json`` differ from their recount.

    Parameters
    ----------
    record
        The content of the file.
    prepared
        The study.
    counted
        (points, segments) which part (0..1) of each weight counts, by the plan's stations and the standard's steps.
    """
    asked = {name.removeprefix("floor "): (mask, float(share)) for name, mask, share in floors(prepared, counted.shape)}
    named = [f"{_KINDS[row['of']]} {row['name']}" for row in record["floors"]]
    if named != list(asked):
        yield f"floors: should be of {', '.join(asked) or 'nothing'}"
        return
    if not asked:
        return
    shares = np.array(
        [
            [_share(np.asarray(drawn.weight), counted, mask) for mask, _ in asked.values()]
            for drawn in prepared.demand.draws(DRAWS, prepared.study.study.seed)
        ]
    )
    for number, (row, (name, (mask, least))) in enumerate(zip(record["floors"], asked.items(), strict=True)):
        surely, perhaps = (float((shares[:, number] >= least + noise).mean()) for noise in (_NOISE, -_NOISE))
        if row["draws"] != DRAWS:
            yield f"floors: {DRAWS} draws are taken, the plan says {row['draws']} of {name}"
        for key, value in (("floor", least), ("reached", _share(prepared.demand.weight, counted, mask))):
            if abs(row[key] - value) > 0.5 * 10.0**-_PLACES + _NOISE:
                yield f"floors: {key} of {name}: recounted {value:.6f}, the plan says {row[key]}"
        if not round(surely, _PLACES) <= row["kept"] <= round(perhaps, _PLACES):
            yield f"floors: {name} is kept in {perhaps:.6f} of the draws, the plan says {row['kept']}"


_KINDS = {"district": "district", "age_group": "age", "period": "period"}


def _share(weight: FloatArray, counted: FloatArray, mask: BoolArray) -> float:
    there = np.flatnonzero(mask)
    of, part = np.take(weight, there), np.take(counted, there)
    everything = float(of.sum())
    return float(of @ part) / everything if everything > 0 else 1.0
