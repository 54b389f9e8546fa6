"""Types of the settings in `study.toml`: periods, amounts of money, shares, local paths."""

from __future__ import annotations

import re
from decimal import Decimal
from fractions import Fraction
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field

_PERIOD = re.compile(r"([01]\d|2[0-3]|24):([0-5]\d)-([01]\d|2[0-3]|24):([0-5]\d)")
_REMOTE = re.compile(r"^(?:[a-z][a-z0-9+.-]+:/|/vsi)", re.IGNORECASE)


MOST_FEN = 10**15
"""Amounts are below ten trillion yuan, so that sums of them stay exact."""


def parse_period(text: str) -> tuple[int, int]:
    """Return (start, end) in minutes after midnight of ``HH:MM-HH:MM``.

    Examples
    --------
    >>> parse_period("20:00-08:00")
    (1200, 480)
    """
    match = _PERIOD.fullmatch(text)
    if not match:
        raise ValueError(f"{text!r} is not a period such as 08:00-20:00")
    hours = [int(part) for part in match.groups()]
    start, end = hours[0] * 60 + hours[1], hours[2] * 60 + hours[3]
    if start > 1440 or end > 1440 or start == end:
        raise ValueError(f"{text!r} is not a period such as 08:00-20:00 (all day is 00:00-24:00)")
    return start, end


def _to_fen(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise ValueError("must be an amount in yuan, e.g. 80000 or 80000.50")
    fen = Decimal(value) * 100
    if not fen.is_finite() or fen < 0:
        raise ValueError("must be an amount in yuan of 0 or more")
    if fen >= MOST_FEN:
        raise ValueError("is beyond any budget; leave the key out for no limit")
    if fen != fen.to_integral_value():
        raise ValueError("has more than two decimals; amounts are yuan and fen")
    return int(fen)


def _local_path(text: str) -> str:
    if not text or _REMOTE.match(text):
        raise ValueError("must be a path to a local file")
    return text


def as_file(value: Any) -> Any:
    """Return an input given as a bare path in its long form."""
    return {"path": value} if isinstance(value, str) else value


def _share(value: Any) -> Fraction:
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal | Fraction) or not 0 <= value <= 1:
        raise ValueError("must be a share between 0 and 1")
    return Fraction(str(value))


Flag = Annotated[bool, Field(strict=True)]
Fen = Annotated[int, BeforeValidator(_to_fen)]
Share = Annotated[float, Field(ge=0, le=1)]
ExactShare = Annotated[Fraction, BeforeValidator(_share)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
NotNegative = Annotated[float, Field(ge=0, allow_inf_nan=False)]
LocalPath = Annotated[str, AfterValidator(_local_path)]
