r"""What else would do: the next best plans, and what all plans that are about as good have in common.

With :math:`y_j` the sum of the columns after which a station stands at site j, a plan differs from one whose stations
are A in at least m sites of a set M where

.. math:: \sum_{j \in M \cap A} y_j - \sum_{j \in M \setminus A} y_j \le |M \cap A| - m

(the Hamming distance of binary vectors, linear since A is known; Fischetti & Lodi 2003, Local branching, Mathematical
Programming 98, 23-47, use it the other way). The k best plans are found one after the other, each under a row for the
plan and for each before it.

What plans within a share have in common is proven: the best plan in which at least one of some stations is missing is
worth less than that. Prices settle most sites at once (:mod:`placement.solve.capture.majorised`), the others are asked
for together: as long as there is a plan, it tells which of them are not firm.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from placement.analysis.asking import Asking, Found
from placement.analysis.exchange import Exchanges
from placement.analysis.partners import stand_ins
from placement.case import Case
from placement.clock import now_s
from placement.errors import AlignmentError, InputError, NoSolutionError
from placement.notes import Names, Note
from placement.progress import FRONTIER, Listener, Progress
from placement.values import Alternatives, LinearRow, Plan
from placement.values.alternatives import COLUMNS, Verdict
from placement.values.arrays import BoolArray, IntArray
from placement.values.checks import Faults

WITHIN = 0.003
"""Share of its worth by which another plan may fall short and still be about as good: the shipped city's plan is proven
to 0.1 %, and a survey tells its weights to some per cent."""
GAP = 0.001
"""Gap at which the search for each other plan may stop."""
_SEARCHES = 5
"""Plans that are asked for, at most, to find out what all have in common."""
_PARTNERS = 5
_HALF = 0.5


def alternatives(
    case: Case,
    plan: Plan,
    *,
    count: int = 5,
    differ: int = 6,
    within: float = WITHIN,
    among: Collection[str] = (),
    gap: float = GAP,
    limit_s: float | None = None,
    progress: Listener | Progress | None = None,
) -> Alternatives:
    """Return what else would do: how firm each decision of a plan is, and the next best plans.

    Parameters
    ----------
    case
        What the plan was made from, its policy included.
    plan
        The plan.
    count
        How many other plans.
    differ
        In at least so many sites each differs from the plan and from every other: one that stands elsewhere counts
        twice, where it is and where it was.
    within
        Share of its worth, 0..1, by which a plan that is about as good may fall short.
    among
        Ids of the sites in which plans must differ; by default any.
    gap
        At which the search for each of them may stop; where visits count, the case's own if that is wider.
    limit_s
        Seconds for all of it; None: as the case's options say, for each search.
    progress
        Called with a :class:`~placement.progress.Step` whenever there is something to tell.

    Raises
    ------
    InputError, AlignmentError
        If a number cannot be, or `among` names what is no site.
    """
    _check(case, count, differ, within, among)
    telling = Progress.of(progress, (FRONTIER,))
    telling.stage(FRONTIER, "what plans are bounded by")
    search = _Search.of(case, plan, within, limit_s)
    ids, told = case.sites.ids, np.asarray(case.sites.ids.isin(among) if len(among) else np.ones(len(case.sites), bool))
    gap = max(gap, search.asking.gap)
    plans = list(search.others(count, differ, told, telling, gap))
    telling.stage(FRONTIER, "what all plans have in common")
    partners = search.partners()
    firm = search.firm(np.array([not each for each in partners]))
    return Alternatives(
        table=search.table(plan, firm, partners),
        plans=tuple(search.asking.network(each, gap) for each in plans),
        differ=differ,
        among=tuple(sorted(map(str, among))),
        within=within,
        worth=search.worth / search.asking.question.model.scale,
        close=len(search.close),
        never=tuple(sorted(map(str, ids[search.never()]))),
        notes=tuple(search.notes),
    )


def _check(case: Case, count: int, differ: int, within: float, among: Collection[str]) -> None:
    faults = Faults("alternatives")
    faults.whole("count", count, most=1000)
    faults.whole("differ", differ, least=1, most=2 * len(case.sites))
    faults.share("within", within)
    faults.raise_any()
    error = AlignmentError.between("among", list(among), "sites", case.sites.ids, "site")
    if error is not None:
        raise error
    if len(among) and differ > len(among):
        problem = f"plans are to differ in {differ} of {len(among)} sites"
        raise InputError.single("alternatives", problem, row="differ", remedy="name more sites, or fewer to differ in")


@dataclass(kw_only=True, eq=False)
class _Search:
    """What is known so far.

    Parameters
    ----------
    asking
        The case.
    chosen, worth, target
        The plan, what it is worth, and what one that is about as good is worth at least.
    ends
        ``placement.clock.now_s()`` of the end; None: each search has the time of the case's options.
    close
        (plans, sites) where stations stand in the plans that are about as good.
    """

    asking: Asking
    chosen: BoolArray
    worth: int
    target: int
    ends: float | None
    close: list[BoolArray]
    notes: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, case: Case, plan: Plan, within: float, limit_s: float | None) -> _Search:
        """Begin with the plan."""
        ends = None if limit_s is None else now_s() + limit_s
        asking = Asking.of(case)
        chosen = asking.question.chosen(plan.actions)
        worth = asking.question.whole_worth(chosen)
        return cls(
            asking=asking, chosen=chosen, worth=worth, target=math.ceil(worth * (1 - within)), ends=ends,
            close=[asking.sites_of(chosen)],
        )  # fmt: skip

    @property
    def standing(self) -> BoolArray:
        """(sites,) where the plan has a station."""
        return self.close[0]

    def ask(self, rows: list[LinearRow], gap: float, near: Sequence[BoolArray] = ()) -> Found | None:
        """Return the best plan under rows, sought `near` others; None where the time ended first."""
        left = None if self.ends is None else max(self.ends - now_s(), 0.05)
        try:
            found = self.asking.best(rows, limit_s=left, gap=gap, near=near)
        except NoSolutionError:
            return None
        if found.chosen is not None and found.worth >= self.target:
            self.close.append(self.asking.sites_of(found.chosen))
        return found

    def others(
        self, count: int, differ: int, told: BoolArray, telling: Progress, gap: float
    ) -> Iterator[Found]:  # fmt: skip
        """Yield the next best plans."""
        rows, last = [self._apart(self.standing, differ, told)], self.chosen
        for number in range(count):
            telling.stage(FRONTIER, f"plan {number + 1} of {count}")
            found = self.ask(rows, gap, [last])
            if found is None or found.chosen is None:
                late = "{count:,} other plans: no further one was found in time"
                none = "{count:,} other plans: no further one keeps all limits and differs so much"
                self.notes.append(Note(late if found is None else none, count=number))
                return
            yield found
            last = found.chosen
            rows.append(self._apart(self.asking.sites_of(found.chosen), differ, told))

    def _apart(self, standing: BoolArray, differ: int, told: BoolArray) -> LinearRow:
        """Return the row of the module's docstring."""
        here, there = self.asking.columns_at(standing & told), self.asking.columns_at(~standing & told)
        signs = np.concatenate([np.ones(here.size, dtype=np.int64), -np.ones(there.size, dtype=np.int64)])
        limit = int((standing & told).sum()) - differ
        return LinearRow(name="differ", columns=np.concatenate([here, there]), coefficients=signs, limit=limit)

    def firm(self, alone: BoolArray) -> BoolArray:
        """Return (sites,) where every plan that is about as good does as the plan: proven.

        `alone`, (sites,): where no other site may take a station's place.
        """
        today = self.asking.case.standing
        by_prices = np.array([self._settled(site) for site in range(today.size)])
        firm = by_prices & (self.standing | today)
        for stands in (True, False):
            here = (self.standing if stands else today & ~self.standing) & ~by_prices & alone
            firm |= self._common(here, stands=stands)
        return firm

    def _settled(self, site: int) -> bool:
        """Return whether prices alone prove that a site is as in the plan wherever a plan is about as good."""
        majorised = self.asking.majorised
        if majorised is None:
            return False
        one = np.zeros(self.standing.size, dtype=np.bool_)
        one[site] = True
        columns = self.asking.columns_at(one)
        most = majorised.without(columns) if self.standing[site] else majorised.choosing(columns)
        return most is not None and most < self.target

    def never(self) -> BoolArray:
        """Return (sites,) without a station today and in the plan, where prices prove that none comes."""
        free = ~self.standing & ~self.asking.case.standing
        settled = np.array([bool(free[site]) and self._settled(site) for site in range(free.size)], dtype=np.bool_)
        return np.asarray(free & settled)

    def _common(self, sites: BoolArray, *, stands: bool) -> BoolArray:
        """Return (sites,) which of some sites all good plans agree on; `stands`: whether the plan has stations there.

        Asked for is the best plan that does otherwise at `least` of them or more: twice as many after each success.
        """
        asked, least = self._agreed(sites), 1
        gap = (self.worth - self.target) / max(self.worth, 1) / 3
        for _ in range(_SEARCHES):
            if not asked.any():
                return asked
            found = self.ask([self._otherwise(asked, least, stands=stands)], gap)
            is_good = None if found is None else found.within(self.target)
            if is_good:
                asked, least = self._agreed(asked), 2 * least
                least = min(least, max(1, int(asked.sum())))
            elif least > 1:
                least = max(1, least // 4)
            elif is_good is False:
                return asked
            else:
                break
        names = Names(self._names(asked), 25)
        self.notes.append(Note("{count:,} sites could not be settled: {names}", count=int(asked.sum()), names=names))
        return np.zeros_like(asked)

    def _names(self, sites: BoolArray) -> list[str]:
        return sorted(map(str, self.asking.case.sites.ids[sites]))

    def _agreed(self, sites: BoolArray) -> BoolArray:
        """Return which of some sites are as in the plan in all good plans so far."""
        return np.asarray(sites & (np.array(self.close) == self.standing).all(axis=0))

    def _otherwise(self, sites: BoolArray, least: int, *, stands: bool) -> LinearRow:
        columns: IntArray = self.asking.columns_at(sites)
        sign = 1 if stands else -1
        limit = int(sites.sum()) - least if stands else -least
        return LinearRow(
            name="otherwise", columns=columns, coefficients=np.full(columns.size, sign, dtype=np.int64), limit=limit
        )

    def partners(self) -> list[list[tuple[str, float]]]:
        """Return for each site the sites that may take its station's place; nothing where none stands."""
        question, loses = self.asking.question, (self.worth - self.target) / self.asking.question.model.scale
        exchanges = Exchanges.of(question, self.standing)
        return [
            stand_ins(question, exchanges, self.chosen, site, most=_PARTNERS, loses=loses)
            if self.standing[site] and not self._settled(site)
            else []
            for site in range(self.standing.size)
        ]

    def table(self, plan: Plan, firm: BoolArray, partners: list[list[tuple[str, float]]]) -> pd.DataFrame:
        """Return a row for each station that stands or stood."""
        case = self.asking.case
        does = dict(zip(plan.actions["site_id"], plan.actions["action"], strict=True))
        does |= {origin: "give" for origin in plan.actions["from_site_id"] if origin}
        agreed = (np.array(self.close) == self.standing).sum(axis=0)
        rows = []
        for site in np.flatnonzero(self.standing | case.standing):
            name = str(case.sites.ids[site])
            there = partners[site]
            rows.append((
                name, does[name], self._verdict(bool(firm[site]), bool(there), int(agreed[site])), int(agreed[site]),
                tuple(each for each, _ in there), there[0][1] if there else float("nan"),
            ))  # fmt: skip
        return pd.DataFrame(sorted(rows), columns=list(COLUMNS))

    def _verdict(self, firm: bool, exchangeable: bool, agreed: int) -> Verdict:
        if firm:
            return "firm"
        if exchangeable:
            return "exchangeable"
        return "likely" if agreed > _HALF * len(self.close) else "open"
