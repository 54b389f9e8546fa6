"""Better plans for programs with many columns: a population of annealed plans, crossed by balls and merged exactly.

Annealing from the greedy plan leaves plans in which some neighbourhoods are right and others are not. A child takes
what one plan chooses around a random site and what another one chooses away from it, and is annealed shortly, not so
hot as to forget; in the population it takes the place of what it resembles. An epoch breeds a new population, joins its
better half with that of the epoch before, and looks for the exact optimum over the columns of the best plans. Plans of
very many rows are improved by an iterated search instead.

Sources: Moscato & Norman (1992), A memetic approach for the traveling salesman problem, Parallel Computing and
Transputer Applications, 177-186; Aggarwal, Orlin & Tai (1997), Optimized crossover for the independent set problem,
Operations Research 45, 226-234, for the best plan over the union of several.
"""

from __future__ import annotations

import logging
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from placement.solve.backends.highs import solve_mip
from placement.solve.cuts.pool import CutPool
from placement.solve.deadline import Deadline
from placement.solve.lp.relaxation import CutRelaxation
from placement.solve.plans.annealing import anneal
from placement.solve.plans.iterated import iterated_search, shaking
from placement.solve.plans.recombine import recombined
from placement.solve.plans.swaps import Field, build_field, greedy_plan
from placement.solve.plans.value import plan_value
from placement.solve.program.domain import Domain
from placement.solve.program.incumbent import NO_VALUE, Incumbent
from placement.solve.program.problem import Problem
from placement.solve.program.restrict import Work
from placement.solve.settings import DEFAULTS, PlanSettings
from placement.values.arrays import BoolArray, IntArray

_LOG = logging.getLogger(__name__)

_WHOLE = 1e-6
"""What a solver leaves a whole number off at most."""


class Breed(Protocol):
    """Breeds a population: see :meth:`Improver._breed`."""

    def __call__(self, plan: Incumbent, /, *, patience: int, enough: int | None = None) -> Incumbent:
        """Return the best plan, `plan` included."""


