"""Column checks that collect every fault, with the row's id, before anything is refused."""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from decimal import Decimal, InvalidOperation

import geopandas as gpd
import numpy as np
import pandas as pd

from placement.errors import Fault, InputError

_SHOWN = 50
_NOT_MONEY = -1
_CLOCK = re.compile(r"(?:([01]?\d|2[0-3]):([0-5]\d)|24:00)(?::00)?")


class Faults:
    """Collects faults of all tables; :meth:`raise_any` raises them together."""

    def __init__(self) -> None:
        self.items: list[Fault] = []
        self.ignored: list[str] = []

    def add(self, table: str, problem: str, *, row: object = "", remedy: str = "") -> None:
        """Add one fault."""
        self.items.append(Fault(table=table, row=str(row), problem=problem, remedy=remedy))

    def add_rows(self, table: str, rows: pd.Index, problem: str, *, remedy: str = "") -> None:
        """Add one fault a row; beyond fifty of a kind the rest are counted."""
        for row in rows[:_SHOWN]:
            self.add(table, problem, row=row, remedy=remedy)
        if len(rows) > _SHOWN:
            self.add(table, f"{problem}: {len(rows) - _SHOWN} more rows", remedy=remedy)

    def extend(self, error: InputError) -> None:
        """Add the faults of an error."""
        self.items.extend(error.faults)

    def raise_any(self) -> None:
        """Raise an InputError if there are faults."""
        if self.items:
            raise InputError(self.items)


