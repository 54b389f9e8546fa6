"""Results kept on disk by the fingerprint of everything they follow from.

A file is written beside its place and renamed into it, so that runs at the same time and runs that are killed leave
whole files only. Nothing that happens here makes a run fail: what cannot be read is computed again, what cannot be
written is not kept.
"""

from __future__ import annotations

import functools
import hashlib
import logging
import os
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

import placement
from placement.errors import InputError
from placement.travel._archive import UNFINISHED, save
from placement.travel.times import TravelTimes

MOST_FILES = 100
MOST_BYTES = 2 * 2**30
"""A folder keeps at most so many files and bytes; those used longest ago are dropped."""

_ABANDONED_S = 24 * 3600.0
_OURS = "[0-9a-f]" * 64 + ".npz"
_ENTRY_BYTES = 8
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
    digest = hashlib.sha256(placement.__version__.encode())
    for file in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(file.read_bytes())
    return digest.hexdigest()


def kept(folder: Path | None, key: str, like: Callable[[TravelTimes], bool]) -> TravelTimes | None:
    """Return what is kept under a key; None where nothing is, or not what was asked for."""
    if folder is None:
        return None
    path = folder / f"{key}.npz"
    try:
        if not path.is_file():
            return None
        times = TravelTimes.load(path)
        os.utime(path)
    except (InputError, OSError) as error:
        why = error.faults[0].problem if isinstance(error, InputError) else str(error)
        _LOG.warning("travel times are computed again: the kept file %s %s", path, why)
        return None
    if not like(times):
        _LOG.warning("travel times are computed again: the kept file %s holds other times", path)
        return None
    return times


def keep(folder: Path | None, key: str, times: TravelTimes) -> None:
    """Keep times under a key, where the folder can be written and they are not too many."""
    if folder is None or times.n_pairs * _ENTRY_BYTES > MOST_BYTES // 2:
        return
    try:
        folder.mkdir(parents=True, exist_ok=True)
        save(times, folder / f"{key}.npz", compress=False)
        _drop_oldest(folder)
    except OSError as error:
        _LOG.info("travel times are not kept: %s", error)


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
