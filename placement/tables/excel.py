"""Excel sheets into a frame of text cells, as they are shown; a workbook is looked through before it is unpacked."""

from __future__ import annotations

import datetime as dt
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pandas as pd

from placement.errors import Fault, InputError, MissingExtraError
from placement.tables.grid import SHOWN, Row, to_frame
from placement.tables.limits import MOST_CELLS, MOST_COLUMNS, MOST_EXPANDED_BYTES, check_bytes

_MOST_CELLS = MOST_CELLS // 10
_MOST_EXACT = 1e15
_BLOCK = 1 << 20
_WORDS = (b"<!DOCTYPE", b"<!ENTITY")


def read_excel(table: str, path: Path, layer: str | None) -> pd.DataFrame:
    """Return the cells of a sheet as text, indexed by the sheet's row numbers.

    Raises
    ------
    InputError
        If several sheets have content and `layer` names none, a cell shows an error or a formula without a value, or
        the workbook is larger than a table can be.
    MissingExtraError
        Without openpyxl.
    """
    try:
        import openpyxl  # noqa: PLC0415 -- optional extra
    except ImportError as error:
        raise MissingExtraError("openpyxl", "excel", f"reading {path.name}") from error
    check_bytes(table, path)
    _check_parts(table, path)
    book = openpyxl.load_workbook(path, read_only=True, data_only=True)
    try:
        sheet = _the_sheet(table, path, book, layer)
        rows, faults, blanks = _cells(table, sheet)
    finally:
        book.close()
    if blanks:
        faults += _formulas(table, path, sheet.title, blanks, openpyxl)
    if faults:
        raise InputError(faults)
    return to_frame(table, rows, most_cells=_MOST_CELLS)


def _check_parts(table: str, path: Path) -> None:
    """Refuse a workbook that unpacks to more than any table, or whose XML declares entities."""
    with zipfile.ZipFile(path) as parts:
        total = sum(part.file_size for part in parts.infolist())
        if total > MOST_EXPANDED_BYTES:
            problem = f"{path.name} unpacks to {total:,} bytes; {MOST_EXPANDED_BYTES:,} are read at most"
            raise InputError.single(table, problem, remedy="save the sheet as CSV")
        for part in parts.infolist():
            if part.filename.lower().endswith((".xml", ".rels")) and _declares(parts, part):
                problem = f"{path.name} declares entities in {part.filename}"
                raise InputError.single(table, problem, remedy="save it again with a spreadsheet program")


def _declares(parts: zipfile.ZipFile, part: zipfile.ZipInfo) -> bool:
    with parts.open(part) as file:
        end = b""
        while block := file.read(_BLOCK):
            # NUL bytes: UTF-16, in which the words would not be found; no spreadsheet program writes it.
            if b"\x00" in block or any(word in end + block for word in _WORDS):
                return True
            end = block[-len(_WORDS[0]) :]
    return False


def _the_sheet(table: str, path: Path, book: Any, layer: str | None) -> Any:
    sheets = {sheet.title: sheet for sheet in book.worksheets}
    for sheet in sheets.values():
        # What a workbook says of its own extent is often wrong, and may be a million rows.
        sheet.reset_dimensions()
    if layer is not None:
        if layer not in sheets:
            names = ", ".join(sheets)
            raise InputError.single(table, f"{path.name} has no sheet {layer!r}", remedy=f"it has: {names}")
        return sheets[layer]
    full = [name for name, sheet in sheets.items() if _has_content(sheet)]
    if len(full) > 1:
        remedy = f'name one: {table} = {{path = "{path.name}", layer = "{full[0]}"}}'
        raise InputError.single(table, f"{path.name} has the sheets {', '.join(full)}", remedy=remedy)
    if not full:
        raise InputError.single(table, "is empty", remedy="give a header and rows")
    return sheets[full[0]]


def _has_content(sheet: Any) -> bool:
    return any(value not in {None, ""} for _, cells in _bounded(sheet) for value in (cell.value for cell in cells))


def _bounded(sheet: Any) -> Iterator[tuple[int, tuple[Any, ...]]]:
    """Yield (row number, cells) until there are more cells than a table can have."""
    seen = 0
    for number, cells in enumerate(sheet.iter_rows(), start=1):
        seen += len(cells)
        if seen > _MOST_CELLS:
            raise InputError.single(
                sheet.title, f"has more than {_MOST_CELLS:,} cells", remedy="leave out what is not used"
            )
        yield number, cells


def _cells(table: str, sheet: Any) -> tuple[list[Row], list[Fault], set[tuple[int, int]]]:
    """Return the rows down to the last with content, error cells, and the places of blank cells under the header."""
    rows: list[Row] = []
    faults: list[Fault] = []
    blanks: set[tuple[int, int]] = set()
    width = 0
    for number, cells in _bounded(sheet):
        values = [_text(cell.value) for cell in cells]
        while values and not values[-1].strip():
            values.pop()
        if not values:
            continue
        if not rows:
            width = min(len(values), MOST_COLUMNS + 1)
        faults += _cell_faults(table, number, cells[:width])
        values += [""] * (width - len(values))
        blanks |= {(number, place) for place, value in enumerate(values, start=1) if not value}
        rows.append((number, values))
    return rows, faults[:SHOWN], blanks


def _cell_faults(table: str, number: int, cells: tuple[Any, ...]) -> Iterator[Fault]:
    for cell in cells:
        kind, value = getattr(cell, "data_type", ""), cell.value
        if kind == "e":
            yield Fault(table=table, row=f"row {number}", problem=f"shows {value}", remedy="mend the formula")
        if kind == "n" and isinstance(value, int | float) and abs(value) >= _MOST_EXACT:
            problem = f"holds {value:.0f}, of which Excel keeps 15 digits"
            yield Fault(
                table=table, row=f"row {number}", problem=problem, remedy="format the column as text, write it again"
            )


def _formulas(table: str, path: Path, title: str, blanks: set[tuple[int, int]], openpyxl: Any) -> list[Fault]:
    """Return a fault for each blank cell that holds a formula: the program that wrote it computed no value."""
    book = openpyxl.load_workbook(path, read_only=True, data_only=False)
    try:
        sheet = book[title]
        sheet.reset_dimensions()
        found = [
            (number, str(cell.value))
            for number, cells in _bounded(sheet)
            for place, cell in enumerate(cells, start=1)
            if (number, place) in blanks and getattr(cell, "data_type", "") == "f"
        ]
    finally:
        book.close()
    remedy = "open it in a spreadsheet program and save it"
    return [
        Fault(table=table, row=f"row {number}", problem=f"the formula {formula[:40]} has no value", remedy=remedy)
        for number, formula in _first(found)
    ]


def _first(found: Iterable[tuple[int, str]]) -> list[tuple[int, str]]:
    return list(found)[:SHOWN]


def _text(value: object) -> str:
    """Return a cell as a planner reads it: 1 for 1.0, HH:MM for times, ISO dates."""
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer() and abs(value) < _MOST_EXACT:
        return str(int(value))
    if isinstance(value, dt.timedelta):
        minutes = round(value.total_seconds() / 60)
        return f"{minutes // 60:02d}:{minutes % 60:02d}"
    if isinstance(value, dt.time):
        return value.isoformat("minutes" if not value.second else "seconds")
    if isinstance(value, dt.datetime):
        midnight = value.time() == dt.time(0)
        return value.date().isoformat() if midnight else value.isoformat(" ", "seconds")
    return str(value)
