"""What is wrong with the content of a study, in words: unknown keys, wrong values, and what was probably meant."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pydantic
from pydantic import BaseModel

from placement.errors import Fault

_SHOWN = 60
"""Signs of a wrong value that are shown."""
_NEAR = 0.7
"""Likeness from which an unknown key is taken for a known one misspelt."""
OWN = ("folder", "file", "digest", "remarks")
"""Fields of a study that are no sections of its file."""


def faults_of(error: pydantic.ValidationError, table: str, study: type[BaseModel]) -> list[Fault]:
    """Return what is wrong with a study's content, of the model `study`: each with its key and what to do."""
    faults = []
    for item in error.errors():
        key = ".".join(
            str(part) for part in item["loc"] if not str(part).startswith(("function-", "constrained-", "dict["))
        )
        if item["type"] == "extra_forbidden":
            faults.append(Fault(table=table, row=key, problem="unknown key", remedy=_near_key(item["loc"], study)))
        elif item["type"] == "missing":
            faults.append(Fault(table=table, row=key, problem="is missing", remedy="add it"))
        else:
            message = item["msg"].removeprefix("Value error, ")
            shown = f" (got {_shown(item['input'])})" if isinstance(item["input"], str | int | float | Decimal) else ""
            faults.append(Fault(table=table, row=key, problem=f"{message}{shown}", remedy=_see(item["loc"], study)))
    return list(dict.fromkeys(faults))


def _see(location: tuple[int | str, ...], study: type[BaseModel]) -> str:
    """Return the command that prints the reference of a section."""
    section = str(location[0]) if location else ""
    return f"see: placement keys {section}".rstrip() if section in study.model_fields else "see: placement keys"


def _shown(value: object) -> str:
    text = str(value) if isinstance(value, Decimal) else repr(value)
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "..."


def _near_key(location: tuple[int | str, ...], study: type[BaseModel]) -> str:
    model: Any = study
    for part in (part for part in location[:-1] if isinstance(part, str)):
        field = getattr(model, "model_fields", {}).get(part)
        model = next((m for m in _models(field.annotation)), None) if field else None
    names = [name for name in getattr(model, "model_fields", {}) if name not in OWN]
    close = difflib.get_close_matches(str(location[-1]), names, n=1, cutoff=_NEAR)
    return (
        f"did you mean {close[0]}?" if close else f"remove it; known here: {', '.join(names)}" if names else "remove it"
    )


def _models(annotation: Any) -> Iterator[Any]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in getattr(annotation, "__args__", ()):
        yield from _models(part)
