"""Plans in phases, a second time: their program, and every year of a plan counted again.

A column is (kind, phase, site): ``keep`` has no phase. Columns stand in the order keep, give by phase, close by phase
from the second, open by phase, move_in by phase, each by site id. A site has a number for each phase: of a station of
today the last phase after which it stands, of any other the phase in which one comes. Linear rows: one a site; then
phase by phase tokens, lines of the budget, capital, numbers, limits by what a site is; then, over all phases, lines
that are spent once and numbers of actions, fixed actions, reach of new stations.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from placement.judge.facts import ITEMS, YEARLY, line_of_action
from placement.judge.program import Ordered, by_id, floor_rows, row_of
from placement.judge.recount import Reach
from placement.judge.rules import Claims
from placement.judge.site_limits import fixed_rows, poor_sites, standing_limits
from placement.pipeline.prepare import Prepared
from placement.study.phases import PhaseSection
from placement.values import CoverageProgram, LinearRow, WeightedBlocks
from placement.values.arrays import BoolArray
from placement.values.immutable import held
from placement.values.rows import COUNT, MONEY, REACH_NEW, REQUIRED_SITE, SITE, TOKENS, YEARLY_MONEY

Column = tuple[str, int | None, int]
_COMES = {"open": "open", "move_in": "move"}
_LEAVES = ("give", "close")
_COUNTS = ("max_stations", "max_moves", "max_opens", "max_closes", "max_changes")
_COUNTED = {
    "max_moves": ("move",), "max_opens": ("open",), "max_closes": ("close",), "max_changes": ("move", "open", "close"),
}  # fmt: skip


def year_factors(prepared: Prepared) -> list[Fraction]:
    """Return what a covered visit counts in each phase; one phase that counts in full where the study has none."""
    rate, found = Fraction(prepared.study.budget.discount_rate), [Fraction(1)]
    while len(found) < len(prepared.study.phase):
        found.append(found[-1] / (1 + rate))
    return found


def of_year(weights: NDArray[np.int64], factor: Fraction) -> NDArray[np.int64]:
    """Return whole weights times a factor, rounded half up."""
    if factor == 1:
        return weights
    known = {weight: int(weight * factor + Fraction(1, 2)) for weight in set(weights.ravel().tolist())}
    return np.array([known[weight] for weight in weights.ravel().tolist()], dtype=np.int64).reshape(weights.shape)


def phase_columns(prepared: Prepared) -> list[Column]:
    """Return every column, in order."""
    existing, order = prepared.sites.table["existing"].tolist(), by_id(prepared.sites.ids)
    stations, vacant = [s for s in order if existing[s]], [s for s in order if not existing[s]]
    years = range(len(prepared.study.phase))
    columns: list[Column] = [("keep", None, s) for s in stations]
    columns += [("give", t, s) for t in years for s in stations]
    columns += [("close", t, s) for t in years if t for s in stations]
    columns += [("open", t, s) for t in years for s in vacant]
    return columns + ([("move_in", t, s) for t in years for s in vacant] if stations else [])


def named(column: Column, ids: Any) -> tuple[str, str]:
    """Return (kind, site) by which a file names a column: ``2 S1`` is S1 in the second phase.

    A station that closes in it is one that is kept until then.
    """
    kind, phase, site = column
    word = "keep" if kind == "close" else kind
    return word, str(ids[site]) if phase is None else f"{phase + 1} {ids[site]}"


def action_in(column: Column, year: int) -> str:
    """Return what a column does in a phase: an action, ``leave``, or nothing."""
    kind, phase, _ = column
    if phase == year:
        return {"give": "leave", "close": "close", **_COMES}[kind]
    stands = phase is None or (kind in _LEAVES and year < phase) or (kind in _COMES and year > phase)
    return "keep" if stands else ""


def chosen_in_phases(prepared: Prepared, claims: Claims) -> BoolArray:
    """Return the columns that claimed actions choose."""
    names = [each.name for each in prepared.study.phase]

    def at(site: str) -> int:
        """Return the phase in which something happens at a site."""
        return names.index(claims.when[site])

    chosen: set[tuple[str, int | None, str]] = {("keep", None, site) for site in claims.keep}
    chosen |= {("close", at(site), site) for site in claims.close}
    chosen |= {("open", at(site), site) for site in claims.open}
    for origin, to in claims.move:
        chosen |= {("give", at(to), origin), ("move_in", at(to), to)}
    ids = prepared.sites.ids
    return np.array([(kind, phase, ids[site]) in chosen for kind, phase, site in phase_columns(prepared)], dtype=bool)


@dataclass(frozen=True, kw_only=True, eq=False)
class _ByYear:
    """Blocks of rows phase by phase, each site by its numbers."""

    blocks: Ordered
    present: tuple[NDArray[np.bool_], ...]

    def __iter__(self) -> Iterator[sparse.csr_array]:
        for there in self.present:
            for block in self.blocks:
                yield _numbered(block, there)


def _numbered(block: sparse.csr_array, there: NDArray[np.bool_]) -> sparse.csr_array:
    """Return rows over sites as rows over numbers of sites; `there`, (sites, phases): at which one stands."""
    phases = there.shape[1]
    length = np.diff(block.indptr)
    kept = there[block.indices]
    numbers = (block.indices[:, None].astype(np.int64) * phases + np.arange(phases))[kept]
    row = np.repeat(np.arange(block.shape[0]), length)
    starts = np.concatenate([[0], np.cumsum(np.bincount(row, kept.sum(axis=1), minlength=block.shape[0]))])
    shape = (block.shape[0], block.shape[1] * phases)
    return sparse.csr_array((np.ones(numbers.size, dtype=bool), numbers, starts.astype(np.int64)), shape=shape)


def rebuild_in_phases(prepared: Prepared, reach: Reach, weights: NDArray[np.int64]) -> CoverageProgram:
    """Return the study's program; `weights` are (points, segments) whole thousandths of a visit a month."""
    return _Writer(prepared, reach, weights).program()


