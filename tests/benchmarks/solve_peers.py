"""Other solvers on the raw program: each returns (build seconds, solve seconds, objective, bound).

The raw program has one continuous variable a demand row and one binary variable a decision column, as a reader of the
textbook would write it. All solvers get the same matrix and no tolerated gap; two threads where they have any, which
SCIP's wheel has not.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from placement.values import CoverageProgram
from tests.there import there

THREADS = 2
NO_GAP = 1e-9
CP_SAT_WORKERS = 8
"""Its searches take turns on the cores; with two only, none of them uses the linear relaxation's bound."""


class UnfitError(Exception):
    """A solver's own model cannot express the program."""


@dataclass(frozen=True, kw_only=True)
class Raw:
    """Maximise ``objective @ v`` with ``row_lower <= matrix @ v <= row_upper``; v = demand rows, then columns."""

    objective: np.ndarray
    matrix: sparse.csr_array
    row_lower: np.ndarray
    row_upper: np.ndarray
    lower: np.ndarray
    upper: np.ndarray
    demand: int

    def rows(self) -> Iterator[tuple[list[int], list[int], float, float]]:
        """Yield (variables, coefficients, lower, upper) of every row; the first `demand` rows are cover rows."""
        starts, indices = self.matrix.indptr.tolist(), self.matrix.indices.tolist()
        values = self.matrix.data.astype(np.int64).tolist()
        limits = zip(self.row_lower.tolist(), self.row_upper.tolist(), strict=True)
        for row, (low, high) in enumerate(limits):
            part = slice(starts[row], starts[row + 1])
            yield indices[part], values[part], low, high


def raw(program: CoverageProgram) -> Raw:
    """Return the program as it is written on paper."""
    demand, columns = there(program.weights).size, program.n_columns
    standing = np.flatnonzero(program.column_site >= 0)
    at = sparse.csr_array(
        (np.ones(standing.size), (program.column_site[standing], standing)), shape=(program.n_sites, columns)
    )
    covers = sparse.csr_array(program.covers, dtype=np.float64) @ at
    side, low, high = _side_rows(program)
    top = sparse.hstack([-sparse.eye_array(demand, format="csr"), covers], format="csr")
    matrix = sparse.vstack([top, side], format="csr")
    matrix.sort_indices()
    return Raw(
        objective=np.concatenate([program.counting(0, there(program.weights)), program.column_values]).astype(
            np.float64
        ),
        matrix=matrix,
        row_lower=np.concatenate([np.zeros(demand), low]),
        row_upper=np.concatenate([np.full(demand, np.inf), high]),
        lower=np.concatenate([np.zeros(demand), program.required]),
        upper=np.concatenate([np.ones(demand), ~program.excluded]),
        demand=demand,
    )


def _side_rows(program: CoverageProgram) -> tuple[sparse.csr_array, np.ndarray, np.ndarray]:
    """Return (matrix, lower, upper) of the linear rows and the floors."""
    demand = there(program.weights).size
    places = [demand + row.columns for row in program.linear] + [floor.rows for floor in program.floors]
    values = [row.coefficients for row in program.linear] + [
        there(program.weights)[floor.rows] for floor in program.floors
    ]
    starts = np.cumsum([0, *(part.size for part in places)])
    data, indices = np.concatenate(values).astype(np.float64), np.concatenate(places)
    matrix = sparse.csr_array((data, indices, starts), shape=(len(places), demand + program.n_columns))
    low = [row.limit if row.equality else -np.inf for row in program.linear]
    high = [row.limit for row in program.linear]
    least = [floor.minimum for floor in program.floors]
    return matrix, np.array(low + least, dtype=np.float64), np.array(high + [np.inf] * len(least), dtype=np.float64)


