"""The best plan so far, by what plans are really worth, and what is known of stations that would see too few."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from placement.solve.capture.aim import Aim
from placement.solve.capture.idle import Idle, hopeless, too_few
from placement.solve.capture.marks import Marks
from placement.solve.capture.rows import IDLE_NAME, idle_row
from placement.solve.deadline import Deadline
from placement.solve.plans.exchanges import improved
from placement.solve.plans.ground import Ground, ground_of, keeping
from placement.solve.program.incumbent import Incumbent
from placement.solve.program.recount import open_sites, recount
from placement.solve.program.reduced import ReducedProgram
from placement.solve.settings.visits import VisitsSettings
from placement.values import CoverageProgram, LinearRow
from placement.values.arrays import BoolArray, FloatArray
from placement.values.visits_certificate import MOST_IDLE
from placement.values.whole_capture import WholeCapture


class Plans:
    """What is known of the plans of one program.

    Parameters
    ----------
    program, reduced
        The program, and its aggregated form.
    capture, aim
        The visits, and what they count for.
    settings
        Numbers of the search.
    marks
        Those of idle stations, where these are limited: the program is theirs.

    Attributes
    ----------
    best
        The best plan that keeps all limits; None: none was seen.
    idle
        Why stations would see too few beside which others.
    """

    def __init__(
        self,
        program: CoverageProgram,
        reduced: ReducedProgram,
        capture: WholeCapture,
        aim: Aim,
        settings: VisitsSettings,
        *,
        marks: Marks | None = None,
    ) -> None:
        self._program, self._reduced, self._capture, self._aim = program, reduced, capture, aim
        self._settings, self._marks = settings, marks
        self._new = np.zeros(program.n_columns, dtype=np.bool_)
        self._new[aim.new] = True
        self._keeps: dict[bytes, bool] = {}
        self._ground: Ground | None = None
        self.best: Incumbent | None = None
        self.idle: list[Idle] = []
        if aim.least is not None:
            self.idle = hopeless(program, capture, self._new, aim.least)
        if marks is not None:
            self.idle += marks.pairs()

    def idle_rows(self) -> list[LinearRow]:
        """Return the rows of :attr:`idle`, in its order."""
        return [self._row(each) for each in self.idle]

    def _row(self, idle: Idle) -> LinearRow:
        if idle.counted and self._marks is not None:
            return self._marks.row(idle)
        return idle_row(self._program, self._new, idle.site, np.array(idle.beside, dtype=np.int64), IDLE_NAME)

    def keeping(self) -> BoolArray:
        """Return the plan that changes as little as it may."""
        kept = keeping(self._searched())
        return kept if self._marks is None else self._marks.true(kept)

    def mend(self, start: BoolArray, until: Deadline) -> None:
        """Go from `start` to any plan that keeps all limits, soon: floors cost most, a pass at a time."""
        ground, price = self._searched(), self._settings.prices[-1] * max(1.0, float(self._aim.weight))
        start = start if self._marks is None else self._marks.lightened(start)
        for _ in range(self._settings.mends):
            before, start = start, improved(ground, start, until, 1, price=price)
            if self.offer(start) or until.passed() or (before == start).all():
                return

    def improve(self, start: BoolArray, until: Deadline) -> None:
        """Search on from a plan; where its new stations see too few, say why and search again."""
        for _ in range(self._settings.mends):
            start = self._searched_on(start if self._marks is None else self._marks.lightened(start), until)
            if not self.refuse(start) or until.passed():
                return

    def _searched_on(self, start: BoolArray, until: Deadline) -> BoolArray:
        """Return the plan that a search ends with, at the lowest of the prices at which it keeps all floors."""
        ground, passes, unit = self._searched(), self._settings.search_passes, max(1.0, float(self._aim.weight))
        for price in self._settings.prices:
            start = improved(ground, start, until, passes, price=price * unit)
            if self.offer(start) or until.passed():
                break
        return start

    def offer(self, chosen: BoolArray) -> bool:
        """Take a plan that keeps everything, if it is worth more than the best so far; return whether it keeps all."""
        chosen = chosen if self._marks is None else self._marks.true(chosen)
        key = chosen.tobytes()
        if key not in self._keeps:
            self._keeps[key] = self._counted(chosen)
        return self._keeps[key]

    def _counted(self, chosen: BoolArray) -> bool:
        counted = recount(self._program, chosen)
        visits = self._capture.total(open_sites(self._program, chosen))
        if counted.violations or visits < (self._aim.floor or 0) or self._too_few(chosen):
            return False
        plan = Incumbent(chosen, self._aim.worth(counted.objective, visits))
        self.best = plan if self.best is None else self.best.or_better(plan)
        return True

    def refuse(self, chosen: BoolArray) -> bool:
        """Keep why new stations of a plan see too few; return whether anything of that was new."""
        fresh = [each for each in self._too_few(chosen) if each not in self.idle]
        self.idle += fresh
        if fresh:
            self._ground = None
        return bool(fresh)

    def crossed(self, point: FloatArray) -> bool:
        """Keep why stations are idle that a point of the relaxation does not mark; return whether that was new."""
        if self._marks is None:
            return False
        fresh = [each for each in self._marks.crossed(point, self._settings.crossed) if each not in self.idle]
        self.idle += fresh
        return bool(fresh)

    def shaken(self, random: np.random.Generator) -> BoolArray:
        """Return the best plan with some of its columns gone."""
        assert self.best is not None  # noqa: S101 -- asked for once there is a plan
        start = self.best.chosen.copy()
        gone = np.flatnonzero(start)
        start[random.choice(gone, size=min(gone.size, self._settings.kick_size), replace=False)] = False
        return start

    def _too_few(self, chosen: BoolArray) -> list[Idle]:
        few = [] if self._marks is None else self._marks.unmarked(chosen)
        if self._aim.least is None:
            return few
        return [*too_few(self._program, self._capture, self._new, self._aim.least, chosen), *few]

    def _searched(self) -> Ground:
        if self._ground is None:
            aim, idle = self._aim, [self._row(each) for each in self.idle if not each.counted]
            rows = [row for row in (*self._program.linear, *idle) if row.kind != MOST_IDLE]
            limit, reduced = (aim.idle_below, -1 if aim.most_idle is None else aim.most_idle), self._reduced
            if self._marks is not None:  # idle stations are counted, not marked
                marks = np.arange(reduced.n_columns) >= self._marks.first
                reduced = replace(reduced, excluded=reduced.excluded | marks)
            self._ground = ground_of(
                reduced, tuple(rows), self._capture, float(aim.weight), aim.floor or 0, idle=limit
            )  # fmt: skip
        return self._ground
