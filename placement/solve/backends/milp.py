r"""The program through PuLP: HiGHS by default, any PuLP solver by name.

.. math::

    \max\; \sum_c w_c z_c + \sum_k b_k x_k \quad\text{s.t.}\quad
    z_c \le \sum_{k:\, \mathrm{site}(k) \in N(c)} x_k,\quad A x \le g,\quad \sum_{c \in d} w_c z_c \ge f_d,\quad
    0 \le z \le 1,\quad x \in \{0, 1\}

where ``c`` are the row classes of :mod:`placement.solve.program.aggregate`. ``z`` may stay continuous: with ``x``
whole, the best ``z`` is whole.

Nothing a solver says is believed further than this:

* PuLP's ``status`` is "Optimal" for runs that merely stopped at their time limit; it is not read. What is read is the
  solver's own state: HiGHS' model status and ``mip_dual_bound``, CBC's log, else PuLP's ``sol_status``.
* Values are read only where that state says there is an incumbent. They are rounded, checked against every constraint
  of the original program in integers, and the objective is counted again from its covers.
* A bound in floating point becomes the integer ``floor(bound + 1e-6 + 1e-12 * |bound|)``, never below the recounted
  incumbent. A solver's bound is as good as the solver's tolerances, so that it is labelled ``proof="solver"``; where
  a solver hands over none, the bound is the trivial one (everything coverable is covered) and ``proof="none"``.

Every column is bounded: "infeasible or unbounded" means infeasible.
"""

from __future__ import annotations

import math
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
import pulp
from scipy import sparse

from placement.errors import InputError, RefutedError
from placement.interrupts import Wish, hold_interrupts
from placement.solve.backends.cbc_log import read_cbc_log, read_cbc_version
from placement.solve.backends.claims import counted, solution_of, started_from
from placement.solve.backends.highs import ArrayModel, MipOutcome, State, highs_version, solve_mip
from placement.solve.program.aggregate import aggregate
from placement.solve.program.reduced import ReducedProgram
from placement.values import CoverageProgram, Solution
from placement.values.arrays import BoolArray, FloatArray
from placement.values.layers import FULL

