"""What else would do: which decisions of a plan are firm, what may take their place, and the next best plans."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

import pandas as pd

from placement.notes import Names, Note
from placement.values.immutable import held, immutable
from placement.values.network import Network
from placement.values.shown import Shown, listed_briefly

Verdict = Literal["firm", "exchangeable", "likely", "open"]
VERDICTS: tuple[Verdict, ...] = ("firm", "exchangeable", "likely", "open")
COLUMNS = ("site_id", "action", "verdict", "in_plans", "partners", "loses")


@immutable
@dataclass(frozen=True, kw_only=True, eq=False)
class Alternatives:
    """How firm a plan is, and the plans that do about as well.

    Parameters
    ----------
    table
        A row for each station that stands or stood, by site id, with :data:`COLUMNS`:

        * `action`: what the plan does there: ``keep``, ``open``, ``move`` (a station moves there), ``close`` or
          ``give`` (the station moves away).
        * `verdict`: ``firm``: so in every plan that is worth at least (1 - `within`) of this one, proven;
          ``exchangeable``: another single site may take the station's place and the plan is still worth as much;
          ``likely``: neither, and some such plan does without it, but fewer than half of those found; ``open``: more
          than half of them do otherwise, or it could not be settled.
        * `in_plans`: how many of the plans found, this one included, do as this one does there.
        * `partners`: ids of the sites that may take its place, the best first, and `loses`, what the plan is worth
          less with the first, visits a month (NaN without any).
    plans
        The next best plans; each differs from the plan, and from every one before it, in at least `differ` sites.
    differ, among
        In how many sites they differ, at least, and the ids of the sites that count there (empty: all).
    within
        Share of its worth by which a plan that counts as well may fall short.
    worth
        What the plan is worth, visits a month.
    close
        How many plans within that share were found, this one included.
    never
        Ids of sites without a station that have none in any such plan, proven by prices.
    notes
        What could not be said, and why.
    """

    table: pd.DataFrame
    plans: tuple[Network, ...]
    differ: int
    within: float
    worth: float
    close: int
    among: tuple[str, ...] = ()
    never: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    def losses(self) -> pd.DataFrame:
        """Return a row a plan: `loses`, `loses_at_least` (visits a month), `share`, `comes`, `goes`, `gap`, `proven`.

        `loses_at_least` is proven: no plan that differs so much loses less. `comes` and `goes` are the sites in which
        it differs from the plan asked about.
        """
        table = held(self, "table")
        mine = set(table.loc[table["action"].isin(["keep", "open", "move"]), "site_id"])
        rows = [
            (
                self.worth - each.worth,
                max(self.worth - each.bound, 0.0),
                (self.worth - each.worth) / self.worth if self.worth else 0.0,
                tuple(sorted(set(each.open) - mine)),
                tuple(sorted(mine - set(each.open))),
                each.gap,
                each.proven,
            )
            for each in self.plans
        ]
        return pd.DataFrame(rows, columns=["loses", "loses_at_least", "share", "comes", "goes", "gap", "proven"])

    def sites(self, verdict: Verdict) -> tuple[str, ...]:
        """Return the ids of the sites of a verdict."""
        table = held(self, "table")
        return tuple(table.loc[table["verdict"] == verdict, "site_id"])

    @property
    def lines(self) -> tuple[str, ...]:
        """The answer as lines of text."""
        return (*self._words(), *self.notes)

    def _words(self) -> Iterator[Note]:
        table = held(self, "table")
        yield Note("of plans worth at least {share:.2%} of this one:", share=1 - self.within)
        for verdict in VERDICTS:
            sites = self.sites(verdict)
            if sites:
                form = "{verdict}: {count:,} of {all:,} sites: {names}"
                names = Names(sites, len(sites))
                yield Note(form, verdict=Note(verdict), count=len(sites), all=len(table), names=names)
        for row in table.to_dict("records"):
            if row["partners"]:
                form = "{site}: {partners} would do, {less:,.0f} visits a month less"
                yield Note(form, site=row["site_id"], partners=Names(row["partners"]), less=row["loses"])
        for number, row in enumerate(self.losses().to_dict("records"), start=1):
            proven = Note("at least {least:,.0f} proven", least=row["loses_at_least"])
            yield Note(
                "plan {number}: {less:,.0f} visits a month less ({share:.2%}; {proven}): with {comes}, without {goes}",
                number=number, less=row["loses"], share=row["share"],
                proven=proven if row["proven"] else Note("not proven to be the best"),
                comes=_named(row["comes"]), goes=_named(row["goes"]),
            )  # fmt: skip

    def record(self) -> dict[str, Any]:
        """Return everything as plain values."""
        rows = [
            {
                **{str(name): value for name, value in row.items()},
                "partners": list(row["partners"]),
                "loses": None if pd.isna(row["loses"]) else row["loses"],
            }
            for row in held(self, "table").to_dict("records")
        ]
        losses = [
            {
                **{str(name): value for name, value in row.items()},
                "comes": list(row["comes"]),
                "goes": list(row["goes"]),
            }
            for row in self.losses().to_dict("records")
        ]
        return {
            "within": self.within, "differ": self.differ, "among": list(self.among), "worth": self.worth,
            "close": self.close, "sites": rows, "never": list(self.never),
            "plans": [{**loss, **each.record()} for loss, each in zip(losses, self.plans, strict=True)],
            "notes": list(self.notes),
        }  # fmt: skip

    def _shown(self) -> Shown:
        rows = [(str(verdict), listed_briefly(sites)) for verdict in VERDICTS if (sites := self.sites(verdict))]
        rows += [
            (f"plan {number}", f"{row['share']:.2%} less, {len(row['comes']) + len(row['goes'])} sites otherwise")
            for number, row in enumerate(self.losses().to_dict("records"), start=1)
        ]
        return f"Alternatives: {self.close} plans within {self.within:.2%}", rows


def _named(sites: tuple[str, ...]) -> str:
    return Names(sites, len(sites)) if sites else Note("nothing")
