"""What coverage counts before and after a plan where it looks at how many stations are within reach."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from placement.case import Case
from placement.models.model import WEIGHT_SCALE
from placement.models.reserve import layers_of
from placement.values.arrays import BoolArray
from placement.values.layers import FULL, is_plain, worth_by_count
from placement.values.reserve_value import Reserve, ReserveValue


def measure_reserve(case: Case, standing: BoolArray) -> ReserveValue | None:
    """Return what is counted of today's stations and of those of `standing`, (sites,); None where coverage is plain."""
    policy, layers = case.policy, layers_of(case.policy)
    if is_plain(layers):
        return None
    weight, worth = case.demand.weight, worth_by_count(layers)
    whole = np.rint(weight * WEIGHT_SCALE).astype(np.int64)

    def of(stations: BoolArray) -> Reserve:
        """Return what some stations count."""
        count = case.coverage.within(stations)
        counted = int((whole * worth[np.minimum(count, layers.size)]).sum()) // FULL
        return Reserve(second=float(weight[count > 1].sum()), counted=counted / WEIGHT_SCALE)

    return ReserveValue(
        backup_share=policy.backup_share or Fraction(0),
        outage_probability=policy.outage_probability or Fraction(0),
        before=of(case.standing),
        after=of(standing),
    )
