"""Stations in GCJ-02 that are called WGS-84 are noticed on a town of few streets, and nothing else is."""

import warnings

import numpy as np
import pandas as pd
import pytest

from placement.errors import ShiftedWarning
from placement.inputs import prepare
from placement.study import read_study
from placement.tables import wgs84_to_gcj02
from placement.toy import write_study


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
        prepare(study)


def test_true_coordinates_raise_no_warning(tmp_path):
    study = town(tmp_path, shift=False)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        ready = prepare(study)
    at_stations = ready.times.snaps.query("kind == 'site'")["access_m"].to_numpy()[:4]
    assert np.max(at_stations) < 0.1
