r"""HiGHS by arrays: one call hands over a whole model, one call a start, and the outcome is read from HiGHS itself.

.. math::

    \max\; c^\top x \quad\text{s.t.}\quad l \le A x \le u,\quad \underline{x} \le x \le \overline{x},\quad
    x_j \in \mathbb{Z} \text{ for } j \in J

Row by row a model of half a million entries takes HiGHS' Python interface as long to receive as to solve; as arrays
it takes milliseconds. Dual values are returned with the sign of a maximisation: the price of a row :math:`\le u` is
:math:`\ge 0`, and :math:`c - A^\top \lambda` are the reduced costs.

Source: Huangfu & Hall (2018), Parallelizing the dual revised simplex method, Mathematical Programming Computation
10(1), 119-142.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Any, Literal

import highspy
import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from placement.errors import PlacementError
from placement.interrupts import Wish
from placement.solve.backends.silence import no_standard_output
from placement.values.arrays import FloatArray, frozen_array, frozen_csr

State = Literal["optimal", "feasible", "infeasible", "no_solution"]

_ENDS_S = 5.0
"""Seconds that a thread whose run is over may take to end: HiGHS' own threads end with it."""

_FEASIBLE = 2
"""HiGHS' ``kSolutionStatusFeasible``."""


@dataclass(frozen=True, kw_only=True, eq=False)
class ArrayModel:
    """A linear or mixed-integer maximisation as arrays.

    Parameters
    ----------
    objective
        (columns,) coefficients c.
    matrix
        (rows, columns) CSR.
    row_lower, row_upper
        (rows,) limits; infinite where there is none.
    lower, upper
        (columns,) bounds, finite.
    integer
        (columns,) bool; none set = a linear program.
    """

    objective: FloatArray
    matrix: sparse.csr_array
    row_lower: FloatArray
    row_upper: FloatArray
    lower: FloatArray
    upper: FloatArray
    integer: NDArray[np.bool_]

    def __post_init__(self) -> None:
        for name in ("objective", "row_lower", "row_upper", "lower", "upper"):
            object.__setattr__(self, name, frozen_array(getattr(self, name), np.float64))
        object.__setattr__(self, "integer", frozen_array(self.integer, np.bool_))
        object.__setattr__(self, "matrix", frozen_csr(self.matrix))


@dataclass(frozen=True, kw_only=True, eq=False)
class MipOutcome:
    """What HiGHS says after a mixed-integer run.

    Parameters
    ----------
    state
        ``optimal`` where HiGHS closed the asked gap, ``feasible`` where it stopped with a plan, ``infeasible``, or
        ``no_solution`` where it stopped without one.
    values
        (columns,) of the incumbent; None where there is none.
    bound
        HiGHS' ``mip_dual_bound``; infinite where it has none.
    nodes
        Nodes of its tree.
    """

    state: State
    values: FloatArray | None
    bound: float
    nodes: int = 0


@dataclass(frozen=True, kw_only=True, eq=False)
class LpOutcome:
    """What HiGHS says after a linear run.

    Parameters
    ----------
    state
        ``optimal``, ``infeasible``, or ``no_solution`` where a limit ended the run (then all values are zeros).
    objective
        Value of `values`.
    values, reduced_costs
        (columns,) primal values and reduced costs.
    row_prices
        (rows,) dual values, >= 0 on rows with only an upper limit.
    """

    state: State
    objective: float
    values: FloatArray
    reduced_costs: FloatArray
    row_prices: FloatArray

    @property
    def finite(self) -> bool:
        """Whether all of it is numbers."""
        parts = (self.objective, self.values, self.reduced_costs, self.row_prices)
        return all(bool(np.isfinite(part).all()) for part in parts)


def highs_version() -> str:
    """Return ``HiGHS`` and its version, e.g. ``HiGHS 1.16.0``."""
    return f"HiGHS {new_highs().version()}"


def new_highs() -> Any:
    """Return a silent HiGHS.

    HiGHS prints a banner to the process' standard output when it is first made, before any option can forbid it;
    output that another program reads must stay clean, so the constructor runs with standard output turned away.
    """
    with no_standard_output():
        highs: Any = highspy.Highs()  # type: ignore[no-untyped-call]
    highs.setOptionValue("output_flag", False)
    return highs


