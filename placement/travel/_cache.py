"""Results kept on disk by the fingerprint of everything they follow from."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

from placement.errors import InputError
from placement.travel.times import TravelTimes

_LOG = logging.getLogger(__name__)


def fingerprint_of(*parts: object) -> str:
    """Return the SHA-256 of numbers, texts, ids and arrays, in their order."""
    digest = hashlib.sha256()
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


def cached(folder: Path, key: str, compute: Callable[[], TravelTimes]) -> TravelTimes:
    """Return what is kept under `key`, or compute and keep it; a damaged file is computed again."""
    path = folder / f"{key}.npz"
    if path.exists():
        try:
            return TravelTimes.load(path)
        except InputError as error:
            _LOG.warning("computing again: %s", error)
    times = compute()
    folder.mkdir(parents=True, exist_ok=True)
    times.save(path)
    return times
