"""How a plan stands up where the demand is not sure: drawn again and again, and planned anew for each draw."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from placement.notes import Note
from placement.values.arrays import BoolArray, FloatArray, frozen_array
from placement.values.immutable import held, immutable
from placement.values.shown import Shown

COLUMNS = (
    "site_id", "action", "in_plans", "frequency", "refused_loses_least", "refused_loses_most", "next_best",
    "next_best_loses",
)  # fmt: skip
_TAIL = 0.05
_PERCENT = 100
WORST = 0.2
"""Share of the draws, the worst ones, that CVaR is the mean of."""


@immutable
@dataclass(frozen=True, kw_only=True, eq=False)
class Choice:
    """The plan that does best by a rule, among those found.

    Parameters
    ----------
    open
        Ids of its stations, sorted.
    value
        What the rule makes of it, visits a month.
    plan_value
        What it makes of the plan that was asked about.
    bound
        No plan that keeps all limits in every draw does better; None where that is not known.
    """

    open: tuple[str, ...]
    value: float
    plan_value: float
    bound: float | None


@immutable
@dataclass(frozen=True, kw_only=True, eq=False)
class Stability:
    """A plan beside those that draws of the demand would give.

    Parameters
    ----------
    table
        A row a site at which a station stands or stood, or stands in the plan of some draw, with :data:`COLUMNS`:

        * `action` of the plan (empty: none), and `in_plans`, in how many draws' plans the site is as in this plan; for
          a site without an action, in how many a station stands. `frequency` is its share.
        * `refused_loses_least`, `refused_loses_most`: what the best plan without the action is worth less, visits a
          month: at least by prices, at most since a plan is known. NaN where the one or the other is not known.
        * `next_best` and `next_best_loses`: the site that does best in a station's place under all limits.
    draws
        How many draws were planned for.
    worth, bounds
        (draws,) what the plan is worth in each draw, and what no plan that keeps all limits there is worth more than.
    best
        (draws,) what the best plan found for each draw is worth there.
    coverage
        (draws,) share of the weight that the plan covers.
    keeps
        (draws,) whether the plan keeps all floors in the draw.
    gaps
        (draws,) (bound - best) / bound.
    plans
        Ids of the stations of the plan made for each draw.
    drawn
        (draws,) which draws were planned for, of those asked for.
    cvar
        The plan of the best mean over the worst fifth of the draws.
    regret
        The plan whose worst regret is least; of a draw, regret is what a plan is worth less than the one made for it.
    notes
        What could not be said, and why.
    """

    table: pd.DataFrame
    draws: int
    worth: FloatArray
    bounds: FloatArray
    best: FloatArray
    coverage: FloatArray
    keeps: BoolArray
    plans: tuple[tuple[str, ...], ...]
    drawn: tuple[int, ...]
    cvar: Choice
    regret: Choice
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for name in ("worth", "bounds", "best", "coverage"):
            object.__setattr__(self, name, frozen_array(getattr(self, name), np.float64))
        object.__setattr__(self, "keeps", frozen_array(self.keeps, np.bool_))

    @property
    def interval(self) -> tuple[float, float]:
        """Coverage in all but the lowest and the highest 5 % of the draws."""
        low, high = np.quantile(self.coverage, [_TAIL, 1 - _TAIL])
        return float(low), float(high)

    @property
    def kept(self) -> float:
        """Share of the draws in which the plan keeps all floors."""
        return float(self.keeps.mean())

    @property
    def losses(self) -> FloatArray:
        """(draws,) what the plan is worth less than the best one known of the draw, as a share; 0 where it is more."""
        return np.maximum(self.best - self.worth, 0.0) / np.maximum(self.best, 1e-12)

    @property
    def gaps(self) -> FloatArray:
        """(draws,) (bound - best) / bound: what is not proven of the plan of each draw."""
        return np.maximum(self.bounds - self.best, 0.0) / np.maximum(self.bounds, 1e-12)

    @property
    def lines(self) -> tuple[str, ...]:
        """The answer as lines of text."""
        return (*self._words(), *self.notes)

    def _words(self) -> Iterator[Note]:
        low, high = self.interval
        yield Note(
            "in {draws:,} draws the plan covers {low:.1%} to {high:.1%} (5 to 95 %), keeps all floors in {kept:.0%} of "
            "them, and loses {mean:.2%} on average and {most:.2%} at most against a plan made for the draw",
            draws=self.draws, low=low, high=high, kept=self.kept, mean=self.losses.mean(), most=self.losses.max(),
        )  # fmt: skip
        rows = held(self, "table").to_dict("records")
        for row in rows:
            if row["action"]:
                count = {"count": row["in_plans"], "draws": self.draws}
                form = "{site} {action}: in {count:,} of {draws:,} plans"
                yield _refused(Note(form, site=row["site_id"], action=Note(row["action"]), **count), row)
        for row in rows:
            if not row["action"]:
                form = "{site}: not in this plan, a station in {count:,} of {draws:,} plans"
                yield Note(form, site=row["site_id"], count=row["in_plans"], draws=self.draws)
        yield Note("worst regret: {says}", says=_chosen(self.regret, "{says}, no plan has less than {bound:,.0f}"))
        yield Note(
            "mean of the worst fifth: {says}", says=_chosen(self.cvar, "{says}, no plan has more than {bound:,.0f}")
        )

    def record(self) -> dict[str, Any]:
        """Return everything as plain values."""
        rows = [
            {str(name): None if isinstance(value, float) and np.isnan(value) else value for name, value in row.items()}
            for row in held(self, "table").to_dict("records")
        ]
        choices = {
            name: {
                "open": list(each.open), "value": each.value, "plan_value": each.plan_value, "bound": each.bound,
            }
            for name, each in (("cvar", self.cvar), ("regret", self.regret))
        }  # fmt: skip
        return {
            "draws": self.draws, "coverage": list(self.interval), "floors_kept": self.kept,
            "loses": {"mean": float(self.losses.mean()), "most": float(self.losses.max())},
            "gaps": {"mean": float(self.gaps.mean()), "most": float(self.gaps.max())},
            "sites": rows, "plans": [list(each) for each in self.plans],
            "drawn": list(self.drawn), **choices, "notes": list(self.notes),
        }  # fmt: skip

    def _shown(self) -> Shown:
        low, high = self.interval
        rows = [
            ("coverage", f"{low:.1%} to {high:.1%} in 90 % of the draws"),
            ("floors", f"all kept in {self.kept:.0%}"),
            ("loses", f"{self.losses.mean():.2%} on average, {self.losses.max():.2%} at most"),
        ]
        return f"Stability: {self.draws} draws of the demand", rows


def _refused(says: Note, row: dict[str, Any]) -> Note:
    """Return what is said of an action with what is lost without it."""
    if not np.isnan(row["refused_loses_most"]):
        least = 0.0 if np.isnan(row["refused_loses_least"]) else row["refused_loses_least"]
        form = "{says}; refused, {least:,.0f} to {most:,.0f} visits a month are lost"
        says = Note(form, says=says, least=least, most=row["refused_loses_most"])
    if row["next_best"]:
        form = "{says}; next best {site}, {less:,.0f} less"
        says = Note(form, says=says, site=row["next_best"], less=row["next_best_loses"])
    return says


def _chosen(choice: Choice, bounded: str) -> Note:
    form = "{value:,.0f} visits a month at best known, {own:,.0f} of this plan"
    says = Note(form, value=choice.value, own=choice.plan_value)
    return says if choice.bound is None else Note(bounded, says=says, bound=choice.bound)
