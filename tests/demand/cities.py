"""Simulated cities and surveys with known truth."""

import numpy as np
import pandas as pd
from scipy import sparse

from placement.travel import TravelTimes

HOSTS = ("bank", "community", "mall")
TRUTH = {
    "rate_residents": 0.8,
    "rate_passers": 0.05,
    "decay_per_min": 0.15,
    "attraction_community": 0.6,
    "attraction_mall": 1.8,
    "station_sd": 0.25,
}


def simulated_city(seed, *, stations=40, points=150, months=12, outside=0.0, reach_min=40.0, walk_in=None, **changed):
    """Return (transactions, times, need, stations, expected visits a month without the stations' own effects).

    `walk_in` are visits a month at each station from people who pass its door.
    """
    truth = TRUTH | changed
    rng = np.random.default_rng(seed)
    homes, places = rng.uniform(0, 6000, (points, 2)), rng.uniform(0, 6000, (stations, 2))
    minutes = np.linalg.norm(homes[:, None] - places[None], axis=2) / 1.2 / 60
    point_ids, site_ids = [f"D{i}" for i in range(points)], [f"S{j}" for j in range(stations)]
    need = pd.DataFrame(
        {"residents": rng.gamma(1.2, 30, points), "passers": rng.gamma(0.3, 3000, points)}, index=point_ids
    )
    host = np.arange(stations) % 3
    attraction = np.array([1.0, truth["attraction_community"], truth["attraction_mall"]])[host]
    reach = minutes <= reach_min
    pull = np.where(reach, attraction * np.exp(-truth["decay_per_min"] * minutes), 0)
    share = pull / np.maximum(outside + pull.sum(axis=1, keepdims=True), 1e-300)
    mean = (need.to_numpy() @ [truth["rate_residents"], truth["rate_passers"]]) @ share
    mean = mean if walk_in is None else mean + walk_in
    sd = truth["station_sd"]
    effect = rng.gamma(1 / sd**2, sd**2, stations) if sd > 0 else np.ones(stations)
    season = 1 + 0.2 * np.sin(np.arange(months))
    names = [str(month) for month in pd.period_range("2025-01", periods=months, freq="M")]
    hours = pd.PeriodIndex(names, freq="M").days_in_month.to_numpy() * 24
    outage = rng.uniform(0, 100, (stations, months))
    count = rng.poisson((mean * effect)[:, None] * season / season.mean() * (1 - outage / hours))
    transactions = pd.DataFrame(
        {
            "site_id": np.repeat(site_ids, months),
            "month": np.tile(names, stations),
            "transactions": count.ravel(),
            "outage_hours": outage.ravel(),
        }
    )
    row, column = np.nonzero(reach)
    milliseconds = np.rint(minutes[row, column] * 60_000).astype(np.int32)
    times = TravelTimes(
        point_ids=need.index,
        site_ids=pd.Index(site_ids),
        matrix=sparse.csr_array((milliseconds, (row, column)), shape=reach.shape),
        unit="ms",
        cutoff_s=reach_min * 60,
        mode="straight line",
    )
    frame = pd.DataFrame({"host": [HOSTS[kind] for kind in host]}, index=site_ids)
    return transactions, times, need, frame, mean


def simulated_survey(rng, districts, *, mean=0.58, sd=0.08, asked=(30, 60), unsurveyed=1):
    """Return (true rates, asked, aware) with the unsurveyed districts last."""
    precision = mean * (1 - mean) / sd**2 - 1
    rate = rng.beta(mean * precision, (1 - mean) * precision, districts + unsurveyed)
    number = np.concatenate([rng.integers(asked[0], asked[1] + 1, districts), np.zeros(unsurveyed, dtype=int)])
    return rate, number, rng.binomial(number, rate)
