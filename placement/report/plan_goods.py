"""What ``plan.json`` says of the visits that are predicted, and of what is gained for the money."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any, Literal

import numpy as np
import pandas as pd
from pydantic import Field

from placement.report.parts import FRACTION, Amount, Id, Part, Quantity, rounded
from placement.report.plan_outreach import OutreachPart, outreach_from_part, outreach_to_dict
from placement.report.plan_reserve import ReservePart, reserve_from_part, reserve_to_dict
from placement.values import Frontier, Gains, Plan, TradePoint, VisitsChange
from placement.values.visits import STATION_COLUMNS, Interval
from placement.values.visits_value import VisitsValue

_NUMBERS = STATION_COLUMNS[:-1]


class RangePart(Part):
    """Predicted visits a month: the expectation, and a 90 % interval (null: nothing tells how sure it is)."""

    expected: Quantity
    low: Quantity | None
    high: Quantity | None


class ChangePart(Part):
    """Visits a month gained, negative where lost; the interval is paired: the same draws for both networks."""

    expected: Amount
    low: Amount | None
    high: Amount | None


class StationVisitsPart(Part):
    """Predicted visits a month of one station, with 90 % intervals; null where none stands, or none are known."""

    site_id: Id
    before: Quantity | None
    before_low: Quantity | None
    before_high: Quantity | None
    after: Quantity | None
    after_low: Quantity | None
    after_high: Quantity | None
    basis: str = Field(description="What the prediction rests on.")


class IdlePart(Part):
    """Stations that see fewer visits than the limit."""

    below: int = Field(ge=0, le=10**9, description="Visits a month.")
    before: int = Field(ge=0)
    after: int = Field(ge=0)
    new: int = Field(ge=0, description="Those of the plan's that are opened, or moved to where they are.")


class VisitsPart(Part):
    """Predicted visits a month of today's stations and of the plan's, in thousandths: the sums of the stations'."""

    before: RangePart
    after: RangePart
    change: ChangePart
    draws: int = Field(ge=0, description="How many draws the intervals rest on.")
    idle: IdlePart
    stations: list[StationVisitsPart]


class GainPart(Part):
    """What is gained of one good, negative where it is lost."""

    gained: Amount
    yuan_each: Quantity | None = Field(description="Capital for each; null where none is gained, or none is told.")


class GainsPart(Part):
    """What the plan gains, and what its capital buys."""

    people: dict[str, GainPart] = Field(description="People within reach, by period of the day.")
    visits: GainPart | None = Field(description="Predicted visits a month; null where nothing is predicted.")


class TradePart(Part):
    """One set of stations on the way from most coverage to most visits."""

    mark: Literal["today", "chosen", ""]
    visits_weight: Quantity | None = Field(description="Of a visit beside a covered one; null: today, or the default.")
    open: list[Id]
    covered: Quantity = Field(description="Weight within reach, visits a month.")
    visits: Quantity = Field(description="Predicted visits a month, in thousandths.")
    idle: int = Field(ge=0)
    idle_new: int = Field(ge=0)
    gap: float | None = Field(ge=0, le=1, description="Proven by the run that made it; null for today.")


class FrontierPart(Part):
    """What coverage costs in visits: today, the plan, and plans between the two goods."""

    points: list[TradePart]
    notes: list[str] = Field(description="Plans that are missing, and why.")


def goods_to_dict(plan: Plan, frontier: Frontier | None) -> dict[str, Any]:
    """Return the visits, gains and trade of a plan as ``plan.json`` has them, by key."""
    return {
        "visits": None if plan.visits is None else visits_to_dict(plan.visits),
        "valued": None if plan.valued is None else valued_to_dict(plan.valued),
        "reserve": None if plan.reserve is None else reserve_to_dict(plan.reserve),
        "outreach": None if plan.outreach is None else outreach_to_dict(plan.outreach),
        "gains": gains_to_dict(plan.gains),
        "frontier": None if frontier is None else frontier_to_dict(frontier),
    }


def goods_from_parts(
    visits: VisitsPart | None,
    valued: ValuedPart | None,
    reserve: ReservePart | None,
    outreach: OutreachPart | None,
    table: str,
) -> dict[str, Any]:
    """Return the visits of a plan, and what its objective is made of, from a file."""
    return {
        "visits": None if visits is None else visits_from_part(visits),
        "valued": None if valued is None else valued_from_part(valued),
        "reserve": None if reserve is None else reserve_from_part(reserve),
        "outreach": None if outreach is None else outreach_from_part(outreach, table),
    }


