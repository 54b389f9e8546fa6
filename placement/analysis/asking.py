"""Many plans of one case: its program is written down once, and asked again under further rows.

Where visits count, plans are sought by one majorant of them (:mod:`placement.solve.capture.majorised`) and counted by
what they truly see; only where visits are the objective alone, or such a plan breaks a limit on visits, the rounds of
:mod:`placement.solve.capture.visits` are gone through for it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np

from placement.case import Case
from placement.economics import budget
from placement.errors import InfeasibleError, InputError, NoSolutionError
from placement.models.model import STANDING
from placement.plan.decode import decode
from placement.plan.same_stations import with_cheapest_actions
from placement.plan.standing import Question
from placement.plan.visits import asked_of_visits, solve_visits
from placement.solve import maximise_coverage
from placement.solve.capture.aim import Aim
from placement.solve.capture.majorised import Majorised
from placement.solve.capture.plans import Plans
from placement.solve.deadline import Deadline
from placement.solve.program.aggregate import aggregate
from placement.solve.program.recount import recount
from placement.solve.settings import EngineSettings
from placement.values import Certificate, LinearRow, Network, Solution
from placement.values.arrays import BoolArray, IntArray
from placement.values.objectives import LEAST_COST
from placement.values.visits_certificate import VisitsCertificate
from placement.values.visits_value import VISITS_GAP
from placement.values.whole_capture import WholeCapture

_OF_ENGINE = 0.75
"""Share of the gap that the engine may leave open where a majorant takes some of it."""
_CHEAPEST_S = 5.0
"""Seconds in which the cheapest way to a network is looked for: a hundredth of that is enough for a city."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Found:
    """What came of one search; whole units of the program.

    Parameters
    ----------
    chosen
        (columns,) the plan; None where there is none.
    worth
        What it is worth.
    bound
        No plan under the rows is worth more; None: there is none at all.
    certificate
        What proves the bound of the program that was solved.
    """

    chosen: BoolArray | None
    worth: int
    bound: int | None
    certificate: Certificate | VisitsCertificate | None = None

    def within(self, target: int) -> bool | None:
        """Return whether a plan under the rows is worth `target`; None: neither is known."""
        if self.bound is None or self.bound < target:
            return False
        return True if self.worth >= target else None


