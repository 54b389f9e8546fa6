"""The trade between two goods: plans from the most of one to the most of the other, today and the chosen plan."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

import pandas as pd

from placement.values.immutable import immutable
from placement.values.shown import Shown

Mark = Literal["today", "chosen", ""]

TRADE_SAYS = (
    "The last {points} points of coverage, from {below} to {most}, cost {share} of the visits: "
    "{visits} a month instead of {instead}."
)
NO_TRADE_SAYS = "Coverage and visits need no trade here: one network has most of both, {most} and {visits} a month."
_PERCENT = 100


@immutable
@dataclass(frozen=True, kw_only=True)
class TradePoint:
    """One set of stations and what it has of both goods.

    Parameters
    ----------
    mark
        ``today``, ``chosen``, or empty: one of the plans between.
    visits_weight
        What a visit counted beside a covered one; None: nothing was sought, or the default rule held.
    open
        Ids of its stations, sorted.
    covered, all
        Weight within reach, and in total, visits a month.
    visits
        Predicted visits a month.
    idle, idle_new
        Stations below the idle limit, and how many of them do not stand today.
    gap
        (bound - objective) / bound that is proven; None for today.
    """

    mark: Mark = ""
    visits_weight: Fraction | None = None
    open: tuple[str, ...]
    covered: float
    all: float
    visits: float
    idle: int
    idle_new: int
    gap: float | None = None

    @property
    def coverage(self) -> float:
        """Share of the weight that is within reach."""
        return self.covered / self.all if self.all else 0.0


@immutable
@dataclass(frozen=True, kw_only=True, eq=False)
class Frontier:
    """What coverage costs in visits, and visits in coverage.

    Parameters
    ----------
    points
        Today, the chosen plan, then the plans by the weight of a visit.
    notes
        Plans that are missing, and why.
    """

    points: tuple[TradePoint, ...]
    notes: tuple[str, ...] = ()

    @property
    def table(self) -> pd.DataFrame:
        """A row a point: `mark`, `visits_weight`, `coverage`, `covered`, `visits`, `stations`, `shared`, `idle`, ...

        `coverage` is a share 0..1, `covered` and `visits` are a month, `shared` counts the stations that the chosen
        plan has too; `idle`, `idle_new` and `gap` (NaN for today) are as in :class:`TradePoint`.
        """
        chosen = {site for point in self.points if point.mark == "chosen" for site in point.open}
        rows = [
            {
                "mark": point.mark,
                "visits_weight": float("nan") if point.visits_weight is None else float(point.visits_weight),
                "coverage": point.coverage,
                "covered": point.covered,
                "visits": point.visits,
                "stations": len(point.open),
                "shared": len(chosen.intersection(point.open)),
                "idle": point.idle,
                "idle_new": point.idle_new,
                "gap": float("nan") if point.gap is None else point.gap,
            }
            for point in self.points
        ]
        return pd.DataFrame(rows)

    @property
    def ends(self) -> tuple[TradePoint, TradePoint]:
        """The network of most coverage, and the one before it from which on coverage is dear in visits.

        The second is where the curve bends most: farthest above the straight line between the one of most coverage and
        that of most visits, both scaled to 1. Today's is one of them. The same twice where one has most of both.
        """
        plans = self.points
        most = max(plans, key=lambda point: (point.covered, point.visits))
        seen = max(plans, key=lambda point: (point.visits, point.covered))
        width, height = most.covered - seen.covered, seen.visits - most.visits
        if width <= 0 or height <= 0:
            return most, most

        def bend(point: TradePoint) -> float:
            """Return how far a plan lies above the straight line."""
            return (point.visits - most.visits) / height - (most.covered - point.covered) / width

        return most, max((point for point in plans if point.visits > most.visits), key=bend)

    def figures(self) -> dict[str, str]:
        """Return the figures of :attr:`sentence` and of its counterpart in other languages, as they are shown."""
        most, below = self.ends
        lost = round(_PERCENT * most.coverage, 1) - round(_PERCENT * below.coverage, 1)
        cost = (below.visits - most.visits) / below.visits if below.visits else 0.0
        return {
            "points": f"{lost:.1f}", "below": f"{below.coverage:.1%}", "most": f"{most.coverage:.1%}",
            "share": f"{cost:.0%}", "visits": f"{most.visits:,.0f}", "instead": f"{below.visits:,.0f}",
        }  # fmt: skip

    @property
    def trades(self) -> bool:
        """Whether one good has to be given up for the other."""
        most, below = self.ends
        return below is not most

    @property
    def sentence(self) -> str:
        """The trade in a sentence."""
        return (TRADE_SAYS if self.trades else NO_TRADE_SAYS).format(**self.figures())

    def _shown(self) -> Shown:
        rows = [
            (
                point.mark or f"weight {float(point.visits_weight or 0):g}",
                f"{point.coverage:.1%}, {point.visits:,.0f} visits a month, {point.idle} idle ({point.idle_new} new)"
                + ("" if point.gap is None else f", gap {point.gap:.2%}"),
            )
            for point in self.points
        ]
        return f"Frontier: {self.sentence}", rows
