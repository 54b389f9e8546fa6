"""Tables in GCJ-02 or BD-09 that are called WGS-84 are noticed where their distances from streets can tell."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pyproj
import pytest

from placement.errors import ShiftedWarning
from placement.pipeline.prepare import prepare_inputs
from placement.pipeline.shift import find_shift
from placement.streets import Streets
from placement.streets.snap import SortedStreets
from placement.study import read_study
from placement.tables import bd09_to_wgs84, gcj02_to_wgs84, wgs84_to_bd09, wgs84_to_gcj02
from placement.toy import write_study
from placement.values.crs import utm_zone

BACK = {"gcj02": gcj02_to_wgs84, "bd09": bd09_to_wgs84}
FORTH = {"gcj02": wgs84_to_gcj02, "bd09": wgs84_to_bd09}


def town(folder, *, shift: bool):
    """Four streets three kilometres apart; stations stand on their nodes."""
    write_study(folder, seed=2, blocks=2, spacing_m=3000.0, points=300)
    nodes = pd.read_csv(folder / "nodes.csv")
    stations = pd.read_csv(folder / "stations.csv", dtype=str)
    lon, lat = nodes["lon"].to_numpy()[:4], nodes["lat"].to_numpy()[:4]
    if shift:
        lon, lat = wgs84_to_gcj02(lon, lat)
    stations.assign(lon=lon, lat=lat).to_csv(folder / "stations.csv", index=False)
    return read_study(folder)


def test_shifted_stations_are_noticed(tmp_path):
    study = town(tmp_path, shift=True)
    with pytest.warns(ShiftedWarning, match='stations looks shifted.*coordinates = "gcj02"'):
        ready = prepare_inputs(study)
    assert any(note.startswith("stations looks shifted: half of it lies more than") for note in ready.notes)


def test_true_coordinates_raise_no_warning(tmp_path):
    study = town(tmp_path, shift=False)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        ready = prepare_inputs(study)
    at_stations = ready.times.snaps.query("kind == 'site'")["access_m"].to_numpy()[:4]
    assert np.max(at_stations) < 0.1


def odd(ready) -> list[str]:
    """What is said of streets and shifts."""
    return [note for note in ready.notes if note.startswith("streets") or "shifted" in note]


def shifted_tables(folder, names, convert):
    for name in names:
        frame = pd.read_csv(folder / f"{name}.csv", dtype=str)
        lon, lat = convert(frame["lon"].astype(float), frame["lat"].astype(float))
        frame.assign(lon=np.round(lon, 7), lat=np.round(lat, 7)).to_csv(folder / f"{name}.csv", index=False)


def test_few_sites_tell_together_what_neither_table_tells(tmp_path):
    """Twelve sites anywhere in a town of 1.5 km: as written, three of them lie outside it, converted none."""
    write_study(tmp_path, seed=0)
    assert odd(prepare_inputs(read_study(tmp_path))) == []
    shifted_tables(tmp_path, ("stations", "candidates"), wgs84_to_gcj02)
    with pytest.warns(ShiftedWarning, match="stations, candidates together look shifted"):
        ready = prepare_inputs(read_study(tmp_path))
    assert len([note for note in ready.notes if "shifted" in note]) == 1


def test_shifted_streets_are_noticed_and_converted_where_it_is_declared(tmp_path):
    """Everything stands on nodes; the streets alone are shifted."""
    write_study(tmp_path, seed=1, blocks=8, spacing_m=100.0)
    nodes = pd.read_csv(tmp_path / "nodes.csv")
    rng = np.random.default_rng(0)
    for name in ("population", "stations", "candidates", "footfall"):
        frame = pd.read_csv(tmp_path / f"{name}.csv", dtype=str)
        at = nodes.iloc[rng.choice(len(nodes), len(frame), replace=False)]
        frame.assign(lon=at["lon"].to_numpy(), lat=at["lat"].to_numpy()).to_csv(tmp_path / f"{name}.csv", index=False)
    true = prepare_inputs(read_study(tmp_path))
    assert odd(true) == []
    shifted_tables(tmp_path, ("nodes",), wgs84_to_gcj02)
    with pytest.warns(ShiftedWarning, match='streets look shifted against population.*coordinates = "gcj02"'):
        prepare_inputs(read_study(tmp_path))
    text = (tmp_path / "study.toml").read_text()
    text = text.replace('edges = "edges.csv"', 'edges = "edges.csv", coordinates = "gcj02"')
    (tmp_path / "study.toml").write_text(text)
    found = prepare_inputs(read_study(tmp_path))
    assert odd(found) == []
    assert found.times.snaps["access_m"].max() < 0.1
    assert found.times.n_pairs == true.times.n_pairs


def city(rng: np.random.Generator, block_m: float, *, jitter: float = 0.2):
    """A grid of streets at a random place of China, turned and shaken unless `jitter` is 0, a tenth of it missing."""
    blocks = int(np.clip(2500 // block_m, 6, 40))
    lon, lat = rng.uniform(103, 121), rng.uniform(22, 40)
    crs = utm_zone(lon, lat)
    degrees = pyproj.Transformer.from_crs(crs, "EPSG:4326", always_xy=True)
    corner = degrees.transform(lon, lat, direction="INVERSE")
    turn = rng.uniform(0, np.pi / 2) if jitter else 0.0
    xy = np.stack(np.meshgrid(np.arange(blocks + 1), np.arange(blocks + 1)), -1).reshape(-1, 2) * block_m
    xy = xy + rng.uniform(-jitter, jitter, xy.shape) * block_m
    xy = xy @ np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]]) + corner
    number = np.arange(len(xy)).reshape(blocks + 1, -1)
    ends = np.array([[*number[:, :-1].flat, *number[:-1].flat], [*number[:, 1:].flat, *number[1:].flat]])
    ends = ends[:, rng.random(ends.shape[1]) < (0.9 if jitter else 1)]
    lengths = np.hypot(*(xy[ends[0]] - xy[ends[1]]).T)
    nodes = pd.DataFrame({"node_id": number.ravel(), "x": xy[:, 0], "y": xy[:, 1]})
    edges = pd.DataFrame({"u": ends[0], "v": ends[1], "length_m": lengths})
    return Streets.from_tables(nodes, edges, crs=crs), degrees, xy, ends


def places(rng: np.random.Generator, kind: str, count: int, xy: np.ndarray, ends: np.ndarray) -> np.ndarray:
    """Points on nodes, on streets, some metres beside them, or anywhere in the town."""
    if kind == "nodes":
        return xy[rng.choice(len(xy), min(count, len(xy)), replace=False)]
    u, v = xy[ends[:, rng.integers(0, ends.shape[1], count)]]
    on: np.ndarray = u + (v - u) * rng.random((count, 1))
    if kind == "beside":
        on = on + rng.normal(0, 8, on.shape)
    return on if kind in {"beside", "streets"} else rng.uniform(xy.min(axis=0), xy.max(axis=0), (count, 2))


@pytest.mark.parametrize("jitter", [0.2, 0.0])
@pytest.mark.parametrize("block_m", [20.0, 50.0, 100.0, 250.0])
def test_what_is_not_shifted_is_never_called_so(block_m, jitter):
    """Part of what was measured (see `placement.pipeline.shift`): 12,480 tables of 520 towns, none called shifted."""
    rng = np.random.default_rng(int(block_m) + int(10 * jitter))
    for _ in range(2):
        streets, _, xy, ends = city(rng, block_m, jitter=jitter)
        for kind in ("nodes", "streets", "beside", "anywhere"):
            for count in (5, 40, 300):
                assert find_shift(SortedStreets.of(streets), places(rng, kind, count, xy, ends), BACK) is None


@pytest.mark.parametrize("system", ["gcj02", "bd09"])
@pytest.mark.parametrize("jitter", [0.2, 0.0])
@pytest.mark.parametrize("block_m", [20.0, 50.0, 100.0, 1000.0])
def test_what_stands_on_streets_is_noticed_in_dense_towns(system, jitter, block_m):
    rng = np.random.default_rng(int(block_m))
    found = []
    for kind in ("nodes", "streets"):
        for count in (12, 50, 300):
            streets, degrees, xy, ends = city(rng, block_m, jitter=jitter)
            lon, lat = degrees.transform(*places(rng, kind, count, xy, ends).T)
            lon, lat = (np.round(part, 6) for part in FORTH[system](lon, lat))
            points = np.column_stack(degrees.transform(lon, lat, direction="INVERSE"))
            found.append(find_shift(SortedStreets.of(streets), points, BACK))
    assert [shift.system for shift in found if shift] == [system] * 6
    assert all(shift.after_m < 0.5 for shift in found if shift)


def test_outside_china_nothing_is_shifted():
    """Nodes of a town in Germany, 300 m off: no conversion is tried."""
    rng = np.random.default_rng(0)
    _, _, xy, ends = city(rng, 100.0)
    xy = xy - xy.mean(axis=0) + [500_000, 5_400_000]
    lengths = np.hypot(*(xy[ends[0]] - xy[ends[1]]).T)
    nodes = pd.DataFrame({"node_id": np.arange(len(xy)), "x": xy[:, 0], "y": xy[:, 1]})
    edges = pd.DataFrame({"u": ends[0], "v": ends[1], "length_m": lengths})
    abroad = Streets.from_tables(nodes, edges, crs="EPSG:32632")
    assert find_shift(SortedStreets.of(abroad), xy[::3] + 300.0, BACK) is None
