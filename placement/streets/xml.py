"""XML from strangers, packed or not."""

from __future__ import annotations

import bz2
import gzip
from pathlib import Path
from typing import Any
from xml.parsers import expat

from placement.errors import InputError

_MOST_TIMES, _ALWAYS_BYTES = 100, 2**26
"""OSM files unpack to 10 to 20 times their size; what grows by more is no map, unless it is small all the same."""


class _RootReached(Exception):  # noqa: N818 - ends the parse, is no error
    """The root element begins, so that no declaration can follow."""


def refuse_entities(path: Path, table: str) -> None:
    """Raise where an XML file declares a document type: entities can blow a small file up without bound."""

    def declared(*_: object) -> None:
        """Refuse the file."""
        raise InputError.single(table, f"{path.name} declares a document type", remedy="remove the DOCTYPE part")

    def root(*_: object) -> None:
        """End the parse."""
        raise _RootReached

    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = declared
    parser.EntityDeclHandler = declared
    parser.StartElementHandler = root
    try:
        with path.open("rb") as file:
            parser.ParseFile(file)
    except _RootReached:
        return
    except (OSError, expat.ExpatError) as error:
        raise InputError.single(table, f"{path.name} cannot be read: {error}", remedy="check the file") from error


def refuse_bomb(path: Path, table: str) -> None:
    """Raise where a packed file (``.gz``, ``.bz2``) unpacks to many times its size; others are not looked at."""
    opened: Any = {".gz": gzip.open, ".bz2": bz2.open}.get(path.suffix.lower())
    if opened is None:
        return
    total = 0
    try:
        most = max(_MOST_TIMES * path.stat().st_size, _ALWAYS_BYTES)
        with opened(path, "rb") as file:
            while piece := file.read(2**20):
                total += len(piece)
                if total > most:
                    problem = f"{path.name} unpacks to more than {_MOST_TIMES} times its size"
                    raise InputError.single(table, problem, remedy="download or cut the extract again")
    except (OSError, EOFError) as error:
        raise InputError.single(table, f"{path.name} cannot be read: {error}", remedy="check the file") from error
