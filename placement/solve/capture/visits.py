r"""Plans that count predicted visits: the rounds of majorants, engine runs and searches, and the proof at their end.

One round: the relaxation (:mod:`placement.solve.capture.relaxation`) gives a majorant; with it the program is an
ordinary one, which the engine solves and proves; its plan is counted again. Where new stations of it see too few, or
all see too few together, rows say why (:mod:`placement.solve.capture.idle`, a majorant that is tight at this plan), and
there is another round. From what is found a search goes on by what plans are really worth
(:mod:`placement.solve.capture.search`). The best bound of all rounds stands.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import numpy as np

from placement.clock import now_s
from placement.progress import ENGINE, Listener, Progress
from placement.solve.capture.aim import Aim
from placement.solve.capture.idle import Idle, hopeless, too_few
from placement.solve.capture.majorants import Mixture, joined
from placement.solve.capture.relaxation import Relaxed, VisitsRelaxation
from placement.solve.capture.rows import floor_row, idle_row, times, valued
from placement.solve.capture.search import Ground, ground_of, improved
from placement.solve.deadline import Deadline
from placement.solve.engine import solve_engine
from placement.solve.program.aggregate import aggregate
from placement.solve.program.gap import within_gap
from placement.solve.program.incumbent import Incumbent
from placement.solve.program.recount import open_sites, recount
from placement.solve.settings import DEFAULTS, EngineSettings
from placement.values import Certificate, CoverageProgram, Solution
from placement.values.arrays import BoolArray
from placement.values.majorants import Majorants
from placement.values.visits_certificate import VisitsCertificate
from placement.values.whole_capture import WholeCapture

FLOOR_NAME, IDLE_NAME = "visits_floor", "min_visits_new"
"""Names of the limits, those of the policy's settings."""


@dataclass(frozen=True, kw_only=True, eq=False)
class _Proven:
    """A bound, what it was proven with, and of which program."""

    bound: int
    program: CoverageProgram
    majorants: Majorants
    idle: tuple[Idle, ...]
    inner: Certificate


def maximise_visits(
    program: CoverageProgram,
    capture: WholeCapture,
    aim: Aim,
    *,
    gap: float = 0.0,
    time_limit_s: float = 60.0,
    seed: int = 0,
    threads: int = 2,
    settings: EngineSettings = DEFAULTS,
    progress: Listener | Progress | None = None,
) -> tuple[Solution, CoverageProgram]:
    """Return the best plan found by coverage and visits, and the program its proof is of (the last, where none is).

    The solution's objective and bound are those of :meth:`Aim.worth`. Its certificate is a
    :class:`~placement.values.visits_certificate.VisitsCertificate`; where no plan is feasible, it is one of the program
    returned, which has a row for each limit on visits.

    Parameters
    ----------
    program, capture
        Coverage and visits; sites are numbered alike, and at most one column that provides can be chosen at a site.
    aim
        What visits count for.
    gap, time_limit_s, seed, threads, settings, progress
        As in :func:`placement.solve.maximise_coverage`.
    """
    until, told = Deadline(now_s() + time_limit_s), Progress.of(progress, ENGINE)
    asked: dict[str, Any] = {"seed": seed, "threads": threads, "settings": settings, "progress": told}
    return _Run(program, capture, aim, gap=gap, until=until, **asked).solution()


