"""Checks between tables: districts, age groups and ids must mean the same thing everywhere."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping

import pandas as pd

from placement.study import Study
from placement.tables.checks import Faults

_SHOWN = 8


def cross_check(parts: Mapping[str, pd.DataFrame | None], study: Study, faults: Faults) -> None:
    """Add a fault for everything that one table says and another denies; tables that failed are skipped."""
    population = _districts_of(parts, study)
    _site_ids(parts, faults)
    _counters(parts, faults)
    if population is None:
        return
    districts = set(population["district"])
    parents = set(population["parent"])
    if "people" in population.columns and population["people"].sum() == 0:
        faults.add("population", "people are 0 everywhere", remedy="give residents to at least one point")
    _survey(parts["survey"], districts, study, faults)
    for name in ("stations", "candidates"):
        frame = parts[name]
        if frame is not None:
            _unknown(
                faults,
                name,
                frame["district"],
                districts | parents | {"all"},
                column="district",
                where="the population table",
            )
    _study_districts(study, districts, parents, faults)
    if parts["population"] is not None:
        _travel(parts, population, faults)


def _study_districts(study: Study, districts: set[str], parents: set[str], faults: Faults) -> None:
    floors = study.policy.floors.district
    if isinstance(floors, Mapping):
        for district in floors:
            if district not in parents:
                faults.add(
                    "study.toml",
                    f"unknown district {district}",
                    row="policy.floors.district",
                    remedy=_near(district, parents),
                )
    for district in study.travel.threshold_min_by_district:
        if district not in parents | districts:
            row = "travel.threshold_min_by_district"
            faults.add(
                "study.toml", f"unknown district {district}", row=row, remedy=_near(district, parents | districts)
            )


def _districts_of(parts: Mapping[str, pd.DataFrame | None], study: Study) -> pd.DataFrame | None:
    """Return the table that says which districts there are: the outlines where the population is a raster."""
    outlines = parts["districts"]
    if not study.inputs.population.is_raster:
        return parts["population"]
    if outlines is None or "district" not in outlines.columns:
        return None
    return pd.DataFrame(outlines).assign(parent=outlines.get("parent", outlines["district"]))


def _counters(parts: Mapping[str, pd.DataFrame | None], faults: Faults) -> None:
    places, counts = parts["footfall"], parts["footfall_counts"]
    if places is not None and counts is not None:
        ids = counts["counter_id"].astype(str).str.strip()
        _unknown(faults, "footfall_counts", ids, set(places.index), column="counter_id", where="the footfall table")
        silent = places.index.difference(ids)
        faults.add_rows("footfall", silent, "counter has no counts", remedy="add them or remove the counter")


def _survey(survey: pd.DataFrame | None, districts: set[str], study: Study, faults: Faults) -> None:
    if survey is None or "heard" in survey.columns:
        return
    _unknown(faults, "survey", survey["district"], districts, column="district", where="the population table")
    groups = set(study.demand.age_groups)
    named = set(survey["age_group"])
    if named != {"all"}:
        _unknown(faults, "survey", survey["age_group"], groups, column="age_group", where="demand.trips_per_month")
    if "used" not in survey.columns and study.demand.uptake is None and study.demand.need_share < 1:
        remedy = "add a used column to the survey or [demand.uptake] to the study"
        faults.add("survey", "uptake is not known: no column used and no [demand.uptake]", remedy=remedy)


def _site_ids(parts: Mapping[str, pd.DataFrame | None], faults: Faults) -> None:
    stations, candidates, usage = parts["stations"], parts["candidates"], parts["usage"]
    if stations is not None and candidates is not None:
        both = stations.index.intersection(candidates.index)
        faults.add_rows("candidates", both, "site_id stands in stations too", remedy="ids must be unique over both")
    if stations is not None and usage is not None:
        _unknown(faults, "usage", usage["site_id"], set(stations.index), column="site_id", where="the stations table")


def _travel(parts: Mapping[str, pd.DataFrame | None], population: pd.DataFrame, faults: Faults) -> None:
    travel = parts["travel"]
    if travel is None:
        return
    frames = [frame for frame in (parts["stations"], parts["candidates"]) if frame is not None]
    sites = {str(site) for frame in frames for site in frame.index}
    _unknown(
        faults, "travel", travel["demand_id"], set(population.index), column="demand_id", where="the population table"
    )
    if sites:
        _unknown(faults, "travel", travel["site_id"], sites, column="site_id", where="stations and candidates")


def _unknown(faults: Faults, table: str, values: pd.Series, known: set[str], *, column: str, where: str) -> None:
    wrong = sorted(set(values) - known - {""})
    for value in wrong[:_SHOWN]:
        rows = [str(row) for row in values.index[values == value][:3]]
        row = rows[0] if column == "district" and table in {"stations", "candidates"} else f"{column} {value}"
        faults.add(table, f"unknown {column} {value}: not in {where}", row=row, remedy=_near(value, known))
    if len(wrong) > _SHOWN:
        faults.add(table, f"{len(wrong) - _SHOWN} more unknown values of {column}", remedy=f"use those of {where}")


def _near(value: str, known: Iterable[str]) -> str:
    names = sorted(map(str, known))
    close = difflib.get_close_matches(value, names, n=1)
    if close:
        return f"did you mean {close[0]}?"
    shown = ", ".join(names[:_SHOWN]) + (", ..." if len(names) > _SHOWN else "")
    return f"known: {shown}"