@dataclass
class Improver:
    """Improves plans of a packing program within the columns still undecided in `domain`.

    Parameters
    ----------
    problem, domain
        The program and what is decided.
    core
        (columns,) bool, columns worth looking at; chosen ones of the plan are added.
    seed
        Of the runs.
    threads
        Searches run at a time.
    settings
        How long and how hot.

    Attributes
    ----------
    settled
        Whether two populations have come upon the best plan, so that more of them are not worth while.
    """

    problem: Problem
    domain: Domain
    core: BoolArray
    seed: int
    threads: int = 2
    settings: PlanSettings = DEFAULTS.plans
    _pool: list[tuple[int, tuple[int, ...]]] = field(default_factory=list)
    _runs: int = 0
    settled: bool = field(default=False, init=False)

    def improve(self, plan: Incumbent, deadline: Deadline, *, epochs: int | None) -> Incumbent:
        """Return the best plan after some epochs, or at the deadline; None: as many as there is time for."""
        domain = self.domain.within(self.core | plan.chosen)
        work = domain.restricted(self.problem)
        if not work.columns.size:
            return plan
        ground = build_field(work, neighbours=True)
        if work.weights.size > self.settings.annealing_rows:
            return self._iterate(work, ground, domain, plan, deadline)
        with ThreadPoolExecutor(self.threads) as executor:
            breed = partial(self._breed, work=work, ground=ground, domain=domain, deadline=deadline, executor=executor)
            for _ in range(sys.maxsize if epochs is None else epochs):
                if deadline.passed() or self.settled:
                    break
                plan = self._epoch(breed, plan)
                plan = self._merge(plan, deadline)
        return plan

    def narrowed(self, domain: Domain, core: BoolArray) -> Improver:
        """Return one that goes on from the same plans, within what is undecided and worth looking at now, alone."""
        return replace(self, domain=domain, core=core, threads=1, _pool=list(self._pool))

    def _epoch(self, breed: Breed, plan: Incumbent) -> Incumbent:
        """Breed a new population, and one of its better half and that of the last epoch.

        Where the new one comes upon the best plan so far by itself, that plan is taken for the best there is.
        """
        settings = self.settings
        half = settings.population // 2
        others, best = self._pool[:half], plan.value
        self._pool = []
        patience = settings.patience if others else settings.first_patience
        plan = breed(plan, patience=patience, enough=best if others else None)
        self.settled = bool(others) and self._best() == best
        if others and not self.settled:
            self._pool = sorted({*self._pool[:half], *others})
            plan = breed(plan, patience=settings.patience)
        return plan

    def _breed(
        self,
        plan: Incumbent,
        *,
        work: Work,
        ground: Field,
        domain: Domain,
        deadline: Deadline,
        executor: ThreadPoolExecutor,
        patience: int,
        enough: int | None = None,
    ) -> Incumbent:
        """Fill the population, then cross its plans until some rounds in a row find no better one, or one is enough."""
        fruitless, best = 0, NO_VALUE
        run = partial(_run, ground, deadline, self.settings)
        while fruitless < patience and best != enough and not deadline.passed():
            fill = len(self._pool) < self.settings.population - self.settings.runs
            for found in executor.map(run, self._jobs(work, ground, fill=fill)):
                plan = plan if found is None else self._consider(plan, work, domain, found)
            fruitless, best = 0 if self._best() > best else fruitless + 1, self._best()
        return plan

    def _best(self) -> int:
        return -self._pool[0][0] if self._pool else NO_VALUE

    def _jobs(self, work: Work, ground: Field, *, fill: bool) -> list[_Job]:
        """Return the runs of a round: from the greedy plan to fill the population, else from crossed plans."""
        rng = np.random.default_rng([self.seed, self._runs])
        seeds = [self.seed + self._runs + k for k in range(self.settings.runs)]
        self._runs += self.settings.runs
        if fill:
            return [_Job(seed) for seed in seeds]
        jobs, least, most = [], self.settings.least_share, self.settings.most_share
        for seed in seeds:
            inner, outer = (self._inside(work, k) for k in rng.choice(len(self._pool), 2, replace=False))
            centre = int(rng.integers(ground.near_indptr.size - 1))
            jobs.append(_Job(seed, inner, outer, centre, float(rng.uniform(least, most))))
        return jobs

    def _inside(self, work: Work, number: int) -> BoolArray:
        """Return what a plan of the population chooses among the columns of `work`."""
        chosen = np.zeros(self.core.size, dtype=bool)
        chosen[list(self._pool[number][1])] = True
        return np.asarray(chosen[work.columns])

    def _iterate(self, work: Work, ground: Field, domain: Domain, plan: Incumbent, deadline: Deadline) -> Incumbent:
        """Return the best of iterated searches that start each cycle of cooling from the best plan so far."""
        best, value, heat, settings = plan.chosen[work.columns], NO_VALUE, 0, self.settings
        with ThreadPoolExecutor(self.threads) as executor:
            while not deadline.passed():
                cycle = partial(_cycle, ground, deadline, settings, best, heat=settings.cycle_heats[heat])
                seeds = [self.seed + settings.slices * (self._runs + k) for k in range(self.threads)]
                self._runs += self.threads
                found = max(executor.map(cycle, seeds), key=lambda each: each[1])
                if found[1] > value:
                    best, value = found
                else:
                    heat = (heat + 1) % len(settings.cycle_heats)
        return self._consider(plan, work, domain, best)

    def _consider(self, plan: Incumbent, work: Work, domain: Domain, inside: BoolArray) -> Incumbent:
        chosen = domain.chosen
        chosen[work.columns[inside]] = True
        value = plan_value(self.problem, chosen)
        if value is None:
            return plan
        self._enter((-value, tuple(np.flatnonzero(chosen).tolist())))
        return plan.or_better(Incumbent(chosen, value))

    def _enter(self, entry: tuple[int, tuple[int, ...]]) -> None:
        """Let a plan take the place of the one it is most like, or, where it is like none, of the worst, if better."""
        if entry in self._pool:
            return
        if len(self._pool) < self.settings.population:
            self._pool = sorted([*self._pool, entry])
            return
        common = [len(set(entry[1]) & set(columns)) for _, columns in self._pool]
        at = max(range(len(common)), key=common.__getitem__)
        at = at if common[at] > self.settings.alike * len(entry[1]) else len(self._pool) - 1
        if entry[0] < self._pool[at][0]:
            self._pool = sorted([*self._pool[:at], *self._pool[at + 1 :], entry])

    def _merge(self, plan: Incumbent, deadline: Deadline) -> Incumbent:
        """Return the best plan over the union of the columns of the pool's plans."""
        union = plan.chosen.copy()
        for _, columns in self._pool:
            grown = union.copy()
            grown[list(columns)] = True
            if int(grown.sum()) > self.settings.merged_columns:
                break
            union = grown
        domain = self.domain.within(union)
        limit = deadline.within(self.settings.merge_s)
        if not domain.n_free or limit.passed():
            return plan
        relaxation = CutRelaxation(self.problem, domain, CutPool(self.problem.covers))
        inside = best_within(relaxation, domain, plan.chosen, limit, self.seed)
        return plan if inside is None else self._consider(plan, relaxation.work, domain, inside)

    def near(self, relaxation: CutRelaxation, domain: Domain, x: NDArray[Any], limit: Deadline) -> Incumbent | None:
        """Return the best plan over the columns that a point of the relaxation or the best plan so far uses."""
        best = self._best_plan()
        return self._best_within(relaxation, domain.within((x >= self.settings.in_use) | best), best, limit)

    def in_doubt(self, domain: Domain, x: NDArray[Any], rho: IntArray, count: int, limit: Deadline) -> Incumbent | None:
        """Return the best plan where most columns are as the point has them.

        Left open are `count` columns, those that are neither 0 nor 1 and those of the smallest reduced values `rho`,
        and what the best plan so far has otherwise.
        """
        best = self._best_plan()
        opened = _in_doubt(domain, x, rho, count) | ((best != (x > 0.5)) & bool(self._pool))
        kept = np.flatnonzero(domain.free & ~opened)
        narrow = domain.fixed(kept, (x[kept] > 0.5).astype(np.int64))
        if not narrow.n_free or limit.passed():
            return None
        relaxation = CutRelaxation(self.problem, narrow, CutPool(self.problem.covers))
        return self._best_within(relaxation, narrow, best, limit)

    def know(self, plan: Incumbent) -> None:
        """Let a plan that was found elsewhere be one of the population."""
        self._enter((-plan.value, tuple(np.flatnonzero(plan.chosen).tolist())))

    def _best_plan(self) -> BoolArray:
        best = np.zeros(self.core.size, dtype=bool)
        if self._pool:
            best[list(self._pool[0][1])] = True
        return best

    def _best_within(
        self, relaxation: CutRelaxation, narrow: Domain, best: BoolArray, limit: Deadline
    ) -> Incumbent | None:
        inside = best_within(relaxation, narrow, best, limit, self.seed)
        return None if inside is None else self._consider(Incumbent(best, NO_VALUE), relaxation.work, narrow, inside)


