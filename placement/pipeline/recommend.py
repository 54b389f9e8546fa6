"""The main job in order: study, demand, walking times, coverage, program, plan. Only chains the stages."""

from __future__ import annotations

from dataclasses import dataclass

from placement.interrupts import hold_interrupts
from placement.pipeline.engine import study_engine
from placement.pipeline.policy import study_options
from placement.pipeline.study_case import StudyCase, prepare
from placement.plan import optimise
from placement.progress import RECOMMEND, Listener, Progress
from placement.solve import check_backend
from placement.study import Study
from placement.values import Plan, Policy, SolveOptions
from placement.values.immutable import immutable
from placement.values.shown import Shown, headline_of


@immutable
@dataclass(frozen=True, kw_only=True, eq=False)
class Outcome:
    """A plan and what it was made from.

    Parameters
    ----------
    case
        What the plan was made from.
    plan
        The recommendation.
    """

    case: StudyCase
    plan: Plan

    def _shown(self) -> Shown:
        headline, rows = self.plan._shown()  # noqa: SLF001 -- an outcome is shown as its plan is
        return headline.replace("Plan", "Outcome", 1), [*rows, ("from", headline_of(self.case))]


def recommend(
    study: Study,
    policy: Policy | None = None,
    options: SolveOptions | None = None,
    *,
    progress: Listener | Progress | None = None,
) -> Outcome:
    """Run the whole job and return the plan with its stages; nothing is written.

    Parameters
    ----------
    study
        See :func:`placement.study.read_study`.
    policy, options
        Limits of the plan, and how it is sought; by default the study's own.
    progress
        Called with a :class:`~placement.progress.Step` whenever there is something to tell.

    Raises
    ------
    InputError, InfeasibleError, NoSolutionError
        As the stages do.
    KeyboardInterrupt
        At Ctrl-C (in Jupyter: stop) before there is a plan. The first one after that ends the search: the outcome
        holds the best plan so far, marked ``interrupted``. A second one ends at once.
    """
    check_backend((options or study_options(study)).backend)
    study_engine(study)
    progress = Progress.of(progress, RECOMMEND)
    with hold_interrupts(at_once=False):
        case = prepare(study, progress=progress)
        plan = optimise(case, policy, options, progress=progress)
    return Outcome(case=case, plan=plan)
