"""A search for plans that goes on beside a tree, epoch by epoch.

Nodes of middling programs are visited one at a time, since each tightens the relaxation of the next; the other thread
looks for better plans meanwhile. What an epoch finds is taken up once the tree has cost a given effort in simplex
steps, however early it was found, so that the tree depends neither on the speed of the machine nor on the number of
threads.
"""

from __future__ import annotations

import math
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Protocol

from placement.solve.deadline import Deadline
from placement.solve.program.incumbent import Incumbent
from placement.solve.settings import PlanSettings


class Improves(Protocol):
    """What looks for better plans: :class:`~placement.solve.plans.population.Improver`."""

    @property
    def settings(self) -> PlanSettings:
        """How many epochs there are beside a tree, and when they are due."""
        ...

    def improve(self, plan: Incumbent, deadline: Deadline, *, epochs: int | None) -> Incumbent:
        """Return the best plan after some epochs, or at the deadline."""
        ...


class PlansBeside:
    """Epochs of an improver beside a tree.

    Parameters
    ----------
    improver
        Nobody else may use it meanwhile; its settings say how many epochs there are, and when they are due.
    deadline
        When to stop.
    threads
        With one, an epoch is run when it is due.
    """

    def __init__(self, improver: Improves, deadline: Deadline, threads: int) -> None:
        self._improver, self._deadline = improver, deadline.within(math.inf)
        self._executor = ThreadPoolExecutor(1) if threads > 1 else None
        self._futures: list[Future[Incumbent]] = []
        self._plan: Incumbent | None = None
        self._settings = improver.settings
        self._due, self._wait, self._taken = self._settings.first_effort, self._settings.first_effort, 0

    def begin(self, plan: Incumbent) -> None:
        """Begin from a plan."""
        self._plan = plan
        if self._executor is not None:
            self._futures = [self._executor.submit(self._epoch, plan) for _ in range(self._settings.epochs)]

    def _epoch(self, plan: Incumbent) -> Incumbent:
        """Go on from the best plan of this search; what the tree finds meanwhile must not matter."""
        self._plan = self._improver.improve(self._plan or plan, self._deadline, epochs=1)
        return self._plan

    def after(self, effort: int) -> Incumbent | None:
        """Return the plan that is due once the tree has cost so much effort, if one is."""
        if effort < self._due or self._taken == self._settings.epochs or self._plan is None:
            return None
        self._wait *= self._settings.effort_growth
        self._due += self._wait
        self._taken += 1
        return self._futures[self._taken - 1].result() if self._executor is not None else self._epoch(self._plan)

    def end(self) -> Incumbent | None:
        """Stop, and return the best plan found by then."""
        self._deadline.call_off()
        if self._executor is not None:
            self._executor.shutdown()
        return self._plan