def solve_mip(
    model: ArrayModel,
    *,
    gap: float = 0.0,
    time_limit_s: float | None = None,
    seed: int = 0,
    threads: int = 2,
    tolerance: float = 1e-6,
    start: FloatArray | None = None,
    interrupt: Wish | None = None,
) -> MipOutcome:
    """Solve a mixed-integer model.

    Parameters
    ----------
    gap
        Relative gap at which HiGHS may stop; its absolute gap is 0.
    time_limit_s
        Seconds; None = no limit.
    seed, threads
        Both can change which of several optima comes back.
    tolerance
        How far a row, a bound or a whole value may be missed.
    start
        (columns,) a plan to begin with, NaN for what HiGHS shall fill in; ignored where it is not feasible.
    interrupt
        Ends the run, with the best plan so far, when it is asked for.
    """
    highs = new_highs()
    _configure(highs, gap=gap, time_limit_s=time_limit_s, seed=seed, threads=threads)
    highs.setOptionValue("mip_feasibility_tolerance", float(tolerance))
    highs.setOptionValue("primal_feasibility_tolerance", min(1e-7, float(tolerance)))
    _pass(highs, model)
    if start is not None:
        known = np.flatnonzero(np.isfinite(start)).astype(np.int32)
        highs.setSolution(known.size, known, np.asarray(start, dtype=np.float64)[known])
    ending = _Ending(highs)
    ending.interrupt = interrupt
    _run_interruptibly(highs, ending)
    if highs.getModelStatus() == highspy.HighsModelStatus.kUnboundedOrInfeasible:
        # Presolve could not tell; without it the simplex method can.
        highs.setOptionValue("presolve", "off")
        _run_interruptibly(highs, ending)
    return _mip_outcome(highs, is_mip=bool(model.integer.any()))


def run(highs: Any) -> None:
    """Run `highs`, renewing HiGHS' pool of threads where an earlier run in this process had another size.

    Raises
    ------
    PlacementError
        If HiGHS itself reports an error.
    """
    if highs.run() == highspy.HighsStatus.kError:
        highspy.Highs.resetGlobalScheduler(True)
        if highs.run() == highspy.HighsStatus.kError:
            raise PlacementError(f"HiGHS failed: {highs.modelStatusToString(highs.getModelStatus())}")


class _Ending:
    """Ends a run of HiGHS when an interrupt asks for it, or at once; HiGHS asks back now and then while it runs."""

    def __init__(self, highs: Any) -> None:
        self.interrupt: Wish | None = None
        self.now = False
        highs.cbSimplexInterrupt += self._asked
        highs.cbIpmInterrupt += self._asked
        highs.cbMipInterrupt += self._asked

    def _asked(self, event: Any) -> None:
        if self.now or (self.interrupt is not None and self.interrupt.asked):
            event.interrupt()


def _run_interruptibly(highs: Any, ending: _Ending) -> None:
    """Run in a thread of its own: Python hears of Ctrl-C only between two of its own steps, not inside HiGHS.

    A run that never ends does not keep the process from ending.
    """
    failed: list[BaseException] = []
    done = threading.Event()

    def work() -> None:
        """Run, or keep what went wrong."""
        try:
            run(highs)
        except BaseException as error:  # noqa: BLE001 -- raised below, in the caller's thread
            failed.append(error)
        finally:
            done.set()

    worker = threading.Thread(target=work, name="HiGHS", daemon=True)
    worker.start()
    try:
        done.wait()  # not a join: one that is interrupted takes the thread for ended (Python 3.11)
    except KeyboardInterrupt:
        ending.now = True
        done.wait()
        raise
    finally:
        worker.join(_ENDS_S)
    if failed:
        raise failed[0]


def _mip_outcome(highs: Any, *, is_mip: bool) -> MipOutcome:
    status = highs.getModelStatus()
    info = highs.getInfo()
    statuses = highspy.HighsModelStatus
    nodes = max(0, int(info.mip_node_count)) if is_mip else 0
    if status == statuses.kInfeasible:
        return MipOutcome(state="infeasible", values=None, bound=-np.inf, nodes=nodes)
    optimal = status == statuses.kOptimal
    value = float(info.objective_function_value) if optimal else np.inf
    bound = float(info.mip_dual_bound) if is_mip else value
    if int(info.primal_solution_status) != _FEASIBLE:
        return MipOutcome(state="no_solution", values=None, bound=bound, nodes=nodes)
    values = np.array(highs.getSolution().col_value, dtype=np.float64)
    return MipOutcome(state="optimal" if optimal else "feasible", values=values, bound=bound, nodes=nodes)


