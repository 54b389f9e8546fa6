"""The files of a result folder, byte for byte against what plan and inputs give.

The plan's numbers are recounted elsewhere by code of the judge's own. What only shows them (tables, layers, the
report) is made again by the code that makes it, from the recounted plan and the inputs, and compared.

Where ``plan.json`` says that other versions wrote the folder, bytes may differ for no fault of the plan: then tables
are compared cell by cell, and what cannot be compared is named as unchecked.
"""

from __future__ import annotations

import csv
import hashlib
import io
import math
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from placement.report import CERTIFICATE_FILE, DESKTOP_FILES, MANIFEST, PLAN_FILE, REPORT_FILE
from placement.report.strict_json import read_regular, strict_json

MOST_BYTES = 2**31
_MOST_LISTED = 2**20
"""Bytes of the longest list of files."""
_LITTLE = 2**16
"""A file with more bytes than this and twice what it should have is not read to be compared."""
_LAST_DIGIT = 1.5
"""Cells of tables may differ by this many units of their last decimal where other versions wrote them."""
_DEGREES = 2e-6


@dataclass(frozen=True, kw_only=True)
class Found:
    """What is wrong with files, and what could not be compared."""

    differences: list[str] = field(default_factory=list)
    unchecked: list[str] = field(default_factory=list)


def folder_faults(place: Path, expected: set[str]) -> Iterator[str]:
    """Yield every file that is missing, a stranger, or not as ``SHA256SUMS`` has it; and what is wrong with the list.

    A report that is missing is no fault: a plan is written before its report is drawn (:func:`content_faults` says so).

    Parameters
    ----------
    place
        The folder.
    expected
        Names of the files that belong there, beside the list itself.
    """
    entries = {entry.name: entry for entry in os.scandir(place)}
    for name in sorted(entries.keys() - expected - {MANIFEST}):
        if not (name in DESKTOP_FILES and entries[name].is_file(follow_symlinks=False)):
            yield f"{name!r}: is no file of this plan"
    digests: dict[str, str] = {}
    for name in sorted(expected):
        if name not in entries:
            if name != REPORT_FILE:
                yield f"{name}: is missing"
        elif not entries[name].is_file(follow_symlinks=False):
            yield f"{name}: is not a regular file"
        else:
            try:
                digests[name] = _digest(place / name)
            except OSError as error:
                yield f"{name}: cannot be read: {error.strerror or error}"
    if MANIFEST not in entries:
        yield f"{MANIFEST}: is missing"
    elif not entries[MANIFEST].is_file(follow_symlinks=False):
        yield f"{MANIFEST}: is not a regular file"
    else:
        yield from _list_faults(place / MANIFEST, digests)


def _digest(file: Path) -> str:
    with file.open("rb") as stream:
        if os.fstat(stream.fileno()).st_size > MOST_BYTES:
            raise OSError(f"it has more than {MOST_BYTES} bytes")
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _list_faults(file: Path, there: Mapping[str, str]) -> Iterator[str]:
    try:
        listed = read_regular(file, most_bytes=_MOST_LISTED)
    except OSError as error:
        yield f"{MANIFEST}: cannot be read: {error.strerror or error}"
        return
    lines = sorted(listed.decode("utf-8", errors="replace").splitlines(keepends=True))
    digests = {name: digest for digest, _, name in (line.rstrip("\n").partition("  ") for line in lines)}
    right = [f"{digest}  {name}\n" for name, digest in there.items()]
    whole = True
    for name, digest in there.items():
        if digests.get(name) != digest:
            whole = False
            yield f"{name}: {'was changed after it was written' if name in digests else f'is not listed in {MANIFEST}'}"
    if whole and lines != sorted(right):
        yield f"{MANIFEST}: is not the list of the files there"


