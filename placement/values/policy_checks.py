"""What limits of a plan do not go together: each a fault, with what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from placement.values.checks import Faults, shown
from placement.values.limits import FLOORS, NOT_IN_PHASES, ON_RESERVE, ON_VISITS, TARGETS
from placement.values.objectives import COVERAGE, LEAST_COST, VISITS
from placement.values.publicity import Guides, Publicity

if TYPE_CHECKING:
    from placement.values.policy import Policy


def outreach_faults(faults: Faults, policy: Policy) -> None:
    """Note what publicity and guides do not go with, and caps on them where there are none."""
    for name, line, kind in (("publicity_levels", "publicity", Publicity), ("guide_uptake", "guides", Guides)):
        value, cap = getattr(policy, name), f"{line}_fen"
        if value is None:
            if getattr(policy, cap) is not None:
                faults.add(f"{cap} has no effect: no {name}", row=cap, remedy=f"give {name} too, or remove it")
            continue
        if not isinstance(value, kind):
            faults.add(f"{name} is {shown(value)}", row=name, remedy=f"give a {kind.__name__}")
        for other in _against_outreach(policy):
            problem = f"{other} beside {name}: both cannot count together yet"
            faults.add(problem, row=other, remedy="give one of both")


def _against_outreach(policy: Policy) -> tuple[str, ...]:
    """Return what is given that publicity and guides do not go with; visits that count nothing may stay."""
    names = (*policy.on_visits, *ON_RESERVE, "max_machines", "phases", "visits_machine_month")
    against = [name for name in names if getattr(policy, name) or name == "max_idle"]
    return (*against, *(["objective"] if policy.objective in {VISITS, LEAST_COST} else []))


def phase_faults(faults: Faults, policy: Policy) -> None:
    """Note what a plan in phases cannot take in."""
    if not policy.phases:
        return
    if policy.objective != COVERAGE:
        problem = f"objective is {shown(policy.objective)}, and a plan in phases maximises coverage"
        faults.add(problem, row="objective", remedy=f"give {COVERAGE}, or no phases")
    for name in NOT_IN_PHASES:
        if getattr(policy, name):
            faults.add(f"{name} is not for plans in phases", row=name, remedy="remove it, or the phases")


def least_cost_faults(faults: Faults, policy: Policy) -> None:
    """Note what counts nothing where cost is the objective, and a cost of nothing."""
    for name in (*ON_RESERVE, *ON_VISITS):
        if getattr(policy, name):
            problem = f"{name} has no effect where the least cost is the objective: floors ask for plain coverage"
            faults.add(problem, row=name, remedy="remove it")
    if policy.max_machines is not None:
        problem = "max_machines counts machines one by one, and the least cost is one of stations"
        faults.add(problem, row="max_machines", remedy="remove it, or give another objective")
    if not any(getattr(policy, name) for name in (*TARGETS, *FLOORS)):
        problem = "objective is least_cost, and nothing is asked for: no station at all costs least"
        faults.add(problem, row="objective", remedy="give keep_share, coverage_floor or floors")
