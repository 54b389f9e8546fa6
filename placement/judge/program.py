"""The integer program of a study, written down a second time, so that a certificate is checked against the inputs.

Order of rows and columns is part of the file format: sites are numbered by id; rows segment by segment, within one step
by step, within one by demand id (where times come block by block, in the order of the population table); columns keep,
give, open, move_in, each by site id; linear rows one a site with more than one column (or that is required), by site
id; then tokens, the lines of the budget that have a cap, max_stations, max_moves, max_opens, max_closes, max_changes,
then those of ``site_limits.py``; floors by district, then by age group, by period, of everybody. Where machines are
counted one by one, columns and rows up to the lines of the budget are those of ``machines.py``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from placement.judge.facts import YEARLY, floors, line_of_action, lines
from placement.judge.machine_rows import chosen_machines, machine_columns, machine_rows, without_room
from placement.judge.machines import by_machine, counted
from placement.judge.recount import Reach
from placement.judge.reserve import layer_shares
from placement.judge.rules import Claims
from placement.judge.site_limits import site_limits
from placement.judge.targets import LEAST_COST, targets
from placement.pipeline.prepare import Prepared
from placement.travel import TimesStream
from placement.values import CoverageProgram, Floor, LinearRow, RowKind, WeightedBlocks
from placement.values.rows import COUNT, GUIDE, MONEY, REQUIRED_SITE, SITE, TOKENS, YEARLY_MONEY

Column = tuple[str, int]
JUDGED = ("coverage", "visits", LEAST_COST)
"""Objectives whose program the judge can write down."""
_STANDS = ("keep", "open", "move_in")
"""Columns after which a station stands at the site."""
_DOES = {"keep": "keep", "open": "open", "move_in": "move", "guide": "guide"}
"""The action that a column does at its site, where it does any."""


def by_id(ids: pd.Index) -> list[int]:
    """Return positions in the order of ids."""
    return sorted(range(len(ids)), key=lambda position: str(ids[position]))


def program_columns(prepared: Prepared) -> list[Column]:
    """Return (kind, position of the site) of every decision column."""
    if counted(prepared):
        return machine_columns(prepared)
    existing = prepared.sites.table["existing"].tolist()
    order = by_id(prepared.sites.ids)
    stations, vacant = [s for s in order if existing[s]], [s for s in order if not existing[s]]
    columns = [("keep", s) for s in stations] + [("give", s) for s in stations] + [("open", s) for s in vacant]
    columns += [("move_in", s) for s in vacant] if stations else []
    return columns + ([("guide", s) for s in order] if prepared.study.guides is not None else [])


def chosen_columns(prepared: Prepared, claims: Claims) -> NDArray[np.bool_]:
    """Return the columns that the claimed actions choose."""
    ids = prepared.sites.ids
    if claims.machines is not None:
        return chosen_machines(prepared, claims.machines, program_columns(prepared))
    chosen = {("keep", site) for site in claims.keep} | {("open", site) for site in claims.open}
    chosen |= {("guide", site) for site in claims.guides}
    chosen |= {("give", origin) for origin, _ in claims.move} | {("move_in", to) for _, to in claims.move}
    return np.array([(kind, ids[position]) in chosen for kind, position in program_columns(prepared)], dtype=bool)


@dataclass(frozen=True, kw_only=True, eq=False)
class Ordered:
    """Blocks of rows with sites, and rows where a block holds all points of a segment, in the order of their ids."""

    reach: Reach
    points: list[int] | None
    sites: list[int]

    @classmethod
    def of(cls, prepared: Prepared, reach: Reach) -> Ordered:
        """Return the rows of a study."""
        points = None if isinstance(prepared.times, TimesStream) else by_id(prepared.demand.ids)
        return cls(reach=reach, points=points, sites=by_id(prepared.sites.ids))

    def __iter__(self) -> Iterator[sparse.csr_array]:
        for block in self.reach:
            rows = block if self.points is None else block[self.points]
            moved = sparse.csr_array(rows[:, self.sites])
            moved.sort_indices()
            yield moved


@dataclass(frozen=True, kw_only=True, eq=False)
class _Guided:
    """Blocks of all rows over sites, then of the rows of some segments over the guided sites behind them."""

    blocks: Ordered
    helped: list[int]

    def __iter__(self) -> Iterator[sparse.csr_array]:
        for block in self.blocks:
            yield sparse.csr_array(
                (block.data, block.indices, block.indptr), shape=(block.shape[0], 2 * block.shape[1])
            )
        points, row = len(self.blocks.reach.prepared.demand.ids), 0
        rings = len(self.blocks.reach.rings)
        for block in self.blocks:
            if row // (points * rings) in self.helped:
                n_sites = block.shape[1]
                places = block.indices + n_sites
                yield sparse.csr_array((block.data, places, block.indptr), shape=(block.shape[0], 2 * n_sites))
            row += block.shape[0]


def guided(
    prepared: Prepared, program: CoverageProgram, reach: Reach, helped: list[int], weights: NDArray[np.int64]
) -> CoverageProgram:
    """Return the program with the rows that guides add.

    Parameters
    ----------
    prepared, program, reach
        The study, its program without those rows, and who can reach which site.
    helped
        Segments that guides help.
    weights
        (points, helped segments) whole thousandths that a guided station within reach adds.
    """
    columns, sites = program_columns(prepared), by_id(prepared.sites.ids)
    points = None if isinstance(prepared.times, TimesStream) else by_id(prepared.demand.ids)
    number = {site: place for place, site in enumerate(sites)}
    layers = reach.layers(weights if points is None else weights[points])
    covers = _Guided(blocks=Ordered.of(prepared, reach), helped=helped)
    places = [len(sites) + number[site] if kind == "guide" else -1 for kind, site in columns]
    return replace(
        program,
        covers=WeightedBlocks(covers=covers, weights=np.concatenate([program.row_weights(), layers.ravel()])),
        weights=None,
        n_sites=2 * len(sites),
        column_site=np.where(np.array(places) >= 0, places, program.column_site),
        linear=(*program.linear, *_where_stations_are(prepared, columns)),
    )


def _where_stations_are(prepared: Prepared, columns: list[Column]) -> Iterator[LinearRow]:
    """Yield that a guide is only where a station stands."""
    for k, (kind, site) in enumerate(columns):
        if kind == "guide":
            standing = [
                (other, -1) for other, (does, at) in enumerate(columns) if at == site and does not in {"give", "guide"}
            ]
            yield row_of(f"guide {prepared.sites.ids[site]}", GUIDE, [*standing, (k, 1)], 0)


def rebuild(prepared: Prepared, reach: Reach, weights: NDArray[np.int64]) -> CoverageProgram:
    """Return the study's program; `weights` are (points, segments) whole thousandths of a visit a month."""
    columns = program_columns(prepared)
    status = prepared.sites.table["status"].tolist()
    rows = Ordered.of(prepared, reach)
    layers = reach.layers(weights if rows.points is None else weights[rows.points])
    number = {site: place for place, site in enumerate(rows.sites)}
    values, alone = np.zeros(len(columns), dtype=np.int64), np.zeros(0, dtype=np.int64)
    if prepared.study.policy.objective == LEAST_COST:
        values, alone = -np.array(_added(prepared, columns, "running")), np.arange(layers.size)
    beyond = without_room(prepared, columns) if counted(prepared) else [False] * len(columns)
    program = CoverageProgram(
        covers=WeightedBlocks(covers=rows, weights=layers.ravel()),
        weights=None,
        n_sites=len(status),
        column_site=np.array([number[site] if kind in _STANDS else -1 for kind, site in columns]),
        column_values=values,
        floor_only=alone,
        linear=(*_decided(prepared, columns), *site_limits(prepared, columns, reach, weights)),
        floors=(*floor_rows(prepared, weights, rows, len(reach.rings)), *_targets(prepared, reach, weights)),
        layers=np.array(layer_shares(prepared), dtype=np.int64),
        required=np.array([kind == "keep" and status[site] == "required" for kind, site in columns], dtype=bool),
        excluded=np.array(beyond, dtype=bool)
        | np.array([kind in _STANDS and status[site] == "excluded" for kind, site in columns], dtype=bool),
    )
    return _with_machines(program, columns, number) if by_machine(prepared) else program


