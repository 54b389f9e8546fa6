"""A plan: what happens at each site, what it costs and what it covers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from placement.values.options import SolveOptions
from placement.values.policy import Policy
from placement.values.solution import Proof, Status

ACTIONS = ("keep", "move", "close", "open")
ACTION_COLUMNS = ("site_id", "action", "from_site_id", "machines_before", "machines_after", "cost_fen")


@dataclass(frozen=True, kw_only=True)
class BudgetLine:
    """One line of the budget.

    Parameters
    ----------
    name
        ``capital`` (yuan once) or ``running`` (yuan a year).
    amount_fen
        What the plan spends, in fen.
    cap_fen
        What it may spend, in fen; None = unlimited.
    """

    name: str
    amount_fen: int
    cap_fen: int | None


@dataclass(frozen=True, kw_only=True)
class Covered:
    """How much of one group is within reach.

    Parameters
    ----------
    covered, all
        Weight (visits a month in the declared mix) within reach, and in total.
    need_covered, need_all
        The same for need.
    use_covered, use_all
        The same for expected use.
    """

    covered: float
    all: float
    need_covered: float
    need_all: float
    use_covered: float
    use_all: float

    @property
    def share(self) -> float:
        """Share of the weight that is covered; 0 where there is no weight."""
        return self.covered / self.all if self.all else 0.0


@dataclass(frozen=True, kw_only=True)
class Coverages:
    """Coverage of one set of stations: in total, by segment name, by district, and people by age group and period.

    `district` groups by the real district (the survey areas' ``parent``). `people` maps ``age_group/period`` to
    (people within reach, all people), counting a resident as within reach where any station open for the whole
    period and offering any service stands within the threshold at the age group's speed.
    """

    total: Covered
    segment: Mapping[str, Covered]
    district: Mapping[str, Covered]
    people: Mapping[str, tuple[float, float]]


@dataclass(frozen=True, kw_only=True, eq=False)
class Plan:
    """A recommendation with its value, its bound and where the bound comes from.

    Parameters
    ----------
    study
        Name of the study.
    status, proof, solver
        See :class:`~placement.values.Solution`.
    objective, bound
        Covered weight in the program's rounded weights and its proven upper bound, visits a month (thousandths exact).
    asked_gap
        Gap at which the run was allowed to stop.
    actions
        One row a station kept, moved, closed or opened, with :data:`ACTION_COLUMNS`: for ``move`` `site_id` is the
        destination and `from_site_id` the origin (empty otherwise); `cost_fen` is the capital cost in fen.
    open
        Ids of the sites at which a station stands after the plan, sorted.
    before, after
        Coverage of today's stations and of the plan's.
    budget
        Budget lines.
    tie_broken
        True where the plan with fewest actions, then least money, then shortest moves, then lowest ids is proven among
        equal optima.
    certificate
        A ``placement.values.Certificate`` where `proof` is ``certificate``, else None.
    interrupted
        True where somebody stopped the run: the best plan and bound known then.
    details
        Sizes of the program and of its reduction.
    policy, options
        What the plan was made with; None where it was read from a file.
    """

    study: str
    status: Status
    proof: Proof
    solver: str
    objective: float
    bound: float
    asked_gap: float
    actions: pd.DataFrame
    open: tuple[str, ...]
    before: Coverages
    after: Coverages
    budget: tuple[BudgetLine, ...]
    tie_broken: bool = False
    certificate: Any = None
    interrupted: bool = False
    details: Mapping[str, Any] = field(default_factory=dict)
    policy: Policy | None = None
    options: SolveOptions | None = None

    @property
    def gap(self) -> float:
        """(bound - objective) / bound."""
        return 0.0 if self.bound <= self.objective else (self.bound - self.objective) / self.bound