def content_faults(place: Path, expected: Mapping[str, bytes], others: str) -> Found:
    """Compare the files of a folder with what they should hold.

    Parameters
    ----------
    place
        The folder.
    expected
        Content by file name; files that are missing are passed over (:func:`folder_faults` names them).
    others
        Which other versions wrote the folder, for the reader; empty where the same did.
    """
    found = Found()
    for name, content in sorted(expected.items()):
        file = place / name
        if not file.is_file() or file.is_symlink():
            if name == REPORT_FILE and not os.path.lexists(file):
                found.unchecked.append(f"{name}: is not there; it was not drawn, or somebody took it away")
            continue
        try:
            there = read_regular(file, most_bytes=2 * len(content) + _LITTLE)
        except OSError as error:
            found.differences.append(f"{name}: cannot be read: {error.strerror or error}")
            continue
        if there == content:
            continue
        if not others or name == PLAN_FILE:
            found.differences.append(f"{name}: {_where(there, content)}")
            continue
        compare = _BY_SUFFIX.get(Path(name).suffix)
        if compare is not None:
            found.differences.extend(f"{name}: {fault}" for fault in compare(there, content))
        how = "its cells were compared, its bytes were not" if compare else "it was not checked"
        found.unchecked.append(f"{name}: was written by other versions ({others}) and came out otherwise here; {how}")
    return found


def packed_faults(there: bytes, again: bytes, others: str) -> Found:
    """Compare a certificate's file with the same certificate packed here."""
    if there == again:
        return Found()
    fault = f"{CERTIFICATE_FILE}: holds more than its certificate, or is not packed as placement packs it"
    return Found(unchecked=[fault]) if others else Found(differences=[fault])


def _where(there: bytes, expected: bytes) -> str:
    """Return where a file leaves what it should hold, in words."""
    lines, right = there.splitlines(keepends=True), expected.splitlines(keepends=True)
    for number, (line, wanted) in enumerate(zip(lines, right, strict=False), start=1):
        if line != wanted:
            return f"line {number} is {_shown(line, wanted)}, plan and inputs give {_shown(wanted, line)}"
    return f"has {len(lines)} lines, plan and inputs give {len(right)}"


def _shown(line: bytes, other: bytes) -> str:
    """Return the part of a line from where it leaves another, in printable signs."""
    first = next((k for k, (a, b) in enumerate(zip(line, other, strict=False)) if a != b), min(len(line), len(other)))
    return ascii(line[max(0, first - 20) : first + 40].decode("utf-8", errors="replace"))


def _table_faults(there: bytes, expected: bytes) -> Iterator[str]:
    try:
        tables = [list(csv.reader(io.StringIO(text.decode("utf-8-sig"), newline=""))) for text in (there, expected)]
    except (UnicodeDecodeError, csv.Error) as error:
        yield f"is no table: {error}"
        return
    found, right = tables
    if len(found) != len(right):
        yield f"has {len(found)} rows, plan and inputs give {len(right)}"
        return
    for number, (row, wanted) in enumerate(zip(found, right, strict=True), start=1):
        if len(row) != len(wanted):
            yield f"line {number} has {len(row)} cells, plan and inputs give {len(wanted)}"
        for cell, other in zip(row, wanted, strict=False):
            if cell != other and not _near_cells(cell, other):
                yield f"line {number} has {cell!r}, plan and inputs give {other!r}"


def _near_cells(cell: str, other: str) -> bool:
    decimals = len(other.partition(".")[2])
    try:
        near = abs(float(cell) - float(other)) <= _LAST_DIGIT * 10.0**-decimals
    except ValueError:
        return False
    return bool(decimals) and near


def _layer_faults(there: bytes, expected: bytes) -> Iterator[str]:
    try:
        found = strict_json(there)
    except ValueError as error:
        yield f"is not JSON: {error}"
        return
    yield from _value_faults("", found, strict_json(expected))


def _value_faults(where: str, found: Any, right: Any) -> Iterator[str]:
    if isinstance(right, dict) and isinstance(found, dict) and found.keys() == right.keys():
        for key in right:
            yield from _value_faults(f"{where}.{key}", found[key], right[key])
    elif isinstance(right, list) and isinstance(found, list) and len(found) == len(right):
        for number, (mine, other) in enumerate(zip(found, right, strict=True)):
            yield from _value_faults(f"{where}.{number}", mine, other)
    elif isinstance(right, float) and isinstance(found, float) and math.isclose(found, right, abs_tol=_DEGREES):
        return
    elif type(found) is not type(right) or found != right:
        yield f"{where.lstrip('.')} differs from what plan and inputs give"


_BY_SUFFIX = {".csv": _table_faults, ".geojson": _layer_faults}
