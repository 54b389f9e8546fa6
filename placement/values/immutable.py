"""Values that cannot be changed after they were checked, whatever their fields hold.

A frozen dataclass refuses other fields, but not other content of the arrays, frames and mappings in them. Of a class
marked with :func:`immutable`

* arrays and the arrays of sparse matrices are read-only,
* mappings refuse changes (:class:`FrozenDict`), lists are tuples, sets frozen,
* frames, series, indexes and sparse matrices are handed out as copies (of a matrix, one that shares its read-only
  arrays), so that no edit reaches the value. A copy of a frame costs 0.1 to 0.5 ms, of a million points 20 ms: what
  reads one again and again keeps it, and what only reads asks :func:`held`.

A value stays so when it is copied, pickled or sent to another process.
"""

from __future__ import annotations

import copy
import functools
import re
from collections.abc import Callable, Mapping
from dataclasses import FrozenInstanceError, fields
from typing import Any, TypeVar

import numpy as np
import pandas as pd
from scipy import sparse

from placement.values.arrays import frozen_array
from placement.values.shown import as_html, as_text, text_as_html

Value = TypeVar("Value")

_HANDED_OUT = re.compile(r"\b(DataFrame|GeoDataFrame|Series|GeoSeries|Index|csr_array)\b")
"""Annotations of fields that are handed out as copies."""
_MARK = "_held_by_values"
_PLAIN = (str, int, float, bool, type(None))


class FrozenDict(dict[Any, Any]):
    """A dict that refuses changes and, unlike a ``MappingProxyType``, can be pickled.

    Examples
    --------
    >>> floors = FrozenDict(a=0.5)
    >>> floors["a"] = 1
    Traceback (most recent call last):
    TypeError: this mapping cannot be changed; make a dict of it and a new value of that
    >>> floors == {"a": 0.5}, floors | {"b": 1}
    (True, {'a': 0.5, 'b': 1})
    """

    def _refuse(self, *_: Any, **__: Any) -> Any:
        raise TypeError("this mapping cannot be changed; make a dict of it and a new value of that")

    __setitem__ = __delitem__ = __ior__ = _refuse
    clear = pop = popitem = setdefault = update = _refuse

    def __copy__(self) -> dict[Any, Any]:
        return dict(self)

    def __reduce__(self) -> tuple[Any, ...]:
        return FrozenDict, (dict(self),)


def immutable(cls: type[Value]) -> type[Value]:
    """Make the values of a frozen dataclass immutable, and show them in a few lines (:mod:`placement.values.shown`).

    A class that shows itself by a ``__repr__`` of its own says ``repr=False`` to the dataclass.

    Fields whose names begin with an underscore are kept as the others are, but not handed out as copies: they are the
    class's own.

    Examples
    --------
    >>> from dataclasses import dataclass
    >>> @immutable
    ... @dataclass(frozen=True)
    ... class Town:
    ...     people: pd.DataFrame
    >>> town = Town(pd.DataFrame({"count": [1, 2]}))
    >>> mine = town.people
    >>> mine.loc[0, "count"] = 99
    >>> town.people["count"].tolist()
    [1, 2]
    """
    made: Any = cls.__init__

    @functools.wraps(made)
    def init(self: Any, *args: Any, **kwargs: Any) -> None:
        """Make the value as its class does, and freeze what it holds."""
        made(self, *args, **kwargs)
        _freeze_all(self)

    def set_state(self: Any, state: Mapping[str, Any]) -> None:
        """Take what was pickled, and freeze it again."""
        self.__dict__.update(state)
        _freeze_all(self)

    changed: Any = cls
    changed.__init__, changed.__setstate__ = init, set_state
    changed.__setattr__, changed.__delattr__ = _refuse_set, _refuse_delete
    says_itself = not changed.__dataclass_params__.repr and changed.__repr__ is not object.__repr__
    changed._repr_html_ = text_as_html if says_itself else as_html
    if not says_itself:
        changed.__repr__ = as_text
    for each in fields(changed):
        if not each.name.startswith("_") and _HANDED_OUT.search(str(each.type)):
            setattr(cls, each.name, _HandedOut(each.name))
    return cls


