"""Reading JSON that nobody vouches for: one value a key, finite numbers, text that can be written again."""

from __future__ import annotations

import json
import math
import stat
from pathlib import Path
from typing import Any

MOST_DEEP = 32
"""Levels of nesting beyond which JSON is refused."""


def read_regular(path: Path, *, most_bytes: int) -> bytes:
    """Return the content of a regular file; a pipe or a device would keep a reader waiting for ever.

    Raises
    ------
    OSError
        If it is none, cannot be read or is larger.
    """
    about = path.stat()
    if stat.S_ISDIR(about.st_mode):
        raise IsADirectoryError(f"{path.name} is a folder")
    if not stat.S_ISREG(about.st_mode):
        raise OSError(f"{path.name} is not a regular file")
    if about.st_size > most_bytes:
        raise OSError(f"{path.name} has {about.st_size} bytes, more than {most_bytes}")
    return path.read_bytes()


def strict_json(content: bytes) -> Any:
    """Return the value that UTF-8 JSON holds.

    Raises
    ------
    ValueError
        If it is not JSON, names a key twice, holds a number that is not finite or half a surrogate pair, or is nested
        too deeply.

    Examples
    --------
    >>> strict_json(b'{"a": 1, "a": 2}')
    Traceback (most recent call last):
    ...
    ValueError: the key 'a' stands twice
    """
    try:
        value = json.loads(
            content.decode("utf-8"), parse_constant=_constant, parse_float=_finite, object_pairs_hook=_once
        )
        _check_depth(value, MOST_DEEP)
        json.dumps(value, ensure_ascii=False).encode()
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error
    return value


def _check_depth(value: Any, left: int) -> None:
    if left == 0:
        raise ValueError("it is nested too deeply")
    if isinstance(value, dict | list):
        for part in value.values() if isinstance(value, dict) else value:
            _check_depth(part, left - 1)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise ValueError(f"the key {key!r} stands twice")
        found[key] = value
    return found


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{text[:20]} is beyond any number")
    return number


def _constant(name: str) -> float:
    raise ValueError(f"{name} is not a number of JSON")
