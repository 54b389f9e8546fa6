"""Arithmetic of gaps."""

from __future__ import annotations


def within_gap(objective: int, gap: float) -> int:
    """Return the largest bound for which ``(bound - objective) / bound <= gap``."""
    if gap <= 0 or objective <= 0:
        return objective
    bound = int(objective / (1.0 - gap))
    while bound > objective and bound - objective > gap * bound:
        bound -= 1
    return bound
