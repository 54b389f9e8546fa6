"""Arithmetic of gaps."""

from __future__ import annotations


def within_gap(objective: int, gap: float) -> int:
    """Return the largest bound for which ``bound - objective <= gap * max(|bound|, |objective|)``.

    It has the sign of the objective.
    """
    if gap <= 0:
        return objective
    if objective <= 0:
        return objective + int(gap * -objective)
    bound = int(objective / (1.0 - gap))
    while bound > objective and bound - objective > gap * bound:
        bound -= 1
    return bound
