"""Small random programs with everything a program may have."""

import numpy as np
from scipy import sparse

from placement.values import CoverageProgram, Floor, LinearRow


def random_program(rng, max_sites=6, max_rows=8):
    """Several columns a site, sites without columns, columns without site, <= and = rows, floors, fixed columns."""
    n_sites, n_rows = int(rng.integers(1, max_sites + 1)), int(rng.integers(1, max_rows + 1))
    n_columns = int(rng.integers(1, 8))
    covers = sparse.csr_array((rng.random((n_rows, n_sites)) < 0.45).astype(np.int8))
    linear = []
    for number in range(int(rng.integers(1, 4))):
        size = int(rng.integers(1, n_columns + 2))
        row = {
            "columns": rng.integers(0, n_columns, size),
            "coefficients": rng.integers(-2 if number else 0, 6, size),
            "limit": int(rng.integers(0, 8)),
            "equality": bool(number and rng.random() < 0.3),
        }
        linear.append(LinearRow(name=f"row {number}", **row))
    floors = []
    for number in range(int(rng.integers(0, 3))):
        rows = np.flatnonzero(rng.random(n_rows) < 0.5)
        floors.append(Floor(name=f"floor {number}", rows=rows, minimum=int(rng.integers(0, 9))))
    fixed = rng.choice([0, 0, 0, 0, 0, 0, 1, 2], n_columns)
    return CoverageProgram(
        covers=covers,
        weights=rng.integers(0, 9, n_rows),
        n_sites=n_sites,
        column_site=rng.integers(-1, n_sites, n_columns),
        column_values=rng.integers(-4, 3, n_columns),
        linear=tuple(linear),
        floors=tuple(floors),
        required=fixed == 1,
        excluded=fixed == 2,
    )
