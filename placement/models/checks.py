"""Whether the stages of a program belong together: ids, segments, numbers of sites, names of floors."""

from __future__ import annotations

from placement.coverage import Coverage
from placement.economics.costs import StationCosts
from placement.economics.policy import Policy
from placement.errors import AlignmentError, InputError
from placement.values import Demand, Sites
from placement.values.checks import Faults, shown


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
    faults.found += floors.found
    faults.raise_any(AlignmentError)
