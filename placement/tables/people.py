"""Columns of the population: who lives where, and how many of them are of each special age group."""

from __future__ import annotations

import pandas as pd

from placement.study import Study
from placement.tables.checks import Table


def read_people(table: Table, study: Study) -> dict[str, pd.Series]:
    """Return `district`, `parent`, `people` and one count a special age group; places are read elsewhere."""
    special = [group for group in study.demand.age_groups if group != "general"]
    table.use(("district", "parent", "people", *special))
    data = {"district": table.text("district", "all")}
    data["parent"] = table.text("parent") if "parent" in table.frame.columns else data["district"]
    data["people"] = table.number("people")
    shares = study.demand.age_share
    for group in special:
        stated = group not in table.frame.columns and group in shares
        data[group] = data["people"] * shares[group] if stated else table.number(group)
    if special and "people" in table.frame.columns:
        over = sum(data[group] for group in special) > data["people"] * (1 + 1e-12)
        table.flag(over, f"{' + '.join(special)} exceed people", "age columns count within people")
    return data
