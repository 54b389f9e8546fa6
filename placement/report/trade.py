"""The trade between reach and visits as a table and a picture of the report."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from placement.report.goods import Text, percent
from placement.values import Frontier, TradePoint

WIDTH, HEIGHT = 640, 300
_LEFT, _RIGHT, _TOP, _BOTTOM = 70, 24, 16, 42
_TICKS = 5


@dataclass(frozen=True, kw_only=True)
class Dot:
    """A set of stations in the picture: where, what stands beside it, and its mark."""

    x: float
    y: float
    label: str
    mark: str


@dataclass(frozen=True, kw_only=True)
class Picture:
    """Coverage to the right, visits upwards, in pixels: a line through plans, dots, and ticks as (at, text)."""

    line: str
    dots: tuple[Dot, ...]
    across: tuple[tuple[float, str], ...]
    up: tuple[tuple[float, str], ...]


def trade_says(frontier: Frontier, text: Text) -> str:
    """Return the trade in a sentence."""
    return text["trade.says" if frontier.trades else "trade.none"].format(**frontier.figures())


def trade_rows(frontier: Frontier, text: Text) -> list[dict[str, str]]:
    """Return a row a set of stations, as text."""
    rows = []
    for point, shared in zip(frontier.points, frontier.table["shared"], strict=True):
        idle = text["trade.new"].format(idle=point.idle, new=point.idle_new) if point.idle_new else f"{point.idle}"
        rows.append(
            {
                "mark": _mark(point, text),
                "weight": "" if point.visits_weight is None else f"{float(point.visits_weight):g}",
                "coverage": percent(point.coverage),
                "visits": f"{point.visits:,.0f}",
                "idle": idle,
                "shared": f"{shared} / {len(point.open)}",
                "gap": "" if point.gap is None else f"{100 * point.gap:.2f}%",
            }
        )
    return rows


def trade_picture(frontier: Frontier, text: Text) -> Picture:
    """Return the picture's places and labels."""
    across = _scale([point.coverage for point in frontier.points], _LEFT, WIDTH - _RIGHT)
    up = _scale([point.visits for point in frontier.points], HEIGHT - _BOTTOM, _TOP)
    between = sorted((point for point in frontier.points if not point.mark), key=lambda point: point.coverage)
    places = [(across(point.coverage), up(point.visits)) for point in between]
    return Picture(
        line=" ".join(f"{x:.1f},{y:.1f}" for x, y in places),
        dots=tuple(
            Dot(x=across(point.coverage), y=up(point.visits), label=_label(point, text), mark=point.mark)
            for point in sorted(frontier.points, key=lambda point: bool(point.mark))
        ),
        across=_ticks([point.coverage for point in frontier.points], across, percent),
        up=_ticks([point.visits for point in frontier.points], up, lambda visits: f"{visits:,.0f}"),
    )


def _mark(point: TradePoint, text: Text) -> str:
    return text[f"trade.{point.mark}"] if point.mark else ""


def _label(point: TradePoint, text: Text) -> str:
    return _mark(point, text) or f"{float(point.visits_weight or 0):g}"


def _scale(values: list[float], start: float, end: float) -> Callable[[float], float]:
    low, high = min(values), max(values)
    width = (high - low) or 1.0
    return lambda value: round(start + (end - start) * (0.04 + 0.92 * (value - low) / width), 1)


def _ticks(
    values: list[float], place: Callable[[float], float], said: Callable[[float], str]
) -> tuple[tuple[float, str], ...]:
    at = np.linspace(min(values), max(values), _TICKS)
    return tuple((place(float(value)), said(float(value))) for value in at)
