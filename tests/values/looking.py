"""Looks at values from all sides: what they hold, what hangs below them, and whether an edit of it reaches them."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import importlib
import pkgutil
import warnings
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pydantic
import shapely
from scipy import sparse

import placement
from placement.errors import PlacementError

ROOMS_WITHOUT_A_LIST = ("placement.pipeline",)
"""Rooms that export no names: what their modules define is public."""


def is_value(thing: object) -> bool:
    return isinstance(thing, pydantic.BaseModel) or (dataclasses.is_dataclass(thing) and not isinstance(thing, type))


def public_values() -> dict[type, str]:
    """Return every value class that somebody outside the package can name, and its name."""
    found: dict[type, str] = {}
    for info in pkgutil.walk_packages(placement.__path__, "placement."):
        module = info.name
        alone = not info.ispkg and (module.count(".") == 1 or module.startswith(ROOMS_WITHOUT_A_LIST))
        if module.endswith("__main__") or not (info.ispkg or alone):
            continue
        loaded = importlib.import_module(module)
        names = getattr(loaded, "__all__", None) or [name for name in vars(loaded) if not name.startswith("_")]
        for name in names:
            each = getattr(loaded, name)
            here = isinstance(each, type) and (hasattr(loaded, "__all__") or each.__module__ == module)
            if here and _is_frozen_class(each):
                found[each] = f"{module}.{name}"
    return found


def _is_frozen_class(each: type) -> bool:
    if dataclasses.is_dataclass(each):
        parameters = "__dataclass_params__"  # declared to no type checker, inherited by subclasses
        return bool(getattr(each, parameters).frozen)
    return issubclass(each, pydantic.BaseModel)


def attributes(value: Any) -> list[str]:
    """Return the names of all public fields and properties of a value."""
    fields = (
        list(type(value).model_fields)
        if isinstance(value, pydantic.BaseModel)
        else [field.name for field in dataclasses.fields(value)]
    )
    properties = []
    for cls in type(value).__mro__:
        if cls.__module__.startswith("placement") or not isinstance(value, pydantic.BaseModel):
            kinds = (property, functools.cached_property)
            properties += [name for name, each in vars(cls).items() if isinstance(each, kinds)]
    return [name for name in dict.fromkeys([*fields, *properties]) if not name.startswith("_")]


def look(value: Any, name: str) -> Any:
    """Return an attribute; None where the value says that it has none."""
    with contextlib.suppress(PlacementError):
        return getattr(value, name)
    return None


def below(value: Any, seen: dict[int, Any] | None = None) -> Iterator[Any]:
    """Yield a value and all values that its public attributes lead to, each once."""
    seen = {} if seen is None else seen
    if is_value(value):
        if id(value) in seen:
            return
        seen[id(value)] = value
        yield value
        for name in attributes(value):
            yield from below(look(value, name), seen)
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from below(each, seen)
    elif isinstance(value, tuple | list | frozenset):
        for each in value:
            yield from below(each, seen)


def content(thing: Any) -> Any:
    """Return everything that a thing holds, as it holds it, in a form that can be compared."""
    if isinstance(thing, pd.DataFrame):
        columns = [content(thing.iloc[:, place]) for place in range(thing.shape[1])]
        return (content(thing.columns), content(thing.index), columns)
    if isinstance(thing, pd.Series):
        values = shapely.to_wkb(thing.to_numpy()).tolist() if str(thing.dtype) == "geometry" else thing.tolist()
        return (str(thing.name), str(thing.dtype), repr(values), content(thing.index))
    if isinstance(thing, pd.Index):
        return ([str(name) for name in thing.names], repr(thing.tolist()))
    if isinstance(thing, np.ndarray):
        return (thing.shape, str(thing.dtype), repr(thing.tolist()))
    if sparse.issparse(thing):
        return (thing.shape, content(thing.data), content(thing.indices), content(thing.indptr))
    if isinstance(thing, Mapping):
        return {str(key): content(each) for key, each in thing.items()}
    if isinstance(thing, tuple | list):
        return [content(each) for each in thing]
    if isinstance(thing, frozenset | set):
        return sorted(map(repr, thing))
    if isinstance(thing, pydantic.BaseModel):
        return {"": type(thing).__name__} | content({**vars(thing), **(thing.model_extra or {})})
    if dataclasses.is_dataclass(thing):
        return {"": type(thing).__name__} | content({f.name: vars(thing)[f.name] for f in dataclasses.fields(thing)})
    return repr(thing) if isinstance(thing, str | int | float | bool | type(None) | Path) else str(type(thing))


def edit(thing: Any) -> None:
    """Try everything that changes a thing in place; what is refused is passed over."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for attempt in _attempts(thing):
            with contextlib.suppress(Exception):
                attempt()


