"""What the files of a result folder show, gathered from a prepared study and a plan.

The run that writes a folder and the judge that reads it gather alike; what differs is who counted which demand is
within reach.
"""

from __future__ import annotations

import functools
import platform
from collections.abc import Mapping
from importlib import metadata
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from placement.pipeline.assumptions import assumptions
from placement.pipeline.policy import study_standard
from placement.pipeline.prepare import Prepared
from placement.pipeline.visits import Use
from placement.report.data import ReportData, SurveyTables
from placement.standard import Standard
from placement.study import Study, overrides_of
from placement.values import Demand, Frontier, Plan
from placement.version import __version__

_LIBRARIES = (
    "geopandas",
    "highspy",
    "jinja2",
    "numba",
    "numpy",
    "pandas",
    "pulp",
    "pyproj",
    "scipy",
    "shapely",
)


def gather(
    prepared: Prepared,
    plan: Plan,
    *,
    study: Study,
    study_path: str,
    inputs: Mapping[str, str],
    reach: pd.DataFrame,
    use: Use | None,
    frontier: Frontier | None = None,
) -> ReportData:
    """Return what the report shows.

    Parameters
    ----------
    prepared, plan
        The study up to its walking times, and the plan.
    study
        The study with every setting that the plan was made with.
    study_path
        Path of the study file, relative to the result folder.
    inputs
        SHA-256 in hexadecimal digits by input name.
    reach
        :func:`reach_shares`.
    use
        What the transactions say; None without a usage table.
    frontier
        What coverage costs in visits; None where it was not asked for.
    """
    noted = () if use is None else use.notes
    return ReportData(
        plan=plan,
        demand=prepared.demand,
        sites=prepared.sites,
        study_path=study_path,
        inputs=inputs,
        versions=versions(),
        seed=study.study.seed,
        language=study.study.language,
        **standard_shown(study_standard(study)),
        travel_mode=prepared.times.mode,
        reach=reach,
        streets=None if prepared.streets is None else prepared.streets.edges,
        districts=prepared.tables.districts,
        simulated=study.simulated_inputs,
        notices=study.notices,
        awareness=survey_tables(prepared),
        filled=prepared.filled,
        reliance=prepared.reliance,
        notes=(*prepared.notes, *noted),
        assumptions=assumptions(prepared, use),
        overrides=overrides_of(study),
        frontier=frontier,
    )


def standard_shown(standard: Standard) -> dict[str, Any]:
    """Return the service standard as :class:`ReportData` takes it."""
    if len(standard.levels) > 1:
        return {"steps": standard.levels}
    names = ("threshold_s", "threshold_m", "threshold_s_by_district")
    return {name: getattr(standard.levels[0], name) for name in names}


def survey_tables(prepared: Prepared) -> SurveyTables | None:
    """Return who knows the service; None without a survey."""
    if prepared.awareness is None:
        return None
    return SurveyTables.of(prepared.awareness, prepared.demand, uptake=prepared.study.demand.uptake)


@functools.cache
def _installed() -> Mapping[str, str]:
    return MappingProxyType({name: metadata.version(name) for name in _LIBRARIES})


def versions() -> dict[str, str]:
    """Return the versions of this library and of what the bytes of a result folder depend on."""
    found = {
        "placement": __version__,
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
    }
    return found | dict(_installed())


def reach_shares(demand: Demand, before: NDArray[np.bool_], after: NDArray[np.bool_]) -> pd.DataFrame:
    """Return by demand point which share of its weight is within reach before and after the plan.

    Parameters
    ----------
    demand
        The demand.
    before, after
        (points, segments) bool: within reach of today's stations, and of the plan's.
    """
    weight = demand.weight
    total = weight.sum(axis=1)
    shares: dict[str, Any] = {}
    for name, within in (("before", before), ("after", after)):
        shares[name] = np.divide((weight * within).sum(axis=1), total, out=np.zeros_like(total), where=total > 0)
    return pd.DataFrame(shares, index=demand.ids)
