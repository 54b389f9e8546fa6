"""Why each action of a plan: who it serves, who loses by it, what it costs, what would do nearly as well."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pandas as pd

from placement.values.immutable import held, immutable
from placement.values.shown import Shown

COLUMNS = (
    "site_id",
    "action",
    "from_site_id",
    "reach_only",
    "people_only",
    "visits",
    "visits_only",
    "reach_lost",
    "people_lost",
    "lost_to",
    "lost_to_min",
    "lost_beyond",
    "cost_yuan",
    "running_yuan",
    "yuan_a_person",
    "next_best",
    "next_best_loses",
    "left_out_loses_least",
    "left_out_loses_most",
)


@immutable
@dataclass(frozen=True, kw_only=True, eq=False)
class Explanation:
    """The reasons of every action of a plan, in numbers.

    Parameters
    ----------
    table
        A row an action, sorted as the plan's, with :data:`COLUMNS`:

        * `reach_only` (visits a month), `people_only` (residents): who has this station within reach in some period
          and, in that period, no other one of the plan. 0 for a station that closes. With steps, `reach_only` and
          `reach_lost` count the shares of the steps.
        * `visits`, `visits_only`: predicted visits a month of the station, and of all stations more than without it.
        * `reach_lost`, `people_lost`: who had the station that closes or moves away within reach, and has none now.
        * `lost_to`: the station to which most of those would walk, of those that serve them in the period, and
          `lost_to_min`, minutes, weighted by visits; `lost_beyond`: residents among them for whom none is as near as
          times are known.
        * `cost_yuan` once, `running_yuan` a year, and `yuan_a_person`: yuan once for each of `people_only`.
        * `next_best`: the site that does best in its place under all limits, and `next_best_loses`, what the plan is
          worth less with it, visits a month. Empty where no site may take its place.
        * `left_out_loses_least`, `left_out_loses_most`: what the best plan without this action is worth less, proven
          to lie between the two, visits a month. NaN where that was not asked for.
    worth
        What the plan is worth by its objective, visits a month.
    limit_s
        Seconds that each question of what is lost without an action was given; None where it was not asked.
    notes
        What could not be said, and why.
    """

    table: pd.DataFrame
    worth: float
    limit_s: float | None = None
    notes: tuple[str, ...] = ()

    def sentences(self) -> Iterator[tuple[str, str]]:
        """Yield (site id, why) for each action that changes something, in words."""
        for row in held(self, "table").to_dict("records"):
            if row["action"] != "keep":
                yield str(row["site_id"]), " ".join(_words(row))

    @property
    def lines(self) -> tuple[str, ...]:
        """Every change in a line of text."""
        return tuple(f"{site}: {said}" for site, said in self.sentences()) + self.notes

    def record(self) -> dict[str, Any]:
        """Return everything as plain values."""
        rows = [
            {str(name): None if isinstance(value, float) and pd.isna(value) else value for name, value in row.items()}
            for row in held(self, "table").to_dict("records")
        ]
        return {"worth": self.worth, "limit_s": self.limit_s, "notes": list(self.notes), "actions": rows}

    def _shown(self) -> Shown:
        table = held(self, "table")
        changes = int((table["action"] != "keep").sum())
        return f"Explanation: why {changes:,} changes and {len(table) - changes:,} that stay", list(self.sentences())


def _words(row: dict[str, Any]) -> Iterator[str]:
    """Yield the sentences of one action."""
    action, origin = row["action"], row["from_site_id"]
    if action == "close":
        yield f"closes: saves {row['running_yuan']:,.0f} yuan a year, costs {row['cost_yuan']:,.0f} once;"
    else:
        came = f"moves here from {origin}" if action == "move" else "opens" if action == "open" else "stays"
        cost = f" for {row['cost_yuan']:,.0f} yuan" if row["cost_yuan"] else ""
        yield f"{came}{cost}: {row['people_only']:,.0f} people have no other station in reach in some period"
        yield f"({row['reach_only']:,.0f} visits a month);"
    if action in {"move", "close"}:
        yield _lost(row)
    if row["next_best"]:
        yield f"next best {row['next_best']}, {row['next_best_loses']:,.0f} visits a month less;"
    if not pd.isna(row["left_out_loses_most"]):
        least, most = max(row["left_out_loses_least"], 0.0), max(row["left_out_loses_most"], 0.0)
        span = f"{most:,.0f}" if round(least) == round(most) else f"{least:,.0f} to {most:,.0f}"
        yield f"without it the best plan is worth {span} less"


def _lost(row: dict[str, Any]) -> str:
    if not row["people_lost"]:
        return "nobody loses reach by it;"
    where = f"{row['people_lost']:,.0f} people lose reach in some period"
    if row["lost_to"]:
        where += f", most walk to {row['lost_to']}, {row['lost_to_min']:.0f} minutes on average"
    if row["lost_beyond"]:
        where += f", for {row['lost_beyond']:,.0f} of them no station is as near as times are known"
    return f"{where};"
