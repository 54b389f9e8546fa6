"""Predicted visits of today's stations and of a plan's, and what a plan gains for its money."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from placement.values.arrays import BoolArray, FloatArray
from placement.values.immutable import held, immutable
from placement.values.limits import IDLE_BELOW
from placement.values.shown import Shown

if TYPE_CHECKING:
    from placement.values.plan import Plan

STATION_COLUMNS = ("before", "before_low", "before_high", "after", "after_low", "after_high", "basis")
DECIMALS = 3
"""Visits are kept in thousandths, so that those of the stations add up to the total in every file."""
TAILS = (0.05, 0.95)
FALLS = {
    "visits": "reach rises and predicted visits fall",
    "reach": "predicted visits rise and reach falls",
}
"""What is said where a plan's two goods go opposite ways, by the one that falls."""
_CENTS = 2

Interval = tuple[float, float]


@immutable
@dataclass(frozen=True, kw_only=True, eq=False)
class VisitsChange:
    """Predicted visits a month of today's stations and of the plan's.

    Parameters
    ----------
    stations
        Frame by ``site_id`` of every station that stands before or after, with :data:`STATION_COLUMNS`: visits a month
        with 90 % intervals, in thousandths (NaN where no station stands, or nothing tells how sure they are), and
        `basis`, what they rest on.
    before_interval, after_interval, change_interval
        90 % intervals of all visits of today's stations, of the plan's, and of the change: paired, the same draw of
        the parameters and of the stations' levels for both. None where nothing tells how sure the visits are.
    idle_below
        Visits a month below which a station is counted as idle.
    draws
        How many draws the intervals rest on.
    """

    stations: pd.DataFrame
    before_interval: Interval | None = None
    after_interval: Interval | None = None
    change_interval: Interval | None = None
    idle_below: int = IDLE_BELOW
    draws: int = 0

    @property
    def before(self) -> float:
        """Visits a month of today's stations: the sum of theirs."""
        return self._sum("before")

    @property
    def after(self) -> float:
        """Visits a month of the plan's stations: the sum of theirs."""
        return self._sum("after")

    @property
    def change(self) -> float:
        """Visits a month that the plan gains; negative where it loses."""
        return round(self.after - self.before, DECIMALS)

    @property
    def idle_before(self) -> int:
        """Number of today's stations below the limit."""
        return int((self._of("before") < self.idle_below).sum())

    @property
    def idle_after(self) -> int:
        """Number of the plan's stations below the limit."""
        return int((self._of("after") < self.idle_below).sum())

    @property
    def idle_new(self) -> int:
        """How many of them are new: opened, or moved to where they are."""
        return int(((self._of("after") < self.idle_below) & np.isnan(self._of("before"))).sum())

    def _of(self, column: str) -> FloatArray:
        return np.asarray(held(self, "stations")[column].to_numpy(dtype=float))

    def _sum(self, column: str) -> float:
        return round(float(np.nansum(self._of(column))), DECIMALS)

    def _shown(self) -> Shown:
        counts = f"{self.idle_before} -> {self.idle_after}, {self.idle_new} of them new"
        return f"VisitsChange: {in_short(self)}", [(f"below {self.idle_below:,} a month", counts)]


def in_short(visits: VisitsChange) -> str:
    """Return visits before and after in a few words."""
    text = f"{visits.before:,.0f} -> {visits.after:,.0f} visits a month ({visits.change:+,.0f}"
    if visits.change_interval is not None:
        low, high = visits.change_interval
        text += f", 90 % interval {low:+,.0f} to {high:+,.0f}"
    return f"{text})"


