"""Simulated towns of known truth, in which visits go by the catchment, by a misstated one, by other things, or by none.

Worlds: ``huff`` (people choose among stations; need is known with small errors), ``misstated`` (they do, but need is
wrong by a smooth field), ``around`` (no competition: visits go with the root of the people around, and a smooth field),
``noise`` (nothing explains them).
"""

from collections.abc import Callable
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
from scipy import sparse

from placement.travel import TravelTimes

WORLDS = ("huff", "misstated", "around", "noise")
MONTHS = 12
RECORD_SD = 0.1


@dataclass(frozen=True)
class Town:
    """A town: what a study would know of it, and what is true.

    `visits` returns (sites,) true visits a month of stations that stand, of each other site as if it were added alone.
    """

    transactions: pd.DataFrame
    times: TravelTimes
    need: pd.Series
    sites: gpd.GeoDataFrame
    minutes: np.ndarray
    visits: Callable[[np.ndarray], np.ndarray]

    @property
    def standing(self):
        return self.sites["existing"].to_numpy()

    def total(self, standing):
        return self.visits(standing)[standing].sum()

    def changes(self, plans):
        """True relative changes of the visits of the whole network."""
        today = self.total(self.standing)
        return np.array([self.total(plan) / today - 1 for plan in plans])

    def plans(self, rng, count=16):
        """Draw plans: closures, openings, both."""
        existing, others = np.flatnonzero(self.standing), np.flatnonzero(~self.standing)
        kinds, found = [(0, 3), (3, 0), (3, 3), (4, 2), (1, 5)], []
        for _ in range(count):
            closed, opened = kinds[rng.integers(len(kinds))]
            plan = self.standing.copy()
            plan[rng.choice(existing, closed, replace=False)] = False
            plan[rng.choice(others, opened, replace=False)] = True
            found.append(plan)
        return found


def smooth(xy, reach, rng):
    """Draw a smooth field of standard deviation 1."""
    x = np.sqrt(3) * np.linalg.norm(xy[:, None] - xy[None], axis=2) / reach
    return np.linalg.cholesky((1 + x) * np.exp(-x) + 1e-6 * np.eye(len(xy))) @ rng.standard_normal(len(xy))


def catchments(minutes, need, decay, outside, attraction, standing):
    pull = np.exp(attraction - decay * minutes)
    base = outside + pull[:, standing].sum(axis=1, keepdims=True)
    return need @ (pull / (base + np.where(standing, 0, pull)))


def town(seed, world, stations, candidates=60):
    """Draw a town with `stations` stations and as many candidates as said."""
    rng = np.random.default_rng([seed, WORLDS.index(world), stations])
    side = 1000.0 * np.sqrt(stations)
    cells = int(side // 350)
    grid = (np.arange(cells) + 0.5) * side / cells
    points = np.array([(x, y) for x in grid for y in grid])
    need = np.exp(0.9 * smooth(points, 1800.0, rng))
    tried = rng.uniform(0, side, (stations * 6, 2))
    near = np.linalg.norm(points[:, None] - tried[None], axis=2).argmin(axis=0)
    chance = np.sqrt(need)[near]
    chosen = rng.choice(len(tried), stations, replace=False, p=chance / chance.sum())
    xy = np.concatenate([tried[chosen], rng.uniform(0, side, (candidates, 2))])
    standing = np.arange(len(xy)) < stations
    minutes = np.linalg.norm(points[:, None] - xy[None], axis=2) * 1.3 / 78
    minutes = np.where(minutes <= 35, minutes, np.inf)
    visits = true_visits(world, points, xy, need, minutes, standing, rng)
    ids = np.array([f"S{number:03d}" for number in range(len(xy))])
    seen = visits(standing)[standing]
    months = pd.period_range("2025-01", periods=MONTHS, freq="M").astype(str)
    counts = rng.poisson(seen[:, None] * np.exp(RECORD_SD * rng.standard_normal((stations, MONTHS))))
    transactions = pd.DataFrame(
        {
            "site_id": np.repeat(ids[:stations], MONTHS),
            "month": np.tile(months, stations),
            "transactions": counts.ravel(),
        }
    )
    row, column = np.nonzero(np.isfinite(minutes))
    times = TravelTimes(
        point_ids=pd.Index([f"D{number:05d}" for number in range(len(points))]),
        site_ids=pd.Index(ids),
        matrix=sparse.csr_array(
            (np.maximum(np.rint(minutes[row, column] * 60_000), 1).astype(np.int32), (row, column)), shape=minutes.shape
        ),
        unit="ms",
        cutoff_s=35 * 60.0,
        mode="straight line",
    )
    sites = gpd.GeoDataFrame(
        {"host": "bank", "existing": standing}, index=ids, geometry=gpd.points_from_xy(*xy.T), crs="EPSG:32650"
    )
    return Town(
        transactions=transactions, times=times, need=pd.Series(need, index=times.point_ids), sites=sites,
        minutes=minutes, visits=visits,
    )  # fmt: skip


def true_visits(world, points, xy, need, minutes, standing, rng):
    """Return the function of a set of stations that a world is."""
    decay, outside = rng.choice([0.06, 0.09, 0.13, 0.2]), rng.choice([0.2, 0.7, 2.0])
    field, own = smooth(np.concatenate([points, xy]), 1500.0, rng), rng.standard_normal(len(xy))
    if world in {"huff", "misstated"}:
        error = 0.15 * rng.standard_normal(len(points)) if world == "huff" else 0.45 * field[: len(points)]
        true, level = need * np.exp(error), (0.25 if world == "huff" else 0.35) * own
        scale = 800 / catchments(minutes, true, decay, outside, level, standing)[standing].mean()
        return lambda now: scale * catchments(minutes, true, decay, outside, level, now)
    around = need @ (minutes <= 15) + need.mean()
    if world == "around":
        logs = 0.5 * np.log(around / around.mean()) + 0.4 * field[len(points) :] + 0.35 * own
    else:
        logs = 0.6 * own
    fixed = 500 * np.exp(logs)
    return lambda now: fixed
