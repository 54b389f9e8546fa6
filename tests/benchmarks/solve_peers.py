"""Other solvers on the raw program: each returns (build seconds, solve seconds, objective, bound)."""

from __future__ import annotations

import time

import numpy as np
from scipy import sparse

from placement.values import CoverageProgram


def plain_parts(program: CoverageProgram):
    """Return (covers, weights, costs, budget) of a program with one budget row."""
    row = program.linear[0]
    costs = np.zeros(program.n_columns, dtype=np.int64)
    costs[row.columns] = row.coefficients
    return program.covers, program.weights, costs, row.limit


def arrays(program: CoverageProgram):
    """Return (objective, matrix, row lower, row upper, first integer column): rows first, then sites."""
    covers, weights, costs, budget = plain_parts(program)
    rows, sites = covers.shape
    top = sparse.hstack([-sparse.eye_array(rows, format="csr"), covers.astype(float)], format="csr")
    bottom = sparse.csr_array(np.concatenate([np.zeros(rows), costs])[None, :])
    matrix = sparse.vstack([top, bottom], format="csr")
    lower, upper = np.concatenate([np.zeros(rows), [-np.inf]]), np.concatenate([np.full(rows, np.inf), [budget]])
    return np.concatenate([weights, np.zeros(sites)]), matrix, lower, upper, rows


def highspy_arrays(program, limit_s):
    """HiGHS by arrays."""
    from placement.solve.highs import ArrayModel, solve_mip

    begun = time.perf_counter()
    objective, matrix, lower, upper, rows = arrays(program)
    size = objective.size
    model = ArrayModel(
        objective=objective, matrix=matrix, row_lower=lower, row_upper=upper, lower=np.zeros(size),
        upper=np.ones(size), integer=np.arange(size) >= rows,
    )  # fmt: skip
    built = time.perf_counter()
    outcome = solve_mip(model, time_limit_s=limit_s, threads=2)
    value = np.nan if outcome.values is None else float(objective @ outcome.values)
    return built - begun, time.perf_counter() - built, value, outcome.bound


def scipy_milp(program, limit_s):
    """``scipy.optimize.milp`` (HiGHS inside)."""
    from scipy.optimize import Bounds, LinearConstraint, milp

    begun = time.perf_counter()
    objective, matrix, lower, upper, rows = arrays(program)
    integrality = (np.arange(objective.size) >= rows).astype(int)
    built = time.perf_counter()
    options = {"time_limit": limit_s, "mip_rel_gap": 0.0}
    result = milp(
        -objective, constraints=LinearConstraint(matrix, lower, upper), bounds=Bounds(0, 1),
        integrality=integrality, options=options,
    )  # fmt: skip
    value = np.nan if result.x is None else -result.fun
    bound = np.nan if result.mip_dual_bound is None else -result.mip_dual_bound
    return built - begun, time.perf_counter() - built, value, bound


def _pulp(program, solver):
    import pulp

    covers, weights, costs, budget = plain_parts(program)
    begun = time.perf_counter()
    problem = pulp.LpProblem("mclp", pulp.LpMaximize)
    x = [pulp.LpVariable(f"x{k}", cat="Binary") for k in range(costs.size)]
    z = [pulp.LpVariable(f"z{r}", 0, 1) for r in range(weights.size)]
    problem += pulp.LpAffineExpression(zip(z, weights.tolist(), strict=True))
    indptr, indices = covers.indptr.tolist(), covers.indices.tolist()
    for row in range(weights.size):
        problem += z[row] <= pulp.lpSum([x[k] for k in indices[indptr[row] : indptr[row + 1]]])
    problem += pulp.LpAffineExpression(zip(x, costs.tolist(), strict=True)) <= budget
    built = time.perf_counter()
    problem.solve(solver)
    solved = time.perf_counter()
    proven = problem.sol_status == pulp.LpSolutionOptimal
    value = pulp.value(problem.objective)
    return built - begun, solved - built, value, value if proven else np.nan


