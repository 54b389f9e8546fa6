"""What an objective that counts visits is made of, and the rules by which a policy's settings become its numbers."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from placement.values.immutable import immutable
from placement.values.shown import Shown

DEFAULT_WEIGHT = Fraction(3, 4)
"""What a predicted visit counts beside a covered one where a policy says nothing: enough to choose, among plans that
cover about as much, one whose stations are used. On the shipped study the best plan by coverage alone loses visits, as
do plans at a weight of 1/2; 3/4 gains 5 % and covers 0.5 points of 60 less."""

VISITS_GAP = 2e-3
"""A plan that counts visits is called optimal at this gap where a smaller one is asked for: visits are concave, and
what proves them best is a majorant, whose gap does not close by time alone."""

ONLY_VISITS = Fraction(2**12)
"""Weight of visits where they alone are the objective under floors of coverage, whose rows must keep their weights."""

NEW_TOLERANCE = Fraction(1, 100)
"""A new station may fall short of `min_visits_new` by this share, far less than what its prediction is uncertain by."""

IDLE_MARGIN = Fraction(1, 1000)
"""A station counts against `max_idle` where it sees up to this share more than `idle_below`, so that none counts in the
figures that does not count here: pulls are rounded to whole numbers."""


@immutable
@dataclass(frozen=True, kw_only=True, eq=False)
class VisitsValue:
    """What the objective of a plan that counts visits is made of, in visits a month.

    The plan is worth ``covered + weight * visits``, or `visits` where they are sought `alone`. Since no plan is worth
    more than the bound, none with as many visits covers more than :attr:`most_covered`, and none that covers as much
    sees more than :attr:`most_visits`.

    Parameters
    ----------
    weight
        What a visit counts in the objective beside a covered one; 0 where visits are only asked for.
    alone
        True where visits alone are the objective: the plan is worth its visits, and `weight` only orders equal ones.
    by_default
        True where the policy says nothing of visits, and the weight is the default one.
    covered, visits
        Coverage and predicted visits of the plan, in the objective's own whole thousandths.
    floor
        Visits that are asked for at least; None: no floor.
    slack
        The bound less the value of the plan.
    """

    weight: Fraction
    alone: bool
    by_default: bool
    covered: float
    visits: float
    floor: float | None = None
    slack: float = 0.0

    @property
    def most_covered(self) -> float | None:
        """No plan that sees at least as many visits covers more; None where visits alone are the objective."""
        return None if self.alone else self.covered + self.slack

    @property
    def most_visits(self) -> float | None:
        """No plan that covers at least as much sees more visits; None where visits have no weight."""
        if self.alone:
            return self.visits + self.slack
        return self.visits + self.slack / float(self.weight) if self.weight else None

    def _shown(self) -> Shown:
        parts = f"{self.covered:,.0f} covered + {float(self.weight):g} x {self.visits:,.0f} visits a month"
        return f"VisitsValue: {parts}", ()
