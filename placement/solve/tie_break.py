r"""Among plans of equal value, the one with the least action cost, then the lowest columns.

Two runs on one input must give one plan, and a plan that moves stations for no gain is a bad plan. With the optimum
``v*`` known and ``a`` the cost of each column's action, questions are put to a mixed-integer solver, most of the form
*is there a plan of value* ``v*`` *in which a row* :math:`r^\top x \ge l` *holds?* Each is asked as

.. math::

    \max\; 2\, \mathrm{value}(x) - s \quad\text{s.t.}\quad r^\top x + M s \ge l,\quad s \in \{0, 1\}

so that the present plan, with ``s = 1``, is a start worth ``2 v* - 1`` by which the solver can prune: the answer is no
exactly where nothing better exists. The value stays in the objective; as a row it would be a knapsack that hides it.

1. Columns that no plan of value ``v*`` can have otherwise are fixed: those whose reduced cost in the linear relaxation
   exceeds its gap to ``v*``.
2. The cheapest plan *on the same sites* is a small problem. Then: is there another set of sites, at no higher cost?
   Mostly there is none, and all that is left is to choose among plans on these sites.
3. Else cheaper plans are asked for until there is none; from then on :math:`a^\top x \le C`.
4. The lowest columns: at the first column in which two plans differ, the one that has it wins. As long as there is
   another plan, columns are settled in blocks by
   :math:`\max\; 2^B \mathrm{value}(x) + \sum_{i < B} 2^{B - 1 - i} x_{k + i}`, then fixed.

All coefficients are integers that a double holds exactly, and limits of rows lie half a unit off, so that no tolerance
can exclude a plan. Every plan is recounted in integers, and a question whose bound does not decide it ends the
attempt, so that numbers too large for a solver's tolerance give no answer, not a wrong one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import ArrayLike
from scipy import sparse

from placement.solve.aggregate import aggregate
from placement.solve.claims import rounded, safe_bound
from placement.solve.deadline import Deadline, hold_interrupts
from placement.solve.highs import ArrayModel, FloatArray, LinearModel, highs_version, solve_mip
from placement.solve.milp import column_arrays
from placement.solve.recount import exact_sum, recount
from placement.values import Certificate, CoverageProgram, Solution
from placement.values.program import BoolArray, IntArray

MAX_ENTRIES = 300_000
"""Reduced programs with more cover entries are left as they are: writing them down takes longer than is worth it."""

_LONGEST_BLOCK = 16
_OBJECTIVE_BITS = 39
"""A block is as long as keeps the objective below 2^39, where a solver's bound is still known to less than 1."""
_TOLERANCE = 1e-9

Answer: TypeAlias = BoolArray | Literal[False] | None
"""A plan, the proof that there is none, or neither."""


