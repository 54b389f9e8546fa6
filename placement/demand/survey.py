"""Survey tables: checked, weighted and pooled to one row for each district and age group.

Where respondents carry weights, the weighted share of a row said yes; of weights and clusters a row counts as fewer
people than were asked (:mod:`placement.demand.design_effect`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from placement.demand.checks import number_faults, raise_faults, require_columns
from placement.demand.design_effect import cluster_effects, intraclass_correlation, weight_factors
from placement.errors import Fault, InputError
from placement.notes import Note

EVERYBODY = "all"
"""Name of the one age group of a survey that does not tell ages apart."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Pooled:
    """A survey as one row for each district and age group.

    Parameters
    ----------
    counts
        By (district, age_group): `asked` (people), `effective` (people that they count as), `yes` (of the effective).
    clusters
        How many there are; 0 where the survey names none.
    icc
        Intraclass correlation within them.
    """

    counts: pd.DataFrame
    clusters: int
    icc: float

    def notes(self, of: str) -> tuple[Note, ...]:
        """Return what clusters leave of the answers, in a sentence."""
        asked = float(self.counts["asked"].sum())
        if not self.clusters or not asked > 0:
            return ()
        left = float(self.counts["effective"].sum()) / asked
        form = "{of}: {clusters} clusters, intraclass correlation {icc:.2f}: {left:.0%} of the answers count"
        return (Note(form, of=Note(of), clusters=self.clusters, icc=self.icc, left=left),)


def pool_survey(survey: pd.DataFrame, *, yes: str = "aware", asked: str = "asked", deff: float | None = None) -> Pooled:
    """Return one row for each district and age group of a survey of counts.

    Parameters
    ----------
    survey, deff
        See :func:`placement.demand.estimate_awareness`.
    yes, asked
        The columns whose ratio is wanted: `aware` of `asked`, or `used` of `aware`.

    Raises
    ------
    InputError
        With every fault of the table.
    """
    check_survey(survey)
    _check_deff(survey, deff)
    frame = pd.DataFrame(
        {
            "district": survey["district"].astype(str),
            "age_group": survey["age_group"].astype(str) if "age_group" in survey.columns else EVERYBODY,
            "asked": survey[asked].astype(float),
            "weight": survey["weight"].astype(float) if "weight" in survey.columns else 1.0,
            "yes": survey[yes].astype(float),
        }
    )
    frame["sum"] = frame["weight"] * frame["asked"]
    frame["squares"] = frame["weight"] ** 2 * frame["asked"]
    frame["weighted_yes"] = frame["weight"] * frame["yes"]
    pooled = frame.groupby(["district", "age_group"], sort=False)[["asked", "sum", "squares", "weighted_yes"]].sum()
    some = pooled["squares"] > 0
    effective = (pooled["sum"] ** 2 / pooled["squares"].where(some)).fillna(0.0)
    share = (pooled["weighted_yes"] / pooled["sum"].where(some)).fillna(0.0)
    if "weight" in survey.columns:
        effective = effective / weight_factors(frame).reindex(effective.index)
    clusters, icc = 0, 0.0
    if "cluster" in survey.columns:
        frame["cluster"] = survey["cluster"].astype(str)
        clusters, icc = len(frame[["district", "cluster"]].drop_duplicates()), intraclass_correlation(frame)
        effective = effective / cluster_effects(frame, icc).reindex(effective.index)
    effective = effective / (deff or 1.0)
    counts = {"asked": pooled["asked"], "effective": effective, "yes": effective * share.clip(upper=1.0)}
    return Pooled(counts=pd.DataFrame(counts), clusters=clusters, icc=icc)


def _check_deff(survey: pd.DataFrame, deff: float | None) -> None:
    """Raise unless `deff` is absent, or a number of at least 1 that stands beside no clusters."""
    if deff is None:
        return
    if not (np.isfinite(deff) and deff >= 1):
        raise InputError.single("survey", f"deff is {deff}", remedy="give 1 or more, 1 for a simple random sample")
    if "cluster" in survey.columns:
        remedy = "leave deff out, or the column cluster"
        raise InputError.single(
            "survey", f"deff {deff:g} stands beside a column cluster, which tells it", remedy=remedy
        )


def check_survey(survey: pd.DataFrame) -> None:
    """Raise an `InputError` with every fault of a survey of counts."""
    require_columns("survey", survey, ("district", "asked", "aware"))
    if not len(survey):
        raise InputError.single("survey", "has no rows", remedy="leave the survey out of the study")
    counts = [name for name in ("asked", "aware", "used") if name in survey.columns]
    faults = [fault for column in counts for fault in number_faults("survey", survey, column)]
    if "weight" in survey.columns:
        faults += number_faults("survey", survey, "weight", low=np.nextafter(0.0, 1.0))
    names = [name for name in ("district", "age_group", "cluster") if name in survey.columns]
    faults += [
        Fault(table="survey", row=str(row), problem=f"{name} is empty", remedy=f"name the {name}")
        for name in names
        for row in survey.index[(survey[name].isna() | (survey[name].astype(str).str.strip() == "")).to_numpy()]
    ]
    raise_faults(faults)
    faults = [
        Fault(table="survey", row=str(row), problem=f"{name} is {value:g}", remedy="counts are whole people")
        for name in counts
        for row, value in survey[name].astype(float).items()
        if value % 1 != 0
    ]
    for part, whole in (("aware", "asked"), ("used", "aware")):
        if part in counts:
            above = survey[part].astype(float).to_numpy() > survey[whole].astype(float).to_numpy()
            faults += [
                Fault(
                    table="survey",
                    row=_row_name(row),
                    problem=f"{part} {row[part]:g} exceeds {whole} {row[whole]:g}",
                    remedy=f"{part} counts people among those {whole}",
                )
                for _, row in survey[above].iterrows()
            ]
    faults += _repeated(survey) + _mixed_ages(survey)
    raise_faults(faults)
    if not survey["asked"].astype(float).sum() > 0:
        raise InputError.single("survey", "nobody was asked", remedy="leave the survey out of the study")


def _row_name(row: pd.Series) -> str:
    return "/".join(str(row[name]) for name in ("district", "age_group") if name in row.index)


def _repeated(survey: pd.DataFrame) -> list[Fault]:
    """Return a fault for each district and age group that stands in two rows, unless rows have weights or clusters."""
    if {"weight", "cluster"} & set(survey.columns):
        return []
    keys = [name for name in ("district", "age_group") if name in survey.columns]
    repeated = survey[survey.duplicated(keys)]
    remedy = "add the rows up, or give each its weight or cluster"
    return [
        Fault(table="survey", row=_row_name(row), problem="stands in more than one row", remedy=remedy)
        for _, row in repeated.iterrows()
    ]


def _mixed_ages(survey: pd.DataFrame) -> list[Fault]:
    """Return a fault where some rows are of everybody and others of one age group."""
    if "age_group" not in survey.columns:
        return []
    ages = set(survey["age_group"].astype(str))
    if EVERYBODY not in ages or len(ages) == 1:
        return []
    others = ", ".join(sorted(ages - {EVERYBODY}))
    return [
        Fault(
            table="survey",
            problem=f"age_group {EVERYBODY} stands beside {others}",
            remedy=f"use {EVERYBODY} in every row, or in none",
        )
    ]