class LinearModel:
    """A linear program that HiGHS keeps between runs, so that cuts and tightened bounds restart from the last basis.

    Parameters
    ----------
    model
        The first model; `integer` is ignored.
    seed, threads
        As in :func:`solve_mip`.

    Examples
    --------
    >>> from placement.solve.backends.highs import ArrayModel, LinearModel
    >>> matrix = sparse.csr_array([[1.0, 1.0]])
    >>> model = ArrayModel(objective=[3, 2], matrix=matrix, row_lower=[-np.inf], row_upper=[1.5],
    ...                    lower=[0, 0], upper=[1, 1], integer=[False, False])
    >>> lp = LinearModel(model)
    >>> outcome = lp.solve()
    >>> outcome.objective, outcome.row_prices.tolist()
    (4.0, [2.0])
    >>> lp.add_rows(sparse.csr_array([[0.0, 1.0]]), [-np.inf], [0.25])
    >>> lp.solve().objective
    3.5
    """

    def __init__(self, model: ArrayModel, *, seed: int = 0, threads: int = 1) -> None:
        self._highs = new_highs()
        _configure(self._highs, gap=0.0, time_limit_s=None, seed=seed, threads=threads)
        _pass(self._highs, model, integers=False)
        self._ending = _Ending(self._highs)

    def add_rows(self, matrix: sparse.csr_array, lower: Any, upper: Any) -> None:
        """Append rows ``lower <= matrix x <= upper``."""
        rows = sparse.csr_array(matrix)
        self._highs.addRows(
            rows.shape[0],
            np.asarray(lower, dtype=np.float64),
            np.asarray(upper, dtype=np.float64),
            rows.nnz,
            rows.indptr[:-1].astype(np.int32),
            rows.indices.astype(np.int32),
            rows.data.astype(np.float64),
        )

    def set_bounds(self, columns: Any, lower: Any, upper: Any) -> None:
        """Replace the bounds of some columns."""
        index = np.asarray(columns, dtype=np.int32)
        low, high = np.asarray(lower, dtype=np.float64), np.asarray(upper, dtype=np.float64)
        self._highs.changeColsBounds(index.size, index, low, high)

    def solve(self, *, time_limit_s: float | None = None, interrupt: Wish | None = None) -> LpOutcome:
        """Solve from the last basis.

        Parameters
        ----------
        time_limit_s
            Seconds for this run; None = no limit.
        interrupt
            Ends this run when it is asked for.
        """
        highs = self._highs
        self._ending.interrupt = interrupt
        limit = np.inf if time_limit_s is None else highs.getRunTime() + max(0.0, time_limit_s)
        highs.setOptionValue("time_limit", float(limit))
        run(highs)
        return _lp_outcome(highs)


def _lp_outcome(highs: Any) -> LpOutcome:
    statuses = highspy.HighsModelStatus
    status = highs.getModelStatus()
    if status != statuses.kOptimal:
        infeasible = status in {statuses.kInfeasible, statuses.kUnboundedOrInfeasible}
        columns, rows = np.zeros(highs.getNumCol()), np.zeros(highs.getNumRow())
        return LpOutcome(
            # Every column has finite bounds, so that "unbounded or infeasible" can only be infeasible.
            state="infeasible" if infeasible else "no_solution",
            objective=0.0,
            values=columns,
            reduced_costs=columns,
            row_prices=rows,
        )
    solution = highs.getSolution()
    return LpOutcome(
        state="optimal",
        objective=float(highs.getInfo().objective_function_value),
        values=np.array(solution.col_value, dtype=np.float64),
        reduced_costs=np.array(solution.col_dual, dtype=np.float64),
        row_prices=np.array(solution.row_dual, dtype=np.float64),
    )


def _configure(highs: Any, *, gap: float, time_limit_s: float | None, seed: int, threads: int) -> None:
    options = {"mip_rel_gap": float(gap), "mip_abs_gap": 0.0, "random_seed": int(seed), "threads": int(threads)}
    if time_limit_s is not None:
        options["time_limit"] = max(0.0, float(time_limit_s))
    for name, value in options.items():
        highs.setOptionValue(name, value)


def _pass(highs: Any, model: ArrayModel, *, integers: bool = True) -> None:
    lp = highspy.HighsLp()
    lp.num_row_, lp.num_col_ = model.matrix.shape
    lp.sense_ = highspy.ObjSense.kMaximize
    lp.col_cost_ = model.objective
    lp.col_lower_, lp.col_upper_ = model.lower, model.upper
    lp.row_lower_, lp.row_upper_ = model.row_lower, model.row_upper
    lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    lp.a_matrix_.start_ = model.matrix.indptr.astype(np.int32)
    lp.a_matrix_.index_ = model.matrix.indices.astype(np.int32)
    lp.a_matrix_.value_ = model.matrix.data.astype(np.float64)
    if integers and model.integer.any():
        kinds = (highspy.HighsVarType.kContinuous, highspy.HighsVarType.kInteger)
        lp.integrality_ = [kinds[flag] for flag in model.integer.tolist()]
    if highs.passModel(lp) == highspy.HighsStatus.kError:
        raise PlacementError("HiGHS refuses the model: a coefficient or limit is not a number")
