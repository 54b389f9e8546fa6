"""How far a run has come: one kind of report from the engine to the command line, notebooks and a user's own function.

A job has stages with names; whoever listens gets a :class:`Step` when a stage begins and, while a program is solved,
whenever plan or bound get better. What a listener does wrong ends no run.
"""

from __future__ import annotations

import contextlib
import copy
import logging
import sys
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from time import perf_counter
from typing import Any

from placement.printing import printable

READING, DEMAND, TIMES = "reading tables", "estimating demand", "walking times"
COVERS, PROGRAM, SOLVING, TIES = "cover sets", "writing the program", "solving", "choosing among equal plans"
VISITS, FRONTIER, WRITING, DRAWING = "predicting visits", "trading coverage for visits", "writing", "drawing"

CHECK = (READING, DEMAND, TIMES)
OPTIMISE = (PROGRAM, SOLVING, TIES)
PREPARE = (*CHECK, VISITS, COVERS)
RECOMMEND = (*PREPARE, *OPTIMISE)
COMMAND = (*RECOMMEND, WRITING, DRAWING)
TRADING = (*RECOMMEND, FRONTIER, WRITING, DRAWING)
"""The stages of jobs, in order. A stage that is not needed is passed over."""

COUNTING = "counting visits"
AGGREGATING, ROOT, PLANS, TREE = "merging equal rows", "bounding the root", "looking for plans", "branch and bound"
SEALING, EXPLAINING = "sealing the proof", "finding why there is no plan"
ENGINE = (AGGREGATING, ROOT, PLANS, TREE, SEALING)
"""The stages of the engine; details of :data:`SOLVING` where it works for a job."""

_BAR = "{desc} {bar:20} {n_fmt}/{total_fmt} {elapsed}{postfix}"
_REDRAW_S = 0.1
"""Within a stage the bar is drawn so many seconds apart at least: a search may tell thousands of steps."""
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Step:
    """Where a job stands.

    Parameters
    ----------
    stage
        Name of the stage that is at work.
    number, of
        Its number in the job, from 1, and how many stages the job has; `number` never falls.
    elapsed_s
        Seconds since the job began.
    detail
        More about it in words, e.g. which part of the engine works; may be empty.
    plan, bound
        While solving: value of the best plan so far and the proven upper bound, in the unit of the job (visits a month
        from :func:`placement.plan.optimise`, whole weights from :func:`placement.solve.maximise_coverage`); None where
        there is none yet.
    solving_s, limit_s
        While solving: seconds since it began, and how many it may take; None where nothing limits it.
    """

    stage: str
    number: int
    of: int
    elapsed_s: float
    detail: str = ""
    plan: float | None = None
    bound: float | None = None
    solving_s: float | None = None
    limit_s: float | None = None

    @property
    def gap(self) -> float | None:
        """How far plan and bound are apart, as a share of the larger; None where one of them is not known."""
        if self.plan is None or self.bound is None:
            return None
        larger = max(abs(self.bound), abs(self.plan))
        return abs(self.bound - self.plan) / larger if larger else 0.0

    def __str__(self) -> str:
        parts = [f"{self.stage}: {self.detail}" if self.detail else self.stage]
        if self.plan is not None:
            parts.append(f"plan {self.plan:,.0f}")
        if self.bound is not None:
            parts.append(f"bound {self.bound:,.0f}")
        if self.gap is not None:
            parts.append(f"gap {self.gap:.2%}")
        if self.solving_s is not None and self.limit_s is not None:
            parts.append(f"{self.solving_s:,.0f} of {self.limit_s:,.0f} s")
        return " · ".join(parts)


Listener = Callable[[Step], None]