def visits_change(
    expected: tuple[FloatArray, FloatArray],
    standing: tuple[BoolArray, BoolArray],
    drawn: Iterator[tuple[FloatArray, FloatArray]],
    *,
    site_ids: pd.Index,
    basis: Mapping[str, str],
    idle_below: int,
) -> VisitsChange:
    """Return the change of visits from what each station sees before and after.

    Parameters
    ----------
    expected
        (sites,) visits a month before and after.
    standing
        (sites,) bool: where a station stands before and after.
    drawn
        `expected` in each draw.
    site_ids, basis, idle_below
        The sites, what the visits of each rest on, and the limit of the class.
    """
    there = standing[0] | standing[1]
    draws = [(before[there], after[there]) for before, after in drawn]
    columns = {}
    for when, name in enumerate(("before", "after")):
        unknown = np.full((len(TAILS), int(there.sum())), np.nan)
        ends = np.quantile([draw[when] for draw in draws], TAILS, axis=0) if draws else unknown
        for end, values in zip(("", "_low", "_high"), (expected[when][there], *ends), strict=True):
            columns[name + end] = as_told(np.where(standing[when][there], values, np.nan))
    ids = site_ids[there]
    table = pd.DataFrame(columns, index=ids).assign(basis=[basis.get(str(site), "") for site in ids])
    totals = np.array([(before.sum(), after.sum()) for before, after in draws]).reshape(-1, 2)
    return VisitsChange(
        stations=table.rename_axis("site_id").sort_index(),
        before_interval=_interval(totals[:, 0]),
        after_interval=_interval(totals[:, 1]),
        change_interval=_interval(totals[:, 1] - totals[:, 0]),
        idle_below=idle_below,
        draws=len(draws),
    )


def as_told(values: FloatArray) -> FloatArray:
    """Return visits in the thousandths in which they are told."""
    return np.round(values, DECIMALS) + 0.0


def _interval(values: FloatArray) -> Interval | None:
    if not len(values):
        return None
    low, high = np.quantile(values, TAILS)
    return round(float(low), DECIMALS) + 0.0, round(float(high), DECIMALS) + 0.0


@immutable
@dataclass(frozen=True, kw_only=True)
class Gains:
    """What a plan gains in its two goods, reach and visits, and what its capital buys.

    Parameters
    ----------
    reach
        Weight newly within reach, visits a month; negative where it is lost. With steps: as they count.
    people
        By period of the day, how many more people are within reach (of steps: the farthest); negative: fewer.
    visits
        Predicted visits a month gained; None where nothing is predicted.
    capital_fen
        What the plan spends once, in fen; None where no such line is in the account.
    """

    reach: float
    people: Mapping[str, float]
    visits: float | None
    capital_fen: int | None

    @classmethod
    def of(cls, plan: Plan) -> Gains:
        """Return the gains of a plan, from its numbers as its file holds them."""
        before, after = plan.before, plan.after
        people: dict[str, float] = {}
        for name, (covered, everyone) in after.people.items():
            period = name.partition("/")[2]
            earlier = before.people.get(name, (0.0, everyone))[0]
            people[period] = round(people.get(period, 0.0) + _kept(covered) - _kept(earlier), _FILE_DECIMALS)
        capital = [line.amount_fen for line in plan.budget_lines if line.name == "capital"]
        return cls(
            reach=round(_kept(after.total.covered) - _kept(before.total.covered), _FILE_DECIMALS),
            people=people,
            visits=None if plan.visits is None else plan.visits.change,
            capital_fen=capital[0] if capital else None,
        )

    @property
    def falls(self) -> str:
        """``visits`` or ``reach`` where one falls while the other rises, by whole visits a month; empty otherwise."""
        reach, visits = round(self.reach), round(self.visits or 0.0)
        return "visits" if reach > 0 > visits else "reach" if visits > 0 > reach else ""

    def yuan_each(self, gained: float | None) -> float | None:
        """Return the capital in yuan for each of so many gained; None where none is gained or no capital is told."""
        if self.capital_fen is None or gained is None or gained <= 0:
            return None
        return round(self.capital_fen / 100 / gained, _CENTS)


_FILE_DECIMALS = 6


def _kept(value: float) -> float:
    return round(float(value), _FILE_DECIMALS)
