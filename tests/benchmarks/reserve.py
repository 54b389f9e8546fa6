"""Backup and outages: ``python -m tests.benchmarks.reserve``.

Prints a Markdown table: the shipped study with a backup share and with outages, as it stands (floors, budgets, moves)
and as 52 of its 345 sites chosen freely, beside HiGHS on the model as it is written down, one row a demand point and
segment. Plans count coverage alone. Seconds are of the processor, one thread; limits are by the clock.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from scipy import sparse

from placement.judge import check_certificate
from placement.models import model_of
from placement.models.reserve import layers_of
from placement.pipeline.study_case import prepare
from placement.solve import maximise_coverage
from placement.solve.backends.highs import ArrayModel, solve_mip
from placement.study import read_study
from placement.values import CoverageProgram, Policy
from placement.values.layers import FULL

STUDY = Path(__file__).parents[2] / "data" / "hankou" / "study.toml"
STATIONS = 52
RESERVES = {
    "backup share 1/2": Policy(backup_share=Fraction(1, 2)),
    "outages 0.05": Policy(outage_probability=Fraction(1, 20)),
    "outages 0.1": Policy(outage_probability=Fraction(1, 10)),
    "outages 0.1, backup share 0.3": Policy(outage_probability=Fraction(1, 10), backup_share=Fraction(3, 10)),
}


@dataclass(frozen=True)
class Answer:
    """A plan's value, the bound (thousandths of a visit a month), and processor seconds."""

    value: float
    bound: float
    seconds: float

    def __str__(self) -> str:
        gap = (self.bound - self.value) / self.bound if self.bound > self.value else 0.0
        return f"{self.value / 1000:,.0f} | {gap:.3%} | {self.seconds:.1f}"


def programs() -> Iterator[tuple[str, CoverageProgram]]:
    """Yield the programs by name."""
    program = model_of("coverage")(prepare(read_study(STUDY))).program
    assert program.weights is not None
    free = CoverageProgram.from_covers(program.covers, program.weights, np.ones(program.n_sites, dtype=int), STATIONS)
    for name, policy in RESERVES.items():
        yield f"52 of 345 sites, {name}", replace(free, layers=layers_of(policy))
    for name, policy in RESERVES.items():
        yield f"as shipped, {name}", replace(program, layers=layers_of(policy))


def raw_model(program: CoverageProgram) -> ArrayModel:
    """Return the model with a variable for each layer of each row, nothing merged."""
    covers = sparse.csr_array(program.covers).astype(float)
    n_rows, n_columns = covers.shape[0], program.n_columns
    placed = np.flatnonzero(program.column_site >= 0)
    at_site = sparse.csr_array(
        (np.ones(placed.size), (program.column_site[placed], placed)), shape=(program.n_sites, n_columns)
    )
    count = program.layers.size
    layers = sparse.csr_array(sparse.kron(np.ones((1, count)), sparse.eye_array(n_rows)))
    side = np.zeros((len(program.linear), n_columns))
    for number, row in enumerate(program.linear):
        np.add.at(side[number], row.columns, row.coefficients)
    floors = np.zeros((len(program.floors), n_rows * count))
    weights = np.asarray(program.row_weights(), dtype=float)
    for number, floor in enumerate(program.floors):
        floors[number, floor.rows] = weights[floor.rows] / FULL
    matrix = sparse.vstack(
        [
            sparse.hstack([layers, -(covers @ at_site)]),
            sparse.hstack([sparse.csr_array((len(program.linear), n_rows * count)), sparse.csr_array(side)]),
            sparse.hstack([sparse.csr_array(floors), sparse.csr_array((len(program.floors), n_columns))]),
        ],
        format="csr",
    )
    size, none, most = n_rows * count + n_columns, np.full(n_rows, -np.inf), np.full(len(program.floors), np.inf)
    equal = [row.limit if row.equality else -np.inf for row in program.linear]
    least = [floor.minimum / FULL for floor in program.floors]
    return ArrayModel(
        objective=np.concatenate([np.kron(program.layers / FULL, weights), program.column_values]) / FULL,
        matrix=sparse.csr_array(matrix),
        row_lower=np.concatenate([none, equal, least]),
        row_upper=np.concatenate([np.zeros(n_rows), [row.limit for row in program.linear], most]),
        lower=np.zeros(size),
        upper=np.ones(size),
        integer=np.arange(size) >= n_rows * count,
    )


def timed(work: Callable[[], Any]) -> tuple[Any, float]:
    """Return what work returns, and the processor seconds it took."""
    begun = time.process_time()
    return work(), time.process_time() - begun


def ours(program: CoverageProgram, limit_s: float) -> Answer:
    """Return what the engine finds, its certificate checked."""
    solution, seconds = timed(lambda: maximise_coverage(program, time_limit_s=limit_s, threads=1))
    assert check_certificate(program, solution.chosen, solution.certificate) == solution.bound
    return Answer(solution.objective, solution.bound, seconds)


def theirs(program: CoverageProgram, limit_s: float) -> Answer:
    """Return what HiGHS finds on the raw model."""
    model = raw_model(program)
    outcome, seconds = timed(lambda: solve_mip(model, time_limit_s=limit_s, threads=1))
    value = 0.0 if outcome.values is None else float(model.objective @ outcome.values) * FULL
    return Answer(value, outcome.bound * FULL, seconds)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--limit", type=float, default=60.0, help="seconds a run")
    parser.add_argument("--only", default="", help="part of a case's name")
    parser.add_argument("--alone", action="store_true", help="without HiGHS")
    asked = parser.parse_args()
    print("| case | placement | gap | s | HiGHS | gap | s |\n|---|---|---|---|---|---|---|")
    for name, program in programs():
        if asked.only in name:
            other = "| | " if asked.alone else str(theirs(program, asked.limit))
            print(f"| {name} | {ours(program, asked.limit)} | {other} |", flush=True)


if __name__ == "__main__":
    main()
