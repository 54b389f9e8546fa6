"""Columns of the survey, as counts or as questionnaires, and of the covariates that its estimate shrinks to."""

from __future__ import annotations

import pandas as pd

from placement.notes import Note
from placement.study import Study
from placement.study.columns import COVARIATE, QUESTIONNAIRES, SURVEY
from placement.tables.cells import as_text
from placement.tables.checks import Table


def read_survey(table: Table, study: Study) -> pd.DataFrame:
    """Return counts by district and age group, or questionnaires as they are where there is a column `heard`."""
    table.adopt(("heard", "aware", "asked"))
    if "heard" in table.frame.columns:
        return _questionnaires(table, study)
    if study.demand.age_bands:
        why = Note("the survey holds counts, not questionnaires")
        table.note(Note("{key} has no effect: {why}", key="demand.age_bands", why=why))
    if _answers_named_aware(table.frame):
        table.fault("column aware holds answers, not counts", remedy="name it heard: one questionnaire a row")
        table.ok = False
        return table.frame
    return _counts(table, study)


def read_covariates(table: Table) -> pd.DataFrame:
    """Return numbers by district."""
    if not len(table.frame.columns):
        table.fault("has no column beside district", remedy="add numbers such as income")
        table.ok = False
    known = [str(name) for name in table.frame.columns if name != "geometry"]
    table.use([COVARIATE.called(name) for name in known])
    return pd.DataFrame({name: table.number(name) for name in known})


def _questionnaires(table: Table, study: Study) -> pd.DataFrame:
    table.use(QUESTIONNAIRES)
    table.require(["district", *(["age"] if study.demand.age_bands else [])])
    if "cluster" in table.frame.columns:
        _one_of_both(table, study)
    nested = [name for name in table.frame.columns if name != "geometry"]
    return table.frame.assign(**{name: table.frame[name].map(as_text) for name in nested})


def _counts(table: Table, study: Study) -> pd.DataFrame:
    table.use(SURVEY)
    data = {
        "district": table.text("district"),
        "age_group": table.text("age_group"),
        "asked": table.number("asked"),
        "aware": table.number("aware"),
    }
    table.flag(data["aware"] > data["asked"], "aware exceeds asked", "aware counts within asked")
    if "used" in table.frame.columns:
        data["used"] = table.number("used")
        table.flag(data["used"] > data["aware"], "used exceeds aware", "used counts within aware")
    if "weight" in table.frame.columns:
        data["weight"] = table.number("weight")
        table.flag(data["weight"] <= 0, "weight is not above 0", "must be above 0")
    if "cluster" in table.frame.columns:
        data["cluster"] = table.text("cluster")
        _one_of_both(table, study)
    frame = pd.DataFrame(data)
    alone = not {"weight", "cluster"} & set(data)
    repeated = frame.duplicated(["district", "age_group"]) & (frame["district"] != "") & alone
    table.flag(repeated, "district and age_group are repeated", "give one row for each pair")
    return frame


def _one_of_both(table: Table, study: Study) -> None:
    """Refuse a stated design effect beside clusters that tell it."""
    if study.demand.deff is not None:
        remedy = "leave demand.deff out, or the column cluster"
        table.fault(
            f"has a column cluster, which tells the design effect: demand.deff = {study.demand.deff:g}", remedy=remedy
        )
        table.ok = False


def _answers_named_aware(frame: pd.DataFrame) -> bool:
    """Return whether a survey without counts has words, such as yes and no, in its column aware."""
    if "aware" not in frame.columns or "asked" in frame.columns or not len(frame):
        return False
    return bool(pd.to_numeric(frame["aware"], errors="coerce").isna().all())
