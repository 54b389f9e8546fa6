"""Travel times in one ``.npz`` file, without pickle."""

from __future__ import annotations

import json
import os
import tempfile
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse

from placement.errors import InputError
from placement.travel.times import SNAP_COLUMNS, TravelTimes

SCHEMA = "placement travel times 1"
UNFINISHED = ".part"
"""How the name of a file ends that is still being written."""


def save(times: TravelTimes, path: Path, *, compress: bool = True) -> None:
    """Write `times` to `path`; a killed run leaves what was there before."""
    head = {
        "schema": SCHEMA, "unit": times.unit, "cutoff_s": times.cutoff_s, "speed_m_s": times.speed_m_s,
        "mode": times.mode, "source": times.source,
    }  # fmt: skip
    arrays: dict[str, Any] = {
        "head": np.array(json.dumps(head)),
        "point_ids": _texts(times.point_ids),
        "site_ids": _texts(times.site_ids),
        "data": times.matrix.data,
        "indices": times.matrix.indices,
        "indptr": times.matrix.indptr,
    }
    for name in SNAP_COLUMNS:
        column = times.snaps[name]
        arrays[f"snap_{name}"] = _texts(column) if name in ("id", "kind") else column.to_numpy(_SNAP_TYPES[name])
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


def load(path: Path) -> TravelTimes:
    """Return what :func:`save` wrote."""
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
            parts = {name: archive[name] for name in archive.files}
        head = json.loads(str(parts["head"]))
        if head.pop("schema") != SCHEMA:
            raise InputError.single(path.name, "is of another version", remedy="compute the times again")
        ids = {name: pd.Index(parts[name].astype(object)) for name in ("point_ids", "site_ids")}
        shape = (len(ids["point_ids"]), len(ids["site_ids"]))
        matrix = sparse.csr_array((parts["data"], parts["indices"], parts["indptr"]), shape=shape)
        matrix.check_format(full_check=True)
        snaps = pd.DataFrame({name: parts[f"snap_{name}"] for name in SNAP_COLUMNS})
        return TravelTimes(**ids, matrix=matrix, snaps=snaps.astype({"id": str, "kind": str}), **head)
    except (OSError, EOFError, ValueError, KeyError, AttributeError, TypeError, zipfile.BadZipFile) as error:
        if isinstance(error, InputError):
            raise
        raise InputError.single(
            path.name, f"cannot be read as travel times: {error}", remedy="compute the times again"
        ) from error


_SNAP_TYPES: dict[str, Any] = {"access_m": np.float64, "part": np.int64, "far": np.bool_}


def _texts(values: pd.Index | pd.Series) -> np.ndarray[Any, Any]:
    return np.array([str(value) for value in values], dtype=str)
