"""The fingerprint of the classes of a program, which a certificate is of (:mod:`placement.values.certificate`)."""

from __future__ import annotations

import hashlib

import numpy as np
from numpy.typing import NDArray

from placement.values.program import CoverageProgram
from placement.values.program_bytes import layer_bytes, linear_bytes, number_bytes


def classes_fingerprint(
    program: CoverageProgram,
    *,
    class_indptr: NDArray[np.integer],
    class_sites: NDArray[np.integer],
    class_weights: NDArray[np.integer],
    floor_indptr: NDArray[np.integer],
    floor_index: NDArray[np.integer],
    floor_only: NDArray[np.integer],
    once: NDArray[np.integer],
) -> str:
    """Return the SHA-256 of all that a proof rests on: the classes and the program's columns and side rows.

    Unlike :meth:`CoverageProgram.fingerprint` it need not read the rows again once they are aggregated.

    Parameters
    ----------
    program
        The program; only its columns, linear rows and the minima of its floors are read.
    class_indptr, class_sites
        CSR of the sites of each class, numbered as in the format of certificates.
    class_weights
        (classes,) summed weights.
    floor_indptr, floor_index
        CSR of the floors of each class (all empty where there are none).
    floor_only
        (n,) the classes that count in floors alone, increasing.
    once
        (n,) the classes that count once, increasing.
    """
    digest = hashlib.sha256(b"placement classes 1")
    digest.update(f"{program.n_sites} {program.n_columns} {len(program.linear)} {len(program.floors)}".encode())
    arrays = (class_indptr, class_sites, class_weights, floor_indptr, floor_index)
    columns = (program.column_site, program.column_values, program.required, program.excluded)
    for array in (*arrays, *columns):
        digest.update(f"{array.size} ".encode() + np.ascontiguousarray(array, dtype="<i8").tobytes())
    for line in linear_bytes(program.linear):
        digest.update(line)
    digest.update(" ".join(str(floor.minimum) for floor in program.floors).encode())
    digest.update(layer_bytes(program.layers))
    digest.update(number_bytes("floor only", floor_only))
    digest.update(number_bytes(f"once {program.once_worth}", once))
    return digest.hexdigest()
