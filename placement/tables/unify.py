"""Names that differ in Unicode form, signs of no width or blanks alone are one name, and are written in one way.

The spelling of `study.toml` goes first, then that of the table that defines the name: `population` for districts and
demand points, `stations` and `candidates` for sites, `footfall` for counters. What was rewritten is said in a note.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import pandas as pd

from placement.notes import Names, Note, about
from placement.study import Study
from placement.study.names import canonical, one_form
from placement.tables.checks import Faults

Parts = dict[str, pd.DataFrame | None]

_DISTRICTS = ("population", "districts", "survey", "covariates", "stations", "candidates")
_HOSTS = ("stations", "candidates")


def unify_names(parts: Parts, study: Study, faults: Faults) -> None:
    """Write districts, hosts, age groups and ids in one way in all tables; tables that failed are skipped."""
    floors = study.policy.floors.district
    named = [*(floors if isinstance(floors, Mapping) else ())]
    named += [name for _, names in study.travel.own_districts for name in names]
    homes = [_values(parts, name, column) for name in ("population", "districts") for column in ("district", "parent")]
    rewrite = _Rewrite(parts, faults)
    districts = _forms(named, *homes)
    for name in _DISTRICTS:
        for column in ("district", "parent"):
            rewrite.column(name, column, districts)
    rewrite.column("publicity", "area", districts)
    hosts = [*study.costs, *(host for kinds in study.demand.service_hosts.values() for host in kinds)]
    for name in _HOSTS:
        rewrite.column(name, "host", _forms(hosts, *(_values(parts, each, "host") for each in _HOSTS)))
    rewrite.column("survey", "age_group", _forms(study.demand.age_groups))
    points = _forms(_values(parts, "population", "demand_id"))
    sites = _forms(*(_values(parts, name, "site_id") for name in _HOSTS))
    rewrite.column("travel", "demand_id", points)
    rewrite.column("travel", "site_id", sites)
    rewrite.column("usage", "site_id", sites)
    rewrite.column("footfall_counts", "counter_id", _forms(_values(parts, "footfall", "counter_id")))


def _values(parts: Parts, name: str, column: str) -> list[str]:
    frame = parts.get(name)
    if frame is None:
        return []
    if frame.index.name == column:
        return [str(value) for value in frame.index]
    if column not in frame.columns:
        return []
    return list(dict.fromkeys(value for value in frame[column] if isinstance(value, str)))  # a cell may be a list


def _forms(*spellings: Iterable[str]) -> dict[str, str]:
    """Return the spelling of each name by its canonical form; earlier groups of spellings go before later ones."""
    forms: dict[str, str] = {}
    for names in spellings:
        forms = one_form(names) | forms
    return forms


class _Rewrite:
    def __init__(self, parts: Parts, faults: Faults) -> None:
        self.parts = parts
        self.faults = faults

    def column(self, name: str, column: str, forms: Mapping[str, str]) -> None:
        """Rewrite a column, or the index of that name, with a note on what changed."""
        frame = self.parts.get(name)
        changed = {
            value: forms[canonical(value)] for value in _values(self.parts, name, column) if _other(value, forms)
        }
        if frame is None or not changed:
            return
        if frame.index.name == column:
            self.parts[name] = frame.rename(index=changed)
        else:
            self.parts[name] = frame.assign(**{column: frame[column].replace(changed)})
        pairs = Names(Note("{old!a} as {new!a}", old=old, new=new) for old, new in sorted(changed.items()))
        form = "{column} is read in one spelling (the same but for Unicode form, blanks or signs of no width): {pairs}"
        self.faults.notes.append(about(name, Note(form, column=column, pairs=pairs)))


def _other(value: str, forms: Mapping[str, str]) -> bool:
    return forms.get(canonical(value), value) != value
