r"""The relaxation of a program that counts visits, in HiGHS, whose inequalities come as they are needed.

.. math::
    \max\; \sum_c w_c z_c + \sum_k b_k x_k + r \bigl( \sum_g \eta_g + \sum_k d_{j(k)} x_k \bigr)
    \quad\text{s.t. cover rows, side rows, floors,}\quad
    \eta_g \le K_{gt} + \sum_k c_{gt, j(k)} x_k, \quad \sum_g \eta_g + \sum_k d_{j(k)} x_k \ge F

:math:`\eta_g` are the visits of a group of rows beside doors. At the point of the relaxation, drawn towards earlier
ones, every row replies with the inequality that says least (:mod:`placement.solve.capture.replies`); their sums over
groups are added, and so on (the method of Kelley; of many sums instead of one, since it converges in a few rounds). The
duals of these inequalities are the weights of a mixture: one majorant that says as much as all of them together.

Sources: Kelley (1960), The cutting-plane method for solving convex programs, Journal of SIAM 8, 703-712; Ljubić &
Moreno (2018), see :mod:`placement.values.majorants`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from placement.solve.backends.highs import ArrayModel, LpOutcome
from placement.solve.bounds.prices import WEIGHT_BITS
from placement.solve.capture.aim import Aim
from placement.solve.capture.majorants import Mixture, mixture
from placement.solve.capture.prices import Duals
from placement.solve.capture.replies import Reply, best_reply, rows_of
from placement.solve.deadline import Deadline
from placement.solve.lp.growing import GrowingModel
from placement.solve.lp.tails import Tails
from placement.solve.program.providing import most_providing_in
from placement.solve.program.reduced import ReducedProgram
from placement.solve.settings import DEFAULTS
from placement.solve.settings.visits import VisitsSettings
from placement.values import LinearRow
from placement.values.arrays import BoolArray, FloatArray
from placement.values.layers import FULL
from placement.values.whole_capture import WholeCapture


@dataclass(frozen=True, kw_only=True, eq=False)
class Relaxed:
    """What the relaxation says.

    Parameters
    ----------
    state
        ``optimal``, ``infeasible``, or ``no_solution`` where the time ended.
    bound
        Value of the relaxation, thousandths (floating point: no proof).
    point
        (columns,) x.
    mixed
        The majorant of its duals; None where visits have no price.
    duals
        What its limits cost at the last point that was found, or why none can be; None where the time ended before.
    """

    state: str
    bound: float
    point: FloatArray
    mixed: Mixture | None
    duals: Duals | None


class VisitsRelaxation:
    """The relaxation of one program and capture.

    Parameters
    ----------
    reduced
        The program, aggregated; `weights` of its rows count.
    capture
        The visits; its sites are those of the program.
    settings
        Numbers of the search.
    """

    def __init__(
        self, reduced: ReducedProgram, capture: WholeCapture, settings: VisitsSettings = DEFAULTS.visits
    ) -> None:
        self._reduced, self._capture, self._settings = reduced, capture, settings
        self._rows = rows_of(capture, settings.groups)
        self._n_groups = int(self._rows.group.max(initial=-1)) + 1
        self._replies: list[Reply] = []
        self._groups_of_reply: list[NDArray[np.int64]] = []
        self._others: list[int] = []
        placed = np.flatnonzero(reduced.column_site >= 0)
        entries = (np.ones(placed.size), (reduced.column_site[placed], placed))
        self._at_site = sparse.csr_array(entries, shape=(reduced.n_sites, reduced.n_columns))
        total = int(reduced.weights.sum()) + int(capture.mass.sum())
        self._unit = float(2 ** max(0, total.bit_length() - WEIGHT_BITS))
        self._first = reduced.layers[:, 0] / FULL
        self._tails = Tails.of(reduced.program.layers, most_providing_in(reduced), reduced.gains, reduced.once)
        self._doors = self._at_site.T @ (capture.door / self._unit)
        self._lower = reduced.required.astype(np.float64)
        self._upper = np.where(reduced.excluded & ~reduced.required, 0.0, 1.0)
        self._model = GrowingModel(self._arrays())
        self._base = self._model.row_count()
        self._centre: FloatArray | None = None

    def solve(self, aim: Aim, until: Deadline, *, rounds: int | None = None) -> Relaxed:
        """Return the relaxation for an aim; inequalities found for one aim stay for the next.

        Parameters
        ----------
        aim
            Weight and floor of visits.
        until
            When to stop; what was found before it is returned.
        rounds
            Rounds of inequalities; None: as many as the settings say.
        """
        self._aim_at(aim)
        settings, drawn = self._settings, self._settings.drawn
        outcome = last = self._solved(until)
        for _ in range(settings.rounds if rounds is None else rounds):
            if outcome.state != "optimal" or until.passed():
                break
            last = outcome
            added = self._replied(outcome, drawn, settings.tolerance)
            if not added and not drawn:
                break
            drawn = drawn if added else 0.0
            outcome = self._solved(until) if added else outcome
        return self._relaxed(last if outcome.state == "no_solution" else outcome)

    def add_row(self, row: LinearRow) -> None:
        """Add a row over columns."""
        width = self._reduced.n_rows + self._reduced.n_columns + self._n_groups
        at = (np.zeros(row.columns.size, dtype=np.int64), self._reduced.n_rows + row.columns)
        matrix = sparse.csr_array((row.coefficients.astype(np.float64), at), shape=(1, width))
        self._model.add_rows(matrix, [float(row.limit) if row.equality else -np.inf], [float(row.limit)])
        self._others.append(self._model.row_count() - 1)

    def fix(self, fixed: Sequence[tuple[int, int]]) -> None:
        """Let only these columns be fixed, to 0 or 1, beside those that the program requires or excludes."""
        lower, upper = self._lower.copy(), self._upper.copy()
        for column, value in fixed:
            lower[column] = upper[column] = float(value)
        self._model.set_bounds(self._reduced.n_rows + np.arange(lower.size), lower, upper)

    def tight_at(self, standing: BoolArray, near: FloatArray) -> Mixture:
        """Return a majorant that is equal to the visits of `standing`, (sites,): of all such the least at `near`."""
        there, one = standing.astype(np.float64), np.array([1.0])
        reply = best_reply(self._rows, there, one, self._n_groups, at=np.clip(near, 0.0, 1.0))
        return mixture(self._capture, self._rows.group, [reply], [np.ones(self._n_groups)])

    def sites_of(self, point: FloatArray) -> FloatArray:
        """Return (sites,) how much of a station stands at a point of the columns."""
        return np.asarray(np.clip(self._at_site @ point, 0.0, 1.0))

    def _aim_at(self, aim: Aim) -> None:
        reduced, self._scale = self._reduced, max(1.0, float(aim.weight))
        worth, one = float(aim.weight) / self._scale, 1.0 / self._unit / self._scale
        weights, values = self._first * reduced.gains * one, reduced.column_values * one
        every = np.full(self._n_groups, worth)
        tails = self._tails.worth * one
        self._model.set_objective(np.concatenate([weights, values + worth * self._doors, every, tails]))
        least = -np.inf if aim.floor is None else aim.floor / self._unit
        self._model.set_row_limits([self._base - 1], [least], [np.inf])

    def _solved(self, until: Deadline) -> LpOutcome:
        return self._model.solve(time_limit_s=max(0.05, until.left_s()), interrupt=until)

    def _replied(self, outcome: LpOutcome, drawn: float, tolerance: float) -> bool:
        """Add the sums that the point violates; return whether there were any."""
        n_rows, n_columns = self._reduced.n_rows, self._reduced.n_columns
        point = self.sites_of(outcome.values[n_rows : n_rows + n_columns])
        held = outcome.values[n_rows + n_columns :][: self._n_groups] * self._unit
        self._centre = point if self._centre is None else drawn * self._centre + (1 - drawn) * point
        reply = best_reply(self._rows, self._centre, self._settings.of_sets(), self._n_groups)
        beyond = held - (reply.constant + reply.coefficient @ point)
        scale = max(float(held.sum()), 1.0)
        groups = np.flatnonzero(beyond > tolerance * max(float(held.sum()), 1.0) / max(1, self._n_groups))
        if not groups.size or float(beyond[groups].sum()) <= tolerance * scale:
            return False
        self._add(reply, groups)
        return True

    def _add(self, reply: Reply, groups: NDArray[np.int64]) -> None:
        columns = sparse.csr_array(-reply.coefficient[groups] / self._unit) @ self._at_site
        eta = sparse.csr_array(
            (np.ones(groups.size), (np.arange(groups.size), groups)), shape=(groups.size, self._n_groups)
        )
        nothing = sparse.csr_array((groups.size, self._reduced.n_rows))
        matrix = sparse.csr_array(sparse.hstack([nothing, columns, eta], format="csr"))
        self._model.add_rows(matrix, np.full(groups.size, -np.inf), reply.constant[groups] / self._unit)
        self._groups_of_reply.append(groups)
        self._replies.append(reply)

    def _relaxed(self, outcome: LpOutcome) -> Relaxed:
        n_rows, n_columns = self._reduced.n_rows, self._reduced.n_columns
        point = np.clip(outcome.values[n_rows : n_rows + n_columns], 0.0, 1.0)
        mixed = duals = None
        if outcome.state == "optimal":
            mixed, duals = self._read(outcome.row_prices, self._scale)
        elif outcome.state == "infeasible":
            mixed, duals = self._refuted()
        return Relaxed(
            state=outcome.state,
            bound=float(outcome.objective) * self._unit * self._scale,
            point=point,
            mixed=mixed,
            duals=duals,
        )

    def _refuted(self) -> tuple[Mixture | None, Duals | None]:
        """Return the majorant and the prices of a ray that shows that the last run was infeasible."""
        ray = self._model.infeasibility_ray()
        if ray is None or not np.isfinite(ray).all() or not ray.any():
            return None, None
        mixed, duals = self._read(ray if self._leans(ray) >= 0 else -ray, 1.0)
        return mixed, replace(duals, objective=0)

    def _leans(self, ray: FloatArray) -> float:
        """Return the sum of multipliers, of ``<=`` rows less ``>=`` rows: not negative for those of a proof."""
        sign = np.ones(ray.size)
        side = np.array([0.0 if row.equality else 1.0 for row in self._reduced.linear])
        sign[self._reduced.n_rows : self._reduced.n_rows + side.size] = side
        sign[self._reduced.n_rows + side.size : self._base] = -1.0
        return float(sign @ ray)

    def _read(self, prices: FloatArray, scale: float) -> tuple[Mixture | None, Duals]:
        """Return the majorant that multipliers of the rows make, and the prices of all other rows, in thousandths."""
        reduced, whole = self._reduced, scale * self._unit
        cuts, at = np.delete(prices, self._others)[self._base :], 0
        mixed = None
        if self._replies:
            weights = []
            for groups in self._groups_of_reply:
                weight = np.zeros(self._n_groups)
                there = cuts[at : at + groups.size]  # those added after the last solution have no price
                weight[groups[: there.size]] = np.maximum(there, 0.0)
                weights.append(weight)
                at += groups.size
            if any(each.any() for each in weights):
                mixed = mixture(self._capture, self._rows.group, self._replies, weights)
        ends = np.cumsum([reduced.n_rows, len(reduced.linear), len(reduced.floors)])
        duals = Duals(
            objective=1,
            rows=np.maximum(prices[: ends[0]], 0.0) * whole,
            linear=prices[ends[0] : ends[1]] * whole,
            floors=np.maximum(-prices[ends[1] : ends[2]], 0.0) * scale,
            visits=max(0.0, -float(prices[self._base - 1])) * scale,
            idle=np.maximum(prices[self._others], 0.0) * whole,
        )
        return mixed, duals

    def _arrays(self) -> ArrayModel:
        reduced, unit = self._reduced, self._unit
        n_rows, n_columns, n_groups = reduced.n_rows, reduced.n_columns, self._n_groups
        further = np.zeros(self._tails.count)
        covers = sparse.hstack([sparse.eye_array(n_rows), -(reduced.covers.astype(np.float64) @ self._at_site)])
        linear = reduced.linear
        starts = np.cumsum([0] + [row.columns.size for row in linear])
        none = np.zeros(0)
        side = sparse.csr_array(
            (
                np.concatenate([none, *(row.coefficients for row in linear)]).astype(np.float64),
                np.concatenate([none, *(row.columns for row in linear)]).astype(np.int64),
                starts,
            ),
            shape=(len(linear), n_columns),
        )
        floors = self._floor_rows()
        floor = np.concatenate([np.zeros(n_rows), self._doors, np.ones(n_groups)])
        parts = [
            sparse.hstack([covers, sparse.csr_array((n_rows, n_groups))]),
            sparse.hstack([sparse.csr_array((len(linear), n_rows)), side, sparse.csr_array((len(linear), n_groups))]),
            floors,
            sparse.csr_array(floor[None, :]),
        ]
        least = [each.minimum / unit for each in reduced.floors]
        most = np.bincount(self._rows.group, weights=self._capture.mass / unit, minlength=n_groups)
        equal = [float(row.limit) if row.equality else -np.inf for row in linear]
        first = sparse.vstack(parts, format="csr")
        return ArrayModel(
            objective=np.zeros(n_rows + n_columns + n_groups + further.size),
            matrix=sparse.csr_array(sparse.hstack([first, self._tails.matrix(first.shape[0])], format="csr")),
            row_lower=np.concatenate([np.full(n_rows, -np.inf), equal, least, [-np.inf]]),
            row_upper=np.concatenate(
                [np.zeros(n_rows), [float(row.limit) for row in linear], np.full(len(least) + 1, np.inf)]
            ),
            lower=np.concatenate([np.zeros(n_rows), self._lower, np.zeros(n_groups), further]),
            upper=np.concatenate([np.ones(n_rows), self._upper, most, further + 1.0]),
            integer=np.zeros(n_rows + n_columns + n_groups + further.size, dtype=bool),
        )

    def _floor_rows(self) -> sparse.csr_array:
        reduced = self._reduced
        table = np.zeros((len(reduced.floors), reduced.n_rows + reduced.n_columns + self._n_groups))
        for number, floor in enumerate(reduced.floors):
            table[number, floor.rows] = reduced.weights[floor.rows] / self._unit
            table[number, reduced.n_rows : reduced.n_rows + reduced.n_columns] = floor.column_gain / self._unit
        return sparse.csr_array(table)
