"""Why each action of a plan: who it serves, who loses by it, what it costs, what would do nearly as well."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pandas as pd

from placement.notes import Note
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

    def sentences(self) -> Iterator[tuple[str, Note]]:
        """Yield (site id, why) for each action that changes something, in words."""
        for row in held(self, "table").to_dict("records"):
            if row["action"] != "keep":
                first, *others = _words(row)
                for each in others:
                    first = Note("{says} {more}", says=first, more=each)
                yield str(row["site_id"]), first

    @property
    def lines(self) -> tuple[str, ...]:
        """Every change in a line of text."""
        return tuple(Note("{site}: {says}", site=site, says=said) for site, said in self.sentences()) + self.notes

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


def _words(row: dict[str, Any]) -> Iterator[Note]:
    """Yield the sentences of one action."""
    action, origin = row["action"], row["from_site_id"]
    if action == "close":
        form = "closes: saves {running:,.0f} yuan a year, costs {once:,.0f} once;"
        yield Note(form, running=row["running_yuan"], once=row["cost_yuan"])
    else:
        came = Note("moves here from {origin}", origin=origin) if action == "move" else Note(_CAME[action])
        if row["cost_yuan"]:
            came = Note("{says} for {once:,.0f} yuan", says=came, once=row["cost_yuan"])
        form = "{says}: {people:,.0f} people have no other station in reach in some period"
        yield Note(form, says=came, people=row["people_only"])
        yield Note("({visits:,.0f} visits a month);", visits=row["reach_only"])
    if action in {"move", "close"}:
        yield _lost(row)
    if row["next_best"]:
        form = "next best {site}, {less:,.0f} visits a month less;"
        yield Note(form, site=row["next_best"], less=row["next_best_loses"])
    if not pd.isna(row["left_out_loses_most"]):
        least, most = max(row["left_out_loses_least"], 0.0), max(row["left_out_loses_most"], 0.0)
        same = Note(f"{most:,.0f}")
        span = same if round(least) == round(most) else Note("{least:,.0f} to {most:,.0f}", least=least, most=most)
        yield Note("without it the best plan is worth {span} less", span=span)


_CAME = {"open": "opens", "keep": "stays"}


def _lost(row: dict[str, Any]) -> Note:
    if not row["people_lost"]:
        return Note("nobody loses reach by it;")
    where = Note("{people:,.0f} people lose reach in some period", people=row["people_lost"])
    if row["lost_to"]:
        form = "{says}, most walk to {site}, {minutes:.0f} minutes on average"
        where = Note(form, says=where, site=row["lost_to"], minutes=row["lost_to_min"])
    if row["lost_beyond"]:
        form = "{says}, for {people:,.0f} of them no station is as near as times are known"
        where = Note(form, says=where, people=row["lost_beyond"])
    return Note("{says};", says=where)
