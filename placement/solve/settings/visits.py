"""Numbers of plans that count predicted visits: their relaxation, rounds and searches."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from placement.solve.settings.checks import Amount, Count, CountOrNone, Group, Share, Shares


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

    tolerance: Amount = 1e-5
    """Violation, as a share of the value, below which inequalities are not added."""

    thresholds: Shares = (0.05, 0.15, 0.3, 0.5, 0.7, 0.9)
    """Sites of at least so much of a station make the sets that rows reply with; the empty set is always there."""

    near: Share = 0.3
    """Share of the relaxation's point in the one from which a majorant that is tight at a plan is taken."""

    search_passes: CountOrNone = 200
    """Exchanges that a plan is improved by, at most."""

    floor_rounds: Count = 30
    """Plans of the engine that are refused for too few visits, at most."""

    idle_rounds: Count = 30
    """Plans of the engine that are refused for stations that see too few, at most."""

    engine_share: Share = 0.6
    """Share of the time left that the engine gets for one program."""

    gap_share: Share = 0.5
    """Share of the asked gap at which the engine may stop: the majorant takes the rest."""

    def of_sets(self) -> NDArray[np.float64]:
        """Return the thresholds, the last of them above any point."""
        return np.array([*self.thresholds, 2.0])