def _attempts(thing: Any) -> Iterator[Any]:
    if isinstance(thing, pd.DataFrame):
        yield from _edits_of_frame(thing)
    elif isinstance(thing, pd.Series):
        yield lambda: thing.array.__setitem__(0, _other(thing.iloc[0]))
        yield lambda: thing.to_numpy().__setitem__(0, _other(thing.iloc[0]))
        yield lambda: thing.iloc.__setitem__(0, _other(thing.iloc[0]))
        yield from _edits_of_index(thing.index)
        yield lambda: setattr(thing, "name", "edited")
    elif isinstance(thing, pd.Index):
        yield from _edits_of_index(thing)
    elif isinstance(thing, np.ndarray):
        yield lambda: thing.flat.__setitem__(0, _other(thing.flat[0]))
    elif sparse.issparse(thing):
        for name in ("data", "indices", "indptr"):
            yield from _attempts(getattr(thing, name))
        yield lambda: thing.__setitem__((0, 0), 7)
        yield lambda: setattr(thing, "data", thing.data[:0])
        yield lambda: thing.resize((1, 1))
    elif isinstance(thing, Mapping):
        yield from _edits_of_mapping(thing)
    elif isinstance(thing, tuple | list | set):
        for each in thing:
            yield from () if is_value(each) else _attempts(each)
        for name, given in (("append", ("edited",)), ("add", ("edited",)), ("clear", ())):
            yield lambda name=name, given=given: getattr(thing, name)(*given)
    elif is_value(thing):
        for name in attributes(thing):
            yield lambda name=name: setattr(thing, name, None)
            yield lambda name=name: delattr(thing, name)


def _edits_of_frame(frame: pd.DataFrame) -> Iterator[Any]:
    for place, name in enumerate(frame.columns):
        other = _other(frame.iloc[0, place]) if len(frame) else None
        yield lambda name=name, other=other: frame[name].array.__setitem__(0, other)
        yield lambda name=name, other=other: frame[name].to_numpy().__setitem__(0, other)
        yield lambda name=name, other=other: frame.loc.__setitem__((frame.index[0], name), other)
        yield lambda place=place, other=other: frame.iloc.__setitem__((0, place), other)
        yield lambda name=name, other=other: frame.__setitem__(name, other)
    yield from _edits_of_index(frame.index)
    yield from _edits_of_index(frame.columns)
    yield lambda: frame.__setitem__("edited", 1)
    yield lambda: frame.drop(index=frame.index[0], inplace=True)  # noqa: PD002 -- the edit that is tried
    yield lambda: frame.rename(columns=str.upper, inplace=True)  # noqa: PD002
    yield lambda: setattr(frame, "columns", range(frame.shape[1]))
    yield lambda: frame.attrs.update(edited=True)


def _edits_of_index(index: pd.Index) -> Iterator[Any]:
    yield lambda: index.values.__setitem__(0, _other(index[0]))  # noqa: PD011 -- what can be written to
    yield lambda: index.array.__setitem__(0, _other(index[0]))
    yield lambda: setattr(index, "name", "edited")


def _edits_of_mapping(mapping: Any) -> Iterator[Any]:
    for key, each in list(mapping.items()):
        yield from () if is_value(each) else _attempts(each)
        yield lambda key=key: mapping.__setitem__(key, "edited")
        yield lambda key=key: mapping.__delitem__(key)
    yield lambda: mapping.__setitem__("edited", 1)
    yield lambda: mapping.update(edited=1)
    yield lambda: mapping.setdefault("edited", 1)
    yield lambda: mapping.__ior__({"edited": 1})
    for name in ("popitem", "clear"):
        yield lambda name=name: getattr(mapping, name)()


def _other(cell: Any) -> Any:
    """Return another value that fits where a cell stands."""
    if isinstance(cell, shapely.Geometry):
        return shapely.Point(1e9, 1e9)
    if isinstance(cell, bool | np.bool_):
        return not cell
    if isinstance(cell, int | float | np.number) and np.isfinite(cell):
        return cell + 1
    return "edited" if isinstance(cell, str) else 77


def reached(value: Any) -> list[str]:
    """Return the attributes of a value whose edits it shows afterwards, as far as its own public ones tell."""
    changed = []
    held = content(value)
    for name in attributes(value):
        before = content(look(value, name))
        with contextlib.suppress(Exception):
            setattr(value, name, "edited")
        thing = look(value, name)
        if not is_value(thing):
            edit(thing)
        if content(look(value, name)) != before or content(value) != held:
            changed.append(name)
            held = content(value)
    return changed


def thawed(thing: Any) -> Any:
    """Return the same content in a form that can be edited."""
    if isinstance(thing, np.ndarray):
        return thing.copy()
    if isinstance(thing, pd.DataFrame | pd.Series | pd.Index) or sparse.issparse(thing):
        return thing.copy()
    if isinstance(thing, Mapping):
        return {key: thawed(each) for key, each in thing.items()}
    return thing
