"""What the demand of a plan rests on, for ``report.html``: who knows the service, and foot traffic nobody counted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from placement.report.data import ReportData
from placement.report.view import Text, percent

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
        simulated="survey" in data.simulated,
        says=_city(city, text),
        note=text["aware.note"].format(**numbers),
        more=text["aware.more"].format(shown=len(least), districts=len(districts)),
        levels="used" in districts.columns,
        rows=tuple(_row(str(name), row, float(asked[name]), text) for name, row in least.iterrows()),
    )


def passers(data: ReportData, text: Text) -> Passers | None:
    """Return how far to trust foot traffic where nobody counted; None where it was not interpolated."""
    if data.filled is None:
        return None
    counters, scores = data.filled.counters, data.filled.scores
    virtual = counters["interpolated"].to_numpy(dtype=bool)
    people = counters["people_per_day"].to_numpy(dtype=float)
    says = text["passers.says"].format(
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
        warning="" if data.filled.better_than_mean else text["passers.no_better"],
    )


def _city(city: pd.Series, text: Text) -> tuple[str, ...]:
    shares = {name: percent(city[name]) for name in ("mean", "low", "high")}
    shares |= {"never": percent(1 - city["mean"])}
    shares |= {"never_low": percent(1 - city["high"]), "never_high": percent(1 - city["low"])}
    says = [text["aware.city"].format(**shares)]
    if "used" in city.index:
        names = {"used": "used", "aware_not_used": "idle"}
        parts = {f"{short}{end}": percent(city[f"{name}{end}"]) for name, short in names.items() for end in _ENDS}
        says.append(text["aware.levels"].format(**parts))
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
