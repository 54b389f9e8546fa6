"""Which of several optimal plans: fewest actions, least money, shortest moves, lowest ids; never at a plan's cost."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from placement.interrupts import hold_interrupts
from placement.models import Formulated
from placement.solve.program.recount import recount
from placement.solve.settings import DEFAULTS, EngineSettings
from placement.solve.ties.transfers import Transfers
from placement.streets import Streets
from placement.travel.between import distances_mm
from placement.values import Sites, Solution

_ONE_NUMBER = 10**6
"""Up to this many units of money, actions and money are one number and settled by one question to the solver."""
_GRACE_S, _GRACE_SHARE = 0.25, 0.03
"""A solver that is so late at its limit (seconds, and a share of the limit) is left behind."""


def break_ties(
    model: Formulated,
    solution: Solution,
    sites: Sites,
    streets: Streets | None,
    *,
    time_limit_s: float,
    seed: int,
    threads: int,
    settings: EngineSettings | None = None,
) -> tuple[Solution, bool]:
    """Return the optimum that comes first among equal ones, or `solution` and False where that was not proven.

    Whatever goes wrong on the way (an exception, an answer that is none, a plan that is not as good, no answer in time)
    leaves `solution` as it is and is told in ``details["tie_break"]``.
    """
    options = {"time_limit_s": time_limit_s, "seed": seed, "threads": threads, "settings": settings or DEFAULTS}
    transfers = _transfers(model, sites, streets)
    with hold_interrupts() as interrupt:
        better, remark = _guarded(model, solution, [*_action_costs(model)], transfers, options)
    if better is not None and not _as_good(model, solution, better):
        better, remark = None, "the solver's plan is not as good as the one at hand"
    if better is not None:
        return better, True
    details = {**solution.details, "tie_break": remark} if remark else solution.details
    return replace(solution, interrupted=interrupt.asked, details=details), False


def _guarded(
    model: Formulated,
    solution: Solution,
    action_costs: list[NDArray[np.int64]],
    transfers: Transfers | None,
    options: dict[str, Any],
) -> tuple[Solution | None, str]:
    """Return what the tie-break finds, and a remark where it failed; it works in a thread that may be left behind."""
    from placement.solve.ties.tie_break import tie_break  # noqa: PLC0415 -- loads pulp

    found: list[Solution | None] = []
    failed: list[BaseException] = []

    def work() -> None:
        """Break the ties, or keep what went wrong."""
        try:
            found.append(tie_break(model.program, solution, action_costs, transfers=transfers, **options))
        except Exception as error:  # noqa: BLE001 -- nothing that goes wrong here may cost the plan
            failed.append(error)

    worker = threading.Thread(target=work, name="tie-break", daemon=True)
    worker.start()
    worker.join((1 + _GRACE_SHARE) * options["time_limit_s"] + _GRACE_S)
    if failed:
        return None, f"not finished: {type(failed[0]).__name__}: {failed[0]}"
    if worker.is_alive():
        return None, "not finished: the solver did not stop at its limit"
    return (found[0] if found else None), ""


def _as_good(model: Formulated, solution: Solution, better: Solution) -> bool:
    if better.chosen.shape != solution.chosen.shape:
        return False
    counted = recount(model.program, better.chosen)
    return not counted.violations and counted.objective == solution.objective == better.objective


def _transfers(model: Formulated, sites: Sites, streets: Streets | None) -> Transfers | None:
    """Return the lengths by which stations are paired with the places they move to; None where none can move."""
    giving, receiving = model.giving, model.receiving
    if not giving.size or not receiving.size:
        return None

    def lengths(some: NDArray[np.int64], others: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return walking distances in whole millimetres between the sites of columns."""
        origins, destinations = (sites.table.iloc[model.sites[columns]] for columns in (some, others))
        return distances_mm(origins, destinations, streets)

    return Transfers(giving=giving, receiving=receiving, lengths=lengths)


def _action_costs(model: Formulated) -> list[NDArray[np.int64]]:
    """Return what columns count where optima are equal: one action each, ..., then money; as one number where small.

    Money is counted in shares of the largest unit that divides all amounts.
    """
    *before, money = model.action_costs()
    costs = [money // (int(np.gcd.reduce(money)) or 1)]
    for first in reversed(before):
        worst = int(np.abs(costs[0]).sum()) + 1
        costs = [first * worst + costs[0], *costs[1:]] if worst < _ONE_NUMBER else [first, *costs]
    return costs
