"""The bound of a program's relaxation alone, with its proof: where floors and values pull apart, branching is slow."""

from __future__ import annotations

import numpy as np

from placement.errors import PlacementError
from placement.solve.bounds.prices import Prices
from placement.solve.deadline import Deadline
from placement.solve.lp.relaxation import CutRelaxation
from placement.solve.program.aggregate import aggregate
from placement.solve.program.domain import Domain
from placement.solve.settings import EngineSettings
from placement.solve.tree.tools import Tools
from placement.values import Certificate, CoverageProgram
from placement.values.certificate import SCALE


def relaxed_bound(
    program: CoverageProgram, until: Deadline, *, threads: int, settings: EngineSettings
) -> tuple[int | None, Certificate] | None:
    """Return (bound, proof) by simplex steps at the root; a bound of None: no plan is feasible.

    None where HiGHS does not come to an end, or its prices prove nothing in whole numbers.
    """
    reduced = aggregate(program, threads=threads, settings=settings.program)
    tools = Tools.of(reduced, until, settings=settings, threads=threads)
    domain = Domain.of(tools.problem)
    every = np.ones(domain.status.size, dtype=np.bool_)
    try:
        relaxation = CutRelaxation(tools.problem, domain, tools.pool, every, settings=settings.lp)
        outcome = relaxation.solve(domain, until)
        if outcome.state == "infeasible":
            rays = [ray for ray in relaxation.rays() if tools.bound(ray, domain)[0] < 0]
            return (None, _proof(tools, domain, rays[0], None)) if rays else None
        if outcome.state != "optimal":
            return None
        prices = relaxation.prices(outcome)
    except PlacementError:
        return None
    bound = tools.bound(prices, domain)[0] // SCALE
    return bound, _proof(tools, domain, prices, bound)


def _proof(tools: Tools, domain: Domain, prices: Prices, bound: int | None) -> Certificate:
    tools.log.add_leaf(0, prices, domain.limits)
    return tools.log.certificate(bound=bound or 0, infeasible=bound is None, objective=0, chosen=None)
