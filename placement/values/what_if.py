"""What a network that somebody asks about is worth beside a plan: who gains, who loses, what it costs and breaks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

from placement.values.coverages import Coverages
from placement.values.immutable import immutable
from placement.values.infeasible import WEIGHT_UNIT
from placement.values.limits import SUMS
from placement.values.plan import BudgetLine, Plan
from placement.values.shown import Shown, listed_briefly, share
from placement.values.visits import VisitsChange, in_short
from placement.values.visits_certificate import VISITS_FLOOR

_THOUSANDTHS = 1000
_FEN_A_YUAN = 100
REQUIRED, EXCLUDED = "required sites", "excluded sites"
"""Names of what :class:`Broken` says of sites whose status asks for a station, or refuses one."""


@immutable
@dataclass(frozen=True, kw_only=True)
class Broken:
    """A limit of the policy that a network does not keep.

    Parameters
    ----------
    name
        As in the policy or the budget; `REQUIRED` or `EXCLUDED` for the status of sites.
    unit
        Unit of the amounts.
    amount, allowed
        What the network has, and what it may have at most (of a floor: must have at least).
    sites
        Sites that it is about; empty for limits on sums.
    """

    name: str
    unit: str
    amount: int
    allowed: int
    sites: tuple[str, ...] = ()

    @property
    def words(self) -> str:
        """The limit and by how much it is broken, in a line."""
        if self.sites:
            said = listed_briefly(self.sites)
            if self.unit == VISITS_FLOOR.unit:
                return f"{self.name}: {said} would see fewer than {self.allowed / _THOUSANDTHS:,.0f} visits a month"
            return f"{self.name}: {'without' if self.name == REQUIRED else 'with'} {said}"
        if self.unit in {WEIGHT_UNIT, VISITS_FLOOR.unit}:
            now, least = (each / _THOUSANDTHS for each in (self.amount, self.allowed))
            return f"{self.name}: {now:,.0f} visits a month where at least {least:,.0f} are asked"
        if self.unit.startswith("fen"):
            spent, most = (f"{each / _FEN_A_YUAN:,.2f}".removesuffix(".00") for each in (self.amount, self.allowed))
            return f"{self.name}: {spent}{self.unit.replace('fen', ' yuan')} where at most {most} are allowed"
        return f"{self.name}: {self.amount:,} where at most {self.allowed:,} are allowed"

    def _shown(self) -> Shown:
        return f"Broken {self.words}", ()


@immutable
@dataclass(frozen=True, kw_only=True, eq=False)
class WhatIf:
    """A network beside the one it was made from.

    Parameters
    ----------
    added, removed
        Ids of the stations that were asked for beside the first network, and without.
    open
        Ids of the stations that stand, sorted.
    actions
        The cheapest way there from today's stations, as in :class:`~placement.values.Plan`.
    before, after
        Coverage of the first network and of this one.
    people
        Frame by ``age group/period``: `gained` and `lost`, residents who come within reach or get out of it.
    budget_before, budget_lines
        What the first network and this one cost, from today's stations on.
    visits
        Predicted visits of the first network and of this one; None where nothing is predicted.
    broken
        Limits that it does not keep; empty where it is a plan as well.
    worth_before, worth
        What the first network and this one are worth by the policy's objective, visits a month.
    bound
        No plan under the policy is worth more; None where that is not known.
    best
        The best plan in which the added stations stand and the removed ones do not; None where it was not asked for,
        or there is none.
    why_none
        Why there is no such plan, where it was asked for.
    """

    added: tuple[str, ...]
    removed: tuple[str, ...]
    open: tuple[str, ...]
    actions: pd.DataFrame
    before: Coverages
    after: Coverages
    people: pd.DataFrame
    budget_before: tuple[BudgetLine, ...]
    budget_lines: tuple[BudgetLine, ...]
    visits: VisitsChange | None
    broken: tuple[Broken, ...]
    worth_before: float
    worth: float
    bound: float | None = None
    best: Plan | None = None
    why_none: str = ""

    @property
    def change(self) -> float:
        """What it is worth more than the first network, visits a month; negative where it is worth less."""
        return self.worth - self.worth_before

    @property
    def coverage(self) -> pd.DataFrame:
        """A row a group: `kind`, `group`, `unit`, `before`, `after`, `change`, `all`; see :meth:`Coverages.frame`."""
        before = self.before.frame().rename(columns={"covered": "before"}).drop(columns=["share", "all"])
        after = self.after.frame().rename(columns={"covered": "after"}).drop(columns="share")
        both = before.merge(after, on=["kind", "group", "unit"], validate="one_to_one")
        both = both.assign(change=both["after"] - both["before"])
        return both[["kind", "group", "unit", "before", "after", "change", "all"]]

    @property
    def budget(self) -> pd.DataFrame:
        """A row a budget line: `line`, `before_yuan`, `after_yuan`, `change_yuan`, `cap_yuan` (NaN without a cap)."""
        rows = [
            (
                line.name, first.amount_fen / _FEN_A_YUAN, line.amount_fen / _FEN_A_YUAN,
                (line.amount_fen - first.amount_fen) / _FEN_A_YUAN,
                float("nan") if line.cap_fen is None else line.cap_fen / _FEN_A_YUAN,
            )
            for first, line in zip(self.budget_before, self.budget_lines, strict=True)
        ]  # fmt: skip
        return pd.DataFrame(rows, columns=["line", "before_yuan", "after_yuan", "change_yuan", "cap_yuan"])

    @property
    def lines(self) -> tuple[str, ...]:
        """Everything in lines of text."""
        headline, rows = self._shown()
        return (headline, *(f"{name}: {text}" for name, text in rows))

    def record(self) -> dict[str, Any]:
        """Return everything as plain values; yuan with two decimals, visits a month in thousandths."""
        seen = self.visits
        return {
            "added": list(self.added),
            "removed": list(self.removed),
            "open": list(self.open),
            "broken": [
                {"name": each.name, "unit": each.unit, "amount": each.amount, "allowed": each.allowed,
                 "sites": list(each.sites), "words": each.words}
                for each in self.broken
            ],
            "worth": {"before": round(self.worth_before, 3), "after": round(self.worth, 3), "bound": self.bound},
            "coverage": _plain(self.coverage),
            "people": _plain(self.people.rename_axis("group").reset_index()),
            "budget": _plain(self.budget),
            "visits": None if seen is None else {
                "before": seen.before, "after": seen.after, "change": seen.change,
                "change_interval": None if seen.change_interval is None else list(seen.change_interval),
                "idle": {"before": seen.idle_before, "after": seen.idle_after},
            },
            "actions": _plain(self.actions),
            "best": None if self.best is None else {
                "open": list(self.best.open), "worth": self.best.objective, "bound": self.best.bound,
                "status": self.best.status, "covered": round(self.best.after.total.covered, 3),
            },
            "why_none": self.why_none,
        }  # fmt: skip

    def _shown(self) -> Shown:
        total, first = self.after.total, self.before.total
        rows = [("BREAKS", each.words) for each in self.broken]
        rows += [
            ("coverage", f"{share(first.covered, first.all)} -> {share(total.covered, total.all)}"),
            ("worth", f"{self.worth_before:,.3f} -> {self.worth:,.3f} ({self.change:+,.3f})"),
        ]
        if self.visits is not None:
            rows.append(("visits", in_short(self.visits)))
            rows.append(("idle", f"{self.visits.idle_before} -> {self.visits.idle_after} stations"))
        rows += [
            (line.line, f"{line.before_yuan:,.2f} -> {line.after_yuan:,.2f} yuan ({line.change_yuan:+,.2f})")
            for line in self.budget.itertuples()
            if line.line in SUMS or line.before_yuan or line.after_yuan
        ]
        if self.best is not None:
            lost = self.worth_before - self.best.objective
            rows.append(("best plan around it", f"worth {self.best.objective:,.3f} ({-lost:+,.3f}), see .best"))
        elif self.why_none:
            rows.append(("no plan around it", self.why_none))
        rows += [
            (f"people {name}", f"{gained:,.0f} gain reach, {lost:,.0f} lose it")
            for name, gained, lost in self.people.itertuples()
        ]
        parts = [f"with {listed_briefly(self.added)}"] if self.added else []
        parts += [f"without {listed_briefly(self.removed)}"] if self.removed else []
        return f"WhatIf: {', '.join(parts) or 'the same stations'}", rows


def _plain(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the rows of a frame as plain values; None where there is no number."""
    return [
        {str(name): None if isinstance(value, float) and value != value else value for name, value in row.items()}  # noqa: PLR0124 -- NaN
        for row in frame.to_dict("records")
    ]
