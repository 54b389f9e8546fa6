"""A toy town: a small seeded study on a jittered street grid, for documentation and tests. All of it is simulated."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyproj

from placement.study import Study, read_study

_CRS = "EPSG:32650"
_CORNER = (500_000.0, 3_380_000.0)
_HOSTS = ("bank", "community", "pharmacy")

_STUDY = """\
[study]
name = "Toy town"
crs = "EPSG:32650"
seed = {seed}

[inputs]
population = {{path = "population.csv", simulated = true}}
footfall = {{path = "footfall.csv", simulated = true}}
survey = {{path = "survey.csv", simulated = true}}
stations = {{path = "stations.csv", simulated = true}}
candidates = {{path = "candidates.csv", simulated = true}}
streets = {{nodes = "nodes.csv", edges = "edges.csv"}}

[demand]
need_share = 0.5
footfall_capture = 0.002
non_resident_share = 0.4
footfall_bandwidth_m = 200
[demand.periods]
day = "08:00-20:00"
night = "20:00-08:00"
[demand.period_share]
day = 0.85
night = 0.15
[demand.trips_per_month]
general = 0.3
elderly = 0.5
[demand.online_share]
general = 0.5
elderly = 0.2

[travel]
{standard}
[travel.speed_m_s]
general = 1.3
elderly = 0.9

[costs.default]
purchase = 80000
move = 9000
close = 3000
rent = 6000
maintenance = 8000
[costs.bank]
purchase = 82000
move = 9500
close = 2500
rent = 0
maintenance = 8000

[budget]
capital = {capital}
running = 200000

