"""Checks shared by the demand sources; each returns the faults it finds so that all are reported at once."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd

from placement.errors import AlignmentError, Fault, InputError

_SHOWN = 10


def listed(names: Iterable[object], shown: int = _SHOWN) -> str:
    """Return names joined by commas, the first `shown` of them."""
    words = [str(name) for name in names]
    rest = f", ... ({len(words)} in all)" if len(words) > shown else ""
    return ", ".join(words[:shown]) + rest


def raise_faults(faults: Sequence[Fault]) -> None:
    """Raise an `InputError` if there is any fault."""
    if faults:
        raise InputError(faults)


def require_columns(table: str, frame: pd.DataFrame, columns: Iterable[str]) -> None:
    """Raise an `InputError` that names every missing column."""
    raise_faults(
        [
            Fault(
                table=table,
                problem=f"column {column} is missing",
                remedy=f"columns found: {listed(frame.columns)}",
            )
            for column in columns
            if column not in frame.columns
        ]
    )


def number_faults(
    table: str, frame: pd.DataFrame, column: str, *, low: float = 0.0, high: float = np.inf, missing_ok: bool = False
) -> list[Fault]:
    """Return a fault for each value of a column that is not a number within ``low..high``."""
    values = pd.to_numeric(frame[column], errors="coerce").to_numpy(dtype=float)
    absent = frame[column].isna().to_numpy() if missing_ok else np.zeros(len(frame), dtype=bool)
    with np.errstate(invalid="ignore"):
        wrong = ~absent & ~((values >= low) & (values <= high) & np.isfinite(values))
    limit = f"a number of at least {low:g}" if np.isinf(high) else f"a number within {low:g}..{high:g}"
    return [
        Fault(
            table=table,
            row=str(row),
            problem=f"{column} is {frame[column].iloc[place]}",
            remedy=f"give {limit}",
        )
        for place, row in zip(np.flatnonzero(wrong), frame.index[wrong], strict=True)
    ]


def require_known(table: str, found: Iterable[object], other: str, known: Iterable[object], what: str) -> None:
    """Raise an `AlignmentError` unless every name found in `table` is known to `other`.

    The message shows what each table has that the other lacks, and suggests a near name for each unknown one.
    """
    found_names = sorted({str(name) for name in found})
    known_names = sorted({str(name) for name in known})
    unknown = [name for name in found_names if name not in set(known_names)]
    if not unknown:
        return
    unused = [name for name in known_names if name not in set(found_names)]
    lists = f"only in {table}: {listed(unknown)}; only in {other}: {listed(unused) or 'none'}"
    faults = []
    for name in unknown[:_SHOWN]:
        near = difflib.get_close_matches(name, known_names, n=1, cutoff=0.6)
        remedy = f"did you mean {near[0]}?" if near else f"use the names of {other}"
        faults.append(Fault(table=table, row=name, problem=f"{what} {name} is not in {other} ({lists})", remedy=remedy))
    raise AlignmentError(faults)
