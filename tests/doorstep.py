"""A study whose plan of most reach loses visits: a station on a doorstep moves to where many live a long walk away.

Twelve towns lie 15 km apart, each with one station, and people at 1, 5, 10 and 14 minutes from it. Who lives at the
door comes often, who walks long hardly: visits a month are made from 0.3 a person, times a / (a + 1) with
a = exp(-0.25 minutes). In town T00 all 1,000 people live at the door of S00. Far away 2,000 people live 14 minutes
from the candidate C, to which one station may move; all others are required. Moving S00 gains 2,000 - 1,000 people and
loses 0.3 (1,000 * 0.438 - 2,000 * 0.029) = 114 visits a month.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pyproj

MINUTES = (1, 5, 10, 14)
_TOWNS = 12
_APART_M = 15_000.0
_STUDY = """
[study]
name = "Doorstep"
crs = "EPSG:32650"
language = "{language}"

[inputs]
population = "population.csv"
stations = "stations.csv"
candidates = "candidates.csv"
usage = "usage.csv"

[demand]
need_share = 1.0
[demand.trips_per_month]
general = 0.3

[travel]
threshold_min = 15
cutoff_min = 20
detour = 1.0
[travel.speed_m_s]
general = 1.0

[costs.default]
purchase = 80000
move = 10000
close = 3000

[policy]
max_stations = 12
idle_below = 60
{policy}
"""


def people_by_town() -> np.ndarray:
    """Return (towns, minutes) people."""
    people = np.random.default_rng(7).integers(100, 900, size=(_TOWNS, len(MINUTES)))
    people[0] = [1000, 0, 0, 0]
    return people


def visits_of(people: np.ndarray) -> np.ndarray:
    """Return (towns,) visits a month that the stations truly see."""
    pull = np.exp(-0.25 * np.array(MINUTES))
    return np.asarray(0.3 * (people * pull / (pull + 1)).sum(axis=1))


def write_doorstep(folder: Path, *, language: str = "en", policy: str = "") -> Path:
    """Write the study; return the path of its file."""
    folder.mkdir(parents=True, exist_ok=True)
    people = people_by_town()
    at = [(town, minutes) for town in range(_TOWNS) for minutes in MINUTES]
    x = np.array([town * _APART_M + minutes * 60 for town, minutes in at] + [_TOWNS * _APART_M + 840] * 2)
    y = np.array([0.0] * (len(x) - 1) + [1.0])
    counts = [*people.ravel().tolist(), 1000, 1000]
    table = {"demand_id": [f"D{i:02d}" for i in range(len(x))], **_lonlat(x, y), "district": "all", "people": counts}
    pd.DataFrame(table)[np.array(counts) > 0].to_csv(folder / "population.csv", index=False)
    towns = np.arange(_TOWNS)
    ids = [f"S{town:02d}" for town in towns]
    status = ["existing", *["required"] * (_TOWNS - 1)]
    stations = {"site_id": ids, **_lonlat(towns * _APART_M, 0.0 * towns), "name": ids, "host": "bank", "status": status}
    pd.DataFrame(stations).to_csv(folder / "stations.csv", index=False)
    candidate = {"site_id": ["C"], **_lonlat(np.array([_TOWNS * _APART_M]), np.zeros(1)), "name": "C", "host": "bank"}
    pd.DataFrame(candidate).to_csv(folder / "candidates.csv", index=False)
    rng = np.random.default_rng(3)
    rows = [
        (site, f"2024-{month:02d}", int(rng.poisson(mean)))
        for site, mean in zip(ids, visits_of(people), strict=True)
        for month in range(1, 13)
    ]
    pd.DataFrame(rows, columns=["site_id", "month", "transactions"]).to_csv(folder / "usage.csv", index=False)
    file = folder / "study.toml"
    file.write_text(_STUDY.format(language=language, policy=policy), encoding="utf-8")
    return file


def _lonlat(x: np.ndarray, y: np.ndarray) -> dict[str, np.ndarray]:
    transformer = pyproj.Transformer.from_crs("EPSG:32650", "EPSG:4326", always_xy=True)
    lon, lat = transformer.transform(x + 400_000.0, y + 3_400_000.0)
    return {"lon": lon, "lat": lat}
