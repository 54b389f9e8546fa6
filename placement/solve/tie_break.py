r"""Among plans of equal value, the one with the least action cost, then the lowest columns.

Two runs on one input must give one plan, and a plan that moves stations for no gain is a bad plan. With the optimum
``v*`` known, and ``a`` the cost of each column's action,

.. math::

    C = \min \{ a^\top x : \mathrm{value}(x) \ge v^* \}

is one more mixed-integer program. Of the plans with :math:`a^\top x \le C` the lowest is taken: at the first column
in which two plans differ, the one that has it wins. Columns are settled in blocks of 16, each block by

.. math:: \max \sum_{i=0}^{15} 2^{15 - i} x_{k + i} ,

then fixed. Within a block the largest sum *is* the lowest set, and 2^16 times a solver's tolerance stays far below the
1 that two sets differ by, so that the order is exact. Every step is recounted in integers; one that the solver leaves
unproven ends the attempt.
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

_BLOCK = 16
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
    """The model with the value kept, narrowed step by step."""

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
        model.keep_value(solution.objective)

    def lowest(self, cost: IntArray) -> BoolArray | None:
        if cost.any():
            if not self._best(-cost):
                return None
            self.model.keep_sum(-cost, exact_sum(-cost[self.chosen]))
        free = np.flatnonzero(~self.program.required & ~self.program.excluded)
        for block in np.split(free, range(_BLOCK, free.size, _BLOCK)):
            powers = np.zeros(self.program.n_columns, dtype=np.int64)
            powers[block] = 2 ** np.arange(block.size - 1, -1, -1)
            if not self._best(powers):
                return None
            for k in block.tolist():
                self.model.fix(k, chosen=bool(self.chosen[k]))
        return self.chosen

    def _best(self, coefficients: IntArray) -> bool:
        """Move to a plan with the largest ``coefficients @ x``; False where that is not proven."""
        left = None if self.ends is None else self.ends - perf_counter()
        if left is not None and left <= 0:
            return False
        self.model.aim(coefficients)
        outcome = run_highs(self.model, replace(self.limits, time_limit_s=left), self.chosen)
        if outcome.state != "optimal" or outcome.values is None:
            return False
        chosen = rounded(outcome.values, highs_version())
        counted = recount(self.program, chosen)
        if counted.violations or counted.objective != self.value:
            return False
        reached, before = (exact_sum(coefficients[plan]) for plan in (chosen, self.chosen))
        if reached < max(before, safe_bound(outcome.bound)):
            return False
        self.chosen = chosen
        return True
