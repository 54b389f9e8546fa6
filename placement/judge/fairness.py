"""How evenly a plan says that districts are covered, counted again pair by pair (:mod:`placement.values.fairness`)."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

_TOLERANCE = 1.1e-6
"""Numbers of ``plan.json`` have six decimals."""
_ALIKE = 9
"""Shares that agree in so many decimals are alike."""


def fairness_faults(record: Mapping[str, Any], coverage: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    """Yield every measure that differs; `coverage` are the file's own, recounted before."""
    said = record["fairness"]
    right = {when: _measures(part["district"]) for when, part in coverage.items()}
    if any(each is None for each in right.values()):
        if said is not None:
            yield "fairness: fewer than two districts have any weight"
        return
    if said is None:
        yield "fairness: is missing"
        return
    for when, measures in right.items():
        assert measures is not None  # noqa: S101 -- for mypy: looked at above
        if said[when]["worst"] != measures["worst"]:
            yield f"fairness.{when}: {measures['worst']} is covered least, not {said[when]['worst']}"
        for name in ("worst_share", "gini", "ede"):
            if abs(said[when][name] - measures[name]) > _TOLERANCE:
                yield f"fairness.{when}.{name}: recounted {measures[name]:.6f}, the plan says {said[when][name]}"


def _measures(districts: Mapping[str, Mapping[str, float]]) -> dict[str, Any] | None:
    some = [(part["covered"] / part["all"], part["all"], name) for name, part in districts.items() if part["all"] > 0]
    if len(some) < 2:
        return None
    total = math.fsum(weight for _, weight, _ in some)
    reached = math.fsum(share * weight for share, weight, _ in some)
    worst = min(some, key=lambda each: (round(each[0], _ALIKE), each[2]))
    found = {"worst": worst[2], "worst_share": worst[0], "gini": 0.0, "ede": 0.0}
    if reached > 0:
        apart = math.fsum(abs(a - b) * v * w for a, v, _ in some for b, w, _ in some)
        found["gini"] = apart / (2 * total * reached)
        kappa = reached / math.fsum(share**2 * weight for share, weight, _ in some)
        found["ede"] = (
            -math.log(math.fsum(math.exp(-kappa * share) * weight / total for share, weight, _ in some)) / kappa
        )
    return found
