"""Column checks that collect every fault, with the row's id, before anything is refused."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import geopandas as gpd
import numpy as np
import pandas as pd

from placement.errors import Fault, InputError
from placement.notes import Note, about
from placement.study import TABLE
from placement.study.columns import PLACE, WHOLE, Column, names
from placement.study.effects import PLACES
from placement.study.fields import MOST_STATION_FEN
from placement.study.names import canonical, has_control, header_key, near_name
from placement.tables import cells, headers

_SHOWN = 50


class Faults:
    """Collects faults of all tables, and notes; :meth:`raise_any` raises the faults together.

    `study` is the name of the study file; `ignored` are the columns that nobody read, as ``table.column``; `notes` say
    what was read otherwise than it is written.
    """

    def __init__(self, study: str = TABLE) -> None:
        self.study = study
        self.items: list[Fault] = []
        self.ignored: list[str] = []
        self.notes: list[str] = []

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

    `ok` turns False where the table lacks a column or an id, so that dependent checks can be skipped. Rows are named by
    their id; without one by the line of the file, ``row 17``, or by `label` once :meth:`label` was called.

    Parameters
    ----------
    name, frame
        The table and what was read, indexed by line of the file.
    id_column
        The column that becomes the index; None where rows have no ids.
    faults
        The collector.
    columns
        ``columns = {ours = "theirs"}`` of the study.
    """

    def __init__(
        self,
        name: str,
        frame: pd.DataFrame,
        id_column: str | None,
        faults: Faults,
        columns: Mapping[str, str] | None = None,
    ) -> None:
        self.name = name
        self.faults = faults
        self.ok = True
        self._id_column = id_column
        self._mapping = dict(columns or {})
        self._columns = {column.name: column for column in PLACE}
        self.frame = frame.rename(columns=lambda column: str(column).strip())
        self._lines = [f"row {number}" for number in frame.index]
        self._rename(headers.mapped(self._names, self._mapping))
        if id_column is not None:
            self._set_ids(id_column)
        else:
            self.frame = self.frame.set_axis(pd.Index(self._lines, dtype=object), axis=0)

    @property
    def _names(self) -> list[str]:
        return [str(column) for column in self.frame.columns]

    def _rename(self, renamed: headers.Renamed) -> None:
        for problem, remedy in renamed.faults:
            self.fault(problem, remedy=remedy)
            self.ok = False
        if not renamed.faults:
            self.frame = self.frame.rename(columns=dict(renamed.names))
            self.faults.notes += [about(self.name, note) for note in renamed.notes]

    def _set_ids(self, column: str) -> None:
        self.adopt([column])
        if not self.require([column]):
            return
        self._refuse_nested(column)
        ids = self.frame[column].map(cells.as_text)
        blank = np.flatnonzero(ids == "")
        shown = [value or line for value, line in zip(ids, self._lines, strict=True)]
        self.frame = self.frame.drop(columns=column).set_axis(pd.Index(shown, dtype=object, name=column), axis=0)
        self.faults.add_rows(self.name, self.frame.index[blank], f"{column} is blank", remedy="give every row an id")
        self._refuse_unreadable(column, self.frame.index.to_series())
        self._refuse_repeated(column)
        self.ok = self.ok and not len(blank)

    def _refuse_repeated(self, column: str) -> None:
        index = self.frame.index
        repeated = index.duplicated()
        self.faults.add_rows(self.name, index[repeated], f"{column} is repeated", remedy="ids must be unique")
        keys = pd.Index([canonical(name) for name in index])
        same = keys.duplicated() & ~repeated
        for name, key in zip(index[same][:_SHOWN], keys[same][:_SHOWN], strict=True):
            first = index[int(np.flatnonzero(keys == key)[0])]
            problem = f"{column} is the same as {first!r} but for Unicode form, blanks or signs of no width"
            self.fault(problem, row=name, remedy="ids must be unique")
        self.ok = self.ok and not repeated.any() and not same.any()

    def fault(self, problem: str, *, row: object = "", remedy: str = "") -> None:
        """Add one fault of this table."""
        self.faults.add(self.name, problem, row=row, remedy=remedy)

    def note(self, note: Note) -> None:
        """Add one note on this table."""
        self.faults.notes.append(about(self.name, note))

    def label(self, *columns: str) -> None:
        """Name rows by line and the cells that tell them apart, as in ``row 17: S03, 2025-04``."""
        if not set(columns) <= set(self.frame.columns):
            return
        parts = zip(*(self.frame[column].map(cells.as_text) for column in columns), strict=True)
        named = [f"{line}: {', '.join(part)}" for line, part in zip(self._lines, parts, strict=True)]
        self.frame = self.frame.set_axis(pd.Index(named, dtype=object), axis=0)

    def require(self, columns: Sequence[str]) -> bool:
        """Add a fault for each missing column; return whether all are there."""
        for column in columns:
            if column not in self.frame.columns:
                remedy = headers.missing_remedy(self.name, column, self._names)
                # Said once: not as a column that is unknown as well.
                twice = f"did you mean {column}?"
                items = self.faults.items
                self.faults.items = [each for each in items if (each.table, each.remedy) != (self.name, twice)]
                self.fault(f"column {column} is missing", remedy=remedy)
                self.ok = False
        return all(column in self.frame.columns for column in columns)

    def declare(self, columns: Sequence[Column]) -> None:
        """Say what columns hold; only declared ones can be read."""
        self._columns |= {column.name: column for column in columns}

    def use(self, columns: Sequence[Column]) -> None:
        """Say which columns are read: other spellings of them are renamed; of the others, near misses are faults.

        The rest is listed as ignored. Of tables of places without geometry, `lon` and `lat` are read too.
        """
        self.declare(columns)
        places = names(PLACE) if self.name in PLACES else ()
        known = (*names(columns), *(("geometry",) if isinstance(self.frame, gpd.GeoDataFrame) else places))
        self.adopt(known)
        for ours in self._mapping:
            if ours not in {*known, self._id_column}:
                near = near_name(ours, known)
                remedy = f"did you mean {near}?" if near else f"known: {', '.join(known)}"
                self.fault(f"columns = {{...}} names {ours!r}, which is no column of ours", remedy=remedy)
                self.ok = False
        self.faults.ignored += [f"{self.name}.{column}" for column in self.known_columns(known)]

    def adopt(self, columns: Sequence[str]) -> None:
        """Rename other spellings of `columns` to them, with a note."""
        self._rename(headers.adopt(self._names, columns))

    def known_columns(self, known: Sequence[str]) -> tuple[str, ...]:
        """Add a fault for each column that looks like a misspelt known one; return the others that are not known."""
        spare = [name for name in known if name not in self.frame.columns]
        unknown = [name for name in self._names if name not in known]
        for name in list(unknown):
            near = near_name(name, spare)
            if near and header_key(name) != header_key(near):
                self.fault(f"unknown column {name}", remedy=f"did you mean {near}?")
                unknown.remove(name)
        return tuple(unknown)

    def text(self, column: str) -> pd.Series:
        """Return a text column; blanks are faults, unless the column is absent and has a default, or they are it."""
        default = self._columns[column].default
        if column not in self.frame.columns:
            if default is None:
                self.require([column])
            return pd.Series(default or "", index=self.frame.index, dtype=object)
        self._refuse_nested(column)
        values = self.frame[column].map(cells.as_text)
        if default != "":
            self.flag(values == "", f"{column} is blank", "fill it in, or leave the column out")
        self._refuse_unreadable(column, values)
        return values

    def title(self, column: str) -> pd.Series:
        """Return a text for readers, its blanks and line breaks folded; the id where the column is absent."""
        if column not in self.frame.columns:
            return self.frame.index.to_series()
        self.frame[column] = self.frame[column].map(lambda value: _folded(value) if isinstance(value, str) else value)
        return self.text(column)

    def _refuse_nested(self, column: str) -> None:
        raw = self.frame[column]
        if raw.dtype != object:
            return
        nested = raw.map(cells.is_nested).astype(bool)
        if nested.any():
            self.flag(nested, f"{column} holds a list or an object", "give one text or number a cell")
            self.frame[column] = raw.mask(nested, None)

    def _refuse_unreadable(self, column: str, values: pd.Series) -> None:
        control = values.map(lambda text: not text.isprintable() and has_control(text)).astype(bool)
        self.flag(control, f"{column} holds a control character or line break", "remove it")
        errors = values.map(cells.is_error).astype(bool)
        self.flag(errors, f"{column} is a spreadsheet's error", "mend the formula")

    def number(self, column: str) -> pd.Series:
        """Return a float column; text, blanks (unless they have a meaning) and values out of range are faults."""
        known = self._columns[column]
        if column not in self.frame.columns:
            if known.default is None:
                self.require([column])
            return pd.Series(np.nan if known.default is None else known.default, index=self.frame.index, dtype=float)
        self._refuse_nested(column)
        raw = self.frame[column]
        values = cells.as_numbers(raw)
        is_blank = raw.isna() if pd.api.types.is_numeric_dtype(raw) else raw.map(cells.is_blank).astype(bool)
        if known.blank is not None:
            values = values.mask(is_blank, known.blank)
        else:
            self.flag(is_blank, f"{column} is blank", "fill it in")
        wrong = ~np.isfinite(values) & ~is_blank
        self.flag(wrong, f"{column} is not a number", cells.number_remedy(list(raw[wrong][:_SHOWN])))
        least, most = known.minimum, known.maximum
        self.flag(values < least, f"{column} is below {least:g}", f"must be {least:g} or more")
        over = (values > most) & ~np.isinf(values)
        self.flag(over, f"{column} is above {most:g}", known.remedy or f"must be {most:g} or less")
        if known.kind == WHOLE:
            fraction = values.notna() & np.isfinite(values) & (values != np.floor(values))
            self.flag(fraction, f"{column} is not a whole number", "write a whole number")
        return values

    def clock(self, column: str) -> pd.Series:
        """Return minutes after midnight of an ``HH:MM`` column."""
        default = self._columns[column].default
        if column not in self.frame.columns:
            return pd.Series(cells.as_minutes(default), index=self.frame.index, dtype=int)
        minutes = self.frame[column].map(cells.as_minutes)
        self.flag(minutes < 0, f"{column} is not a time", "write HH:MM, e.g. 08:30 or 24:00")
        return minutes.astype(int)

    def fen(self, column: str) -> pd.Series:
        """Return nullable whole fen of a column in yuan; blank or absent = no amount of its own."""
        if self._columns[column].name not in self.frame.columns:
            return pd.Series(pd.NA, index=self.frame.index, dtype="Int64")
        self._refuse_nested(column)
        amounts = pd.array([cells.as_fen(value) for value in self.frame[column]], dtype="Int64")
        wrong = pd.Series(amounts == cells.NOT_MONEY).fillna(False)
        self.flag(wrong, f"{column} is not an amount in yuan", "e.g. 8000.50")
        over = pd.Series(amounts > MOST_STATION_FEN).fillna(False)
        most = f"{MOST_STATION_FEN // 100:,}"
        self.flag(over, f"{column} is above {most} yuan a station", "amounts are yuan: are these fen?")
        return pd.Series(amounts, index=self.frame.index)

    def choice(self, column: str) -> pd.Series:
        """Return a text column whose values must be among its choices, in any case."""
        values, choices = self.text(column), self._columns[column].choices
        spelt = {header_key(name): name for name in choices}
        values = values.map(lambda value: spelt.get(header_key(value), value))
        self.flag(~values.isin([*choices, ""]), f"{column} is unknown", f"use one of {', '.join(choices)}")
        return values

    def flag(self, mask: pd.Series, problem: str, remedy: str) -> None:
        """Add a fault, with the cell where the problem starts with a column name, for each row of a boolean mask."""
        chosen = np.asarray(mask, dtype=bool)
        rows = self.frame.index[chosen]
        if not len(rows):
            return
        self.ok = False
        column = problem.split(" ", 1)[0]
        if column not in self.frame.columns:
            self.faults.add_rows(self.name, rows, problem, remedy=remedy)
            return
        for row, cell in zip(rows[:_SHOWN], self.frame[column][chosen][:_SHOWN], strict=True):
            shown = "" if "blank" in problem or column == "geometry" else f" ({_shown(cell)})"
            self.fault(f"{problem}{shown}", row=row, remedy=remedy)
        if len(rows) > _SHOWN:
            self.fault(f"{problem}: {len(rows) - _SHOWN} more rows", remedy=remedy)


def _folded(text: str) -> str:
    return " ".join(text.split())


def _shown(cell: object) -> str:
    text = repr(cell)
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "..."