class _Writer:
    """The program of a study in phases, while it is written."""

    def __init__(self, prepared: Prepared, reach: Reach, weights: NDArray[np.int64]) -> None:
        self.prepared, self.reach, self.weights = prepared, reach, weights
        self.study, self.columns = prepared.study, phase_columns(prepared)
        self.table, self.phases = held(prepared.sites, "table"), prepared.study.phase
        self.stations = [s for s, existing in enumerate(self.table["existing"]) if existing]

    def program(self) -> CoverageProgram:
        """Return it."""
        order, years = by_id(self.prepared.sites.ids), len(self.phases)
        blocks = Ordered.of(self.prepared, self.reach)
        weights = self.weights if blocks.points is None else self.weights[blocks.points]
        rows = [of_year(weights, factor).T for factor in year_factors(self.prepared)]
        number, status = {site: place for place, site in enumerate(order)}, self.table["status"].tolist()
        existing = np.array([self.table["existing"].iloc[site] for site in order], dtype=bool)[:, None]
        ends = np.arange(years)[None, :]
        present = tuple(np.where(existing, year <= ends, year >= ends) for year in range(years))
        places = [self._place(kind, phase) for kind, phase, _ in self.columns]
        provides = [place is not None for place in places]
        return CoverageProgram(
            covers=WeightedBlocks(
                covers=_ByYear(blocks=blocks, present=present), weights=np.concatenate([each.ravel() for each in rows])
            ),
            weights=None,
            n_sites=len(order) * years,
            column_site=np.array(
                [-1 if p is None else number[s] * years + p for p, (*_, s) in zip(places, self.columns, strict=True)]
            ),
            column_values=np.zeros(len(self.columns), dtype=np.int64),
            linear=tuple(self._linear()),
            floors=tuple(
                replace(each, rows=each.rows + (years - 1) * weights.size)
                for each in floor_rows(self.prepared, of_year(self.weights, year_factors(self.prepared)[-1]), blocks, 1)
            ),
            required=np.array([kind == "keep" and status[s] == "required" for kind, _, s in self.columns], dtype=bool),
            excluded=np.array(
                [there and status[s] == "excluded" for there, (*_, s) in zip(provides, self.columns, strict=True)],
                dtype=bool,
            ),
        )

    def _place(self, kind: str, phase: int | None) -> int | None:
        """Return which of a site's numbers a column has; None where no station ever stands by it."""
        if phase is None:
            return len(self.phases) - 1
        last = phase - 1 if kind in _LEAVES else phase
        return last if last >= 0 else None

    def _linear(self) -> Iterator[LinearRow]:
        here: dict[int, list[tuple[int, int]]] = {}
        for k, (_, _, site) in enumerate(self.columns):
            here.setdefault(site, []).append((k, 1))
        for site in by_id(self.table.index):
            must = self.table["status"].iloc[site] == "required" and not self.table["existing"].iloc[site]
            terms = here.get(site, [])
            if len(terms) > 1 or must:
                kind = REQUIRED_SITE if must else SITE
                yield row_of(f"site {self.table.index[site]}", kind, terms, 1, equality=bool(must))
        sets = list(standing_limits(self.prepared))
        for year, phase in enumerate(self.phases):
            stands = [(k, column[2]) for k, column in enumerate(self.columns) if self._stands(k, year)]
            rows = [*self._year(year, phase)]
            for name, kind, sites, most in sets:
                rows.append(row_of(name, kind, [(k, 1) for k, site in stands if site in sites], most))
            yield from (replace(row, name=f"{row.name} in {phase.name}") for row in rows)
        yield from self._together()

    def _stands(self, column: int, year: int) -> bool:
        return action_in(self.columns[column], year) in {"keep", "open", "move"}

    def _year(self, year: int, phase: PhaseSection) -> Iterator[LinearRow]:
        does = [action_in(column, year) for column in self.columns]
        if self.stations:
            signs = {"leave": -1, "move": 1}
            yield row_of("tokens", TOKENS, [(k, signs[a]) for k, a in enumerate(does) if a in signs], 0, equality=True)
        for line in (*ITEMS, *YEARLY, "running"):
            once = line in ITEMS
            caps = [getattr(phase, line)] + ([] if once else [getattr(self.study.budget, line)])
            cap = min((each for each in caps if each is not None), default=None)
            if cap is not None:
                amounts = self._amounts(line, year)
                terms = [(k, amounts[k]) for k in range(len(does)) if (amounts[k] if once else self._stands(k, year))]
                base = self._closing(line) if year == 0 else 0
                yield row_of(line, MONEY if once else YEARLY_MONEY, terms, cap, base=base)
        if phase.capital is not None:
            yield self._capital(year)
        yield from self._counts(does, year, phase)

    def _amounts(self, line: str, year: int) -> list[int]:
        """Return the fen that each column adds to a line in a phase; in the first, less closing a station of today."""
        found = []
        for column in self.columns:
            action, site = action_in(column, year), self.table.index[column[2]]
            amount = line_of_action(self.prepared, line, action, site) if action else 0
            spared = year == 0 and column[0] in {"keep", *_LEAVES}
            found.append(amount - (line_of_action(self.prepared, line, "close", site) if spared else 0))
        return found

    def _closing(self, line: str) -> int:
        return sum(line_of_action(self.prepared, line, "close", self.table.index[site]) for site in self.stations)

    def _capital(self, year: int) -> LinearRow:
        """Return that the capital of the phases since money was first carried over is not overdrawn."""
        first = year
        while first > 0 and self.phases[first - 1].carry_over:
            first -= 1
        total, caps = [0] * len(self.columns), 0
        for each in range(first, year + 1):
            total = [a + b for a, b in zip(total, self._amounts("capital", each), strict=True)]
            caps += self.phases[each].capital or 0
        base = self._closing("capital") if first == 0 else 0
        return row_of("capital", MONEY, [(k, amount) for k, amount in enumerate(total) if amount], caps, base=base)

    def _counts(self, does: list[str], year: int, phase: PhaseSection) -> Iterator[LinearRow]:
        for name in _COUNTS:
            most = getattr(phase, name)
            if name == "max_stations":
                both = [each for each in (most, self.study.policy.max_stations) if each is not None]
                if both:
                    terms = [(k, 1) for k in range(len(does)) if self._stands(k, year)]
                    yield row_of(name, COUNT, terms, min(both))
            elif most is not None:
                yield self._count(name, most, lambda k: does[k], first=year == 0)

    def _count(self, name: str, most: int, does: Callable[[int], str], *, first: bool) -> LinearRow:
        """Return a limit on actions; in the first phase, and in all together, a station with no column is closed."""
        closes = first and "close" in _COUNTED[name]
        terms = []
        for k, (kind, *_) in enumerate(self.columns):
            amount = (does(k) in _COUNTED[name]) - (closes and kind in {"keep", *_LEAVES})
            if amount:
                terms.append((k, int(amount)))
        return row_of(name, COUNT, terms, most, base=len(self.stations) if closes else 0)

    def _together(self) -> Iterator[LinearRow]:
        """Yield what holds over all phases."""
        years = range(len(self.phases))
        for line in (*ITEMS, "capital"):
            cap = getattr(self.study.budget, line)
            if cap is not None:
                total = [sum(each) for each in zip(*(self._amounts(line, year) for year in years), strict=True)]
                terms = [(k, amount) for k, amount in enumerate(total) if amount]
                yield row_of(line, MONEY, terms, cap, base=self._closing(line))
        for name in _COUNTS[1:]:
            most = getattr(self.study.policy, name)
            if most is not None:
                yield self._count(name, most, self._finally, first=True)
        kinds = [("close" if kind == "close" else kind, site) for kind, _, site in self.columns]
        yield from fixed_rows(self.table, kinds)
        poor = poor_sites(self.prepared, self.reach, self.weights)
        terms = [(k, 1) for k, (kind, _, site) in enumerate(self.columns) if kind in _COMES and site in poor]
        if terms:
            yield row_of("min_reach_new", REACH_NEW, terms, 0)

    def _finally(self, column: int) -> str:
        """Return the action of a column, in whichever phase it happens."""
        kind, phase, _ = self.columns[column]
        return action_in(self.columns[column], phase) if phase is not None else kind


