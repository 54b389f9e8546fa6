"""Periods cut where sites open or close, so that a site open for a part of a period serves that part of its need.

A piece is a period of its own, called ``evening 17:00-20:30``, with the part of the period's visits that its length is:
visits come evenly within a period. Every site is then open through all of a piece or closed through all of it, so that
whoever counts by whole periods counts parts of them exactly.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from placement.values.immutable import immutable

_DAY_MIN = 1440
_PIECE = re.compile(r"(.+) \d\d:\d\d-\d\d:\d\d")


@immutable
@dataclass(frozen=True, kw_only=True)
class Pieces:
    """Periods in pieces.

    Parameters
    ----------
    periods
        (start, end) in minutes after midnight by name.
    share
        Part of the visits by name.
    of
        Names of the pieces by period; the period itself where nothing cuts it.
    """

    periods: Mapping[str, tuple[int, int]]
    share: Mapping[str, float]
    of: Mapping[str, tuple[str, ...]]

    @property
    def cut(self) -> bool:
        """Whether any period is in pieces."""
        return any(len(names) > 1 for names in self.of.values())

    def named(self, within: Mapping[str, Sequence[str]]) -> dict[str, tuple[str, ...]]:
        """Return lists of periods as lists of their pieces."""
        return {key: tuple(piece for name in names for piece in self.of[name]) for key, names in within.items()}


def period_pieces(
    periods: Mapping[str, tuple[int, int]], share: Mapping[str, float], hours: Iterable[tuple[int, int]]
) -> Pieces:
    """Return periods cut at opening hours.

    Parameters
    ----------
    periods, share
        See :func:`placement.demand.estimate_demand`.
    hours
        (opens, closes) of every site, minutes after midnight; 0 and 1440 is always.

    Examples
    --------
    >>> cut = period_pieces({"evening": (1020, 1260)}, {"evening": 0.2}, [(540, 1230), (0, 1440)])
    >>> dict(cut.periods)
    {'evening 17:00-20:30': (1020, 1230), 'evening 20:30-21:00': (1230, 1260)}
    >>> [round(part, 3) for part in cut.share.values()]
    [0.175, 0.025]
    """
    clock = sorted({at % _DAY_MIN for opens, closes in hours if (closes - opens) % _DAY_MIN for at in (opens, closes)})
    found: dict[str, tuple[int, int]] = {}
    shares: dict[str, float] = {}
    names: dict[str, tuple[str, ...]] = {}
    for name, (start, end) in periods.items():
        length = (end - start) % _DAY_MIN or _DAY_MIN
        inner = sorted({(at - start) % _DAY_MIN for at in clock} - {0})
        edges = [0, *(at for at in inner if at < length), length]
        if len(edges) == 2:
            found[name], shares[name], names[name] = (start, end), share[name], (name,)
            continue
        of = []
        for low, high in pairwise(edges):
            first, last = (start + low) % _DAY_MIN, (start + high) % _DAY_MIN or _DAY_MIN
            piece = f"{name} {_clock(first)}-{_clock(last)}"
            found[piece], shares[piece] = (first, last), share[name] * (high - low) / length
            of.append(piece)
        names[name] = tuple(of)
    return Pieces(periods=found, share=shares, of=names)


def period_of(name: str) -> str:
    """Return the name of the period that a piece is of; of no piece its own."""
    match = _PIECE.fullmatch(name)
    return name if match is None else match[1]


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02d}:{minutes % 60:02d}"
