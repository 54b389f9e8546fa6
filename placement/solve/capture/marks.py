r"""A limit on the number of idle stations: columns that mark them, beside which sets of others they are idle.

A mark :math:`u_j` is a column that provides nowhere. With F(j) the columns that provide at j, of the sites B at which a
station sees less than u even alone, and of the other sites M at which it may:

.. math::
    \sum_{j \in B} x(F(j)) + \sum_{j \in M} u_j \le \text{most}, \qquad
    x(F(j)) + \sum_{k \in C} x(F(k)) - u_j \le |C| \quad\text{where j sees less than u beside C}

What a station sees falls with every other, so that rows for the smallest C say all. Those of one other are written
down at once, further ones where the relaxation crosses them, and where a plan turns out to have more idle stations
than it marks.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import numpy as np
from scipy import sparse

from placement.solve.capture.aim import Aim
from placement.solve.capture.idle import Idle, fewest, idle_sites
from placement.solve.capture.rows import MARK_NAME, MOST_NAME
from placement.solve.program.recount import open_sites
from placement.values import CoverageProgram, LinearRow
from placement.values.arrays import BoolArray, FloatArray, IntArray
from placement.values.visits_certificate import IDLE, MOST_IDLE
from placement.values.whole_capture import OUTSIDE, ROUNDING, WholeCapture


@dataclass(frozen=True, kw_only=True, eq=False)
class Marks:
    """The marks of one program.

    Parameters
    ----------
    program
        The program with a column more for each of `marked`, and the row that limits them.
    capture
        The visits.
    first
        How many columns the program has without them.
    least, most
        A station is idle that sees less, thousandths of a visit a month; how many may be.
    below, marked
        Sites, increasing, at which a station is idle even alone, and others at which it may be.
    """

    program: CoverageProgram
    capture: WholeCapture
    first: int
    least: int
    most: int
    below: IntArray
    marked: IntArray
    _known: dict[int, _Near] = field(default_factory=dict)

    @classmethod
    def of(cls, program: CoverageProgram, capture: WholeCapture, aim: Aim) -> Marks:
        """Return the marks of a program whose aim limits idle stations."""
        assert aim.most_idle is not None  # noqa: S101 -- as asked
        sites, least = np.unique(program.column_site[program.column_site >= 0]), aim.idle_below
        nobody, all_of_them = (np.full(capture.n_sites, there, dtype=np.bool_) for there in (False, True))
        alone = np.array([capture.station(int(site), nobody) < least for site in sites], dtype=np.bool_)
        crowded = np.array([capture.station(int(site), all_of_them) < least for site in sites], dtype=np.bool_)
        below, marked = sites[alone], sites[crowded & ~alone]
        grown = with_marks(program, below, marked, aim.most_idle)
        return cls(
            program=grown, capture=capture, first=program.n_columns, least=least, most=aim.most_idle, below=below,
            marked=marked,
        )  # fmt: skip

    def idle(self, chosen: BoolArray) -> IntArray:
        """Return the sites of a plan whose stations are idle, increasing."""
        return idle_sites(self.capture, open_sites(self.program, chosen), self.least)

    def true(self, chosen: BoolArray) -> BoolArray:
        """Return a plan with the marks of its own idle stations and no others."""
        told = chosen.copy()
        told[self.first :] = np.isin(self.marked, self.idle(chosen))
        return told

    def pairs(self) -> Iterator[Idle]:
        """Yield the sites at which a station is idle beside a single other."""
        for site in self.marked.tolist():
            near = self._near(site)
            for place in np.flatnonzero(near.beside(np.eye(near.others.size)) < self.least + ROUNDING).tolist():
                yield from self._certain(site, near.others[[place]])

    def crossed(self, point: FloatArray, beyond: float) -> Iterator[Idle]:
        """Yield rows that a point is so far `beyond`: of each station one, beside those that stand most."""
        program = self.program
        placed = np.flatnonzero(program.column_site >= 0)
        stands = np.zeros(program.n_sites)
        np.add.at(stands, program.column_site[placed], point[placed])
        for site, mark in zip(self.marked.tolist(), point[self.first :].tolist(), strict=True):
            room = stands[site] - mark
            if room <= beyond:
                continue
            near = self._near(site)
            order = np.argsort(-stands[near.others], kind="stable")
            order = order[np.cumsum(1 - stands[near.others[order]]) < room - beyond]
            few = near.fewest(order, self.least)
            if few is not None:
                yield from self._certain(site, np.sort(near.others[few]))

    def _certain(self, site: int, others: IntArray) -> Iterator[Idle]:
        """Yield that a station is idle beside others where whole numbers say so too."""
        beside = np.zeros(self.capture.n_sites, dtype=np.bool_)
        beside[others] = True
        if self.capture.station(site, beside) < self.least:
            yield Idle(site=site, beside=tuple(others.tolist()), counted=True)

    def _near(self, site: int) -> _Near:
        if site not in self._known:
            self._known[site] = _Near.of(self.capture, site)
        return self._known[site]

    def unmarked(self, chosen: BoolArray) -> list[Idle]:
        """Return why each idle station of a plan that may have a mark is idle; none where no more are than may be."""
        idle, stands = self.idle(chosen), open_sites(self.program, chosen)
        if idle.size <= self.most:
            return []
        return [
            Idle(site=site, beside=tuple(fewest(self.capture, site, stands, self.least).tolist()), counted=True)
            for site in np.intersect1d(idle, self.marked).tolist()
        ]

    def row(self, idle: Idle) -> LinearRow:
        """Return that an idle station is marked as such beside certain others."""
        return mark_row(self.program, self.first + int(np.searchsorted(self.marked, idle.site)), idle)

    def lightened(self, chosen: BoolArray) -> BoolArray:
        """Return a plan with as many idle stations as may be: those that see least are given up first.

        Where a decision goes that an equality counts, such as a move, the other end of it goes too.
        """
        program, kept = self.program, self.true(chosen)
        may_go = ~program.required & (program.column_site >= 0)
        for _ in range(int(kept.sum())):
            idle, stands = self.idle(kept), open_sites(program, kept)
            goes = kept & may_go & np.isin(program.column_site, idle)
            if idle.size <= self.most or not goes.any():
                break
            seen = {site: self.capture.station(site, stands) for site in np.unique(program.column_site[goes]).tolist()}
            poorest = min(seen, key=lambda site: (seen[site], site))
            for column in np.flatnonzero(goes & (program.column_site == poorest)).tolist():
                _give_up(program, kept, column)
            kept = self.true(kept)
        return kept


@dataclass(frozen=True, kw_only=True, eq=False)
class _Near:
    """What a station sees beside the sites that share rows with it, in floating point.

    Parameters
    ----------
    others
        (others,) those sites, increasing.
    pull
        (rows, others) their pull on the station's rows.
    own, mass
        (rows,) the pull of the station, and what it would see of each row if nobody stayed at home.
    door
        What it sees whatever else stands.
    """

    others: IntArray
    pull: FloatArray
    own: FloatArray
    mass: FloatArray
    door: float

    @classmethod
    def of(cls, capture: WholeCapture, site: int) -> _Near:
        """Return what stands near a site."""
        at = np.flatnonzero(capture.site == site)
        rows, own = capture.row_of_entry[at], capture.pull[at] / OUTSIDE
        table = sparse.csr_array((capture.pull / OUTSIDE, capture.site, capture.indptr))[rows].toarray()
        others = np.setdiff1d(np.flatnonzero(table.any(axis=0)), [site])
        return cls(
            others=others, pull=table[:, others], own=own, mass=capture.mass[rows] * own, door=float(capture.door[site])
        )  # fmt: skip

    def beside(self, chosen: FloatArray) -> FloatArray:
        """Return (sets,) what the station sees beside each set of others, (others, sets)."""
        total: FloatArray = self.door + self.mass @ (1 / (1 + self.own[:, None] + self.pull @ chosen))
        return total

    def fewest(self, order: IntArray, least: int) -> IntArray | None:
        """Return places among the first of `order` beside which it sees less than `least`, none to spare; or None."""
        chosen = np.zeros((self.others.size, 1))
        chosen[order] = 1
        if self.beside(chosen)[0] >= least:
            return None
        for place in reversed(order.tolist()):
            chosen[place] = 0
            if self.beside(chosen)[0] >= least:
                chosen[place] = 1
        return np.flatnonzero(chosen[:, 0])


def with_marks(program: CoverageProgram, below: IntArray, marked: IntArray, most: int) -> CoverageProgram:
    """Return the program with a column that marks a station as idle at each site of `marked`, and their limit."""
    none = np.zeros(marked.size, dtype=np.int64)
    at = np.flatnonzero(np.isin(program.column_site, below) & (program.column_site >= 0))
    columns = np.concatenate([at, program.n_columns + np.arange(marked.size)])
    row = LinearRow(name=MOST_NAME, kind=MOST_IDLE, columns=columns, coefficients=np.ones_like(columns), limit=most)
    names = (*program.column_names, *(f"idle {site}" for site in marked)) if program.column_names else ()
    gains = np.zeros(marked.size, dtype=np.bool_)
    return replace(
        program,
        column_site=np.concatenate([program.column_site, none - 1]),
        column_values=np.concatenate([program.column_values, none]),
        required=np.concatenate([program.required, gains]),
        excluded=np.concatenate([program.excluded, gains]),
        column_names=names,
        linear=(*program.linear, row),
    )


def without_marks(program: CoverageProgram, columns: int) -> CoverageProgram:
    """Return a program of `columns` columns that :func:`with_marks` made another of, without what was added."""
    return replace(
        program,
        column_site=program.column_site[:columns],
        column_values=program.column_values[:columns],
        required=program.required[:columns],
        excluded=program.excluded[:columns],
        column_names=program.column_names[:columns],
        linear=tuple(row for row in program.linear if row.kind not in {MOST_IDLE, IDLE}),
    )


def mark_row(program: CoverageProgram, mark: int, idle: Idle) -> LinearRow:
    """Return that a station is marked by a column where it stands beside certain others."""
    at = np.flatnonzero(np.isin(program.column_site, [idle.site, *idle.beside]))
    return LinearRow(
        name=MARK_NAME,
        kind=IDLE,
        columns=np.append(at, mark),
        coefficients=np.append(np.ones(at.size, dtype=np.int64), -1),
        limit=len(idle.beside),
    )


def _give_up(program: CoverageProgram, chosen: BoolArray, column: int) -> None:
    """Take a column out of a plan, and of each equality that counts it one that counts against it."""
    chosen[column] = False
    for row in program.linear:
        here = np.flatnonzero(row.columns == column)
        if row.equality and here.size:
            against = (row.coefficients == -row.coefficients[here[0]]) & chosen[row.columns]
            chosen[row.columns[np.flatnonzero(against)[:1]]] = False
