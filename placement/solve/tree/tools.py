"""What does not change in a run: the program, the registers of cuts and evidence, the finder, what is asked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from placement.solve.bounds.prices import Prices, scaled_bound
from placement.solve.cuts.pool import CutPool
from placement.solve.deadline import Deadline
from placement.solve.plans.value import Finder
from placement.solve.program.domain import Domain
from placement.solve.program.gap import within_gap
from placement.solve.program.incumbent import Incumbent
from placement.solve.program.problem import Problem
from placement.solve.settings import DEFAULTS, EngineSettings
from placement.solve.tree.proof import ProofLog
from placement.values import CoverageProgram
from placement.values.program import IntArray

NOTHING_ALLOWED = -(2**61)
"""Value that no bound falls to: what is allowed while there is no plan."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Tools:
    """Handed to every stage.

    Parameters
    ----------
    program
        The program as it was given, for solvers of others.
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
        Called with the stage and the gap so far.
    settings
        How time is spent.

    Attributes
    ----------
    groups
        The columns of each group of the program.
    """

    program: CoverageProgram
    problem: Problem
    pool: CutPool
    log: ProofLog
    finder: Finder
    deadline: Deadline
    gap: float = 0.0
    seed: int = 0
    threads: int = 2
    progress: Callable[[str, float], None] | None = None
    settings: EngineSettings = DEFAULTS
    groups: tuple[IntArray, ...] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "groups", tuple(self.problem.groups()))

    def bound(self, prices: Prices, domain: Domain) -> tuple[int, IntArray]:
        """Return the scaled bound of a price set in `domain`, and the scaled reduced values of all columns."""
        return scaled_bound(self.problem, self.pool.cuts(), prices, domain)

    def allowed(self, incumbent: Incumbent | None) -> int:
        """Return the value that bounds may be left at."""
        return NOTHING_ALLOWED if incumbent is None else within_gap(incumbent.value, self.gap)
