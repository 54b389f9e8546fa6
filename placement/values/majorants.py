r"""Affine functions of the stations that no set of them exceeds in visits, and the multipliers that prove it.

.. math:: V(S) \le K_m + \sum_{j \in S} c_{mj} \quad\text{for every set } S \text{ of sites and every majorant } m

*Tangents.* For a price :math:`p \ge 0` of row :math:`i` the concave :math:`f_i(A) = n_i A / (A + T)` is at most
:math:`n_i + p - 2 \sqrt{n_i p} + p A / T`. A coefficient above :math:`n_i` counts as :math:`n_i`: where such a site
stands, the right side is at least :math:`n_i` anyway.

*Sets.* :math:`f_i` is monotone and submodular in the set of stations. For any set :math:`G` of sites, with :math:`N`
all sites,

.. math::
    f_i(S) \le f_i(G) + \sum_{j \in S \setminus G} [f_i(G + j) - f_i(G)]
        - \sum_{j \in G \setminus S} [f_i(N) - f_i(N - j)] \qquad\text{(family 1)} \\
    f_i(S) \le f_i(G) + \sum_{j \in S \setminus G} f_i(j)
        - \sum_{j \in G \setminus S} [f_i(G) - f_i(G - j)] \qquad\text{(family 2)}

Each is affine in the stations. Of every row a mixture of them is taken whose weights, in :data:`WHOLE`, add up to
``WHOLE``. Numbers are rounded so that the right side only grows: what is added up, what is taken off down.

*What is claimed* of a majorant, `constant` and `coefficient` in thousandths of a visit a month, is at least what the
multipliers prove plus :data:`MARGIN` on each number. Another machine may round the exponential function of a pull
otherwise; its own numbers then still prove the claim.

Sources: Nemhauser & Wolsey (1981), Maximizing submodular set functions: formulations and analysis of algorithms, Annals
of Discrete Mathematics 11, 279-301, for both families; Ljubić & Moreno (2018), Outer approximation and submodular cuts
for maximum capture facility location problems with random utilities, EJOR 266, 46-56.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from placement.values.arrays import IntArray, frozen_array
from placement.values.immutable import immutable
from placement.values.shown import Shown

WHOLE = 2**20
"""Weights of the entries of a row add up to this."""

MARGIN = 4
"""Thousandths of a visit that a claimed number lies above what is proven here, at least."""

TANGENT = 0
"""Family of a tangent; 1 and 2 are those of sets."""


@immutable
@dataclass(frozen=True, kw_only=True, eq=False)
class Majorants:
    """Several majorants of one capture; see the module. All integers.

    Parameters
    ----------
    set_indptr, set_site
        CSR of the sets of sites that entries name, increasing within a set.
    entry_indptr
        CSR of the entries of each majorant.
    row, family, number, weight
        (entries,) row of the capture, family, set (0 for a tangent), and weight, > 0.
    price
        (entries,) price p of a tangent in ``2**-bits`` thousandths, from 0 to the row's mass; 0 for a set.
    constant
        (majorants,) claimed K, thousandths of a visit a month.
    coefficient
        (majorants, sites) claimed c, thousandths of a visit a month, >= 0.
    """

    set_indptr: IntArray
    set_site: IntArray
    entry_indptr: IntArray
    row: IntArray
    family: IntArray
    number: IntArray
    weight: IntArray
    price: IntArray
    constant: IntArray
    coefficient: IntArray

    def __post_init__(self) -> None:
        for each in fields(self):
            object.__setattr__(self, each.name, frozen_array(getattr(self, each.name), np.int64))

    @property
    def count(self) -> int:
        """Number of majorants."""
        return int(self.constant.size)

    def _shown(self) -> Shown:
        return f"Majorants: {self.count:,}, {self.row.size:,} entries, {self.set_indptr.size - 1:,} sets", ()