[policy]
max_stations = {max_stations}
max_moves = 3
[policy.floors]
elderly = 0.1
"""


def write_study(
    folder: str | Path,
    *,
    seed: int = 0,
    blocks: int = 6,
    spacing_m: float = 250.0,
    points: int = 60,
    stations: int = 4,
    candidates: int = 8,
    threshold_min: float = 5.0,
    steps: Sequence[tuple[float, float]] = (),
    capital_yuan: int = 150_000,
    max_stations: int = 6,
) -> Path:
    """Write a small study into `folder` and return the path of its `study.toml`.

    Parameters
    ----------
    folder
        Created where it does not exist; files in it are overwritten.
    seed
        Same seed, same bytes.
    blocks
        Street blocks a side; `spacing_m` metres each.
    points, stations, candidates
        Rows of the tables.
    threshold_min
        Service standard, minutes of walking.
    steps
        Steps in place of `threshold_min`, from near to far: (minutes, share 0..1 that counts), such as
        ``[(3, 1), (5, 0.6)]``.
    capital_yuan, max_stations
        Budget and count limit.

    Examples
    --------
    >>> import tempfile
    >>> from placement.study import read_study
    >>> read_study(write_study(tempfile.mkdtemp(), seed=1)).study.name
    'Toy town'
    """
    place = Path(folder)
    place.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(seed)
    side = blocks * spacing_m
    nodes, edges = _streets(rng, blocks, spacing_m)
    tables = {
        "nodes": nodes,
        "edges": edges,
        "population": _population(rng, points, side),
        "footfall": _footfall(rng, side),
        "survey": _survey(rng),
        "stations": _sites(rng, "S", stations, side),
        "candidates": _sites(rng, "C", candidates, side),
    }
    for name, frame in tables.items():
        frame.to_csv(place / f"{name}.csv", index=False, lineterminator="\n")
    standard = "".join(f"\n[[travel.step]]\nthreshold_min = {minutes}\nshare = {share}" for minutes, share in steps)
    standard = standard or f"threshold_min = {threshold_min}"
    text = _STUDY.format(seed=seed, capital=capital_yuan, max_stations=max_stations, standard=standard)
    (place / "study.toml").write_text(text, encoding="utf-8")
    return place / "study.toml"


def toy_study(folder: str | Path, **settings: Any) -> Study:
    """Write the small town into `folder` and return its study; `settings` are those of :func:`write_study`.

    Examples
    --------
    >>> import tempfile
    >>> toy_study(tempfile.mkdtemp(), seed=1, points=20).study.name
    'Toy town'
    """
    return read_study(write_study(folder, **settings))


def _lonlat(x: np.ndarray, y: np.ndarray) -> dict[str, np.ndarray]:
    transformer = pyproj.Transformer.from_crs(_CRS, "EPSG:4326", always_xy=True)
    lon, lat = transformer.transform(x + _CORNER[0], y + _CORNER[1])
    return {"lon": np.round(lon, 7), "lat": np.round(lat, 7)}


def _streets(rng: np.random.Generator, blocks: int, spacing_m: float) -> tuple[pd.DataFrame, pd.DataFrame]:
    columns, rows = (grid.ravel() for grid in np.meshgrid(np.arange(blocks + 1), np.arange(blocks + 1)))
    jitter = rng.uniform(-0.2, 0.2, size=(2, columns.size)) * spacing_m
    x, y = columns * spacing_m + jitter[0], rows * spacing_m + jitter[1]
    number = np.arange(columns.size)
    east, north = number[columns < blocks], number[rows < blocks]
    u = np.concatenate([east, north])
    v = np.concatenate([east + 1, north + blocks + 1])
    kept = rng.random(u.size) > 0.08
    u, v = u[kept], v[kept]
    nodes = pd.DataFrame({"node_id": [f"n{i}" for i in number], **_lonlat(x, y)})
    lengths = np.round(np.hypot(x[u] - x[v], y[u] - y[v]), 3)
    return nodes, pd.DataFrame({"u": [f"n{i}" for i in u], "v": [f"n{i}" for i in v], "length_m": lengths})


def _population(rng: np.random.Generator, points: int, side_m: float) -> pd.DataFrame:
    x, y = rng.uniform(0, side_m, size=(2, points))
    people = rng.integers(20, 400, size=points)
    elderly = rng.binomial(people, 0.2)
    half = np.where(x < side_m / 2, "west", "east")
    return pd.DataFrame(
        {
            "demand_id": [f"D{i:03d}" for i in range(points)],
            **_lonlat(x, y),
            "district": np.char.add(half, np.where(y < side_m / 2, "-1", "-2")),
            "parent": half,
            "people": people,
            "elderly": elderly,
        }
    )


def _footfall(rng: np.random.Generator, side_m: float) -> pd.DataFrame:
    x, y = rng.uniform(0.2 * side_m, 0.8 * side_m, size=(2, 3))
    data = {"counter_id": ["F1", "F2", "F3"], **_lonlat(x, y)}
    return pd.DataFrame({**data, "people_per_day": [8000, 5000, 2500], "night_share": [0.1, 0.3, 0.2]})


def _survey(rng: np.random.Generator) -> pd.DataFrame:
    rows = []
    for district in ("west-1", "west-2", "east-1"):
        for age_group, rate in (("general", 0.62), ("elderly", 0.45)):
            asked = int(rng.integers(5, 40))
            aware = int(rng.binomial(asked, rate))
            rows.append((district, age_group, asked, aware, int(rng.binomial(aware, 0.6))))
    return pd.DataFrame(rows, columns=["district", "age_group", "asked", "aware", "used"])


def _sites(rng: np.random.Generator, prefix: str, count: int, side_m: float) -> pd.DataFrame:
    x, y = rng.uniform(0, side_m, size=(2, count))
    all_day = rng.random(count) < 0.4
    data = {
        "site_id": [f"{prefix}{i:02d}" for i in range(count)],
        **_lonlat(x, y),
        "name": [f"Toy {prefix}{i:02d}" for i in range(count)],
        "host": rng.choice(_HOSTS, size=count),
        "opens": np.where(all_day, "00:00", "08:00"),
        "closes": np.where(all_day, "24:00", "20:00"),
        "machines": rng.integers(1, 4, size=count),
        "max_machines": 4,
    }
    return pd.DataFrame(data)
