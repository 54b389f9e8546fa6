"""Fingerprints of the bytes a study was read from: taken before reading and compared after it.

What is parsed between two looks that find the same bytes in files that nobody wrote to is what the fingerprint is of.
Bytes alone would not do: a file may change while it is read and change back. Files are never looked at again for a
record: what becomes of them after they were read is the business of whoever recounts.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass

from placement.errors import Fault, InputError
from placement.study import Study
from placement.study.paths import parts_of

_BLOCK = 1 << 20


@dataclass(frozen=True)
class InputState:
    """An input at one moment.

    Parameters
    ----------
    sha256
        Of its bytes, in hexadecimal digits; of a shapefile's parts one after the other.
    written
        Of each of its files what the system changes when it is written to or replaced: number, size, time.
    """

    sha256: str
    written: tuple[tuple[int, ...], ...] = ()


def input_states(study: Study) -> dict[str, InputState]:
    """Return the state of the study file as it was parsed (``study``) and of every input file, by input name.

    Raises
    ------
    InputError
        If a file cannot be read.
    """
    found = {"study": InputState(study.digest) if study.digest else _state(study, "study", study.file.name)}
    return found | {name: _state(study, name, written) for name, written in study.paths()}


def refuse_changes(study: Study, before: Mapping[str, InputState]) -> dict[str, str]:
    """Return the SHA-256 of every input, by name; refuse those that are no longer as they were `before` they were read.

    Raises
    ------
    InputError
        Naming every input that changed, or was written to.
    """
    after = input_states(study)
    faults = [
        Fault(table=name, problem="changed while it was read", remedy="run again once nobody writes to it")
        for name in after
        if after[name] != before.get(name)
    ]
    if faults:
        raise InputError(faults)
    return {name: state.sha256 for name, state in before.items()}


def _state(study: Study, name: str, written: str) -> InputState:
    digest, marks = hashlib.sha256(), []
    try:
        for part in parts_of(study.path(written)):
            with part.open("rb") as file:
                found = os.fstat(file.fileno())
                marks.append((found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns))
                while block := file.read(_BLOCK):
                    digest.update(block)
    except OSError as error:
        remedy = "restore it, or mend the path"
        raise InputError.single(name, f"{written} cannot be read: {error.strerror}", remedy=remedy) from error
    return InputState(digest.hexdigest(), tuple(marks))
