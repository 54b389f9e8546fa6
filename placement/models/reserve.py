r"""Coverage that counts how many stations are within reach: a backup, and machines that may be out of order.

Where a row (demand point, segment) of weight :math:`w` has :math:`n` stations within reach, each out of order with
probability :math:`q` (`outage_probability`) whatever the others do, and a part :math:`s` of its weight
(`backup_share`) counts only where two of them work, it counts

.. math:: h(n) = w \bigl[ (1 - s)\, P(\text{one works}) + s\, P(\text{two work}) \bigr] = w \sum_{i \le n} g_i, \qquad
    g_i = (1 - s)(1 - q)\, q^{i-1} + s\, (i - 1)(1 - q)^2 q^{i-2} .

With :math:`q = 0` that is :math:`g = (1 - s, s)`, with :math:`s = 0` expected coverage, :math:`g_i = (1 - q) q^{i-1}`.

*What falls.* :math:`g_i - g_{i+1} = (1 - q)^2 q^{i-2} [\, q + s\,(i - 1 - (i + 1) q) \,]`, and the bracket, linear in
:math:`q`, is :math:`s (i - 1)` at 0 and :math:`1 - 2 s` at 1: with :math:`s \le 1/2` no layer counts more than the one
before (for :math:`i = 1` the difference is :math:`(1 - q)^2 (1 - 2 s)`). A larger share would make the bound loose, and
is refused.

A station counts as one machine, unless machines are counted one by one: then :math:`n` are machines where they may be
out of order (:mod:`placement.models.machine_layers`). Shares are rounded down to :math:`2^{-20}`; layers that come to
0 are left out.

Sources: Hogan & ReVelle (1986), Concepts and applications of backup coverage, Management Science 32, 1434-1444; Daskin
(1983), A maximum expected covering location model, Transportation Science 17, 48-70.
"""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from placement.values import Policy
from placement.values.arrays import IntArray
from placement.values.layers import FULL


def layers_of(policy: Policy) -> IntArray:
    """Return what the first, the second, ... station within reach counts under a policy, in ``2**-20``.

    Examples
    --------
    >>> layers_of(Policy()).tolist(), layers_of(Policy(backup_share=0.25)).tolist()
    ([1048576], [786432, 262144])
    >>> layers_of(Policy(outage_probability=0.01)).tolist()
    [1038090, 10380, 103, 1]
    """
    share, lost = policy.backup_share or Fraction(0), policy.outage_probability or Fraction(0)
    layers: list[int] = []
    while True:
        counts = _worth(share, lost, len(layers) + 1)
        whole = counts.numerator * FULL // counts.denominator
        if not whole:
            return np.array(layers, dtype=np.int64)
        layers.append(whole)


def _worth(share: Fraction, lost: Fraction, number: int) -> Fraction:
    """Return g of the module for the station of this number within reach."""
    works = 1 - lost
    first = (1 - share) * works * lost ** (number - 1)
    return first if number == 1 else first + share * (number - 1) * works**2 * lost ** (number - 2)