_HIGHS, _WITH_PLAN = ("highs", "auto"), ("optimal", "feasible")
_CBC = ("cbc", "pulp_cbc_cmd", "coin_cmd")


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What every backend is told: asked relative gap, seconds (None = no limit), random seed, threads.

    `tolerance` is how far HiGHS may leave a row or a bound; its own default is 1e-6. `interrupt` ends HiGHS early.
    """

    gap: float = 0.0
    time_limit_s: float | None = None
    seed: int = 0
    threads: int = 2
    tolerance: float = 1e-6
    interrupt: Wish | None = None


@dataclass(frozen=True, kw_only=True)
class PulpModel:
    """The PuLP problem, its column variables in order, the value of a plan, and what is not a matter of solving.

    `impossible` names the constraints that no plan can satisfy whatever is chosen.
    """

    problem: pulp.LpProblem
    columns: tuple[pulp.LpVariable, ...]
    value: pulp.LpAffineExpression
    impossible: tuple[str, ...]


def solve_milp(
    program: CoverageProgram,
    *,
    backend: Any = "highs",
    gap: float = 0.0,
    time_limit_s: float | None = None,
    seed: int = 0,
    threads: int = 2,
    start: BoolArray | None = None,
) -> Solution:
    """Solve `program` through PuLP.

    Parameters
    ----------
    program
        The program.
    backend
        ``"highs"``, ``"cbc"`` (bundled with PuLP), the name of any other solver PuLP finds here, or a PuLP solver.
    gap
        Relative gap at which the solver may stop; 0 = proven.
    time_limit_s
        Seconds for everything, building included; None = no limit.
    seed, threads
        Handed to HiGHS; CBC gets the seed and one thread, since its parallel search is not repeatable.
    start
        (columns,) a plan to begin with; used by HiGHS.

    Returns
    -------
    Solution
        ``optimal``, ``feasible``, ``infeasible``, or ``no_solution`` where the time ended before any plan. Ctrl-C ends
        HiGHS with the best plan so far; other solvers are torn down by it.

    Raises
    ------
    InputError
        If the solver is unknown or not available; lists those that are.
    RefutedError
        If the solver's plan breaks a constraint or is not whole, and the run did not begin with a plan that holds.
    """
    began = perf_counter()
    solver = named_solver(backend)
    reduced = aggregate(program, threads=threads)
    model = build_model(reduced)
    built = perf_counter()
    left = None if time_limit_s is None else max(0.01, time_limit_s - (built - began))
    limits = Limits(gap=gap, time_limit_s=left, seed=seed, threads=threads)
    outcome, name, interrupted = _outcome(program, model, solver, limits, start)
    timings = {"build": built - began, "solve": perf_counter() - built}
    details = {
        "rows": reduced.classes.n_rows,
        "reduced_rows": reduced.n_rows,
        "nodes": outcome.nodes,
        "impossible": model.impossible,
    }
    said: dict[str, Any] = {"solver": name, "gap": gap, "timings": timings, "details": details}
    try:
        solution = solution_of(program, outcome, **said)
    except RefutedError as error:
        kept = started_from(program, start, f"{name}: {'; '.join(error.differences)}", said)
        if kept is None:
            raise
        solution = kept
    if solution.status in {"infeasible", "no_solution"}:
        solution = started_from(program, start, f"{name}: {solution.status}", said) or solution
    return replace(solution, interrupted=interrupted)


def _outcome(
    program: CoverageProgram, model: PulpModel, solver: Any, limits: Limits, start: BoolArray | None
) -> tuple[MipOutcome, str, bool]:
    """Return the outcome, what it comes from, and whether somebody cut it short.

    Only HiGHS hands over its plan when it is cut short, so that only there Ctrl-C is held.
    """
    settled = counted(program, model.impossible)
    if settled is not None:
        return *settled, False
    if solver != "highs":
        return *_run(model, solver, limits), False
    with hold_interrupts() as interrupt:
        outcome = run_highs(model, replace(limits, interrupt=interrupt), start)
        return outcome, highs_version(), interrupt.asked


def build_model(reduced: ReducedProgram) -> PulpModel:
    """Return the PuLP problem; variables are named by index, since names of sites may collide in PuLP."""
    problem = pulp.LpProblem("coverage", pulp.LpMaximize)
    bounds = zip(reduced.required.tolist(), reduced.excluded.tolist(), strict=True)
    x = [problem.add_variable(f"x{k}", int(low), 1 - int(high), "Integer") for k, (low, high) in enumerate(bounds)]
    z = [problem.add_variable(f"z{c}", 0, 1) for c in range(reduced.n_rows)]
    kinds = [_shares(reduced, once=once) for once in (False, True)]
    shares_of = [kinds[once] for once in reduced.once.tolist()]
    weighed = list(zip(z, shares_of, reduced.gains.tolist(), strict=True))
    gain = [(variable, first * weight) for variable, (first, *_), weight in weighed]
    tails = [
        [problem.add_variable(f"y{c}_{i}", 0, 1) for i in range(len(shares) - 1)] for c, shares in enumerate(shares_of)
    ]
    for of_row, (_, more, weight) in zip(tails, weighed, strict=True):
        gain += [(variable, share * weight) for variable, share in zip(of_row, more[1:], strict=True)]
    value = pulp.LpAffineExpression([*zip(x, reduced.column_values.tolist(), strict=True), *gain])
    problem.setObjective(value)
    _add_cover_rows(problem, reduced, x, [[variable, *more] for variable, more in zip(z, tails, strict=True)])
    impossible = [f"column {k} is required and excluded" for k in np.flatnonzero(reduced.required & reduced.excluded)]
    for number, row in enumerate(reduced.linear):
        terms = {x[k]: a for k, a in zip(row.columns.tolist(), row.coefficients.tolist(), strict=True) if a}
        sense = pulp.LpConstraintEQ if row.equality else pulp.LpConstraintLE
        impossible += _add_row(problem, f"l{number}", row.name, terms, sense=sense, limit=row.limit)
    for number, floor in enumerate(reduced.floors):
        terms = {x[k]: int(floor.column_gain[k]) for k in np.flatnonzero(floor.column_gain).tolist()}
        terms |= {z[c]: int(reduced.weights[c]) for c in floor.rows.tolist()}
        sense = pulp.LpConstraintGE
        impossible += _add_row(problem, f"f{number}", floor.name, terms, sense=sense, limit=floor.minimum)
    return PulpModel(problem=problem, columns=tuple(x), value=value, impossible=tuple(impossible))


def _shares(reduced: ReducedProgram, *, once: bool) -> list[Any]:
    """Return what each layer counts of a weight, or of one that counts once; a whole number where all is plain."""
    program = reduced.program
    if program.is_plain:
        return [1]
    return [share / FULL for share in ([program.once_worth] if once else program.layers.tolist())]


def _add_cover_rows(problem: Any, reduced: ReducedProgram, x: list[Any], layers: list[list[Any]]) -> None:
    at_site: list[list[Any]] = [[] for _ in range(reduced.n_sites)]
    for k, site in enumerate(reduced.column_site.tolist()):
        if site >= 0:
            at_site[site].append(x[k])
    sites, starts = reduced.covers.indices.tolist(), reduced.covers.indptr.tolist()
    for c, variables in enumerate(layers):
        terms = dict.fromkeys((column for site in sites[starts[c] : starts[c + 1]] for column in at_site[site]), -1)
        terms |= dict.fromkeys(variables, 1)
        expression = pulp.LpAffineExpression(terms.items())
        problem.addConstraint(pulp.LpConstraint(expression, pulp.LpConstraintLE, f"c{c}", 0))


def _add_row(problem: Any, key: str, name: str, terms: dict[Any, int], *, sense: int, limit: int) -> list[str]:
    """Add a row; one without terms is no row but a statement, whose falsehood is returned as a sentence."""
    if terms:
        problem.addConstraint(pulp.LpConstraint(pulp.LpAffineExpression(terms.items()), sense, key, limit))
        return []
    holds = {pulp.LpConstraintEQ: limit == 0, pulp.LpConstraintLE: limit >= 0, pulp.LpConstraintGE: limit <= 0}
    return [] if holds[sense] else [f"{name} cannot hold"]


class ArrayHighs(pulp.LpSolver):  # type: ignore[misc]
    """HiGHS as a PuLP solver that gets the model as arrays and may begin with a plan."""

    name = "HiGHS by arrays"

    def __init__(self, limits: Limits, start: dict[str, float] | None = None) -> None:
        super().__init__(mip=True, msg=False, timeLimit=limits.time_limit_s)
        self.limits = limits
        self.start = start
        self.outcome: MipOutcome | None = None

    def available(self) -> bool:
        """Return True: HiGHS is a dependency."""
        return True

    def actualSolve(self, lp: Any) -> int:  # noqa: N802 - PuLP's name
        """Solve `lp`, keep HiGHS' own answer in `outcome` and hand PuLP its values."""
        variables = lp.variables()
        start = None
        if self.start is not None:
            start = np.array([self.start.get(variable.name, math.nan) for variable in variables])
        limits = self.limits
        outcome = solve_mip(
            _arrays(lp, variables),
            gap=limits.gap,
            time_limit_s=limits.time_limit_s,
            seed=limits.seed,
            threads=limits.threads,
            tolerance=limits.tolerance,
            start=start,
            interrupt=limits.interrupt,
        )
        self.outcome = outcome
        if outcome.values is not None:
            lp.assignVarsVals(
                dict(zip((variable.name for variable in variables), outcome.values.tolist(), strict=True))
            )
        states = {
            "optimal": (pulp.LpStatusOptimal, pulp.LpSolutionOptimal),
            "feasible": (pulp.LpStatusOptimal, pulp.LpSolutionIntegerFeasible),
            "infeasible": (pulp.LpStatusInfeasible, pulp.LpSolutionInfeasible),
            "no_solution": (pulp.LpStatusNotSolved, pulp.LpSolutionNoSolutionFound),
        }
        status, sol_status = states[outcome.state]
        lp.assignStatus(status, sol_status)
        return int(status)


