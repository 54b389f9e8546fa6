"""What is too large to be a table of a study; checked before any work is done on it."""

from __future__ import annotations

from pathlib import Path

from placement.errors import InputError

MOST_BYTES = 1_000_000_000
"""Bytes of a table on disk."""
MOST_JSON_BYTES = 300_000_000
"""Bytes of a GeoJSON file: parsed, it takes some ten times as much."""
MOST_EXPANDED_BYTES = 300_000_000
"""Bytes of a workbook once unpacked."""
MOST_ROWS = 20_000_000
MOST_COLUMNS = 1_000
MOST_CELLS = 200_000_000
"""Cells of a table, and a tenth of it of a workbook, which is read cell by cell."""
MOST_SIGNS = 32_767
"""Characters of a cell, as in Excel."""
MOST_RECORD = 131_072
"""Characters of a row of a CSV file that has quotes."""
MOST_BREAKS = 100
"""Line breaks in a cell."""


def check_file(table: str, path: Path) -> None:
    """Refuse what is no regular file: reading a pipe or a device may never end.

    Raises
    ------
    InputError
        If it is none, or does not exist.
    """
    if not path.is_file():
        raise InputError.single(table, f"{path.name} is no file", remedy="put the file there")


def check_bytes(table: str, path: Path, most: int = MOST_BYTES) -> None:
    """Refuse a file of more bytes than `most`.

    Raises
    ------
    InputError
        If it is larger.
    """
    size = path.stat().st_size
    if size > most:
        problem = f"{path.name} has {size:,} bytes; {most:,} are read at most"
        raise InputError.single(table, problem, remedy="split it, leave columns out, or give GeoPackage or Parquet")


def check_shape(table: str, rows: int, columns: int, *, most_cells: int = MOST_CELLS) -> None:
    """Refuse more rows, columns or cells than a table of a study can have.

    Raises
    ------
    InputError
        Naming the count that is too large.
    """
    counted = (("rows", rows, MOST_ROWS), ("columns", columns, MOST_COLUMNS), ("cells", rows * columns, most_cells))
    for what, count, most in counted:
        if count > most:
            raise InputError.single(
                table,
                f"has {count:,} {what}; {most:,} are read at most",
                remedy="leave out what the study does not use",
            )
