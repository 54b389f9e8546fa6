"""Wishes about single sites: a station stands there after the plan, or none does."""

from __future__ import annotations

import geopandas as gpd

from placement.study import Study
from placement.tables.checks import Faults

_AGAINST = {"must_stay": "excluded", "must_close": "required"}
_FIXED = {"must_stay": ("close",), "must_close": ("keep", "open")}
_STATUS = {"must_stay": "required", "must_close": "excluded"}


def with_wishes(sites: gpd.GeoDataFrame, study: Study, faults: Faults) -> gpd.GeoDataFrame:
    """Return the table of sites with the status that ``policy.must_stay`` and ``policy.must_close`` ask for.

    Parameters
    ----------
    sites
        Stations and candidates by id.
    study
        The study with the wishes.
    faults
        Gets one for each wish that names no site, contradicts another, or the status or the fixed action of its site.
    """
    wishes = {name: getattr(study.policy, name) for name in _STATUS}
    for site in sorted(set(wishes["must_stay"]) & set(wishes["must_close"])):
        problem = f"{site} is in must_stay and in must_close"
        faults.add(study.file.name, problem, row="policy.must_close", remedy="leave it in one of them")
    changed = sites.copy()
    for name, ids in wishes.items():
        for site in ids:
            problem = _problem(sites, name, site)
            if problem:
                faults.add(study.file.name, problem, row=f"policy.{name}", remedy="mend one of them")
            else:
                changed.loc[site, "status"] = _STATUS[name]
    return changed


def _problem(sites: gpd.GeoDataFrame, name: str, site: str) -> str:
    if site not in sites.index:
        return f"{site} is no site of stations or candidates"
    status, fixed = sites.loc[site, "status"], sites.loc[site, "action_fixed"]
    if status == _AGAINST[name]:
        return f"the status of {site} is {status}"
    return f"the action of {site} is fixed to {fixed}" if fixed in _FIXED[name] else ""
