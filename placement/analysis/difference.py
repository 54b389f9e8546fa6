"""Who gains and who loses between two networks."""

from __future__ import annotations

import itertools
from collections.abc import Collection

import numpy as np
import pandas as pd
from scipy import sparse

from placement.case import Case
from placement.errors import AlignmentError
from placement.values.arrays import BoolArray, FloatArray
from placement.values.difference import Difference

MINUTES = (5.0, 10.0, 15.0, 20.0, 30.0)
"""Edges of the bands of walking time, as far as times are known."""
PLACES = 10
_SECONDS_A_MINUTE = 60.0


def difference(case: Case, first: Collection[str], second: Collection[str], *, places: int = PLACES) -> Difference:
    """Return what a second network changes for people beside a first.

    Parameters
    ----------
    case
        Whose demand, standard and times are meant.
    first, second
        Ids of the stations of each.
    places
        How many of the places that lose most are named.

    Raises
    ------
    AlignmentError
        If a station is no site of the case.
    """
    for name, ids in (("first", first), ("second", second)):
        error = AlignmentError.between(name, list(ids), "sites", case.sites.ids, "site")
        if error is not None:
            raise error
    stands = [np.asarray(case.sites.ids.isin(list(ids))) for ids in (first, second)]
    weight, (was, now) = case.demand.weight, (case.coverage.counted(each) for each in stands)
    gains, loses = weight * np.maximum(now - was, 0.0), weight * np.maximum(was - now, 0.0)
    minutes = [_minutes(case, each) for each in stands]
    return Difference(
        districts=_districts(case, gains, loses),
        segments=pd.DataFrame(
            [(each.name, *_sums(gains[:, k], loses[:, k])) for k, each in enumerate(case.demand.segments)],
            columns=["group", "gains", "loses", "net"],
        ),
        bands=_bands(weight, minutes),
        places=_places(case, loses, minutes, places),
    )


def _sums(gains: FloatArray, loses: FloatArray) -> tuple[float, float, float]:
    gained, lost = float(gains.sum()), float(loses.sum())
    return gained, lost, gained - lost


def _districts(case: Case, gains: FloatArray, loses: FloatArray) -> pd.DataFrame:
    parents = case.demand.points["parent"].to_numpy()
    rows = [
        (str(name), *_sums(gains[here], loses[here]), _people(case, gains > 0, here), _people(case, loses > 0, here))
        for name in sorted(set(parents))
        for here in [parents == name]
    ]
    return pd.DataFrame(rows, columns=["group", "gains", "loses", "net", "people_gain", "people_lose"])


def _people(case: Case, who: BoolArray, here: BoolArray) -> float:
    """Return the residents of some points to whom something applies in one period at least."""
    demand, total = case.demand, 0.0
    for number, age in enumerate(demand.age_groups):
        columns = [k for k, each in enumerate(demand.segments) if each.age_group == age]
        total += float(demand.people[who[:, columns].any(axis=1) & here, number].sum())
    return total


def _minutes(case: Case, standing: BoolArray) -> FloatArray | None:
    """Return (points, segments) minutes to the nearest station that serves, inf where none is known; None: no times."""
    if case.times is None:
        return None
    columns = []
    for number, segment in enumerate(case.demand.segments):
        times = case.times.to_sites(case.sites.ids[standing & case.coverage.serving[number]])
        near = sparse.csr_array(times.matrix)
        least = np.full(near.shape[0], np.inf)
        found = np.flatnonzero(np.diff(near.indptr))
        if found.size:
            least[found] = np.minimum.reduceat(near.data, near.indptr[found])
        speed = 1.0 if times.unit == "ms" else segment.speed_m_s
        columns.append(least / (1000 * speed * _SECONDS_A_MINUTE))
    return np.column_stack(columns)


def _bands(weight: FloatArray, minutes: list[FloatArray | None]) -> pd.DataFrame:
    """Return the weight by walking time before and after; nothing where no times are told."""
    names = ["minutes", "first", "second", "change"]
    told = [each for each in minutes if each is not None]
    if len(told) != len(minutes):
        return pd.DataFrame([], columns=names)
    known = max((float(each[np.isfinite(each)].max(initial=0.0)) for each in told), default=0.0)
    edges = [0.0, *(edge for edge in MINUTES if edge < known), *([known] if known else [])]
    rows = []
    for low, high in itertools.pairwise(edges):
        inside = [weight[((each > low) | (low == 0.0)) & (each <= high)].sum() for each in told]
        rows.append((f"{low:g}-{high:.3g}", float(inside[0]), float(inside[1]), float(inside[1] - inside[0])))
    beyond = [float(weight[~np.isfinite(each)].sum()) for each in told]
    rows.append(("beyond", beyond[0], beyond[1], beyond[1] - beyond[0]))
    return pd.DataFrame(rows, columns=names)


def _places(case: Case, loses: FloatArray, minutes: list[FloatArray | None], most: int) -> pd.DataFrame:
    """Return the places that lose most, by rising id where they lose as much."""
    lost, points = loses.sum(axis=1), case.demand.points
    order = sorted(np.flatnonzero(lost > 0).tolist(), key=lambda at: (-lost[at], str(case.demand.ids[at])))[:most]
    rows = []
    for at in order:
        walks = [np.nan if each is None else _mean(each[at], case.demand.weight[at]) for each in minutes]
        people = float(case.demand.people[at].sum())
        rows.append((str(case.demand.ids[at]), str(points["district"].iloc[at]), float(lost[at]), people, *walks))
    return pd.DataFrame(rows, columns=["demand_id", "district", "loses", "people", "first_min", "second_min"])


def _mean(minutes: FloatArray, weight: FloatArray) -> float:
    """Return the mean by weight; NaN where some of it is beyond what is known."""
    there = weight > 0
    if not there.any() or not np.isfinite(minutes[there]).all():
        return float("nan")
    return float(np.average(minutes[there], weights=weight[there]))
