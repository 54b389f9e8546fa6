"""Checks between tables: districts, age groups and ids must mean the same thing everywhere."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from placement.errors import AlignmentError
from placement.notes import Note, about
from placement.study import Study
from placement.study.names import header_key, near_name
from placement.tables.checks import Faults
from placement.values.limits import BY_KIND


def cross_check(parts: Mapping[str, pd.DataFrame | None], study: Study, faults: Faults) -> None:
    """Add a fault for everything that one table says and another denies; tables that failed are skipped."""
    population = _districts_of(parts, study)
    _one_name_in_two_cases(parts, faults)
    _site_ids(parts, faults)
    _counters(parts, faults)
    if population is None:
        return
    districts = set(population["district"])
    parents = set(population["parent"])
    if "people" in population.columns and population["people"].sum() == 0:
        faults.add("population", "people are 0 everywhere", remedy="give residents to at least one point")
    _survey(parts["survey"], districts, study, faults)
    if parts["covariates"] is not None:
        error = AlignmentError.between("population", districts, "covariates", parts["covariates"].index, "district")
        if error is not None:
            faults.extend(error)
    for name in ("stations", "candidates"):
        frame = parts[name]
        if frame is not None:
            _unknown(
                faults,
                name,
                frame["district"],
                districts | parents | {"all"},
                column="district",
                where="population",
            )
    levels = parts["publicity"]
    if levels is not None:
        _unknown(faults, "publicity", levels["area"], districts | parents, column="area", where="population")
    _study_districts(study, districts, parents, faults)
    _hosts(parts, study, faults)
    _limited_kinds(parts, study, faults)
    if parts["population"] is not None:
        _travel(parts, population, faults)


def _study_districts(study: Study, districts: set[str], parents: set[str], faults: Faults) -> None:
    floors = study.policy.floors.district
    keys = {
        "policy.floors.district": (floors if isinstance(floors, Mapping) else (), parents),
        **{key: (names, parents | districts) for key, names in study.travel.own_districts},
    }
    for key, (named, known) in keys.items():

        def row(_name: str, key: str = key) -> str:
            """Return the key of the study, whatever name is at fault."""
            return key

        error = AlignmentError.between(study.file.name, named, "population", known, "district", row=row)
        if error is not None:
            faults.extend(error)


def _one_name_in_two_cases(parts: Mapping[str, pd.DataFrame | None], faults: Faults) -> None:
    """Refuse districts and hosts that differ in case alone: to the computer they are two."""
    seen: dict[tuple[str, str], str] = {}
    for name, column in (
        ("population", "district"),
        ("population", "parent"),
        ("stations", "host"),
        ("candidates", "host"),
    ):
        frame = parts[name]
        if frame is None or column not in frame.columns:
            continue
        for value in sorted(frame[column].unique()):
            other = seen.setdefault((column, header_key(value)), value)
            if other != value:
                row = str(frame.index[frame[column] == value][0])
                problem = f"{column} {value} stands beside {other}, which differs in case alone"
                faults.add(name, problem, row=row, remedy="write it in one way")


def _hosts(parts: Mapping[str, pd.DataFrame | None], study: Study, faults: Faults) -> None:
    """Refuse a host of the study that is one of the sites' misspelt; note one that no site has."""
    frames = [parts[name] for name in ("stations", "candidates") if getattr(study.inputs, name) is not None]
    if any(frame is None for frame in frames):
        return
    hosts = {str(host) for frame in frames if frame is not None for host in frame["host"]}
    named = {f"costs.{host}": host for host in study.costs if host != "default"}
    for service, kinds in study.demand.service_hosts.items():
        named |= {f"demand.service_hosts.{service}: {host}": host for host in kinds}
    alone = hosts - set(named.values())
    for key, host in named.items():
        if host in hosts:
            continue
        near = near_name(host, sorted(alone))
        if near:
            faults.add(study.file.name, f"no site has the host {host}", row=key, remedy=f"did you mean {near}?")
        else:
            why = Note("no site has this host")
            faults.notes.append(about(study.file.name, Note("{key} has no effect: {why}", key=key, why=why)))


def _limited_kinds(parts: Mapping[str, pd.DataFrame | None], study: Study, faults: Faults) -> None:
    """Refuse limits on a host or a chain that no site has."""
    frames = [parts[name] for name in ("stations", "candidates") if getattr(study.inputs, name) is not None]
    if any(frame is None for frame in frames):
        return
    for name, column in BY_KIND.items():
        known = {kind for frame in frames if frame is not None for kind in frame[column]} - {""}

        def row(kind: str, name: str = name) -> str:
            """Return the key of the study."""
            return f"policy.{name}.{kind}"

        named = getattr(study.policy, name)
        error = AlignmentError.between(study.file.name, named, "stations and candidates", known, column, row=row)
        if error is not None:
            faults.extend(error)


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
        _unknown(faults, "footfall_counts", ids, set(places.index), column="counter_id", where="footfall")
        silent = places.index.difference(ids)
        faults.add_rows("footfall", silent, "counter has no counts", remedy="add them or remove the counter")


def _survey(survey: pd.DataFrame | None, districts: set[str], study: Study, faults: Faults) -> None:
    if survey is None:
        return
    if "heard" in survey.columns:
        told = survey["district"].dropna().astype(str).str.strip()
        _unknown(faults, "survey", told, districts, column="district", where="population")
        return
    _unknown(faults, "survey", survey["district"], districts, column="district", where="population")
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
        _unknown(faults, "usage", usage["site_id"], set(stations.index), column="site_id", where="stations")


def _travel(parts: Mapping[str, pd.DataFrame | None], population: pd.DataFrame, faults: Faults) -> None:
    travel = parts["travel"]
    if travel is None:
        return
    frames = [frame for frame in (parts["stations"], parts["candidates"]) if frame is not None]
    sites = {str(site) for frame in frames for site in frame.index}
    _unknown(faults, "travel", travel["demand_id"], set(population.index), column="demand_id", where="population")
    if sites:
        _unknown(faults, "travel", travel["site_id"], sites, column="site_id", where="stations and candidates")


def _unknown(faults: Faults, table: str, values: pd.Series, known: set[str], *, column: str, where: str) -> None:
    present = values[values != ""]

    def row(name: str) -> str:
        """Return the first row with the name: its id, or its line in the file."""
        return str(present.index[present == name][0])

    error = AlignmentError.between(table, present, where, known, column, row=row)
    if error is not None:
        faults.extend(error)
