"""Columns of the population: who lives where, and how many of them are of each special age group."""

from __future__ import annotations

import pandas as pd

from placement.notes import Note
from placement.study import Study
from placement.study.columns import DAYTIME, GROUP, POPULATION
from placement.tables.checks import Table

_LEAST_SHARE = 0.02
"""Age groups of which no point has more than one person, and fewer than this share of all, were given as shares."""


def read_people(table: Table, study: Study) -> dict[str, pd.Series]:
    """Return `district`, `parent`, `people`, one count a special age group and those of `demand.daytime`."""
    special = [group for group in study.demand.age_groups if group != "general"]
    daytime = tuple(study.demand.daytime)
    table.use((*POPULATION, *(GROUP.called(group) for group in special), *(DAYTIME.called(name) for name in daytime)))
    data = {"district": table.text("district")}
    data["parent"] = table.text("parent") if "parent" in table.frame.columns else data["district"]
    data["people"] = table.number("people")
    shares = study.demand.age_share
    for group in special:
        if group in table.frame.columns and group in shares:
            form = "demand.age_share.{group} is not used: the table has a column {group}"
            table.note(Note(form, group=group))
        stated = group not in table.frame.columns and group in shares
        data[group] = data["people"] * shares[group] if stated else table.number(group)
    if table.ok and len(table.frame):
        _check_units(table, data, [group for group in special if group in table.frame.columns])
    data |= {name: table.number(name) for name in daytime}
    if special and "people" in table.frame.columns:
        over = sum(data[group] for group in special) > data["people"] * (1 + 1e-12)
        table.flag(over, f"{' + '.join(special)} exceed people", "age columns count within people")
    return data


def _check_units(table: Table, data: dict[str, pd.Series], counted: list[str]) -> None:
    """Refuse people that are shares or thousands, and age groups that are shares of the people."""
    people = data["people"]
    if 0 < people.max() < 1:
        row, value = people.idxmax(), people.max()
        problem = f"people are below 1 everywhere (at most {value:g}): are these shares, or thousands?"
        table.fault(problem, row=row, remedy="give the number of people at each point")
        table.ok = False
        return
    for group in counted:
        ages = data[group]
        if 0 < ages.max() <= 1 and ages.sum() < _LEAST_SHARE * people.sum():
            row = ages.idxmax()
            among = f"{ages[row]:g} of {people[row]:g} people"
            remedy = f"give the number of people, or leave the column out and give demand.age_share.{group}"
            table.fault(f"{group} is at most 1 everywhere ({among}): are these shares?", row=row, remedy=remedy)
            table.ok = False
