"""Types of the settings in `study.toml`: periods, amounts of money, shares, local paths."""

from __future__ import annotations

import difflib
import re
import unicodedata
import zoneinfo
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from placement.values.limits import MOST_RATIO

_PERIOD = re.compile(r"([01][0-9]|2[0-3]|24):([0-5][0-9])-([01][0-9]|2[0-3]|24):([0-5][0-9])")
_REMOTE = re.compile(r"^(?:[a-z][a-z0-9+.-]+:/|/vsi)", re.IGNORECASE)


_DAY_MIN = 1440
MOST_FEN = 10**15
"""Amounts are below ten trillion yuan, so that sums of them stay exact."""


MOST = 10**12
"""No other number of a study is larger."""
MOST_STATION_FEN = 500_000_000
"""No item of one station costs more than five million yuan; what does was written in fen."""


@dataclass(frozen=True)
class Called:
    """What the reference of keys (:mod:`placement.study.reference`) calls the values of a type, and their unit."""

    name: str = ""
    unit: str = ""


@dataclass(frozen=True)
class Assumed:
    """Marks a setting whose default has no source: where it acts on a study that does not state it, it is assumed.

    Parameters
    ----------
    ends
        Values of the key that would do as well; none where it moves no plan, or nobody has tried.
    moves
        What would be other with another value: the plan, or only intervals, or only figures beside the plan.
    value
        What holds where the key is absent, if its default does not tell.
    """

    ends: tuple[Any, ...] = ()
    moves: Literal["plan", "intervals", "figures"] = "plan"
    value: Any = None


def parse_period(text: str) -> tuple[int, int]:
    """Return (start, end) in minutes after midnight of ``HH:MM-HH:MM``.

    Examples
    --------
    >>> parse_period("20:00-08:00")
    (1200, 480)
    """
    match = _PERIOD.fullmatch(unicodedata.normalize("NFKC", text).strip())
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


def _station_fen(value: Any) -> int:
    fen = _to_fen(value)
    if fen > MOST_STATION_FEN:
        raise ValueError(f"is above {MOST_STATION_FEN // 100:,} yuan a station; amounts are yuan: are these fen?")
    return fen


def at_most(most: int, what: str) -> Callable[[float], float]:
    """Return a check that a number is `most` or less; `what` says of what, and from where a larger one may come."""

    def check(value: float) -> float:
        """Return the value, or raise."""
        if value > most:
            raise ValueError(f"is above {most:,} {what}")
        return value

    return check


def half_at_most(share: Fraction) -> Fraction:
    """Return a share of a half or less, or raise."""
    if share > Fraction(1, 2):
        raise ValueError("is above 1/2: a second station in reach would count more than a first")
    return share


def _local_path(text: str) -> str:
    if not text.strip() or _REMOTE.match(text):
        raise ValueError("must be a path to a local file")
    return text


_OF_THE_MACHINE = frozenset({"localtime", "posixrules", "Factory"})
"""Names of zone files that mean something else on every machine."""


def _time_zone(name: str) -> str:
    try:
        if name in _OF_THE_MACHINE:
            raise ValueError("is of the machine, not of a place")
        zoneinfo.ZoneInfo(name)
    except (ValueError, OSError, zoneinfo.ZoneInfoNotFoundError) as error:
        near = difflib.get_close_matches(name, sorted(zoneinfo.available_timezones()), n=1)
        hint = f"did you mean {near[0]}?" if near else "use a name such as Asia/Shanghai"
        raise ValueError(f"{name!r} is no time zone: {hint}") from error
    return name


def _time_format(text: str) -> str:
    moment = datetime(2025, 3, 14, 15, 9, 26, tzinfo=UTC)
    try:
        again = datetime.strptime(moment.strftime(text), text)  # noqa: DTZ007 -- a date is compared
    except (ValueError, re.error) as error:
        raise ValueError(f"{text!r} is no format of times ({error}); e.g. %d/%m/%Y %H:%M") from error
    if again.date() != moment.date() or ("%I" in text and "%p" not in text):
        raise ValueError(f"{text!r} does not tell year, month and day (and AM or PM with %I); e.g. %d/%m/%Y %H:%M")
    return text


