"""The engine: aggregate, drop dominated columns, find a plan, bound, branch, and hand over the proof."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable

import numpy as np
from scipy import sparse

from placement.solve.aggregate import aggregate
from placement.solve.group_kernels import MASK_COLUMNS
from placement.solve.run import Run
from placement.values import CoverageProgram, Floor, LinearRow, Solution


def solve_engine(
    program: CoverageProgram,
    *,
    gap: float = 0.0,
    time_limit_s: float = 60.0,
    seed: int = 0,
    threads: int = 2,
    progress: Callable[[str, float], None] | None = None,
) -> Solution:
    """Return the best plan and a certificate of its bound; see :func:`placement.solve.maximise_coverage`."""
    compile_kernels()
    deadline = time.perf_counter() + time_limit_s
    return _solve(program, gap=gap, deadline=deadline, seed=seed, threads=threads, progress=progress)


def _solve(
    program: CoverageProgram,
    *,
    gap: float,
    deadline: float,
    seed: int,
    threads: int,
    progress: Callable[[str, float], None] | None,
) -> Solution:
    begun = time.perf_counter()
    reduced = aggregate(program, threads=threads)
    timings = {"aggregate": time.perf_counter() - begun}
    run = Run(reduced, gap=gap, deadline=deadline, seed=seed, threads=threads, progress=progress)
    tree = run.tree(timings)
    return run.solution(tree, timings)


@functools.cache
def compile_kernels() -> None:
    """Solve toy programs once a process, so that compiling, or loading what was compiled, is in no time limit."""
    none = np.zeros(4, dtype=bool)
    covers = sparse.csr_array([[1, 1, 0, 0], [0, 1, 1, 0], [0, 0, 1, 1], [1, 0, 0, 1]])
    budget = LinearRow(name="budget", columns=np.arange(4), coefficients=np.array([2, 3, 4, 5]), limit=7)
    pair = LinearRow(name="pair", columns=np.array([0, 1]), coefficients=np.array([1, -1]), limit=0, equality=True)
    for sites in (4, 2 * MASK_COLUMNS):
        for linear in ((budget,), (budget, pair)):
            toy = CoverageProgram(
                covers=sparse.csr_array((covers.data, covers.indices, covers.indptr), shape=(4, sites)),
                weights=np.array([3, 4, 5, 6]),
                n_sites=sites,
                column_site=np.arange(4),
                column_values=np.zeros(4, dtype=np.int64),
                linear=linear,
                floors=(Floor(name="floor", rows=np.array([0, 1]), minimum=3),),
                required=none,
                excluded=none,
            )
            _solve(toy, gap=0.0, deadline=time.perf_counter() + 600.0, seed=0, threads=1, progress=None)
