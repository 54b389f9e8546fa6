"""How sure the floors of a plan are: the plan stands, and the demand is drawn again and again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

import numpy as np

from placement.case import Case
from placement.values import Demand, KeptFloor, Policy
from placement.values.arrays import BoolArray, FloatArray

DRAWS = 120
"""How often the demand is drawn: a share of 0.9 is then known to 2.7 points (one standard error). Of the shipped city
they take 0.7 s of processor time, 1.0 s the first time (``python -m tests.benchmarks.floors``)."""


def kept_floors(case: Case, standing: BoolArray, *, draws: int = DRAWS) -> tuple[KeptFloor, ...]:
    """Return every floor of a case's policy with the share of draws that keep it; the same draws for all of them.

    Empty where there is no floor, or nothing tells how sure the demand is.

    Parameters
    ----------
    case
        A draw is a demand as likely as its own (:meth:`placement.case.Case.drawn_weights`, with the seed of its
        options).
    standing
        (sites,) where a station stands after the plan.
    draws
        How many.
    """
    asked = list(_floors(case.policy, case.demand))
    if not asked:
        return ()
    least = np.array([each.least for each in asked])
    counted, taken, kept = case.coverage.counted(standing), 0, np.zeros(len(asked), dtype=int)
    for weight in case.drawn_weights(draws, case.options.seed):
        taken += 1
        kept += _shares(weight, counted, asked) >= least
    if not taken:
        return ()
    return tuple(
        KeptFloor(
            of=each.of, name=each.name, floor=each.least, reached=float(share), kept=int(count) / taken, draws=taken
        )
        for each, share, count in zip(asked, _shares(case.demand.weight, counted, asked), kept, strict=True)
    )  # fmt: skip


def keeps_floors(case: Case, weight: FloatArray, counted: FloatArray) -> bool:
    """Return whether every floor holds where the demand is `weight`, (points, segments), of which `counted` counts."""
    asked = list(_floors(case.policy, case.demand))
    return not asked or bool((_shares(weight, counted, asked) >= np.array([each.least for each in asked])).all())


@dataclass(frozen=True, kw_only=True, eq=False)
class _Floor:
    """A floor: of what, its least share, and which points of a district, or segments of an age group, are meant."""

    of: Literal["district", "age_group", "period"]
    name: str
    least: float
    part: BoolArray


def _floors(policy: Policy, demand: Demand) -> Iterator[_Floor]:
    parents = demand.points["parent"].to_numpy()
    for name, share in sorted(policy.district_floors.items()):
        yield _Floor(of="district", name=name, least=float(share), part=np.asarray(parents == name))
    kinds: tuple[tuple[Literal["age_group", "period"], Mapping[str, Fraction]], ...]
    kinds = (("age_group", policy.age_floors), ("period", policy.period_floors))
    for of, shares in kinds:
        groups = np.array([getattr(segment, of) for segment in demand.segments])
        for name, share in sorted(shares.items()):
            yield _Floor(of=of, name=name, least=float(share), part=np.asarray(groups == name))


def _shares(weight: FloatArray, counted: FloatArray, floors: Sequence[_Floor]) -> FloatArray:
    """Return (floors,) shares of their weight that count as covered; 1 where one has none."""
    within = weight * counted
    of_points, of_segments = ((within.sum(axis=axis), weight.sum(axis=axis)) for axis in (1, 0))
    sums = [of_points if each.of == "district" else of_segments for each in floors]
    pairs = np.array([[part[each.part].sum() for part in both] for each, both in zip(floors, sums, strict=True)])
    found: FloatArray = np.divide(pairs[:, 0], pairs[:, 1], out=np.ones(len(floors)), where=pairs[:, 1] > 0)
    return found
