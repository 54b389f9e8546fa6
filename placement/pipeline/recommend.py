"""The main job in order: study, demand, walking times, coverage, program, plan, files. Only chains the stages."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from placement.coverage import cover
from placement.economics import station_costs
from placement.errors import InfeasibleError
from placement.interrupts import hold_interrupts
from placement.pipeline.engine import study_engine
from placement.pipeline.outcome import Outcome
from placement.pipeline.policy import study_policy, study_standard
from placement.pipeline.prepare import Prepared, prepare
from placement.pipeline.visits import predict_visits
from placement.plan import optimise
from placement.solve import check_backend
from placement.study import Study
from placement.values import Plan

Progress = Callable[[str], None]
_LOG = logging.getLogger(__name__)


def recommend(
    study: Study,
    *,
    backend: str | None = None,
    gap: float | None = None,
    time_limit_s: float | None = None,
    seed: int | None = None,
    progress: Progress | None = None,
) -> Outcome:
    """Run the whole job and return the plan with its stages; nothing is written.

    Parameters
    ----------
    study
        See :func:`placement.study.read_study`.
    backend, gap, time_limit_s, seed
        Override the study's own settings where given.
    progress
        Called with a line of text at each step.

    Raises
    ------
    InputError, InfeasibleError, NoSolutionError
        As the stages do.
    KeyboardInterrupt
        At Ctrl-C (in Jupyter: stop) before there is a plan. The first one after that ends the search: the outcome
        holds the best plan so far, marked ``interrupted``. A second one ends at once.
    """
    tell = progress or (lambda _line: None)
    options = {"solve.backend": backend, "solve.gap": gap, "solve.time_limit_s": time_limit_s, "study.seed": seed}
    study = study.with_settings({key: value for key, value in options.items() if value is not None})
    check_backend(study.solve.backend)
    settings = study_engine(study)
    with hold_interrupts(at_once=False):
        prepared = prepare(study, progress=progress)
        tell("cover sets")
        coverage = cover(prepared.demand, prepared.sites, prepared.times, study_standard(study))
        costs = station_costs(prepared.sites, study.costs)
        policy = study_policy(study, prepared.demand.points["parent"])
        plan = _optimised(
            prepared,
            demand=prepared.demand,
            sites=prepared.sites,
            coverage=coverage,
            costs=costs,
            policy=policy,
            streets=prepared.streets,
            study=study.study.name,
            backend=study.solve.backend,
            gap=study.solve.gap,
            time_limit_s=study.solve.time_limit_s,
            seed=study.study.seed,
            threads=study.solve.threads,
            settings=settings,
            progress=progress,
        )
        tell("predicting visits")
        visits = predict_visits(prepared, plan.open)
    return Outcome(prepared=prepared, coverage=coverage, costs=costs, policy=policy, plan=plan, visits=visits)


def _optimised(prepared: Prepared, **options: Any) -> Plan:
    """Return the plan; where there is none, the error goes on with what its proof is written with."""
    try:
        return optimise(**options)
    except InfeasibleError as error:
        error.prepared = prepared
        raise
