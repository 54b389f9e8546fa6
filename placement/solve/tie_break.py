r"""Among plans of equal value, the one with the least action cost, then the lowest columns.

Two runs on one input must give one plan, and a plan that moves stations for no gain is a bad plan. With the optimum
``v*`` known and ``a`` the cost of each column's action, four steps, each a mixed-integer program or smaller:

1. Columns that no plan of value ``v*`` can have otherwise are fixed: those whose reduced cost in the linear relaxation
   exceeds its gap to ``v*``.
2. :math:`\max\; R\, \mathrm{value}(x) - a^\top x` with :math:`R > \sum_k |a_k|` gives the least cost ``C`` of an
   optimum; from here on :math:`a^\top x \le C`.
3. The best plan *other than* the present one: where it is worth less than ``v*``, the present one is the only one left.
4. Else the lowest is sought: at the first column in which two plans differ, the one that has it wins. Columns are
   settled in blocks of up to 16 by :math:`\max\; 2^B \mathrm{value}(x) + \sum_{i < B} 2^{B - 1 - i} x_{k + i}`, then
   fixed.

The value stays in every objective, where a solver prunes by it; as a row it would be a knapsack that hides it. All
coefficients are integers that a double holds exactly. Every plan is recounted in integers, and a step whose bound does
not come within 1 of it ends the attempt, so that numbers too large for a solver's tolerance give no answer, not a wrong
one.
"""

from __future__ import annotations

from dataclasses import replace
from time import perf_counter

import numpy as np
from numpy.typing import ArrayLike

from placement.solve.aggregate import aggregate
from placement.solve.claims import rounded, safe_bound
from placement.solve.highs import highs_version
from placement.solve.milp import BoolArray, IntArray, Limits, PulpModel, build_model, run_highs
from placement.solve.recount import exact_sum, recount
from placement.solve.reduced import ReducedProgram
from placement.values import Certificate, CoverageProgram, Solution

MAX_SITES = 300
"""Reduced programs with more sites are left as they are: the search among equals may take longer than the proof."""

_LONGEST_BLOCK = 16
_OBJECTIVE_BITS = 39
"""A block is as long as keeps the objective below 2^39, where a solver's bound is still known to less than 1."""
_TOLERANCE = 1e-9


def tie_break(
    program: CoverageProgram,
    solution: Solution,
    action_cost: ArrayLike,
    *,
    time_limit_s: float | None = None,
    seed: int = 0,
    threads: int = 2,
) -> Solution | None:
    """Return the optimum with the least action cost, then the lowest columns.

    Parameters
    ----------
    program
        The program.
    solution
        Its optimum, with objective equal to bound.
    action_cost
        (columns,) int64 cost of the action each column stands for; may be negative.
    time_limit_s
        Seconds for all steps together; None = no limit.
    seed, threads
        As in :func:`placement.solve.milp.solve_milp`.

    Returns
    -------
    Solution or None
        The same solution with another plan of the same objective, its certificate reissued with that plan; None
        where `solution` is not a proven optimum, the reduced program has more than 300 sites, or a step could not be
        proven in time.
    """
    if solution.status != "optimal" or solution.objective != solution.bound:
        return None
    reduced = aggregate(program, threads=threads)
    if _sites_left(reduced) > MAX_SITES:
        return None
    cost = np.asarray(action_cost, dtype=np.int64)
    ends = None if time_limit_s is None else perf_counter() + time_limit_s
    search = _Search(program, build_model(reduced), solution, ends=ends, seed=seed, threads=threads)
    chosen = search.lowest(cost)
    if chosen is None:
        return None
    certificate = solution.certificate and _reissued(solution.certificate, chosen)
    details = {**solution.details, "tie_broken_by": highs_version()}
    return replace(solution, chosen=chosen, certificate=certificate, details=details)


def _reissued(certificate: Certificate, chosen: BoolArray) -> Certificate:
    """Return the certificate with another plan of the same value: what it proves does not depend on the plan."""
    unsealed = replace(certificate, chosen=chosen, digest="")
    return replace(unsealed, digest=unsealed.content_digest())


