"""Kept travel times on a server that others write to: only this user's own, whole files are believed."""

from __future__ import annotations

import io
import json
import logging
import os
import resource
import time
import zipfile

import numpy as np
import pytest

from placement.errors import InputError
from placement.travel import ask as running
from placement.travel import walking_times
from placement.travel.archive import load_times, save_times
from tests.travel.networks import random_points, random_streets


@pytest.fixture
def town():
    rng = np.random.default_rng(8)
    streets = random_streets(rng)
    return streets, random_points(rng, streets, 9, "p"), random_points(rng, streets, 4, "s")


@pytest.fixture
def searches(monkeypatch):
    done = []
    real = running.reach_of

    def counted(*values, **options):
        done.append(1)
        return real(*values, **options)

    monkeypatch.setattr(running, "reach_of", counted)
    return done


def run(town, cache, **options):
    streets, points, sites = town
    return walking_times(streets, points, sites, **({"cutoff_s": 300, "speed_m_s": 1.3, "cache": cache} | options))


def rewritten(path, change):
    """Change the arrays of a kept file, everything else as a careful forger would leave it."""
    with np.load(path) as archive:
        arrays = {name: archive[name] for name in archive.files}
    change(arrays)
    with path.open("wb") as file:
        np.savez(file, **arrays)


def head(arrays, **changes):
    arrays["head"] = np.array(json.dumps(json.loads(str(arrays["head"])) | changes))