def highspy_arrays(program, limit_s):
    """HiGHS by arrays."""
    from placement.solve.backends.highs import ArrayModel, solve_mip

    begun = time.perf_counter()
    model = raw(program)
    arrays = ArrayModel(
        objective=model.objective, matrix=model.matrix, row_lower=model.row_lower, row_upper=model.row_upper,
        lower=model.lower, upper=model.upper, integer=np.arange(model.objective.size) >= model.demand,
    )  # fmt: skip
    built = time.perf_counter()
    outcome = solve_mip(arrays, time_limit_s=limit_s, threads=THREADS)
    value = np.nan if outcome.values is None else float(model.objective @ outcome.values)
    return built - begun, time.perf_counter() - built, value, outcome.bound


def scipy_milp(program, limit_s):
    """``scipy.optimize.milp`` (HiGHS inside)."""
    from scipy.optimize import Bounds, LinearConstraint, milp

    begun = time.perf_counter()
    model = raw(program)
    integrality = (np.arange(model.objective.size) >= model.demand).astype(int)
    built = time.perf_counter()
    result = milp(
        -model.objective, constraints=LinearConstraint(model.matrix, model.row_lower, model.row_upper),
        bounds=Bounds(model.lower, model.upper), integrality=integrality,
        options={"time_limit": limit_s, "mip_rel_gap": 0.0},
    )  # fmt: skip
    value = np.nan if result.x is None else -result.fun
    bound = np.nan if result.mip_dual_bound is None else -result.mip_dual_bound
    return built - begun, time.perf_counter() - built, value, bound


def _pulp(program, solver):
    import pulp

    begun = time.perf_counter()
    model = raw(program)
    problem = pulp.LpProblem("mclp", pulp.LpMaximize)
    size = model.objective.size
    kinds = ["Continuous"] * model.demand + ["Integer"] * (size - model.demand)
    bounds = zip(model.lower.tolist(), model.upper.tolist(), kinds, strict=True)
    v = [pulp.LpVariable(f"v{k}", low, high, kind) for k, (low, high, kind) in enumerate(bounds)]
    problem += pulp.LpAffineExpression(zip(v, model.objective.tolist(), strict=True))
    for variables, values, low, high in model.rows():
        total = pulp.LpAffineExpression(zip((v[k] for k in variables), values, strict=True))
        if low == high:
            problem += total == low
        else:
            problem += total >= low if np.isfinite(low) else total <= high
    built = time.perf_counter()
    problem.solve(solver)
    solved = time.perf_counter()
    return built - begun, solved - built, *_pulp_claims(problem)


def _pulp_claims(problem):
    """Return (objective, bound), NaN where there is none: without a plan PuLP's variables may all read 0."""
    import pulp

    found = problem.sol_status in (pulp.LpSolutionOptimal, pulp.LpSolutionIntegerFeasible)
    value = float(pulp.value(problem.objective)) if found else np.nan
    return value, value if problem.sol_status == pulp.LpSolutionOptimal else np.nan


def pulp_cbc(program, limit_s):
    """PuLP with its bundled CBC."""
    return _pulp(program, _cbc(limit_s))


def pulp_highs(program, limit_s):
    """PuLP with HiGHS."""
    return _pulp(program, _highs(limit_s))


def _cbc(limit_s):
    import pulp

    return pulp.PULP_CBC_CMD(msg=False, timeLimit=limit_s, threads=THREADS)


def _highs(limit_s):
    import pulp

    return pulp.HiGHS(msg=False, timeLimit=limit_s, threads=THREADS, gapRel=NO_GAP)


def _spopt(program, solver):
    from spopt.locate import MCLP

    row = program.linear[0]
    plain = len(program.linear) == 1 and not program.floors and row.columns.size == program.n_sites
    if not plain or (row.coefficients != 1).any():
        raise UnfitError("a number of stations is its only limit")
    distance = np.where(program.covers.toarray(), 0.0, 2.0)
    begun = time.perf_counter()
    model = MCLP.from_cost_matrix(distance, program.weights, service_radius=1.0, p_facilities=row.limit)
    built = time.perf_counter()
    model = model.solve(solver, results=False)
    return built - begun, time.perf_counter() - built, *_pulp_claims(model.problem)


def spopt_cbc(program, limit_s):
    """The coverage model of spopt with PuLP's CBC."""
    return _spopt(program, _cbc(limit_s))


