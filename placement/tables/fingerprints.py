"""Fingerprints of the bytes a study was read from: taken before reading and compared after it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from placement.errors import Fault, InputError
from placement.study import Study
from placement.study.paths import parts_of

_BLOCK = 1 << 20


def input_fingerprints(study: Study) -> dict[str, str]:
    """Return the SHA-256 of the study file as it was parsed (``study``) and of every input file, by input name.

    A shapefile's is that of its parts one after the other.

    Raises
    ------
    InputError
        If a file cannot be read.
    """
    found = {"study": study.digest or _digest(study, "study", study.file.name)}
    return found | {name: _digest(study, name, written) for name, written in study.paths()}


def refuse_changes(study: Study, before: Mapping[str, str]) -> None:
    """Refuse inputs of which a file is no longer what it was `before` it was read.

    Raises
    ------
    InputError
        Naming every input that changed.
    """
    after = input_fingerprints(study)
    faults = [
        Fault(table=name, problem="changed while it was read", remedy="run again once nobody writes to it")
        for name in after
        if after[name] != before.get(name)
    ]
    if faults:
        raise InputError(faults)


def _digest(study: Study, name: str, written: str) -> str:
    digest = hashlib.sha256()
    try:
        for part in parts_of(study.path(written)):
            with part.open("rb") as file:
                while block := file.read(_BLOCK):
                    digest.update(block)
    except OSError as error:
        remedy = "restore it, or mend the path"
        raise InputError.single(name, f"{written} cannot be read: {error.strerror}", remedy=remedy) from error
    return digest.hexdigest()
