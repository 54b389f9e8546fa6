"""Times as counters and spreadsheets write them, to local time; what may be read in two ways is not read.

Read without being told: year first with or without signs between (``2025-03-01 08:00``, ``2025/3/1 8:00``,
``2025-03-01T08``, ``20250301 0800``, ``2025年3月1日 8:00``), a month by its English name (``1-Mar-2025 08:00``) and the
day numbers of spreadsheets (``45717.333``), each with seconds, AM or PM and an offset from UTC where there is one.
``3/4/2025`` may be March or April: it needs a format.
"""

from __future__ import annotations

import re
import unicodedata
import zoneinfo
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import pandas as pd
from numpy.typing import NDArray

FORMS = "2025-03-01 08:00, 2025/3/1 8:00, 20250301 0800, or with an offset 2025-03-01T08:00+08:00"
_CLOCK = r"(?P<hour>\d{1,2})(?:[:时点h](?P<minute>\d{2})?分?(?::?(?P<second>\d{2})(?:[.,]\d{1,9})?秒?)?)?"
_SHORT_CLOCK = r"(?P<hour>\d{2}):?(?P<minute>\d{2})?(?::?(?P<second>\d{2})(?:[.,]\d{1,9})?)?"
_END = r"\s*(?P<half>[AaPp]\.?[Mm]\.?)?\s*(?P<zone>[Zz]|UTC|GMT|[+-]\d{2}(?::?\d{2})?)?"
_PATTERNS = tuple(
    re.compile(text + _END)
    for text in (
        rf"(?P<year>\d{{4}})[-/.年](?P<month>\d{{1,2}})[-/.月](?P<day>\d{{1,2}})日?(?:(?:[Tt]|\s+|(?<=日)){_CLOCK})?",
        rf"(?P<year>\d{{4}})(?P<month>\d{{2}})(?P<day>\d{{2}})(?:[Tt\s]?{_SHORT_CLOCK})?",
        rf"(?P<day>\d{{1,2}})[-/ .]\s*(?P<month>[A-Za-z]{{3,9}})\.?[-/ ,]\s*(?P<year>\d{{4}})(?:[Tt\s,]\s*{_CLOCK})?",
    )
)
_USUAL = r"\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2})?)?"
_MONTHS = {
    name: number
    for number, name in enumerate(
        ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"], start=1
    )
}
_SERIAL = re.compile(r"\d{5}(?:\.\d+)?")
_SERIALS = (20_000, 80_000)
"""Day numbers of spreadsheets from 1954 to 2119."""
_SERIAL_ZERO = pd.Timestamp("1899-12-30")
_TWO_WAYS = re.compile(r"(?P<first>\d{1,2})(?P<sign>[/.-])(?P<second>\d{1,2})[/.-](?P<year>\d{4}|\d{2})(?P<rest>\D.*)?")
_YEARS = (1900, 2200)
_NOON = 12
_DAY_MIN = 1440
_MOST_OFFSET_MIN = 14 * 60


@dataclass(frozen=True, kw_only=True, eq=False)
class ReadTimes:
    """Times of a column.

    Parameters
    ----------
    local
        Local times; NaT where nothing was read.
    offset_min
        Minutes that local time is ahead of UTC; NaN where the text does not tell.
    unread
        Where a cell holds something that is not read.
    """

    local: pd.Series
    offset_min: pd.Series
    unread: pd.Series

    @property
    def clash(self) -> str:
        """Why the offsets do not tell local time, in words; empty where they do or there are none."""
        found = np.unique(self.offset_min.dropna())
        if len(found) > 1:
            return f"have the offsets {' and '.join(written_offset(value) for value in found[:3])}"
        return "are in UTC" if len(found) and found[0] == 0 else ""

    def in_zone(self, zone: str) -> ReadTimes:
        """Return the times with those that tell their offset brought to a zone; the others are local already."""
        told = self.offset_min.notna()
        local, offset = self.local.copy(), self.offset_min.copy()
        instants = pd.DatetimeIndex(local[told] - pd.to_timedelta(offset[told], unit="m")).tz_localize("UTC")
        there = instants.tz_convert(zoneinfo.ZoneInfo(zone)).tz_localize(None)
        local[told] = there.to_numpy()
        offset[told] = (there - instants.tz_localize(None)).total_seconds().to_numpy() / 60
        return ReadTimes(local=local, offset_min=offset, unread=self.unread)


def read_times(values: pd.Series, formats: Sequence[str] = ()) -> ReadTimes:
    """Read a column of times.

    Parameters
    ----------
    values
        Times, or their text.
    formats
        Formats of ``datetime.strptime`` tried in this order; without any, what can be read in one way only is read.

    Returns
    -------
    ReadTimes
        By the index of `values`.

    Examples
    --------
    >>> times = read_times(pd.Series(["2025/3/1 8:00", "20250301T0815+08:00", "3/4/2025", ""]))
    >>> [str(time) for time in times.local[:2]], times.offset_min.tolist(), times.unread.tolist()
    (['2025-03-01 08:00:00', '2025-03-01 08:15:00'], [nan, 480.0, nan, nan], [False, False, True, False])
    """
    if isinstance(values.dtype, pd.DatetimeTZDtype):
        local = values.dt.tz_localize(None)
        offset = (local - values.dt.tz_convert("UTC").dt.tz_localize(None)).dt.total_seconds() / 60
        return ReadTimes(local=local, offset_min=offset, unread=pd.Series(False, index=values.index))
    if pd.api.types.is_datetime64_any_dtype(values):
        nothing = pd.Series(np.nan, index=values.index)
        return ReadTimes(local=values, offset_min=nothing, unread=pd.Series(False, index=values.index))
    text = values.astype(object).where(values.notna(), "").map(_plain)
    code, known = pd.factorize(text)
    local, offset = _by_format(list(known), formats) if formats else _by_form(list(known))
    frame = pd.DataFrame({"local": local[code], "offset": offset[code]}, index=values.index)
    unread = frame["local"].isna() & (text != "")
    return ReadTimes(local=frame["local"], offset_min=frame["offset"], unread=unread)


