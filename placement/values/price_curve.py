"""What money buys: the most coverage at each limit of money, stations or a floor, and what is proven."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from placement.notes import Names, Note
from placement.values.immutable import immutable
from placement.values.network import Network
from placement.values.shown import Shown

STEP_YUAN = 100_000
"""What the next so many yuan buy is told."""


@immutable
@dataclass(frozen=True, kw_only=True, eq=False)
class PricePoint:
    """The best plan at one limit.

    Parameters
    ----------
    limit
        The limit, in the unit of the curve.
    network
        The plan.
    bound
        No plan within the limit is worth more, visits a month: the least of what its own run, a wider limit and the
        prices of all points prove.
    binds
        Limits that have a price here: with more room in one of them, plans may be worth more.
    price
        What one unit more of the limit buys at most, visits a month, by the prices here; None without any.
    """

    limit: float
    network: Network
    bound: float
    binds: tuple[str, ...] = ()
    price: float | None = None

    @property
    def gap(self) -> float:
        """(bound - worth) / bound."""
        return max(0.0, (self.bound - self.network.worth) / self.bound) if self.bound > 0 else 0.0


@immutable
@dataclass(frozen=True, kw_only=True, eq=False)
class PriceCurve:
    """What the limit of one thing buys.

    Parameters
    ----------
    good
        ``coverage``, or ``worth``: the policy's own objective.
    against
        A line of the budget, ``stations``, or ``floor`` with the name of the district or age group.
    unit
        Of the limits: yuan, yuan a year, stations or share.
    points
        By rising limit; of plans and bounds neither ever falls.
    lines
        (intercept, slope) of the prices of each point: at any limit B no plan is worth more than intercept + slope B.
        Empty for floors.
    notes
        Limits without a plan, and why.
    """

    good: str
    against: str
    unit: str
    points: tuple[PricePoint, ...]
    lines: tuple[tuple[float, float], ...] = ()
    notes: tuple[str, ...] = ()

    def most(self, limit: float) -> float:
        """Return what no plan within a limit is worth more than, visits a month: the concave envelope of the prices.

        Raises
        ------
        ValueError
            If the curve has no prices, as of floors.
        """
        return min(intercept + slope * limit for intercept, slope in self.lines)

    @property
    def table(self) -> pd.DataFrame:
        """A row a point: `limit`, `worth`, `covered`, `coverage`, `visits`, `stations`, `capital_yuan`, ...

        Then `running_yuan`, `bound`, `gap`, `binds`, `price`, and `next_buys`: what the way to the next point buys for
        each step, visits a month (NaN at the last): a step is 100,000 yuan, a station, or a point of a floor.
        """
        rows = []
        for number, point in enumerate(self.points):
            network = point.network
            rows.append({
                "limit": point.limit, "worth": network.worth, "covered": network.covered, "coverage": network.coverage,
                "visits": float("nan") if network.visits is None else network.visits, "stations": len(network.open),
                "capital_yuan": network.yuan("capital"), "running_yuan": network.yuan("running"), "bound": point.bound,
                "gap": point.gap, "binds": ", ".join(point.binds),
                "price": float("nan") if point.price is None else point.price, "next_buys": self._next(number),
            })  # fmt: skip
        return pd.DataFrame(rows)

    @property
    def step(self) -> float:
        """The step of `next_buys`, in the unit of the limits."""
        return {"stations": 1.0, "share": 0.01}.get(self.unit, float(STEP_YUAN))

    def _next(self, number: int) -> float:
        if number + 1 >= len(self.points):
            return float("nan")
        here, there = self.points[number], self.points[number + 1]
        return (there.network.worth - here.network.worth) / (there.limit - here.limit) * self.step

    @property
    def knee(self) -> PricePoint | None:
        """The point after which more buys less: farthest above the straight line from the first point to the last.

        None of fewer than three points, or where none lies above the line.

        References
        ----------
        Satopää, Albrecht, Irwin & Raghavan (2011), Finding a "kneedle" in a haystack, ICDCS Workshops, 166-171.
        """
        if len(self.points) <= len(("first", "last")):
            return None
        x, y = (np.array([getattr(each, name) for each in rows]) for name, rows in (
            ("limit", self.points), ("worth", [point.network for point in self.points])
        ))  # fmt: skip
        if y[-1] == y[0]:
            return None
        above = (y - y[0]) / (y[-1] - y[0]) - (x - x[0]) / (x[-1] - x[0])
        best = int(np.argmax(above))
        return self.points[best] if above[best] > 0 else None

    @property
    def lines_of_text(self) -> tuple[str, ...]:
        """The answer as lines of text."""
        return (*self._words(), *self.notes)

    def _words(self) -> Iterator[Note]:
        unit = Note(self.unit)
        for number, point in enumerate(self.points):
            network, more = point.network, self._next(number)
            says = Note(
                "{against} {limit}: {coverage:.1%} covered, {stations:,} stations, worth {worth:,.0f}, "
                "no plan above {bound:,.0f} (gap {gap:.2%})",
                against=Note(self.against), limit=self._said(point.limit), coverage=network.coverage,
                stations=len(network.open), worth=network.worth, bound=point.bound, gap=point.gap,
            )  # fmt: skip
            if not np.isnan(more):
                form = "{says}; the next {step:,g} {unit} buy {more:,.0f} visits a month"
                says = Note(form, says=says, step=self.step, unit=unit, more=more)
            yield Note("{says}; {names} bind", says=says, names=Names(point.binds)) if point.binds else says
        if self.knee is not None:
            yield Note("from {limit} on more buys less", limit=self._said(self.knee.limit))

    def _said(self, limit: float) -> Note:
        if self.unit == "share":
            return Note(f"{limit:.1%}")
        return Note("{amount} {unit}", amount=f"{limit:,.0f}", unit=Note(self.unit))

    def record(self) -> dict[str, Any]:
        """Return everything as plain values."""
        points = [
            {
                "limit": each.limit, **each.network.record(), "bound": round(each.bound, 3), "gap": each.gap,
                "binds": list(each.binds), "price": each.price,
                "next_buys": None if np.isnan(self._next(number)) else self._next(number),
            }
            for number, each in enumerate(self.points)
        ]  # fmt: skip
        return {
            "good": self.good, "against": self.against, "unit": self.unit, "points": points,
            "envelope": [{"intercept": a, "slope": b} for a, b in self.lines],
            "knee": None if self.knee is None else self.knee.limit, "notes": list(self.notes),
        }  # fmt: skip

    def _shown(self) -> Shown:
        rows = [(self._said(each.limit), f"{each.network.coverage:.1%}, gap {each.gap:.2%}") for each in self.points]
        return f"PriceCurve: {self.good} against {self.against}, {len(self.points)} plans", rows
