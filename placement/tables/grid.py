"""Rows of cells under a header into a frame whose index says at which line of the file each row stands."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from placement.errors import Fault, InputError
from placement.study.names import has_control
from placement.tables.limits import MOST_CELLS, MOST_SIGNS, check_shape

SHOWN = 50
Row = tuple[int, Sequence[str]]


def to_frame(table: str, rows: list[Row], *, most_cells: int = MOST_CELLS) -> pd.DataFrame:
    """Return the rows beneath the header, the first row that is not blank; blank rows are left out.

    Parameters
    ----------
    table
        Named in faults.
    rows
        (number of the line in the file, cells) of each row.
    most_cells
        See :func:`placement.tables.limits.check_shape`.

    Raises
    ------
    InputError
        Listing columns without a name or with one that stands twice, rows of another width and cells beyond any size.
    """
    filled = [(number, cells) for number, cells in rows if any(cell and not cell.isspace() for cell in cells)]
    if not filled:
        raise InputError.single(table, "is empty", remedy="give a header and rows")
    header = [name.strip() for name in filled[0][1]]
    body = filled[1:]
    check_shape(table, len(body), len(header), most_cells=most_cells)
    faults = [*_header_faults(table, header, body), *_row_faults(table, header, body)]
    if faults:
        raise InputError(faults)
    index = pd.Index([number for number, _ in body], name="row", dtype="int64")
    frame = pd.DataFrame([list(cells) for _, cells in body], columns=header, index=index, dtype=str)
    return frame.drop(columns="") if "" in header else frame


def _header_faults(table: str, header: list[str], body: list[Row]) -> list[Fault]:
    repeated = sorted({name for name in header if name and header.count(name) > 1})
    faults = [Fault(table=table, problem=f"column {name!r} stands twice", remedy="remove one") for name in repeated]
    control = [name for name in header if has_control(name)]
    faults += [
        Fault(
            table=table,
            problem=f"column {name!r} has a line break or control character in its name",
            remedy="rename it",
        )
        for name in control
    ]
    blank = [place for place, name in enumerate(header) if not name]
    used = [place for place in blank if any(len(cells) > place and cells[place].strip() for _, cells in body)]
    return faults + [
        Fault(table=table, problem=f"column {place + 1} has no name", remedy="name it in the header, or empty it")
        for place in used
    ]


def _row_faults(table: str, header: list[str], body: list[Row]) -> list[Fault]:
    width = len(header)
    wrong = [(number, len(cells)) for number, cells in body if len(cells) != width]
    faults = [
        Fault(
            table=table,
            row=f"row {number}",
            problem=f"has {count} fields, the header {width}",
            remedy="check its commas, quote texts that hold one",
        )
        for number, count in wrong[:SHOWN]
    ]
    if len(wrong) > SHOWN:
        faults.append(Fault(table=table, problem=f"{len(wrong) - SHOWN} more rows have another width than the header"))
    long = [number for number, cells in body if any(len(cell) > MOST_SIGNS for cell in cells)]
    return faults + [
        Fault(
            table=table,
            row=f"row {number}",
            problem=f"has a cell of more than {MOST_SIGNS:,} characters",
            remedy="mend it",
        )
        for number in long[:SHOWN]
    ]
