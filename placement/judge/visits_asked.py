"""What a study asks of predicted visits, read a second time from its policy."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from placement.judge.facts import floors
from placement.judge.machines import by_machine
from placement.judge.program import by_id, program_columns
from placement.judge.targets import LEAST_COST
from placement.judge.visits_certificate import VisitsAsked
from placement.pipeline.prepare import Prepared
from placement.pipeline.visits import Use
from placement.study import PolicySection
from placement.values import CoverageProgram
from placement.values.visits_value import DEFAULT_WEIGHT, IDLE_MARGIN, NEW_TOLERANCE, ONLY_VISITS
from placement.values.whole_capture import THOUSANDTHS, WholeCapture

ALONE = "visits"
"""The objective of visits alone."""


def visits_asked(prepared: Prepared, use: Use | None) -> VisitsAsked | None:
    """Return what the study asks of visits; None where they do not count in its objective and limits: not in phases."""
    policy, capture = prepared.study.policy, None if use is None else use.capture
    said = words_on_visits(policy)
    named = prepared.study.solve.backend != "auto" and all(each is None for each in said)
    if prepared.tables.publicity is not None or prepared.study.guides is not None:
        return None  # visits beside them the study refuses
    other = prepared.study.phase or policy.objective == LEAST_COST
    if other or use is None or capture is None or (named and policy.objective != ALONE):
        return None
    default = DEFAULT_WEIGHT if use.ranks else Fraction(0)
    weight = default if policy.visits_weight is None else Fraction(policy.visits_weight)
    if policy.objective == ALONE:
        everybody = policy.coverage_floor is not None or policy.keep_share is not None
        asked = everybody or any(True for _ in floors(prepared, prepared.demand.need.shape))
        weight = ONLY_VISITS if asked else Fraction(1)
    if weight == 0 and said[1:] == (None, None, None):
        return None
    order, columns = by_id(prepared.sites.ids), program_columns(prepared)
    whole = WholeCapture.of(capture, np.array(order, dtype=np.int64))
    today = prepared.sites.table["existing"].to_numpy(dtype=bool)[order]
    floor, least = policy.visits_floor, policy.min_visits_new
    return VisitsAsked(
        capture=whole.wider(len(order) + sum(kind in {"hold", "gain"} for kind, _ in columns) * by_machine(prepared)),
        weight=weight,
        floor=None if floor is None else _up(Fraction(floor) * whole.total(today)),
        least=None if least is None else _up(least * THOUSANDTHS * (1 - NEW_TOLERANCE)),
        most_idle=policy.max_idle,
        idle_below=_up(policy.idle_below * THOUSANDTHS * (1 + IDLE_MARGIN)),
        new=np.array([kind in {"open", "move_in"} for kind, _ in columns], dtype=bool),
    )


def words_on_visits(policy: PolicySection) -> tuple[object, ...]:
    """Return what a policy says of visits: their weight, then their limits."""
    return policy.visits_weight, policy.visits_floor, policy.min_visits_new, policy.max_idle


def weighed(program: CoverageProgram, objective: str) -> CoverageProgram:
    """Return the program whose rows weigh nothing where visits alone are the objective and no floor needs them."""
    if objective != ALONE or program.floors:
        return program
    return program.with_weights(np.zeros_like(program.row_weights()))


def least_covered(program: CoverageProgram) -> int:
    """Return what every plan covers at least: floors that have no row in common with one before, added up."""
    rows: set[int] = set(program.floor_only.tolist())
    least = 0
    for floor in program.floors:
        mine = set(floor.rows.tolist())
        if not rows & mine:
            rows |= mine
            least += max(0, floor.minimum)
    return least


def _up(amount: Fraction) -> int:
    return -(-amount.numerator // amount.denominator)
