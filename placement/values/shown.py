"""Values that show themselves: what they are in the planner's words, in at most :data:`MOST_LINES` lines.

A class says it in a method ``_shown``, as a headline and rows of a name and a text; one that has none is shown by its
fields. Text and HTML (what a notebook shows of a cell's last value) say the same.
"""

from __future__ import annotations

import html
from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse

MOST_LINES = 15
"""Lines of any value, its headline among them."""
SIMULATED = "SIMULATED DATA"
"""Said wherever a value rests on an input that is declared simulated."""

_WIDTH = 110
_NAMED = 4
_PLAIN = (str, int, float, bool, type(None))

Shown = tuple[str, Iterable[tuple[str, str]]]
"""A headline, and rows of a name and a text."""


def as_text(value: Any) -> str:
    """Return a value as ``repr`` shows it."""
    if not hasattr(value, "_shown") and is_short(value):
        named = ", ".join(f"{name}={each!r}" for name, each in _public(value))
        return f"{type(value).__name__}({named})"
    headline, rows = _within_limits(value)
    width = max((len(name) for name, _ in rows), default=0)
    return "\n".join([headline, *(cut(f"  {name:<{width}}  {text}".rstrip()) for name, text in rows)])


def as_html(value: Any) -> str:
    """Return a value as a notebook shows it."""
    headline, rows = _within_limits(value)
    cells = "".join(
        f'<tr><th style="text-align:left">{html.escape(name)}</th>'
        f'<td style="text-align:left">{html.escape(text)}</td></tr>'
        for name, text in rows
    )
    return f"<div><strong>{html.escape(headline)}</strong>" + (f"<table>{cells}</table>" if cells else "") + "</div>"


def text_as_html(value: Any) -> str:
    """Return as a notebook shows it a value that has a text of its own."""
    return f"<pre>{html.escape(repr(value))}</pre>"


def headline_of(value: Any) -> str:
    """Return the first line of a value."""
    return repr(value).partition("\n")[0]


def of_data(simulated: object) -> str:
    """Return what is added to a headline where data are simulated; nothing where they are not."""
    return f" ({SIMULATED})" if simulated else ""


def share(part: float, whole: float) -> str:
    """Return a share in percent; a dash where there is nothing to share."""
    return f"{part / whole:.1%}" if whole else "-"


def listed_briefly(names: Iterable[object]) -> str:
    """Return the first few names and how many there are beside them."""
    every = [str(name) for name in names]
    more = len(every) - _NAMED
    return ", ".join(every[:_NAMED]) + (f" and {more:,} more" if more > 0 else "")


def brief(value: Any) -> str:
    """Return what an attribute is in a line: a number as it is, an array by its shape, a value by its headline."""
    for kinds, said in _KINDS:
        if isinstance(value, kinds):
            return said(value)
    if is_dataclass(value):
        return headline_of(value)
    if hasattr(value, "_shown"):
        return ", ".join(f"{name} {text}" for name, text in _within_limits(value)[1]) or "none"
    return "none" if value is None else str(value)


def cut(text: str) -> str:
    """Return a text in one line that is not too long to read."""
    line = " ".join(text.splitlines()) if "\n" in text else text
    return line if len(line) <= _WIDTH else line[: _WIDTH - 3] + "..."


def is_short(value: Any) -> bool:
    """Return whether all fields of a value are numbers and texts that fit into a line."""
    own = _public(value)
    return all(isinstance(each, _PLAIN) for _, each in own) and sum(len(f"{pair}") for pair in own) <= _WIDTH


def _items(items: Any) -> str:
    first = next(iter(items), None)
    if first is None:
        return "none"
    if is_dataclass(first):
        return f"{len(items):,} {type(first).__name__}"
    return listed_briefly(brief(each) for each in items)


def _by(shape: tuple[int, ...]) -> str:
    return " x ".join(f"{size:,}" for size in shape)


def _public(value: Any) -> list[tuple[str, Any]]:
    return [(each.name, getattr(value, each.name)) for each in fields(value) if not each.name.startswith("_")]


def _within_limits(value: Any) -> tuple[str, list[tuple[str, str]]]:
    if hasattr(value, "_shown"):
        headline, rows = value._shown()  # noqa: SLF001 -- the protocol of this module
    else:
        headline, rows = type(value).__name__, [(name, brief(each)) for name, each in _public(value)]
    lines = [(name, cut(text)) for name, text in rows]
    if len(lines) >= MOST_LINES:
        left = len(lines) - (MOST_LINES - 2)
        lines = [*lines[: MOST_LINES - 2], ("...", f"and {left} more")]
    return cut(headline), lines


_KINDS: tuple[tuple[Any, Callable[[Any], str]], ...] = (
    (bool | np.bool_ | str, str),
    (int | np.integer, lambda value: f"{value:,}"),
    (float | np.floating, lambda value: f"{value:,.6g}"),
    (np.ndarray, lambda value: f"{_by(value.shape)} numbers ({value.dtype})"),
    ((sparse.sparray, sparse.spmatrix), lambda value: f"{_by(value.shape)}, {value.nnz:,} entries"),
    (pd.DataFrame, lambda value: f"{len(value):,} rows: {listed_briefly(value.columns)}"),
    (Mapping, lambda value: listed_briefly(f"{name} {brief(each)}" for name, each in value.items()) or "none"),
    (tuple | list | frozenset | pd.Index | pd.Series, _items),
)
"""How what a field may hold is said in a line."""
