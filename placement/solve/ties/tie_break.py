r"""Among plans of equal value, the one with the least action cost, then the shortest moves, then the lowest columns.

Two runs on one input must give one plan, and a plan that moves stations for no gain is a bad plan. With the optimum
``v*`` known and ``a`` the cost of each column's action, questions are put to a mixed-integer solver, most of the form
*is there a plan of value* ``v*`` *in which a row* :math:`r^\top x \ge l` *holds?* Each is asked as

.. math::

    \max\; 2\, \mathrm{value}(x) - s \quad\text{s.t.}\quad r^\top x + M s \ge l,\quad s \in \{0, 1\}

so that the present plan, with ``s = 1``, is a start worth ``2 v* - 1`` by which the solver can prune: the answer is no
exactly where nothing better exists. The value stays in the objective; as a row it would be a knapsack that hides it.

1. Columns that no plan of value ``v*`` can have otherwise are fixed: those that the certificate's price sets decide,
   see :mod:`placement.solve.ties.evidence`, and those whose reduced cost in the linear relaxation exceeds its gap to
   ``v*``.
2. The cheapest plan *on the same sites* is a small problem. Then: is there another set of sites, at no higher cost?
   Mostly there is none, and all that is left is to choose among plans on these sites, without their cover rows.
3. Else cheaper plans are asked for until there is none; from then on :math:`a^\top x \le C`.
4. The shortest moves, where they have lengths: one question with a column for each pair that may move, see
   :mod:`placement.solve.ties.transfers`; from then on the total is at most that.
5. The lowest columns: at the first column in which two plans differ, the one that has it wins. As long as there is
   another plan, columns are settled in blocks by
   :math:`\max\; 2^B \mathrm{value}(x) + \sum_{i < B} 2^{B - 1 - i} x_{k + i}`, then fixed.

All coefficients are integers that a double holds exactly, and limits of rows lie half a unit off, so that no tolerance
can exclude a plan. Every plan is recounted in integers, and a question whose bound does not decide it ends the
attempt, so that numbers too large for a solver's tolerance give no answer, not a wrong one. So does an answer that
contradicts the present plan.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import ArrayLike

from placement.interrupts import hold_interrupts
from placement.solve.backends.claims import rounded, safe_bound
from placement.solve.backends.highs import LinearModel, highs_version, solve_mip
from placement.solve.deadline import Deadline
from placement.solve.program.aggregate import aggregate
from placement.solve.program.problem import FREE, ONE, build_problem
from placement.solve.program.recount import exact_sum, recount
from placement.solve.settings import DEFAULTS, EngineSettings, TieSettings
from placement.solve.ties.evidence import Agreed, agreed
from placement.solve.ties.plan_space import PlanSpace, Row
from placement.solve.ties.reissue import reissued
from placement.solve.ties.transfers import Transfers, paired
from placement.values import CoverageProgram, LinearRow, Solution
from placement.values.arrays import BoolArray, FloatArray, IntArray

_OBJECTIVE_BITS = 39
"""A block is as long as keeps the objective below 2^39, where a solver's bound is still known to less than 1."""
_TOLERANCE = 1e-9
"""How far HiGHS may leave a row: limits lie half a unit off, so that no plan is lost by it."""

Answer: TypeAlias = BoolArray | Literal[False] | None
"""A plan, the proof that there is none, or neither."""


def tie_break(
    program: CoverageProgram,
    solution: Solution,
    action_costs: Sequence[ArrayLike],
    *,
    transfers: Transfers | None = None,
    time_limit_s: float | None = None,
    seed: int = 0,
    threads: int = 2,
    settings: EngineSettings = DEFAULTS,
) -> Solution | None:
    """Return the optimum with the least action cost, then the shortest moves, then the lowest columns.

    Parameters
    ----------
    program
        The program.
    solution
        Its optimum, with objective equal to bound.
    action_costs
        Each (columns,) int64, the cost of the action each column stands for; may be negative. Plans are compared by
        the sum of the first, then of the second, and so on.
    transfers
        Lengths of moves; plans of equal action costs are compared by their least total. None: moves have no length.
    time_limit_s
        Seconds for all steps together; None = no limit.
    seed, threads
        As in :func:`placement.solve.backends.milp.solve_milp`.
    settings
        Of the engine: which programs and questions are too large.

    Returns
    -------
    Solution or None
        The same solution with another plan of the same objective, its certificate reissued with that plan; None
        where `solution` is not a proven optimum, the reduced program is very large, or a step could not be proven
        before the time was over or somebody pressed Ctrl-C.
    """
    if solution.status != "optimal" or solution.objective != solution.bound:
        return None
    reduced = aggregate(program, threads=threads, settings=settings.program)
    if reduced.covers.nnz > settings.bounds.large_entries:
        return None
    with hold_interrupts() as interrupt:
        deadline = Deadline.after(np.inf if time_limit_s is None else time_limit_s, interrupt)
        options: dict[str, Any] = {"seed": seed, "threads": threads, "settings": settings.ties}
        search = _Search(program, PlanSpace.of(reduced), solution, deadline=deadline, **options)
        if solution.certificate is not None:
            search.take(agreed(build_problem(reduced, settings.program), solution.certificate, deadline))
        chosen = search.lowest([np.asarray(cost, dtype=np.int64) for cost in action_costs], transfers)
    if chosen is None:
        return None
    certificate = solution.certificate and reissued(solution.certificate, chosen)
    details = {**solution.details, "tie_broken_by": highs_version()}
    return replace(solution, chosen=chosen, certificate=certificate, details=details)


