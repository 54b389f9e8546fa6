"""From values to a plan: build the program, solve it, decode it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from placement.coverage import Coverage, measure
from placement.economics import Policy, StationCosts
from placement.models import maximal_coverage
from placement.models.maximal_coverage import WEIGHT_SCALE
from placement.plan.decode import budget_lines, decode, standing_after
from placement.plan.solving import solve_in_time
from placement.plan.ties import break_ties
from placement.streets import Streets
from placement.values import Demand, Plan, Sites, Solution
from placement.values.checks import Faults, is_number, shown

MOST_SECONDS = 10**9
"""The longest time limit, seconds: what clocks and solvers still take."""


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
    InputError
        If the stages do not belong together, or an option is none.
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
    _check_options(gap, time_limit_s, seed, threads)
    model = maximal_coverage(coverage, demand, sites, costs, policy)
    runs = {"seed": seed, "threads": threads}
    tell(f"solving: {model.program.n_columns} decisions at {len(sites)} sites")
    options = {"gap": float(gap), "time_limit_s": float(time_limit_s), **runs}
    solution, left_s = solve_in_time(model.program, backend, options)
    tie_broken = False
    tell(f"{solution.status}: gap {solution.gap:.4%}")
    if solution.status == "optimal" and gap == 0 and not solution.interrupted:
        tell("choosing among equal plans")
        solution, tie_broken = break_ties(model, solution, costs, sites, streets, time_limit_s=left_s, **runs)
    actions = decode(model, solution.chosen, sites, costs, streets)
    standing = standing_after(model, solution.chosen, len(sites))
    return Plan(
        study=study,
        **_claims(solution),
        actions=actions,
        open=tuple(sorted(sites.ids[standing])),
        before=measure(coverage, demand, sites.standing),
        after=measure(coverage, demand, standing),
        budget_lines=budget_lines(actions, standing, costs, policy),
        simulated=demand.simulated,
        tie_broken=tie_broken,
    )


def _check_options(gap: float, time_limit_s: float, seed: int, threads: int) -> None:
    faults = Faults("optimise")
    if not is_number(gap) or not 0 <= gap < 1:
        faults.add(f"gap is {shown(gap)}", row="gap", remedy="give a share below 1; 0 = proven")
    limit_s = faults.number("time_limit_s", time_limit_s)
    if limit_s is not None and limit_s > MOST_SECONDS:
        faults.add(f"time_limit_s is {shown(time_limit_s)}", row="time_limit_s", remedy=f"give {MOST_SECONDS} or less")
    faults.whole("seed", seed)
    faults.whole("threads", threads, least=1)
    faults.raise_any()


def _claims(solution: Solution) -> dict[str, Any]:
    """Return what a plan takes over from its solution as it is, weights in visits a month."""
    kept = ("status", "proof", "solver", "asked_gap", "certificate", "interrupted")
    return {
        **{name: getattr(solution, name) for name in kept},
        "objective": solution.objective / WEIGHT_SCALE,
        "bound": solution.bound / WEIGHT_SCALE,
        "details": dict(solution.details),
    }
