"""Why no plan exists: the fewest constraints that cannot hold together, and how far one of them must give way.

Constraints are let go one by one; what the others still rule out without it is not needed for the clash (the deletion
filter of Chinneck & Dravnieks 1991, Locating minimal infeasible constraint sets in linear programs, ORSA Journal on
Computing 3, 157-168). The relaxation answers first, in a few simplex steps a question; where fractions could satisfy
everything, or where columns are few, the engine decides by its tree. Both prove what they rule out.

How far a constraint must give way lies between what is proven and what a plan gets by with: the relaxation gives the
first bound, and the engine is asked halfway between the two as long as there is time.
"""

from __future__ import annotations

import logging
import math
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from placement.solve.deadline import Deadline
from placement.solve.engine import solve_engine
from placement.solve.infeasible.constraints import REQUIRED, constraint_names, eased, restricted
from placement.solve.infeasible.feasibility import FeasibilityModel
from placement.solve.program.recount import covered_rows, exact_sum, open_sites
from placement.solve.program.reduced import common_divisor
from placement.solve.settings import DEFAULTS, EngineSettings
from placement.values import Certificate, CoverageProgram, Solution
from placement.values.infeasible import WEIGHT_UNIT, Change, Infeasibility
from placement.values.visits_certificate import VISITS_FLOOR

_LOG = logging.getLogger(__name__)

_ANY_PLAN = 0.999
"""Asked gap at which the engine stops at nearly any plan."""

_FILTER_SHARE, _FILTER_VISITS_SHARE, _CHANGE_SHARE, _QUESTION_SHARE = 0.5, 0.4, 0.7, 0.6
"""Shares of the time left that finding the clash may take, with limits on visits, what is enough of one constraint, and
one question."""

_MARGIN = 0.1
"""How far beyond what is proven a constraint gives way where a first plan is looked for, as a share of that."""

_QUESTIONS, _FEW_COLUMNS, _QUESTIONS_OF_FEW = 3, 100, 30
"""Questions to the engine that bring together what is proven and what is enough; more where columns are few."""

_PRECISE = 0.05
"""Where columns are many the two need come no closer than this share."""


class LimitsOnVisits(Protocol):
    """What visits of stations are asked for, where rows of a program stand for that but do not say all of it."""

    def solution(self, program: CoverageProgram, time_limit_s: float) -> Solution:
        """Return any plan that keeps what the rows of `program` ask and what they stand for, or proof of none."""
        ...

    def excess(self, name: str, chosen: NDArray[np.bool_]) -> int | None:
        """Return by how much the stations of a plan miss the limit of a name; None where it is none on visits."""
        ...


def explain(
    program: CoverageProgram,
    certificate: Certificate,
    *,
    deadline: Deadline,
    seed: int,
    threads: int,
    settings: EngineSettings | None = None,
    visits: LimitsOnVisits | None = None,
) -> Infeasibility:
    """Return why `program`, which `certificate` proves infeasible, has no plan.

    `visits` are limits that rows of the program stand for; None: there are no such rows.

    Where time is short the clash may name more constraints than it takes, and changes may be missing; what is returned
    is proven all the same. A solver that fails on the way takes nothing from what was proven before.
    """
    explainer = _Explainer(program, certificate, deadline, seed, threads, settings or DEFAULTS, visits)
    try:
        return explainer.explain()
    except Exception as error:  # noqa: BLE001 -- whatever a solver does, what is proven stays
        _LOG.warning("the clash is not explained in full: %s: %s", type(error).__name__, error)
        return explainer.found