@dataclass(frozen=True, kw_only=True, eq=False)
class Asking:
    """A case of which many plans are asked.

    Parameters
    ----------
    question
        The program of the case.
    majorised
        The ordinary program by which plans are bounded; None where each plan goes through the rounds of visits.
    """

    question: Question
    majorised: Majorised | None

    @classmethod
    def of(cls, case: Case) -> Self:
        """Return the program of a case under its own policy, ready to be asked.

        Raises
        ------
        InputError
            If the policy's objective or limits cannot be written down.
        """
        if case.policy.objective == LEAST_COST:
            problem = "is about plans that cover much, and the objective is the least cost"
            raise InputError.single("policy", problem, row="objective", remedy="ask it with the objective coverage")
        question, options = Question.of(case), case.options
        asked = question.asked
        if asked is not None and asked.alone:
            return cls(question=question, majorised=None)
        how: dict[str, Any] = {"threads": options.threads, "settings": EngineSettings.of(options.engine)}
        capture, aim = (None, Aim()) if asked is None else (asked.capture, asked.aim)
        until = Deadline.after(options.time_limit_s)
        return cls(question=question, majorised=Majorised.of(question.model.program, capture, aim, until=until, **how))

    @property
    def case(self) -> Case:
        """What plans are made from."""
        return self.question.case

    @property
    def gap(self) -> float:
        """The gap that is asked of plans: the case's own, where visits count at least what they can be proven to."""
        gap = self.case.options.gap
        return gap if self.question.asked is None else max(gap, VISITS_GAP)

    @property
    def standing(self) -> IntArray:
        """Columns after which a station stands."""
        return np.flatnonzero(self.question.model.columns.doing(STANDING))

    def columns_at(self, sites: BoolArray) -> IntArray:
        """Return the columns after which a station stands at one of some sites, (sites,) in the table's order."""
        at = self.standing
        return at[sites[self.question.model.columns.sites[at]]]

    def sites_of(self, chosen: BoolArray) -> BoolArray:
        """Return (sites,) where a station stands, in the table's order."""
        return np.asarray(self.question.model.standing(chosen))

    def best(
        self, rows: Sequence[LinearRow] = (), *, limit_s: float | None = None, gap: float | None = None,
        near: Sequence[BoolArray] = (), start: BoolArray | None = None,
    ) -> Found:  # fmt: skip
        """Return the best plan under further rows.

        Parameters
        ----------
        rows
            Over the columns of the program.
        limit_s
            Seconds; None: as the case's options say.
        gap
            At which the run may stop; None: :attr:`gap`.
        near
            (columns,) plans, of other rows, from which exchanges lead to one of these to begin with.
        start
            (columns,) a plan that keeps the rows, to begin with where `near` gives none.

        Raises
        ------
        NoSolutionError
            If the time ended before any plan was found.
        """
        options, question = self.case.options, self.question
        limit_s = options.time_limit_s if limit_s is None else limit_s
        gap = self.gap if gap is None else gap
        if self.majorised is None:
            return self._by_rounds(rows, gap, limit_s)
        program = replace(self.majorised.program, linear=(*self.majorised.program.linear, *rows))
        counted = question.asked is not None
        start = self._near(rows, near, Deadline.after(limit_s / 2)) if near else start
        # The majorant takes the rest of the gap.
        gap = _OF_ENGINE * gap if counted else gap
        how = {"gap": gap, "time_limit_s": limit_s, "start": start, **self._runs()}
        backend = "auto" if counted else options.backend
        solution = maximise_coverage(program, backend=backend, **how)
        if solution.status == "infeasible" and solution.certificate is not None:
            return Found(chosen=None, worth=0, bound=None, certificate=solution.certificate)
        if solution.status not in {"optimal", "feasible"}:
            raise NoSolutionError(f"no plan was found within {limit_s:g} s: allow more time")
        chosen = np.array(solution.chosen)
        if counted and question.broken(chosen):
            return self._by_rounds(rows, gap, limit_s)
        if start is not None and question.whole_worth(start) > question.whole_worth(chosen):
            chosen = start
        worth, bound = question.whole_worth(chosen), solution.bound + self.majorised.constant
        return Found(chosen=chosen, worth=worth, bound=max(worth, bound), certificate=solution.certificate)

    def _near(self, rows: Sequence[LinearRow], near: Sequence[BoolArray], until: Deadline) -> BoolArray | None:
        """Return the best plan under rows that exchanges find from others; None where they find none."""
        asked, options = self.question.asked, self.case.options
        program = self.question.model.program
        program = replace(program, linear=(*program.linear, *rows))
        settings = EngineSettings.of(options.engine)
        reduced = aggregate(program, threads=options.threads, settings=settings.program)
        nobody = WholeCapture.nobody(program.n_sites)
        capture, aim = (nobody, Aim()) if asked is None else (asked.capture, asked.aim)
        plans = Plans(program, reduced, capture, aim, settings.visits)
        for each in near:
            plans.improve(each, until)
        return None if plans.best is None else plans.best.chosen

    def _by_rounds(self, rows: Sequence[LinearRow], gap: float, limit_s: float) -> Found:
        model = self.question.model
        model = replace(model, program=replace(model.program, linear=(*model.program.linear, *rows)))
        asked = asked_of_visits(self.case, model)
        assert asked is not None  # noqa: S101 -- for mypy: visits count
        try:
            solution, _ = solve_visits(model, asked, {"gap": gap, "time_limit_s": limit_s, **self._runs()})
        except InfeasibleError:
            return Found(chosen=None, worth=0, bound=None)
        return Found(
            chosen=np.array(solution.chosen), worth=solution.objective, bound=solution.bound,
            certificate=solution.visits_certificate,
        )  # fmt: skip

    def _runs(self) -> dict[str, Any]:
        options = self.case.options
        return {
            "seed": options.seed, "threads": options.threads, "settings": EngineSettings.of(options.engine),
        }  # fmt: skip

    def network(self, found: Found, gap: float | None = None) -> Network:
        """Return a plan that was found with its money and its coverage, done by the cheapest actions.

        Parameters
        ----------
        found
            A plan.
        gap
            The one that was asked of it; None: :attr:`gap`.
        """
        assert found.chosen is not None  # noqa: S101 -- as asked
        assert found.bound is not None  # noqa: S101 -- there is a plan
        case, model = self.case, self.question.model
        chosen = self._cheapest(found.chosen)
        actions, standing = model.actions(chosen), model.standing(chosen)
        return Network(
            open=tuple(sorted(map(str, case.sites.ids[standing]))),
            actions=decode(actions, case.sites, case.costs, case.streets),
            worth=found.worth / model.scale,
            bound=found.bound / model.scale,
            asked_gap=self.gap if gap is None else gap,
            covered=float((case.demand.weight * case.coverage.counted(standing)).sum()),
            all=float(case.demand.weight.sum()),
            visits=None if case.capture is None else float(case.capture.total(standing)),
            money_fen={line.name: line.amount_fen for line in budget(actions, case.costs, case.policy, case.standing)},
            certificate=found.certificate,
        )

    def _cheapest(self, chosen: BoolArray) -> BoolArray:
        """Return the cheapest way to the stations of a plan."""
        model, case = self.question.model, self.case
        plan = Solution(
            status="optimal", chosen=chosen, objective=recount(model.program, chosen).objective,
            bound=recount(model.program, chosen).objective, asked_gap=0.0, proof="none", solver="",
        )  # fmt: skip
        found = with_cheapest_actions(model, plan, case.sites, case.streets, time_limit_s=_CHEAPEST_S, **self._runs())
        return np.array(found.chosen)