def _arrays(lp: Any, variables: list[Any]) -> ArrayModel:
    place = {variable: j for j, variable in enumerate(variables)}
    objective = np.zeros(len(variables))
    for variable, coefficient in lp.objective.items():
        objective[place[variable]] = coefficient
    starts, indices, values = [0], [], []
    lower, upper = [], []
    for row in lp.constraints():
        for variable, coefficient in row.items():
            indices.append(place[variable])
            values.append(coefficient)
        starts.append(len(indices))
        low, high = row.getLb(), row.getUb()
        lower.append(-math.inf if low is None else low)
        upper.append(math.inf if high is None else high)
    shape = (len(lower), len(variables))
    return ArrayModel(
        objective=objective,
        matrix=sparse.csr_array((np.array(values, dtype=np.float64), indices, starts), shape=shape),
        row_lower=np.array(lower, dtype=np.float64),
        row_upper=np.array(upper, dtype=np.float64),
        lower=np.array([variable.lowBound for variable in variables], dtype=np.float64),
        upper=np.array([variable.upBound for variable in variables], dtype=np.float64),
        integer=np.array([variable.cat == pulp.LpInteger for variable in variables], dtype=np.bool_),
    )


def named_solver(backend: Any) -> Any:
    """Return "highs", "cbc" or a PuLP solver.

    Raises
    ------
    InputError
        If the solver is unknown or not available; lists those that are.
    """
    if isinstance(backend, pulp.LpSolver):
        return backend
    name = str(backend).lower()
    if name in _HIGHS:
        return "highs"
    available = {each.lower(): each for each in pulp.listSolvers(onlyAvailable=True)}
    if name in _CBC:
        if _cbc_path() is not None:
            return "cbc"
    elif name in available:
        return available[name]
    others = sorted(each for name, each in available.items() if name not in {*_HIGHS, *_CBC})
    names = ["highs", *(["cbc"] if _cbc_path() is not None else []), *others]
    raise InputError.single(
        "solve",
        f"solver {backend!r} is unknown or not available",
        row="backend",
        remedy=f"use one of {', '.join(names)}",
    )