@dataclass
class _Explainer:
    program: CoverageProgram
    certificate: Certificate
    deadline: Deadline
    seed: int
    threads: int
    settings: EngineSettings
    visits: LimitsOnVisits | None

    def __post_init__(self) -> None:
        self.found = Infeasibility(constraints=constraint_names(self.program), certificate=self.certificate)

    def explain(self) -> Infeasibility:
        """Return the clash with its proof and the changes."""
        names = self.found.constraints
        self._relaxation = self._model(self.program)
        conflict, proof = self._filtered(names)
        if proof is not None and len(conflict) < len(names):
            self.found = Infeasibility(constraints=conflict, certificate=proof)
        changes = [self._lower(name) for name in self._in_turn() if name not in {REQUIRED, *self._rules()}]
        candidates = [change for change in changes if change is not None]
        settled = [self._settled(change, last=change is candidates[-1]) for change in candidates]
        return replace(self.found, changes=tuple(change for change in settled if change is not None))

    def _in_turn(self) -> list[str]:
        """Return the constraints of the clash: limits first, but floors where they clash with a rule.

        That on all visits comes before these: whatever sees most tells what is enough of it.
        """
        floors = [floor.name for floor in self.program.floors]
        seen = {row.name for row in self.program.linear if row.kind == VISITS_FLOOR}
        against = bool(self._rules() & set(self.found.constraints))
        return sorted(self.found.constraints, key=lambda name: (name not in seen, (name in floors) != against))

    def _rules(self) -> set[str]:
        """Return the names of rules that hold as a whole: there is no amount by which one could give way."""
        return {row.name for row in self.program.linear if row.kind.rule}

    def _model(self, program: CoverageProgram) -> FeasibilityModel:
        return FeasibilityModel(program, threads=self.threads, settings=self.settings)

    def _filtered(self, names: tuple[str, ...]) -> tuple[tuple[str, ...], Certificate | None]:
        """Return a smallest part of the constraints that still clashes, with its proof; what is doubtful stays in."""
        share = _FILTER_SHARE if self.visits is None else _FILTER_VISITS_SHARE
        until = self.deadline.within(share * self.deadline.left_s())
        used = self._relaxation.clash(names, until)
        self._relaxed = bool(used)
        if not used:
            return self._filtered_by_engine(names, None, until)
        conflict = tuple(name for name in names if name in used)
        for name in conflict:
            rest = tuple(other for other in conflict if other != name)
            if name in conflict and rest and not until.passed():
                still = self._relaxation.clash(rest, until)
                conflict = tuple(other for other in rest if other in still) if still else conflict
        proof = self._model(restricted(self.program, conflict)).proof(self.deadline)
        if proof is None:  # fractions prove it together with the rest, whose rounding they may need
            proof = self._asked(restricted(self.program, conflict), self.deadline).certificate
        if self.program.n_columns > _FEW_COLUMNS:
            return conflict, proof
        return self._filtered_by_engine(conflict, proof, until)  # whole numbers may clash where fractions do not

    def _filtered_by_engine(
        self, names: tuple[str, ...], proof: Certificate | None, until: Deadline
    ) -> tuple[tuple[str, ...], Certificate | None]:
        conflict = names
        for name in names:
            rest = tuple(other for other in conflict if other != name)
            if rest and not until.passed():
                solution = self._asked(restricted(self.program, rest), until)
                if solution.status == "infeasible":
                    conflict, proof = rest, solution.certificate
        return conflict, proof

    def _lower(self, name: str) -> Change | None:
        """Return by how much a constraint must give way at least: as the relaxation proves, else by one unit."""
        if self.deadline.passed():
            return None
        shortfall = self._relaxation.shortfall(name, self.deadline)
        if shortfall is not None:
            return self._change(name, shortfall.amount, shortfall.certificate)
        if self._relaxed:
            return None  # it cannot help by itself, or time is short
        return self._change(name, 1, self.certificate)

    def _change(self, name: str, amount: int, certificate: Certificate) -> Change:
        row = next((row for row in self.program.linear if row.name == name), None)
        if row is not None:
            asked, of, unit = row.limit + row.base, None, str(row.kind.unit)
        else:
            floor = next(floor for floor in self.program.floors if floor.name == name)
            asked, of, unit = floor.minimum, exact_sum(self.program.row_weights()[floor.rows]), WEIGHT_UNIT
        return Change(constraint=name, unit=unit, asked=asked, of=of, at_least=amount, certificate=certificate)

    def _settled(self, change: Change, *, last: bool) -> Change | None:
        """Return the change with what is enough; None where its giving way is proven to be not enough by itself."""
        until = self.deadline.within((1.0 if last else _CHANGE_SHARE) * self.deadline.left_s())
        more = self._last_alike(change.constraint, math.ceil(change.at_least * (1 + _MARGIN)))
        # Plans that see enough are rare near the limit: where visits are asked for, the easy question comes first.
        for amount in (more, None) if self.visits is None else (None,):
            if until.passed():
                return change
            solution = self._plan(self._given_way(change.constraint, amount), until)
            if solution.status in {"optimal", "feasible"}:
                return self._narrowed(self._with_plan(change, solution), until)
            if amount is None:
                return None if solution.status == "infeasible" else change
            change = self._raised(change, amount, solution)
        return change

    def _narrowed(self, change: Change, until: Deadline) -> Change:
        """Return the change with what is proven and what is enough brought together, as far as time allows."""
        few = self.program.n_columns <= _FEW_COLUMNS
        questions, precise = (_QUESTIONS_OF_FEW, 0.0) if few else (_QUESTIONS, _PRECISE)
        least = change.at_least
        for _ in range(questions):
            close = change.enough is None or change.enough - least <= precise * change.enough
            if close or until.passed():
                break
            amount = self._last_alike(change.constraint, (least + (change.enough or 0)) // 2)
            solution = self._plan(self._given_way(change.constraint, amount), until)
            if solution.status in {"optimal", "feasible"}:
                change = self._with_plan(change, solution)
            elif solution.status == "infeasible":
                change = self._raised(change, amount, solution)
                least = amount + 1
            else:
                break
        return change

    def _last_alike(self, name: str, amount: int) -> int:
        """Return the largest amount that lets a constraint allow the same plans as `amount`: money goes in lumps."""
        for row in self.program.linear:
            if row.name == name:
                lump = common_divisor(row)
                return ((row.limit + amount) // lump + 1) * lump - row.limit - 1
        return amount

    def _raised(self, change: Change, amount: int, solution: Solution) -> Change:
        """Return the change with a higher amount that is not enough, if that was proven."""
        if solution.status != "infeasible" or solution.certificate is None:
            return change
        return replace(change, at_least=amount + 1, certificate=solution.certificate)

    def _with_plan(self, change: Change, solution: Solution) -> Change:
        excess = None if self.visits is None else self.visits.excess(change.constraint, solution.chosen)
        if excess is None:
            excess = _excess(self.program, change.constraint, solution.chosen)
        amount = max(change.at_least, excess)
        names = self.program.column_names or tuple(f"column {k}" for k in range(self.program.n_columns))
        return replace(
            change, enough=amount, decisions=tuple(names[k] for k in np.flatnonzero(solution.chosen).tolist())
        )

    def _given_way(self, name: str, amount: int | None) -> CoverageProgram:
        """Return the program in which a constraint gives way by an amount, or, with None, wholly."""
        if amount is not None:
            return eased(self.program, name, amount)
        return restricted(self.program, [other for other in constraint_names(self.program) if other != name])

    def _plan(self, program: CoverageProgram, until: Deadline) -> Solution:
        """Return any plan of a program that keeps limits on visits too, or proof that there is none."""
        if self.visits is None:
            return self._asked(program, until)
        # What proves that limits on visits cannot be kept is of another program: no certificate of this one.
        found = self.visits.solution(program, max(_QUESTION_SHARE * until.left_s(), 1e-3))
        return replace(found, certificate=None)

    def _asked(self, program: CoverageProgram, until: Deadline) -> Solution:
        """Return what the engine finds of a program in its share of the time: any plan, or proof that none exists."""
        limit = max(_QUESTION_SHARE * until.left_s(), 1e-3)
        options: dict[str, Any] = {"seed": self.seed, "threads": self.threads}
        return solve_engine(program, gap=_ANY_PLAN, time_limit_s=limit, settings=self.settings, **options)


def _excess(program: CoverageProgram, name: str, chosen: NDArray[np.bool_]) -> int:
    """Return by how much a plan goes beyond a limit or stays below a floor."""
    for row in program.linear:
        if row.name == name:
            return exact_sum(row.coefficients[chosen[row.columns]]) - row.limit
    floor = next(floor for floor in program.floors if floor.name == name)
    stands, covered, first = open_sites(program, chosen), 0, 0
    for covers, weights in program.blocks():
        inside = floor.rows[(floor.rows >= first) & (floor.rows < first + weights.size)] - first
        covered += exact_sum(np.where(covered_rows(covers, stands), weights, 0)[inside])
        first += weights.size
    return floor.minimum - covered
