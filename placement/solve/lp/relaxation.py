r"""The linear relaxation with cuts in HiGHS, and integer prices of the whole program from its duals.

.. math::

    \max \sum_r w_r z_r + \sum_k v_k x_k \quad\text{s.t.}\quad z_r \le \sum_{k: j(k) \in N(r)} x_k,\;
    \text{side rows, floors, odd-set and knapsack cuts},\; 0 \le z, x \le 1

over a restricted program. Only a *core* of the columns is in the model; the others are priced out by the integer
reduced values, which the bound needs anyway, and join where these are positive. Only duals are used: a bound is
recomputed in integers over all classes and columns, so that nothing HiGHS says is believed.

Where rows count in layers (:mod:`placement.solve.lp.tails`), what a column provides counts on after it is decided for:
all columns are in the model, and those decided for have both bounds at 1.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from placement.errors import PlacementError
from placement.solve.backends.highs import ArrayModel, LpOutcome
from placement.solve.bounds.class_prices import ClassPrices
from placement.solve.bounds.prices import RAY_SIZE, WEIGHT_BITS, Prices
from placement.solve.cuts.knapsack import KnapsackCut
from placement.solve.cuts.pool import CutPool, rows_of_sets
from placement.solve.deadline import Deadline
from placement.solve.lp.cut_rows import Cut, CutRows
from placement.solve.lp.growing import GrowingModel
from placement.solve.lp.side_block import side_block
from placement.solve.lp.tails import Tails
from placement.solve.program.domain import Domain
from placement.solve.program.limits import Branch
from placement.solve.program.problem import ONE, ZERO, Problem
from placement.solve.program.providing import most_providing
from placement.solve.program.restrict import Work, label_membership
from placement.solve.program.scale import scaled
from placement.solve.settings import DEFAULTS, LpSettings
from placement.values.arrays import BoolArray, IntArray
from placement.values.certificate import SCALE
from placement.values.layers import FULL


class CutRelaxation:
    """The relaxation of a restricted program, with the cuts found so far.

    Parameters
    ----------
    problem
        The program.
    domain
        What is decided already; `solve` takes nodes at or below it.
    pool
        Where odd sets of classes and knapsack cuts get their numbers.
    core
        (columns,) bool, the columns the model begins with; None: all.
    settings
        What probes cost, which cuts are weeded.

    Attributes
    ----------
    work
        What is left of the program.
    core
        Positions in ``work.columns`` of the columns in the model, in its order.
    solving, probing
        Simplex steps so far, of solutions and of probes.
    effort
        What these came to: each counts as many as the model had rows.
    """

    def __init__(
        self,
        problem: Problem,
        domain: Domain,
        pool: CutPool,
        core: BoolArray | None = None,
        *,
        settings: LpSettings = DEFAULTS.lp,
    ) -> None:
        self._plain = problem.plain
        domain = domain if self._plain else domain.reopened()
        work = domain.restricted(problem)
        self._problem, self.work, self._pool = problem, work, pool
        self._side = side_block(problem, domain)
        self._domain, self._settings = domain, settings
        self.solving, self.probing, self.effort = 0, 0, 0
        total = max(int(work.weights.sum()), int(np.abs(work.values).sum()))
        self._unit = float(2 ** max(0, total.bit_length() - WEIGHT_BITS))
        self._cuts: list[Cut] = []
        self._known: set[tuple[Any, ...]] = set()
        self._written = CutRows(work, domain.status)
        self._class_prices = ClassPrices(problem, work, pool)
        self._incidence = _incidence(work)
        most = work.indptr if self._plain else most_providing(problem, work)
        once = problem.floors.once[work.label] > 0
        weights = work.weights * problem.floors.worth[work.label]
        self._tails = Tails.of(problem.layers[0], most, weights, once)
        self._gains = weights * (problem.layers[:, 0] / FULL)[once.astype(np.int64)]
        folded = _folded(problem, work)
        self._values = (work.values + folded[work.column_site]) / self._unit
        core = core if self._plain else None
        self.core = np.arange(work.columns.size) if core is None else np.flatnonzero(core[work.columns])
        self._position = np.full(work.columns.size, -1, dtype=np.int64)
        self._position[self.core] = np.arange(self.core.size)
        self._side_start = work.weights.size
        self._floor_start = self._side_start + self._side.rows.size
        self._base_rows = self._floor_start + work.minimum.size
        self._model = GrowingModel(self._arrays(self.core))

    @property
    def cut_count(self) -> int:
        """Cuts in the model."""
        return len(self._cuts)

    def solve(self, domain: Domain, deadline: Deadline) -> LpOutcome:
        """Solve with what is decided in `domain`."""
        self._move_to(domain)
        outcome = self._model.solve(time_limit_s=max(self._settings.least_s, deadline.left_s()), interrupt=deadline)
        if not outcome.finite:
            raise PlacementError("HiGHS returns what is no number")
        self.solving += self._count()
        return replace(outcome, objective=outcome.objective * self._unit)

    def _move_to(self, domain: Domain) -> None:
        decided = domain.status[self.work.columns[self.core]]
        lower, upper = (decided == ONE).astype(float), (decided != ZERO).astype(float)
        self._model.set_bounds(self.work.weights.size + np.arange(self.core.size), lower, upper)
        new, old = self._side.limits(domain), self._side.limits(self._domain)
        changed = np.flatnonzero((new[0] != old[0]) | (new[1] != old[1]))
        self._model.set_row_limits(self._side_start + changed, new[0][changed], new[1][changed])
        self._domain = domain

    def probe(self, branches: list[Branch], iterations: int) -> list[float]:
        """Return the bound that a few steps from the last solution give for each branch; -inf where infeasible."""
        basis, bounds = self._model.basis(), []
        for branch in branches:
            with self._tried(branch):
                bounds.append(self._model.probe(basis, iterations) * self._unit)
                self.probing += self._settings.probe_cost + self._count()
        self._model.restore(basis)
        return bounds

    def _count(self) -> int:
        """Return how many steps the last run took, and add them to the effort."""
        steps = self._model.iterations()
        self.effort += steps * (self._base_rows + len(self._cuts))
        return steps

    @contextlib.contextmanager
    def _tried(self, branch: Branch) -> Iterator[None]:
        """Let the model be that of a child for a while."""
        if branch.group:
            row = int(np.flatnonzero(self._side.rows == self._problem.n_linear + branch.index)[0])
            lower, upper = (limits[row] for limits in self._side.limits(self._domain))
            limit = branch.limit - int(self._side.chosen[row])
            new = (lower, limit) if branch.value == 0 else (limit + 1, upper)
            self._model.set_row_limits([self._side_start + row], [new[0]], [new[1]])
            yield
            self._model.set_row_limits([self._side_start + row], [lower], [upper])
        else:
            column = self._side_start + np.flatnonzero(self.work.columns[self.core] == branch.index)
            value = np.full(column.size, float(branch.value))
            self._model.set_bounds(column, value, value)
            yield
            self._model.set_bounds(column, np.zeros(column.size), np.ones(column.size))

    def point(self, outcome: LpOutcome) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
        """Return (x over the columns of the work, y over its sites, z over its rows)."""
        work = self.work
        x = np.zeros(work.columns.size)
        x[self.core] = np.clip(outcome.values[work.weights.size :][: self.core.size], 0.0, 1.0)
        placed = work.column_site >= 0
        y = np.bincount(work.column_site[placed], weights=x[placed], minlength=work.fold.shape[1])
        return x, y, outcome.values[: work.weights.size]

    def prices(self, outcome: LpOutcome) -> Prices:
        """Return integer prices of the whole program from the duals of an optimal outcome."""
        return self._prices(outcome.row_prices, 1)

    def rays(self) -> list[Prices]:
        """Return what may prove that the last run was infeasible: HiGHS' ray with either sign."""
        ray = self._model.infeasibility_ray()
        if ray is None or not np.isfinite(ray).all() or not ray.any():
            return []
        ray *= RAY_SIZE / (SCALE * self._unit * self._size_of(ray))
        return [self._prices(ray, 0), self._prices(-ray, 0)]

    def _size_of(self, ray: NDArray[Any]) -> float:
        """Return about the largest number that a ray gives for a row or a column."""
        sizes = np.abs(ray)
        floors = (
            sizes[self._floor_start : self._base_rows].sum()
            * float(self._problem.covers.weights.max(initial=1))
            / self._unit
        )
        side = sparse.csr_array(abs(self._side.matrix)).T @ sizes[self._side_start : self._floor_start]
        rows = sizes[: self._side_start].sum() + sizes[self._base_rows :].sum()
        return float(rows + floors + side.max(initial=0.0)) or 1.0

    def _prices(self, row_duals: NDArray[Any], objective: int) -> Prices:
        duals = row_duals * self._unit
        duals[self._floor_start : self._base_rows] = row_duals[self._floor_start : self._base_rows]
        of_cuts = list(zip(self._cuts, duals[self._base_rows :].tolist(), strict=True))
        sets = [(cut, dual) for cut, dual in of_cuts if not isinstance(cut, KnapsackCut)]
        prices = self._class_prices.prices(
            duals[: self._side_start],
            [rows for rows, _ in sets],
            np.array([dual for _, dual in sets], dtype=np.float64),
            self._theta(duals[self._side_start : self._floor_start]),
            -duals[self._floor_start : self._base_rows],
            objective=objective,
        )
        knapsack = [(cut, dual) for cut, dual in of_cuts if isinstance(cut, KnapsackCut)]
        return replace(prices, knapsack=self._pool.knapsack.prices(knapsack))

    def _theta(self, duals: NDArray[Any]) -> IntArray:
        """Return scaled prices of all side rows; a limit that does not bind has none."""
        lower, upper = self._side.limits(self._domain)
        admissible = np.where(np.isinf(upper), np.minimum(duals, 0.0), duals)
        admissible = np.where(np.isinf(lower), np.maximum(admissible, 0.0), admissible)
        theta = np.zeros(self._problem.low.size, dtype=np.int64)
        theta[self._side.rows] = scaled(admissible)
        return theta

    def add_cuts(self, cuts: Sequence[Cut]) -> int:
        """Add cuts to the model; return how many were new."""
        new = [cut for cut in cuts if _key(cut) not in self._known]
        if new:
            written = self._written
            matrix = sparse.hstack([written.over_rows(new), written.over_columns(new, self.core)], format="csr")
            self._model.add_rows(matrix, np.full(len(new), -np.inf), written.limits(new))
            self._cuts += new
            self._known.update(_key(cut) for cut in new)
        return len(new)

    def add_odd_sets(self, classes: Sequence[tuple[int, ...]]) -> int:
        """Add odd sets of classes as far as they are rows here, each another; return how many were new."""
        return self.add_cuts(rows_of_sets(self.work.row_of_class, classes)[0])

    def weed(self) -> None:
        """Take cuts that are far from binding out of the model."""
        activity = self._model.row_values()[self._base_rows :]
        self._drop(activity < self._written.limits(self._cuts) - self._settings.slack)

    def drop_money_cuts(self) -> int:
        """Take the knapsack cuts that are made of side rows alone out of the model; return how many there were."""
        of_money = [isinstance(cut, KnapsackCut) and cut.base.floor < 0 for cut in self._cuts]
        return self._drop(np.array(of_money, dtype=bool))

    def _drop(self, gone: BoolArray) -> int:
        if gone.any():
            self._model.remove_rows(self._base_rows + np.flatnonzero(gone))
            self._known.difference_update(_key(cut) for cut, out in zip(self._cuts, gone, strict=True) if out)
            self._cuts = [cut for cut, out in zip(self._cuts, gone, strict=True) if not out]
        return int(gone.sum())

    def add_columns(self, rho: IntArray, domain: Domain, most: int) -> int:
        """Let columns of positive reduced value join the model; return how many did."""
        columns = self.work.columns
        outside = (self._position < 0) & (rho[columns] > 0) & (domain.status[columns] != ZERO)
        new = np.flatnonzero(outside)
        new = new[np.argsort(-rho[columns[new]], kind="stable")][:most]
        if new.size:
            self._position[new] = self.core.size + np.arange(new.size)
            self.core = np.concatenate([self.core, new])
            self._model.add_columns(self._values[new], self._columns_of(new))
        return int(new.size)

    def integer_model(self, domain: Domain) -> ArrayModel:
        """Return the mixed-integer program, cuts included: rows first, then the columns of `core` as whole numbers."""
        return self._arrays(self.core, domain.status)

    def _arrays(self, core: IntArray, status: NDArray[np.int8] | None = None) -> ArrayModel:
        work = self.work
        n_rows, tails = work.weights.size, self._tails
        size = n_rows + core.size
        decided = np.zeros(core.size, dtype=np.int8) if status is None else status[work.columns[core]]
        lower, upper = self._side.limits(self._domain)
        rows = [sparse.eye_array(n_rows), sparse.csr_array((lower.size, n_rows)), self._floor_rows()]
        if self._cuts:
            rows.append(self._written.over_rows(self._cuts))
        limits = self._written.limits(self._cuts)
        first, further = sparse.vstack(rows), np.zeros(tails.count)
        every = [first, self._columns_of(core), tails.matrix(first.shape[0])]
        return ArrayModel(
            objective=np.concatenate([self._gains, self._values[core] * self._unit, tails.worth]) / self._unit,
            matrix=sparse.hstack(every, format="csr"),
            row_lower=np.concatenate(
                [np.full(n_rows, -np.inf), lower, self._floor_limits(), np.full(limits.size, -np.inf)]
            ),
            row_upper=np.concatenate([np.zeros(n_rows), upper, np.full(work.minimum.size, np.inf), limits]),
            lower=np.concatenate([np.zeros(n_rows), decided == ONE, further]),
            upper=np.concatenate([np.ones(n_rows), decided != ZERO, further + 1.0]),
            integer=np.concatenate([(np.arange(size) >= n_rows) & (status is not None), further > 0]),
        )

    def _columns_of(self, positions: IntArray) -> sparse.csc_array:
        """Return the coefficients of columns in cover rows, side rows, floors and cuts."""
        covers = -self._incidence[:, positions]
        floors = sparse.csr_array(self._floor_gains()[:, positions])
        parts = [covers, sparse.csc_array(self._side.matrix)[:, positions], floors]
        if self._cuts:
            parts.append(self._written.over_columns(self._cuts, positions))
        return sparse.csc_array(sparse.vstack(parts, format="csc"))

    def _floor_rows(self) -> sparse.csr_array:
        """Return the weights of rows in floors, (floors, rows)."""
        work = self.work
        in_floor = label_membership(work)
        return sparse.csr_array(in_floor[:, work.label] * (work.weights[None, :] / self._unit))

    def _floor_gains(self) -> NDArray[Any]:
        """Return the folded weights of columns in floors, (floors, columns)."""
        gains = label_membership(self.work) @ self.work.fold / self._unit
        return np.hstack([gains, np.zeros((gains.shape[0], 1))])[:, self.work.column_site]

    def _floor_limits(self) -> NDArray[Any]:
        return np.asarray((self.work.minimum - label_membership(self.work) @ self.work.covered) / self._unit)


def _key(cut: Cut) -> tuple[Any, ...]:
    return cut.key if isinstance(cut, KnapsackCut) else cut


def _folded(problem: Problem, work: Work) -> NDArray[Any]:
    """Return (live sites,) what the folded classes of each count, and a last 0 for no site."""
    floors, first = problem.floors, problem.layers[:, 0] / FULL
    kinds = [first[once] * ((floors.worth * (floors.once == once)) @ work.fold) for once in (0, 1)]
    return np.append(kinds[0] + kinds[1], 0.0)


def _incidence(work: Work) -> sparse.csc_array:
    """Return the rows each column covers, (rows, columns)."""
    n_sites = work.fold.shape[1]
    by_site = sparse.csc_array(
        sparse.csr_array((np.ones(work.sites.size), work.sites, work.indptr), shape=(work.weights.size, n_sites + 1))
    )
    return sparse.csc_array(by_site[:, np.where(work.column_site >= 0, work.column_site, n_sites)])