def day_or_month_first(values: pd.Series) -> str:
    """Return the format to suggest for times such as 3/4/2025, or an empty text where there are none."""
    found = [match for value in pd.unique(values.map(_plain)) if (match := _TWO_WAYS.fullmatch(value))]
    if not found:
        return ""
    parts = ["%d", "%m"]
    if any(int(match["second"]) > _NOON for match in found):
        parts.reverse()
    sample = found[0]
    clock = " %H:%M:%S" if (sample["rest"] or "").count(":") > 1 else " %H:%M" if ":" in (sample["rest"] or "") else ""
    return sample["sign"].join([*parts, "%Y" if len(sample["year"]) > 2 else "%y"]) + clock


def written_offset(minutes: float) -> str:
    """Return an offset from UTC as it is written.

    Examples
    --------
    >>> written_offset(480), written_offset(-210), written_offset(0)
    ('+08:00', '-03:30', 'Z')
    """
    if minutes == 0:
        return "Z"
    hours, rest = divmod(abs(round(minutes)), 60)
    return f"{'-' if minutes < 0 else '+'}{hours:02d}:{rest:02d}"


def _plain(value: object) -> str:
    return unicodedata.normalize("NFKC", str(value)).strip()


def _by_form(texts: Sequence[str]) -> tuple[NDArray[np.datetime64], NDArray[np.float64]]:
    """Return local times (NaT) and offsets in minutes (NaN) of texts that can be read in one way only."""
    local = np.full(len(texts), np.datetime64("NaT", "ns"))
    offset = np.full(len(texts), np.nan)
    column = pd.Series(texts, dtype=object)
    usual = column.astype(str).str.fullmatch(_USUAL).to_numpy(dtype=bool)
    # A million rows of the usual form are read at once, the others one by one.
    at_once = pd.to_datetime(column[usual], format="ISO8601", errors="coerce")
    at_once = at_once.where(at_once.dt.year.between(_YEARS[0], _YEARS[1] - 1))
    local[usual] = at_once.to_numpy(dtype="datetime64[ns]")
    for place in np.flatnonzero(np.isnat(local)):
        text = column[int(place)]
        if _SERIAL.fullmatch(text):
            days = float(text)
            if _SERIALS[0] <= days < _SERIALS[1]:
                local[place] = (_SERIAL_ZERO + pd.Timedelta(round(days * 86400), unit="s")).to_datetime64()
            continue
        match = next((found for pattern in _PATTERNS if (found := pattern.fullmatch(text))), None)
        moment = None if match is None else _moment(match)
        if match is None or moment is None:
            continue
        minutes = _offset(match["zone"])
        if abs(minutes) > _MOST_OFFSET_MIN:
            continue
        local[place], offset[place] = moment, minutes
    return local, offset


def _moment(match: re.Match[str]) -> np.datetime64 | None:
    """Return the time of a match; None where there is no such day or hour."""
    month = _MONTHS.get(match["month"].lower()[:3], 0) if match["month"].isalpha() else int(match["month"])
    hour, minute, second = (int(match[name] or 0) for name in ("hour", "minute", "second"))
    half = (match["half"] or "").lower()[:1]
    if half and not 1 <= hour <= _NOON:
        return None
    if half:
        hour = hour % _NOON + (_NOON if half == "p" else 0)
    ends = hour == 24 and not minute and not second
    try:
        day = datetime(int(match["year"]), month, int(match["day"]), 0 if ends else hour, minute, second)  # noqa: DTZ001
    except ValueError:
        return None
    if not _YEARS[0] <= day.year < _YEARS[1]:
        return None
    return np.datetime64(day, "ns") + np.timedelta64(1 if ends else 0, "D")


def _offset(text: str | None) -> float:
    if text is None:
        return float("nan")
    if text[0] not in "+-":
        return 0.0
    digits = text[1:].replace(":", "")
    minutes = int(digits[:2]) * 60 + int(digits[2:] or 0)
    return float(-minutes if text[0] == "-" else minutes)


def _by_format(texts: Sequence[str], formats: Sequence[str]) -> tuple[NDArray[np.datetime64], NDArray[np.float64]]:
    local = np.full(len(texts), np.datetime64("NaT", "ns"))
    offset = np.full(len(texts), np.nan)
    for place, text in enumerate(texts):
        for pattern in formats:
            try:
                moment = datetime.strptime(text, pattern)  # noqa: DTZ007 -- local time is meant
            except ValueError:
                continue
            ahead = moment.utcoffset()
            if _YEARS[0] <= moment.year < _YEARS[1]:
                local[place] = np.datetime64(moment.replace(tzinfo=None), "ns")
                offset[place] = np.nan if ahead is None else ahead.total_seconds() / 60
            break
    return local, offset
