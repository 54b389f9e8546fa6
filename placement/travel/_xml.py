"""XML from strangers."""

from __future__ import annotations

from pathlib import Path
from xml.parsers import expat

from placement.errors import InputError


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