def tie_break(
    program: CoverageProgram,
    solution: Solution,
    action_costs: Sequence[ArrayLike],
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
    action_costs
        Each (columns,) int64, the cost of the action each column stands for; may be negative. Plans are compared by
        the sum of the first, then of the second, and so on.
    time_limit_s
        Seconds for all steps together; None = no limit.
    seed, threads
        As in :func:`placement.solve.milp.solve_milp`.

    Returns
    -------
    Solution or None
        The same solution with another plan of the same objective, its certificate reissued with that plan; None
        where `solution` is not a proven optimum, the reduced program is very large, or a step could not be proven
        before the time was over or somebody pressed Ctrl-C.
    """
    if solution.status != "optimal" or solution.objective != solution.bound:
        return None
    reduced = aggregate(program, threads=threads)
    if reduced.covers.nnz > MAX_ENTRIES:
        return None
    with hold_interrupts() as interrupt:
        deadline = Deadline.after(np.inf if time_limit_s is None else time_limit_s, interrupt)
        space = _Space(*column_arrays(reduced))
        search = _Search(program, space, solution, deadline=deadline, seed=seed, threads=threads)
        chosen = search.lowest([np.asarray(cost, dtype=np.int64) for cost in action_costs])
    if chosen is None:
        return None
    certificate = solution.certificate and _reissued(solution.certificate, chosen)
    details = {**solution.details, "tie_broken_by": highs_version()}
    return replace(solution, chosen=chosen, certificate=certificate, details=details)


def _reissued(certificate: Certificate, chosen: BoolArray) -> Certificate:
    """Return the certificate with another plan of the same value: what it proves does not depend on the plan."""
    unsealed = replace(certificate, chosen=chosen, digest="")
    return replace(unsealed, digest=unsealed.content_digest())


@dataclass(frozen=True, eq=False)
class _Row:
    """``coefficients @ x >= least`` over the columns, in integers."""

    coefficients: IntArray
    least: int

    def holds(self, chosen: BoolArray) -> bool:
        """Return whether a plan satisfies the row."""
        return exact_sum(self.coefficients[chosen]) >= self.least


@dataclass(frozen=True, eq=False)
class _Space:
    """The plans in question: a model whose objective is the value, and where in it the columns are."""

    model: ArrayModel
    columns: IntArray

    def where(self, row: _Row) -> _Space:
        """Return the part in which a row holds."""
        return self._grown(row, relief=None)

    def or_relieved(self, row: _Row) -> _Space:
        """Return the space with a last column that relieves a plan of the row, at half a unit of value."""
        relief = row.least - exact_sum(np.minimum(row.coefficients, 0))
        return self._grown(row, relief=relief)

    def _grown(self, row: _Row, relief: int | None) -> _Space:
        model, extra = self.model, 0 if relief is None else 1
        line = np.zeros((1, model.objective.size + extra))
        line[0, self.columns] = row.coefficients
        if relief is not None:
            line[0, -1] = max(relief, 0)
        blank = sparse.csr_array((model.matrix.shape[0], extra))
        return replace(
            self,
            model=ArrayModel(
                objective=np.append(model.objective, [-0.5] * extra),
                matrix=sparse.csr_array(sparse.vstack([sparse.hstack([model.matrix, blank]), line])),
                row_lower=np.append(model.row_lower, row.least - 0.5),
                row_upper=np.append(model.row_upper, np.inf),
                lower=np.append(model.lower, [0.0] * extra),
                upper=np.append(model.upper, [1.0] * extra),
                integer=np.append(model.integer, [True] * extra),
            ),
        )

    def fixed(self, columns: IntArray, values: BoolArray) -> _Space:
        """Return the part in which some columns have the given values."""
        lower, upper = self.model.lower.copy(), self.model.upper.copy()
        lower[self.columns[columns]] = upper[self.columns[columns]] = values
        return replace(self, model=replace(self.model, lower=lower, upper=upper))


class _Search:
    """The space, narrowed step by step, and the best plan so far."""

    def __init__(
        self,
        program: CoverageProgram,
        space: _Space,
        solution: Solution,
        *,
        deadline: Deadline,
        seed: int,
        threads: int,
    ) -> None:
        self.program, self.space, self.value, self.deadline = program, space, solution.objective, deadline
        self.options: dict[str, Any] = {"seed": seed, "threads": threads, "tolerance": _TOLERANCE}
        self.chosen: BoolArray = solution.chosen
        self.free = ~program.required & ~program.excluded
        self.one_a_site = _one_a_site(program)

    def lowest(self, costs: list[IntArray]) -> BoolArray | None:
        """Return the plan sought, or None where a step was not proven."""
        self._fix_what_is_settled()
        none = np.zeros(self.program.n_columns, dtype=np.int64)
        for number, cost in enumerate(costs or [none]):
            cheapest_here = self._cheapen(cost)
            settled = number + 1 >= len(costs) and cheapest_here and self._settle_sites(cost)
            if not settled and not self._cheapest(cost):
                return None
            self.space = self.space.where(self._no_dearer(cost))
        return self._lowest_columns()

    def _fix_what_is_settled(self) -> None:
        relaxation = LinearModel(self.space.model)
        outcome = relaxation.solve(time_limit_s=self.deadline.left_s(), interrupt=self.deadline)
        if outcome.state != "optimal":
            return
        reduced = outcome.reduced_costs[self.space.columns]
        tolerance = 1e-6 + 1e-9 * abs(self.value)
        settled = np.flatnonzero(self.free & (outcome.objective - np.abs(reduced) + tolerance < self.value))
        self._fix(settled, reduced[settled] > 0)

    def _fix(self, columns: IntArray, values: BoolArray) -> None:
        self.space = self.space.fixed(columns, values)
        self.free[columns] = False

    def _no_dearer(self, cost: IntArray, by: int = 0) -> _Row:
        """Return the row of plans that cost at least `by` less than the present one."""
        return _Row(-cost, by - exact_sum(cost[self.chosen]))

    def _on_these_sites(self) -> _Space:
        """Return the plans with a station at exactly the sites of the present plan."""
        site = self.program.column_site
        standing = np.unique(site[self.chosen & (site >= 0)])
        empty = np.flatnonzero((site >= 0) & ~np.isin(site, standing))
        space = self.space.fixed(empty, np.zeros(empty.size, dtype=bool))
        for each in standing.tolist():
            if int(np.count_nonzero(site == each)) > 1:
                space = space.where(_Row((site == each).astype(np.int64), 1))
            else:
                space = space.fixed(np.flatnonzero(site == each), np.array([True]))
        return space

    def _cheapen(self, cost: IntArray) -> bool:
        """Move to the cheapest plan on the same sites, if one is found; return whether it is proven the cheapest."""
        if not cost.any():
            return True
        space = self._on_these_sites()
        values = np.zeros(space.model.objective.size)
        values[space.columns] = -cost
        model = replace(space.model, objective=values)
        bound, plan = self._solved(replace(space, model=model), self.chosen) or (np.inf, None)
        self._take_cheaper(plan, cost)
        return bound <= -exact_sum(cost[self.chosen])

    def _take_cheaper(self, plan: Answer, cost: IntArray) -> bool:
        """Move to a plan if it is as good and cheaper; return whether it was."""
        if plan is None or plan is False or not self._as_good(plan):
            return False
        cheaper = exact_sum(cost[plan]) < exact_sum(cost[self.chosen])
        self.chosen = plan if cheaper else self.chosen
        return cheaper

    def _as_good(self, plan: BoolArray) -> bool:
        counted = recount(self.program, plan)
        return not counted.violations and counted.objective == self.value

    def _settle_sites(self, cost: IntArray) -> bool:
        """Keep to the present sites where no other set of sites is as good at no higher cost; return whether so.

        The present plan must be the cheapest on its sites; it is, then, of all.
        """
        if not self.one_a_site:
            return False
        site = self.program.column_site
        standing = np.isin(site, site[self.chosen]) & (site >= 0)
        signs = np.where(standing, -1, np.where(site >= 0, 1, 0)).astype(np.int64)
        count = int(np.unique(site[standing]).size)
        space = self.space.where(self._no_dearer(cost)) if cost.any() else self.space
        found = self._exists(_Row(signs, 1 - count), space)
        if found is False:
            self.space = self._on_these_sites()
            return True
        self._take_cheaper(found, cost)
        return False

    def _cheapest(self, cost: IntArray) -> bool:
        """Move to the cheapest plan of all; False where that is not proven."""
        while cost.any():
            found = self._exists(self._no_dearer(cost, by=1), self.space)
            if found is None or found is False:
                return found is False
            self._take_cheaper(found, cost)
            self._cheapen(cost)
        return True

    def _lowest_columns(self) -> BoolArray | None:
        fixed = self.space.model.lower == self.space.model.upper
        free = np.flatnonzero(self.free & ~fixed[self.space.columns])
        length = min(max(_OBJECTIVE_BITS - abs(self.value).bit_length(), 1), _LONGEST_BLOCK)
        known = None
        for start in range(0, free.size, length):
            if known is not self.chosen:
                found = self._exists(self._differs(free[start:]), self.space)
                if found is None or found is False:
                    return None if found is None else self.chosen
                known = self.chosen
            block = free[start : start + length]
            powers = np.zeros(self.program.n_columns, dtype=np.int64)
            powers[block] = 2 ** np.arange(length - 1, length - 1 - block.size, -1)
            if not self._improve(2**length, powers):
                return None
            self._fix(block, self.chosen[block])
        return self.chosen

    def _differs(self, columns: IntArray) -> _Row:
        """Return the row of plans that differ from the present one in `columns`."""
        signs = np.zeros(self.program.n_columns, dtype=np.int64)
        signs[columns] = np.where(self.chosen[columns], -1, 1)
        return _Row(signs, 1 - int(np.count_nonzero(self.chosen[columns])))

    def _exists(self, row: _Row, space: _Space) -> Answer:
        """Return a plan of the same value in `space` in which `row` holds, False if there is none, None if unknown."""
        relieved = space.or_relieved(row)
        relieved = replace(relieved, model=_doubled(relieved.model))
        # HiGHS 1.16 may hand back the start with the objective of a better plan; without a start it does not.
        for start in (self.chosen, None):
            found = self._solved(relieved, start, relief=1.0)
            if found is None:
                return None
            bound, plan = found
            if bound < 2 * self.value:
                return False
            if plan is not None and row.holds(plan) and self._as_good(plan):
                return plan
        return None

    def _improve(self, factor: int, coefficients: IntArray) -> bool:
        """Move to a plan with the largest ``factor * value + coefficients @ x``; False where that is not proven."""
        objective = factor * self.space.model.objective
        objective[self.space.columns] += coefficients
        model = replace(self.space.model, objective=objective)
        bound, plan = self._solved(replace(self.space, model=model), self.chosen) or (np.inf, None)
        if plan is None or not self._as_good(plan):
            return False
        reached, before = (exact_sum(coefficients[each]) for each in (plan, self.chosen))
        if factor * self.value + reached < bound or reached < before:
            return False
        if reached > before:
            self.chosen = plan
        return True

    def _solved(
        self, space: _Space, start: BoolArray | None, *, relief: float | None = None
    ) -> tuple[int | float, BoolArray | None] | None:
        """Return HiGHS' bound and plan; None where it was not done in time."""
        if self.deadline.passed():
            return None
        values: FloatArray | None = None
        if start is not None:
            values = np.full(space.model.objective.size, np.nan)
            values[space.columns] = start
            if relief is not None:
                values[-1] = relief
        outcome = solve_mip(
            space.model,
            start=values,
            time_limit_s=self.deadline.left_s(),
            interrupt=self.deadline,
            **self.options,
        )
        if outcome.state == "infeasible":
            return -np.inf, None
        if outcome.state != "optimal" or outcome.values is None:
            return None
        return safe_bound(outcome.bound), rounded(outcome.values[space.columns], highs_version())


def _doubled(model: ArrayModel) -> ArrayModel:
    return replace(model, objective=2 * model.objective)


def _one_a_site(program: CoverageProgram) -> bool:
    """Return whether rows say, for every site with several columns, that at most one of them is chosen."""
    site = program.column_site
    sites, counts = np.unique(site[site >= 0], return_counts=True)
    exclusive = {
        frozenset(row.columns.tolist())
        for row in program.linear
        if row.limit == 1 and bool(np.all(np.asarray(row.coefficients) == 1))
    }
    return all(frozenset(np.flatnonzero(site == each).tolist()) in exclusive for each in sites[counts > 1].tolist())