def pulp_cbc(program, limit_s):
    """PuLP with its bundled CBC."""
    import pulp

    return _pulp(program, pulp.PULP_CBC_CMD(msg=False, timeLimit=limit_s, threads=2))


def pulp_highs(program, limit_s):
    """PuLP with HiGHS."""
    import pulp

    return _pulp(program, pulp.HiGHS(msg=False, timeLimit=limit_s, threads=2))


def _spopt(program, solver):
    from spopt.locate import MCLP

    covers, weights, _, budget = plain_parts(program)
    distance = np.where(covers.toarray(), 0.0, 2.0)
    begun = time.perf_counter()
    model = MCLP.from_cost_matrix(distance, weights, service_radius=1.0, p_facilities=budget)
    built = time.perf_counter()
    model = model.solve(solver, results=False)
    value = float(model.problem.objective.value())
    proven = model.problem.sol_status == 1
    return built - begun, time.perf_counter() - built, value, value if proven else np.nan


def spopt_cbc(program, limit_s):
    """The coverage model of spopt with PuLP's CBC."""
    import pulp

    return _spopt(program, pulp.PULP_CBC_CMD(msg=False, timeLimit=limit_s, threads=2))


def spopt_highs(program, limit_s):
    """The coverage model of spopt with HiGHS."""
    import pulp

    return _spopt(program, pulp.HiGHS(msg=False, timeLimit=limit_s, threads=2))


def cp_sat(program, limit_s):
    """CP-SAT of OR-Tools."""
    from ortools.sat.python import cp_model

    covers, weights, costs, budget = plain_parts(program)
    begun = time.perf_counter()
    model = cp_model.CpModel()
    x = [model.new_bool_var("") for _ in costs]
    z = [model.new_bool_var("") for _ in weights]
    indptr, indices = covers.indptr.tolist(), covers.indices.tolist()
    for row in range(weights.size):
        model.add_bool_or([*(x[k] for k in indices[indptr[row] : indptr[row + 1]]), z[row].negated()])
    model.add(cp_model.LinearExpr.weighted_sum(x, costs.tolist()) <= budget)
    model.maximize(cp_model.LinearExpr.weighted_sum(z, weights.tolist()))
    solver = cp_model.CpSolver()
    solver.parameters.max_time_in_seconds, solver.parameters.num_workers = limit_s, 2
    built = time.perf_counter()
    solver.solve(model)
    return built - begun, time.perf_counter() - built, solver.objective_value, solver.best_objective_bound


def scip(program, limit_s):
    """SCIP."""
    import pyscipopt

    covers, weights, costs, budget = plain_parts(program)
    begun = time.perf_counter()
    model = pyscipopt.Model()
    model.hideOutput()
    x = [model.addVar(vtype="B") for _ in costs]
    z = [model.addVar(lb=0, ub=1) for _ in weights]
    indptr, indices = covers.indptr.tolist(), covers.indices.tolist()
    for row in range(weights.size):
        model.addCons(z[row] <= pyscipopt.quicksum(x[k] for k in indices[indptr[row] : indptr[row + 1]]))
    model.addCons(pyscipopt.quicksum(int(c) * v for c, v in zip(costs, x, strict=True)) <= budget)
    model.setObjective(pyscipopt.quicksum(int(w) * v for w, v in zip(weights, z, strict=True)), "maximize")
    model.setParam("limits/time", limit_s)
    built = time.perf_counter()
    model.optimize()
    return built - begun, time.perf_counter() - built, model.getPrimalbound(), model.getDualbound()


PEERS = {
    "HiGHS by arrays": ("highspy", highspy_arrays),
    "scipy milp": ("scipy", scipy_milp),
    "PuLP + HiGHS": ("pulp", pulp_highs),
    "PuLP + CBC": ("pulp", pulp_cbc),
    "spopt + HiGHS": ("spopt", spopt_highs),
    "spopt + CBC": ("spopt", spopt_cbc),
    "CP-SAT": ("ortools", cp_sat),
    "SCIP": ("pyscipopt", scip),
}
