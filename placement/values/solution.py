"""What a solver hands back: a plan over columns, a bound, and where the bound comes from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from placement.values.arrays import frozen_array
from placement.values.certificate import Certificate
from placement.values.immutable import immutable
from placement.values.publicity_certificate import PublicityCertificate
from placement.values.shown import Shown, headline_of
from placement.values.visits_certificate import VisitsCertificate

Status = Literal["optimal", "feasible", "infeasible", "no_solution"]
Proof = Literal["certificate", "solver", "none"]


@immutable
@dataclass(frozen=True, kw_only=True, eq=False)
class Solution:
    """The outcome of solving a :class:`~placement.values.CoverageProgram`.

    Parameters
    ----------
    status
        ``optimal`` only where the gap is at most the asked one in integers; ``feasible`` with a plan that is not
        proven; ``infeasible``; ``no_solution`` where the time ended before any plan.
    chosen
        (columns,) bool; all False where there is no plan.
    objective
        Exact value of `chosen`, an integer in the unit of the weights.
    bound
        No plan is better than this. An integer: the solver's bound rounded down after its tolerance is added.
    asked_gap
        Gap at which the run was allowed to stop.
    proof
        ``certificate`` where `certificate` proves the bound without a solver, ``solver`` where the bound was read
        from the named solver, ``none`` where there is no bound but the trivial one.
    solver
        Name and version of what solved it, e.g. ``HiGHS 1.16.0``.
    certificate
        What proves the bound; None with ``proof="solver"``, and where visits count.
    visits_certificate
        What proves the bound of a plan that counts predicted visits.
    publicity_certificate
        What proves the bound of a plan that spends on publicity.
    interrupted
        Whether somebody pressed Ctrl-C: the plan and the bound are the best that were known then.
    timings
        Seconds by stage; never written to files that must be reproducible.
    details
        Sizes for the reader: rows and sites before and after reduction, nodes, cuts.
    """

    status: Status
    chosen: NDArray[np.bool_]
    objective: int
    bound: int
    asked_gap: float
    proof: Proof
    solver: str
    certificate: Certificate | None = None
    visits_certificate: VisitsCertificate | None = None
    publicity_certificate: PublicityCertificate | None = None
    interrupted: bool = False
    timings: Mapping[str, float] = field(default_factory=dict)
    details: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "chosen", frozen_array(self.chosen, np.bool_))

    @property
    def gap(self) -> float:
        """(bound - objective) / bound, or of the objective where it is a cost, below 0; 0 where both are 0."""
        return gap_between(self.objective, self.bound)

    def _shown(self) -> Shown:
        rows = [
            ("chosen", f"{int(self.chosen.sum()):,} of {self.chosen.size:,} columns"),
            ("objective", f"{self.objective:,}, at most {self.bound:,}: gap {self.gap:.4%}"),
            ("solver", self.solver),
        ]
        if self.certificate is not None:
            rows.append(("proof", headline_of(self.certificate)))
        return f"Solution: {in_words(self.status, self.proof, self.gap)}{ended(self.interrupted)}", rows


def gap_between(objective: float, bound: float) -> float:
    """Return the share of the larger of both in size by which a bound is above an objective; 0 where it is not.

    Examples
    --------
    >>> gap_between(90, 100), gap_between(-100, -90), gap_between(3, 3)
    (0.1, 0.1, 0.0)
    """
    return 0.0 if bound <= objective else (bound - objective) / max(abs(bound), abs(objective))


def in_words(status: Status, proof: Proof, gap: float) -> str:
    """Return how good a plan is known to be."""
    if status == "infeasible":
        return "no plan is feasible"
    if status == "no_solution":
        return "no plan was found in time"
    if status == "feasible":
        return f"not proven, at most {gap:.2%} from the best" if proof != "none" else "not proven"
    by = "" if proof == "certificate" else ", as the solver says"
    return f"proven optimal{by}" if gap == 0 else f"proven within {gap:.2%} of the best{by}"


def ended(interrupted: bool) -> str:
    """Return what is said where somebody stopped the run."""
    return ", interrupted" if interrupted else ""
