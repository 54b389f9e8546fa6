"""Whether the stages of a case belong together: coverage and costs to demand and sites, limits to what there is."""

from __future__ import annotations

from placement.coverage import Coverage
from placement.economics import StationCosts
from placement.economics.publicity import guide_faults, publicity_faults
from placement.errors import AlignmentError, Fault, InputError
from placement.values import Demand, Policy, Sites
from placement.values.checks import Faults, shown
from placement.values.limits import BY_KIND, ON_RESERVE


def check_stages(coverage: Coverage, demand: Demand, sites: Sites, costs: StationCosts, policy: Policy) -> None:
    """Raise unless `coverage` and `costs` are those of `demand` and `sites`, and floors name what exists.

    Raises
    ------
    InputError, AlignmentError
        Listing every fault with the ids or names that differ.
    """
    wanted = {"coverage": Coverage, "demand": Demand, "sites": Sites, "costs": StationCosts, "policy": Policy}
    stages = {"coverage": coverage, "demand": demand, "sites": sites, "costs": costs, "policy": policy}
    for name, value in stages.items():
        if not isinstance(value, wanted[name]):
            problem = f"{name} is {shown(value)}"
            raise InputError.single(name, problem, remedy=f"give a {wanted[name].__name__}")
    faults = Faults("costs")
    if costs.site_ids is not None:
        faults.same_ids("sites", costs.site_ids, sites.ids)
    elif len(costs) != len(sites):
        faults.add(f"are for {len(costs)} sites, sites has {len(sites)}", remedy="give one amount a site")
    try:
        coverage.check(demand, sites)
    except AlignmentError as error:
        faults.found += error.faults
    floors = Faults("policy")
    parents = demand.points["parent"].unique() if policy.district_floors else ()
    floors.known("district_floors", policy.district_floors, "the population", parents, "district")
    floors.known("age_floors", policy.age_floors, "the demand", demand.age_groups, "age group")
    periods = {segment.period for segment in demand.segments}
    floors.known("period_floors", policy.period_floors, "the demand", periods, "period")
    for name, column in BY_KIND.items():
        known = set(sites.table[column]) - {""}
        floors.known(name, getattr(policy, name), "the sites", known, column)
    floors.found += _outreach_faults(demand, costs, policy)
    asked = [name for name in ON_RESERVE if getattr(policy, name)]
    if asked and coverage.n_steps > 1:
        problem = f"{', '.join(asked)} counts stations within one threshold, and the standard has steps"
        floors.add(problem, row=asked[0], remedy="give a threshold, or no reserve")
    faults.found += floors.found
    faults.raise_any(AlignmentError)


def _outreach_faults(demand: Demand, costs: StationCosts, policy: Policy) -> list[Fault]:
    """Return what of publicity and guides cannot be."""
    faults = [] if policy.publicity_levels is None else [*publicity_faults(demand, policy.publicity_levels)]
    if policy.guide_uptake is not None:
        faults += guide_faults(demand, policy.guide_uptake)
        if len(costs) and not costs.guide.any():
            remedy = "give the costs of a guide, a year"
            faults.append(Fault(table="costs", row="guide", problem="guides are paid nothing", remedy=remedy))
    return faults
