r"""Whether a program's relaxation can hold at all, which constraints clash, and how far one of them must give way.

.. math::

    z_c \le \sum_{k:\, \mathrm{site}(k) \in N(c)} x_k,\quad A x \le g \;(\text{or} = g),\quad
    \sum_{c \in f} w_c z_c \ge m_f,\quad 0 \le z, x \le 1

is one linear program without an objective, over the classes that stand in floors. Where it is infeasible, Farkas'
lemma gives multipliers of its rows; rounded to integers they are a *ray* of :mod:`placement.values.certificate`, which
proves that no plan is feasible. Constraints are let go and taken back in the same model, so that each further question
costs a few simplex steps. With one constraint let go and its left side as the objective, the duals are a ray for every
limit that is too tight: how far the limit must move at least follows in integers.

Sources: Farkas (1902), Theorie der einfachen Ungleichungen, Journal fuer die reine und angewandte Mathematik 124, 1-27;
Chinneck & Dravnieks (1991), Locating minimal infeasible constraint sets in linear programs, ORSA Journal on Computing
3, 157-168, for letting constraints go one by one.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from placement.solve.backends.highs import ArrayModel, LpOutcome
from placement.solve.bounds.prices import RAY_SIZE, WEIGHT_BITS, Prices, scaled_bound
from placement.solve.cuts.pool import CutPool
from placement.solve.deadline import Deadline
from placement.solve.infeasible.constraints import REQUIRED, eased
from placement.solve.lp.growing import GrowingModel
from placement.solve.program.aggregate import aggregate
from placement.solve.program.domain import Domain
from placement.solve.program.problem import FREE, NO_LIMIT, ZERO, build_problem
from placement.solve.program.reduced import common_divisor
from placement.solve.program.scale import label_scale, scaled
from placement.solve.settings import DEFAULTS, EngineSettings
from placement.solve.tree.proof import ProofLog
from placement.values import Certificate, CoverageProgram, LinearRow
from placement.values.certificate import SCALE


@dataclass(frozen=True, kw_only=True, eq=False)
class Shortfall:
    """How far one constraint must give way at least, everything else as it is.

    Parameters
    ----------
    amount
        In the unit of the limit or the floor, more than 0. A limit must rise, a floor fall, by this much at least.
    certificate
        Proves that with one unit less no plan is feasible.
    """

    amount: int
    certificate: Certificate


class FeasibilityModel:
    """The relaxation of a program in HiGHS, whose constraints can be let go by name.

    Parameters
    ----------
    program
        The program.
    threads
        Threads for aggregation.
    settings
        Of the engine.
    """

    def __init__(self, program: CoverageProgram, *, threads: int = 2, settings: EngineSettings = DEFAULTS) -> None:
        self._program, self._least_s = program, settings.lp.least_s
        reduced = aggregate(program, threads=threads, settings=settings.program)
        self._classes, self._linear = reduced.classes, reduced.linear
        self._problem = build_problem(reduced, settings.program)
        self._pool = CutPool(self._problem.covers)
        self._in_floor = np.flatnonzero(np.diff(self._classes.floor_indptr))
        self._unit = float(2 ** max(0, int(self._classes.weights.sum()).bit_length() - WEIGHT_BITS))
        self._floor_names = [floor.name for floor in program.floors]
        self._rows = self._in_floor.size
        self._floors = self._floor_rows()
        self._matrix = self._arrays()
        self._model = GrowingModel(self._array_model())
        self._model.without_presolve()

    def clash(self, kept: Collection[str], deadline: Deadline) -> frozenset[str] | None:
        """Return names among `kept` of constraints that no plan satisfies together; None where that is not proven."""
        if self._solve(kept, deadline).state != "infeasible":
            return None
        ray = self._ray(kept)
        return None if ray is None else self._used(ray, kept)

    def _used(self, ray: Prices, kept: Collection[str]) -> frozenset[str]:
        """Return the names of the constraints that a ray needs."""
        priced = [row for row, price in zip(self._linear, ray.theta.tolist(), strict=False) if price]
        names = {row.name for row in priced if not row.kind.structural}
        names |= {name for name, price in zip(self._floor_names, ray.phi.tolist(), strict=True) if price}
        if REQUIRED in kept and self._bound(ray, names) >= 0:
            names.add(REQUIRED)
        return frozenset(names)

    def proof(self, deadline: Deadline) -> Certificate | None:
        """Return a certificate that no plan of the program is feasible, if the relaxation gives one."""
        if self._solve(None, deadline).state != "infeasible":
            return None
        ray = self._ray(None)
        return None if ray is None else self._certificate(self._program, ray)

    def shortfall(self, name: str, deadline: Deadline) -> Shortfall | None:
        """Return how far the limit or floor `name` must give way at least, all else kept.

        None where it cannot help by itself, or where time is short.
        """
        names = [row.name for row in self._linear] + self._floor_names
        if names.count(name) != 1:
            return None
        at = names.index(name)
        left = self._matrix[[self._rows + at]].toarray()[0]
        is_floor = at >= len(self._linear)
        self._model.set_objective(left if is_floor else -left)
        try:
            outcome = self._solve(None, deadline, let_go=name)
        finally:
            self._model.set_objective(np.zeros(left.size))
        if outcome.state != "optimal" or not outcome.finite:
            return None
        duals = outcome.row_prices.copy()
        duals[self._rows + at] = -1.0 if is_floor else 1.0
        prices = self._prices(duals)
        amount = self._least_fall(at - len(self._linear), prices) if is_floor else self._least_rise(at, prices)
        if amount <= 0:
            return None
        return Shortfall(amount=amount, certificate=self._certificate(eased(self._program, name, amount - 1), prices))

    def _least_rise(self, at: int, prices: Prices) -> int:
        """Return by how much the limit of a row must rise for the prices to be no ray any more."""
        price, limit = int(prices.theta[at]), self._linear[at].limit
        if price <= 0 or self._linear[at].equality:
            return 0
        rest = self._bound(prices, None) - price * limit
        given = self._program.linear[at]
        return -(rest // price) * common_divisor(given) - given.limit

    def _least_fall(self, floor: int, prices: Prices) -> int:
        """Return by how much the minimum of a floor must fall for the prices to be no ray any more."""
        price, minimum = int(prices.phi[floor]), self._program.floors[floor].minimum
        if price <= 0:
            return 0
        return minimum - (self._bound(prices, None) + price * minimum) // price

    def _certificate(self, program: CoverageProgram, ray: Prices) -> Certificate:
        none = np.empty((0, 2), dtype=np.int64)
        fingerprint = self._classes.fingerprint(program)
        log = ProofLog(self._problem, self._pool, fingerprint=fingerprint, dominated=none)
        log.add_leaf(0, ray, Domain.of(self._problem).limits)
        return log.certificate(bound=0, infeasible=True, objective=0, chosen=None)

    def _solve(self, kept: Collection[str] | None, deadline: Deadline, *, let_go: str = "") -> LpOutcome:
        """Solve with the constraints `kept` (None: all) but `let_go`."""
        lower, upper, low, high = self._limits(kept, let_go)
        columns = self._rows + np.arange(self._program.n_columns)
        self._model.set_bounds(columns, lower, upper)
        self._model.set_row_limits(self._rows + np.arange(low.size), low, high)
        return self._model.solve(time_limit_s=max(self._least_s, deadline.left_s()), interrupt=deadline)

    def _limits(
        self, kept: Collection[str] | None, let_go: str = ""
    ) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any], NDArray[Any]]:
        """Return bounds of the columns, and limits of linear rows and floors."""
        program = self._program

        def holds(name: str) -> bool:
            """Return whether a constraint is kept."""
            return name != let_go and (kept is None or name in kept)

        def binds(row: LinearRow) -> bool:
            """Return whether a row is kept; what decisions mean always is."""
            return row.kind.structural or holds(row.name)

        demanded = kept is None or REQUIRED in kept
        lower = program.required.astype(float) if demanded else np.zeros(program.n_columns)
        low = [
            float(row.limit) if row.equality and (demanded or not row.kind.demands) and binds(row) else -np.inf
            for row in self._linear
        ]
        high = [float(row.limit) if binds(row) else np.inf for row in self._linear]
        least = [floor.minimum / self._unit if holds(floor.name) else -np.inf for floor in program.floors]
        none = [np.inf] * len(least)
        return lower, (~program.excluded).astype(float), np.array(low + least), np.array(high + none)

    def _ray(self, kept: Collection[str] | None) -> Prices | None:
        """Return the integer ray that proves the last run infeasible, if HiGHS' ray does."""
        ray = self._model.infeasibility_ray()
        if ray is None or not np.isfinite(ray).all() or not ray.any():
            return None
        for each in (self._prices(ray), self._prices(-ray)):
            if self._bound(each, kept) < 0:
                return each
        return None

    def _bound(self, prices: Prices, kept: Collection[str] | None) -> int:
        domain = Domain.of(self._problem)
        if kept is not None and REQUIRED not in kept:
            low = domain.limits.low.copy()
            low[[at for at, row in enumerate(self._linear) if row.kind.demands]] = -NO_LIMIT
            status = np.where(domain.status == ZERO, ZERO, FREE).astype(np.int8)
            domain = Domain(status=status, limits=replace(domain.limits, low=low))
        return scaled_bound(self._problem, self._pool.cuts(), prices, domain)[0]

    def _prices(self, duals: NDArray[Any]) -> Prices:
        """Return a ray in integers, as large as they may be, from multipliers of the rows."""
        covers, rest = np.maximum(duals[: self._rows], 0.0), duals[self._rows :]
        theta, phi = rest[: len(self._linear)], np.maximum(-rest[len(self._linear) :], 0.0)
        equality = np.array([row.equality for row in self._linear], dtype=bool)
        theta = np.where(equality, theta, np.maximum(theta, 0.0))
        weights = self._classes.weights / self._unit
        side = abs(self._matrix[self._rows : self._rows + theta.size]).T @ np.abs(theta)
        size = weights.max(initial=0.0) * phi.sum() + covers.sum() + side.max(initial=0.0) or 1.0
        factor = RAY_SIZE / (SCALE * size * self._unit)
        whole = scaled(phi * factor)
        room = self._classes.weights * label_scale(self._problem, whole, 0)[self._problem.floors.label]
        rows, all_theta = np.zeros(weights.size, dtype=np.int64), np.zeros(self._problem.low.size, dtype=np.int64)
        rows[self._in_floor] = np.minimum(scaled(covers * self._unit * factor), room[self._in_floor])
        all_theta[: theta.size] = scaled(theta * self._unit * factor)
        return Prices(objective=0, rows=rows, cuts=np.empty(0, dtype=np.int64), theta=all_theta, phi=whole)

    def _floor_rows(self) -> sparse.csr_array:
        """Return the weights of classes in floors over all columns of the model."""
        classes, place = self._classes, np.full(self._classes.count, -1, dtype=np.int64)
        place[self._in_floor] = np.arange(self._rows)
        owner = np.repeat(np.arange(classes.count), np.diff(classes.floor_indptr))
        entries = (classes.weights[owner] / self._unit, (classes.floor_index, place[owner]))
        return sparse.csr_array(entries, shape=(len(self._floor_names), self._rows + self._program.n_columns))

    def _arrays(self) -> sparse.csr_array:
        """Return all rows: cover rows, linear rows, floors; columns: classes in floors, then those of the program."""
        program, classes = self._program, self._classes
        ones = np.ones(classes.sites.size)
        members = sparse.csr_array((ones, classes.sites, classes.indptr), shape=(classes.count, program.n_sites))
        placed = np.flatnonzero(program.column_site >= 0)
        at_site = sparse.csr_array(
            (np.ones(placed.size), (program.column_site[placed], placed)), shape=(program.n_sites, program.n_columns)
        )
        covers = sparse.hstack([sparse.eye_array(self._rows), -(members[self._in_floor] @ at_site)])
        side = sparse.hstack(
            [sparse.csr_array((len(self._linear), self._rows)), _matrix(self._linear, program.n_columns)]
        )
        return sparse.csr_array(sparse.vstack([covers, side, self._floors], format="csr"))

    def _array_model(self) -> ArrayModel:
        lower, upper, low, high = self._limits(None)
        free = np.full(self._rows, -np.inf)
        return ArrayModel(
            objective=np.zeros(self._matrix.shape[1]),
            matrix=self._matrix,
            row_lower=np.concatenate([free, low]),
            row_upper=np.concatenate([np.zeros(self._rows), high]),
            lower=np.concatenate([np.zeros(self._rows), lower]),
            upper=np.concatenate([np.ones(self._rows), upper]),
            integer=np.zeros(self._matrix.shape[1], dtype=bool),
        )


def _matrix(rows: tuple[LinearRow, ...], n_columns: int) -> sparse.csr_array:
    none = np.empty(0, dtype=np.int64)
    columns = np.concatenate([none, *(row.columns for row in rows)])
    coefficients = np.concatenate([none, *(row.coefficients for row in rows)]).astype(np.float64)
    starts = np.cumsum([0] + [row.columns.size for row in rows])
    return sparse.csr_array((coefficients, columns, starts), shape=(len(rows), n_columns))
