"""Results kept on disk by the fingerprint of everything they follow from.

A file is written beside its place and renamed into it, so that runs at the same time and runs that are killed leave
whole files only. Nothing that happens here makes a run fail: what cannot be read is computed again, what cannot be
written is not kept.

What is kept decides plans, so that it is believed only where it was written by this user: the folder and the file are
the user's own, nobody else may write to them, the file is a regular one, and its digest, which includes the fingerprint
it is kept under, is that of its content. This protects against other users of the machine, against damage, and against
times of another study under the name of this one. It does not protect against whoever acts as the user: a program of
the user's, or a folder of times that the user unpacked from somebody else's archive, can seal what it likes.
``[travel] cache = false`` believes nothing, and the judge never reads what is kept.
"""

from __future__ import annotations

import functools
import hashlib
import logging
import os
import stat
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from placement.errors import InputError
from placement.travel.archive import UNFINISHED, read_times, save_times
from placement.travel.times import TravelTimes
from placement.version import __version__

MOST_FILES = 100
MOST_BYTES = 2 * 2**30
"""A folder keeps at most so many files and bytes; those used longest ago are dropped."""

_ABANDONED_S = 24 * 3600.0
_OURS = "[0-9a-f]" * 64 + ".npz"
_ENTRY_BYTES = 8
_COMPUTING = ("streets", "travel")
"""The folders whose code decides travel times."""
_LOG = logging.getLogger(__name__)


def cache_folder() -> Path | None:
    """Return where this user's travel times are kept.

    ``$PLACEMENT_CACHE``, else ``$XDG_CACHE_HOME/placement``, else ``~/.cache/placement``; None for a user without a
    home.
    """
    own = os.environ.get("PLACEMENT_CACHE")
    if own:
        return Path(own)
    shared = os.environ.get("XDG_CACHE_HOME", "")
    if Path(shared).is_absolute():
        return Path(shared) / "placement"
    try:
        return Path.home() / ".cache" / "placement"
    except RuntimeError:
        return None


def fingerprint_of(*parts: object) -> str:
    """Return the SHA-256 of numbers, texts, ids and arrays, in their order, and of the code of this package."""
    digest = hashlib.sha256(_code().encode())
    for part in parts:
        if isinstance(part, np.ndarray):
            content = f"{part.dtype.str}{part.shape}".encode() + np.ascontiguousarray(part).tobytes()
        elif isinstance(part, pd.Index):
            content = "\n".join(map(str, part)).encode()
        else:
            content = repr(part).encode()
        digest.update(f"{len(content)} ".encode())
        digest.update(content)
    return digest.hexdigest()


@functools.cache
def _code() -> str:
    """Return what changes whenever the code does that computes travel times."""
    digest = hashlib.sha256(__version__.encode())
    package = Path(__file__).parent.parent
    for file in sorted(file for folder in _COMPUTING for file in (package / folder).glob("*.py")):
        digest.update(file.read_bytes())
    return digest.hexdigest()


def kept(folder: Path | None, key: str, like: Callable[[TravelTimes], bool]) -> TravelTimes | None:
    """Return what this user keeps under a key; None where nothing is, or not what was asked for."""
    if folder is None:
        return None
    path = folder / f"{key}.npz"
    try:
        with _own_folder(folder) as opened:
            descriptor = os.open(path.name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=opened)
            with os.fdopen(descriptor, "rb") as file:
                _check_own(os.fstat(descriptor), stat.S_ISREG, "file")
                times = read_times(file, path.name, key=key)
                os.utime(descriptor)
    except FileNotFoundError:
        return None
    except (InputError, OSError) as error:
        why = error.faults[0].problem if isinstance(error, InputError) else f"cannot be read: {error.strerror}"
        _LOG.warning("travel times are computed again: the kept file %s %s", path, why)
        return None
    if not like(times):
        _LOG.warning("travel times are computed again: the kept file %s holds other times", path)
        return None
    return replace(times, kept_in=str(folder))


def keep(folder: Path | None, key: str, times: TravelTimes) -> None:
    """Keep times under a key, where the folder can be written, is the user's own, and they are not too many."""
    if folder is None or times.n_pairs * _ENTRY_BYTES > MOST_BYTES // 2:
        return
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with _own_folder(folder):
            save_times(times, folder / f"{key}.npz", compress=False, key=key)
            _drop_oldest(folder)
    except OSError as error:
        _LOG.info("travel times are not kept: %s", error)
    except InputError as error:
        _LOG.warning("travel times are not kept: the folder %s %s", folder, error.faults[0].problem)


@contextmanager
def _own_folder(folder: Path) -> Iterator[int]:
    """Hold a folder open that only this user may write to."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        _check_own(os.fstat(descriptor), stat.S_ISDIR, "folder")
        yield descriptor
    finally:
        os.close(descriptor)


def _check_own(found: os.stat_result, is_kind: Callable[[int], bool], kind: str) -> None:
    """Raise an InputError unless something is of a kind, belongs to this user, and nobody else may write to it."""
    if not is_kind(found.st_mode):
        raise InputError.single("travel times", f"is not a regular {kind}")
    if found.st_uid != os.geteuid():
        raise InputError.single("travel times", f"is a {kind} of another user")
    if found.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise InputError.single("travel times", f"can be written by other users (chmod go-w the {kind})")


def _drop_oldest(folder: Path) -> None:
    """Keep the folder within its bounds; only files of this cache are touched."""
    for part in folder.glob(f".{_OURS}.*{UNFINISHED}"):
        if time.time() - part.stat().st_mtime > _ABANDONED_S:
            part.unlink(missing_ok=True)
    found = [(path.stat().st_mtime, path.stat().st_size, path) for path in folder.glob(_OURS)]
    room = MOST_BYTES
    for count, (_, size, path) in enumerate(sorted(found, reverse=True), start=1):
        room -= size
        if room < 0 or count > MOST_FILES:
            path.unlink(missing_ok=True)


def with_ids(times: TravelTimes, point_ids: pd.Index, site_ids: pd.Index) -> TravelTimes:
    """Return kept times with the ids as they were given: files hold them as text."""
    return replace(times, point_ids=point_ids, site_ids=site_ids)