def _sites_left(reduced: ReducedProgram) -> int:
    """Return how many sites still cover a row or carry a value."""
    placed = reduced.column_site >= 0
    with_value = reduced.column_site[placed & (reduced.column_values != 0)]
    return int(np.union1d(reduced.covers.indices, with_value).size)


class _Search:
    """The model, narrowed step by step, and the best plan so far."""

    def __init__(
        self,
        program: CoverageProgram,
        model: PulpModel,
        solution: Solution,
        *,
        ends: float | None,
        seed: int,
        threads: int,
    ) -> None:
        self.program, self.model, self.value, self.ends = program, model, solution.objective, ends
        self.limits = Limits(seed=seed, threads=threads, tolerance=_TOLERANCE)
        self.chosen: BoolArray = solution.chosen
        self.free = ~program.required & ~program.excluded

    def lowest(self, cost: IntArray) -> BoolArray | None:
        """Return the plan sought, or None where a step was not proven."""
        self._fix_what_is_settled()
        if cost.any():
            if not self._improve(exact_sum(np.abs(cost)) + 1, -cost):
                return None
            self.model.keep_sum(-cost, exact_sum(-cost[self.chosen]))
        free = np.flatnonzero(self.free)
        length = min(max(_OBJECTIVE_BITS - abs(self.value).bit_length(), 1), _LONGEST_BLOCK)
        known = None
        for start in range(0, free.size, length):
            if known is not self.chosen:
                others = self._others(free[start:])
                if not others:
                    return None if others is None else self.chosen
                known = self.chosen
            block = free[start : start + length]
            powers = np.zeros(self.program.n_columns, dtype=np.int64)
            powers[block] = 2 ** np.arange(length - 1, length - 1 - block.size, -1)
            if not self._improve(2**length, powers):
                return None
            for k in block.tolist():
                self.model.fix(k, chosen=bool(self.chosen[k]))
        return self.chosen

    def _fix_what_is_settled(self) -> None:
        bound, reduced = self.model.relaxation()
        tolerance = 1e-6 + 1e-9 * abs(self.value)
        settled = self.free & (bound - np.abs(reduced) + tolerance < self.value)
        for k in np.flatnonzero(settled).tolist():
            self.model.fix(k, chosen=bool(reduced[k] > 0))
        self.free &= ~settled

    def _others(self, columns: IntArray) -> bool | None:
        """Return whether a plan as good differs from the present one in `columns`; None where that is not known."""
        row = self.model.differ(self.chosen, columns)
        found = self._run(1, np.zeros(self.program.n_columns, dtype=np.int64), start=None)
        self.model.lift(row)
        if found is None:
            return None
        bound, chosen = found
        if bound < self.value:
            return False
        return True if chosen is not None and recount(self.program, chosen).objective == self.value else None

    def _improve(self, factor: int, coefficients: IntArray) -> bool:
        """Move to a plan with the largest ``factor * value + coefficients @ x``; False where that is not proven."""
        found = self._run(factor, coefficients, start=self.chosen)
        bound, chosen = (np.inf, None) if found is None else found
        if chosen is None:
            return False
        counted = recount(self.program, chosen)
        if counted.violations or counted.objective != self.value:
            return False
        reached, before = (exact_sum(coefficients[plan]) for plan in (chosen, self.chosen))
        if factor * self.value + reached < bound or reached < before:
            return False
        if reached > before:
            self.chosen = chosen
        return True

    def _run(
        self, factor: int, coefficients: IntArray, *, start: BoolArray | None
    ) -> tuple[int | float, BoolArray | None] | None:
        """Return HiGHS' bound and plan; None where it was not done in time."""
        left = None if self.ends is None else self.ends - perf_counter()
        if left is not None and left <= 0:
            return None
        self.model.aim(factor, coefficients)
        outcome = run_highs(self.model, replace(self.limits, time_limit_s=left), start)
        if outcome.state == "infeasible":
            return -np.inf, None
        if outcome.state != "optimal" or outcome.values is None:
            return None
        return safe_bound(outcome.bound), rounded(outcome.values, highs_version())
