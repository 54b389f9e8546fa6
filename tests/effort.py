"""How many random cases are tried: a part of them in an ordinary run, all with ``PLACEMENT_TEST_EFFORT=1``.

A part is drawn from the front of the same sequence of seeds, so that whatever fails in a part fails in the whole.
"""

from __future__ import annotations

import os

EFFORT = float(os.environ.get("PLACEMENT_TEST_EFFORT", "0.15"))
"""Share of the cases of each test that draws them."""
LEAST = 12
"""A test with no more cases than these tries all of them."""


def cases(number: int) -> int:
    """Return how many of `number` cases to try.

    Examples
    --------
    >>> cases(10)
    10
    """
    return max(min(number, LEAST), round(number * EFFORT))
