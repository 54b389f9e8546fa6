"""One cell to a text, a number, a time of day, an amount of money. What is not plainly one of them is refused."""

from __future__ import annotations

import datetime as dt
import json
import re
import unicodedata
from collections.abc import Sequence
from decimal import Decimal

import numpy as np
import pandas as pd

from placement.study.fields import MOST_FEN
from placement.study.names import canonical, has_control

NOT_MONEY = -1
_CLOCK = re.compile(r"(?:([01]?[0-9]|2[0-3]):([0-5][0-9])|24:00)(?::00)?")
_ERROR = re.compile(r"#(?:N/A|REF!|VALUE!|DIV/0!|NAME\?|NULL!|NUM!|SPILL!|CALC!)")
NUMBER = r"[+-]?(?:[0-9]{1,40}(?:\.[0-9]{0,40})?|\.[0-9]{1,40})(?:[eE][+-]?[0-9]{1,2})?"
_NUMBER = re.compile(NUMBER)
_THOUSANDS = re.compile(r"[+-]?[0-9]{1,3}(?:[,  '_][0-9]{3})+(?:\.[0-9]+)?")
_DECIMAL_COMMA = re.compile(r"[+-]?[0-9]*,[0-9]+")


def is_blank(value: object) -> bool:
    """Return whether a cell holds nothing."""
    if value is None or value is pd.NA or value is pd.NaT or (isinstance(value, float) and np.isnan(value)):
        return True
    return isinstance(value, str) and not value.strip()


def is_nested(value: object) -> bool:
    """Return whether a cell holds a list or an object, as cells of GeoJSON and Parquet may."""
    return isinstance(value, list | tuple | set | dict | np.ndarray | bytes)


def as_text(value: object) -> str:
    """Return a cell as text without outer blanks; whole floats without their ``.0``."""
    if is_blank(value):
        return ""
    if isinstance(value, float | np.floating) and float(value).is_integer() and abs(float(value)) < 1e15:
        return str(int(value))
    if isinstance(value, dt.datetime) and value.time() == dt.time(0):
        return value.date().isoformat()
    text = str(value).strip()
    # A cell of nothing but signs of no width looks blank.
    return "" if not text.isprintable() and not canonical(text) and not has_control(text) else text


def is_error(text: str) -> bool:
    """Return whether a cell is what a spreadsheet shows in place of a value it cannot compute."""
    return text.startswith("#") and bool(_ERROR.fullmatch(text))


def as_list(value: object) -> tuple[str, ...] | None:
    """Return the texts of a list, or of a text separated by ``;``; None where it holds more than texts and numbers.

    Examples
    --------
    >>> as_list("id; tax"), as_list(["id", "tax"]), as_list('["id", "tax"]'), as_list({"id": 1})
    (('id', 'tax'), ('id', 'tax'), ('id', 'tax'), None)
    """
    if isinstance(value, str) and value.strip().startswith("[") and value.strip().endswith("]"):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            return None
    if isinstance(value, list | tuple | np.ndarray):
        items: Sequence[object] = list(value)
        if any(is_nested(item) for item in items):
            return None
        return tuple(text for text in map(as_text, items) if text)
    if is_nested(value):
        return None
    return tuple(part.strip() for part in as_text(value).split(";") if part.strip())


def as_numbers(column: pd.Series) -> pd.Series:
    """Return floats of a column of any kind; NaN where a cell is blank or no plain decimal number.

    Fullwidth digits are digits; thousands separators, decimal commas, underscores, hexadecimal numbers, units, logical
    values and the words nan and inf are not taken for numbers.
    """
    if pd.api.types.is_bool_dtype(column):
        return pd.Series(np.nan, index=column.index, dtype=float)
    if pd.api.types.is_numeric_dtype(column):
        return column.astype(float)
    texts = column.dtype != object or all(isinstance(value, str) for value in column)
    if texts and column.notna().all() and column.str.fullmatch(NUMBER).all():
        return column.astype(float)
    return pd.Series([_as_number(value) for value in column], index=column.index, dtype=float)


def _as_number(value: object) -> float:
    if isinstance(value, bool | np.bool_) or is_nested(value):
        return float("nan")
    if isinstance(value, int | float | Decimal | np.number):
        try:
            return float(value)
        except OverflowError:
            return float("inf")
    text = plain(value)
    return float(text) if _NUMBER.fullmatch(text) else float("nan")


def plain(value: object) -> str:
    """Return a cell as text with fullwidth signs made plain ones."""
    text = as_text(value)
    return text if text.isascii() else unicodedata.normalize("NFKC", text).replace("−", "-").strip()


def number_remedy(values: Sequence[object]) -> str:
    """Return what to do about cells that are no number."""
    texts = [plain(value) for value in values]
    if any(_THOUSANDS.fullmatch(text) for text in texts):
        return "write digits only, without thousands separators"
    if any(_DECIMAL_COMMA.fullmatch(text) for text in texts):
        return "write a decimal point"
    if any(text.endswith("%") for text in texts):
        return "write a share as 0.5, not as 50 %"
    return "write digits only"


def as_minutes(value: object) -> int:
    """Return minutes after midnight of HH:MM; -1 where it is none."""
    match = _CLOCK.fullmatch(plain(value))
    if not match:
        return -1
    return 1440 if match.group(1) is None else int(match.group(1)) * 60 + int(match.group(2))


def as_fen(value: object) -> object:
    """Return whole fen of an amount in yuan; NA where blank, NOT_MONEY where it is none."""
    text = plain(value)
    if not text:
        return pd.NA
    if not _NUMBER.fullmatch(text):
        return NOT_MONEY
    fen = Decimal(text) * 100
    return int(fen) if 0 <= fen < MOST_FEN and fen == fen.to_integral_value() else NOT_MONEY