def frontier_to_dict(frontier: Frontier) -> dict[str, Any]:
    """Return a frontier as ``plan.json`` has it."""
    points = [
        {
            "mark": point.mark,
            "visits_weight": None if point.visits_weight is None else rounded(float(point.visits_weight)),
            "open": list(point.open),
            "covered": rounded(point.covered),
            "visits": rounded(point.visits),
            "idle": point.idle,
            "idle_new": point.idle_new,
            "gap": None if point.gap is None else rounded(point.gap),
        }
        for point in frontier.points
    ]
    return {"points": points, "notes": list(frontier.notes)}


def frontier_from_dict(record: Mapping[str, Any]) -> Frontier | None:
    """Return the frontier that the content of a ``plan.json`` holds; None where it has none."""
    if record["frontier"] is None:
        return None
    part = FrontierPart.model_validate(record["frontier"])
    everything = record["coverage"]["after"]["total"]["all"]
    points = (
        TradePoint(
            mark=each.mark,
            visits_weight=None if each.visits_weight is None else Fraction(str(each.visits_weight)),
            open=tuple(each.open),
            covered=each.covered,
            all=everything,
            visits=each.visits,
            idle=each.idle,
            idle_new=each.idle_new,
            gap=each.gap,
        )
        for each in part.points
    )
    return Frontier(points=tuple(points), notes=tuple(part.notes))


def visits_to_dict(visits: VisitsChange) -> dict[str, Any]:
    """Return the visits of a plan as ``plan.json`` has them."""
    stations = []
    for site_id, row in visits.stations.iterrows():
        numbers = {name: None if np.isnan(row[name]) else rounded(row[name]) for name in _NUMBERS}
        stations.append({"site_id": str(site_id), "basis": row["basis"], **numbers})
    return {
        "before": _range(visits.before, visits.before_interval),
        "after": _range(visits.after, visits.after_interval),
        "change": _range(visits.change, visits.change_interval),
        "draws": visits.draws,
        "idle": {
            "below": visits.idle_below,
            "before": visits.idle_before,
            "after": visits.idle_after,
            "new": visits.idle_new,
        },
        "stations": stations,
    }


def visits_from_part(part: VisitsPart) -> VisitsChange:
    """Return the visits that ``plan.json`` says."""
    rows = pd.DataFrame([row.model_dump() for row in part.stations], columns=["site_id", *STATION_COLUMNS])
    table = rows.set_index("site_id").astype(dict.fromkeys(_NUMBERS, float))
    return VisitsChange(
        stations=table,
        before_interval=_interval(part.before),
        after_interval=_interval(part.after),
        change_interval=_interval(part.change),
        idle_below=part.idle.below,
        draws=part.draws,
    )


def gains_to_dict(gains: Gains) -> dict[str, Any]:
    """Return the gains of a plan as ``plan.json`` has them."""
    return {
        "people": {period: _gain(gains, gained) for period, gained in gains.people.items()},
        "visits": None if gains.visits is None else _gain(gains, gains.visits),
    }


def _gain(gains: Gains, gained: float) -> dict[str, Any]:
    return {"gained": rounded(gained), "yuan_each": gains.yuan_each(gained)}


def _range(expected: float, interval: Interval | None) -> dict[str, Any]:
    low, high = (None, None) if interval is None else map(rounded, interval)
    return {"expected": rounded(expected), "low": low, "high": high}


def _interval(part: RangePart | ChangePart) -> Interval | None:
    return None if part.low is None or part.high is None else (part.low, part.high)


class ValuedPart(Part):
    """What the objective is made of where it counts predicted visits: the plan is worth covered + weight x visits."""

    weight: str = Field(pattern=FRACTION, description="What a visit counts beside a covered one.")
    alone: bool = Field(description="Visits alone are the objective.")
    by_default: bool = Field(description="The study says nothing of visits.")
    covered: Quantity
    visits: Quantity
    floor: Quantity | None = Field(description="Visits asked for at least; null: no floor.")
    slack: Quantity = Field(description="The bound less the objective.")


def valued_to_dict(value: VisitsValue) -> dict[str, Any]:
    """Return what the objective is made of as the file has it."""
    amounts = {"covered": value.covered, "visits": value.visits, "slack": value.slack}
    return {
        "weight": str(value.weight),
        "alone": value.alone,
        "by_default": value.by_default,
        "floor": None if value.floor is None else rounded(value.floor),
        **{name: rounded(amount) for name, amount in amounts.items()},
    }


def valued_from_part(part: ValuedPart) -> VisitsValue:
    """Return what the objective is made of from a file."""
    return VisitsValue(weight=Fraction(part.weight), **part.model_dump(exclude={"weight"}))