@dataclass(frozen=True, kw_only=True, eq=False)
class Years:
    """What becomes of chosen columns in each phase of a study, counted from the inputs."""

    prepared: Prepared
    reach: Reach
    weights: NDArray[np.int64]
    chosen: BoolArray

    @cached_property
    def standing(self) -> list[BoolArray]:
        """(sites,) where a station stands after each phase."""
        found = []
        for year in range(len(self.prepared.study.phase)):
            there = np.zeros(len(self.prepared.sites.ids), dtype=bool)
            for column, taken in zip(phase_columns(self.prepared), self.chosen.tolist(), strict=True):
                if taken and action_in(column, year) in {"keep", "open", "move"}:
                    there[column[2]] = True
            found.append(there)
        return found

    @cached_property
    def first(self) -> list[NDArray[np.int64]]:
        """(points, segments) after each phase; see :meth:`Reach.by`."""
        return [self.reach.by(each) for each in self.standing]

    @property
    def worth(self) -> int:
        """What the plan is worth, thousandths."""
        pairs = zip(self.first, year_factors(self.prepared), strict=True)
        return sum(int(self.reach.worth(of_year(self.weights, factor), first).sum()) for first, factor in pairs)

    def actions(self, year: int) -> list[tuple[str, str]]:
        """Return (action, site) of everything that happens or stands in a phase."""
        ids, found = self.prepared.sites.ids, []
        gone = {column[2] for column, taken in self._columns if taken}
        for column, taken in self._columns:
            action = action_in(column, year) if taken else ""
            if action and action != "leave":
                found.append((action, str(ids[column[2]])))
        if year == 0:
            existing = self.prepared.sites.table["existing"].tolist()
            found += [("close", str(ids[s])) for s in range(len(ids)) if existing[s] and s not in gone]
        return found

    @property
    def _columns(self) -> Iterable[tuple[Column, bool]]:
        return zip(phase_columns(self.prepared), self.chosen.tolist(), strict=True)


