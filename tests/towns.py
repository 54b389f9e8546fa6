"""Tiny towns as values, for tests of everything after the walking times: no files, no streets."""

from __future__ import annotations

import dataclasses
from fractions import Fraction
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from placement.coverage import Coverage, Standard, cover
from placement.economics import Policy, StationCosts
from placement.errors import InputError
from placement.travel import TravelTimes
from placement.values import Demand, Segment, Sites
from placement.values.sites import COST_KEYS

CRS = "EPSG:32650"


@dataclasses.dataclass(frozen=True)
class Town:
    """Everything `optimise` needs."""

    demand: Demand
    sites: Sites
    times: TravelTimes
    coverage: Coverage
    costs: StationCosts
    policy: Policy

    def stages(self) -> dict[str, Any]:
        return {
            "demand": self.demand,
            "sites": self.sites,
            "coverage": self.coverage,
            "costs": self.costs,
            "policy": self.policy,
        }


def make_sites(
    stations: int,
    candidates: int,
    *,
    xy: np.ndarray | None = None,
    status: list[str] | None = None,
    hours: list[tuple[int, int]] | None = None,
    machines: list[int] | None = None,
) -> Sites:
    n = stations + candidates
    xy = np.column_stack([np.arange(n) * 100.0, np.zeros(n)]) if xy is None else xy
    existing = np.arange(n) < stations
    hours = hours or [(0, 1440)] * n
    data: dict[str, Any] = {
        "name": [f"site {i}" for i in range(n)],
        "host": "default",
        "district": "all",
        "existing": existing,
        "status": status or ["existing" if e else "candidate" for e in existing],
        "opens_min": [h[0] for h in hours],
        "closes_min": [h[1] for h in hours],
        "machines": machines or [1] * n,
        "max_machines": 4,
        "services": [()] * n,
    }
    for key in COST_KEYS:
        data[f"{key}_fen"] = pd.array([pd.NA] * n, dtype="Int64")
    ids = [f"S{i}" for i in range(stations)] + [f"C{i}" for i in range(candidates)]
    geometry = gpd.points_from_xy(xy[:, 0] + 500_000, xy[:, 1] + 3_400_000)
    index = pd.Index(ids, name="site_id")
    return Sites(table=gpd.GeoDataFrame(data, index=index, geometry=geometry, crs=CRS))


def make_demand(need: np.ndarray, parents: list[str], segments: tuple[Segment, ...] | None = None) -> Demand:
    """Return demand with weight = need (need_share 1); `need` is (points, segments)."""
    n, k = need.shape
    segments = segments or tuple(
        Segment(age_group=age, period="all", service="all", speed_m_s=speed)
        for age, speed in (("general", 1.3), ("elderly", 0.9))[:k]
    )
    ages = tuple(dict.fromkeys(segment.age_group for segment in segments))
    points = gpd.GeoDataFrame(
        {"district": parents, "parent": parents},
        index=pd.Index([f"D{i}" for i in range(n)], name="demand_id"),
        geometry=gpd.points_from_xy(500_000 + np.arange(n) * 50.0, np.full(n, 3_400_000)),
        crs=CRS,
    )
    return Demand(
        points=points,
        segments=segments,
        age_groups=ages,
        people=np.full((n, len(ages)), 10.0),
        need=need,
        awareness=np.ones_like(need),
        uptake=np.ones_like(need),
    )


def make_times(metres: np.ndarray, demand: Demand, sites: Sites) -> TravelTimes:
    """Return travel times from a (points, sites) array of metres; NaN = unreachable."""
    rows, columns = np.nonzero(~np.isnan(metres))
    table = pd.DataFrame(
        {"demand_id": demand.ids[rows], "site_id": sites.ids[columns], "metres": metres[rows, columns]}
    )
    return TravelTimes.from_table(table, point_ids=demand.ids, site_ids=sites.ids, missing="unreachable")


def random_town(rng: np.random.Generator, *, points: int = 8) -> Town:
    """Return a random town with up to 3 stations and 4 candidates, budgets, counts and floors now and then.

    Towns in which nothing can count are drawn again.
    """
    while True:
        try:
            return _random_town(rng, points)
        except InputError:
            continue


def _random_town(rng: np.random.Generator, points: int) -> Town:
    stations, candidates = int(rng.integers(0, 4)), int(rng.integers(1, 5))
    n = stations + candidates
    need = rng.integers(0, 50, size=(points, 2)) * rng.choice([1.0, 0.5, 0.001])
    demand = make_demand(need, [str(rng.choice(["north", "south"])) for _ in range(points)])
    status = ["existing"] * stations + ["candidate"] * candidates
    for position in range(n):
        status[position] = str(rng.choice([status[position], "required", "excluded"], p=[0.84, 0.08, 0.08]))
    hours = [((0, 1440), (480, 1200))[int(rng.integers(2))] for _ in range(n)]
    sites = make_sites(stations, candidates, xy=rng.uniform(0, 2000, size=(n, 2)), status=status, hours=hours)
    metres = rng.uniform(0, 2500, size=(points, n))
    metres[rng.random((points, n)) < 0.3] = np.nan
    times = make_times(metres, demand, sites)
    money = {
        name: rng.integers(0, 100, size=n) * int(rng.choice([1, 100])) for name in ("purchase", "move", "close", "rent")
    }
    costs = StationCosts(**money)
    maybe = lambda value: value if rng.random() < 0.6 else None  # noqa: E731
    floor = lambda: Fraction(int(rng.integers(0, 60)), 100)  # noqa: E731
    policy = Policy(
        capital_fen=maybe(int(rng.integers(0, 400)) * int(rng.choice([1, 30]))),
        running_fen=maybe(int(rng.integers(0, 300)) * int(rng.choice([1, 30]))),
        max_stations=maybe(int(rng.integers(0, n + 1))),
        max_moves=maybe(int(rng.integers(0, 3))),
        max_opens=maybe(int(rng.integers(0, 3))),
        max_closes=maybe(int(rng.integers(0, 3))),
        max_changes=maybe(int(rng.integers(0, 5))),
        district_floors={"north": floor()} if rng.random() < 0.3 else {},
        age_floors={"elderly": floor()} if rng.random() < 0.3 else {},
    )
    coverage = cover(demand, sites, times, Standard(threshold_s=900))
    return Town(demand=demand, sites=sites, times=times, coverage=coverage, costs=costs, policy=policy)
