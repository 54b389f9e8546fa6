"""From values to a plan: build the program, solve it, decode it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from placement.coverage import Coverage, measure
from placement.errors import InfeasibleError, NoSolutionError
from placement.models import Policy, RelocationModel, StationCosts, maximal_coverage
from placement.models.maximal_coverage import WEIGHT_SCALE
from placement.plan.decode import budget_lines, decode
from placement.plan.infeasible import explain
from placement.solve import maximise_coverage
from placement.travel import Streets
from placement.values import Demand, Plan, Sites, Solution


def optimise(
    *,
    demand: Demand,
    sites: Sites,
    coverage: Coverage,
    costs: StationCosts,
    policy: Policy,
    streets: Streets | None = None,
    study: str = "",
    backend: str = "auto",
    gap: float = 0.0,
    time_limit_s: float = 60.0,
    seed: int = 0,
    threads: int = 2,
    progress: Callable[[str], None] | None = None,
) -> Plan:
    """Return the best plan found, with its bound.

    Parameters
    ----------
    demand, sites, coverage, costs, policy
        The stages before; `coverage` must come from `demand` and `sites`.
    streets
        Used to pair stations that give up their machines with sites that receive them, by least total walking time;
        straight lines without it.
    study
        Name shown with the plan.
    backend
        ``auto`` (own engine where the program is of its kind), ``highs``, ``cbc``, or any PuLP solver by name.
    gap
        Relative gap at which to stop, 0 = proven optimal.
    time_limit_s
        Wall time allowed for solving, seconds.
    seed, threads
        Fixed so that the same input gives the same plan.
    progress
        Called with a line of text at each step.

    Raises
    ------
    InfeasibleError
        Naming constraints that cannot hold together, with the numbers.
    NoSolutionError
        If the time ended before any plan was found.
    """
    tell = progress or (lambda _line: None)
    model = maximal_coverage(coverage, demand, sites, costs, policy)
    options: dict[str, Any] = {"gap": gap, "time_limit_s": time_limit_s, "seed": seed, "threads": threads}
    tell(f"solving: {model.program.n_columns} decisions at {len(sites)} sites")
    solution, tie_broken = _solve(model, backend, options)
    tell(f"{solution.status}: gap {solution.gap:.4%}")
    actions = decode(model, solution.chosen, sites, costs, streets)
    standing = np.zeros(len(sites), dtype=bool)
    standing[model.sites[solution.chosen & (model.kinds != "give")]] = True
    return Plan(
        study=study,
        status=solution.status,
        proof=solution.proof,
        solver=solution.solver,
        objective=solution.objective / WEIGHT_SCALE,
        bound=solution.bound / WEIGHT_SCALE,
        asked_gap=solution.asked_gap,
        actions=actions,
        open=tuple(sorted(sites.ids[standing])),
        before=measure(coverage, demand, sites.table["existing"].to_numpy(dtype=bool)),
        after=measure(coverage, demand, standing),
        budget=budget_lines(actions, standing, costs, policy),
        tie_broken=tie_broken,
        certificate=solution.certificate,
        details=dict(solution.details),
    )


def _solve(model: RelocationModel, backend: str, options: dict[str, Any]) -> tuple[Solution, bool]:
    """Return the solution, and whether it is the one of fewest actions and lowest ids among equal optima."""
    solution = maximise_coverage(model.program, backend=backend, **options)
    if solution.status == "infeasible":
        raise InfeasibleError(*explain(model, seed=options["seed"], threads=options["threads"]))
    if solution.status == "no_solution":
        raise NoSolutionError(f"no plan was found within {options['time_limit_s']:g} s: allow more time")
    if solution.status != "optimal" or options["gap"] > 0:
        return solution, False
    from placement.solve.tie_break import tie_break  # noqa: PLC0415 -- loads pulp

    action_cost = np.where(np.isin(model.kinds, ["keep", "give"]), -1, 1).astype(np.int64)
    better = tie_break(model.program, solution, action_cost, time_limit_s=options["time_limit_s"])
    return (solution, False) if better is None else (better, True)