def phase_limits(prepared: Prepared, years: Years, year: int) -> list[tuple[str, int, int]]:
    """Return (name, asked, found) of the limits on numbers that hold in a phase by itself."""
    phase, done = prepared.study.phase[year], [action for action, _ in years.actions(year)]
    found = []
    for name in _COUNTS:
        most = getattr(phase, name)
        count = sum(done.count(action) for action in _COUNTED.get(name, ("keep", "move", "open")))
        if name == "max_stations":
            both = [each for each in (most, prepared.study.policy.max_stations) if each is not None]
            most = min(both, default=None)
        if most is not None:
            found.append((name, most, count))
    return found


def phase_money(prepared: Prepared, years: Years) -> Iterator[list[tuple[str, int, int | None]]]:
    """Yield, phase by phase, (line, fen spent, cap) of every line; a cap of capital counts what was carried over."""
    carried = 0
    for year, phase in enumerate(prepared.study.phase):
        done, lines = years.actions(year), []
        for line in (*ITEMS, "capital", *YEARLY, "running"):
            spent = sum(line_of_action(prepared, line, action, site) for action, site in done)
            caps = [getattr(phase, line)]
            caps += [getattr(prepared.study.budget, line)] if line in (*YEARLY, "running") else []
            cap = min((each for each in caps if each is not None), default=None)
            if line == "capital" and cap is not None:
                cap += carried
                carried = cap - spent if phase.carry_over else 0
            lines.append((line, spent, cap))
        yield lines
