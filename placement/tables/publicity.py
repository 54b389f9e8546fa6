"""Columns of the levels of publicity."""

from __future__ import annotations

import pandas as pd

from placement.study.columns import PUBLICITY
from placement.tables.checks import Table
from placement.values.publicity import Level, level_problems


def read_publicity(table: Table) -> pd.DataFrame:
    """Return `area`, `spend_fen`, `awareness` and `package`, a level a row; rows are named by line and area."""
    table.use(PUBLICITY)
    table.label("area")
    table.require(["spend_yuan"])
    spend = table.fen("spend_yuan") if "spend_yuan" in table.frame.columns else None
    if spend is None:
        return table.frame
    table.flag(spend.isna(), "spend_yuan is blank", "fill it in")
    frame = pd.DataFrame(
        {
            "area": table.text("area"),
            "spend_fen": spend,
            "awareness": table.number("awareness"),
            "package": table.text("package"),
        }
    )
    if table.ok:
        ordered = frame.sort_values(["area", "spend_fen"], kind="stable")
        for row, problem, remedy in level_problems(zip(ordered.index, levels_of(ordered), strict=True)):
            table.fault(problem, row=row, remedy=remedy)
            table.ok = False
    return frame


def levels_of(frame: pd.DataFrame) -> list[Level]:
    """Return the levels of a table that was read."""
    return [
        Level(area=str(area), spend_fen=int(spend), awareness=float(awareness), package=str(package))
        for area, spend, awareness, package in zip(
            frame["area"], frame["spend_fen"], frame["awareness"], frame["package"], strict=True
        )
    ]