class Table:
    """A raw frame under check: typed columns out, faults into the collector.

    `ok` turns False where the table lacks a column or an id, so that dependent checks can be skipped.
    """

    def __init__(self, name: str, frame: pd.DataFrame, id_column: str | None, faults: Faults) -> None:
        self.name = name
        self.faults = faults
        self.frame = frame.rename(columns=lambda column: str(column).strip())
        self.ok = True
        if id_column is not None:
            self._set_ids(id_column)

    def _set_ids(self, column: str) -> None:
        if not self.require([column]):
            return
        ids = self.frame[column].map(_as_id)
        blank = np.flatnonzero(ids == "")
        shown = [value or f"row {position + 2}" for position, value in enumerate(ids)]
        self.frame = self.frame.drop(columns=column).set_axis(pd.Index(shown, dtype=object, name=column), axis=0)
        self.faults.add_rows(self.name, self.frame.index[blank], f"{column} is blank", remedy="give every row an id")
        repeated = self.frame.index[self.frame.index.duplicated()]
        self.faults.add_rows(self.name, repeated, f"{column} is repeated", remedy="ids must be unique")
        self.ok = self.ok and not len(blank) and not len(repeated)

    def fault(self, problem: str, *, row: object = "", remedy: str = "") -> None:
        """Add one fault of this table."""
        self.faults.add(self.name, problem, row=row, remedy=remedy)

    def require(self, columns: Sequence[str]) -> bool:
        """Add a fault for each missing column; return whether all are there."""
        for column in columns:
            if column not in self.frame.columns:
                close = difflib.get_close_matches(column, [str(name) for name in self.frame.columns], n=1)
                near = f"did you mean column {close[0]}?" if close else "add it"
                self.fault(f"column {column} is missing", remedy=near)
                self.ok = False
        return all(column in self.frame.columns for column in columns)

    def use(self, columns: Sequence[str]) -> None:
        """Say which columns are read; of the others, near misses are faults and the rest is listed as ignored."""
        geometry = ("geometry",) if isinstance(self.frame, gpd.GeoDataFrame) else ("lon", "lat")
        unknown = self.known_columns((*columns, *geometry))
        self.faults.ignored += [f"{self.name}.{column}" for column in unknown]

    def known_columns(self, known: Sequence[str]) -> tuple[str, ...]:
        """Add a fault for each column that looks like a misspelt known one; return the others that are not known."""
        spare = [name for name in known if name not in self.frame.columns]
        unknown = [str(name) for name in self.frame.columns if name not in known]
        for name in list(unknown):
            close = difflib.get_close_matches(name, spare, n=1, cutoff=0.85)
            if close:
                self.fault(f"unknown column {name}", remedy=f"did you mean {close[0]}?")
                unknown.remove(name)
        return tuple(unknown)

    def text(self, column: str, default: str | None = None) -> pd.Series:
        """Return a text column; blanks are faults unless the whole column is absent and has a default."""
        if column not in self.frame.columns:
            if default is None:
                self.require([column])
            return pd.Series(default or "", index=self.frame.index, dtype=object)
        values = self.frame[column].map(_as_id)
        self.flag(values == "", f"{column} is blank", "fill it in, or leave the column out")
        return values

    def number(
        self,
        column: str,
        default: float | None = None,
        *,
        minimum: float = 0.0,
        maximum: float = np.inf,
        whole: bool = False,
        blank: float | None = None,
    ) -> pd.Series:
        """Return a float column; text, blanks (unless `blank` is given) and values out of range are faults."""
        if column not in self.frame.columns:
            if default is None:
                self.require([column])
            return pd.Series(np.nan if default is None else default, index=self.frame.index, dtype=float)
        raw = self.frame[column]
        values = pd.to_numeric(raw.astype(object).where(raw.notna(), ""), errors="coerce").astype(float)
        is_blank = raw.isna() | (raw.astype(str).str.strip() == "")
        if blank is not None:
            values = values.mask(is_blank, blank)
            self.flag(values.isna() & ~is_blank, f"{column} is not a number", "write digits only")
        else:
            self.flag(is_blank, f"{column} is blank", "fill it in")
            self.flag((values.isna() | np.isinf(values)) & ~is_blank, f"{column} is not a number", "write digits only")
        self.flag(values < minimum, f"{column} is below {minimum:g}", f"must be {minimum:g} or more")
        self.flag(values > maximum, f"{column} is above {maximum:g}", f"must be {maximum:g} or less")
        if whole:
            fraction = values.notna() & np.isfinite(values) & (values != np.floor(values))
            self.flag(fraction, f"{column} is not a whole number", "write a whole number")
        return values

    def clock(self, column: str, default: int) -> pd.Series:
        """Return minutes after midnight of an ``HH:MM`` column."""
        if column not in self.frame.columns:
            return pd.Series(default, index=self.frame.index, dtype=int)
        minutes = self.frame[column].map(_as_minutes)
        self.flag(minutes < 0, f"{column} is not a time", "write HH:MM, e.g. 08:30 or 24:00")
        return minutes.astype(int)

    def fen(self, column: str) -> pd.Series:
        """Return nullable whole fen of a column in yuan; blank or absent = no amount of its own."""
        if column not in self.frame.columns:
            return pd.Series(pd.NA, index=self.frame.index, dtype="Int64")
        amounts = pd.array([_as_fen(value) for value in self.frame[column]], dtype="Int64")
        self.flag(pd.Series(amounts == _NOT_MONEY).fillna(False), f"{column} is not an amount in yuan", "e.g. 8000.50")
        return pd.Series(amounts, index=self.frame.index)

    def choice(self, column: str, default: str, choices: Sequence[str]) -> pd.Series:
        """Return a text column whose values must be among `choices`."""
        values = self.text(column, default)
        self.flag(~values.isin([*choices, ""]), f"{column} is unknown", f"use one of {', '.join(choices)}")
        return values

    def flag(self, mask: pd.Series, problem: str, remedy: str) -> None:
        """Add a fault, with the cell where the problem starts with a column name, for each row of a boolean mask."""
        rows = self.frame.index[np.asarray(mask, dtype=bool)]
        if not len(rows):
            return
        self.ok = False
        column = problem.split(" ", 1)[0]
        if column not in self.frame.columns:
            self.faults.add_rows(self.name, rows, problem, remedy=remedy)
            return
        cells = self.frame.loc[np.asarray(mask, dtype=bool), column]
        for row, cell in list(zip(rows, cells, strict=True))[:_SHOWN]:
            shown = "" if "blank" in problem or column == "geometry" else f" ({cell!r})"
            self.fault(f"{problem}{shown}", row=row, remedy=remedy)
        if len(rows) > _SHOWN:
            self.fault(f"{problem}: {len(rows) - _SHOWN} more rows", remedy=remedy)


def _as_id(value: object) -> str:
    if value is None or (isinstance(value, float) and np.isnan(value)) or value is pd.NA:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip()


def _as_minutes(value: object) -> int:
    match = _CLOCK.fullmatch(_as_id(value))
    if not match:
        return -1
    return 1440 if match.group(1) is None else int(match.group(1)) * 60 + int(match.group(2))


def _as_fen(value: object) -> object:
    text = _as_id(value)
    if not text:
        return pd.NA
    try:
        fen = Decimal(text) * 100
    except InvalidOperation:
        return _NOT_MONEY
    return int(fen) if fen.is_finite() and fen >= 0 and fen == fen.to_integral_value() else _NOT_MONEY
