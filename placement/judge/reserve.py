"""Coverage by how many stations are within reach, counted again: layers, objective, and the record of the plan."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from placement.judge.facts import outage
from placement.judge.machines import by_machine
from placement.judge.recount import Reach
from placement.pipeline.prepare import Prepared
from placement.values.arrays import BoolArray

FULL = 2**20
"""A layer that counts the whole weight."""
_WEIGHTS = 1000
"""Weights of the program are whole thousandths of a visit a month."""
_PLACES, _NOISE = 6, 1e-12
"""Decimals of ``plan.json``; relative error of sums taken in another order."""


def layer_shares(prepared: Prepared) -> list[int]:
    """Return what each further station within reach adds of a weight, in ``2**-20``, rounded down; zeros left out.

    A station works with probability p. Of n in reach none works with q^n and just one with n p q^(n-1): what n count
    is 1 - q^n, less s where just one works, less none. A layer is the difference of two such sums.
    """
    share, lost = Fraction(prepared.study.policy.backup_share or 0), outage(prepared)
    layers: list[int] = []
    while True:
        number = len(layers)
        added = _counted(number + 1, share, lost) - _counted(number, share, lost)
        whole = int(added * FULL)
        if whole <= 0:
            return layers
        layers.append(whole)


def _counted(stations: int, share: Fraction, lost: Fraction) -> Fraction:
    if not stations:
        return Fraction(0)
    just_one = stations * (1 - lost) * lost ** (stations - 1)
    return 1 - lost**stations - share * just_one


def machines_at(record: Mapping[str, Any], prepared: Prepared, when: str) -> NDArray[np.int64] | None:
    """Return (sites,) machines before or after the plan where coverage counts them; None where it does not."""
    if not by_machine(prepared):
        return None
    at = {action["site_id"]: action[f"machines_{when}"] for action in record["actions"]}
    return np.array([at.get(site, 0) for site in prepared.sites.ids], dtype=np.int64)


def covered_by(weights: NDArray[np.int64], count: NDArray[np.int64], layers: list[int]) -> int:
    """Return what coverage counts, thousandths, rounded down, where `count` stations are within reach."""
    return sum(share * int(weights[count > before].sum()) for before, share in enumerate(layers)) // FULL


def reserve_faults(
    record: Mapping[str, Any], prepared: Prepared, near: Reach, weights: NDArray[np.int64], after: BoolArray
) -> Iterator[str]:
    """Yield everything in which the ``reserve`` of a ``plan.json`` differs from its recount; `after`: (sites,).

    Where machines are counted one by one and may be out of order, they stand in place of stations.
    """
    said, layers = record.get("reserve"), layer_shares(prepared)
    asked = {"backup_share": Fraction(prepared.study.policy.backup_share or 0), "outage_probability": outage(prepared)}
    if layers == [FULL]:
        if said is not None:
            yield "reserve: the study asks for none"
        return
    if said is None:
        yield "reserve: is missing"
        return
    for name, right in ((name, str(share)) for name, share in asked.items()):
        if said[name] != right:
            yield f"reserve.{name}: is {right}, the plan says {said[name]}"
    weight = prepared.demand.weight
    stations = {"before": prepared.sites.table["existing"].to_numpy(dtype=bool), "after": after}
    for when, standing in stations.items():
        count = near.count(standing, machines_at(record, prepared, when))
        amounts = {
            "second": float(weight[near.count(standing) > 1].sum()),
            "counted": covered_by(weights, count, layers) / _WEIGHTS,
        }
        for name, amount in amounts.items():
            claimed = said[when][name]
            if abs(claimed - amount) > 0.5 * 10.0**-_PLACES + _NOISE * amount or claimed != round(claimed, _PLACES):
                yield f"reserve.{when}.{name}: recounted {amount:.6f}, the plan says {claimed}"
