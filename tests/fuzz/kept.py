"""Files that no mutation touched are read once a process: a case costs what its mutated files cost.

What a reader hands out and says depends on the files and on the settings, so both stand in the key, and what it said
the first time is said again. `test_fuzz.py` compares cases read so with the same cases read in full.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Set
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

import pandas as pd

from placement.errors import Fault, InputError
from placement.pipeline import prepare
from placement.pipeline.streets import read_streets
from placement.streets import Streets
from placement.study import InputFile, Study
from placement.tables.checks import Faults
from placement.tables.read import _Reader

MOST = 5000
"""Tables and streets that are kept at most: then all are forgotten."""
_KEPT: dict[tuple[str, ...], tuple[Any, ...]] = {}
_PLACE = {"folder", "file", "digest"}
"""Where a study lies, which differs by case."""


def untouched(files: Mapping[str, bytes], base: Mapping[str, bytes]) -> set[str]:
    """Return the names of the files that are those of the base."""
    return {name for name, content in files.items() if base.get(name) == content}


@contextmanager
def each_file_once(base: str, same: Set[str]) -> Iterator[None]:
    """Within it, files of a base that are the `same` are not read twice with the same settings."""
    table = _Reader._table

    def kept_table(
        reader: _Reader, name: str, file: InputFile | None, id_column: str | None, how: Callable[..., Any]
    ) -> pd.DataFrame | None:
        if file is None or file.path not in same:
            return table(reader, name, file, id_column, how)

        def read() -> pd.DataFrame | None:
            return table(reader, name, file, id_column, how)

        frame, *said = _once(base, name, reader.study, lambda: _said(reader, read))
        reader.faults.items += said[0]
        reader.faults.ignored += said[1]
        reader.faults.notes += said[2]
        return None if frame is None else frame.copy()

    def kept_streets(study: Study, notes: list[str]) -> Streets | None:
        if not {path for _, path in study.inputs.street_paths()} <= same:
            return read_streets(study, notes)
        found: Streets | None
        found, more, faults = _once(base, "streets", study, lambda: _found(study))
        notes += more
        if faults:
            raise InputError(faults)
        return found

    with patch.object(_Reader, "_table", kept_table), patch.object(prepare, "read_streets", kept_streets):
        yield


def _once(base: str, name: str, study: Study, read: Callable[[], tuple[Any, ...]]) -> tuple[Any, ...]:
    key = (base, name, repr(study.model_dump(exclude=_PLACE, exclude_unset=True)))
    if key not in _KEPT:
        if len(_KEPT) >= MOST:
            _KEPT.clear()
        _KEPT[key] = read()
    return _KEPT[key]


def _said(reader: _Reader, read: Callable[[], pd.DataFrame | None]) -> tuple[Any, ...]:
    known, reader.faults = reader.faults, Faults(reader.faults.study)
    try:
        frame = read()
        return frame, reader.faults.items, reader.faults.ignored, reader.faults.notes
    finally:
        reader.faults = known


def _found(study: Study) -> tuple[Streets | None, list[str], tuple[Fault, ...]]:
    notes: list[str] = []
    try:
        return read_streets(study, notes), notes, ()
    except InputError as error:
        return None, notes, error.faults
