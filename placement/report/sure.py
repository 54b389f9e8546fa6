"""What a plan assumes, and how sure its floors are, as rows of the report."""

from __future__ import annotations

from dataclasses import dataclass

from placement.report.data import ReportData
from placement.report.goods import Text, percent
from placement.report.text import word


@dataclass(frozen=True, kw_only=True)
class FloorRow:
    """A floor as text, with the share of draws (0..1) in which it is kept."""

    name: str
    asked: str
    reached: str
    kept: float
    sure: bool


@dataclass(frozen=True, kw_only=True)
class AssumedRow:
    """An assumption as text."""

    key: str
    means: str
    value: str
    moves: str


def floor_rows(data: ReportData, text: Text) -> list[FloorRow]:
    """Return one row a floor."""
    return [
        FloorRow(
            name=word(text, each.name), asked=percent(each.floor), reached=percent(each.reached), kept=each.kept,
            sure=each.sure,
        )
        for each in data.plan.floors
    ]  # fmt: skip


def assumed_rows(data: ReportData, text: Text) -> list[AssumedRow]:
    """Return one row an assumption."""
    return [
        AssumedRow(
            key=each.key, means=text[f"assumed.{each.key}"], value=each.value, moves=text[f"assumed.moves.{each.moves}"]
        )
        for each in data.assumptions
    ]
