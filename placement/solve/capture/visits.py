r"""Plans that count predicted visits: the rounds of majorants, engine runs and searches, and the proof at their end.

One round: the relaxation (:mod:`placement.solve.capture.relaxation`) gives a majorant; with it the program is an
ordinary one, which the engine solves and proves; its plan is counted again. Where new stations of it see too few, or
all see too few together, rows say why (:mod:`placement.solve.capture.idle`, a majorant that is tight at this plan), and
there is another round. From what is found a search goes on by what plans are really worth
(:mod:`placement.solve.plans.exchanges`). The best bound of all rounds stands.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from placement.clock import now_s
from placement.interrupts import hold_interrupts
from placement.progress import COUNTING, ENGINE, Listener, Progress
from placement.solve.capture.aim import Aim
from placement.solve.capture.majorants import Mixture
from placement.solve.capture.marks import Marks
from placement.solve.capture.parts import Fixings, Grown, Part, Proven
from placement.solve.capture.plans import Plans
from placement.solve.capture.prices import Duals, known_prices, proven
from placement.solve.capture.relaxation import Relaxed, VisitsRelaxation
from placement.solve.deadline import Deadline
from placement.solve.engine import NAME, solve_engine
from placement.solve.program.aggregate import aggregate
from placement.solve.program.gap import within_gap
from placement.solve.program.recount import open_sites
from placement.solve.settings import DEFAULTS, EngineSettings
from placement.values import Certificate, CoverageProgram, LinearRow, Solution
from placement.values.arrays import BoolArray
from placement.values.visits_value import ONLY_VISITS
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
    ends, told = now_s() + time_limit_s, Progress.of(progress, ENGINE)
    asked: dict[str, Any] = {"seed": seed, "threads": threads, "settings": settings, "progress": told.without_values()}
    with hold_interrupts() as interrupt:
        until = Deadline(ends, interrupt)
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
        self._columns, self._marks = (
            program.n_columns,
            None if aim.most_idle is None else Marks.of(program, capture, aim),
        )
        program = program if self._marks is None else self._marks.program
        self._program, self._capture, self._aim, self._gap, self._told = program, capture, aim, gap, told
        self._until, self._asked, self._settings = until, asked, asked["settings"].visits
        self._runs = {"threads": asked["threads"], "settings": asked["settings"]}
        self._reduced = aggregate(program, threads=asked["threads"], settings=asked["settings"].program, until=until)
        self._relaxation = VisitsRelaxation(self._reduced, capture, self._settings)
        self._plans = Plans(program, self._reduced, capture, aim, self._settings, marks=self._marks)
        self._rows: list[LinearRow] = []
        self._tight: list[Mixture] = []
        self._rounds = 0
        self._proven: Proven | None = None
        self._last: Solution | None = None
        self._refuted: tuple[Solution, CoverageProgram] | None = None

    def solution(self) -> tuple[Solution, CoverageProgram]:
        """Go through the rounds and return what came of them."""
        first, settled = self._start(), False
        while not settled and self._rounds < self._settings.most_rounds:
            settled = self._round(first)
            if self._refuted is not None:
                return self._refuted
            self._tell()
            settled = settled or self._closed() or self._until.passed()
        self._go_on()
        self._divide()
        return self._outcome(), self._program

    def _tell(self) -> None:
        """Tell the best plan and the bound, as they are: the engine knows those of majorants."""
        plan = None if self._plans.best is None else self._plans.best.value
        bound = None if self._proven is None else max(self._proven.bound, plan or 0)
        self._told.stage(COUNTING, plan=plan, bound=bound)

    def _start(self) -> Relaxed:
        """Take the plan that changes nothing, or one near the relaxation of coverage alone; return the latter."""
        self._plans.offer(self._plans.keeping())
        relaxed = self._relaxation.solve(Aim(), self._within(self._settings.engine_share), rounds=0)
        if relaxed.state != "infeasible" and not self._is_ruled_out():
            near = relaxed.point > 0.5 if relaxed.state == "optimal" else self._plans.keeping()
            if self._plans.best is None:
                self._plans.mend(near, self._until)
            if self._plans.best is None or not self._any_plan:
                self._plans.improve(near, self._within(self._settings.start_share))
        return relaxed

    @property
    def _any_plan(self) -> bool:
        """Whether nearly any plan is as good as asked, so that none is improved."""
        return not self._aim.weight and self._gap > self._settings.any_gap

    def _is_ruled_out(self) -> bool:
        """Return whether limits on visits leave no plan by the relaxation, where none is known."""
        if not self._aim.limited or self._plans.best is not None:
            return False
        return self._relaxed().state == "infeasible"

    def _within(self, share: float) -> Deadline:
        return self._until.within(share * self._until.left_s())

    def _round(self, first: Relaxed) -> bool:
        """Bound all plans by a majorant, look for the best one by it, and return whether it keeps all limits."""
        self._rounds, rules = self._rounds + 1, self._aim.limited
        relaxed = self._relaxed()
        relaxed = relaxed if relaxed.duals is not None else first
        if relaxed.state == "optimal" and not (self._any_plan and self._plans.best):
            self._plans.improve(relaxed.point > 0.5, self._within(self._settings.start_share))
        grown = self._grown_of(relaxed)
        if self._bounded(grown, relaxed):
            return True
        if self._closed() or self._until.passed():
            return True
        gap = self._settings.rough_gap if rules and self._rounds == 1 else 0.0
        for begins in self._attempts(relaxed):
            solution = self._last = self._solved(grown.program(), gap, begins)
            if solution.status == "infeasible":
                self._refuted = self._without_plan(grown, solution), grown.base
                return True
            self._keep(Proven(grown=grown, parts=(grown.part((), None, solution, relaxed.point),)))
            if solution.status == "optimal" or self._until.passed():
                break
        return self._taken(solution, relaxed) and (self._rounds > 1 or not rules)

    def _relaxed(self) -> Relaxed:
        """Return the relaxation with the rows of stations that see too few, those too that its own points cross."""
        until = self._within(self._settings.relaxed_share)
        self._write_rows()
        relaxed = self._relaxation.solve(self._aim, until)
        for _ in range(self._settings.idle_rounds):
            if relaxed.state != "optimal" or until.passed() or not self._plans.crossed(relaxed.point):
                break
            self._write_rows()
            relaxed = self._relaxation.solve(self._aim, until)
        return relaxed

    def _write_rows(self) -> None:
        """Let the relaxation have the rows that say why new stations would see too few."""
        rows = self._plans.idle_rows()
        for row in rows[len(self._rows) :]:
            self._relaxation.add_row(row)
        self._rows = rows

    def _bounded(self, grown: Grown, relaxed: Relaxed) -> bool:
        """Keep what the relaxation proves; return whether it is that there is no plan."""
        duals = relaxed.duals or Duals.nothing(self._reduced, len(self._rows))
        found = proven(grown.base if not duals.objective else grown.program(), duals, **self._runs)
        if found is None:
            return False
        bound, proof = found
        if bound is None:
            self._refuted = self._without_plan(grown, self._nothing(proof)), grown.base
            return True
        self._keep(Proven(grown=grown, parts=(grown.relaxed_part((), None, found, relaxed.point),)))
        return False

    def _nothing(self, proof: Certificate) -> Solution:
        """Return that there is no plan, as the relaxation proves."""
        none = np.zeros(self._columns, dtype=np.bool_)
        return Solution(
            status="infeasible", chosen=none, objective=0, bound=0, asked_gap=self._gap, proof="certificate",
            solver=NAME, certificate=proof, details=self._details(),
        )  # fmt: skip

    def _without_plan(self, grown: Grown, solution: Solution) -> Solution:
        """Return the proof that there is no plan, of the program without values, and that of its rows."""
        if self._aim.weight and solution is self._last:
            solution = solve_engine(grown.base, time_limit_s=max(self._until.left_s(), 1.0), **self._asked)
        return replace(solution, visits_certificate=Proven(grown=grown, parts=()).sealed(0, 0))

    def _keep(self, found: Proven) -> None:
        if self._proven is None or found.bound < self._proven.bound:
            self._proven = found

    def _closed(self) -> bool:
        if self._plans.best is None or self._proven is None:
            return False
        return self._proven.bound <= within_gap(self._plans.best.value, self._gap)

    def _grown_of(self, relaxed: Relaxed) -> Grown:
        """Return the program of the relaxation's majorant; where it has none, of one that is tight at all sites."""
        mixed = []
        if self._aim.weight or self._aim.floor is not None:
            every = np.ones(self._capture.n_sites)
            mixed = [self._priced(relaxed) or self._relaxation.tight_at(every > 0, every)]
        return Grown.of(
            self._program,
            self._capture,
            self._aim,
            mixtures=[*mixed, *self._tight],
            idle=list(zip(self._plans.idle[: len(self._rows)], self._rows, strict=True)),
            marks=self._marks,
        )

    def _priced(self, relaxed: Relaxed) -> Mixture | None:
        """Return the relaxation's majorant; where nothing keeps all limits, that by which visits are most."""
        if relaxed.state != "infeasible" or self._aim.floor is None:
            return relaxed.mixed
        return self._relaxation.solve(Aim(weight=ONLY_VISITS), self._until).mixed or relaxed.mixed

    def _attempts(self, relaxed: Relaxed) -> list[dict[str, Any]]:
        """Return what the engine begins with, in turn until it proves its plan.

        From nothing it may find other plans than are known; where the relaxation leaves much open, or that did not do,
        it begins with the best plan and the relaxation's prices, from which its tree is the smaller.
        """
        settings, best, duals = self._settings, self._plans.best, relaxed.duals
        if duals is None or not duals.objective or best is None or self._proven is None:
            return [{"share": settings.engine_share}]
        begun = {"share": settings.wide_share, "start": best.chosen, "known": known_prices(duals)}
        wide = self._proven.bound > within_gap(best.value, settings.wide_gap)
        return [begun] if wide else [{"share": settings.try_share}, begun]

    def _solved(self, program: CoverageProgram, gap: float, begins: dict[str, Any] | None = None) -> Solution:
        """Return what the engine finds of a program in a share of the time, from what it `begins` with."""
        settings, begins = self._settings, begins or {"share": self._settings.engine_share}
        gap = max(settings.gap_share * self._gap, gap)
        seconds = max(settings.least_s, begins.pop("share") * self._until.left_s())
        return solve_engine(program, gap=gap, time_limit_s=seconds, **begins, **self._asked)

    def _taken(self, solution: Solution, relaxed: Relaxed) -> bool:
        """Look at the plan of a round, improve it, and say why it will not do; return whether it does."""
        plans = self._plans
        if solution.status not in {"optimal", "feasible"}:
            if plans.best is None:
                self._cover()
            return True
        chosen = np.array(solution.chosen)
        settled = not self._refused(chosen, relaxed)
        for start in (chosen, *([] if plans.best is None else [plans.best.chosen])):
            plans.improve(start, self._until)
        plans.offer(chosen)
        return settled

    def _cover(self) -> None:
        """Look for any plan where the engine found none: one that covers much keeps floors that visits pull against."""
        covering = replace(self._program, linear=(*self._program.linear, *self._plans.idle_rows()))
        solution = self._solved(covering, self._settings.rough_gap)
        if solution.status in {"optimal", "feasible"}:
            self._plans.improve(np.array(solution.chosen), self._until)
            self._plans.offer(np.array(solution.chosen))

    def _refused(self, chosen: BoolArray, relaxed: Relaxed) -> bool:
        """Add what a plan breaks: what its new stations, and all of them together, see too few of."""
        refused = self._plans.refuse(chosen)
        stands = open_sites(self._program, chosen)
        if self._aim.floor is not None and self._capture.total(stands) < self._aim.floor:
            self._tight.append(self._relaxation.tight_at(stands, self._relaxation.sites_of(relaxed.point)))
            refused = True
        return refused

    def _go_on(self) -> None:
        """Search on from the best plan, with some of its stations gone, as long as there is something to gain."""
        random = np.random.default_rng(self._asked["seed"])
        for _ in range(self._settings.kicks):
            if self._plans.best is None or self._closed() or self._until.passed():
                return
            self._plans.improve(self._plans.shaken(random), self._until)

    def _divide(self) -> None:
        """Divide the plans by what they choose, each part with a majorant of its own, the highest bound first."""
        divided = self._proven  # what stands is kept until the parts together prove more
        while divided is not None and self._aim.weight and not self._closed() and not self._until.passed():
            part = divided.highest
            column = part.question()
            if column is None or len(divided.parts) >= self._settings.most_parts:
                break
            halves = [self._half(divided.grown, (*part.fixed, (column, value))) for value in (0, 1)]
            if None in halves:
                break
            divided = divided.divided(part, [half for half in halves if half is not None])
            self._keep(divided)
            self._tell()
        self._relaxation.fix(())

    def _half(self, grown: Grown, fixed: Fixings) -> Part | None:
        """Return a part of the plans with its bound; None where the time ended."""
        self._relaxation.fix(fixed)
        relaxed = self._relaxation.solve(self._aim, self._until)
        mixed = relaxed.mixed
        if relaxed.duals is not None and (self._last is None or self._last.status != "optimal"):
            self._plans.improve(relaxed.point > 0.5, self._until)
            found = proven(grown.program(fixed, mixed), relaxed.duals, **self._runs)
            if found is not None:
                return grown.relaxed_part(fixed, mixed, found, relaxed.point)
        solution = self._solved(grown.program(fixed, mixed), 0.0)
        if solution.certificate is None:
            return None
        if solution.status in {"optimal", "feasible"}:
            self._plans.offer(np.array(solution.chosen))
            self._plans.improve(np.array(solution.chosen), self._until)
        return grown.part(fixed, mixed, solution, relaxed.point)

    def _details(self) -> dict[str, Any]:
        """Return what is told of the run: what the engine told last, else of the program alone."""
        classes = self._reduced.classes
        size = {"rows": classes.n_rows, "classes": classes.count, "columns": self._program.n_columns}
        parts = 0 if self._proven is None else len(self._proven.parts)
        told = {} if self._last is None else self._last.details
        return {**size, **told, "rounds": self._rounds, "parts": parts}

    def _outcome(self) -> Solution:
        last, best, found = self._last, self._plans.best, self._proven
        none = np.zeros(self._columns, dtype=np.bool_)
        value = 0 if best is None else best.value
        bound = max(0 if found is None else found.bound, value)
        solution = Solution(
            status="no_solution", chosen=none, objective=0, bound=bound, asked_gap=self._gap, proof="none",
            solver=NAME, interrupted=self._until.interrupted, details=self._details(),
        )  # fmt: skip
        if best is None or found is None:
            return solution
        return replace(
            solution,
            status="optimal" if bound <= within_gap(value, self._gap) else "feasible",
            chosen=best.chosen[: self._columns],
            objective=value,
            proof="certificate",
            visits_certificate=found.sealed(bound, value),
            timings={} if last is None else last.timings,
        )
