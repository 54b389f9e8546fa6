"""What the judge takes from the inputs as it stands there: amounts of stations, floors, who belongs to which of them.

The judge's own tables of what an action costs, apart from those that plans are made with.
"""

from __future__ import annotations

import math
from calendar import monthrange
from collections.abc import Collection, Iterator, Mapping
from fractions import Fraction

import numpy as np
import pandas as pd

from placement.pipeline.prepare import Prepared
from placement.values.arrays import BoolArray
from placement.values.immutable import held

ONCE = {"close": ("remove", "close"), "open": ("purchase", "install"), "move": ("install", "move")}
"""The cost items of an action that are paid once; a move is paid for at its destination."""
YEARLY = ("rent", "network", "maintenance", "staff")
"""The cost items of each year that a station stands."""
ITEMS = ("purchase", "install", "move", "remove", "close")
LINES = (*ITEMS, "capital", *YEARLY, "guides", "publicity", "running", "total")
"""Lines of the budget, in their order; some only where the study has what they are spent on."""


def station_amount(prepared: Prepared, site_id: str, item: str) -> int:
    """Return the fen of one cost item at one site: its own, else its host's, else the default, else 0."""
    row = held(prepared.sites, "table").loc[site_id]
    own = row[f"{item}_fen"]
    if not pd.isna(own):
        return int(own)
    for host in (row["host"], "default"):
        section = prepared.study.costs.get(host)
        amount = None if section is None else getattr(section, item)
        if amount is not None:
            return int(amount)
    return 0


def outage(prepared: Prepared) -> Fraction:
    """Return how probable it is that a station, or a machine, is out of order: as told, or as the usage table has it.

    Of the hours of all months on record that share was out of service, in whole ten thousandths.
    """
    policy, usage = prepared.study.policy, prepared.tables.usage if prepared.study.policy.outage_from_usage else None
    if usage is None:
        return Fraction(policy.outage_probability or 0)
    hours = sum(24 * monthrange(*map(int, month.split("-")))[1] for month in usage["month"])
    return Fraction(round(10_000 * math.fsum(usage["outage_hours"]) / hours), 10_000)


def once(prepared: Prepared, site_id: str, action: str, items: Collection[str] = ITEMS) -> int:
    """Return the fen that an action at a site costs once, of some items alone."""
    return sum(station_amount(prepared, site_id, item) for item in ONCE.get(action, ()) if item in items)


def yearly(prepared: Prepared, site_id: str, items: Collection[str] = YEARLY) -> int:
    """Return the fen that a station at a site costs a year, of some items alone."""
    return sum(station_amount(prepared, site_id, item) for item in YEARLY if item in items)


def worth_today(prepared: Prepared, site_id: str, items: Collection[str] = YEARLY) -> int:
    """Return what yearly costs at a site over the years of the budget are worth today, fen, half rounded up.

    A year's costs fall due at its end. Over H years at the rate r each yuan a year is worth (1 - (1 + r)^-H) / r.
    """
    return present_value(prepared, yearly(prepared, site_id, items))


def present_value(prepared: Prepared, fen_a_year: int) -> int:
    """Return what an amount a year over the years of the budget is worth today, fen, half rounded up."""
    years, rate = prepared.study.budget.horizon_years or 0, Fraction(prepared.study.budget.discount_rate)
    each = Fraction(years) if rate == 0 else (1 - (1 + rate) ** -years) / rate
    return math.floor(fen_a_year * each + Fraction(1, 2))


def line_of_action(prepared: Prepared, line: str, action: str, site_id: str) -> int:
    """Return the fen that an action at a site adds to a line of the budget."""
    stands = action in {"keep", "move", "open"}
    if action == "guide":
        pay = station_amount(prepared, site_id, "guide")
        return {"guides": pay, "running": pay, "total": present_value(prepared, pay)}.get(line, 0)
    if line in {"guides", "publicity"}:
        return 0
    if line in ITEMS or line == "capital":
        return once(prepared, site_id, action, ITEMS if line == "capital" else (line,))
    if line == "total":
        return once(prepared, site_id, action) + (worth_today(prepared, site_id) if stands else 0)
    return yearly(prepared, site_id, YEARLY if line == "running" else (line,)) if stands else 0


def lines(prepared: Prepared) -> tuple[str, ...]:
    """Return the lines of the study's budget."""
    there = {
        "total": prepared.study.budget.horizon_years is not None,
        "guides": prepared.study.guides is not None,
        "publicity": prepared.tables.publicity is not None,
    }
    return tuple(line for line in LINES if there.get(line, True))


def floors(prepared: Prepared, shape: tuple[int, ...]) -> Iterator[tuple[str, BoolArray, Fraction]]:
    """Yield (name, mask over points and segments, share) of every floor: districts, ages, periods, by name."""
    policy = prepared.study.policy.floors
    district = policy.district
    for name, mask in district_masks(prepared, shape):
        share = district.get(name) if isinstance(district, Mapping) else district
        if share is not None:
            yield f"floor district {name}", mask, share
    for name, mask in age_masks(prepared, shape):
        if name in policy.by_age_group:
            yield f"floor age {name}", mask, policy.by_age_group[name]
    for name in sorted(policy.period):
        inside = [segment.period == name for segment in prepared.demand.segments]
        yield f"floor period {name}", np.broadcast_to(np.array(inside)[None, :], shape), policy.period[name]


def district_masks(prepared: Prepared, shape: tuple[int, ...]) -> Iterator[tuple[str, BoolArray]]:
    """Yield (parent district, mask over points and segments)."""
    parents = prepared.population["parent"]
    for name in sorted(set(parents)):
        yield str(name), np.broadcast_to((parents == name).to_numpy()[:, None], shape)


def age_masks(prepared: Prepared, shape: tuple[int, ...]) -> Iterator[tuple[str, BoolArray]]:
    """Yield (age group, mask over points and segments)."""
    ages = [segment.age_group for segment in prepared.demand.segments]
    for name in sorted(set(ages)):
        yield name, np.broadcast_to(np.array([age == name for age in ages])[None, :], shape)
