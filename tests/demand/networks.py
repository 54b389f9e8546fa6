"""Simulated networks whose stations' classes are known, and that are not what the judgement assumes of them.

Effects of stations are lognormal (or of heavy tails), months have a season and noise in common, stations drift (a
first-order process), the network grows, new stations begin with few visits, outages are logged, and some stations are
down for months that nobody logged.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from placement.demand.performance import StationLog
from placement.demand.performance.log import STOOD_BEFORE

SEASON = np.array([1.1, 0.6, 1.2, 1.0, 1.0, 1.1, 0.9, 0.9, 1.1, 0.9, 1.0, 1.2])
DRIFT_LASTS, COMMON_NOISE, RAMP_DEPTH, RAMP_MONTHS = 0.6, 0.08, 0.65, 3.0


@dataclass(frozen=True, kw_only=True)
class Town:
    """What a network is like."""

    stations: int = 45
    months: int = 18
    idle: float = 0.15
    overloaded: float = 0.08
    faulty: float = 0.10
    error: float = 0.30
    month_size: float = 15.0
    drift: float = 0.12
    trend: float = 0.01
    new: float = 0.2
    heavy_tails: bool = False


def network(town: Town, seed: int) -> tuple[StationLog, np.ndarray, np.ndarray]:
    """Return a log, what was expected of each station, and what each is."""
    rng = np.random.default_rng(seed)
    n, months = town.stations, town.months
    expected = np.exp(rng.normal(np.log(400.0), 0.7, n))
    kinds = _kinds(town, rng)
    age = _age(town, rng)
    live = age >= 0
    season = SEASON[(rng.integers(12) + np.arange(months)) % 12] * np.exp(rng.normal(0, COMMON_NOISE, months))
    growth = np.exp(town.trend * (np.arange(months) - months / 2))
    ramp = np.where(live, 1 - RAMP_DEPTH * np.exp(-np.maximum(age, 0) / RAMP_MONTHS), 0.0)
    drift = np.exp(town.drift * _drift(rng, n, months) - 0.5 * town.drift**2)
    exposure = 1 - np.minimum(rng.gamma(1.2, 10.0, (n, months)), 300.0) / 730.0
    mean = expected[:, None] * _ratio(town, kinds, rng)[:, None] * season * growth * ramp * drift * exposure
    down = _down(kinds, age, rng)
    mean *= np.where(down, rng.uniform(0, 0.25, (n, months)), 1.0)
    size = town.month_size
    counts = np.where(live, rng.negative_binomial(size, size / (size + np.maximum(mean, 1e-9))), 0)
    kinds = np.where((kinds == "faulty") & ~(down & live).any(axis=1), "normal", kinds)
    log = StationLog(
        ids=pd.Index([f"S{at:03d}" for at in range(n)], name="site_id"),
        months=tuple(map(str, pd.period_range("2023-01", periods=months, freq="M"))),
        counts=counts.astype(float), live=live, exposure=np.where(live, exposure, 1.0),
        age=np.minimum(age, STOOD_BEFORE),
    )  # fmt: skip
    return log, expected, kinds


def _kinds(town, rng):
    kinds = np.full(town.stations, "normal", dtype=object)
    order, begin = rng.permutation(town.stations), 0
    for name in ("idle", "overloaded", "faulty"):
        end = begin + round(getattr(town, name) * town.stations)
        kinds[order[begin:end]] = name
        begin = end
    return kinds


def _age(town, rng):
    opened = np.where(
        rng.random(town.stations) < town.new,
        rng.integers(0, max(town.months - 1, 1), town.stations),
        -STOOD_BEFORE,
    )
    return np.arange(town.months)[None] - opened[:, None]


def _drift(rng, n, months):
    noise = rng.normal(size=(n, months))
    found = noise.copy()
    for month in range(1, months):
        found[:, month] = DRIFT_LASTS * found[:, month - 1] + np.sqrt(1 - DRIFT_LASTS**2) * noise[:, month]
    return found


def _ratio(town, kinds, rng):
    unit = rng.standard_t(4, len(kinds)) / np.sqrt(2) if town.heavy_tails else rng.normal(size=len(kinds))
    ratio = np.clip(np.exp(town.error * unit), 0.55, 1.65)  # a normal one is by definition within the limits
    ratio = np.where(kinds == "faulty", np.clip(ratio, 0.65, 1.6), ratio)
    ratio = np.where(kinds == "idle", rng.uniform(0.12, 0.42, len(kinds)), ratio)
    return np.where(kinds == "overloaded", rng.uniform(1.9, 3.0, len(kinds)), ratio)


def _down(kinds, age, rng):
    down = np.zeros(age.shape, dtype=bool)
    months = age.shape[1]
    for station in np.flatnonzero(kinds == "faulty"):
        first = int(np.argmax(age[station] >= 0))
        long = int(rng.integers(1, 5))
        low = first + min(3, max(months - first - long, 0))
        begin = int(rng.integers(low, max(low + 1, months - long + 1)))
        down[station, begin : begin + long] = True
    return down


def score(town: Town, seeds: range, judge) -> pd.DataFrame:
    """Return, by class, the mean share of false ones among those called so, the share found, and the share called."""
    rows = []
    for seed in seeds:
        log, expected, kinds = network(town, seed)
        found = np.array(judge(log, expected, town.error))
        for name in ("idle", "overloaded", "faulty"):
            called, true = found == name, kinds == name
            hit = int((called & true).sum())
            rows.append(
                (name, (called.sum() - hit) / max(called.sum(), 1), hit, int(true.sum()), called.sum(), len(found))
            )
    frame = pd.DataFrame(rows, columns=["class", "false", "hit", "true", "called", "stations"]).groupby("class").agg(
        false=("false", "mean"), hit=("hit", "sum"), true=("true", "sum"), called=("called", "sum"),
        stations=("stations", "sum"),
    )  # fmt: skip
    return frame.assign(power=frame["hit"] / frame["true"].clip(lower=1), flagged=frame["called"] / frame["stations"])
