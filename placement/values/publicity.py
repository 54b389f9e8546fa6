"""What a plan may spend on publicity and guides, and what each does: awareness by area and level, uptake by guides."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from fractions import Fraction
from itertools import pairwise
from typing import Any

import pandas as pd

from placement.values.checks import MOST_FEN, Faults, is_number, shown
from placement.values.immutable import immutable
from placement.values.shown import Shown, listed_briefly

COLUMNS = ("area", "spend_yuan", "awareness", "package")
"""Of a frame of levels; `package` may be absent."""
_FEN_A_YUAN = 100


@immutable
@dataclass(frozen=True, kw_only=True)
class Level:
    """One level of publicity in one area.

    Parameters
    ----------
    area
        A survey area (`district` of the demand points) or a district (`parent`).
    spend_fen
        What it costs, fen a year, beside what is spent today.
    awareness
        Share of the area's residents who then know the service, 0..1.
    package
        Name of what is bought as a whole; empty: any amount up to `spend_fen` can be spent, and what it does lies on
        the line between the levels.
    """

    area: str
    spend_fen: int
    awareness: float
    package: str = ""


@immutable
@dataclass(frozen=True, kw_only=True)
class Publicity:
    """Levels of publicity by area.

    Publicity reaches the same share of those who do not know the service yet, whatever their age.

    Parameters
    ----------
    levels
        Of each area in order of what they cost. Awareness rises with what is spent, by less and less a fen; where an
        area has packages, at most one of them is bought, and awareness need only rise.

    Raises
    ------
    InputError
        Listing every level that is none.
    """

    levels: tuple[Level, ...]

    def __post_init__(self) -> None:
        levels = sorted(self.levels, key=lambda level: (str(level.area), level.spend_fen))
        object.__setattr__(self, "levels", tuple(levels))
        faults = Faults("publicity")
        for area, problem, remedy in level_problems([(each.area, each) for each in levels]):
            faults.add(problem, row=area, remedy=remedy)
        faults.raise_any()

    @classmethod
    def from_frame(cls, frame: pd.DataFrame) -> Publicity:
        """Return the levels of a frame with columns `area`, `spend_yuan` (a year), `awareness` and, where spend comes
        in wholes, `package`.

        Examples
        --------
        >>> Publicity.from_frame(pd.DataFrame({"area": ["A"], "spend_yuan": [2000], "awareness": [0.7]})).areas
        ('A',)
        """  # noqa: D205 -- one sentence
        faults = Faults("publicity")
        if not isinstance(frame, pd.DataFrame):
            faults.add(f"is {shown(frame)}", remedy="give a frame")
            faults.raise_any()
        lacking = [name for name in COLUMNS[:3] if name not in frame.columns]
        for name in lacking:
            faults.add(f"column {name} is missing", row=name, remedy=f"add {name}")
        faults.raise_any()
        packages = frame["package"] if "package" in frame.columns else [""] * len(frame)
        levels = [
            Level(area=area, spend_fen=_fen(spend), awareness=awareness, package=package)
            for area, spend, awareness, package in zip(
                frame["area"], frame["spend_yuan"], frame["awareness"], packages, strict=True
            )
        ]
        return cls(levels=tuple(levels))

    @property
    def areas(self) -> tuple[str, ...]:
        """Names of the areas, in order."""
        return tuple(sorted({level.area for level in self.levels}))

    @property
    def by_area(self) -> Mapping[str, tuple[Level, ...]]:
        """Levels of each area."""
        return {area: tuple(level for level in self.levels if level.area == area) for area in self.areas}

    def _shown(self) -> Shown:
        rows = [
            (
                area,
                listed_briefly(f"{level.awareness:.0%} for {level.spend_fen / _FEN_A_YUAN:,.0f}" for level in levels),
            )
            for area, levels in self.by_area.items()
        ]
        return f"Publicity: {len(self.areas):,} areas, yuan a year", rows


@immutable
@dataclass(frozen=True, kw_only=True)
class Guides:
    """What a guide at a station does: more of an age group use the service where a guided station is within reach.

    Parameters
    ----------
    age_group
        Whose.
    uptake
        Share of those who know the service that then uses it, 0..1.

    Raises
    ------
    InputError
        If `age_group` is no text, or `uptake` no share above 0.
    """

    age_group: str
    uptake: float

    def __post_init__(self) -> None:
        faults = Faults("guides")
        age_group: Any = self.age_group
        if not isinstance(age_group, str) or not age_group:
            faults.add(f"age_group is {shown(age_group)}", row="age_group", remedy="give a text")
        if faults.share("uptake", self.uptake) == 0:
            faults.add("uptake is 0: guides would do nothing", row="uptake", remedy="give a share above 0")
        faults.raise_any()
        object.__setattr__(self, "uptake", float(self.uptake))

    def _shown(self) -> Shown:
        return f"Guides: {self.uptake:.0%} of the aware {self.age_group} use a guided station", ()


def level_problems(levels: Iterable[tuple[Any, Level]]) -> Iterator[tuple[Any, str, str]]:
    """Yield (row, what is wrong, remedy) of levels, each with the name of its row; in order of area and spend."""
    sound: dict[str, list[tuple[Any, Level]]] = {}
    for row, level in levels:
        problems = list(_problems(level))
        yield from ((row, *each) for each in problems)
        if not problems:
            sound.setdefault(level.area, []).append((row, level))
    for own in sound.values():
        yield from _area_problems(own)


def _problems(level: Level) -> Iterator[tuple[str, str]]:
    given: dict[str, Any] = {each.name: getattr(level, each.name) for each in fields(level)}
    if not isinstance(given["area"], str) or not given["area"]:
        yield f"area is {shown(given['area'])}", "give the name of a district or survey area"
    if not isinstance(given["package"], str):
        yield f"package is {shown(given['package'])}", "give a text, or nothing"
    fen = given["spend_fen"]
    if isinstance(fen, bool) or not isinstance(fen, int) or fen <= 0:
        yield f"spend is {shown(fen)} fen", "give an amount above 0, at most two decimals of a yuan"
    elif fen > MOST_FEN:
        yield f"spend is {fen} fen", f"give {MOST_FEN} or less"
    if not is_number(given["awareness"]) or not 0 < given["awareness"] <= 1:
        yield f"awareness is {shown(given['awareness'])}, not a share above 0", "0.6 is 60 %"


def _area_problems(levels: list[tuple[Any, Level]]) -> Iterator[tuple[Any, str, str]]:
    named = [level.package != "" for _, level in levels]
    if any(named) and not all(named):
        row = levels[named.index(False)][0]
        yield row, "has no package, and others of its area have", "name all of an area, or none"
        return
    packages = [level.package for _, level in levels if level.package]
    twice = next((name for name in packages if packages.count(name) > 1), None)
    if twice is not None:
        yield levels[packages.index(twice)][0], f"package {twice} is there twice", "give each once"
    for (_, less), (row, more) in pairwise(levels):
        if more.spend_fen == less.spend_fen:
            yield row, "spends as much as another level of its area", "give each amount once"
        elif more.awareness <= less.awareness:
            yield row, f"awareness {more.awareness:g} is not above {less.awareness:g} for less", "give rising awareness"
    if all(named):
        return
    for (_, first), (_, middle), (row, last) in zip(levels, levels[1:], levels[2:], strict=False):
        if _slope(first, middle) < _slope(middle, last):
            yield row, "a fen brings more than at the level before", "give falling gains, or packages"


def _slope(less: Level, more: Level) -> Fraction:
    rise = Fraction(str(more.awareness)) - Fraction(str(less.awareness))
    return rise / max(more.spend_fen - less.spend_fen, 1)


def _fen(yuan: Any) -> Any:
    """Return whole fen; what is none is handed on, to be refused."""
    if not is_number(yuan) or pd.isna(yuan):
        return yuan
    fen = Fraction(str(yuan)) * _FEN_A_YUAN
    return int(fen) if fen.denominator == 1 else yuan
