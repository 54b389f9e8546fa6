"""Assumptions of a study, and how far each moves its plan.

A setting that the study file leaves to its default, and that acts on the study's inputs, is an assumption: nobody has
measured it. Each has another end that would be as defensible (:data:`OTHER_ENDS`). The study is solved again with one
assumption moved at a time; what is lost by keeping the plan, and which stations would stand elsewhere, tells whether
the number is worth measuring.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from placement.errors import InfeasibleError, NoSolutionError
from placement.pipeline.kept_floors import KeptFloor, kept_floors
from placement.pipeline.study_case import StudyCase, prepare
from placement.plan import optimise
from placement.progress import Listener
from placement.study import Study
from placement.values import Plan, SolveOptions
from placement.values.immutable import immutable, replaced
from placement.values.shown import Shown

TIME_LIMIT_S = 300.0
"""Of all solves of an answer together, unless it is said otherwise."""
OTHER_ENDS: dict[str, tuple[float, ...]] = {
    "demand.need_share": (0.0, 1.0),
    "demand.footfall_capture": (0.002,),
    "demand.non_resident_share": (0.3,),
    "demand.footfall_bandwidth_m": (150.0, 600.0),
    "demand.online_share": (0.5,),
    "travel.speed_m_s": (0.8, 1.3),
    "travel.detour": (1.0, 1.5),
}
"""What each default might as well be; shares and speeds by age group are moved for all groups that have none."""
DRAWS_ONLY = ("demand.trip_rate_cv", "demand.footfall_cv", "demand.need_area_cv", "demand.people_cv")
"""Defaults that widen intervals and move no plan."""


@immutable
@dataclass(frozen=True, kw_only=True)
class Assumption:
    """A default that acts on a study.

    Parameters
    ----------
    key
        ``section.key``.
    value
        The default, in words of the study file.
    ends
        Values of the key that would do as well, as the study file holds them; none where it moves draws alone.
    """

    key: str
    value: str
    ends: tuple[Any, ...]

    def __str__(self) -> str:
        said = f"{self.key} = {self.value} is an assumption"
        return said if self.ends else f"{said} (of intervals alone)"


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
        said = f"{self.key} = {self.moved_to} instead of {self.value}: the plan reaches {self.kept:.1%}"
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

    def lines(self) -> list[str]:
        """Return the answer as lines of text."""
        still = [str(each) for each in self.assumptions if not each.ends]
        lines = [f"assumptions: the plan reaches {self.coverage:.1%}; with one of them moved"]
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
        draws = [each.key for each in self.assumptions if not each.ends]
        floors = [
            {"name": each.name, "floor": each.floor, "reached": each.reached, "kept": each.kept, "draws": each.draws}
            for each in self.floors
        ]
        return {"coverage": self.coverage, "moved": moved, "of_intervals_alone": draws, "floors": floors}

    def _shown(self) -> Shown:
        return "Sensitivity", [("", line) for line in self.lines()]


def assumptions(study: Study) -> tuple[Assumption, ...]:
    """Return the settings that a study leaves to their defaults and that act on its inputs."""
    return tuple(_assumptions(study))


def _assumptions(study: Study) -> Iterator[Assumption]:
    demand = study.demand
    acting = {
        "demand.need_share": study.inputs.survey is not None,
        "demand.footfall_capture": study.inputs.footfall is not None,
        "demand.non_resident_share": demand.footfall_capture > 0 and study.inputs.footfall is not None,
        "demand.footfall_bandwidth_m": demand.footfall_capture > 0 and study.inputs.footfall is not None,
        "travel.detour": study.inputs.streets is None and study.inputs.travel is None,
    }
    for key, ends in OTHER_ENDS.items():
        section, name = key.split(".")
        held = getattr(study, section)
        if name in ("online_share", "speed_m_s"):
            yield from _by_age(study, key)
        elif acting[key] and name not in held.model_fields_set:
            yield Assumption(key=key, value=f"{getattr(held, name):g}", ends=ends)
    for key in DRAWS_ONLY:
        name = key.split(".")[1]
        idle = name == "footfall_cv" and study.inputs.footfall is None
        if name not in demand.model_fields_set and not idle:
            yield Assumption(key=key, value=f"{getattr(demand, name):g}", ends=())


def _by_age(study: Study, key: str) -> Iterator[Assumption]:
    """Yield a share or speed that some age groups do not have."""
    section, name = key.split(".")
    given = dict(getattr(getattr(study, section), name))
    lacking = [group for group in study.demand.age_groups if group not in given]
    timed = study.inputs.travel is None and not study.travel.is_distance
    if not lacking or (name == "speed_m_s" and not timed):
        return
    default = {"online_share": 0.0, "speed_m_s": 1.0}[name]
    ends = tuple(given | dict.fromkeys(lacking, end) for end in OTHER_ENDS[key])
    yield Assumption(key=key, value=f"{default:g} for {', '.join(lacking)}", ends=ends)


def sensitivity(study: Study, *, time_limit_s: float = TIME_LIMIT_S, progress: Listener | None = None) -> Sensitivity:
    """Solve a study, and again with each of its assumptions moved to its other ends.

    Parameters
    ----------
    study
        See :func:`placement.study.read_study`.
    time_limit_s
        Of all solves together; each has an equal part, or the study's own limit where that is shorter.
    progress
        Called with a :class:`~placement.progress.Step` whenever there is something to tell.

    Raises
    ------
    InputError, InfeasibleError, NoSolutionError
        As :func:`placement.pipeline.recommend` does, of the study as it stands.
    """
    found = assumptions(study)
    turns = 1 + sum(len(each.ends) for each in found)
    case = prepare(study, progress=progress)
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
        floors=kept_floors(case, plan, seed=options.seed),
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
    names = ", ".join(f"{group} {value:g}" for group, value in end.items()) if isinstance(end, dict) else f"{end:g}"
    before, after = set(plan.open), set(plan.open if other is None else other.open)
    return Moved(
        key=assumed.key,
        value=assumed.value,
        moved_to=names,
        kept=_coverage(case, plan.open),
        best=None if other is None else _coverage(case, other.open),
        opened=tuple(sorted(after - before)),
        closed=tuple(sorted(before - after)),
        proven=other is not None and other.status == "optimal",
    )


def _coverage(case: StudyCase, standing: tuple[str, ...]) -> float:
    """Return the share of the case's weight that some sites cover, by steps as they count."""
    counted = case.coverage.counted(case.sites.ids.isin(standing))
    weight = case.demand.weight
    return float((weight * counted).sum() / weight.sum())
