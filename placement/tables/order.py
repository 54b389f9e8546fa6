"""The order of rows in a file means nothing: every table is put in one order."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

_BY_ID = frozenset({"demand_id", "counter_id", "site_id", "district"})


def in_order(frame: pd.DataFrame) -> Any:
    """Return a table by its ids, as text; one without ids by all its columns in alphabetic order, then by geometry."""
    if frame.index.name in _BY_ID:
        return frame.sort_index(kind="stable")
    return frame.iloc[_by_content(frame)]


def _by_content(frame: pd.DataFrame) -> Any:
    names = [str(name) for name in frame.columns if name != "geometry"]
    keys = [_ranks(frame[name]) for name in sorted(names, key=lambda name: (not _is_id(name), name))]
    if "geometry" in frame.columns:
        keys.append(_ranks(frame["geometry"].map(lambda shape: "" if shape is None else shape.wkb_hex)))
    return np.lexsort(keys[::-1]) if keys else np.arange(len(frame))


def _ranks(column: pd.Series) -> Any:
    values = column if _is_number(column) else column.map(str)
    return pd.factorize(values, sort=True)[0]


def _is_number(column: pd.Series) -> bool:
    return bool(pd.api.types.is_numeric_dtype(column))


def _is_id(name: str) -> bool:
    return name in _BY_ID or name in {"month", "time", "age_group"}
