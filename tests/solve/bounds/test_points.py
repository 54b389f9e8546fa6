"""Arithmetic of arrays as loops, each by hand; within a kernel, as it is used."""

import numpy as np

from placement.kernels import Floats, OutFloats, kernel
from placement.solve.bounds.points import add, apart, beyond, clear, gained_of, put, shared


@kernel
def _all(now: Floats, then: Floats, out: OutFloats) -> float:
    put(out, now)
    add(out, then)
    half = shared(out, 2.0)
    ahead = beyond(half, then)
    clear(out)
    out[0] = apart(now, half, then)
    put(out[1:], ahead[1:])
    return float(gained_of(ahead))


def test_by_hand():
    """Between (1, 2, -3) and (3, 0, 1) lies (2, 1, -1); as far on is (1, 2, -3), whose positive part is 3."""
    now, then, out = np.array([1.0, 2.0, -3.0]), np.array([3.0, 0.0, 1.0]), np.full(3, 9.0)
    assert _all(now, then, out) == 3
    # 1 * (2 - 3)^2 + 2 * (1 - 0)^2 - 3 * (-1 - 1)^2 = 1 + 2 - 12
    np.testing.assert_array_equal(out, [-9, 2, -3])
