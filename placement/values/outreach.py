"""What a plan spends on publicity and guides, and what they bring beside its stations."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from placement.values.immutable import immutable
from placement.values.shown import Shown

_FEN_A_YUAN = 100
AREA_COLUMNS = (
    "area", "package", "spend_yuan", "awareness_before", "awareness_after", "people", "use", "worth",
)  # fmt: skip
GUIDE_COLUMNS = ("site_id", "pay_yuan", "people", "use")


@immutable
@dataclass(frozen=True, kw_only=True)
class AreaSpend:
    """Publicity in one area.

    Parameters
    ----------
    area, package
        Names; no package: an amount.
    spend_fen
        Fen a year.
    before, after
        Share of the residents who know the service, today and then.
    people
        Residents within reach of a station who learn of it.
    use
        Expected use that they add within reach, visits a month, graded where the standard has steps.
    worth
        What the objective counts for it, visits a month (whole thousandths).
    """

    area: str
    package: str
    spend_fen: int
    before: float
    after: float
    people: float
    use: float
    worth: float


@immutable
@dataclass(frozen=True, kw_only=True)
class Guide:
    """A guide at one station.

    Parameters
    ----------
    site_id
        Where.
    pay_fen
        Fen a year.
    people
        Residents of the age group within reach of this station.
    use
        Expected use that the guide adds there at today's awareness, visits a month, those counted who have another
        guide within reach too.
    """

    site_id: str
    pay_fen: int
    people: float
    use: float


@immutable
@dataclass(frozen=True, kw_only=True)
class Alone:
    """The same money in stations alone: the best plan found without publicity and guides.

    Parameters
    ----------
    objective, bound
        What it covers, and no plan without them covers more; visits a month.
    open
        Ids of the sites at which a station then stands, sorted.
    """

    objective: float
    bound: float
    open: tuple[str, ...]


@immutable
@dataclass(frozen=True, kw_only=True)
class Outreach:
    """Publicity and guides of a plan. Floors and coverage are counted without them, at today's awareness and uptake.

    Parameters
    ----------
    areas
        Every area in which publicity is possible, by name; none where there is no publicity.
    guides
        Where guides are, by site.
    helped
        Residents of the age group within reach of a guided station, each once.
    guided
        Expected use that guides add within reach at today's awareness, visits a month.
    covered
        What the objective counts of coverage without both, visits a month (whole thousandths): `objective` of the plan
        less what both are worth.
    alone
        What the same money buys in stations alone; None where it is not known.
    """

    areas: tuple[AreaSpend, ...]
    guides: tuple[Guide, ...]
    helped: float
    guided: float
    covered: float
    alone: Alone | None = None

    @property
    def informed(self) -> float:
        """Residents within reach who learn of the service."""
        return sum(area.people for area in self.areas)

    @property
    def use(self) -> float:
        """Expected use that both add within reach, visits a month."""
        return self.guided + sum(area.use for area in self.areas)

    @property
    def spend_fen(self) -> int:
        """What is spent on publicity, fen a year."""
        return sum(area.spend_fen for area in self.areas)

    @property
    def pay_fen(self) -> int:
        """What guides are paid, fen a year."""
        return sum(guide.pay_fen for guide in self.guides)

    def publicity(self) -> pd.DataFrame:
        """Return a row an area; amounts in yuan a year, awareness 0..1, use and worth in visits a month."""
        rows = [
            (a.area, a.package, a.spend_fen / _FEN_A_YUAN, a.before, a.after, a.people, a.use, a.worth)
            for a in self.areas
        ]
        return pd.DataFrame(rows, columns=list(AREA_COLUMNS))

    def guide_frame(self) -> pd.DataFrame:
        """Return a row a guide; pay in yuan a year, use in visits a month."""
        rows = [(each.site_id, each.pay_fen / _FEN_A_YUAN, each.people, each.use) for each in self.guides]
        return pd.DataFrame(rows, columns=list(GUIDE_COLUMNS))

    def lines(self) -> list[tuple[str, str]]:
        """Return what a reader must know, as (name, words)."""
        rows = []
        if self.areas:
            spent = (
                f"{self.spend_fen / _FEN_A_YUAN:,.2f} yuan a year in {sum(a.spend_fen > 0 for a in self.areas)} areas"
            )
            rows.append(("publicity", f"{spent}: {self.informed:,.0f} residents within reach learn of the service"))
        if self.guides:
            paid = f"{len(self.guides)} for {self.pay_fen / _FEN_A_YUAN:,.2f} yuan a year"
            rows.append(("guides", f"{paid}: {self.helped:,.0f} residents have one within reach"))
        rows.append(("use", f"{self.use:+,.1f} visits a month expected within reach by them"))
        if self.alone is not None:
            bought = f"{self.alone.objective:,.3f}, at most {self.alone.bound:,.3f} visits a month"
            rows.append(("stations alone", f"the same money covers {bought}"))
        return rows

    def _shown(self) -> Shown:
        return f"Outreach: {len(self.areas):,} areas, {len(self.guides):,} guides", self.lines()
