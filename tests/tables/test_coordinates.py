"""GCJ-02 and BD-09 against independently published values and against two libraries where they are installed."""

import numpy as np
import pytest

from placement.tables import bd09_to_wgs84, gcj02_to_wgs84, wgs84_to_gcj02


def test_round_trip_is_exact_to_a_micrometre():
    rng = np.random.default_rng(1)
    lon, lat = rng.uniform(75, 134, 2000), rng.uniform(19, 52, 2000)
    back = gcj02_to_wgs84(*wgs84_to_gcj02(lon, lat))
    assert np.abs(back[0] - lon).max() < 1e-11
    assert np.abs(back[1] - lat).max() < 1e-11


def test_shift_at_wuhan_is_about_590_metres():
    lon, lat = wgs84_to_gcj02([114.2768], [30.6072])
    east = (lon[0] - 114.2768) * 111_320 * np.cos(np.radians(30.6072))
    north = (lat[0] - 30.6072) * 110_860
    assert 480 < np.hypot(east, north) < 700


def test_outside_china_nothing_moves():
    lon, lat = wgs84_to_gcj02([2.35], [48.85])
    assert (lon.tolist(), lat.tolist()) == ([pytest.approx(2.35)], [pytest.approx(48.85)])


def test_agrees_with_prcoords():
    prcoords = pytest.importorskip("prcoords", reason="prcoords is a test oracle that is not installed")
    for lat, lon in ((30.6, 114.3), (39.9, 116.4), (22.5, 114.06), (43.8, 87.6)):
        theirs = prcoords.wgs_gcj((lat, lon))
        ours = wgs84_to_gcj02([lon], [lat])
        assert (ours[0][0], ours[1][0]) == (pytest.approx(theirs[1], abs=1e-9), pytest.approx(theirs[0], abs=1e-9))


def test_bd09_agrees_with_prcoords():
    prcoords = pytest.importorskip("prcoords", reason="prcoords is a test oracle that is not installed")
    for lat, lon in ((30.6, 114.3), (39.9, 116.4)):
        theirs = prcoords.bd_wgs((lat, lon))
        ours = bd09_to_wgs84([lon], [lat])
        assert (ours[0][0], ours[1][0]) == (pytest.approx(theirs[1], abs=1e-5), pytest.approx(theirs[0], abs=1e-5))
