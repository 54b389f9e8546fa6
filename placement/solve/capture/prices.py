"""What the relaxation's multipliers prove of the program that its majorant makes: a bound, or that there is no plan.

The relaxation and that program have the same cover rows, side rows and floors; the visits floor of the one is the
majorant's row in the other. Its multipliers, rounded to integers, are prices of the other's rows, so that a bound is
there as soon as the relaxation is, and no second program is solved for it.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

import numpy as np

from placement.solve.bounds.prices import NO_BOUND, RAY_SIZE, Prices
from placement.solve.deadline import NEVER
from placement.solve.program.aggregate import aggregate
from placement.solve.program.domain import Domain
from placement.solve.program.problem import Problem
from placement.solve.program.providing import most_providing_in
from placement.solve.program.reduced import ReducedProgram, common_divisor
from placement.solve.program.scale import label_scale, scaled
from placement.solve.root import KnownPrices
from placement.solve.settings import EngineSettings
from placement.solve.tree.tools import Tools
from placement.values import Certificate, CoverageProgram
from placement.values.arrays import FloatArray, IntArray
from placement.values.certificate import SCALE
from placement.values.visits_certificate import IDLE, NEW_VISITS, VISITS_FLOOR


@dataclass(frozen=True, kw_only=True, eq=False)
class Duals:
    """Multipliers of a relaxation, in thousandths of its objective.

    Parameters
    ----------
    objective
        1, or 0 for those that show that nothing is feasible.
    rows
        Of the cover rows of the reduced program.
    linear
        Of its side rows; those of equalities may be negative.
    floors
        Of its floors.
    visits
        Of the floor of visits.
    idle
        Of rows that keep new stations from standing idle.
    """

    objective: int
    rows: FloatArray
    linear: FloatArray
    floors: FloatArray
    visits: float
    idle: FloatArray

    @classmethod
    def nothing(cls, reduced: ReducedProgram, idle: int) -> Duals:
        """Return multipliers of 0, by which all is covered and every column that pays is chosen."""
        linear, floors = np.zeros(len(reduced.linear)), np.zeros(len(reduced.floors))
        return cls(
            objective=1, rows=np.zeros(reduced.n_rows), linear=linear, floors=floors, visits=0.0, idle=np.zeros(idle)
        )

    def times(self, factor: float) -> Duals:
        """Return all multipliers so many times as large, which is as good where they are a ray."""
        parts = {each.name: getattr(self, each.name) * factor for each in fields(self) if each.name != "objective"}
        return replace(self, **parts)


def proven(
    program: CoverageProgram, duals: Duals, *, threads: int, settings: EngineSettings
) -> tuple[int | None, Certificate] | None:
    """Return (bound, proof) of a program with rows for the limits on visits; a bound of None: no plan is feasible.

    None where the multipliers prove nothing in whole numbers. Of several rows that make the floor of visits the first
    has its price.
    """
    reduced = aggregate(program, threads=threads, settings=settings.program)
    tools = Tools.of(reduced, NEVER, settings=settings, threads=threads)
    domain = Domain.of(tools.problem)
    if not duals.objective:
        duals = duals.times(RAY_SIZE / SCALE / (_size(reduced, duals) or 1.0))  # the larger, the less rounding takes
    prices = integer_prices(reduced, tools.problem, duals)
    bound = tools.bound(prices, domain)[0]
    if bound >= (NO_BOUND if duals.objective else 0):
        return None
    tools.log.add_leaf(0, prices, domain.limits)
    worth = bound // SCALE if duals.objective else None
    proof = tools.log.certificate(bound=worth or 0, infeasible=worth is None, objective=0, chosen=None)
    return worth, proof


def known_prices(duals: Duals) -> KnownPrices:
    """Return what makes prices of a program, and all that has rows more, of multipliers of its relaxation."""
    return lambda reduced, problem: integer_prices(reduced, problem, duals)


def _size(reduced: ReducedProgram, duals: Duals) -> float:
    """Return what the numbers that multipliers make of a row or a column are at most."""
    heaviest = float(reduced.classes.weights.max(initial=0))
    largest = [float(np.abs(row.coefficients).max(initial=0)) for row in reduced.linear]
    side = float(np.abs(_side_duals(reduced, duals)) @ np.array(largest))
    return heaviest * float(duals.floors.sum()) + float(duals.rows.sum()) + side


def integer_prices(reduced: ReducedProgram, problem: Problem, duals: Duals) -> Prices:
    """Return the multipliers of a relaxation as integer prices of a program with the same rows."""
    phi = scaled(duals.floors)
    full = problem.covers.weights * label_scale(problem, phi, duals.objective)[problem.floors.label]
    rows = full.copy()  # folded classes are covered with their site: at their full price they cost nothing
    # No price is less than the first layer counts that no plan comes to: the relaxation has no such layers.
    layers = np.hstack([reduced.layers, np.zeros((reduced.n_rows, 1), dtype=np.int64)])
    most = np.minimum(most_providing_in(reduced), layers.shape[1] - 1)
    beyond = layers[np.arange(reduced.n_rows), most] * reduced.gains * duals.objective
    rows[reduced.row_class] = np.minimum(np.maximum(scaled(duals.rows), beyond), full[reduced.row_class])
    return Prices(
        objective=duals.objective,
        rows=rows,
        cuts=np.empty(0, dtype=np.int64),
        theta=_side_prices(reduced, problem, duals),
        phi=phi,
    )


def _side_prices(reduced: ReducedProgram, problem: Problem, duals: Duals) -> IntArray:
    """Return scaled prices of all side rows, groups included, which have none."""
    given = _side_duals(reduced, duals)
    theta = np.zeros(problem.low.size, dtype=np.int64)
    theta[: given.size] = scaled(given)
    return theta


def _side_duals(reduced: ReducedProgram, duals: Duals) -> FloatArray:
    """Return multipliers of all linear rows, those for visits included."""
    given = np.zeros(len(reduced.linear))
    given[: duals.linear.size] = duals.linear
    floor = [at for at, row in enumerate(reduced.linear) if row.kind == VISITS_FLOOR]
    idle = [at for at, row in enumerate(reduced.linear) if row.kind in {NEW_VISITS, IDLE}]
    given[idle[: duals.idle.size]] = duals.idle  # rows that came later have no price
    for at in floor[:1]:
        given[at] = duals.visits * common_divisor(reduced.program.linear[at])
    equality = np.array([row.equality for row in reduced.linear], dtype=bool)
    return np.where(equality, given, np.maximum(given, 0.0))