@dataclass(frozen=True, kw_only=True, eq=False)
class _WithMachines:
    """Blocks over stations, with columns of zeros for further machines; then over both, a machine as its station."""

    stations: Ordered
    machines: list[int]

    def __iter__(self) -> Iterator[sparse.csr_array]:
        for block in self.stations:
            none = sparse.csr_array((block.shape[0], len(self.machines)), dtype=bool)
            yield sparse.csr_array(sparse.hstack([block, none], format="csr"))
        for block in self.stations:
            rows = sparse.csr_array(sparse.hstack([block, block.tocsc()[:, self.machines]], format="csr"))
            rows.sort_indices()
            yield rows


def _with_machines(program: CoverageProgram, columns: list[Column], number: dict[int, int]) -> CoverageProgram:
    """Return the program in which further machines provide too; `number` is that of each station."""
    further = sorted((number[site], k) for k, (kind, site) in enumerate(columns) if kind in {"hold", "gain"})
    if not further or program.layers.size < 2:
        return program
    assert isinstance(program.covers, WeightedBlocks)  # noqa: S101 -- for mypy: as they are made above
    weights, shares, site = program.covers.weights, program.layers.tolist(), program.column_site.copy()
    for place, (_, k) in enumerate(further):
        site[k] = program.n_sites + place
    covers = _WithMachines(stations=program.covers.covers, machines=[station for station, _ in further])  # type: ignore[arg-type]
    return replace(
        program,
        covers=WeightedBlocks(covers=covers, weights=np.concatenate([weights, weights])),
        n_sites=program.n_sites + len(further),
        column_site=site,
        layers=np.array([shares[1], *shares[1:]], dtype=np.int64),
        once=np.arange(weights.size),
        once_worth=shares[0] - shares[1],
    )