def spopt_highs(program, limit_s):
    """The coverage model of spopt with HiGHS."""
    return _spopt(program, _highs(limit_s))


def cp_sat(program, limit_s):
    """CP-SAT of OR-Tools."""
    from ortools.sat.python import cp_model

    begun = time.perf_counter()
    raw_model = raw(program)
    model = cp_model.CpModel()
    bounds = zip(raw_model.lower.tolist(), raw_model.upper.tolist(), strict=True)
    v = [model.new_int_var(int(low), int(high), "") for low, high in bounds]
    for number, (variables, values, low, high) in enumerate(raw_model.rows()):
        if number < raw_model.demand:
            model.add_bool_or(v[k] if a > 0 else v[k].negated() for k, a in zip(variables, values, strict=True))
        else:
            ends = (int(end) if np.isfinite(end) else int(np.copysign(2**50, end)) for end in (low, high))
            model.add_linear_constraint(cp_model.LinearExpr.weighted_sum([v[k] for k in variables], values), *ends)
    model.maximize(cp_model.LinearExpr.weighted_sum(v, raw_model.objective.astype(np.int64).tolist()))
    solver = cp_model.CpSolver()
    solver.parameters.max_time_in_seconds, solver.parameters.num_workers = limit_s, CP_SAT_WORKERS
    built = time.perf_counter()
    status = solver.solve(model)
    solved = time.perf_counter()
    found = status in (cp_model.OPTIMAL, cp_model.FEASIBLE)
    return built - begun, solved - built, solver.objective_value if found else np.nan, solver.best_objective_bound


def scip(program, limit_s):
    """SCIP."""
    import pyscipopt

    begun = time.perf_counter()
    raw_model = raw(program)
    model = pyscipopt.Model()
    model.hideOutput()
    kinds = ["C"] * raw_model.demand + ["I"] * (raw_model.objective.size - raw_model.demand)
    bounds = zip(raw_model.lower.tolist(), raw_model.upper.tolist(), kinds, strict=True)
    v = [model.addVar(lb=low, ub=high, vtype=kind) for low, high, kind in bounds]
    for variables, values, low, high in raw_model.rows():
        total = pyscipopt.quicksum(value * v[k] for k, value in zip(variables, values, strict=True))
        if low == high:
            model.addCons(total == low)
        else:
            model.addCons(total >= low if np.isfinite(low) else total <= high)
    gains = raw_model.objective.tolist()
    model.setObjective(pyscipopt.quicksum(gain * x for gain, x in zip(gains, v, strict=True)), "maximize")
    model.setParam("limits/time", limit_s)
    built = time.perf_counter()
    model.optimize()
    value = model.getPrimalbound() if model.getNSols() else np.nan
    return built - begun, time.perf_counter() - built, value, model.getDualbound()


def _aggregated(program, limit_s, backend):
    from placement.solve.backends.milp import solve_milp

    solution = solve_milp(program, backend=backend, time_limit_s=limit_s, threads=THREADS)
    value = np.nan if solution.status == "no_solution" else solution.objective
    return solution.timings["build"], solution.timings["solve"], value, solution.bound


def aggregated_highs(program, limit_s):
    """HiGHS on the rows that this library's aggregation leaves."""
    return _aggregated(program, limit_s, "highs")


def aggregated_cbc(program, limit_s):
    """CBC on the rows that this library's aggregation leaves."""
    return _aggregated(program, limit_s, "cbc")


PEERS = {
    "HiGHS by arrays": ("highspy", highspy_arrays),
    "scipy milp": ("scipy", scipy_milp),
    "PuLP + HiGHS": ("pulp", pulp_highs),
    "PuLP + CBC": ("pulp", pulp_cbc),
    "spopt + HiGHS": ("spopt", spopt_highs),
    "spopt + CBC": ("spopt", spopt_cbc),
    "CP-SAT": ("ortools", cp_sat),
    "SCIP": ("pyscipopt", scip),
    "aggregated + HiGHS": ("highspy", aggregated_highs),
    "aggregated + CBC": ("pulp", aggregated_cbc),
}
