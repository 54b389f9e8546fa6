r"""Publicity: spending by which more of those within reach know the service.

With :math:`A^l` the awareness after the l-th level (:mod:`placement.economics.publicity`), a covered row of the
program counts by that level

.. math:: g_{rl} = (1 - s)\, n_r\, (A^l_r - A^{l-1}_r)\, u_r

more, as whole thousandths; a row that guides add (:mod:`placement.models.guides`) counts more by the uptake that they
add. What is spent joins the rows of the lines ``publicity``, ``running`` and ``total``. The plan that spends best, and
what proves it: :mod:`placement.solve.publicity`.
"""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import numpy as np

from placement.case import Case
from placement.economics.lines import spending_worth
from placement.economics.publicity import area_of_points, informed, reached_shares
from placement.models.guides import guided_segments, guided_use, stacked
from placement.models.model import WEIGHT_SCALE, Formulated
from placement.values.arrays import FloatArray, IntArray
from placement.values.demand import mixed_weight
from placement.values.gates import Gates


def gates_of(case: Case, model: Formulated) -> Gates | None:
    """Return what publicity adds to the rows of a case's program; None where there is none."""
    publicity = case.policy.publicity_levels
    if publicity is None:
        return None
    area = area_of_points(case.demand, publicity)
    levels = [np.zeros(area.size), *_reached_by_level(case)]
    whole = [_whole_weights(case, reached) for reached in levels]
    gains = [np.maximum(later - earlier, 0) for earlier, later in pairwise(whole)]
    at = np.tile(area[case.coverage.by_ids().points], _blocks(case))
    cost = np.zeros((len(publicity.areas), len(gains)), dtype=np.int64)
    for number, own in enumerate(publicity.by_area.values()):
        cost[number, : len(own)] = np.diff([0, *(level.spend_fen for level in own)])
    return Gates(
        area=at,
        gains=np.column_stack([_rows(case, gain) for gain in gains]),
        cost_fen=cost,
        whole=np.array([bool(own[0].package) for own in publicity.by_area.values()]),
        limits=_limits(case, model),
    )


def _limits(case: Case, model: Formulated) -> tuple[tuple[str, Fraction], ...]:
    """Return the rows of the program that spending counts in."""
    there = {row.name for row in model.program.linear}
    return tuple((name, worth) for name, worth in spending_worth(case.policy) if name in there)


def _reached_by_level(case: Case) -> list[FloatArray]:
    """Return, level by level, (points,) share of those who do not know the service that it reaches."""
    publicity = case.policy.publicity_levels
    assert publicity is not None  # noqa: S101 -- asked where there is publicity
    area, shares = area_of_points(case.demand, publicity), reached_shares(case.demand, publicity)
    return [np.where(area < 0, 0.0, shares[area, level]) for level in range(shares.shape[1])]


def _whole_weights(case: Case, reached: FloatArray) -> IntArray:
    """Return (points, segments + guided segments) thousandths where so many of those who do not know it learn of it."""
    demand = case.demand
    awareness = informed(demand.awareness, reached[:, None])
    weight = mixed_weight(demand.need, demand.need * awareness * demand.uptake, demand.need_share)
    parts = [weight, *([guided_use(case, awareness)] if guided_segments(case).size else [])]
    return np.asarray(np.rint(np.hstack(parts) * WEIGHT_SCALE), dtype=np.int64)


def _rows(case: Case, gain: IntArray) -> IntArray:
    """Return (rows,) of the program: those of all segments, then those that guides add."""
    segments = len(case.demand.segments)
    return np.concatenate([stacked(case, gain[:, :segments]), stacked(case, gain[:, segments:])])


def _blocks(case: Case) -> int:
    """Return how many blocks of all demand points the program's rows are."""
    return (len(case.demand.segments) + guided_segments(case).size) * case.coverage.n_steps
