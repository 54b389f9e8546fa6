"""Checks of arguments, whose faults are gathered and raised together, each with its name and the value found."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any, TypeVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from placement.errors import AlignmentError, Fault, InputError, listed

MOST_FEN = 10**14
"""Amounts of money stay below this (10^12 yuan), so that sums over all sites fit into 64-bit integers."""

Number = TypeVar("Number", int, Fraction)

_FEN_A_YUAN = 100
_FINEST = Decimal("1e-12")
_SHOWN = 60


def shown(value: object) -> str:
    """Return a value as a message shows it: its literal, cut where it is long."""
    text = str(value) if isinstance(value, np.generic | Decimal | Fraction) else repr(value)
    return text if len(text) <= _SHOWN else text[: _SHOWN - 3] + "..."


def is_number(value: object) -> bool:
    """Return whether a value is a real number, truth values and texts left out."""
    if isinstance(value, bool | np.bool_) or (isinstance(value, Decimal) and value.is_nan()):
        return False
    return isinstance(value, int | float | Decimal | Fraction | np.integer | np.floating)


class Faults:
    """What is wrong with the arguments of one value.

    Parameters
    ----------
    table
        Name of the value, the table of its faults.
    """

    def __init__(self, table: str) -> None:
        self.table = table
        self.found: list[Fault] = []

    def add(self, problem: str, *, row: str = "", remedy: str = "") -> None:
        """Note a fault."""
        self.found.append(Fault(table=self.table, row=row, problem=problem, remedy=remedy))

    def raise_any(self, kind: type[InputError] = InputError) -> None:
        """Raise the faults noted so far, if there are any."""
        if self.found:
            raise kind(self.found)

    def whole(
        self, name: str, value: object, *, least: int = 0, most: int | None = None, remedy: str = ""
    ) -> int | None:
        """Return a whole number as an int; None, and a fault, where it is none or lies outside its limits."""
        try:
            if isinstance(value, bool | np.bool_):
                raise TypeError
            number = operator.index(value)  # type: ignore[arg-type]
        except TypeError:
            self.add(f"{name} is {shown(value)}, not a whole number", row=name, remedy=remedy or "give an int")
            return None
        if number < least:
            self.add(f"{name} is {number}", row=name, remedy=f"give {least} or more")
        elif most is not None and number > most:
            self.add(f"{name} is {shown(number)}", row=name, remedy=f"give {most} or less")
        else:
            return number
        return None

    def number(self, name: str, value: object, *, row: str | None = None) -> float | None:
        """Return a finite number > 0 as a float; None, and a fault, where it is none."""
        row = name if row is None else row
        if not is_number(value):
            self.add(f"{name} is {shown(value)}, not a number", row=row, remedy="give a number above 0")
            return None
        try:
            number = float(value)  # type: ignore[arg-type]
        except OverflowError:
            number = math.inf
        if not (math.isfinite(number) and number > 0):
            self.add(f"{name} is {shown(value)}", row=row, remedy="give a finite number above 0")
            return None
        return number

    def fen_of_yuan(self, name: str, yuan: object) -> int | None:
        """Return yuan with at most two decimals as whole fen; None, and a fault, where they are none."""
        most = MOST_FEN // _FEN_A_YUAN
        # The size is looked at first: writing out a Decimal with a huge exponent would not end.
        if not is_number(yuan) or not 0 <= yuan <= most:  # type: ignore[operator]
            self.add(f"{name} is {shown(yuan)}", row=name, remedy=f"give yuan, 0 to {most:.0e}")
            return None
        exact = yuan if isinstance(yuan, Fraction) else Fraction(Decimal(str(yuan)).quantize(Decimal("1e-6")))
        fen = exact * _FEN_A_YUAN
        if fen.denominator != 1 or (not isinstance(yuan, Fraction) and Decimal(str(yuan)) != fen / _FEN_A_YUAN):
            self.add(f"{name} is {shown(yuan)}", row=name, remedy="give yuan with at most two decimals")
            return None
        return int(fen)

    def share(self, name: str, value: object) -> Fraction | None:
        """Return a share as an exact fraction (a float as it is written); None, and a fault, outside 0..1."""
        if not is_number(value) or not 0 <= value <= 1:  # type: ignore[operator]
            percent = is_number(value) and 1 < value <= 100  # type: ignore[operator]
            remedy = f"a percentage? then {float(value) / 100:g}" if percent else "give a share in 0..1"  # type: ignore[arg-type]
            self.add(f"{name} is {shown(value)}, not a share", row=name, remedy=remedy)
            return None
        return _exact(value)

    def ratio(self, name: str, value: object, *, most: int | Fraction) -> Fraction | None:
        """Return a number in 0..most as an exact fraction (a float as it is written); None, and a fault, if none."""
        if not is_number(value) or not 0 <= value <= most:  # type: ignore[operator]
            self.add(f"{name} is {shown(value)}", row=name, remedy=f"give a number in 0..{most}")
            return None
        return _exact(value)

    def by_name(
        self, name: str, given: object, exact: Callable[[Faults, str, Any], Number | None]
    ) -> dict[str, Number]:
        """Return numbers by name, each as `exact` makes it; a fault for what is no mapping of texts to numbers."""
        if not isinstance(given, Mapping):
            self.add(f"{name} is {shown(given)}", row=name, remedy="give a mapping of names to numbers")
            return {}
        found = {}
        for key, value in given.items():
            if not isinstance(key, str):
                self.add(f"{name} names {shown(key)}, not a text", row=name, remedy="names are texts")
                continue
            number = exact(self, f"{name}.{key}", value)
            if number is not None:
                found[key] = number
        return found

    def amounts(self, name: str, values: object, ids: Sequence[str] | pd.Index | None = None) -> NDArray[np.int64]:
        """Return (n,) amounts as whole numbers >= 0; an empty array, and a fault, where they are none."""
        nothing = np.zeros(0, dtype=np.int64)
        if not self.aligned(name, values, ids):
            return nothing
        try:
            array = np.asarray(values)
        except ValueError:
            array = np.zeros((0, 0))
        if array.ndim != 1:
            self.add(f"has shape {array.shape}", row=name, remedy="give one amount a site")
            return nothing
        if array.dtype == np.bool_ or (array.dtype.kind not in "iuf" and not all(map(is_number, array.tolist()))):
            self.add(f"holds {_odd(array)}, not amounts of money", row=name, remedy="give whole fen")
            return nothing
        amounts = array if array.dtype.kind in "iu" else array.astype(np.float64)
        good = (amounts >= 0) & (amounts < MOST_FEN) & (amounts == np.rint(amounts))
        if array.dtype == object:  # what a float cannot tell from a whole number
            whole = [value == int(value) if ok else False for value, ok in zip(array, good, strict=True)]
            good &= np.array(whole, dtype=bool)
        if not good.all():
            first = int(np.argmin(good))
            where = f"at {ids[first]}" if ids is not None and len(ids) == array.size else f"at position {first}"
            remedy = f"amounts are whole fen, 0 or more and below {MOST_FEN:.0e}; 1 yuan is 100 fen"
            self.add(f"is {shown(array[first])} {where}", row=name, remedy=remedy)
            return nothing
        return np.asarray(array.astype(np.int64))

    def aligned(self, name: str, values: object, ids: Sequence[str] | pd.Index | None) -> bool:
        """Return whether values that bring an index of their own have it in the order of `ids`; a fault if not."""
        if not isinstance(values, pd.Series | pd.DataFrame) or isinstance(values.index, pd.RangeIndex):
            return True
        if ids is None:
            self.add("has an index, and there are no ids to compare it with", row=name, remedy="give site_ids too")
            return False
        return self.same_ids(name, values.index, pd.Index(ids))

    def known(self, name: str, found: Iterable[object], other: str, known: Iterable[object], what: str) -> None:
        """Note every name in `found` that `known` lacks, with the nearest name."""
        error = AlignmentError.between(self.table, found, other, known, what, row=lambda each: f"{name}.{each}")
        self.found += [] if error is None else error.faults

    def same_ids(self, what: str, theirs: pd.Index, ours: pd.Index) -> bool:
        """Return whether ids agree one by one; a fault where they do not."""
        if theirs.equals(ours):
            return True
        lacking, more = theirs.difference(ours, sort=False), ours.difference(theirs, sort=False)
        if lacking.empty and more.empty and len(theirs) == len(ours):
            first = int(np.argmax(np.asarray(theirs != ours)))
            problem = f"holds the same {len(ours)} {what} in another order (first: {theirs[first]}, here {ours[first]})"
        else:
            problem = f"is for other {what} ({len(theirs)}, here {len(ours)}"
            problem += f"; only there: {listed(lacking, 3)}" if len(lacking) else ""
            problem += f"; only here: {listed(more, 3)})" if len(more) else ")"
        self.add(problem, row=what, remedy="make it from the same values")
        return False


def _exact(value: Any) -> Fraction:
    if isinstance(value, Fraction):
        return value
    # Writing out a Decimal with a huge exponent would not end.
    return Fraction(value.quantize(_FINEST) if isinstance(value, Decimal) else str(value))


def _odd(array: NDArray[Any]) -> str:
    """Return the first value that is no number, as a message shows it."""
    return next((shown(value) for value in array.tolist() if not is_number(value)), "nothing")
