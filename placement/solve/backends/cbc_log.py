"""What CBC's log says of a run: PuLP passes on neither its bound nor which of its endings it came to."""

from __future__ import annotations

import math
import re

from placement.solve.backends.highs import State

# Every column is bounded, so that "infeasible or unbounded" means infeasible.
_INFEASIBLE = r"^(Result - Problem proven infeasible|Problem is infeasible|Pre-processing says infeasible or unbounded)"


def read_cbc_log(text: str) -> tuple[State, float]:
    r"""Return the state and the upper bound that CBC's log of a maximisation states; infinite where it states none.

    Examples
    --------
    >>> read_cbc_log("Result - Stopped on time limit\n\nObjective value: 19.0\nUpper bound: 20.5\nGap: -0.05")
    ('feasible', 20.5)
    >>> read_cbc_log("Result - Problem proven infeasible\n\nNo feasible solution found")
    ('infeasible', -inf)
    """
    if re.search(_INFEASIBLE, text, flags=re.MULTILINE):
        return "infeasible", -math.inf
    stated = re.search(r"^Upper bound:\s+(\S+)", text, flags=re.MULTILINE)
    found = re.search(r"^Objective value:\s+(\S+)", text, flags=re.MULTILINE)
    optimal = re.search(r"^Result - Optimal solution found", text, flags=re.MULTILINE)
    bound = float(stated.group(1)) if stated else math.inf
    if found is None:
        return "no_solution", bound
    if optimal and not stated:
        bound = float(found.group(1))
    return ("optimal" if optimal else "feasible"), bound


def read_cbc_version(text: str) -> str:
    r"""Return ``CBC`` and the version that the log names.

    Examples
    --------
    >>> read_cbc_version("Welcome to the CBC MILP Solver \nVersion: 2.10.3")
    'CBC 2.10.3'
    """
    version = re.search(r"^Version:\s*(\S+)", text, flags=re.MULTILINE)
    return f"CBC {version.group(1)}" if version else "CBC"
