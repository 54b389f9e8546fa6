"""What the demand of a plan rests on, for ``report.html``: who knows the service, and foot traffic nobody counted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from placement.report.data import ReportData, SurveyTables
from placement.report.goods import Text, percent
from placement.report.text import word

SHOWN = 10
"""How many districts the report lists; ``awareness.csv`` has them all."""
_ENDS = ("", "_low", "_high")


@dataclass(frozen=True, kw_only=True)
class AwareRow:
    """One district as text; `mean` is a share. `uses` is empty where the survey did not ask who uses the service."""

    name: str
    people: str
    asked: str
    mean: float
    interval: str
    never: str
    uses: str


@dataclass(frozen=True, kw_only=True)
class Aware:
    """Who knows the service: sentences about the city and the districts where fewest do."""

    simulated: bool
    says: tuple[str, ...]
    note: str
    more: str
    levels: bool
    rows: tuple[AwareRow, ...]


@dataclass(frozen=True, kw_only=True)
class Passers:
    """Foot traffic that was interpolated."""

    simulated: bool
    says: str
    rests: str
    warning: str


def aware(data: ReportData, text: Text) -> Aware | None:
    """Return what the survey says, least aware districts first; None without a survey."""
    tables = data.awareness
    if tables is None:
        return None
    districts, city = tables.districts.iloc[:-1], tables.districts.iloc[-1]
    asked = tables.rows["asked"].groupby(level="district").sum()
    least = districts.sort_values("mean", kind="stable").head(SHOWN)
    numbers = {"asked": f"{asked.sum():,.0f}", "surveyed": int((asked > 0).sum()), "districts": len(asked)}
    return Aware(
        simulated=bool(tables.simulated(data.simulated)),
        says=_city(city, tables, text),
        note=_note(tables, numbers, text),
        more=text["aware.more"].format(shown=len(least), districts=len(districts)),
        levels=tables.tells_use,
        rows=tuple(_row(str(name), row, float(asked[name]), text) for name, row in least.iterrows()),
    )


def passers(data: ReportData, text: Text) -> Passers | None:
    """Return how far to trust foot traffic where nobody counted; None where none was interpolated or none counts."""
    if data.filled is None or (data.reliance is not None and data.reliance.of_need == 0):
        return None
    counters, scores = data.filled.counters, data.filled.scores
    virtual = counters["interpolated"].to_numpy(dtype=bool)
    if not virtual.any():
        return None
    people = counters["people_per_day"].to_numpy(dtype=float)
    says = text["passers.says.one" if virtual.sum() == 1 else "passers.says"].format(
        virtual=f"{virtual.sum():,}",
        real=f"{(~virtual).sum():,}",
        metres=text["metres"].format(value=f"{data.filled.bandwidth_m:g}"),
        share=percent(float(people[virtual].sum() / people.sum())),
        factor=f"{scores['median_factor']:.2f}",
        mean=f"{scores['median_factor_mean']:.2f}",
        holds=percent(scores["interval_holds"]),
    )
    return Passers(
        simulated=bool({"footfall", "footfall_counts"} & set(data.simulated)),
        says=says,
        rests=_rests(data, text),
        warning="" if data.filled.better_than_mean else text["passers.no_better"],
    )


def _rests(data: ReportData, text: Text) -> str:
    """Return what rests on virtual counters, and how many were held to the busiest real one."""
    said = []
    if data.reliance is not None:
        shares = {"passers": percent(data.reliance.of_passers), "need": percent(data.reliance.of_need)}
        counts = {"without": f"{data.reliance.without:,}", "points": f"{data.reliance.points:,}"}
        said.append(text["passers.rests"].format(**shares, **counts))
    if data.filled is not None and data.filled.capped:
        said.append(text["passers.capped"].format(count=f"{data.filled.capped:,}"))
    return " ".join(said)


def _note(tables: SurveyTables, numbers: Mapping[str, object], text: Text) -> str:
    names = text["comma"].join(tables.covariates)
    leans = text["aware.leans.covariates" if tables.covariates else "aware.leans"].format(covariates=names)
    return text["aware.note"].format(**numbers, leans=leans)


def _city(city: pd.Series, tables: SurveyTables, text: Text) -> tuple[str, ...]:
    shares = {name: percent(city[name]) for name in ("mean", "low", "high")}
    shares |= {"never": percent(1 - city["mean"])}
    shares |= {"never_low": percent(1 - city["high"]), "never_high": percent(1 - city["low"])}
    says = [text["aware.city"].format(**shares)]
    if tables.tells_use:
        names = {"used": "used", "aware_not_used": "idle"}
        parts = {f"{short}{end}": percent(city[f"{name}{end}"]) for name, short in names.items() for end in _ENDS}
        says.append(text["aware.levels"].format(**parts))
    elif tables.uptake:
        given = text["comma"].join(f"{word(text, name)} {percent(share)}" for name, share in tables.uptake.items())
        says.append(text["aware.uptake"].format(uptake=given))
    return tuple(says)


def _row(name: str, row: Mapping[str, float] | pd.Series, asked: float, text: Text) -> AwareRow:
    return AwareRow(
        name=name,
        people=f"{row['people']:,.0f}",
        asked=f"{asked:,.0f}",
        mean=float(row["mean"]),
        interval=text["interval"].format(low=percent(row["low"]), high=percent(row["high"])),
        never=percent(1 - row["mean"]),
        uses=percent(row["used"]) if "used" in row else "",
    )
