"""How sure the floors of a plan are: in how many draws of the demand it still keeps each of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from placement.pipeline.study_case import StudyCase
from placement.values import Demand, Plan, Policy
from placement.values.arrays import BoolArray, FloatArray
from placement.values.immutable import immutable

DRAWS = 200


@immutable
@dataclass(frozen=True, kw_only=True)
class KeptFloor:
    """One floor of a plan.

    Parameters
    ----------
    name
        Of the district or age group.
    floor, reached
        Shares (0..1) of its weight that are asked, and that the plan reaches by the estimate.
    kept
        Share (0..1) of the draws in which it reaches what is asked.
    draws
        How many were taken.
    """

    name: str
    floor: float
    reached: float
    kept: float
    draws: int

    def __str__(self) -> str:
        said = f"floor of {self.name}, {self.floor:.1%}: {self.reached:.1%} reached"
        return f"{said}, kept in {self.kept:.0%} of {self.draws} draws of the demand"


def kept_floors(case: StudyCase, plan: Plan, *, draws: int = DRAWS, seed: int = 0) -> tuple[KeptFloor, ...]:
    """Return every floor of a plan with the share of draws that keep it; the same draws for all of them.

    A draw is a demand as likely as the estimate (:meth:`placement.demand.DemandEstimate.draws`); the plan stands.

    Parameters
    ----------
    case, plan
        What the plan was made from, and the plan.
    draws, seed
        How many, and of which sequence.
    """
    policy = case.policy if plan.policy is None else plan.policy
    counted = case.coverage.counted(case.sites.ids.isin(plan.open))
    asked = [(name, share, mask) for name, share, mask in _floors(policy, case.demand)]
    if not asked:
        return ()
    kept = np.zeros(len(asked))
    for drawn in case.prepared.demand.draws(draws, seed):
        kept += [_share(drawn, counted, mask) >= share for _, share, mask in asked]
    return tuple(
        KeptFloor(
            name=name, floor=share, reached=_share(case.demand, counted, mask), kept=float(count / draws), draws=draws
        )
        for (name, share, mask), count in zip(asked, kept, strict=True)
    )


def _floors(policy: Policy, demand: Demand) -> Iterator[tuple[str, float, BoolArray]]:
    """Yield name, share and (points, segments) mask of each floor."""
    shape = demand.need.shape
    parents = demand.points["parent"].to_numpy()
    for name, share in sorted(policy.district_floors.items()):
        yield name, float(share), np.broadcast_to((parents == name)[:, None], shape)
    ages = np.array([segment.age_group for segment in demand.segments])
    for name, share in sorted(policy.age_floors.items()):
        yield name, float(share), np.broadcast_to(ages == name, shape)


def _share(demand: Demand, counted: FloatArray, mask: BoolArray) -> float:
    """Return the share of the weight within a mask that is covered, by steps as they count; 1 where there is none."""
    weight = demand.weight
    total = float(weight[mask].sum())
    return float((weight * counted)[mask].sum()) / total if total > 0 else 1.0