def _in_doubt(domain: Domain, x: NDArray[Any], rho: IntArray, count: int) -> BoolArray:
    """Return (columns,) so many undecided columns: the fractional ones, unless they are more, then by reduced value."""
    doubt = np.abs(rho)
    fractional = domain.free & (x > _WHOLE) & (x < 1 - _WHOLE)
    if fractional.sum() <= count:
        doubt[fractional] = -1
    free = np.flatnonzero(domain.free)
    opened = np.zeros(x.size, dtype=bool)
    opened[free[np.argsort(doubt[free], kind="stable")[:count]]] = True
    return opened


@dataclass(frozen=True)
class _Job:
    """A run: its seed, and, unless it starts from the greedy plan, what is crossed around which site in what share."""

    seed: int
    inner: BoolArray | None = None
    outer: BoolArray | None = None
    centre: int = 0
    share: float = 0.0


def _run(ground: Field, deadline: Deadline, settings: PlanSettings, job: _Job) -> BoolArray | None:
    """Return the plan of one run; None if there is no time for it any more."""
    if deadline.passed():
        return None
    if job.inner is None or job.outer is None:
        start, _ = greedy_plan(ground, np.zeros(ground.column_site.size, dtype=bool), 0, job.seed)
        moves, heats = settings.start_moves, (settings.start_hot, settings.start_cold)
    else:
        start = recombined(ground, job.centre, job.share, job.inner, job.outer)
        moves, heats = settings.child_moves, (settings.child_hot, settings.child_cold)
    count = max(1, int(start.sum()))
    _, value = greedy_plan(ground, start, 0, job.seed)
    hot, cold = (heat * value / count for heat in heats)
    found, _ = anneal(ground, start, moves * count, hot, cold, settings.far_share, settings.cooling_every, job.seed)
    filled, _ = greedy_plan(ground, found, 0, job.seed)
    return np.asarray(filled)


def _cycle(
    ground: Field, deadline: Deadline, settings: PlanSettings, start: BoolArray, seed: int, *, heat: float
) -> tuple[BoolArray, int]:
    """Return the best plan, and its value, of an iterated search from `start` that cools down over slices."""
    slices, numbers = settings.slices, shaking(settings)
    best, value, plan = iterated_search(ground, start, 0, 0.0, 0.0, seed, numbers)
    hot = heat * value / max(1, int(start.sum()))
    for turn in range(slices):
        if deadline.passed():
            break
        left, right = (hot * (1.0 - at / slices) for at in (turn, turn + 1))
        found, worth, plan = iterated_search(ground, plan, settings.slice_iterations, left, right, seed + turn, numbers)
        if worth > value:
            best, value = found, worth
    return best, value


def best_within(
    relaxation: CutRelaxation, domain: Domain, start: BoolArray, limit: Deadline, seed: int
) -> BoolArray | None:
    """Return the columns of the best plan HiGHS finds with the relaxation's cuts, over the columns of its work."""
    columns, rows = relaxation.work.columns, relaxation.work.weights.size
    model = relaxation.integer_model(domain)
    values, core = np.full(model.objective.size, np.nan), slice(rows, rows + relaxation.core.size)
    values[core] = start[columns[relaxation.core]]
    try:
        outcome = solve_mip(
            model,
            time_limit_s=limit.left_s(),
            interrupt=limit,
            seed=seed,
            threads=1,
            start=values,
        )
    except Exception as error:  # noqa: BLE001 -- whatever a solver does, the plans at hand stay
        _LOG.warning("HiGHS is of no help: %s", error)
        return None
    if outcome.values is None or outcome.values.shape != values.shape:
        return None
    inside = np.asarray(domain.chosen[columns])
    inside[relaxation.core] = outcome.values[core] > 0.5
    return inside
