"""What the judge takes from the inputs as it stands there: amounts of stations, floors, who belongs to which of them.

The judge's own tables of what an action costs, apart from those that plans are made with.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction

import numpy as np
import pandas as pd

from placement.pipeline.prepare import Prepared
from placement.values.arrays import BoolArray
from placement.values.immutable import held

ONCE = {"close": "close", "open": "purchase", "move": "move"}
"""The cost item of an action that is paid once; a move is paid for at its destination."""
YEARLY = ("rent", "maintenance", "staff")
"""The cost items of each year that a station stands."""


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


def floors(prepared: Prepared, shape: tuple[int, ...]) -> Iterator[tuple[str, BoolArray, Fraction]]:
    """Yield (name, mask over points and segments, share) of every floor of the study: districts, then ages, by name."""
    policy = prepared.study.policy.floors
    district = policy.district
    for name, mask in district_masks(prepared, shape):
        share = district.get(name) if isinstance(district, Mapping) else district
        if share is not None:
            yield f"floor district {name}", mask, share
    for name, mask in age_masks(prepared, shape):
        if name in policy.by_age_group:
            yield f"floor age {name}", mask, policy.by_age_group[name]


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
