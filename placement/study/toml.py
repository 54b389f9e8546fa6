"""The text of a study file to its content, bounded before it is parsed and free of control characters after."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

from placement.errors import Fault, InputError
from placement.study.names import has_control

MOST_BYTES = 1_000_000
MOST_LINE = 10_000
"""Characters of a line: keys with thousands of dots take the parser quadratic time."""
MOST_DEPTH = 12
MOST_DIGITS = 30


def read_bytes(file: Path) -> bytes:
    """Return the bytes of a study file.

    Raises
    ------
    InputError
        If it is no regular file, too large or cannot be read.
    """
    remedy = "name a study file or the folder that holds study.toml"
    try:
        if file.exists() and not file.is_file():
            raise InputError.single(str(file), "is no file", remedy=remedy)
        size = file.stat().st_size
        if size > MOST_BYTES:
            problem = f"has {size:,} bytes; a study has at most {MOST_BYTES:,}"
            raise InputError.single(str(file), problem, remedy=remedy)
        return file.read_bytes()
    except OSError as error:
        raise InputError.single(str(file), f"cannot be read: {error.strerror}", remedy=remedy) from error
    except ValueError as error:  # a NUL byte in the path
        raise InputError.single(repr(str(file)), f"cannot be read: {error}", remedy=remedy) from error


def parse(raw: bytes, file: Path) -> dict[str, Any]:
    """Return the content of a study file; its decimals are exact.

    Raises
    ------
    InputError
        If it is not UTF-8 or not TOML, or holds numbers, depths, lines or characters that no study has.
    """
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        remedy = "save it as UTF-8"
        raise InputError.single(str(file), f"is not UTF-8 text (byte {error.start})", remedy=remedy) from error
    long = next((number for number, line in enumerate(text.splitlines(), start=1) if len(line) > MOST_LINE), None)
    if long is not None:
        problem = f"has a line of more than {MOST_LINE:,} characters"
        raise InputError.single(str(file), problem, row=f"line {long}", remedy="break it")
    try:
        content = tomllib.loads(text, parse_float=_decimal)
    except (ValueError, RecursionError) as error:
        why = "is nested too deeply" if isinstance(error, RecursionError) else f"is not valid TOML: {error}"
        raise InputError.single(str(file), why, remedy="mend the line it names") from error
    return content


def content_faults(content: Mapping[str, Any], table: str) -> list[Fault]:
    """Return a fault for each name or text with a control character, or one for values nested too deeply."""
    faults = []
    for key, value, depth in _walk(content, "", 0):
        if depth > MOST_DEPTH:
            return [Fault(table=table, row=_shown(key), problem="is nested too deeply", remedy="see: placement keys")]
        texts = [key.rpartition(".")[2], value if isinstance(value, str) else ""]
        if any(has_control(text) for text in texts):
            problem = f"holds a control character or line break ({_shown(repr(value))})"
            faults.append(Fault(table=table, row=_shown(ascii(key)[1:-1]), problem=problem, remedy="remove it"))
    return faults


def _walk(content: Any, key: str, depth: int) -> Iterator[tuple[str, Any, int]]:
    """Yield (key, value, depth) of everything in a parsed file, without going deeper than is allowed."""
    yield key, content, depth
    if depth > MOST_DEPTH:
        return
    if isinstance(content, Mapping):
        for name, value in content.items():
            yield from _walk(value, f"{key}.{name}" if key else str(name), depth + 1)
    elif isinstance(content, list | tuple):
        for value in content:
            yield from _walk(value, key, depth + 1)


def _decimal(text: str) -> Decimal:
    digits, _, exponent = text.lower().partition("e")
    if len(digits) > MOST_DIGITS or len(exponent) > 3:
        raise ValueError(f"{_shown(text)} has more digits than any number of a study")
    value = Decimal(text)
    if not value.is_finite():
        raise ValueError(f"{text} is no number of a study")
    return value


def _shown(text: str) -> str:
    return text if len(text) <= 60 else text[:60] + "..."
