"""What coverage counts where it looks at how many stations are within reach, and who has two of them."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from placement.values.immutable import immutable
from placement.values.shown import Shown


@immutable
@dataclass(frozen=True, kw_only=True)
class Reserve:
    """Weight of one set of stations, visits a month.

    Parameters
    ----------
    second
        Within reach of two stations or more.
    counted
        What the objective counts of coverage: by how many stations are within reach, rounded down to thousandths.
    """

    second: float
    counted: float


@immutable
@dataclass(frozen=True, kw_only=True)
class ReserveValue:
    """What is counted of today's stations and of the plan's.

    Parameters
    ----------
    backup_share, outage_probability
        Those of the policy; 0 where it names none.
    before, after
        Of today's stations and of the plan's.
    """

    backup_share: Fraction
    outage_probability: Fraction
    before: Reserve
    after: Reserve

    def _shown(self) -> Shown:
        rows = [("outage", f"{float(self.outage_probability):g}"), ("backup share", f"{float(self.backup_share):g}")]
        change = f"{self.before.second:,.1f} -> {self.after.second:,.1f}"
        return f"ReserveValue: {change} visits a month within reach of two stations", rows
