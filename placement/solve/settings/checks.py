"""What every group of settings shares: ranges, faults in words, and short prints."""

from __future__ import annotations

import difflib
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Annotated, Any, ClassVar, Self, get_args, get_origin, get_type_hints

from placement.errors import Fault, InputError

TABLE = "solve.engine"
"""Where faults of settings are said to be."""


@dataclass(frozen=True)
class Within:
    """The range of a number: from `least`, which is not part of it where `open_` is set, to `most`."""

    least: float
    most: float = math.inf
    open_: bool = False

    def holds(self, value: float) -> bool:
        """Return whether a number lies in the range."""
        return (self.least < value if self.open_ else self.least <= value) and value <= self.most

    def __str__(self) -> str:
        low = f"{'more than' if self.open_ else 'at least'} {self.least:g}"
        return low if math.isinf(self.most) else f"{low} and at most {self.most:g}"


_MOST = 10**15
"""Counts above this would leave the integers that kernels multiply them in."""

Count = Annotated[int, Within(1, _MOST)]
CountOrNone = Annotated[int, Within(0, _MOST)]
Share = Annotated[float, Within(0, 1)]
Amount = Annotated[float, Within(0, 1e15, open_=True)]
Factor = Annotated[float, Within(1, 1e15)]
Shares = Annotated[tuple[float, ...], Within(0, 1)]
Amounts = Annotated[tuple[float, ...], Within(0, 1e15, open_=True)]
Counts = Annotated[tuple[int, ...], Within(1, _MOST)]


@dataclass(frozen=True, kw_only=True, repr=False)
class Group:
    """Numbers of one part of the engine; each class names its table and the pairs of numbers that must be in order.

    Raises
    ------
    InputError
        With every number that is of the wrong kind, out of its range, or larger than one it must not exceed.
    """

    table: ClassVar[str]
    ordered: ClassVar[tuple[tuple[str, str], ...]] = ()

    def __post_init__(self) -> None:
        faults = []
        for name, (kind, within) in _ranges(type(self)).items():
            value = _in_kind(getattr(self, name), kind)
            wrong = _wrong(value, kind, within)
            if wrong:
                faults.append(self._fault(name, wrong))
            else:
                object.__setattr__(self, name, value)
        if not faults:
            faults = [self._fault(low, f"use at most that of {high}") for low, high in self._out_of_order()]
        if faults:
            raise InputError(faults)

    def _out_of_order(self) -> Iterator[tuple[str, str]]:
        return ((low, high) for low, high in self.ordered if getattr(self, low) > getattr(self, high))

    def _fault(self, name: str, remedy: str) -> Fault:
        problem = f"{name} is {getattr(self, name)!r}"
        return Fault(table=TABLE, row=f"{self.table}.{name}", problem=problem, remedy=remedy)

    @classmethod
    def of(cls, numbers: Mapping[str, Any]) -> Self:
        """Return the group with some numbers replaced.

        Raises
        ------
        InputError
            With every name that the group has not, and every number that is wrong.
        """
        names = [each.name for each in fields(cls)]
        faults = [
            Fault(table=TABLE, row=f"{cls.table}.{name}", problem="no such number", remedy=nearest(name, names))
            for name in numbers
            if name not in names
        ]
        try:
            made = cls(**{name: value for name, value in numbers.items() if name in names})
        except InputError as error:
            faults += error.faults
        if faults:
            raise InputError(faults)
        return made

    def changed(self) -> dict[str, Any]:
        """Return the numbers that are not the default ones, by name."""
        return {
            each.name: getattr(self, each.name) for each in fields(self) if getattr(self, each.name) != each.default
        }

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in self.changed().items())})"


def nearest(name: str, names: list[str]) -> str:
    """Return what to use in the place of a name that is none of `names`."""
    near = difflib.get_close_matches(name, names, n=1)
    return f"did you mean {near[0]}?" if near else f"use one of {', '.join(names)}"


def _ranges(group: type[Group]) -> dict[str, tuple[Any, Within]]:
    """Return kind and range of every number of a group."""
    hints = get_type_hints(group, include_extras=True)
    return {each.name: get_args(hints[each.name]) for each in fields(group)}


def _in_kind(value: Any, kind: Any) -> Any:
    """Return a number as its field holds it: whole numbers are floats too, lists of TOML are tuples."""
    if isinstance(value, list | tuple):
        return tuple(_in_kind(each, _each(kind)) for each in value)
    return float(value) if kind is float and type(value) is int else value


def _each(kind: Any) -> Any:
    return get_args(kind)[0] if get_origin(kind) is tuple else kind


def _wrong(value: Any, kind: Any, within: Within) -> str:
    """Return what to use in the place of a value; empty where it is right."""
    what = "a whole number" if _each(kind) is int else "a number"
    if get_origin(kind) is tuple:
        right = type(value) is tuple and value and not any(_wrong(each, _each(kind), within) for each in value)
        return "" if right else f"use a list of one or more, each {what}, {within}"
    return "" if type(value) is kind and within.holds(value) else f"use {what}, {within}"
