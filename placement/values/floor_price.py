"""What each floor of a plan costs: the best plan without it, and the fairest plan that there is."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import pandas as pd

from placement.values.immutable import immutable
from placement.values.plan import Plan
from placement.values.policy import Policy
from placement.values.shown import Shown

COLUMNS = (
    "floor", "asked", "reached", "reached_without", "coverage", "coverage_without", "worth_least", "worth_most", "gap",
)  # fmt: skip


@immutable
@dataclass(frozen=True, kw_only=True)
class FloorPrice:
    """One floor, and the best plan that was found without it; shares are 0..1, of weight.

    Parameters
    ----------
    floor
        ``district``, ``age`` or ``period`` and a name; ``coverage_floor``, ``keep_share``.
    asked
        What it asks.
    reached, reached_without
        Share of the floor's own weight that is covered with it and without it.
    coverage, coverage_without
        Share of all weight that is covered with it and without it.
    worth_least, worth_most
        The best plan without the floor is worth so much more than the best with it, visits a month: at least by what
        is found, at most by what is proven.
    gap
        Of the plan without it.
    """

    floor: str
    asked: float
    reached: float
    reached_without: float
    coverage: float
    coverage_without: float
    worth_least: float
    worth_most: float
    gap: float


@immutable
@dataclass(frozen=True, kw_only=True, eq=False)
class FloorPrices:
    """The floors of a plan, the dearest first.

    Parameters
    ----------
    floors
        One entry a floor.
    notes
        Floors without an answer, and why.
    """

    floors: tuple[FloorPrice, ...]
    notes: tuple[str, ...] = ()

    @property
    def table(self) -> pd.DataFrame:
        """A row a floor, with :data:`COLUMNS`."""
        return pd.DataFrame([[getattr(each, name) for name in COLUMNS] for each in self.floors], columns=list(COLUMNS))

    def lines(self) -> list[str]:
        """Return the table as lines of text."""
        head = f"{'price of the floor of':<26}{'asked':>9}{'reached':>9}{'without':>9}{'coverage':>10}{'without':>9}"
        rows = [
            f"{each.floor:<26}{each.asked:>9.1%}{each.reached:>9.1%}{each.reached_without:>9.1%}"
            f"{each.coverage:>10.1%}{each.coverage_without:>9.1%}"
            f"  worth {each.worth_least:,.1f} to {each.worth_most:,.1f} visits a month (gap {each.gap:.2%})"
            for each in self.floors
        ]
        return [head, *rows, *self.notes] if rows else list(self.notes)

    def _shown(self) -> Shown:
        rows = [
            (each.floor, f"{each.worth_least:,.1f} to {each.worth_most:,.1f} visits a month") for each in self.floors
        ]
        return f"FloorPrices: {len(self.floors):,} floors", rows


@immutable
@dataclass(frozen=True, kw_only=True, eq=False)
class Fairest:
    """The plan whose worst district is covered most, and of such plans the one that does best by the objective.

    Parameters
    ----------
    share
        Every district is covered by so much at least.
    at_most
        No plan under the same limits covers every district by so much or more: that is proven; 1 where nothing is.
    policy
        The limits with `share` as the floor of every district.
    plan
        The best plan under them.
    """

    share: Fraction
    at_most: Fraction
    policy: Policy
    plan: Plan

    def lines(self) -> list[str]:
        """Return what is known, in a sentence."""
        proven = (
            f"no plan reaches {float(self.at_most):.2%} in each" if self.at_most < 1 else "nothing is proven beyond"
        )
        return [f"every district is covered by {float(self.share):.2%} at least; {proven}"]

    def _shown(self) -> Shown:
        return f"Fairest: {self.lines()[0]}", ()
