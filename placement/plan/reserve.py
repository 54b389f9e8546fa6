"""What coverage counts before and after a plan where it looks at how many stations are within reach."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from placement.case import Case
from placement.models.model import WEIGHT_SCALE
from placement.models.reserve import layers_of
from placement.values.arrays import BoolArray, IntArray
from placement.values.layers import FULL, is_plain, worth_by_count
from placement.values.reserve_value import Reserve, ReserveValue


def measure_reserve(
    case: Case, standing: BoolArray, machines: tuple[IntArray, IntArray] | None = None
) -> ReserveValue | None:
    """Return what is counted of today's stations and of those of `standing`, (sites,); None where coverage is plain.

    `machines`, (sites,) each, stand before and after, where these are counted one by one.
    """
    policy, layers = case.policy, layers_of(case.policy)
    if is_plain(layers):
        return None
    weight, worth = case.demand.weight, worth_by_count(layers)
    whole = np.rint(weight * WEIGHT_SCALE).astype(np.int64)

    by_machine = machines is not None and bool(policy.outage_probability)

    def of(stations: BoolArray, number: int) -> Reserve:
        """Return what some stations count."""
        count = within = case.coverage.within(stations)
        if machines is not None and by_machine:
            most = int(machines[number].max(initial=0))
            count = sum((case.coverage.within(machines[number] > k) for k in range(1, most)), start=within)
        counted = int((whole * worth[np.minimum(count, layers.size)]).sum()) // FULL
        return Reserve(second=float(weight[within > 1].sum()), counted=counted / WEIGHT_SCALE)

    return ReserveValue(
        backup_share=policy.backup_share or Fraction(0),
        outage_probability=policy.outage_probability or Fraction(0),
        before=of(case.standing, 0),
        after=of(standing, 1),
    )
