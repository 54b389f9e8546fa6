"""A plan: what happens at each site, what it costs and what it covers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from placement.values.capacity import CapacityValue
from placement.values.certificate import Certificate
from placement.values.coverages import Coverages, of_whole
from placement.values.fairness import Fairness
from placement.values.immutable import held, immutable
from placement.values.kept_floor import KeptFloor
from placement.values.limits import A_YEAR, SUMS
from placement.values.machines import MachinesChange
from placement.values.options import SolveOptions
from placement.values.outreach import Outreach
from placement.values.phases import Phased
from placement.values.policy import Policy
from placement.values.publicity_certificate import PublicityCertificate
from placement.values.reserve_value import ReserveValue
from placement.values.shown import MOST_LINES, Shown, of_data, share
from placement.values.solution import Proof, Status, ended, gap_between, in_words
from placement.values.visits import FALLS, Gains, VisitsChange, in_short
from placement.values.visits_certificate import VisitsCertificate
from placement.values.visits_value import VisitsValue

ACTIONS = ("keep", "grow", "shrink", "move", "close", "open")
_FEN_A_YUAN = 100
ACTION_COLUMNS = ("site_id", "action", "from_site_id", "machines_before", "machines_after", "cost_fen")


@immutable
@dataclass(frozen=True, kw_only=True)
class BudgetLine:
    """One line of the budget.

    Parameters
    ----------
    name
        One of ``placement.values.limits.BUDGET_LINES``: yuan once, or yuan a year.
    amount_fen
        What the plan spends, in fen.
    cap_fen
        What it may spend, in fen; None = unlimited.
    today_fen
        What today's stations spend, where nothing is changed.
    """

    name: str
    amount_fen: int
    cap_fen: int | None
    today_fen: int = 0


@immutable
@dataclass(frozen=True, kw_only=True)
class LimitUse:
    """One limit that is no money.

    Parameters
    ----------
    name
        As the study names it, such as ``max_by_host.bank``; ``exclusive`` and the text of the sites.
    asked
        The limit.
    found
        What the plan makes of it; None where there is nothing to measure, or it is not measured.
    """

    name: str
    asked: float
    found: float | None


@immutable
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
        Covered weight in the program's rounded weights and its proven upper bound, visits a month (thousandths exact);
        with `least_cost` what the plan costs a year and the least that any could, yuan (fen exact).
    asked_gap
        Gap at which the run was allowed to stop.
    actions
        One row a station kept, moved, closed or opened, with :data:`ACTION_COLUMNS`: for ``move`` `site_id` is the
        destination and `from_site_id` the origin (empty otherwise); `cost_fen` is the capital cost in fen. Where
        machines are counted one by one, stations grow and shrink too, and none moves: its machines do (`machines`). Of
        a plan in phases also `phase`: when it happens (empty for ``keep``).
    open
        Ids of the sites at which a station stands after the plan, sorted.
    before, after
        Coverage of today's stations and of the plan's.
    budget_lines
        What is spent and what may be, in whole fen; :attr:`budget` has it in yuan.
    limits
        Limits that are no money, beside what the plan makes of them.
    tie_broken
        True where the plan with fewest actions, then least money, then shortest moves, then lowest ids is proven among
        equal optima.
    certificate
        What proves the bound where `proof` is ``certificate``, else None.
    interrupted
        True where somebody stopped the run: the best plan and bound known then.
    simulated
        True where any input is declared simulated; shown wherever the plan is shown.
    details
        Sizes of the program and of its reduction.
    least_cost
        True where the objective is the yearly running cost, of which the least is sought.
    valued
        What the objective is made of where it counts predicted visits: coverage, visits and their weight; `objective`
        and `bound` are then of both together. None where coverage alone counts.
    reserve
        Who has two stations within reach, and what coverage counts, where the policy asks for a reserve; else None.
    outreach
        What is spent on publicity and guides and what they bring, where the policy lets a plan have some; else None.
    capacity
        Visits that machines can serve, before and after, where the policy says how many one can take; else None.
    machines
        Machines bought, taken away and moved, where the policy counts them one by one; else None.
    visits
        Predicted visits of today's stations and of the plan's; None where nothing is predicted.
    floors
        In which share of draws of the demand each floor of coverage is kept; empty where nothing tells how sure the
        demand is.
    phased
        What becomes of it phase by phase; None where the policy has no phases. `objective` and `bound` are then added
        up over the phases, discounted.
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
    budget_lines: tuple[BudgetLine, ...]
    limits: tuple[LimitUse, ...] = ()
    tie_broken: bool = False
    certificate: Certificate | VisitsCertificate | PublicityCertificate | None = None
    interrupted: bool = False
    simulated: bool = False
    details: Mapping[str, Any] = field(default_factory=dict)
    least_cost: bool = False
    valued: VisitsValue | None = None
    reserve: ReserveValue | None = None
    outreach: Outreach | None = None
    machines: MachinesChange | None = None
    capacity: CapacityValue | None = None
    visits: VisitsChange | None = None
    floors: tuple[KeptFloor, ...] = ()
    phased: Phased | None = None
    policy: Policy | None = None
    options: SolveOptions | None = None

    @property
    def gap(self) -> float:
        """(bound - objective) / bound; of a cost (objective - bound) / objective."""
        sign = -1 if self.least_cost else 1
        return gap_between(sign * self.objective, sign * self.bound)

    @property
    def fairness(self) -> tuple[Fairness, Fairness] | None:
        """How evenly districts are covered, by today's stations and by the plan's; None of fewer than two districts."""
        before, after = Fairness.of(self.before.district), Fairness.of(self.after.district)
        return None if before is None or after is None else (before, after)

    @property
    def gains(self) -> Gains:
        """What the plan gains in reach and in visits, and what its capital buys."""
        return Gains.of(self)

    @property
    def changes(self) -> pd.DataFrame:
        """What is done: the actions that are not ``keep``, with `cost_yuan` in place of fen; one row a move."""
        actions = held(self, "actions")
        changes = actions[(actions["action"] != "keep").to_numpy(dtype=bool)].reset_index(drop=True)
        return changes.drop(columns="cost_fen").assign(cost_yuan=changes["cost_fen"] / _FEN_A_YUAN)

    @property
    def budget(self) -> pd.DataFrame:
        """A row a budget line: `line`, `today_yuan`, `amount_yuan`, `cap_yuan`, `left_yuan` (NaN without a cap)."""
        rows = []
        for line in self.budget_lines:
            left = None if line.cap_fen is None else line.cap_fen - line.amount_fen
            rows.append((line.name, *map(_yuan, (line.today_fen, line.amount_fen, line.cap_fen, left))))
        return pd.DataFrame(rows, columns=["line", "today_yuan", "amount_yuan", "cap_yuan", "left_yuan"])

    @property
    def publicity(self) -> pd.DataFrame:
        """What is spent where on publicity, a row an area; see :meth:`placement.values.outreach.Outreach.publicity`."""
        return _no_outreach.publicity() if self.outreach is None else self.outreach.publicity()

    @property
    def guides(self) -> pd.DataFrame:
        """Where guides are, a row a station; see :meth:`placement.values.outreach.Outreach.guide_frame`."""
        return _no_outreach.guide_frame() if self.outreach is None else self.outreach.guide_frame()

    @property
    def phases(self) -> pd.DataFrame:
        """A row a phase, with what :meth:`placement.values.Phased.frame` says; empty where there are none."""
        return pd.DataFrame() if self.phased is None else self.phased.frame(held(self, "actions"))

    @property
    def told_lines(self) -> tuple[BudgetLine, ...]:
        """The budget lines that say something: the sums, and each on which money is or was spent, or that has a cap."""
        return tuple(
            line
            for line in self.budget_lines
            if line.name in SUMS or line.amount_fen or line.today_fen or line.cap_fen is not None
        )

    @property
    def coverage(self) -> pd.DataFrame:
        """Who is within reach of today's stations and of the plan's, a row a group.

        Columns `kind`, `group`, `unit` (see :meth:`Coverages.frame`), `before`, `after` and `all` in that unit,
        `share_before` and `share_after`, 0..1.
        """
        columns = {"covered": "before", "share": "share_before"}
        before = self.before.frame().rename(columns=columns).drop(columns="all")
        after = self.after.frame().rename(columns={"covered": "after", "share": "share_after"})
        both = before.merge(after, on=["kind", "group", "unit"], validate="one_to_one")
        return both[["kind", "group", "unit", "before", "after", "all", "share_before", "share_after"]]

    def _shown(self) -> Shown:
        before, after = self.before.total, self.after.total
        counts = held(self, "actions")["action"].value_counts()
        done = ", ".join(f"{counts[action]} {action}" for action in ACTIONS if action in counts)
        word = "coverage by steps" if self.after.steps else "coverage"
        standing = sum(int(counts.get(action, 0)) for action in ("keep", "grow", "shrink", "move", "close"))
        rows = [
            ("stations", f"{standing} -> {len(self.open)}" + (f": {done}" if done else "")),
            *([] if self.machines is None else [("machines", self.machines.in_words)]),
            (word, f"{share(before.covered, before.all)} -> {of_whole(after.covered, after.all)} visits a month"),
        ]
        rows += [] if self.capacity is None else [("served", self.capacity.in_short)]
        if self.reserve is not None:
            second = [share(each.second, after.all) for each in (self.reserve.before, self.reserve.after)]
            rows.append(("two in reach", " -> ".join(second)))
        if self.outreach is not None:
            rows += self.outreach.lines()
        if self.phased is not None:
            each = [f"{one.name} {one.after.total.share:.1%}" for one in self.phased.phases]
            rows.append(("phases", ", ".join(each)))
        for near, far in zip(self.before.steps, self.after.steps, strict=False):
            rows.append((f"within {far.within}", f"{near.total.share:.1%} -> {far.total.share:.1%}, counted in full"))
        if self.visits is not None:
            falls = self.gains.falls
            rows.append(("visits", in_short(self.visits)))
            rows += [("WARNING", FALLS[falls])] if falls else []
        rows += [("unsure", str(each)) for each in self.floors if not each.sure]
        for name, (reached, everyone) in self.after.people.items():
            earlier = self.before.people.get(name, (0.0, everyone))
            who = f"{self.after.people_word} {name}"
            rows.append((who, f"{share(*earlier)} -> {of_whole(reached, everyone)}"))
        form = "{:,.2f} yuan a year, no plan below {:,.2f}" if self.least_cost else "{:,.3f}, no plan above {:,.3f}"
        known = f"{form.format(self.objective, self.bound)} (gap {self.gap:.2%}), {self.solver}"
        money = [(line.name, _spent(line)) for line in self.budget_lines if line.name in SUMS]
        # Whatever the number of groups, the money stays in sight.
        rows = [*rows[: MOST_LINES - len(money) - 2], *money, ("value", known)]
        words = in_words(self.status, self.proof, self.gap)
        name = f"Plan {self.study}" if self.study else "Plan"
        return f"{name}: {words}{ended(self.interrupted)}{of_data(self.simulated)}", rows


_no_outreach = Outreach(areas=(), guides=(), helped=0.0, guided=0.0, covered=0.0)


def _spent(line: BudgetLine) -> str:
    unit = "yuan a year" if line.name in A_YEAR else "yuan"
    cap = "no cap" if line.cap_fen is None else f"of {line.cap_fen / _FEN_A_YUAN:,.2f}"
    return f"{line.amount_fen / _FEN_A_YUAN:,.2f} {unit}, {cap}"


def _yuan(fen: int | None) -> float:
    """Return yuan; dividing whole fen gives the float nearest to the two decimals."""
    return float("nan") if fen is None else fen / _FEN_A_YUAN
