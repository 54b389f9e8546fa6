"""Why no plan exists: constraints that cannot hold together, with what is asked and what is possible.

First the limits (budgets, counts, required sites) without any coverage: if they conflict, a smallest conflicting set is
found by the deletion filter (Chinneck & Dravnieks 1991, Locating minimal infeasible constraint sets in linear programs,
ORSA Journal on Computing 3, 157-168). Otherwise each coverage floor is looked at alone: how much of it the limits
allow at most, and which limit would have to give way. Only where every floor could be met by itself are they filtered
against each other.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from placement.models import RelocationModel
from placement.values import CoverageProgram, Floor, LinearRow, Solution

REQUIRED = "required sites"
_YUAN = ("capital", "running")
_COUNT_CLOSED = ("max_closes", "max_changes")
_TIME_LIMIT_S = 20.0
_GAP = 1e-3


def explain(model: RelocationModel, *, seed: int, threads: int) -> tuple[tuple[str, ...], str]:
    """Return the names of the conflicting constraints and a sentence with what is asked and what is possible."""
    return _Explainer(model.program, seed, threads).explain()


class _Explainer:
    def __init__(self, program: CoverageProgram, seed: int, threads: int) -> None:
        self.program = program
        self.weights = program.row_weights()
        self.seed, self.threads = seed, threads
        self.limits = [row.name for row in program.linear if not _structural(row)]
        if program.required.any() or any(_must_open(row) for row in program.linear):
            self.limits.append(REQUIRED)

    def explain(self) -> tuple[tuple[str, ...], str]:
        """Return the names of the conflicting constraints and a sentence with the numbers."""
        if self._impossible(self.limits, ()):
            conflict = _filtered(self.limits, lambda names: self._impossible(names, ()))
            rows = [row for row in self.program.linear if row.name in conflict]
            return tuple(conflict), "; ".join(self._least(row, conflict) for row in rows) or "they exclude each other"
        most = {floor.name: self._most(floor, self.limits) for floor in self.program.floors}
        alone = [floor for floor in self.program.floors if most[floor.name].bound < floor.minimum]
        if alone:
            return self._floors_alone(alone, most)
        floors = [floor.name for floor in self.program.floors]
        conflict = _filtered(floors, lambda names: self._impossible(self.limits, names))
        parts = [self._sentence(floor, most[floor.name]) for floor in self.program.floors if floor.name in conflict]
        return tuple(conflict), "each could be met by itself, not together: " + "; ".join(parts)

    def _floors_alone(self, floors: Sequence[Floor], most: dict[str, Solution]) -> tuple[tuple[str, ...], str]:
        parts, giving_way = [], []
        for floor in floors:
            parts.append(self._sentence(floor, most[floor.name]))
            for name in self.limits:
                freed = self._most(floor, [other for other in self.limits if other != name])
                if freed.objective >= floor.minimum:
                    giving_way.append(name)
                    parts.append(f"without {name} it could be met")
        return (*(floor.name for floor in floors), *dict.fromkeys(giving_way)), "; ".join(parts)

    def _impossible(self, limits: Sequence[str], floors: Sequence[str]) -> bool:
        weights = self.weights if floors else np.zeros_like(self.weights)
        return self._solve(self._restricted(limits, floors, weights)).status == "infeasible"

    def _most(self, floor: Floor, limits: Sequence[str]) -> Solution:
        weights = np.zeros_like(self.weights)
        weights[floor.rows] = self.weights[floor.rows]
        return self._solve(self._restricted(limits, (), weights))

    def _sentence(self, floor: Floor, most: Solution) -> str:
        total = max(int(self.weights[floor.rows].sum()), 1)
        return (
            f"{floor.name} asks {floor.minimum / total:.2%} of the weight, at most {most.bound / total:.2%} is possible"
        )

    def _least(self, row: LinearRow, conflict: Sequence[str]) -> str:
        values = np.zeros(self.program.n_columns, dtype=np.int64)
        values[row.columns] = -row.coefficients
        others = [name for name in conflict if name != row.name]
        rest = self._restricted(others, (), np.zeros_like(self.weights))
        least = -self._solve(dataclasses.replace(rest, column_values=values)).bound
        if row.name in _YUAN:
            short = (least - row.limit) / 100
            return f"{row.name} is short by {short:,.2f} yuan for the cheapest plan that meets {_listed(others)}"
        today = _stations_today(row)
        return f"{row.name} is {row.limit + today}, {_listed(others)} ask at least {least + today}"

    def _restricted(self, limits: Sequence[str], floors: Sequence[str], weights: NDArray[np.int64]) -> CoverageProgram:
        keep_required = REQUIRED in limits
        linear = []
        for row in self.program.linear:
            if _must_open(row) and not keep_required:
                linear.append(dataclasses.replace(row, equality=False))
            elif _structural(row) or row.name in limits:
                linear.append(row)
        required = self.program.required
        return dataclasses.replace(
            self.program.with_weights(weights),
            linear=tuple(linear),
            floors=tuple(floor for floor in self.program.floors if floor.name in floors),
            required=required if keep_required else np.zeros_like(required),
        )

    def _solve(self, program: CoverageProgram) -> Solution:
        from placement.solve.milp import solve_milp  # noqa: PLC0415 -- loads pulp

        solution = solve_milp(
            program, backend="highs", gap=_GAP, time_limit_s=_TIME_LIMIT_S, seed=self.seed, threads=self.threads
        )
        if solution.interrupted:
            raise KeyboardInterrupt
        return solution


def _stations_today(row: LinearRow) -> int:
    """Return how many stations a row counts as closed where nothing is chosen: all, and both ways to stay lower it."""
    return int(np.count_nonzero(row.coefficients < 0)) // 2 if row.name in _COUNT_CLOSED else 0


def _listed(names: Sequence[str]) -> str:
    return " and ".join(names) if names else "no other limit"


def _filtered(names: Sequence[str], impossible: Callable[[Sequence[str]], bool]) -> list[str]:
    """Return a smallest part of `names` that is still impossible; a doubtful constraint stays in."""
    conflict = list(names)
    for name in names:
        rest = [other for other in conflict if other != name]
        if impossible(rest):
            conflict = rest
    return conflict


def _structural(row: LinearRow) -> bool:
    return row.name.startswith("site ") or row.name == "tokens"


def _must_open(row: LinearRow) -> bool:
    return row.name.startswith("site ") and row.equality
