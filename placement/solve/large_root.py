"""The root of a program too large for branching: its bound is tightened while its plan is improved.

Bounds come from first-order steps; where a single row limits the plan, odd-set cuts are added to them round by round
(`cut_saddle`). Programs whose columns can be dropped and exchanged freely get their plans from an iterated search on
the other thread; for others every look at the bound rounds its point to a plan. Both go on in stages: at the end of one
the best plan and the best prices fix columns; plans go on within what these prices still leave worth looking at, and
where many columns were fixed, cuts go on in the smaller program.
"""

from __future__ import annotations

import itertools
import math
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from placement.clock import now_s
from placement.progress import PLANS
from placement.solve.bounds.class_prices import ClassPrices
from placement.solve.bounds.cut_saddle import (
    BEST,
    EPOCH,
    RATIO,
    cut_ground,
    main_row_price,
    run_with_cuts,
    start_cut_state,
)
from placement.solve.bounds.multipliers import multipliers
from placement.solve.bounds.prices import Prices
from placement.solve.bounds.saddle import sites_opened
from placement.solve.cuts.pool import CutPool, rows_of_sets
from placement.solve.cuts.separation import violated_odd_sets
from placement.solve.deadline import Deadline
from placement.solve.plans.population import Improver
from placement.solve.program.problem import Problem
from placement.solve.program.restrict import Work
from placement.solve.program.scale import scaled
from placement.solve.root import Root, bounded, fixed, has_many_columns, simplex_fits, with_improver
from placement.solve.settings import DEFAULTS, EngineSettings
from placement.solve.tree.tools import Tools
from placement.values.certificate import SCALE


