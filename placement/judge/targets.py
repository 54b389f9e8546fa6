"""The least coverage of everybody together that a study asks for, and the least cost, counted again."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from placement.judge.facts import yearly
from placement.judge.recount import Reach
from placement.judge.rules import Claims
from placement.pipeline.prepare import Prepared
from placement.study import PolicySection
from placement.values.immutable import held

LEAST_COST = "least_cost"
"""The objective of the least yearly cost."""
FEN_A_YUAN = 100


def targets(near: Reach, weights: NDArray[np.int64], policy: PolicySection) -> Iterator[tuple[str, Fraction, int]]:
    """Yield (name, asked share, of how much weight) of each, thousandths; `weights` are (points, segments)."""
    if policy.coverage_floor is not None:
        yield "coverage_floor", Fraction(policy.coverage_floor), int(weights.sum())
    if policy.keep_share is not None:
        today = near.by(held(near.prepared.sites, "table")["existing"].to_numpy(dtype=bool))
        yield "keep_share", Fraction(policy.keep_share), int(near.worth(weights, today).sum())


def target_faults(near: Reach, weights: NDArray[np.int64], policy: PolicySection, covered: int) -> Iterator[str]:
    """Yield every one that is missed; `covered` is what the plan covers, thousandths."""
    for name, share, of in targets(near, weights, policy):
        if covered < share * of:
            yield f"policy: {name} asks {float(share):.2%}, covered is {covered / max(of, 1):.2%}"


def cost_of(prepared: Prepared, claims: Claims) -> int:
    """Return the fen a year that the stations of a plan cost."""
    return sum(yearly(prepared, site) for site in claims.standing)
