"""What does not change in a run: the program, the registers of cuts and evidence, the finder, what is asked."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any, Self

from placement.progress import ENGINE, Progress
from placement.solve.bounds.prices import Prices, scaled_bound
from placement.solve.cuts.pool import CutPool
from placement.solve.deadline import Deadline
from placement.solve.plans.value import Finder
from placement.solve.program.domain import Domain
from placement.solve.program.dominate import NO_PAIRS, dominated_columns, without
from placement.solve.program.gap import within_gap
from placement.solve.program.incumbent import NO_VALUE, Incumbent
from placement.solve.program.problem import Problem, build_problem
from placement.solve.program.reduced import ReducedProgram
from placement.solve.settings import DEFAULTS, EngineSettings
from placement.solve.tree.proof import Fixing, ProofLog
from placement.values import CoverageProgram
from placement.values.arrays import IntArray
from placement.values.certificate import SCALE

NOTHING_ALLOWED = NO_VALUE
"""Value that no bound falls to: what is allowed while there is no plan."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Tools:
    """Handed to every stage.

    Parameters
    ----------
    reduced
        The program, aggregated.
    problem
        Its form in the engine, dominated columns decided against.
    pool, log
        Where cuts get their numbers, and where evidence goes.
    finder
        Turns points of the relaxation into plans.
    deadline
        When the run must stop looking, so that the proof can still be sealed.
    gap
        Share of the bound that may stay open.
    seed, threads
        Of random choices; at work at a time.
    progress
        Told the stages, the best plan and the bound.
    settings
        How time is spent.

    Attributes
    ----------
    groups
        The columns of each group of the program.
    """

    reduced: ReducedProgram
    problem: Problem
    pool: CutPool
    log: ProofLog
    finder: Finder
    deadline: Deadline
    gap: float = 0.0
    seed: int = 0
    threads: int = 2
    progress: Progress = field(default_factory=lambda: Progress(None, ENGINE))
    settings: EngineSettings = DEFAULTS
    groups: tuple[IntArray, ...] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "groups", tuple(self.problem.groups()))

    @classmethod
    def of(
        cls, reduced: ReducedProgram, deadline: Deadline, *, settings: EngineSettings = DEFAULTS, **asked: Any
    ) -> Self:
        """Return what a run on a reduced program works with; `asked` are `gap`, `seed`, `threads` and `progress`."""
        whole = build_problem(reduced, settings.program)
        dominated = dominated_columns(whole) if reduced.program.is_plain else NO_PAIRS
        problem = without(whole, dominated)
        pool = CutPool(problem.covers)
        fingerprint = reduced.classes.fingerprint(reduced.program)
        log = ProofLog(problem, pool, fingerprint=fingerprint, dominated=dominated, settings=settings.tree)
        stop = deadline.leaving(lambda: log.reserve_s)
        return cls(
            reduced=reduced,
            problem=problem,
            pool=pool,
            log=log,
            finder=Finder(problem, stop, settings.plans),
            deadline=stop,
            settings=settings,
            **asked,
        )

    @property
    def program(self) -> CoverageProgram:
        """The program as it was given, for solvers of others."""
        return self.reduced.program

    def bound(self, prices: Prices, domain: Domain) -> tuple[int, IntArray]:
        """Return the scaled bound of a price set in `domain`, and the scaled reduced values of all columns."""
        return scaled_bound(self.problem, self.pool.cuts(), prices, domain)

    def tell(self, stage: str, incumbent: Incumbent | None, bound: int) -> None:
        """Tell how far a stage has come; `bound`, of the plans not yet excluded, is scaled."""
        value = None if incumbent is None else incumbent.value
        self.progress.stage(stage, plan=value, bound=max(bound // SCALE, value or 0))

    def seals_in_time(self, fixings: list[Fixing]) -> bool:
        """Return whether there is time left to seal fixings that are not logged yet; a moment is always taken."""
        left_s = self.deadline.left_s()
        return math.isinf(left_s) or self.log.seals_within(fixings, max(left_s, self.settings.tree.pulse_s))

    def allowed(self, incumbent: Incumbent | None) -> int:
        """Return the value that bounds may be left at."""
        if incumbent is None:
            return NOTHING_ALLOWED
        return max(within_gap(incumbent.value, self.gap), incumbent.value + self.reduced.value_unit - 1)