def row_of(
    name: str, kind: RowKind, terms: list[tuple[int, int]], limit: int, *, base: int = 0, equality: bool = False
) -> LinearRow:
    """Return a row of (column, amount) terms; `limit` is the planner's, of which `base` is spent whatever is chosen."""
    numbers, amounts = zip(*terms, strict=True) if terms else ((), ())
    return LinearRow(
        name=name,
        kind=kind,
        columns=np.array(numbers, dtype=np.int64),
        coefficients=np.array(amounts, dtype=np.int64),
        limit=limit - base,
        equality=equality,
        base=base,
    )


def _decided(prepared: Prepared, columns: list[Column]) -> Iterator[LinearRow]:
    """Yield the rows of decisions, money and numbers."""
    if counted(prepared):
        return machine_rows(prepared, columns, lines(prepared))
    return _linear(prepared, columns)


def _linear(prepared: Prepared, columns: list[Column]) -> Iterator[LinearRow]:
    table, study = prepared.sites.table, prepared.study
    for site in by_id(table.index):
        terms = [(k, 1) for k, (does, at) in enumerate(columns) if at == site and does != "guide"]
        must_open = table["status"].iloc[site] == "required" and not table["existing"].iloc[site]
        if len(terms) > 1 or must_open:
            kind = REQUIRED_SITE if must_open else SITE
            yield row_of(f"site {table.index[site]}", kind, terms, 1, equality=bool(must_open))
    if any(kind == "give" for kind, _ in columns):
        signs = {"give": -1, "move_in": 1}
        terms = [(k, signs[kind]) for k, (kind, _) in enumerate(columns) if kind in signs]
        yield row_of("tokens", TOKENS, terms, 0, equality=True)
    for line in lines(prepared):
        cap = getattr(study.budget, line)
        if cap is not None:
            yield _line(prepared, columns, line, cap)
    yield from _counts(prepared, columns)


def _counts(prepared: Prepared, columns: list[Column]) -> Iterator[LinearRow]:
    """Yield the limits on numbers; a closed station is one that is neither kept nor given away."""
    policy = prepared.study.policy
    stations = sum(kind == "keep" for kind, _ in columns)
    closes = {"keep": -1, "give": -1}
    limits = (
        ("max_stations", policy.max_stations, {"keep": 1, "open": 1, "move_in": 1}, 0),
        ("max_moves", policy.max_moves, {"move_in": 1}, 0),
        ("max_opens", policy.max_opens, {"open": 1}, 0),
        ("max_closes", policy.max_closes, closes, stations),
        ("max_changes", policy.max_changes, {**closes, "open": 1, "move_in": 1}, stations),
    )
    for name, most, counting, today in limits:
        if most is not None:
            terms = [(k, counting[kind]) for k, (kind, _) in enumerate(columns) if kind in counting]
            yield row_of(name, COUNT, terms, most, base=today)


def _line(prepared: Prepared, columns: list[Column], line: str, cap: int) -> LinearRow:
    """Return the row of a budget line; of one of each year it lists every column after which a station stands."""
    added = _added(prepared, columns, line)
    if line in (*YEARLY, "guides", "publicity", "running"):
        unpaid = {"guides": _STANDS, "publicity": (*_STANDS, "guide"), "running": ()}.get(line, ("guide",))
        standing = [(k, added[k]) for k, (kind, _) in enumerate(columns) if kind not in {"give", *unpaid}]
        return row_of(line, YEARLY_MONEY, standing, cap)
    stations = [prepared.sites.ids[site] for kind, site in columns if kind == "keep"]
    closing = sum(line_of_action(prepared, line, "close", station) for station in stations)
    return row_of(line, MONEY, [(k, amount) for k, amount in enumerate(added) if amount], cap, base=closing)


def spent_once(prepared: Prepared, columns: list[Column]) -> list[int]:
    """Return the fen that each column adds, once, to what closing every station costs."""
    return _added(prepared, columns, "capital")


def _added(prepared: Prepared, columns: list[Column], line: str) -> list[int]:
    """Return the fen that each column adds to what a line is where every station closes."""
    ids = prepared.sites.ids
    amounts = []
    for kind, site in columns:
        closing = line_of_action(prepared, line, "close", ids[site]) if kind in {"keep", "give"} else 0
        amounts.append(line_of_action(prepared, line, _DOES.get(kind, ""), ids[site]) - closing)
    return amounts


def _targets(prepared: Prepared, reach: Reach, weights: NDArray[np.int64]) -> Iterator[Floor]:
    rows = np.arange(weights.size * len(reach.rings))
    for name, share, of in targets(reach, weights, prepared.study.policy):
        yield Floor(name=name, rows=rows, minimum=-((-share.numerator * of) // share.denominator))


def floor_rows(prepared: Prepared, weights: NDArray[Any], rows: Ordered, rings: int) -> Iterator[Floor]:
    """Yield the floors over rows; `weights` are (points, segments), and each of them has a row for each ring."""
    for name, mask, share in floors(prepared, weights.shape):
        ordered = mask if rows.points is None else mask[rows.points]
        least = -((-share.numerator * int(weights[mask].sum())) // share.denominator)
        inside = np.flatnonzero(np.repeat(ordered.T, rings, axis=0).ravel())
        yield Floor(name=name, rows=inside, minimum=least)
