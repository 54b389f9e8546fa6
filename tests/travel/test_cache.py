from __future__ import annotations

import logging
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from placement.travel import walking, walking_times
from tests.travel.networks import random_points, random_streets

ROOT = Path(__file__).parents[2]


@pytest.fixture
def town():
    rng = np.random.default_rng(8)
    streets = random_streets(rng)
    return streets, random_points(rng, streets, 9, "p"), random_points(rng, streets, 4, "s")


def run(town, cache, **options):
    streets, points, sites = town
    return walking_times(streets, points, sites, **({"cutoff_s": 300, "speed_m_s": 1.3, "cache": cache} | options))


def test_a_second_run_does_not_search(town, tmp_path, monkeypatch):
    first = run(town, tmp_path / "kept")
    monkeypatch.setattr(walking, "reach_of", lambda *_, **__: pytest.fail("searched again"))
    again = run(town, tmp_path / "kept")
    assert again.fingerprint() == first.fingerprint()
    assert again.snaps.equals(first.snaps)


def test_whatever_changes_the_times_changes_the_key(town, tmp_path):
    streets, points, sites = town
    moved = points.copy()
    moved.loc["p0", "geometry"] = moved.geometry.iloc[1]
    runs = [
        ({}, town),
        ({"cutoff_s": 301}, town),
        ({"speed_m_s": 1.2}, town),
        ({"steps_factor": 2.0}, town),
        ({"far_snap_m": 5.0}, town),
        ({}, (streets, moved, sites)),
        ({}, (streets, points, sites.iloc[::-1])),
        ({}, (random_streets(np.random.default_rng(9)), points, sites)),
    ]
    for number, (options, where) in enumerate(runs, start=1):
        run(where, tmp_path, **options)
        assert len(list(tmp_path.glob("*.npz"))) == number


def test_a_damaged_file_is_computed_again(town, tmp_path, caplog):
    first = run(town, tmp_path)
    (path,) = tmp_path.glob("*.npz")
    path.write_bytes(path.read_bytes()[:100])
    with caplog.at_level(logging.WARNING):
        assert run(town, tmp_path).fingerprint() == first.fingerprint()
    assert "computing again" in caplog.text


def test_kernels_work_where_nothing_can_be_written(tmp_path):
    """numba keeps compiled code beside the source or in a user folder; neither can be written here."""
    package = tmp_path / "placement"
    for path in (ROOT / "placement").rglob("*"):
        if path.suffix in (".py", ".csv") and "__pycache__" not in path.parts:
            target = package / path.relative_to(ROOT / "placement")
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(path.read_bytes())
    code = (
        "import numba.core.caching as caching\n"
        "caching.CacheImpl._locator_classes = []\n"
        "from placement.travel._grid import build_grid\n"
        "import numpy as np\n"
        "print(build_grid(np.array([[0.0, 0, 9, 0]])).nearest(np.array([[4.0, 3.0]]))[1])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False,
        env=os.environ | {"PYTHONPATH": str(tmp_path), "PYTHONDONTWRITEBYTECODE": "1"},
    )  # fmt: skip
    assert done.stdout.strip() == "[3.]", done.stderr
    assert not list(tmp_path.rglob("*.nbi"))
