from __future__ import annotations

import logging
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from placement.travel import ask as running
from placement.travel import cache as _cache
from placement.travel import cache_folder, walking_times
from placement.travel.archive import load_times
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
    monkeypatch.setattr(running, "reach_of", lambda *_, **__: pytest.fail("searched again"))
    again = run(town, tmp_path / "kept")
    assert again.fingerprint() == first.fingerprint()
    assert again.snaps.equals(first.snaps)


def test_whatever_changes_the_times_changes_the_key(town, tmp_path):
    streets, points, sites = town
    moved = points.copy()
    moved.loc["p0", "geometry"] = moved.geometry.iloc[1]
    runs: list[tuple[dict[str, float], tuple[Any, ...]]] = [
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


@pytest.mark.parametrize("spoil", ["cut", "noise", "empty", "other"])
def test_a_damaged_or_foreign_file_is_computed_again_and_written_anew(town, tmp_path, caplog, spoil):
    first = run(town, tmp_path)
    (path,) = tmp_path.glob("*.npz")
    good = path.read_bytes()
    other = run((town[0], town[1].iloc[:3], town[2]), tmp_path / "other")
    foreign = next((tmp_path / "other").glob("*.npz")).read_bytes()
    path.write_bytes({"cut": good[:100], "noise": b"?" * 5000, "empty": b"", "other": foreign}[spoil])
    with caplog.at_level(logging.WARNING):
        again = run(town, tmp_path)
    assert again.fingerprint() == first.fingerprint() != other.fingerprint()
    assert "travel times are computed again" in caplog.text
    assert load_times(path).fingerprint() == first.fingerprint()


def test_ids_come_back_as_they_were_given(town, tmp_path):
    streets, points, sites = town
    numbered = points.set_axis(range(len(points)))
    first = run((streets, numbered, sites), tmp_path)
    again = run((streets, numbered, sites), tmp_path)
    assert again.point_ids.equals(numbered.index)
    assert again.fingerprint() == first.fingerprint()


def test_a_folder_that_cannot_be_written_is_no_fault(town, tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("no folder")
    assert run(town, blocked).fingerprint() == run(town, None).fingerprint()
    assert run(town, blocked / "below").fingerprint() == run(town, None).fingerprint()


def test_a_killed_write_leaves_nothing_that_counts(town, tmp_path, monkeypatch):
    def killed(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "replace", killed)
    with pytest.raises(KeyboardInterrupt):
        run(town, tmp_path)
    monkeypatch.undo()
    assert not list(tmp_path.iterdir())
    run(town, tmp_path)
    (path,) = tmp_path.iterdir()
    # A process that is ended at once cannot clean up; what it left is dropped after a day.
    left = tmp_path / f".{path.name}.x7.part"
    left.write_bytes(b"half")
    run(town, tmp_path, cutoff_s=250)
    assert left.exists()
    os.utime(left, (0, 0))
    run(town, tmp_path, cutoff_s=200)
    assert not left.exists()


def test_runs_at_the_same_time_keep_whole_files(town, tmp_path):
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda _: run(town, tmp_path).fingerprint(), range(12)))
    assert set(found) == {run(town, None).fingerprint()}
    assert len(list(tmp_path.iterdir())) == 1


def test_what_was_used_longest_ago_is_dropped(town, tmp_path, monkeypatch):
    own = tmp_path / "times.npz"
    own.write_bytes(b"of the user")
    monkeypatch.setattr(_cache, "MOST_FILES", 3)
    for age, cutoff_s in enumerate((100, 110, 120)):
        run(town, tmp_path, cutoff_s=cutoff_s)
        newest = max(tmp_path.glob("?" * 64 + ".npz"), key=lambda path: path.stat().st_mtime)
        os.utime(newest, (1000 + age, 1000 + age))
    run(town, tmp_path, cutoff_s=100)  # used again: now the newest
    run(town, tmp_path, cutoff_s=130)
    kept = {load_times(path).cutoff_s for path in tmp_path.glob("?" * 64 + ".npz")}
    assert kept == {100, 120, 130}
    size = max(path.stat().st_size for path in tmp_path.glob("?" * 64 + ".npz"))
    monkeypatch.setattr(_cache, "MOST_BYTES", size * 3 // 2)
    run(town, tmp_path, cutoff_s=140)
    assert {load_times(path).cutoff_s for path in tmp_path.glob("?" * 64 + ".npz")} == {140}
    monkeypatch.setattr(_cache, "MOST_BYTES", 1)
    run(town, tmp_path, cutoff_s=150)  # larger than half the room: not kept at all
    assert own.read_bytes() == b"of the user"


def test_the_folder_of_the_user(monkeypatch):
    monkeypatch.setenv("PLACEMENT_CACHE", "/a/b")
    monkeypatch.setenv("XDG_CACHE_HOME", "/c")
    monkeypatch.setenv("HOME", "/d")
    assert cache_folder() == Path("/a/b")
    monkeypatch.delenv("PLACEMENT_CACHE")
    assert cache_folder() == Path("/c/placement")
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")  # to be ignored, says the standard
    assert cache_folder() == Path("/d/.cache/placement")


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
        "from placement.streets.grid import build_grid\n"
        "from placement.solve.program.restrict import restrict\n"
        "import numpy as np\n"
        "print(build_grid(np.array([[0.0, 0, 9, 0]])).nearest(np.array([[4.0, 3.0]]))[1])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False,
        env=os.environ | {"PYTHONPATH": str(tmp_path), "PYTHONDONTWRITEBYTECODE": "1"},
    )  # fmt: skip
    assert done.stdout.strip() == "[3.]", done.stderr
    assert not list(tmp_path.rglob("*.nbi"))
