"""A plan with everything it was made from."""

from __future__ import annotations

from dataclasses import dataclass, fields

from placement.coverage import Coverage
from placement.economics import Policy, StationCosts
from placement.errors import InputError
from placement.pipeline.policy import study_policy
from placement.pipeline.prepare import Prepared
from placement.pipeline.visits import Visits
from placement.study import FloorsSection, Study, overrides_of
from placement.values import Plan
from placement.values.immutable import immutable
from placement.values.shown import Shown, headline_of


@immutable
@dataclass(frozen=True, kw_only=True, eq=False)
class Outcome:
    """A plan with everything it was made from.

    Parameters
    ----------
    prepared
        The study and its stages up to the walking times.
    coverage, costs, policy
        Cover sets, station costs and limits.
    plan
        The recommendation.
    visits
        Predicted visits of each station; None without a usage table, or where they are still to be predicted: the
        files hold them in any case.
    """

    prepared: Prepared
    coverage: Coverage
    costs: StationCosts
    policy: Policy
    plan: Plan
    visits: Visits | None = None

    def _shown(self) -> Shown:
        headline, rows = self.plan._shown()  # noqa: SLF001 -- an outcome is shown as its plan is
        seen = [] if self.visits is None else [("visits", headline_of(self.visits))]
        return headline.replace("Plan", "Outcome", 1), [*rows, *seen, ("from", headline_of(self.prepared))]


def study_used(outcome: Outcome) -> Study:
    """Return the study with the name, gap and limits that the plan was made with, where they are not its own."""
    study, plan = outcome.prepared.study, outcome.plan
    own = study_policy(study, outcome.prepared.demand.points["parent"])
    changed = {
        each.name: getattr(outcome.policy, each.name)
        for each in fields(Policy)
        if getattr(outcome.policy, each.name) != getattr(own, each.name)
    }
    budget = {
        name.removesuffix("_fen"): changed.pop(name) for name in ("capital_fen", "running_fen") if name in changed
    }
    district, ages = changed.pop("district_floors", None), changed.pop("age_floors", None)
    floors = study.policy.floors
    if district is not None or ages is not None:
        by_age = floors.by_age_group if ages is None else ages
        changed["floors"] = FloorsSection(district=floors.district if district is None else district or None, **by_age)
    used = study.model_copy(
        update={
            "study": study.study.model_copy(update={"name": plan.study or study.study.name}),
            "solve": study.solve.model_copy(update={"gap": plan.asked_gap}),
            "budget": study.budget.model_copy(update=budget),
            "policy": study.policy.model_copy(update=changed),
        }
    )
    try:
        return study.as_written().with_settings({each.key: each.used for each in overrides_of(used)})
    except InputError:  # an input that went away meanwhile costs no plan
        return used