def held(value: object, name: str) -> Any:
    """Return what a value holds in a field, not a copy: for reading, where a copy would be dear or useless."""
    return vars(value)[name]


def replaced(value: Value, **changes: Any) -> Value:
    """Return a value with other content of some fields, checked anew; the frames of the others are not copied."""
    own = {each.name: held(value, each.name) for each in fields(value) if each.init}  # type: ignore[arg-type]
    return type(value)(**(own | changes))


def freeze(value: Any) -> Any:
    """Return the same content in a form that cannot be changed, or is held by nobody else.

    Arrays and matrices that nobody can write to are not copied.
    """
    if isinstance(value, _PLAIN):
        return value
    for kinds, frozen in _KINDS:
        if isinstance(value, kinds):
            return frozen(value)
    return value


class _HandedOut:
    """A field that gives a copy of what it holds."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __get__(self, instance: Any, owner: type) -> Any:
        if instance is None:
            return self
        return _handed_out(instance.__dict__[self.name])

    def __set__(self, instance: Any, value: Any) -> None:
        instance.__dict__[self.name] = value


def _refuse_set(value: Any, name: str, _: Any) -> None:
    """Refuse as a frozen dataclass does, which lets subclasses set what is no field."""
    raise FrozenInstanceError(f"cannot assign to {name!r} of {type(value).__name__}: make a new value")


def _refuse_delete(value: Any, name: str) -> None:
    raise FrozenInstanceError(f"cannot delete {name!r} of {type(value).__name__}")


def _handed_out(value: Any) -> Any:
    if isinstance(value, pd.DataFrame | pd.Series | pd.Index):
        return _copied(value)
    if sparse.issparse(value):
        return copy.copy(value)
    return tuple(map(_handed_out, value)) if isinstance(value, tuple) else value


def _freeze_all(value: Any) -> None:
    """Freeze everything that a value holds; what is not yet known, as cached properties, is not there."""
    for name, each in value.__dict__.items():
        value.__dict__[name] = freeze(each)


def _frozen_items(items: list[Any] | tuple[Any, ...]) -> tuple[Any, ...]:
    frozen = [freeze(each) for each in items]
    if isinstance(items, tuple) and all(a is b for a, b in zip(items, frozen, strict=True)):
        return items
    return items._make(frozen) if hasattr(items, "_make") else tuple(frozen)


def _read_only(matrix: Any) -> Any:
    """Return a sparse matrix whose arrays cannot be written to; arrays that are so already are not copied."""
    frozen = copy.copy(matrix)
    for name in ("data", "indices", "indptr", "row", "col", "coords"):
        if name in frozen.__dict__:
            setattr(frozen, name, freeze(getattr(frozen, name)))
    return frozen


def _copied(frame: Any) -> Any:
    """Return a frame, series or index of the same content that no edit of the given one reaches, nor the other way.

    A shallow copy would do for most edits where pandas copies on write, but ``frame[name].array[0] = x`` passes by.
    """
    copied = frame.copy(deep=True)
    if not isinstance(frame, pd.Index):
        copied.index = frame.index.copy(deep=True)
    return copied


def _own(frame: Any) -> Any:
    """Return a copy that only values hold; one that is so already, as :func:`replaced` passes it on, is not copied."""
    if _MARK in vars(frame):
        return frame
    own = _copied(frame)
    index = own if isinstance(own, pd.Index) else own.index
    if isinstance(index.values, np.ndarray):
        index.values.setflags(write=False)  # noqa: PD011
    if index is not own:
        object.__setattr__(own, _MARK, True)  # copies of it are not marked
    return own


_KINDS: tuple[tuple[Any, Callable[[Any], Any]], ...] = (
    (np.ndarray, frozen_array),
    (pd.DataFrame | pd.Series | pd.Index, _own),
    ((sparse.sparray, sparse.spmatrix), _read_only),
    (Mapping, lambda value: FrozenDict({key: freeze(each) for key, each in value.items()})),
    (list | tuple, _frozen_items),
    (set, frozenset),
)
"""How what a field may hold is frozen."""