class CutRounds:
    """Rounds of separation and first-order steps on one restricted program.

    Parameters
    ----------
    work
        The program; its only side row is the main one.
    x, mu
        A point of its relaxation: columns, and prices of rows as shares of their weights.
    settings
        How much is done in a round.

    Attributes
    ----------
    work, x
        The program, and the point as of the last round.
    """

    def __init__(self, work: Work, x: NDArray[Any], mu: NDArray[Any], settings: EngineSettings = DEFAULTS) -> None:
        self.work, self.x, self._rows = work, x, mu * work.weights
        self._settings, self._large = settings, settings.large
        self._z = self._reach()
        self._sets: list[tuple[int, ...]] = []
        self._prices = np.empty(0)
        self._ratio, self._rounds, self._separating_s = 1.0, 0, 0.0
        self._best: tuple[float, NDArray[Any], list[tuple[int, ...]], NDArray[Any]] | None = None

    def separate(self, until: Deadline) -> bool:
        """Add odd sets that the point violates, unless there is no time for it; return whether to go on with steps."""
        if until.passed(margin_s=self._separating_s):
            return bool(self._sets) and not until.passed()
        begun = now_s()
        self._separate()
        self._separating_s = now_s() - begun
        return bool(self._sets)

    def _separate(self) -> None:
        cuts = self._settings.cuts
        if self._rounds % cuts.weed_every == 0 and self._rounds:
            keep = self._prices > cuts.weed_price * self.work.weights.mean()
            self._sets = [rows for rows, kept in zip(self._sets, keep, strict=True) if kept]
            self._prices = self._prices[keep]
        work, known = self.work, set(self._sets)
        y = sites_opened(work, self.x)
        z = np.minimum(self._z, self._reach())
        y = np.where(y > self._large.support, y, 0.0)
        most = self._large.most_sets
        found = violated_odd_sets(
            work.indptr, work.sites, work.weights, y, z, seed=self._rounds, most=most, settings=cuts
        )
        self.add([rows for rows in found if rows not in known])
        self._rounds += 1

    def add(self, sets: list[tuple[int, ...]], prices: NDArray[Any] | None = None) -> None:
        """Add odd sets of rows, not priced yet where no prices are given."""
        self._sets += sets
        self._prices = np.concatenate([self._prices, np.zeros(len(sets)) if prices is None else prices])

    def step(self, until: Deadline) -> None:
        """Run first-order steps on the program with the sets at hand."""
        work, bounds, pulse = self.work, self._settings.bounds, self._large.pulse
        ground = cut_ground(work, self._sets, bounds)
        state = start_cut_state(work, ground, self.x, self._rows, self._prices, self._ratio, bounds)
        size = work.forest.parent.size + work.weights.size
        most = min(self._large.round_iterations, self._large.round_entries // size)
        for _ in range(max(1, most // pulse)):
            if not until.passed():
                run_with_cuts(work, ground, state, pulse)
        count = state.scalars[EPOCH]
        now = state.now if count < pulse else type(state.now)(*(part / count for part in state.total))
        self.x = now.x.copy()
        self._z = self._reach()
        self._z[ground.place >= 0] = now.z
        self._rows, self._prices = state.best.rows.copy(), state.best.sets.copy()
        self._ratio = float(state.scalars[RATIO])
        bound = float(state.scalars[BEST])
        if self._best is None or bound < self._best[0]:
            self._best = (bound, self._rows, list(self._sets), self._prices)

    def prices(self, problem: Problem, pool: CutPool) -> Prices:
        """Return integer prices of the whole program, of the best bound so far."""
        work = self.work
        _, rows, sets, of_sets = self._best or (np.inf, self._rows, self._sets, self._prices)
        theta = np.zeros(problem.low.size, dtype=np.int64)
        price = main_row_price(work, cut_ground(work, sets, self._settings.bounds), rows, of_sets)
        theta[work.side_rows[work.main]] = scaled(np.array([price]))[0]
        translator = ClassPrices(problem, work, pool)
        return translator.prices(rows, sets, of_sets, theta, np.zeros(problem.floors.minimum.size))

    def _reach(self) -> NDArray[Any]:
        """Return how far the point covers each row."""
        work = self.work
        opened = np.append(sites_opened(work, self.x)[work.sites], 0.0)
        return np.asarray(np.minimum(1.0, np.add.reduceat(opened, work.indptr[:-1])))


def polish(root: Root, tools: Tools, until: Deadline) -> Root:
    """Return the root with a tighter bound and the best plan found until then.

    It ends sooner where both have come to a stand, or where what is undecided is worth branching on.
    """
    if not tools.finder.packing:
        return _by_steps(root, tools, until)
    large, rounds = tools.settings.large, None
    has_floors = tools.problem.floors.minimum.size > 0
    for turn in itertools.count():
        if until.passed() or root.is_closed(tools):
            break
        tools.tell(PLANS, root.incumbent, root.bound)
        before, share = root, large.stage_share if turn else large.first_share
        stage = until.within(max(large.least_stage_s, share * until.left_s()))
        plain = has_floors or turn == 0
        root, improver = with_improver(root, tools)
        root, rounds = _stage(root, tools, until, stage, improver, rounds=rounds, plain=plain, cut=not has_floors)
        root = fixed(root, tools)
        left, free = root.domain.n_free, before.domain.n_free
        if left == free and _is_no_better(root, before) and not stage.passed():
            break
        if left < free and (not has_many_columns(root, tools) or simplex_fits(root, tools)):
            break
        if left < large.narrowed * free:
            rounds = None
    return root


def _is_no_better(root: Root, before: Root) -> bool:
    """Return whether bound and plan are what they were; there is a plan."""
    values = [each.incumbent.value for each in (root, before) if each.incumbent is not None]
    return root.bound == before.bound and values[0] == values[-1]


def _stage(
    root: Root,
    tools: Tools,
    until: Deadline,
    stage: Deadline,
    improver: Improver,
    *,
    rounds: CutRounds | None,
    plain: bool,
    cut: bool,
) -> tuple[Root, CutRounds | None]:
    """Tighten the bound for a stage and improve the plan as long, or to the end where the bound stays as it is.

    Returns the root, and the rounds of cutting to go on with. Steps are taken without cuts where `plain` says so, then
    with cuts where `cut` does.
    """
    assert root.incumbent is not None  # noqa: S101 -- a large root is polished once it has a plan
    plans_until = until.within(math.inf)
    with ThreadPoolExecutor(1) as executor:
        better = executor.submit(improver.improve, root.incumbent, plans_until, epochs=None)
        try:
            if plain:
                root = _by_steps(root, tools, until)
            if cut and not until.passed():
                root, rounds = _by_cuts(root, tools, until, stage, rounds)
        except BaseException:
            plans_until.call_off()
            raise
        if stage.passed() or root.is_closed(tools):
            plans_until.call_off()
        return root.better(better.result()), rounds


def _by_steps(root: Root, tools: Tools, until: Deadline) -> Root:
    """Return the root with the bound of first-order steps without cuts, slice by slice until one closes too little."""
    large = tools.settings.large
    iterations = max(large.slice_iterations, large.slice_entries // (2 * tools.problem.covers.sites.size + 1))
    while not until.passed():
        before = root.bound
        root = bounded(root, tools, until, iterations, decisive=large.decisive)
        value = 0 if root.incumbent is None else root.incumbent.value
        if (before - root.bound) / SCALE < large.stalled * (root.bound / SCALE - value):
            break
    return root


def _by_cuts(
    root: Root, tools: Tools, until: Deadline, stage: Deadline, rounds: CutRounds | None
) -> tuple[Root, CutRounds | None]:
    """Add odd-set cuts in whole rounds; take the prices of the best round where they are better, and round points.

    The more is cut, the nearer are points to plans: what is rounded gives the search for plans new places to start.
    """
    rounds = rounds or start_rounds(root, tools)
    if rounds is None:
        return root, None
    while rounds.separate(until):
        rounds.step(until)
        root = root.better(tools.finder.from_point(rounds.work, root.domain, rounds.x))
        if stage.passed():
            break
    x, prices = root.x.copy(), rounds.prices(tools.problem, tools.pool)
    x[rounds.work.columns] = rounds.x
    bound, _ = tools.bound(prices, root.domain)
    return (replace(root, prices=prices, bound=bound, x=x) if bound < root.bound else root), rounds


def start_rounds(root: Root, tools: Tools) -> CutRounds | None:
    """Return the rounds on what the root leaves undecided, with the odd sets it is bounded by; None: not fit."""
    work = root.domain.restricted(tools.problem)
    if work.main < 0 or work.low.size != 1 or not work.columns.size:
        return None
    mu = multipliers(tools.problem, work, root.prices)
    rounds = CutRounds(work, np.array(root.x[work.columns]), mu, tools.settings)
    priced = np.flatnonzero(root.prices.cuts)
    sets, kept = rows_of_sets(work.row_of_class, [tools.pool.classes_of(number) for number in priced.tolist()])
    rounds.add(sets, root.prices.cuts[priced[kept]] / SCALE)
    return rounds
