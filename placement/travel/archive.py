"""Travel times in one ``.npz`` file, without pickle.

A file may come from anywhere: nothing in it is believed before it is checked. What it says of its own size is compared
with what it takes on the disk before memory is asked for, and its digest with its content.
"""

from __future__ import annotations

import hashlib
import json
import lzma
import os
import stat
import struct
import tempfile
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

import numpy as np
import pandas as pd
from scipy import sparse

from placement.errors import InputError
from placement.travel.times import SNAP_COLUMNS, TravelTimes

SCHEMA = "placement travel times 2"
UNFINISHED = ".part"
"""How the name of a file ends that is still being written."""
MOST_EXPANSION = 200
"""Bytes that a compressed byte may stand for; times of a city take 2 to 10."""

_SNAP_TYPES: dict[str, Any] = {"access_m": np.float64, "part": np.int64, "far": np.bool_}
_WHOLE = ("data", "indices", "indptr")
_PARTS = frozenset({"head", "point_ids", "site_ids", *_WHOLE, *(f"snap_{name}" for name in SNAP_COLUMNS)})
_SMALL = 2**20
_DAMAGED = (
    OSError, EOFError, ValueError, LookupError, AttributeError, TypeError, ArithmeticError, SyntaxError, MemoryError,
    RuntimeError, struct.error, zlib.error, lzma.LZMAError, zipfile.BadZipFile,
)  # fmt: skip
"""What reading a damaged or forged archive may raise."""


def save_times(times: TravelTimes, path: str | Path, *, compress: bool = True, key: str = "") -> None:
    """Write everything to one ``.npz`` file (no pickle), sealed for `key`, whole or not at all."""
    path = Path(path)
    head = {
        "schema": SCHEMA, "key": key, "unit": times.unit, "cutoff_s": times.cutoff_s, "speed_m_s": times.speed_m_s,
        "mode": times.mode, "source": times.source,
    }  # fmt: skip
    arrays: dict[str, Any] = {
        "point_ids": _texts(times.point_ids),
        "site_ids": _texts(times.site_ids),
        "data": times.matrix.data,
        "indices": times.matrix.indices,
        "indptr": times.matrix.indptr,
    }
    for name in SNAP_COLUMNS:
        column = times.snaps[name]
        arrays[f"snap_{name}"] = _texts(column) if name in ("id", "kind") else column.to_numpy(_SNAP_TYPES[name])
    arrays["head"] = np.array(json.dumps(head | {"digest": _digest(head, arrays)}))
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=UNFINISHED)
    try:
        with os.fdopen(descriptor, "wb") as file:
            (np.savez_compressed if compress else np.savez)(file, allow_pickle=False, **arrays)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def load_times(path: str | Path) -> TravelTimes:
    """Return what :func:`save_times` wrote under whatever key.

    Raises
    ------
    InputError
        If the file is missing, damaged or of another kind.
    """
    path = Path(path)
    try:
        with path.open("rb") as file:
            return read_times(file, path.name)
    except OSError as error:
        raise _unreadable(path.name, error) from error


def read_times(file: IO[bytes], name: str, *, key: str | None = None) -> TravelTimes:
    """Return what :func:`save_times` wrote to an open file of this name, under this key where one is given."""
    try:
        parts = _arrays(file)
        head = json.loads(str(parts.pop("head")))
        if not isinstance(head, dict) or head.get("schema") != SCHEMA:
            raise InputError.single(name, "is of another version", remedy="compute the times again")
        digest = head.pop("digest")
        if digest != _digest(head, parts):
            raise InputError.single(name, "does not hold what was written", remedy="compute the times again")
        if key is not None and key != head["key"]:
            raise InputError.single(name, "was not written under this name", remedy="compute the times again")
        del head["schema"], head["key"]
        return _times(head, parts)
    except _DAMAGED as error:
        if isinstance(error, InputError):
            raise
        raise _unreadable(name, error) from error


def _unreadable(name: str, error: Exception) -> InputError:
    why = str(error) or type(error).__name__
    return InputError.single(name, f"cannot be read as travel times: {why}", remedy="compute the times again")


def _times(head: dict[str, Any], parts: Mapping[str, Any]) -> TravelTimes:
    ids = {name: pd.Index(parts[name].astype(object)) for name in ("point_ids", "site_ids")}
    shape = (len(ids["point_ids"]), len(ids["site_ids"]))
    if any(parts[name].dtype.kind != "i" for name in _WHOLE):
        raise ValueError("times are not whole numbers")
    matrix = sparse.csr_array(tuple(parts[name] for name in _WHOLE), shape=shape)
    matrix.check_format(full_check=True)
    snaps = pd.DataFrame({name: parts[f"snap_{name}"] for name in SNAP_COLUMNS})
    return TravelTimes(**ids, matrix=matrix, snaps=snaps.astype({"id": str, "kind": str}), **head)


def _arrays(file: IO[bytes]) -> dict[str, Any]:
    """Return the arrays of an archive, none of them larger than what the file can hold."""
    found = os.fstat(file.fileno())
    if not stat.S_ISREG(found.st_mode):
        raise ValueError("it is no regular file")
    with zipfile.ZipFile(file) as archive:
        members = {entry.filename.removesuffix(".npy"): entry for entry in archive.infolist()}
        if set(members) != _PARTS or len(archive.infolist()) != len(_PARTS):
            raise ValueError("it holds other parts")
        size = sum(entry.file_size for entry in members.values())
        if size > MOST_EXPANSION * found.st_size + _SMALL:
            raise ValueError(f"it would expand to {size:,} bytes")
        for entry in members.values():
            _check_size(archive, entry)
    file.seek(0)
    with np.load(file, allow_pickle=False) as stored:
        return {name: stored[name] for name in sorted(_PARTS)}


def _check_size(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> None:
    """Raise ValueError unless an array is as large as its entry says: memory is asked for by its header."""
    with archive.open(entry) as stream:
        version = np.lib.format.read_magic(stream)
        reader = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        shape, _, dtype = reader(stream)
        cells = 1
        for length in shape:
            cells *= length
        if stream.tell() + cells * dtype.itemsize != entry.file_size or dtype.hasobject:
            raise ValueError(f"{entry.filename} is not as large as it says")


def _digest(head: Mapping[str, Any], arrays: Mapping[str, Any]) -> str:
    """Return the SHA-256 of a head and arrays with their names, types and shapes."""
    digest = hashlib.sha256(f"{json.dumps(head, sort_keys=True)}\n".encode())
    for name in sorted(arrays):
        array = np.ascontiguousarray(arrays[name])
        digest.update(f"{name} {array.dtype.str} {array.shape}\n".encode())
        digest.update(array.data.cast("B") if array.size else b"")
    return digest.hexdigest()


def _texts(values: pd.Index | pd.Series) -> np.ndarray[Any, Any]:
    return np.array([str(value) for value in values], dtype=str)
