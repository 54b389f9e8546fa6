"""A program as bytes of fixed order, for fingerprints."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from placement.values.arrays import IntArray
from placement.values.layers import is_plain

if TYPE_CHECKING:
    from placement.values.program import CoverageProgram, Floor, LinearRow


def program_fingerprint(program: CoverageProgram) -> str:
    """Return the SHA-256 of everything in a program, independent of how rows were cut into blocks."""
    digest = hashlib.sha256(b"placement coverage program 1")
    rows = 0
    lengths, indices, weights = hashlib.sha256(), hashlib.sha256(), hashlib.sha256()
    for covers, block_weights in program.blocks():
        rows += covers.shape[0]
        lengths.update(np.diff(covers.indptr).astype("<i8").tobytes())
        indices.update(covers.indices.astype("<i8").tobytes())
        weights.update(np.asarray(block_weights).astype("<i8").tobytes())
    digest.update(f"{rows} {program.n_sites} {program.n_columns}".encode())
    for part in (lengths, indices, weights):
        digest.update(part.digest())
    for array in (program.column_site, program.column_values, program.required, program.excluded):
        digest.update(array.astype("<i8").tobytes())
    for line in _side_rows(program.linear, program.floors):
        digest.update(line)
    digest.update(layer_bytes(program.layers))
    digest.update(number_bytes("floor only", program.floor_only))
    digest.update(number_bytes(f"once {program.once_worth}", program.once))
    return digest.hexdigest()


def number_bytes(name: str, numbers: NDArray[np.integer]) -> bytes:
    """Return whole numbers as bytes for fingerprints: nothing where there are none."""
    return b"" if not numbers.size else f"{name} {numbers.size} ".encode() + numbers.astype("<i8").tobytes()


def layer_bytes(layers: IntArray) -> bytes:
    """Return layers as bytes for fingerprints: nothing where they are plain."""
    return b"" if is_plain(layers) else f"layers {layers.size} ".encode() + layers.astype("<i8").tobytes()


def linear_bytes(linear: Iterable[LinearRow]) -> Iterator[bytes]:
    """Yield the content of linear rows (not names, kinds and bases) as bytes of fixed order, for fingerprints."""
    rows = tuple(linear)
    none = np.empty(0, dtype=np.int64)
    columns = np.concatenate([none, *(row.columns for row in rows)]).astype("<i8").tobytes()
    coefficients = np.concatenate([none, *(row.coefficients for row in rows)]).astype("<i8").tobytes()
    begin = 0
    for row in rows:
        end = begin + 8 * row.columns.size
        head = f"linear {row.limit} {int(row.equality)} {row.columns.size} ".encode()
        yield head + columns[begin:end] + coefficients[begin:end]
        begin = end


def _side_rows(linear: Iterable[LinearRow], floors: Iterable[Floor]) -> Iterator[bytes]:
    yield from linear_bytes(linear)
    for floor in floors:
        yield f"floor {floor.minimum} {floor.rows.size} ".encode() + floor.rows.astype("<i8").tobytes()
