r"""Plans that count predicted visits: the rounds of majorants, engine runs and searches, and the proof at their end.

One round: the relaxation (:mod:`placement.solve.capture.relaxation`) gives a majorant; with it the program is an
ordinary one, which the engine solves and proves; its plan is counted again. Where new stations of it see too few, or
all see too few together, rows say why (:mod:`placement.solve.capture.idle`, a majorant that is tight at this plan), and
there is another round. From what is found a search goes on by what plans are really worth
(:mod:`placement.solve.capture.search`). The best bound of all rounds stands.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np

from placement.clock import now_s
from placement.progress import COUNTING, ENGINE, Listener, Progress
from placement.solve.capture.aim import Aim
from placement.solve.capture.ground import Ground, ground_of
from placement.solve.capture.idle import Idle, hopeless, too_few
from placement.solve.capture.majorants import Mixture
from placement.solve.capture.parts import Fixings, Grown, Part, Proven
from placement.solve.capture.relaxation import Relaxed, VisitsRelaxation
from placement.solve.capture.root import relaxed_bound
from placement.solve.capture.rows import IDLE_NAME, idle_row
from placement.solve.capture.search import improved
from placement.solve.deadline import Deadline
from placement.solve.engine import solve_engine
from placement.solve.program.aggregate import aggregate
from placement.solve.program.gap import within_gap
from placement.solve.program.incumbent import Incumbent
from placement.solve.program.recount import open_sites, recount
from placement.solve.settings import DEFAULTS, EngineSettings
from placement.values import Certificate, CoverageProgram, LinearRow, Solution
from placement.values.arrays import BoolArray
from placement.values.whole_capture import WholeCapture


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
    asked: dict[str, Any] = {"seed": seed, "threads": threads, "settings": settings, "progress": told.without_values()}
    return _Run(program, capture, aim, gap=gap, until=until, told=told, **asked).solution()


class _Run:
    """One run: what is known so far."""

    def __init__(
        self,
        program: CoverageProgram,
        capture: WholeCapture,
        aim: Aim,
        *,
        gap: float,
        until: Deadline,
        told: Progress,
        **asked: Any,
    ) -> None:
        self._program, self._capture, self._aim, self._gap, self._told = program, capture, aim, gap, told
        self._until, self._asked, self._settings = until, asked, asked["settings"].visits
        self._new = np.zeros(program.n_columns, dtype=np.bool_)
        self._new[aim.new] = True
        self._idle: list[Idle] = []
        if aim.least is not None:
            self._idle = hopeless(program, capture, self._new, aim.least)
        self._tight: list[Mixture] = []
        self._best: Incumbent | None = None
        self._proven: Proven | None = None
        self._last: Solution | None = None
        self._ground: Ground | None = None
        self._looked_at: set[bytes] = set()

    def solution(self) -> tuple[Solution, CoverageProgram]:
        """Go through the rounds and return what came of them."""
        self._reduced = aggregate(
            self._program, threads=self._asked["threads"], settings=self._asked["settings"].program
        )
        self._relaxation = VisitsRelaxation(self._reduced, self._capture, self._settings)
        for idle in self._idle:
            self._relaxation.add_row(self._idle_row(idle))
        self._rounds = 0
        for turn in range(self._settings.most_rounds):
            self._rounds, rules = turn + 1, self._aim.floor is not None or self._aim.least is not None
            relaxed = self._relaxation.solve(self._aim, self._until.within(self._share() * self._until.left_s()))
            ground = self._ground_of(relaxed)
            gap = self._settings.rough_gap if rules and not turn else 0.0
            solution = self._last = self._solved(ground.program(), gap)
            if solution.status == "infeasible":
                return self._refuted(ground, solution), ground.base
            self._bounded(ground, solution, relaxed)
            settled = self._taken(solution, relaxed)
            self._tell()
            if (settled and (turn or not rules)) or self._closed() or self._until.passed():
                break
        self._go_on()
        self._divide()
        return self._outcome(), self._program

    def _tell(self) -> None:
        """Tell the best plan and the bound, as they are: the engine knows those of majorants."""
        plan = None if self._best is None else self._best.value
        bound = None if self._proven is None else max(self._proven.bound, plan or 0)
        self._told.stage(COUNTING, plan=plan, bound=bound)

    def _refuted(self, grown: Grown, solution: Solution) -> Solution:
        """Return the proof that there is no plan, of the program without values, and that of its rows."""
        if self._aim.weight:
            solution = solve_engine(grown.base, time_limit_s=max(self._until.left_s(), 1.0), **self._asked)
        return replace(solution, visits_certificate=Proven(grown=grown, parts=()).sealed(0, 0))

    def _share(self) -> float:
        return float(self._settings.engine_share)

    def _closed(self) -> bool:
        if self._best is None or self._proven is None:
            return False
        return self._proven.bound <= within_gap(self._best.value, self._gap)

    def _idle_row(self, idle: Idle) -> LinearRow:
        beside = np.array(idle.beside, dtype=np.int64)
        return idle_row(self._program, self._new, idle.site, beside, IDLE_NAME)

    def _ground_of(self, relaxed: Relaxed) -> Grown:
        """Return the program of the relaxation's majorant."""
        counted = self._aim.weight or self._aim.floor is not None
        mixed = [self._first(relaxed)] if counted else []
        return Grown.of(
            self._program,
            self._capture,
            self._aim,
            mixtures=[*mixed, *self._tight],
            idle=[(idle, self._idle_row(idle)) for idle in self._idle],
        )

    def _solved(self, program: CoverageProgram, gap: float) -> Solution:
        """Return what the engine finds of a program."""
        settings = self._settings
        gap = max(settings.gap_share * self._gap, gap)
        seconds = max(settings.least_s, settings.engine_share * self._until.left_s())
        solution = solve_engine(program, gap=gap, time_limit_s=seconds, **self._asked)
        if solution.status not in {"feasible", "no_solution"}:
            return solution
        relaxed = self._relaxed_bound(program)
        bound, proof = (None, None) if relaxed is None else relaxed
        if bound is None or bound >= solution.bound:
            return solution
        return replace(solution, bound=max(bound, solution.objective), certificate=proof)

    def _relaxed_bound(self, program: CoverageProgram) -> tuple[int | None, Certificate] | None:
        return relaxed_bound(program, self._until, threads=self._asked["threads"], settings=self._asked["settings"])

    def _first(self, relaxed: Relaxed) -> Mixture:
        """Return the majorant of the relaxation; where nothing keeps all limits, the one by which visits are most."""
        if relaxed.mixed is not None:
            return relaxed.mixed
        most = self._relaxation.solve(Aim(weight=Fraction(1)), self._until, covering=False)
        nobody = np.zeros(self._capture.n_sites)
        return most.mixed or self._relaxation.tight_at(nobody > 0, nobody)

    def _bounded(self, grown: Grown, solution: Solution, relaxed: Relaxed) -> None:
        """Keep the bound of a round if it is the best so far."""
        if solution.certificate is None:
            return
        found = Proven(grown=grown, parts=(grown.part((), None, solution, relaxed.point),))
        if self._proven is None or found.bound < self._proven.bound:
            self._proven = found

    def _taken(self, solution: Solution, relaxed: Relaxed) -> bool:
        """Look at the plan of a round, improve it, and say why it will not do; return whether it does."""
        if solution.status not in {"optimal", "feasible"}:
            if self._best is None:
                self._start(relaxed)
            return True
        chosen = np.array(solution.chosen)
        settled = not self._refused(chosen, relaxed)
        for start in (chosen, *([] if self._best is None else [self._best.chosen])):
            self._offer(self._improved(start))
        self._offer(chosen)
        return settled

    def _start(self, relaxed: Relaxed) -> None:
        """Look for any plan where the engine found none: one that covers much keeps floors that visits pull against."""
        rows = [self._idle_row(idle) for idle in self._idle]
        covering = replace(self._program, linear=(*self._program.linear, *rows))
        solution = self._solved(covering, self._settings.rough_gap)
        starts = [np.array(solution.chosen)] if solution.status in {"optimal", "feasible"} else []
        for start in (*starts, relaxed.point > 0.5):
            self._offer(self._improved(start))
            self._offer(start)

    def _refused(self, chosen: BoolArray, relaxed: Relaxed) -> bool:
        """Add rows that a plan breaks: what its new stations, and all of them together, see too few of."""
        aim, refused = self._aim, False
        if aim.least is not None:
            for idle in too_few(self._program, self._capture, self._new, aim.least, chosen):
                self._idle.append(idle)
                self._ground = None
                self._relaxation.add_row(self._idle_row(idle))
                refused = True
        stands = open_sites(self._program, chosen)
        if aim.floor is not None and self._capture.total(stands) < aim.floor:
            self._tight.append(self._relaxation.tight_at(stands, self._relaxation.sites_of(relaxed.point)))
            refused = True
        return refused

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
        aim, settings = self._aim, self._settings
        if self._ground is None:
            rows = (*self._program.linear, *(self._idle_row(idle) for idle in self._idle))
            self._ground = ground_of(self._reduced, rows, self._capture, float(aim.weight), aim.floor or 0)
        price = settings.price * max(1.0, float(aim.weight))
        return improved(self._ground, chosen, self._until, settings.search_passes, price=price)

    def _offer(self, chosen: BoolArray) -> None:
        """Take a plan that keeps everything, if it is worth more than the best so far."""
        if chosen.tobytes() in self._looked_at:
            return
        self._looked_at.add(chosen.tobytes())
        counted = recount(self._program, chosen)
        visits = self._capture.total(open_sites(self._program, chosen))
        if counted.violations or visits < (self._aim.floor or 0):
            return
        least = self._aim.least
        if least is not None and too_few(self._program, self._capture, self._new, least, chosen):
            return
        plan = Incumbent(chosen, self._aim.worth(counted.objective, visits))
        self._best = plan if self._best is None else self._best.or_better(plan)

    def _divide(self) -> None:
        """Divide the plans by what they choose, each part with a majorant of its own, the highest bound first."""
        while self._proven is not None and self._aim.weight and not self._closed() and not self._until.passed():
            part = self._proven.highest
            column = part.question()
            if column is None or len(self._proven.parts) >= self._settings.most_parts:
                break
            halves = [self._half(self._proven.grown, (*part.fixed, (column, value))) for value in (0, 1)]
            if None in halves:
                break
            self._proven = self._proven.divided(part, [half for half in halves if half is not None])
            self._tell()
        self._relaxation.fix(())

    def _half(self, grown: Grown, fixed: Fixings) -> Part | None:
        """Return a part of the plans with its bound; None where the time ended."""
        self._relaxation.fix(fixed)
        relaxed = self._relaxation.solve(self._aim, self._until)
        mixed = relaxed.mixed
        if self._last is not None and self._last.status != "optimal":
            self._offer(self._improved(relaxed.point > 0.5))
            found = self._relaxed_bound(grown.program(fixed, mixed))
            return None if found is None else grown.relaxed_part(fixed, mixed, found, relaxed.point)
        solution = self._solved(grown.program(fixed, mixed), 0.0)
        if solution.certificate is None:
            return None
        if solution.status in {"optimal", "feasible"}:
            self._offer(np.array(solution.chosen))
            self._offer(self._improved(np.array(solution.chosen)))
        return grown.part(fixed, mixed, solution, relaxed.point)

    def _outcome(self) -> Solution:
        last, best, proven = self._last, self._best, self._proven
        assert last is not None  # noqa: S101 -- there is one round at least
        chosen = np.zeros(self._program.n_columns, dtype=np.bool_) if best is None else best.chosen
        details = {**last.details, "rounds": self._rounds, "parts": 0 if proven is None else len(proven.parts)}
        value = 0 if best is None else best.value
        if proven is None or best is None:
            none = Solution(
                status="no_solution", chosen=chosen, objective=0, bound=last.bound, asked_gap=self._gap, proof="none",
                solver=last.solver,
            )  # fmt: skip
            return replace(none, interrupted=last.interrupted, details=details)
        bound = max(proven.bound, value)
        return Solution(
            status="optimal" if bound <= within_gap(value, self._gap) else "feasible",
            chosen=chosen,
            objective=value,
            bound=bound,
            asked_gap=self._gap,
            proof="certificate",
            solver=last.solver,
            visits_certificate=proven.sealed(bound, value),
            interrupted=last.interrupted,
            timings=last.timings,
            details=details,
        )
