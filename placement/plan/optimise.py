"""From values to a plan: build the program, solve it, decode it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from placement.case import Case, measure, measure_visits
from placement.clock import now_s
from placement.economics import budget
from placement.errors import InfeasibleError, InputError
from placement.models import Formulated, model_of
from placement.plan.decode import decode
from placement.plan.floors import kept_floors
from placement.plan.limits import limits_used
from placement.plan.outreach import Found, outreach_of, solve_outreach
from placement.plan.reserve import measure_reserve
from placement.plan.same_stations import with_cheapest_actions
from placement.plan.solving import AFTER_SHARE, solve_in_time
from placement.plan.ties import break_ties
from placement.plan.visits import asked_of_visits, solve_visits
from placement.progress import OPTIMISE, PROGRAM, SOLVING, TIES, Listener, Progress
from placement.solve.settings import EngineSettings
from placement.values import Plan, Policy, Solution, SolveOptions
from placement.values.checks import shown
from placement.values.visits_value import VisitsValue


def optimise(
    case: Case,
    policy: Policy | None = None,
    options: SolveOptions | None = None,
    *,
    progress: Listener | Progress | None = None,
) -> Plan:
    """Return the best plan found, with its bound.

    Parameters
    ----------
    case
        What the plan is made from.
    policy, options
        Its limits, and how it is sought; by default the case's own.
    progress
        Called with a :class:`~placement.progress.Step` whenever there is something to tell.

    Raises
    ------
    InputError
        If `policy` or `options` is none, a floor names what the case does not have, or there is no such solver.
    InfeasibleError
        Naming constraints that cannot hold together, with the numbers and the proof.
    NoSolutionError
        If the time ended before any plan was found.
    KeyboardInterrupt
        At Ctrl-C (in Jupyter: stop) where there is no plan yet. Where there is one, the first Ctrl-C ends the search
        and the plan is the best found until then, marked ``interrupted``; see
        :func:`placement.solve.maximise_coverage`.
    """
    asked = _asked(case, policy, options)
    try:
        return _optimised(asked, Progress.of(progress, OPTIMISE))
    except InfeasibleError as error:
        error.case = asked
        raise


def _asked(case: Case, policy: Policy | None, options: SolveOptions | None) -> Case:
    """Return the case with the limits and options that a plan is asked for with."""
    wanted = {"case": (case, Case), "policy": (policy, Policy), "options": (options, SolveOptions)}
    for name, (value, kind) in wanted.items():
        if not isinstance(value, kind) and (value is not None or name == "case"):
            raise InputError.single(name, f"{name} is {shown(value)}", remedy=f"give a {kind.__name__}")
    return case.but(policy=policy or case.policy, options=options or case.options)


def _optimised(case: Case, progress: Progress) -> Plan:
    progress.stage(PROGRAM)
    begun = now_s()
    model = model_of(case.policy.objective)(case)
    solution, more, tie_broken = _solved(case, model, progress, begun)
    found = more if isinstance(more, Found) else None
    actions, standing = model.actions(solution.chosen), model.standing(solution.chosen)
    return Plan(
        study=case.name,
        **_claims(model, solution),
        actions=decode(actions, case.sites, case.costs, case.streets),
        open=tuple(sorted(case.sites.ids[standing])),
        before=measure(case),
        after=measure(case, standing),
        budget_lines=budget(
            actions, case.costs, case.policy, case.standing, () if found is None else found.spend_fen.tolist()
        ),
        limits=limits_used(case, actions),
        simulated=case.demand.simulated,
        tie_broken=tie_broken,
        valued=more if isinstance(more, VisitsValue) else None,
        outreach=None if found is None else outreach_of(case, model, replace(found, solution=solution)),
        reserve=measure_reserve(case, standing),
        visits=measure_visits(case, standing),
        floors=kept_floors(case, standing),
        policy=case.policy,
        options=case.options,
    )


def _solved(
    case: Case, model: Formulated, progress: Progress, begun: float
) -> tuple[Solution, VisitsValue | Found | None, bool]:
    """Return the solution, what its objective is made of where not coverage alone, and whether ties are broken.

    `begun` is ``placement.clock.now_s()`` of the moment from which the time limit counts.
    """
    sites, options, spent_s = case.sites, case.options, now_s() - begun
    detail = f"{model.program.n_columns:,} decisions at {len(sites):,} sites"
    progress.in_units(1 / model.scale).stage(SOLVING, detail, limit_s=options.time_limit_s)
    runs: dict[str, Any] = {
        "seed": options.seed, "threads": options.threads, "settings": EngineSettings.of(options.engine),
    }  # fmt: skip
    how = {"gap": options.gap, "time_limit_s": options.time_limit_s, "progress": progress, **runs}
    more: VisitsValue | Found | None = None
    asked, tie_broken = asked_of_visits(case, model), False
    if case.policy.outreach:
        more = solve_outreach(case, model, how, spent_s=spent_s)
        solution = more.solution
    elif asked is not None:
        solution, more = solve_visits(model, asked, how, spent_s=spent_s)
    else:
        solution, _ = solve_in_time(model.program, options.backend, how, spent_s=spent_s)
    left_s = max(0.0, begun + (1.0 + AFTER_SHARE) * options.time_limit_s - now_s())
    if more is not None or not model.program.is_plain:
        progress.stage(TIES, plan=solution.objective, bound=solution.bound)
        solution = with_cheapest_actions(model, solution, sites, case.streets, time_limit_s=left_s, **runs)
    elif solution.status == "optimal" and options.gap == 0 and not solution.interrupted:
        progress.stage(TIES, plan=solution.objective, bound=solution.bound)
        solution, tie_broken = break_ties(model, solution, sites, case.streets, time_limit_s=left_s, **runs)
    return solution, more, tie_broken


def _claims(model: Formulated, solution: Solution) -> dict[str, Any]:
    """Return what a plan takes over from its solution as it is, weights in visits a month."""
    kept = ("status", "proof", "solver", "asked_gap", "interrupted")
    return {
        **{name: getattr(solution, name) for name in kept},
        "certificate": solution.visits_certificate or solution.publicity_certificate or solution.certificate,
        "objective": solution.objective / model.scale,
        "bound": solution.bound / model.scale,
        "details": dict(solution.details),
    }