def _cbc_path() -> str | None:
    """Return the path of the CBC in PuLP's wheel, else of one on the search path."""
    bundled = getattr(pulp, "PULP_CBC_CMD", None)
    for path in (bundled.pulp_cbc_path if bundled else None, "cbc"):
        if path is not None and pulp.COIN_CMD(path=path, msg=False).available():
            return str(path)
    return None


def _run(model: PulpModel, solver: Any, limits: Limits) -> tuple[MipOutcome, str]:
    if solver == "cbc":
        return _run_cbc(model, limits)
    if isinstance(solver, str):
        options: dict[str, Any] = {"msg": False, "gapRel": limits.gap}
        if limits.time_limit_s is not None:
            options["timeLimit"] = limits.time_limit_s
        solver = pulp.getSolver(solver, **options)
    model.problem.solve(solver)
    state = _pulp_state(model.problem)
    outcome = MipOutcome(state=state, values=_values(model) if state in _WITH_PLAN else None, bound=math.inf)
    return outcome, f"{solver.name} (PuLP {pulp.__version__})"


def run_highs(model: PulpModel, limits: Limits, start: BoolArray | None) -> MipOutcome:
    """Solve `model` with HiGHS; the outcome's values are those of the columns."""
    names = [variable.name for variable in model.columns]
    begin = None if start is None else dict(zip(names, np.asarray(start, dtype=np.float64).tolist(), strict=True))
    solver = ArrayHighs(limits, begin)
    model.problem.solve(solver)
    assert solver.outcome is not None  # noqa: S101 - set by the run above
    values = _values(model) if solver.outcome.values is not None else None
    return replace(solver.outcome, values=values)


def _run_cbc(model: PulpModel, limits: Limits) -> tuple[MipOutcome, str]:
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "cbc.log"
        solver = pulp.COIN_CMD(
            path=_cbc_path(),
            msg=False,
            timeLimit=limits.time_limit_s,
            gapRel=limits.gap,
            gapAbs=0.0,
            logPath=str(log),
            options=[f"randomSeed {limits.seed + 1}", f"randomCbcSeed {limits.seed + 1}"],
        )
        model.problem.solve(solver)
        text = log.read_text(encoding="utf-8", errors="replace")
    state, bound = read_cbc_log(text)
    if state in _WITH_PLAN and _pulp_state(model.problem) not in _WITH_PLAN:
        state = "no_solution"  # the log speaks of a plan that the solution file does not hold
    values = _values(model) if state in _WITH_PLAN else None
    return MipOutcome(state=state, values=values, bound=bound), read_cbc_version(text)


def _pulp_state(problem: Any) -> State:
    """Return what PuLP's ``sol_status`` says; ``infeasible`` needs both codes, as PuLP also sets one when unsolved."""
    if problem.sol_status == pulp.LpSolutionOptimal:
        return "optimal"
    if problem.sol_status == pulp.LpSolutionIntegerFeasible:
        return "feasible"
    if problem.sol_status == pulp.LpSolutionInfeasible and problem.status == pulp.LpStatusInfeasible:
        return "infeasible"
    return "no_solution"


def _values(model: PulpModel) -> FloatArray:
    """Return the column values; NaN where the solver left none."""
    values = (variable.value() for variable in model.columns)
    return np.array([math.nan if value is None else value for value in values], dtype=np.float64)