class _Search:
    """The space, narrowed step by step, and the best plan so far."""

    def __init__(
        self,
        program: CoverageProgram,
        space: PlanSpace,
        solution: Solution,
        *,
        deadline: Deadline,
        seed: int,
        threads: int,
        settings: TieSettings,
    ) -> None:
        self.settings = settings
        self.program, self.space, self.value, self.deadline = program, space, solution.objective, deadline
        self.options: dict[str, Any] = {"seed": seed, "threads": threads, "tolerance": _TOLERANCE}
        self.chosen: BoolArray = solution.chosen
        self.free = ~program.required & ~program.excluded
        self.one_a_site = _one_a_site(program)
        self.agreed: list[tuple[IntArray, int]] = []
        self.transfers: Transfers | None = None
        self.longest = 0

    def take(self, common: Agreed | None) -> None:
        """Narrow the space to what all optima have in common, where that is known."""
        if common is None:
            return
        settled = np.flatnonzero(self.free & (common.status != FREE))
        self._fix(settled, common.status[settled] == ONE)
        for columns, least, most in common.groups:
            self.space = self.space.counting(columns, least, most)

    def lowest(self, costs: list[IntArray], transfers: Transfers | None) -> BoolArray | None:
        """Return the plan sought, or None where a step was not proven."""
        self._fix_what_is_settled()
        none = np.zeros(self.program.n_columns, dtype=np.int64)
        for number, cost in enumerate(costs or [none]):
            cheapest_here = self._cheapen(cost)
            settled = number + 1 >= len(costs) and cheapest_here and self._settle_sites(cost)
            if not settled and not self._cheapest(cost):
                return None
            self.space = self.space.where(self._no_dearer(cost))
            self.agreed.append((cost, exact_sum(cost[self.chosen])))
        if transfers is not None and not self._shortest(transfers):
            return None
        return self._lowest_columns()

    def _shortest(self, transfers: Transfers) -> bool:
        """Move to the plan whose moves are shortest in all; False where that is not proven."""
        self._exclude_beside_chosen()
        held = transfers.held(self.space.allowed, self.settings.most_lengths)
        if held is None:
            return False
        total = held.total(self.chosen)
        pairs = paired(self.space, held, total, self.settings.most_pairs)
        if pairs is None:
            return False
        if pairs.lengths.size and total:
            space = pairs.shortest()
            value = np.append(self.space.model.objective, np.zeros(pairs.lengths.size))
            space = space.rowed(value[None, :], np.array([self.value - 0.5]), np.array([np.inf]))
            bound, plan = self._solved(space, self.chosen, -total) or (np.inf, None)
            if plan is None or not self._as_good(plan):
                return False
            reached = held.total(plan)
            if reached > total or -reached < bound:
                return False
            self.chosen, total = (plan, reached) if reached < total else (self.chosen, total)
        self.space = pairs.no_longer(total)
        self.transfers, self.longest = held, total
        return True

    def _exclude_beside_chosen(self) -> None:
        """Fix the columns that cannot be chosen beside one that is fixed, by rows that allow one of theirs."""
        model, columns = self.space.model, self.space.columns
        certain = model.lower[columns] > 0
        beside = [row.columns for row in _at_most_one(self.program) if certain[row.columns].any()]
        others = np.unique(np.concatenate([np.zeros(0, dtype=np.int64), *beside]))
        others = others[~certain[others]]
        self._fix(others, np.zeros(others.size, dtype=bool))

    def _fix_what_is_settled(self) -> None:
        relaxation = LinearModel(self.space.model)
        outcome = relaxation.solve(time_limit_s=self.deadline.left_s(), interrupt=self.deadline)
        tolerance = 1e-6 + 1e-9 * abs(self.value)
        if outcome.state != "optimal" or not outcome.finite or outcome.objective + tolerance < self.value:
            return  # nothing, or what the plan at hand refutes
        reduced = outcome.reduced_costs[self.space.columns]
        settled = np.flatnonzero(self.free & (outcome.objective - np.abs(reduced) + tolerance < self.value))
        if np.array_equal(reduced[settled] > 0, self.chosen[settled]):  # else the relaxation contradicts the plan
            self._fix(settled, self.chosen[settled])

    def _fix(self, columns: IntArray, values: BoolArray) -> None:
        self.space = self.space.fixed(columns, values)
        self.free[columns] = False

    def _no_dearer(self, cost: IntArray, by: int = 0) -> Row:
        """Return the row of plans that cost at least `by` less than the present one."""
        return Row(-cost, by - exact_sum(cost[self.chosen]))

    def _on_these_sites(self) -> PlanSpace:
        """Return the plans with a station at exactly the sites of the present plan."""
        return self.space.on_sites_of(self.chosen, self.program.column_site, self.value)

    def _cheapen(self, cost: IntArray) -> bool:
        """Move to the cheapest plan on the same sites, if one is found; return whether it is proven the cheapest."""
        if not cost.any():
            return True
        space = self._on_these_sites()
        values = np.zeros(space.model.objective.size)
        values[space.columns] = -cost
        worth = -exact_sum(cost[self.chosen])
        bound, plan = self._solved(space.seeking(values), self.chosen, worth) or (np.inf, None)
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
        """Return whether a plan has the value, and is no worse in what was settled so far."""
        counted = recount(self.program, plan)
        if counted.violations or counted.objective != self.value:
            return False
        if any(exact_sum(cost[plan]) > amount for cost, amount in self.agreed):
            return False
        return self.transfers is None or self.transfers.total(plan) <= self.longest

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
        found = self._exists(Row(signs, 1 - count), space)
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
        length = min(max(_OBJECTIVE_BITS - abs(self.value).bit_length(), 1), self.settings.longest_block)
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

    def _differs(self, columns: IntArray) -> Row:
        """Return the row of plans that differ from the present one in `columns`."""
        signs = np.zeros(self.program.n_columns, dtype=np.int64)
        signs[columns] = np.where(self.chosen[columns], -1, 1)
        return Row(signs, 1 - int(np.count_nonzero(self.chosen[columns])))

    def _exists(self, row: Row, space: PlanSpace) -> Answer:
        """Return a plan of the same value in `space` in which `row` holds, False if there is none, None if unknown."""
        relieved = space.or_relieved(row).doubled()
        # HiGHS 1.16 may hand back the start with the objective of a better plan; without a start it does not.
        for start in (self.chosen, None):
            found = self._solved(relieved, start, 2 * self.value - 1, relief=1.0)
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
        before = exact_sum(coefficients[self.chosen])
        worth = factor * self.value + before
        bound, plan = self._solved(self.space.seeking(objective), self.chosen, worth) or (np.inf, None)
        if plan is None or not self._as_good(plan):
            return False
        reached = exact_sum(coefficients[plan])
        if factor * self.value + reached < bound or reached < before:
            return False
        if reached > before:
            self.chosen = plan
        return True

    def _solved(
        self, space: PlanSpace, start: BoolArray | None, worth: int, *, relief: float | None = None
    ) -> tuple[int | float, BoolArray | None] | None:
        """Return HiGHS' bound and plan; None where it was not done in time, or is wrong about the present plan.

        The present plan is one of `space`, of objective `worth`: an answer that there is none, or a bound below it,
        cannot be believed.
        """
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
        if outcome.state != "optimal" or outcome.values is None:
            return None
        bound = safe_bound(outcome.bound)
        return (bound, rounded(outcome.values[space.columns], highs_version())) if bound >= worth else None


def _at_most_one(program: CoverageProgram) -> Iterator[LinearRow]:
    """Yield the rows that allow at most one of their columns."""
    for row in program.linear:
        if row.limit == 1 and bool(np.all(np.asarray(row.coefficients) == 1)):
            yield row


def _one_a_site(program: CoverageProgram) -> bool:
    """Return whether rows say, for every site with several columns, that at most one of them is chosen."""
    site = program.column_site
    sites, counts = np.unique(site[site >= 0], return_counts=True)
    exclusive = {frozenset(row.columns.tolist()) for row in _at_most_one(program)}
    return all(frozenset(np.flatnonzero(site == each).tolist()) in exclusive for each in sites[counts > 1].tolist())
