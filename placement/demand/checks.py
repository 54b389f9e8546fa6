"""Checks shared by the demand sources; each returns the faults it finds so that all are reported at once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd

from placement.errors import AlignmentError, Fault, InputError, listed


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
    limit = "a number above 0" if low == np.nextafter(0.0, 1.0) else limit
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
    error = AlignmentError.between(table, found, other, known, what)
    if error is not None:
        raise error
