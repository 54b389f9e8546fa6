"""From values to a plan: build the program, solve it, decode it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from placement.coverage import Coverage, measure
from placement.models import Policy, RelocationModel, StationCosts, maximal_coverage
from placement.models.maximal_coverage import WEIGHT_SCALE, capital_amounts
from placement.plan.decode import budget_lines, decode, standing_after
from placement.plan.solving import solve_in_time
from placement.solve.deadline import hold_interrupts
from placement.travel import Streets
from placement.values import Demand, Plan, Sites, Solution

_ONE_NUMBER = 10**6
"""Up to this many units of money, actions and money are one number and settled by one question to the solver."""


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
        Wall time allowed for solving, seconds. Choosing among equal optima, or saying why there is no plan, gets what
        solving leaves of it and a quarter of it more: 1.25 `time_limit_s` is the most for all of it together.
    seed, threads
        Fixed so that the same input gives the same plan.
    progress
        Called with a line of text at each step.

    Raises
    ------
    InfeasibleError
        Naming constraints that cannot hold together, with the numbers and the proof.
    NoSolutionError
        If the time ended before any plan was found.
    KeyboardInterrupt
        At Ctrl-C (in Jupyter: stop) where there is no plan yet. Where there is one, the first Ctrl-C ends the search
        and the plan is the best found until then, marked ``interrupted``; see
        :func:`placement.solve.maximise_coverage`.
    """
    tell = progress or (lambda _line: None)
    model = maximal_coverage(coverage, demand, sites, costs, policy)
    options: dict[str, Any] = {"gap": gap, "time_limit_s": time_limit_s, "seed": seed, "threads": threads}
    tell(f"solving: {model.program.n_columns} decisions at {len(sites)} sites")
    solution, tie_broken = _solve(model, costs, backend, options)
    tell(f"{solution.status}: gap {solution.gap:.4%}")
    actions = decode(model, solution.chosen, sites, costs, streets)
    standing = standing_after(model, solution.chosen, len(sites))
    return Plan(
        study=study,
        **_claims(solution),
        actions=actions,
        open=tuple(sorted(sites.ids[standing])),
        before=measure(coverage, demand, sites.table["existing"].to_numpy(dtype=bool)),
        after=measure(coverage, demand, standing),
        budget=budget_lines(actions, standing, costs, policy),
        tie_broken=tie_broken,
    )


def _claims(solution: Solution) -> dict[str, Any]:
    """Return what a plan takes over from its solution as it is, weights in visits a month."""
    kept = ("status", "proof", "solver", "asked_gap", "certificate", "interrupted")
    return {
        **{name: getattr(solution, name) for name in kept},
        "objective": solution.objective / WEIGHT_SCALE,
        "bound": solution.bound / WEIGHT_SCALE,
        "details": dict(solution.details),
    }


def _solve(model: RelocationModel, costs: StationCosts, backend: str, options: dict[str, Any]) -> tuple[Solution, bool]:
    """Return the solution, and whether it is the one of fewest actions, least money, lowest ids among equal optima."""
    solution, left_s = solve_in_time(model.program, backend, options)
    if solution.status != "optimal" or options["gap"] > 0 or solution.interrupted:
        return solution, False
    from placement.solve.tie_break import tie_break  # noqa: PLC0415 -- loads pulp

    limits = {"time_limit_s": left_s, "seed": options["seed"], "threads": options["threads"]}
    with hold_interrupts() as interrupt:
        better = tie_break(model.program, solution, _action_costs(model, costs), **limits)
    return (replace(solution, interrupted=interrupt.asked), False) if better is None else (better, True)


def _action_costs(model: RelocationModel, costs: StationCosts) -> list[NDArray[np.int64]]:
    """Return what columns count where optima are equal: one action each, then money; as one number where it is small.

    Money is counted in shares of the largest unit that divides all amounts.
    """
    money = capital_amounts(model.kinds, model.sites, costs)
    actions = np.where(np.isin(model.kinds, ["keep", "give"]), -1, 1).astype(np.int64)
    money = money // (int(np.gcd.reduce(money)) or 1)
    worst = int(np.abs(money).sum()) + 1
    return [actions * worst + money] if worst < _ONE_NUMBER else [actions, money]
