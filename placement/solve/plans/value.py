"""Plans: their exact value, whether they are feasible, and how to find one near a point of the relaxation."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from placement.kernels import Bools, Ints, Longs, kernel, read_only
from placement.solve.deadline import NEVER, Deadline
from placement.solve.plans.relocate import relocation_plan
from placement.solve.plans.swaps import Field, build_field, greedy_plan, rounded
from placement.solve.program.domain import Domain
from placement.solve.program.incumbent import Incumbent, best
from placement.solve.program.problem import NO_LIMIT, ONE, Covers, Floors, Problem
from placement.solve.program.restrict import Work, label_membership
from placement.solve.settings import DEFAULTS, PlanSettings
from placement.values.arrays import BoolArray, IntArray
from placement.values.layers import FULL, worth_by_count


@kernel
def _covered_by_label(covers: Covers, labels: Ints, n_labels: int, opened: Bools) -> Any:
    covered = np.zeros(n_labels, np.int64)
    for row in range(covers.weights.size):
        for entry in range(covers.indptr[row], covers.indptr[row + 1]):
            if opened[covers.sites[entry]]:
                covered[labels[row]] += covers.weights[row]
                break
    return covered


@kernel
def _layered_worth(covers: Covers, floors: Floors, worth: Longs, at: Longs) -> Any:
    """Return what all classes count with `at` columns providing at each site, in ``2**-20`` of the weights' unit.

    `worth` is that of a unit of weight by count, of classes that count by layers, then of those that count once.
    """
    total, most = np.int64(0), worth.size // 2
    for row in range(covers.weights.size):
        count = 0
        for entry in range(covers.indptr[row], covers.indptr[row + 1]):
            count += at[covers.sites[entry]]
        label = floors.label[row]
        total += floors.worth[label] * covers.weights[row] * worth[floors.once[label] * most + min(count, most - 1)]
    return total


def covered_by_label(problem: Problem, chosen: BoolArray) -> IntArray:
    """Return the weight that a plan covers, by label of the classes."""
    opened = np.zeros(problem.exclusive.size, dtype=bool)
    sites = problem.site[chosen]
    opened[sites[sites >= 0]] = True
    floors = problem.floors
    return np.asarray(_covered_by_label(problem.covers, floors.label, floors.indptr.size - 1, opened))


def plan_value(problem: Problem, chosen: BoolArray) -> int | None:
    """Return the exact value of a plan, or None if it is not feasible."""
    if (problem.status[chosen] == 2).any() or (problem.status[~chosen] == ONE).any():
        return None
    x = chosen.astype(np.int64)
    used = np.zeros(problem.low.size, dtype=np.int64)
    rows = np.repeat(np.arange(used.size), np.diff(problem.side.indptr))
    np.add.at(used, rows, problem.side.coefficients * x[problem.side.columns])
    if (used > problem.high).any() or (used < problem.low).any():
        return None
    floors = problem.floors
    covered = covered_by_label(problem, chosen)
    if floors.minimum.size:
        label_of = np.repeat(np.arange(covered.size), np.diff(floors.indptr))
        reached = np.zeros(floors.minimum.size, dtype=np.int64)
        np.add.at(reached, floors.floor_index, covered[label_of])
        if (reached < floors.minimum).any():
            return None
    return _worth(problem, chosen, covered) + int(problem.values[chosen].sum())


def _worth(problem: Problem, chosen: BoolArray, covered: IntArray) -> int:
    """Return what a plan covers, by layers and rounded down; `covered` is the weight with one column or more."""
    if problem.plain:
        return int(problem.floors.worth @ covered)
    sites = problem.site[chosen]
    at = np.bincount(sites[sites >= 0], minlength=problem.exclusive.size).astype(np.int64)
    worth = np.concatenate([worth_by_count(layers) for layers in problem.layers])
    return int(_layered_worth(problem.covers, problem.floors, worth, at)) // FULL


class Finder:
    """Finds plans near points of the relaxation.

    Parameters
    ----------
    problem
        The program.
    until
        After it plans are no longer improved, only made.
    settings
        How far points are rounded, and how long plans are improved.

    Attributes
    ----------
    packing
        Whether all side rows are ``<=`` with coefficients >= 0, so that columns may be dropped and exchanged freely.
    column_weight
        (columns,) weight within reach of each column's site, at least 1.
    """

    def __init__(self, problem: Problem, until: Deadline = NEVER, settings: PlanSettings = DEFAULTS.plans) -> None:
        self._problem, self._until, self._settings = problem, until, settings
        self._whole: Work | None = None
        self._plain: tuple[Incumbent | None] | None = None
        self._fields: dict[bytes, Field] = {}
        linear_entries = problem.side.indptr[problem.n_linear]
        signs = problem.side.coefficients[:linear_entries]
        self.packing = bool((signs >= 0).all() and (problem.low[: problem.n_linear] <= -NO_LIMIT).all())
        covers = problem.covers
        site_of_entry = np.repeat(np.arange(covers.site_indptr.size - 1), np.diff(covers.site_indptr))
        reach = np.bincount(site_of_entry, weights=covers.weights[covers.site_rows], minlength=problem.exclusive.size)
        self.column_weight = 1.0 + np.append(reach, 0.0)[problem.site] + np.abs(problem.values)

    def from_point(self, work: Work, domain: Domain, x: NDArray[Any]) -> Incumbent | None:
        """Return a plan found from a point `x` over the undecided columns of `work`, which is what `domain` leaves."""
        chosen = domain.chosen
        if not work.columns.size:
            return self._valued(chosen)
        if self.packing and not (work.low > -np.inf).any():
            field = build_field(work)
            settings = self._settings
            start = rounded(field, x, settings.rounded_from)
            plan, _ = greedy_plan(field, start, settings.passes, 1, until=self._until, looks=settings.looks)
            chosen[work.columns[plan]] = True
            return self._valued(chosen)
        whole = chosen.astype(np.float64)
        whole[work.columns] = x
        inside = self._valued(_with(chosen, work.columns[x > 0.5]))
        return best(inside, self._relocated(whole), self._from_nothing())

    def _from_nothing(self) -> Incumbent | None:
        """Return the plan that exchanges find by themselves; it is looked for once."""
        if self._plain is None:
            self._plain = (self._relocated(np.zeros(self._problem.n_columns)),)
        return self._plain[0]

    def _relocated(self, x: NDArray[Any]) -> Incumbent | None:
        """Return a plan found by exchanges near `x`; where it misses floors, again with their classes weighing more.

        The search runs over the whole program: what a node has decided guides it through `x` but does not bind it.
        """
        problem, settings = self._problem, self._settings
        work = self._whole_work()
        if (work.low > 0).any():
            return None
        decided = np.asarray(problem.status == ONE)
        factor, membership = work.label_worth, label_membership(work)
        until = self._until.within(settings.search_share * self._until.left_s())
        for _ in range(settings.boosts if work.minimum.size else 1):
            field = self._field(factor)
            plan, _ = relocation_plan(field, x[work.columns], 1, until, settings)
            chosen = _with(decided, work.columns[plan])
            found = self._valued(chosen)
            if found is not None:
                return found
            if until.passed():
                break
            missed = membership @ covered_by_label(problem, chosen) < work.minimum
            factor = np.where(membership[missed].any(axis=0), settings.boost * np.maximum(factor, 1.0), factor)
        return None

    def _whole_work(self) -> Work:
        if self._whole is None:
            self._whole = Domain.of(self._problem).restricted(self._problem)
        return self._whole

    def _field(self, factor: NDArray[Any]) -> Field:
        """Return the search field of the whole program with the classes of each label weighing so much more."""
        key = factor.tobytes()
        if key not in self._fields:
            work = self._whole_work()
            weights, fold = np.rint(work.weights * factor[work.label]), np.rint(work.fold * factor[:, None])
            in_full = np.ones(factor.size)
            self._fields = {
                **dict(list(self._fields.items())[-self._settings.boosts :]),
                key: build_field(read_only(work._replace(weights=weights, fold=fold, label_worth=in_full))),
            }
        return self._fields[key]

    def _valued(self, chosen: BoolArray) -> Incumbent | None:
        value = plan_value(self._problem, chosen)
        return None if value is None else Incumbent(chosen, value)


def _with(chosen: BoolArray, columns: IntArray) -> BoolArray:
    """Return a plan with more columns chosen."""
    grown = chosen.copy()
    grown[columns] = True
    return grown
