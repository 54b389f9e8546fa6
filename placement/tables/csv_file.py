"""CSV into a frame of text cells. Nothing is guessed: an encoding must be true, a quote must close."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from placement.errors import Fault, InputError
from placement.tables.grid import SHOWN, Row, to_frame
from placement.tables.limits import MOST_BREAKS, MOST_COLUMNS, MOST_RECORD, check_bytes, check_shape

_SEPARATORS = {";": "semicolons", "\t": "tabs", "，": "fullwidth commas"}
_FIELD = r'(?:"(?:[^"]++|"")*+"|[^",\n]*+)'
_RECORD = re.compile(rf"{_FIELD}(?:,{_FIELD})*+")
_ONE_FIELD = re.compile(_FIELD)
_SHOWN_SIGNS = 40
_REMEDY = 'close the quote, or write a quote within a text as ""'
_FEW_COLUMNS = 2
_MOST_COMMAS = 100 * MOST_COLUMNS
"""A record with more is not even split to be told how many fields it has."""


def read_csv(table: str, path: Path, encoding: str | None) -> pd.DataFrame:
    """Return the cells of a CSV file as text, indexed by the line at which each row begins.

    Raises
    ------
    InputError
        If it is not of the encoding, or listing quotes that do not close, rows of another width and wrong headers.
    """
    check_bytes(table, path)
    raw = path.read_bytes()
    try:
        text = raw.decode(encoding or "utf-8-sig")
    except LookupError as error:
        raise InputError.single(table, f"unknown encoding {encoding!r}", remedy="e.g. utf-8 or gb18030") from error
    except UnicodeError as error:
        byte = f" (byte {error.start})" if isinstance(error, UnicodeDecodeError) else ""
        problem = f"{path.name} is not {encoding or 'UTF-8'} text{byte}"
        raise InputError.single(table, problem, remedy=_encoding_remedy(table, path, raw)) from error
    if "\x00" in text:
        raise InputError.single(table, f"{path.name} contains NUL bytes", remedy="save it as CSV, UTF-8")
    rows = _rows(table, text.removeprefix("\ufeff"))
    _check_separator(table, rows)
    return to_frame(table, rows)


def _check_separator(table: str, rows: list[Row]) -> None:
    header = next((cells for _, cells in rows if any(cell.strip() for cell in cells)), [""])
    found = next((name for sign, name in _SEPARATORS.items() if len(header) == 1 and sign in header[0]), None)
    if found is not None:
        raise InputError.single(table, f"is separated by {found}", remedy="save it with commas")


def _rows(table: str, text: str) -> list[Row]:
    """Return (line, cells) of each record, or raise with every quote at fault."""
    rows: list[Row] = []
    faults: list[Fault] = []
    for number, record in _records(text):
        if record.count(",") > _MOST_COMMAS:
            check_shape(table, 0, record.count(",") + 1)
        if '"' not in record:
            rows.append((number, record.split(",")))
        elif len(record) > MOST_RECORD:
            problem = f"a row of more than {MOST_RECORD:,} characters begins here, or a quote that never closes"
            faults.append(Fault(table=table, row=f"row {number}", problem=problem, remedy=_REMEDY))
        elif _RECORD.fullmatch(record):
            cells = next(csv.reader([record], strict=True))
            rows.append((number, cells))
            faults += _swallowed(table, number, cells, len(rows[0][1]))
        else:
            faults.append(_quote_fault(table, number, record))
    if faults:
        raise InputError(faults[:SHOWN])
    return rows


def _records(text: str) -> Iterator[tuple[int, str]]:
    """Yield (line at which it begins, text) of each record: lines are joined until their quotes are even in number."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    at = 0
    while at < len(lines):
        start, quotes = at, lines[at].count('"')
        at += 1
        while quotes % 2 and at < len(lines):
            quotes += lines[at].count('"')
            at += 1
        yield start + 1, lines[start] if at == start + 1 else "\n".join(lines[start:at])


def _swallowed(table: str, number: int, cells: list[str], width: int) -> list[Fault]:
    """Return the faults of cells that hold whole rows: a quote that was left open was closed by a later one."""
    faults = []
    for cell in cells:
        breaks = cell.count("\n")
        # A cell that swallowed rows brings along their separators, one fewer than columns in each line.
        rows_within = breaks >= max(1, _FEW_COLUMNS + 1 - (width - 1)) and cell.count(",") == breaks * (width - 1)
        if width > 1 and (rows_within or breaks > MOST_BREAKS):
            problem = f"a quote opens here and closes {breaks} lines further on, with whole rows in between"
            faults.append(Fault(table=table, row=f"row {number}", problem=problem, remedy=_REMEDY))
    return faults


def _quote_fault(table: str, number: int, record: str) -> Fault:
    """Return the fault of a record whose quotes do not fit, at the line of the quote that is wrong."""
    start, end = 0, _end_of_field(record, 0)
    while record[end : end + 1] == ",":
        start, end = end + 1, _end_of_field(record, end + 1)
    if record[start] != '"':
        start = end
        shown = record[:end].rpartition(",")[2] + record[end:].split("\n", maxsplit=1)[0]
        problem = f"a quote stands in the middle of a field ({shown[:_SHOWN_SIGNS]!r})"
    elif end == start:
        problem = "a quote opens here and never closes"
    else:
        lines = record[start:end].count("\n")
        where = f" {lines} lines further on" if lines else ""
        shown = record[end - 1 :].split("\n", maxsplit=1)[0]
        problem = f"a quote opens here and closes{where} with text behind it ({shown[:_SHOWN_SIGNS]!r})"
    return Fault(table=table, row=f"row {number + record[:start].count(chr(10))}", problem=problem, remedy=_REMEDY)


def _end_of_field(record: str, start: int) -> int:
    found = _ONE_FIELD.match(record, start)
    return found.end() if found else start


def _encoding_remedy(table: str, path: Path, raw: bytes) -> str:
    try:
        raw.decode("gb18030")
    except UnicodeDecodeError:
        return "save it as CSV, UTF-8"
    return f'it reads as GB18030: write {table} = {{path = "{path.name}", encoding = "gb18030"}}, or save it as UTF-8'