class Progress:
    """Tells a listener how a job goes on.

    Parameters
    ----------
    listener
        Called with each :class:`Step`; None: nobody listens. One that raises is not called again.
    stages
        Names of the job's stages.
    """

    def __init__(self, listener: Listener | None, stages: tuple[str, ...]) -> None:
        self._listener, self._stages = listener, stages
        self._begun = self._stage_begins = perf_counter()
        self._number, self._name, self._scale, self._begins = 1, stages[0], 1.0, False
        self._limit_s: float | None = None
        self._silent_on_values = False

    @classmethod
    def of(cls, progress: Listener | Progress | None, stages: tuple[str, ...]) -> Progress:
        """Return what tells `progress`: itself where the job is part of one that is told already."""
        return progress if isinstance(progress, Progress) else cls(progress, stages)

    def stage(
        self,
        name: str,
        detail: str = "",
        *,
        plan: float | None = None,
        bound: float | None = None,
        limit_s: float | None = None,
    ) -> None:
        """Tell that a stage begins or goes on; one that the job does not name is told as a detail of the last one.

        `limit_s` is what solving may take; `plan` and `bound` are in the unit of who tells them.
        """
        if name not in self._stages:
            detail = detail or name
        elif name != self._name or not self._begins:
            self._number, self._name = max(self._number, self._stages.index(name) + 1), name
            self._limit_s, self._stage_begins = limit_s, perf_counter()
        self._begins = True
        worth = {} if self._silent_on_values else {"plan": plan, "bound": bound}
        more: dict[str, Any] = {key: None if each is None else each * self._scale for key, each in worth.items()}
        if self._limit_s is not None or any(each is not None for each in more.values()):
            more |= {"solving_s": perf_counter() - self._stage_begins, "limit_s": self._limit_s}
        self._tell(detail, **more)

    def in_units(self, scale: float) -> Progress:
        """Let plans and bounds be multiplied by this from now on; return itself."""
        self._scale = scale
        return self

    def without_values(self) -> Progress:
        """Return what tells the same listener what is done, and no plan or bound: they are of another program."""
        other = copy.copy(self)
        other._silent_on_values = True  # noqa: SLF001 -- its own copy
        return other

    def _tell(self, detail: str, **more: Any) -> None:
        if self._listener is None:
            return
        elapsed = perf_counter() - self._begun
        step = Step(
            stage=self._name, number=self._number, of=len(self._stages), elapsed_s=elapsed, detail=detail, **more
        )
        try:
            self._listener(step)
        except Exception as error:  # noqa: BLE001 -- whatever a listener does, it must not cost the plan
            _LOG.warning("progress is told no further: %s: %s", type(error).__name__, error)
            self._listener = None


@contextlib.contextmanager
def progress_bar(*, quiet: bool = False) -> Iterator[Listener]:
    """Yield a listener that draws a bar: on a terminal and in Jupyter, silent in a pipe and where `quiet`.

    Examples
    --------
    >>> with progress_bar(quiet=True) as listener:
    ...     Progress(listener, OPTIMISE).stage(SOLVING)
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that widgets are not installed: the bar is drawn as text then
        from tqdm.auto import tqdm  # noqa: PLC0415 -- looks for Jupyter
    silent = quiet or sys.stderr is None
    with tqdm(total=1, disable=True if silent else None, leave=False, bar_format=_BAR) as bar:
        drawn = _Bar(bar)
        yield drawn
        drawn.fill()


class _Bar:
    """Draws steps, as full as stages are done; what a terminal that is gone does not take ends no run."""

    def __init__(self, bar: Any) -> None:
        self._bar, self._stage, self._drawn_s = bar, "", 0.0

    def __call__(self, step: Step) -> None:
        """Draw a step."""
        with contextlib.suppress(OSError, ValueError):
            self._bar.total = step.of
            self._bar.set_description_str(printable(step.stage), refresh=False)
            words = str(step).removeprefix(step.stage).removeprefix(": ").removeprefix(" · ")
            self._bar.set_postfix_str(printable(words), refresh=False)
            self._bar.n = step.number - 1
            if step.stage != self._stage or step.elapsed_s - self._drawn_s > _REDRAW_S:
                self._stage, self._drawn_s = step.stage, step.elapsed_s
                self._bar.refresh()

    def fill(self) -> None:
        """Draw that all stages are done."""
        with contextlib.suppress(OSError, ValueError):
            self._bar.n = self._bar.total
            self._bar.refresh()
