r"""How evenly districts are covered: the worst of them, the Gini coefficient, and the equally-distributed equivalent.

With :math:`y_d` the share of its weight that is covered in district d, :math:`p_d` its part of all weight and
:math:`\mu = \sum_d p_d y_d` the coverage of the whole:

.. math::

    G &= \frac{1}{2 \mu} \sum_d \sum_e p_d p_e |y_d - y_e| \\
    \mathrm{EDE} &= -\frac{1}{\kappa} \ln \sum_d p_d e^{-\kappa y_d}, \qquad
        \kappa = \varepsilon \frac{\sum_d p_d y_d}{\sum_d p_d y_d^2}

G is 0 where all districts are covered alike. The Kolm-Pollak EDE is the coverage which, were it the same everywhere,
would be as good as the uneven one at hand for who minds inequality by :math:`\varepsilon` = :data:`AVERSION`; it is at
most :math:`\mu`, and equal to it where all are covered alike. Where nothing is covered both are 0.

Sources: Gini (1912) as reviewed for locations by Marsh & Schilling (1994), Equity measurement in facility location
analysis, European Journal of Operational Research 74, 1-17; Kolm (1976), Unequal inequalities I, Journal of Economic
Theory 12, 416-442; Pollak (1971), Additive utility functions and linear Engel curves, Review of Economic Studies 38,
401-414; the scale of the aversion as in Logan, Anderson, Williams & Conrow (2021), Measuring inequalities in urban
systems, Computers, Environment and Urban Systems 86, 101590.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from placement.values.immutable import immutable

AVERSION = 1.0
"""How much inequality is minded: the value that is usual for amenities."""
ALIKE = 9
"""Shares that agree in so many decimals are alike: which district is named does not depend on the order of sums."""


class Part(Protocol):
    """What is covered of a district, and how much there is."""

    @property
    def covered(self) -> float:
        """Weight covered."""
        ...

    @property
    def all(self) -> float:
        """All weight."""
        ...


@immutable
@dataclass(frozen=True, kw_only=True)
class Fairness:
    """How evenly districts are covered by one set of stations.

    Parameters
    ----------
    worst, worst_share
        The district that is covered least, the first by name of several, and its share, 0..1.
    gini
        0..1; 0: all alike.
    ede
        Equally-distributed equivalent of the districts' shares, 0..1.
    """

    worst: str
    worst_share: float
    gini: float
    ede: float

    @classmethod
    def of(cls, districts: Mapping[str, Part]) -> Fairness | None:
        """Return how evenly districts are covered; None of fewer than two that have any weight.

        Examples
        --------
        >>> from types import SimpleNamespace as Part
        >>> both = {"north": Part(covered=90.0, all=100.0), "south": Part(covered=30.0, all=100.0)}
        >>> fair = Fairness.of(both)
        >>> fair.worst, fair.worst_share, round(fair.gini, 4), round(fair.ede, 4)
        ('south', 0.3, 0.25, 0.5415)
        """
        some = {name: part for name, part in sorted(districts.items()) if part.all > 0}
        if len(some) < 2:
            return None
        weight = np.array([part.all for part in some.values()])
        share = np.array([part.covered for part in some.values()]) / weight
        p, at = weight / weight.sum(), int(np.argmin(share.round(ALIKE)))
        mean, square = float(p @ share), float(p @ share**2)
        gini = ede = 0.0
        if mean > 0:
            kappa = AVERSION * mean / square
            gini = float(p @ np.abs(share[:, None] - share) @ p) / (2 * mean)
            ede = -math.log(float(p @ np.exp(-kappa * share))) / kappa
        return cls(worst=list(some)[at], worst_share=float(share[at]), gini=gini, ede=ede)