class _Run:
    """One run: what is known so far."""

    def __init__(
        self, program: CoverageProgram, capture: WholeCapture, aim: Aim, *, gap: float, until: Deadline, **asked: Any
    ) -> None:
        self._program, self._capture, self._aim, self._gap = program, capture, aim, gap
        self._until, self._asked, self._settings = until, asked, asked["settings"].visits
        self._new = np.zeros(program.n_columns, dtype=np.bool_)
        self._new[aim.new] = True
        self._idle: list[Idle] = []
        if aim.least is not None:
            self._idle = hopeless(program, capture, self._new, aim.least)
        self._tight: list[Mixture] = []
        self._best: Incumbent | None = None
        self._proven: _Proven | None = None
        self._last: Solution | None = None
        self._rounds = 0

    def solution(self) -> tuple[Solution, CoverageProgram]:
        """Go through the rounds and return what came of them."""
        reduced = aggregate(self._program, threads=self._asked["threads"], settings=self._asked["settings"].program)
        self._reduced = reduced
        self._relaxation = VisitsRelaxation(reduced, self._capture, self._settings)
        for idle in self._idle:
            self._relaxation.add_row(self._idle_row(idle))
        program = self._program
        for turn in range(self._settings.most_rounds):
            self._rounds = turn + 1
            relaxed = self._relaxation.solve(self._aim, self._until.within(self._share() * self._until.left_s()))
            program, majorants, solution = self._solved(relaxed, rough=turn == 0 and self._has_rules())
            self._last = solution
            if solution.status == "infeasible":
                return solution, program
            self._bounded(program, majorants, solution)
            settled = self._taken(solution, relaxed)
            if (settled and (turn or not self._has_rules())) or self._closed() or self._until.passed():
                break
        self._go_on()
        return self._outcome(), program

    def _go_on(self) -> None:
        """Search on from the best plan, with some of its stations gone, as long as there is something to gain."""
        random = np.random.default_rng(self._asked["seed"])
        for _ in range(self._settings.kicks):
            if self._best is None or self._closed() or self._until.passed():
                return
            start = self._best.chosen.copy()
            gone = np.flatnonzero(start)
            start[random.choice(gone, size=min(gone.size, self._settings.kick_size), replace=False)] = False
            self._offer(self._improved(start))

    def _improved(self, chosen: BoolArray) -> BoolArray:
        passes, price = self._settings.search_passes, self._settings.price * max(1.0, float(self._aim.weight))
        return improved(self._ground(), chosen, self._until, passes, price=price)

    def _has_rules(self) -> bool:
        return self._aim.floor is not None or self._aim.least is not None

    def _share(self) -> float:
        return float(self._settings.engine_share)

    def _closed(self) -> bool:
        known = self._best is not None and self._proven is not None
        return known and self._proven.bound <= within_gap(self._best.value, self._gap)  # type: ignore[union-attr]

    def _idle_row(self, idle: Idle) -> Any:
        beside = np.array(idle.beside, dtype=np.int64)
        return idle_row(self._program, self._new, idle.site, beside, IDLE_NAME)

    def _solved(self, relaxed: Relaxed, *, rough: bool) -> tuple[CoverageProgram, Majorants, Solution]:
        """Return the program of the relaxation's majorant, and what the engine finds of it."""
        counted = self._aim.weight or self._aim.floor is not None
        mixed = [self._first(relaxed)] if counted else []
        majorants = joined(self._capture, [*mixed, *self._tight])
        program = self._program
        if self._aim.weight:
            program = valued(program, self._aim.weight, majorants.coefficient[0])
        rows = [self._idle_row(idle) for idle in self._idle]
        if self._aim.floor is not None:
            numbers = zip(majorants.constant.tolist(), majorants.coefficient, strict=True)
            floor = self._aim.floor
            rows = [*(floor_row(self._program, k, c, floor, FLOOR_NAME) for k, c in numbers), *rows]
        program = replace(program, linear=(*program.linear, *rows))
        settings = self._settings
        gap = max(settings.gap_share * self._gap, settings.rough_gap if rough else 0.0)
        seconds = max(settings.least_s, settings.engine_share * self._until.left_s())
        return program, majorants, solve_engine(program, gap=gap, time_limit_s=seconds, **self._asked)

    def _first(self, relaxed: Relaxed) -> Mixture:
        """Return the majorant of the relaxation; where nothing keeps all limits, the one by which visits are most."""
        if relaxed.mixed is not None:
            return relaxed.mixed
        most = self._relaxation.solve(Aim(weight=Fraction(1)), self._until, covering=False)
        nobody = np.zeros(self._capture.n_sites)
        return most.mixed or self._relaxation.tight_at(nobody > 0, nobody)

    def _bounded(self, program: CoverageProgram, majorants: Majorants, solution: Solution) -> None:
        """Keep the bound of a round if it is the best so far."""
        if solution.certificate is None:
            return
        priced = bool(self._aim.weight)
        bound = solution.bound + (times(self._aim.weight, int(majorants.constant[0])) if priced else 0)
        if self._proven is None or bound < self._proven.bound:
            self._proven = _Proven(
                bound=bound,
                program=program,
                majorants=majorants,
                idle=tuple(self._idle),
                inner=solution.certificate,
            )

    def _taken(self, solution: Solution, relaxed: Relaxed) -> bool:
        """Look at the plan of a round, improve it, and say why it will not do; return whether it does."""
        if solution.status not in {"optimal", "feasible"}:
            return True
        chosen = np.array(solution.chosen)
        settled = not self._refused(chosen, relaxed)
        for start in (chosen, *([] if self._best is None else [self._best.chosen])):
            self._offer(self._improved(start))
        self._offer(chosen)
        return settled

    def _refused(self, chosen: BoolArray, relaxed: Relaxed) -> bool:
        """Add rows that a plan breaks: what its new stations, and all of them together, see too few of."""
        aim, refused = self._aim, False
        if aim.least is not None:
            for idle in too_few(self._program, self._capture, self._new, aim.least, chosen):
                self._idle.append(idle)
                self._relaxation.add_row(self._idle_row(idle))
                refused = True
        stands = open_sites(self._program, chosen)
        if aim.floor is not None and self._capture.total(stands) < aim.floor:
            self._tight.append(self._relaxation.tight_at(stands, self._relaxation.sites_of(relaxed.point)))
            refused = True
        return refused

    def _ground(self) -> Ground:
        rows = (*self._program.linear, *(self._idle_row(idle) for idle in self._idle))
        floor = self._aim.floor or 0
        return ground_of(self._reduced, rows, self._capture, float(self._aim.weight), floor)

    def _offer(self, chosen: BoolArray) -> None:
        """Take a plan that keeps everything, if it is worth more than the best so far."""
        counted = recount(self._program, chosen)
        visits = self._capture.total(open_sites(self._program, chosen))
        if counted.violations or visits < (self._aim.floor or 0):
            return
        least = self._aim.least
        if least is not None and too_few(self._program, self._capture, self._new, least, chosen):
            return
        plan = Incumbent(chosen, self._aim.worth(counted.objective, visits))
        self._best = plan if self._best is None else self._best.or_better(plan)

    def _outcome(self) -> Solution:
        last, best, proven = self._last, self._best, self._proven
        assert last is not None  # noqa: S101 -- there is one round at least
        chosen = np.zeros(self._program.n_columns, dtype=np.bool_) if best is None else best.chosen
        details = {**last.details, "rounds": self._rounds, "majorants": 0 if proven is None else proven.majorants.count}
        value = 0 if best is None else best.value
        if proven is None:
            return replace(last, status="no_solution", chosen=chosen, objective=value, asked_gap=self._gap)
        bound = max(proven.bound, value)
        within = best is not None and bound <= within_gap(value, self._gap)
        return Solution(
            status="no_solution" if best is None else "optimal" if within else "feasible",
            chosen=chosen,
            objective=value,
            bound=bound,
            asked_gap=self._gap,
            proof="certificate",
            solver=last.solver,
            visits_certificate=None if best is None else self._sealed(proven, best, bound),
            interrupted=last.interrupted,
            timings=last.timings,
            details=details,
        )

    def _sealed(self, proven: _Proven, best: Incumbent, bound: int) -> VisitsCertificate:
        """Return the proof, of the plan at hand."""
        counted = recount(proven.program, best.chosen)
        inner = resealed(proven.inner, best.chosen, counted.objective)
        beside = [np.array(idle.beside, dtype=np.int64) for idle in proven.idle]
        none = np.zeros(0, dtype=np.int64)
        has_floor = self._aim.floor is not None
        return VisitsCertificate.seal(
            numerator=self._aim.weight.numerator,
            denominator=self._aim.weight.denominator,
            priced=int(bool(self._aim.weight)),
            floor=self._aim.floor or 0,
            floors=np.arange(proven.majorants.count) if has_floor else none,
            idle_site=np.array([idle.site for idle in proven.idle], dtype=np.int64),
            idle_indptr=np.cumsum([0] + [each.size for each in beside]),
            idle_beside=np.concatenate([none, *beside]),
            majorants=proven.majorants,
            bound=bound,
            objective=best.value,
            inner=inner,
        )


def resealed(certificate: Certificate, chosen: BoolArray, objective: int) -> Certificate:
    """Return a proof of the same bound that was issued with another plan."""
    parts: dict[str, Any] = {
        name: getattr(certificate, name)
        for name in certificate.__dataclass_fields__
        if name not in {"scale", "digest", "chosen", "objective", "has_plan"}
    }
    return Certificate.seal(**parts, chosen=chosen, objective=objective, has_plan=True)
