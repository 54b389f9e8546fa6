"""Once the kernels are warm no solve compiles anything, whatever the program."""

from __future__ import annotations

import ast
import contextlib
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pytest
from scipy import sparse

from placement.solve.settings import EngineSettings
from placement.values import CoverageProgram, Floor, LinearRow
from tests.conftest import REPOSITORY

EVERY_SIZE_IS_LARGE = EngineSettings.of(
    {"bounds": {"large_entries": 0}, "root": {"simplex_rows": 0, "many_columns": 20}, "large": {"least_stage_s": 0.2}}
)


def town(sites, *, points=600, index=np.int32, writable=False, floor=0, pair=False, unit=False, budget=60, reach2=0.02):
    """A town of points and sites on a square: a budget, and a floor or two columns that go together."""
    rng = np.random.default_rng(sites)
    near = (rng.random((points, 1, 2)) - rng.random((1, sites, 2))) ** 2
    covers = sparse.csr_array(near.sum(axis=2) < reach2)
    covers = sparse.csr_array(
        (covers.data, covers.indices.astype(index), covers.indptr.astype(index)), shape=covers.shape
    )
    for part in (covers.indices, covers.indptr):
        part.setflags(write=writable)
    cost = np.ones(sites, dtype=np.int64) if unit else rng.integers(5, 15, sites)
    linear = [LinearRow(name="budget", columns=np.arange(sites), coefficients=cost, limit=budget)]
    if pair:
        linear.append(
            LinearRow(name="pair", columns=np.array([0, 1]), coefficients=np.array([1, -1]), limit=0, equality=True)
        )
    return CoverageProgram(
        covers=covers,
        weights=rng.integers(1, 50, points),
        n_sites=sites,
        column_site=np.arange(sites),
        column_values=np.zeros(sites, dtype=np.int64),
        linear=tuple(linear),
        floors=(Floor(name="district", rows=np.arange(points // 3), minimum=floor),) if floor else (),
        required=np.zeros(sites, dtype=bool),
        excluded=np.zeros(sites, dtype=bool),
    )


class Blocks:
    """Covers in blocks, with indices of either kind."""

    def __init__(self, program):
        self._program = program

    def __iter__(self):
        covers, weights = self._program.covers, self._program.weights
        for number, begin in enumerate(range(0, weights.size, 100)):
            block = sparse.csr_array(covers[begin : begin + 100])
            kind = np.int64 if number % 2 else np.int32
            block.indices, block.indptr = block.indices.astype(kind), block.indptr.astype(kind)
            yield block, weights[begin : begin + 100]


def streamed():
    """A program that is read in blocks."""
    whole = town(200)
    return CoverageProgram.from_covers(Blocks(whole), None, whole.linear[0].coefficients, 60)


def solve_all():
    """Solve programs of all kinds: few sites and many, either kind of index, floors, equalities, large, streamed."""
    from placement.judge import check_certificate
    from placement.solve import maximise_coverage

    programs = [
        town(30, index=index, writable=writable) for index in (np.int32, np.int64) for writable in (True, False)
    ]
    programs += [town(150), town(150, index=np.int64), town(300, floor=500), town(40, floor=500, pair=True), streamed()]
    programs += [town(30, pair=True), town(300, pair=True), town(30, unit=True, budget=6), town(30, floor=10**6)]
    larger = [town(200, unit=True, budget=20), town(200), town(200, pair=True), town(200, floor=500)]
    solved = [(program, maximise_coverage(program, time_limit_s=5.0)) for program in programs]
    solved += [(each, maximise_coverage(each, time_limit_s=4.0, settings=EVERY_SIZE_IS_LARGE)) for each in larger]
    assert sum(solution.status == "infeasible" for _, solution in solved) == 1
    for program, solution in solved:
        if solution.certificate is not None and solution.status != "infeasible":
            assert check_certificate(program, solution.chosen, solution.certificate) == solution.bound


def recommend_all():
    """Make plans of a toy study on its streets, and of one of which it asks too much."""
    from placement.errors import InfeasibleError
    from placement.pipeline.recommend import recommend
    from placement.study import read_study
    from placement.toy import write_study

    with tempfile.TemporaryDirectory() as folder:
        toml = write_study(Path(folder), seed=3)
        recommend(read_study(toml))
        text = toml.read_text(encoding="utf-8")
        assert "elderly = 0.1" in text
        toml.write_text(text.replace("elderly = 0.1", "elderly = 1.0"), encoding="utf-8")
        with contextlib.suppress(InfeasibleError):
            recommend(read_study(toml))


def compiled_by(work):
    """Print, after warming, what the work compiles and which kernels come with modules that only it imports."""
    from numba.core import event

    import placement.pipeline.recommend
    import placement.solve.capture.visits
    import placement.solve.engine
    import placement.streets.grid
    import placement.travel.kernels  # noqa: F401
    from placement import kernels

    kernels.warm()
    warmed = kernels.registered()
    assert all(each.is_compiled for each in warmed)
    with event.install_recorder("numba:compile") as recorded:
        work()
    late = [each.name for each in kernels.registered() if each not in warmed]
    print(
        {"warmed": len(warmed), "compiled": [str(told.data["dispatcher"]) for _, told in recorded.buffer], "late": late}
    )


@pytest.mark.parametrize("work", ["solve_all", "recommend_all"])
def test_nothing_is_compiled_once_the_kernels_are_warm(work):
    """In a process of its own: this one may have met every signature before."""
    code = f"from tests.solve import test_warm; test_warm.compiled_by(test_warm.{work})"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, text=True, check=False, env=dict(os.environ)
    )
    assert done.returncode == 0, done.stderr
    told = ast.literal_eval(done.stdout)
    assert (told["compiled"], told["late"]) == ([], [])
    sources = [path.read_text(encoding="utf-8") for path in (REPOSITORY / "placement").rglob("*.py")]
    assert told["warmed"] == sum(len(re.findall(r"^@(?:fast_)?kernel$", text, re.MULTILINE)) for text in sources)
