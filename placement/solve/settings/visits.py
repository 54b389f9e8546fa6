"""Numbers of plans that count predicted visits: their relaxation, rounds and searches."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from placement.solve.settings.checks import Amount, Amounts, Count, CountOrNone, Group, Share, Shares


@dataclass(frozen=True, kw_only=True, repr=False)
class VisitsSettings(Group):
    """How visits are bounded and plans that count them are looked for."""

    table: ClassVar[str] = "visits"

    groups: Count = 345
    """Sums of rows that have inequalities of their own, at most: the more, the fewer rounds and the larger each."""

    rounds: Count = 60
    """Rounds of inequalities of one relaxation."""

    drawn: Share = 0.5
    """Share of the earlier points in the point that rows reply to; where that adds nothing more, none."""

    idle_rounds: CountOrNone = 12
    """Rounds of rows that say beside whom stations are idle, where the relaxation leaves them unmarked."""

    tolerance: Amount = 1e-5
    """Violation, as a share of the value, below which inequalities are not added."""

    thresholds: Shares = (0.05, 0.15, 0.3, 0.5, 0.7, 0.9)
    """Sites of at least so much of a station make the sets that rows reply with; the empty set is always there."""

    search_passes: CountOrNone = 200
    """Exchanges that a plan is improved by, at most."""

    most_rounds: Count = 30
    """Rounds of a majorant and an engine run, at most: one where visits only count, more where plans are refused."""

    any_gap: Share = 0.9
    """Asked gap from which on nearly any plan will do, and none is improved where visits count nothing."""

    crossed: Amount = 1e-3
    """A point of the relaxation crosses a row that marks an idle station where it is so far beyond."""

    rough_gap: Amount = 2e-3
    """Gap at which the engine may stop in the first round, whose plan may well be refused."""

    wide_gap: Amount = 4e-3
    """Gap of the best plan to the relaxation beyond which the engine begins with both: the plan, and its prices."""

    wide_share: Share = 0.85
    """Share of the time left that the engine then gets."""

    try_share: Share = 0.2
    """Share that it gets to begin from nothing, where it may go on from the relaxation's prices after that."""

    engine_share: Share = 0.6
    """Share of the time left that the engine gets for one program, or the relaxation of coverage alone."""

    relaxed_share: Share = 0.8
    """Share of the time left that the relaxation gets, from which the first bound comes."""

    start_share: Share = 0.5
    """Share of the time left that the search from a point of the relaxation gets, before anything is proven of it."""

    mends: Count = 20
    """Times that a plan whose new stations see too few is searched on from, with rows that say why."""

    least_s: Amount = 0.05
    """Seconds that the engine gets at least for one program."""

    gap_share: Share = 0.5
    """Share of the asked gap at which the engine may stop: the majorant takes the rest."""

    most_parts: Count = 60
    """Parts that the plans are divided into, at most, where one majorant is not enough."""

    prices: Amounts = (3.0, 10.0, 30.0, 100.0, 1000.0)
    """What a visit less than a floor asks for costs in the search, in visits of the objective: the next where a floor
    is still missed. Low prices lead to better plans, high ones more surely to a plan."""

    kicks: CountOrNone = 20
    """Times that the search goes on from the best plan with some stations gone."""

    kick_size: Count = 3
    """Columns that it then begins without."""

    def of_sets(self) -> NDArray[np.float64]:
        """Return the thresholds, the last of them above any point."""
        return np.array([*self.thresholds, 2.0])