def _minutes_a_row(value: Any) -> Any:
    if value in ("hour", "day") or (isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= _DAY_MIN):
        return {"hour": 60, "day": _DAY_MIN}.get(value, value)
    raise ValueError('must be "hour", "day" or whole minutes up to 1440')


def as_file(value: Any) -> Any:
    """Return an input given as a bare path in its long form."""
    return {"path": value} if isinstance(value, str) else value


def _share(value: Any) -> Fraction:
    if not isinstance(value, Fraction):
        _number(value)
    if not 0 <= value <= 1:
        raise ValueError("must be a share between 0 and 1: 0.5 is 50 %")
    return Fraction(str(value))


def _ratio(value: Any) -> Fraction:
    if not isinstance(value, Fraction):
        _number(value)
    if not 0 <= value <= MOST_RATIO:
        raise ValueError(f"must be a number between 0 and {MOST_RATIO:,}")
    return Fraction(str(value))


def _number(value: Any) -> Any:
    """Return a number as it is; words, logical values and texts of digits are none."""
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal) or value != value:  # noqa: PLR0124 -- NaN
        raise ValueError("must be a number, without quotes")
    if value >= MOST or value <= -MOST:
        raise ValueError("is beyond any number a study needs")
    return value


def _plain_share(value: float) -> float:
    if not 0 <= value <= 1:
        raise ValueError("must be a share between 0 and 1: 0.5 is 50 %")
    return value


def _engine_numbers(value: Any) -> Any:
    """Return groups of numbers, or of lists of numbers; whether the engine knows them is not known here."""
    if not isinstance(value, Mapping) or not all(isinstance(group, Mapping) for group in value.values()):
        raise ValueError("must be tables of numbers: write [solve.engine.plans] and epochs = 8 below it")
    return {name: {key: _engine_number(each) for key, each in group.items()} for name, group in value.items()}


def _engine_number(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return tuple(_engine_number(each) for each in value)
    number = _number(value)
    return number if isinstance(number, int) else float(number)


EngineNumbers = Annotated[
    Mapping[str, Mapping[str, Any]], BeforeValidator(_engine_numbers), Called("tables of numbers")
]
MinutesARow = Annotated[int, BeforeValidator(_minutes_a_row), Called('"hour", "day" or whole number', "minutes")]
TimeZone = Annotated[str, AfterValidator(_time_zone), Called("time zone")]
TimeFormat = Annotated[str, AfterValidator(_time_format), Called("format of times")]
Flag = Annotated[bool, Field(strict=True)]
Fen = Annotated[int, BeforeValidator(_to_fen), Called("amount", "yuan")]
StationFen = Annotated[int, BeforeValidator(_station_fen), Called("amount", "yuan")]
Number = Annotated[float, BeforeValidator(_number), Field(allow_inf_nan=False)]
Share = Annotated[Number, AfterValidator(_plain_share), Called("share", "0 to 1")]
ExactShare = Annotated[Fraction, BeforeValidator(_share), Called("share", "0 to 1")]
ExactRatio = Annotated[Fraction, BeforeValidator(_ratio), Called("number")]
Positive = Annotated[Number, Field(gt=0)]
NotNegative = Annotated[Number, Field(ge=0)]
Minutes = Annotated[Positive, AfterValidator(at_most(240, "minutes; are these seconds?")), Called(unit="minutes")]
Metres = Annotated[Positive, AfterValidator(at_most(200_000, "metres")), Called(unit="metres")]
LocalPath = Annotated[str, AfterValidator(_local_path), Called("path")]
AgeGroup = Annotated[str, Called("age group")]
District = Annotated[str, Called("district")]
Host = Annotated[str, Called("host")]
Chain = Annotated[str, Called("chain")]
Period = Annotated[str, Called("period")]
PopulationColumn = Annotated[str, Called("column")]
Service = Annotated[str, Called("service")]
