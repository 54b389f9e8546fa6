"""Why no plan exists: a smallest set of constraints that cannot hold together, with the numbers.

The set is found by the deletion filter (Chinneck & Dravnieks 1991, Locating minimal infeasible constraint sets in
linear programs, ORSA Journal on Computing 3, 157-168): drop one constraint after the other and leave it out wherever
the rest is still infeasible.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np

from placement.models import RelocationModel
from placement.values import CoverageProgram, Floor, LinearRow, Solution

_REQUIRED = "required sites"
_YUAN = ("capital", "running")


def explain(model: RelocationModel, *, seed: int, threads: int) -> tuple[tuple[str, ...], str]:
    """Return the names of the conflicting constraints and a sentence with what is asked and what is possible."""
    solver = _Solver(seed, threads)
    program = model.program
    names = [row.name for row in program.linear if not _structural(row)] + [floor.name for floor in program.floors]
    if program.required.any() or any(row.equality and row.limit == 1 for row in program.linear):
        names.append(_REQUIRED)
    conflict = list(names)
    for name in names:
        rest = [other for other in conflict if other != name]
        if solver.solve(_restricted(program, rest)).status == "infeasible":
            conflict = rest
    return tuple(conflict), "; ".join(_numbers(program, conflict, solver))


class _Solver:
    def __init__(self, seed: int, threads: int) -> None:
        self.seed, self.threads = seed, threads

    def solve(self, program: CoverageProgram) -> Solution:
        from placement.solve.milp import solve_milp  # noqa: PLC0415 -- loads pulp

        return solve_milp(program, backend="highs", gap=0.0, time_limit_s=60.0, seed=self.seed, threads=self.threads)


def _structural(row: LinearRow) -> bool:
    return row.name.startswith("site ") or row.name == "tokens"


def _restricted(program: CoverageProgram, names: Sequence[str]) -> CoverageProgram:
    keep_required = _REQUIRED in names
    linear = []
    for row in program.linear:
        if _structural(row):
            loose = row.equality and row.limit == 1 and not keep_required
            linear.append(dataclasses.replace(row, equality=False) if loose else row)
        elif row.name in names:
            linear.append(row)
    return dataclasses.replace(
        program,
        linear=tuple(linear),
        floors=tuple(floor for floor in program.floors if floor.name in names),
        required=program.required if keep_required else np.zeros_like(program.required),
    )


def _numbers(program: CoverageProgram, conflict: Sequence[str], solver: _Solver) -> list[str]:
    sentences = []
    for name in conflict:
        rest = _restricted(program, [other for other in conflict if other != name])
        row = next((row for row in program.linear if row.name == name), None)
        floor = next((floor for floor in program.floors if floor.name == name), None)
        if row is not None:
            sentences.append(_least(name, row, rest, solver))
        elif floor is not None:
            sentences.append(_most(name, floor, rest, solver))
    return sentences


def _least(name: str, row: LinearRow, rest: CoverageProgram, solver: _Solver) -> str:
    values = np.zeros(rest.n_columns, dtype=np.int64)
    values[row.columns] = -row.coefficients
    weights = np.zeros_like(_weights(rest))
    solution = solver.solve(dataclasses.replace(rest, weights=weights, column_values=values))
    short = -solution.objective - row.limit
    if name in _YUAN:
        return f"{name} is short by {short / 100:,.2f} yuan for the cheapest plan that meets the rest"
    return f"{name} is {row.limit}, the rest needs at least {-solution.objective}"


def _most(name: str, floor: Floor, rest: CoverageProgram, solver: _Solver) -> str:
    weights = np.zeros_like(_weights(rest))
    weights[floor.rows] = _weights(rest)[floor.rows]
    total = int(weights.sum()) or 1
    relaxed = dataclasses.replace(rest, weights=weights)
    solution = solver.solve(relaxed)
    return (
        f"{name} asks {floor.minimum / total:.2%} of the weight, at most {solution.objective / total:.2%} is possible"
    )


def _weights(program: CoverageProgram) -> np.ndarray:
    if program.weights is None:
        raise TypeError("a program in blocks has no weights array")
    return program.weights