POISON = {
    "data": lambda a: a.update(data=a["data"] // 3),
    "one entry": lambda a: a["data"].__setitem__(0, a["data"][0] + 1),
    "indices": lambda a: a.update(indices=a["indices"][::-1].copy()),
    "ids swapped": lambda a: a.update(point_ids=a["point_ids"][::-1].copy()),
    "snaps": lambda a: a.update(snap_access_m=a["snap_access_m"] * 0),
    "type": lambda a: a.update(data=a["data"].astype(np.float64)),
    "digest": lambda a: head(a, digest="0" * 64),
    "no digest": lambda a: head(a, digest=None),
    "key": lambda a: head(a, key="0" * 64),
    "head is a list": lambda a: a.update(head=np.array("[]")),
    "head is deep": lambda a: a.update(head=np.array("[" * 100_000)),
    "a part less": lambda a: a.pop("snap_far"),
    "a part more": lambda a: a.update(more=np.zeros(3)),
}


@pytest.mark.parametrize("poison", POISON)
def test_what_was_altered_is_computed_anew(town, tmp_path, searches, caplog, poison):
    first = run(town, tmp_path)
    (path,) = tmp_path.iterdir()
    rewritten(path, POISON[poison])
    again = run(town, tmp_path)
    assert len(searches) == 2
    assert again.fingerprint() == first.fingerprint()
    assert again.kept_in == ""
    assert "travel times are computed again" in caplog.text
    assert run(town, tmp_path).kept_in == str(tmp_path)
    assert len(searches) == 2


def test_a_random_bit_is_noticed(town, tmp_path):
    first = run(town, tmp_path)
    (path,) = tmp_path.iterdir()
    good = path.read_bytes()
    generator = np.random.default_rng(3)
    for place in generator.integers(0, len(good), 200):
        bad = bytearray(good)
        bad[place] ^= 1 << generator.integers(8)
        path.write_bytes(bad)
        assert run(town, tmp_path).fingerprint() == first.fingerprint()


@pytest.mark.parametrize("kind", ["link", "fifo", "folder", "group", "others"])
def test_only_own_regular_files_are_read(town, tmp_path, searches, caplog, kind):
    first = run(town, tmp_path / "kept")
    (path,) = (tmp_path / "kept").iterdir()
    if kind in {"group", "others"}:
        path.chmod(0o620 if kind == "group" else 0o602)
    else:
        path.rename(tmp_path / "elsewhere")
        {
            "link": lambda: path.symlink_to(tmp_path / "elsewhere"),
            "fifo": lambda: os.mkfifo(path),
            "folder": path.mkdir,
        }[kind]()
    assert run(town, tmp_path / "kept").fingerprint() == first.fingerprint()
    assert len(searches) == 2
    assert "travel times are computed again" in caplog.text


@pytest.mark.parametrize("mode", [0o770, 0o707, 0o777, 0o1777])
def test_a_folder_that_others_may_write_to_is_not_used(town, tmp_path, searches, caplog, mode):
    folder = tmp_path / "kept"
    first = run(town, folder)
    folder.chmod(mode)
    again = run(town, folder, cutoff_s=300)
    other = run(town, folder, cutoff_s=250)
    assert len(searches) == 3
    assert again.fingerprint() == first.fingerprint() != other.fingerprint()
    assert len(list(folder.iterdir())) == 1
    assert "can be written by other users (chmod go-w the folder)" in caplog.text


def test_a_folder_of_another_user_is_not_used(town, tmp_path, searches, monkeypatch, caplog):
    run(town, tmp_path)
    me = os.geteuid()
    monkeypatch.setattr(os, "geteuid", lambda: me + 1)
    run(town, tmp_path)
    assert len(searches) == 2
    assert "is a folder of another user" in caplog.text


def test_the_folder_is_the_users_alone(town, tmp_path):
    before = os.umask(0)
    try:
        run(town, tmp_path / "new" / "kept")
    finally:
        os.umask(before)
    assert (tmp_path / "new" / "kept").stat().st_mode & 0o777 == 0o700
    (path,) = (tmp_path / "new" / "kept").iterdir()
    assert path.stat().st_mode & 0o777 == 0o600


def claimed(shape, size, content=b""):
    """An array file whose header claims a shape, of `size` bytes."""
    stream = io.BytesIO()
    np.lib.format.write_array_header_1_0(stream, {"descr": "<i4", "fortran_order": False, "shape": shape})
    return stream.getvalue() + content.ljust(size, b"\0")


@pytest.mark.parametrize("kind", ["bomb", "claim", "pickle", "twice"])
def test_a_file_that_expands_is_not_expanded(town, tmp_path, caplog, kind):
    first = run(town, tmp_path)
    (path,) = tmp_path.iterdir()
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    method = zipfile.ZIP_DEFLATED if kind == "bomb" else zipfile.ZIP_STORED
    with zipfile.ZipFile(path, "w", method) as archive:
        if kind == "bomb":
            members["data.npy"] = claimed((50_000_000,), 200_000_000)
        elif kind == "claim":
            members["data.npy"] = claimed((2**50,), 400)
        elif kind == "pickle":
            stream = io.BytesIO()
            np.save(stream, np.array([{}], dtype=object))
            members["data.npy"] = stream.getvalue()
        for name, content in members.items():
            archive.writestr(name, content)
        if kind == "twice":
            with pytest.warns(UserWarning, match="Duplicate name"):
                archive.writestr("data.npy", members["data.npy"])
    before, began = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.monotonic()
    with pytest.raises(InputError, match="cannot be read as travel times"):
        load_times(path)
    assert run(town, tmp_path).fingerprint() == first.fingerprint()
    assert time.monotonic() - began < 5
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100_000  # kilobytes


def test_a_file_of_the_user_is_checked_too(town, tmp_path):
    times = run(town, None)
    save_times(times, tmp_path / "own.npz")
    assert load_times(tmp_path / "own.npz").fingerprint() == times.fingerprint()
    rewritten(tmp_path / "own.npz", POISON["data"])
    with pytest.raises(InputError, match="does not hold what was written"):
        load_times(tmp_path / "own.npz")


def test_a_full_disk_keeps_nothing_and_ends_nothing(town, tmp_path, monkeypatch, caplog):
    def full(_descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with caplog.at_level(logging.INFO):
        run(town, tmp_path)
    assert "travel times are not kept" in caplog.text
    assert not list(tmp_path.iterdir())
