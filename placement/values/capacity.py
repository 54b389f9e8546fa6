"""Visits that stations can serve, and those that come when no machine is free."""

from __future__ import annotations

from dataclasses import dataclass

from placement.values.immutable import immutable
from placement.values.shown import Shown, share


@immutable
@dataclass(frozen=True, kw_only=True)
class Served:
    """Expected visits a month of one set of stations; the first three add up to all.

    Parameters
    ----------
    served
        Where everybody goes to the nearest station in reach, as far as its machines can take them.
    no_capacity
        Beyond what the machines of the nearest station can take.
    out_of_reach
        Of people with no station in reach.
    could_be_served
        As many as all machines together can take of those in reach, whoever went to whichever station in reach.
    overloaded
        Stations to which more come than they can take.
    """

    served: float
    no_capacity: float
    out_of_reach: float
    could_be_served: float
    overloaded: int

    @property
    def all(self) -> float:
        """All expected visits."""
        return self.served + self.no_capacity + self.out_of_reach


@immutable
@dataclass(frozen=True, kw_only=True)
class CapacityValue:
    """What machines can serve today, and after the plan.

    Parameters
    ----------
    visits_machine_month
        Visits a month that one machine can take.
    before, after
        Of today's stations and of the plan's.
    """

    visits_machine_month: int
    before: Served
    after: Served

    @property
    def in_short(self) -> str:
        """Shares of all visits that are served: ``41% -> 63%``."""
        return " -> ".join(share(each.served, each.all) for each in (self.before, self.after))

    def _shown(self) -> Shown:
        parts = {"served": "served", "no capacity": "no_capacity", "out of reach": "out_of_reach"}
        parts |= {"could be served": "could_be_served"}
        rows = [
            (name, f"{getattr(self.before, key):,.1f} -> {getattr(self.after, key):,.1f} visits a month")
            for name, key in parts.items()
        ]
        rows.append(("overloaded", f"{self.before.overloaded:,} -> {self.after.overloaded:,} stations"))
        return f"CapacityValue: {self.visits_machine_month:,} visits a month a machine", rows
