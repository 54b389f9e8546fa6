"""How far each assumption of a study moves its plan.

An assumption (:mod:`placement.pipeline.assumptions`) has other ends that would be as defensible. The study is solved
again with one assumption moved at a time; what is lost by keeping the plan, and which stations would stand elsewhere,
tells whether the number is worth measuring.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from placement.errors import InfeasibleError, NoSolutionError
from placement.pipeline.assumptions import Assumption, assumptions
from placement.pipeline.study_case import StudyCase, prepare
from placement.plan import optimise
from placement.progress import Listener
from placement.study import Study
from placement.values import KeptFloor, Plan, SolveOptions
from placement.values.immutable import immutable, replaced
from placement.values.shown import Shown

_SWING, _TENTH = 0.2, 0.1
TIME_LIMIT_S = 300.0
"""Of all solves of an answer together, unless it is said otherwise."""


@immutable
@dataclass(frozen=True, kw_only=True)
class Moved:
    """What becomes of the plan where one assumption is moved.

    Parameters
    ----------
    key, value, moved_to
        The assumption, and what it was moved to.
    kept, best
        Coverage (0..1) by the moved study of the plan as it is, and of the plan made anew; None where there is none.
    opened, closed
        Ids of sites that have a station in the new plan and not in the old, and the reverse.
    proven
        Whether the new plan is optimal within the gap that was asked.
    """

    key: str
    value: str
    moved_to: str
    kept: float
    best: float | None
    opened: tuple[str, ...]
    closed: tuple[str, ...]
    proven: bool

    def __str__(self) -> str:
        said = f"{self.key} = {self.moved_to} instead of {self.value}: the plan covers {self.kept:.1%}"
        if self.best is None:
            return f"{said}; no plan keeps the limits"
        sites = f"{len(self.closed)} of its stations elsewhere" if self.closed else "no station elsewhere"
        more = f", {len(self.opened)} new" if len(self.opened) != len(self.closed) else ""
        return f"{said}, one made for it {self.best:.1%}, with {sites}{more}" + ("" if self.proven else " (not proven)")


@immutable
@dataclass(frozen=True, kw_only=True)
class Sensitivity:
    """How far each assumption of a study moves its plan.

    Parameters
    ----------
    coverage
        Of the plan as the study stands.
    assumptions
        All of them.
    moved
        One for each other end of each assumption, those that lose most by keeping the plan first.
    floors
        How sure each floor of the plan is.
    """

    coverage: float
    assumptions: tuple[Assumption, ...]
    moved: tuple[Moved, ...]
    floors: tuple[KeptFloor, ...]

    @property
    def _still(self) -> list[Assumption]:
        return [each for each in self.assumptions if not each.ends]

    def lines(self) -> list[str]:
        """Return the answer as lines of text."""
        still = [f"{each} was not moved" if each.moves == "plan" else str(each) for each in self._still]
        lines = [f"assumptions: the plan covers {self.coverage:.1%}; with one of them moved"]
        if not self.moved:
            lines = ["assumptions: every setting that moves the plan is given"]
        return [*lines, *(f"  {each}" for each in (*self.moved, *still)), *map(str, self.floors)]

    def record(self) -> dict[str, Any]:
        """Return the answer as plain values."""
        moved = [
            {
                "key": each.key, "value": each.value, "moved_to": each.moved_to, "coverage_kept": each.kept,
                "coverage_best": each.best, "opened": list(each.opened), "closed": list(each.closed),
                "proven": each.proven,
            }
            for each in self.moved
        ]  # fmt: skip
        still = [each.key for each in self._still]
        floors = [
            {"name": each.name, "floor": each.floor, "reached": each.reached, "kept": each.kept, "draws": each.draws}
            for each in self.floors
        ]
        return {"coverage": self.coverage, "moved": moved, "not_moved": still, "floors": floors}

    def _shown(self) -> Shown:
        return "Sensitivity", [("", line) for line in self.lines()]


def tornado(study: Study) -> tuple[Assumption, ...]:
    """Return the settings that swing plans most, as a study has them, each with a lower and a higher value.

    Shares of need from none to all, passers-by from half to twice, the standard and the speeds by a fifth, what is done
    online by a tenth of all.
    """
    return tuple(
        Assumption(key=key, value=_written(value), unit=unit, moves="plan", ends=ends)
        for key, value, unit, ends in (*_swung(study), *_swung_by_age(study))
    )


def _swung(study: Study) -> Iterator[tuple[str, Any, str, tuple[Any, ...]]]:
    """Yield (key, value, unit, other values) of single numbers."""
    demand, travel = study.demand, study.travel
    yield "demand.need_share", demand.need_share, "", (0.0, 1.0)
    if demand.footfall_capture:
        yield "demand.footfall_capture", demand.footfall_capture, "", _about(demand.footfall_capture, 0.5, 2.0)
    farthest = np.inf if travel.cutoff_min is None else travel.cutoff_min
    for key, value, unit, most in (
        ("threshold_min", travel.threshold_min, "minutes", farthest),
        ("threshold_m", travel.threshold_m, "metres", np.inf),
    ):
        if value is not None:
            ends = tuple(end for end in _about(value, 1 - _SWING, 1 + _SWING) if end <= most)
            yield f"travel.{key}", value, unit, ends


def _swung_by_age(study: Study) -> Iterator[tuple[str, Any, str, tuple[Any, ...]]]:
    """Yield the same of numbers by age group, one group at a time."""
    speeds, online = study.travel.speed_m_s, study.demand.online_share
    for group, speed in speeds.items():
        ends = _about(speed, 1 - _SWING, 1 + _SWING)
        yield "travel.speed_m_s", speeds, group, tuple({**speeds, group: end} for end in ends)
    for group, share in online.items():
        near = {round(max(0.0, share - _TENTH), 6), round(min(1.0, share + _TENTH), 6)} - {share}
        yield "demand.online_share", online, group, tuple({**online, group: end} for end in sorted(near))


def _about(value: float, low: float, high: float) -> tuple[float, float]:
    return round(value * low, 6), round(value * high, 6)


def sensitivity(
    study: Study,
    *,
    moving: tuple[Assumption, ...] | None = None,
    time_limit_s: float = TIME_LIMIT_S,
    progress: Listener | None = None,
) -> Sensitivity:
    """Solve a study, and again with each of its assumptions moved to its other ends.

    Parameters
    ----------
    study
        See :func:`placement.study.read_study`.
    moving
        Settings to move in place of its assumptions, such as :func:`tornado` returns.
    time_limit_s
        Of all solves together; each has an equal part, or the study's own limit where that is shorter.
    progress
        Called with a :class:`~placement.progress.Step` whenever there is something to tell.

    Raises
    ------
    InputError, InfeasibleError, NoSolutionError
        As :func:`placement.pipeline.recommend` does, of the study as it stands.
    """
    case = prepare(study, progress=progress)
    found = assumptions(case.prepared, case.use) if moving is None else moving
    turns = 1 + sum(len(each.ends) for each in found)
    options = _hasty(case.options, time_limit_s / turns)
    plan = optimise(case, None, options, progress=progress)
    moved = [
        _moved(study, plan, each, end, options, progress) for each in found for end in each.ends
    ]  # fmt: skip
    moved.sort(key=lambda each: (each.kept - each.best if each.best is not None else -np.inf, each.key, each.moved_to))
    return Sensitivity(
        coverage=_coverage(case, plan.open),
        assumptions=found,
        moved=tuple(moved),
        floors=plan.floors,
    )


def _hasty(options: SolveOptions, limit_s: float) -> SolveOptions:
    return replaced(options, time_limit_s=min(options.time_limit_s, limit_s))


def _moved(  # noqa: PLR0917 -- the plan, the assumption, how it is solved
    study: Study, plan: Plan, assumed: Assumption, end: Any, options: SolveOptions, progress: Listener | None
) -> Moved:
    case = prepare(study.with_settings({assumed.key: end}), progress=progress)
    try:
        other = optimise(case, None, options, progress=progress)
    except (InfeasibleError, NoSolutionError):
        other = None
    before, after = set(plan.open), set(plan.open if other is None else other.open)
    return Moved(
        key=assumed.key,
        value=assumed.value,
        moved_to=_written(end),
        kept=_coverage(case, plan.open),
        best=None if other is None else _coverage(case, other.open),
        opened=tuple(sorted(after - before)),
        closed=tuple(sorted(before - after)),
        proven=other is not None and other.status == "optimal",
    )


def _written(end: Any) -> str:
    if isinstance(end, dict):
        return ", ".join(f"{group} {value:g}" for group, value in end.items())
    return end if isinstance(end, str) else f"{end:g}"


def _coverage(case: StudyCase, standing: tuple[str, ...]) -> float:
    """Return the share of the case's weight that some sites cover, by steps as they count."""
    counted = case.coverage.counted(case.sites.ids.isin(standing))
    weight = case.demand.weight
    return float((weight * counted).sum() / weight.sum())
