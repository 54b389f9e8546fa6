"""A program with its majorants, the parts that its plans are divided into, and the proof that they make."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from placement.solve.capture.aim import Aim
from placement.solve.capture.idle import Idle
from placement.solve.capture.majorants import Mixture, joined
from placement.solve.capture.marks import Marks
from placement.solve.capture.rows import FLOOR_NAME, floor_row, times, valued
from placement.solve.ties.reissue import without_plan
from placement.values import Certificate, CoverageProgram, LinearRow, Solution
from placement.values.arrays import FloatArray
from placement.values.majorants import Majorants
from placement.values.visits_certificate import VisitsCertificate
from placement.values.whole_capture import WholeCapture

Fixings = tuple[tuple[int, int], ...]
"""Columns and whether each is chosen (1) or not (0)."""

_WHOLE = 1e-6
"""A column this near to 0 or 1 is decided by the relaxation."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Part:
    """The plans with some columns fixed, and what is proven of them.

    Parameters
    ----------
    fixed
        The columns.
    mixed
        The majorant that prices visits; None: the first of the program.
    bound
        No plan of the part is worth more; None where it has none.
    inner
        The proof.
    point
        (columns,) of the relaxation.
    """

    fixed: Fixings
    mixed: Mixture | None
    bound: int | None
    inner: Certificate
    point: FloatArray

    def question(self) -> int | None:
        """Return the column that the relaxation leaves most open; None where it decides all."""
        distance = np.abs(self.point - 0.5)
        distance[[column for column, _ in self.fixed]] = 0.5
        column = int(distance.argmin()) if distance.size else 0
        return column if distance.size and distance[column] < 0.5 - _WHOLE else None


@dataclass(frozen=True, kw_only=True, eq=False)
class Grown:
    """A program with rows for the limits on visits, and majorants in their place.

    Parameters
    ----------
    base
        The program with the rows.
    capture, aim
        As in the run.
    mixtures, majorants
        The majorants, the first of which prices visits; the floor is asked of each.
    idle
        Why stations see too few beside others, in the order of the rows.
    marks
        Those of idle stations, where these are limited.
    """

    base: CoverageProgram
    capture: WholeCapture
    aim: Aim
    mixtures: tuple[Mixture, ...]
    majorants: Majorants
    idle: tuple[Idle, ...]
    marks: Marks | None = None

    @classmethod
    def of(
        cls,
        program: CoverageProgram,
        capture: WholeCapture,
        aim: Aim,
        *,
        mixtures: Sequence[Mixture],
        idle: Sequence[tuple[Idle, LinearRow]],
        marks: Marks | None = None,
    ) -> Grown:
        """Return the program with a row for each majorant, where a floor is asked, and each of `idle`."""
        majorants, floor = joined(capture.n_sites, mixtures), aim.floor
        numbers = zip(majorants.constant.tolist(), majorants.coefficient, strict=True)
        rows = [] if floor is None else [floor_row(program, k, c, floor, FLOOR_NAME) for k, c in numbers]
        return cls(
            base=replace(program, linear=(*program.linear, *rows, *(row for _, row in idle))),
            capture=capture,
            aim=aim,
            mixtures=tuple(mixtures),
            majorants=majorants,
            idle=tuple(each for each, _ in idle),
            marks=marks,
        )

    def program(self, fixed: Fixings = (), mixed: Mixture | None = None) -> CoverageProgram:
        """Return the ordinary program of a part of the plans."""
        program = self.base
        if self.aim.weight:
            program = valued(program, self.aim.weight, self._priced(mixed).coefficient[0])
        required, excluded = program.required.copy(), program.excluded.copy()
        required[[column for column, value in fixed if value]] = True
        excluded[[column for column, value in fixed if not value]] = True
        return replace(program, required=required, excluded=excluded)

    def part(self, fixed: Fixings, mixed: Mixture | None, solution: Solution, point: FloatArray) -> Part:
        """Return a part with what a solution of its program, that comes with a certificate, proves of it."""
        assert solution.certificate is not None  # noqa: S101 -- as asked
        bound = None if solution.status == "infeasible" else solution.bound
        return self.relaxed_part(fixed, mixed, (bound, solution.certificate), point)

    def relaxed_part(
        self, fixed: Fixings, mixed: Mixture | None, found: tuple[int | None, Certificate], point: FloatArray
    ) -> Part:
        """Return a part with a bound of its program, None where it has no plan, and the proof of it."""
        bound, proof = found
        if bound is not None and self.aim.weight:
            bound += times(self.aim.weight, int(self._priced(mixed).constant[0]))
        return Part(fixed=fixed, mixed=mixed, bound=bound, inner=without_plan(proof), point=point)

    def of_idle(self) -> dict[str, Any]:
        """Return what a certificate says of the limit on idle stations; nothing without one."""
        if self.marks is None:
            return {}
        return {
            "most_idle": self.marks.most,
            "idle_counted": np.array([each.counted for each in self.idle], dtype=np.int64),
            "below": self.marks.below,
            "marked": self.marks.marked,
        }

    def _priced(self, mixed: Mixture | None) -> Majorants:
        return self.majorants if mixed is None else joined(self.capture.n_sites, [mixed])


@dataclass(frozen=True, kw_only=True, eq=False)
class Proven:
    """Parts that hold all plans, and the bound that they prove together."""

    grown: Grown
    parts: tuple[Part, ...]

    @property
    def bound(self) -> int:
        """No plan is worth more."""
        return max((part.bound for part in self.parts if part.bound is not None), default=0)

    @property
    def highest(self) -> Part:
        """The part of the highest bound."""
        return max(self.parts, key=lambda part: -1 if part.bound is None else part.bound)

    def divided(self, part: Part, halves: Sequence[Part]) -> Proven:
        """Return the parts with one divided."""
        at = self.parts.index(part)
        return replace(self, parts=(*self.parts[:at], *halves, *self.parts[at + 1 :]))

    def sealed(self, bound: int, objective: int) -> VisitsCertificate:
        """Return the proof."""
        grown, aim = self.grown, self.grown.aim
        own = [part.mixed for part in self.parts if part.mixed is not None]
        count, priced, none = len(grown.mixtures), [], np.zeros(0, dtype=np.int64)
        for part in self.parts:
            priced.append(0 if part.mixed is None else count)
            count += part.mixed is not None
        beside = [np.array(idle.beside, dtype=np.int64) for idle in grown.idle]
        fixed = [pair for part in self.parts for pair in part.fixed]
        return VisitsCertificate.seal(
            numerator=aim.weight.numerator,
            denominator=aim.weight.denominator,
            floor=aim.floor or 0,
            floors=np.arange(len(grown.mixtures)) if aim.floor is not None else none,
            idle_site=np.array([idle.site for idle in grown.idle], dtype=np.int64),
            idle_indptr=np.cumsum([0] + [each.size for each in beside]),
            idle_beside=np.concatenate([none, *beside]),
            priced=np.array(priced if aim.weight else [-1] * len(self.parts), dtype=np.int64),
            fixed_indptr=np.cumsum([0] + [len(part.fixed) for part in self.parts]),
            fixed_column=np.array([column for column, _ in fixed], dtype=np.int64),
            fixed_value=np.array([value for _, value in fixed], dtype=np.int64),
            majorants=joined(grown.capture.n_sites, [*grown.mixtures, *own]) if own else grown.majorants,
            bound=bound,
            objective=objective,
            inner=tuple(part.inner for part in self.parts),
            **self.grown.of_idle(),
        )
