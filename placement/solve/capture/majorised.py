r"""One ordinary program in place of one that counts visits, and what its prices say of all plans at once.

With the majorant :math:`V(S) \le K + c(S)` of the relaxation, every plan is worth at most its value in the program
whose columns are worth :math:`r c` more, plus :math:`r K`. That holds under whatever further rows: questions that ask
for many plans of one program share one majorant. Integer prices give, with the bound U of all plans and the reduced
values :math:`\rho`, a bound of those in which a column is chosen, or none of some columns is, and, for a row
:math:`a x \le g` of price :math:`\theta \ge 0`, of those under any other limit :math:`g'`:

.. math::
    U - \max(0, \rho_k) + \rho_k, \qquad U - \sum_{k \in C} \max(0, \rho_k), \qquad U + \theta (g' - g)

Source: weak duality, as for the bound of :mod:`placement.values.certificate`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np

from placement.solve.bounds.prices import NO_BOUND, scaled_bound
from placement.solve.capture.aim import Aim
from placement.solve.capture.prices import Duals, integer_prices
from placement.solve.capture.relaxation import VisitsRelaxation
from placement.solve.capture.rows import times, valued
from placement.solve.cuts.arrays import NO_CUTS
from placement.solve.deadline import Deadline
from placement.solve.program.aggregate import aggregate
from placement.solve.program.domain import Domain
from placement.solve.program.problem import FREE, build_problem
from placement.solve.program.reduced import ReducedProgram, common_divisor
from placement.solve.settings import EngineSettings
from placement.values import CoverageProgram
from placement.values.arrays import BoolArray, FloatArray, IntArray
from placement.values.certificate import SCALE
from placement.values.whole_capture import WholeCapture


@dataclass(frozen=True, kw_only=True, eq=False)
class Prices:
    """Integer prices of a program, as they bound all plans; scaled by ``SCALE``.

    Parameters
    ----------
    bound
        U.
    reduced
        (columns,) the reduced value of each.
    free
        (columns,) whether it is neither required nor excluded.
    linear
        (linear rows,) price of one unit of each row as it was given, thousandths (not scaled).
    floors
        (floors,) price of one unit of each floor.
    """

    bound: int
    reduced: IntArray
    free: BoolArray
    linear: FloatArray
    floors: FloatArray


@dataclass(frozen=True, kw_only=True, eq=False)
class Majorised:
    """An ordinary program by which plans are bounded.

    Parameters
    ----------
    program
        The program: no plan is worth more than its value in it and `constant` together.
    constant
        What visits count beside the values of columns, thousandths of a visit a month; 0 where they do not count.
    prices
        Of the program; None where the relaxation found none in time, or proves nothing in whole numbers.
    refuted
        Whether the relaxation finds that there is no plan; in floating point, so that it is no proof.
    """

    program: CoverageProgram
    constant: int
    prices: Prices | None
    refuted: bool = False

    @classmethod
    def of(
        cls,
        program: CoverageProgram,
        capture: WholeCapture | None,
        aim: Aim,
        *,
        until: Deadline,
        threads: int,
        settings: EngineSettings,
    ) -> Self | None:
        """Return the program by the majorant of its relaxation; None where visits count and none was found in time.

        Parameters
        ----------
        program, capture, aim
            As in :func:`placement.solve.capture.visits.maximise_visits`; a `capture` of None: visits do not count.
        until, threads, settings
            As there.
        """
        reduced = aggregate(program, threads=threads, settings=settings.program, until=until)
        nobody = WholeCapture.nobody(program.n_sites)
        relaxation = VisitsRelaxation(reduced, nobody if capture is None else capture, settings.visits)
        relaxed = relaxation.solve(Aim(weight=aim.weight), until, rounds=None if aim.weight else 0)
        refuted, constant = relaxed.state == "infeasible", 0
        if aim.weight and not refuted:
            if relaxed.mixed is None:
                return None
            program = valued(program, aim.weight, relaxed.mixed.coefficient)
            constant = times(aim.weight, relaxed.mixed.constant)
        prices = None
        if relaxed.duals is not None and relaxed.duals.objective:
            prices = _priced(aggregate(program, threads=threads, settings=settings.program), relaxed.duals)
        return cls(program=program, constant=constant, prices=prices, refuted=refuted)

    @property
    def bound(self) -> int | None:
        """No plan is worth more, thousandths."""
        return None if self.prices is None else self.prices.bound // SCALE + self.constant

    def without(self, columns: IntArray) -> int | None:
        """Return what plans with none of some columns are worth at most, thousandths; None where that is not known."""
        prices = self.prices
        if prices is None:
            return None
        rho = prices.reduced[columns[prices.free[columns]]]
        return (prices.bound - int(np.maximum(rho, 0).sum())) // SCALE + self.constant

    def choosing(self, columns: IntArray) -> int | None:
        """Return what plans with one of some free columns are worth at most, thousandths; None where not known."""
        prices = self.prices
        if prices is None:
            return None
        rho = prices.reduced[columns[prices.free[columns]]]
        return None if not rho.size else (prices.bound + int(np.minimum(rho, 0).max())) // SCALE + self.constant


def _priced(reduced: ReducedProgram, duals: Duals) -> Prices | None:
    """Return what multipliers prove in whole numbers.

    No column is decided against because another one dominates it: that would be true of the best plan alone.
    """
    problem, linear = build_problem(reduced), reduced.program.linear
    integers, domain = integer_prices(reduced, problem, duals), Domain.of(problem)
    bound, rho = scaled_bound(problem, NO_CUTS, integers, domain)
    if bound >= NO_BOUND:
        return None
    units = np.array([common_divisor(row) for row in linear], dtype=np.float64)
    theta = integers.theta[: len(linear)] / units / SCALE
    floors = integers.phi / SCALE
    return Prices(bound=bound, reduced=rho, free=np.asarray(domain.status == FREE), linear=theta, floors=floors)
