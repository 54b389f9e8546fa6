"""A plan and what it is worth."""

from __future__ import annotations

from dataclasses import dataclass

from placement.values.arrays import BoolArray

NO_VALUE = -(2**61)
"""Less than any plan is worth, those that cost money included."""


@dataclass(frozen=True, eq=False)
class Incumbent:
    """A feasible plan.

    Parameters
    ----------
    chosen
        (columns,) bool.
    value
        Its exact value, in the unit of the weights.
    """

    chosen: BoolArray
    value: int

    def or_better(self, other: Incumbent | None) -> Incumbent:
        """Return the other plan if there is one and it is worth more, else this one."""
        return self if other is None or other.value <= self.value else other


def best(*found: Incumbent | None) -> Incumbent | None:
    """Return the plan worth most, the first of equal ones; None where there is none.

    Examples
    --------
    >>> import numpy as np
    >>> one, two, three = (Incumbent(np.ones(1, dtype=bool), value) for value in (4, 7, 7))
    >>> best(one, None, two, three) is two, best(None) is None
    (True, True)
    """
    plans = [each for each in found if each is not None]
    return max(plans, key=lambda each: each.value) if plans else None
