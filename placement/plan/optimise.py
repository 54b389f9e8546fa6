"""From values to a plan: build the program, solve it, decode it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from placement.case import Case, measure, measure_visits
from placement.clock import now_s
from placement.economics import RUNNING, budget, use_lines
from placement.errors import InfeasibleError, InputError
from placement.models import Formulated, PhasedProgram, formulated
from placement.models.machines import MachineColumns
from placement.plan.capacity import measure_capacity
from placement.plan.decode import decode
from placement.plan.floors import kept_floors
from placement.plan.least_cost import with_most_coverage
from placement.plan.limits import limits_used
from placement.plan.machines import Machines
from placement.plan.outreach import Found, outreach_of, solve_outreach
from placement.plan.phases import actions_by_phase, engine_of, measure_phases, year_by_year
from placement.plan.reserve import measure_reserve
from placement.plan.same_stations import with_cheapest_actions
from placement.plan.solving import AFTER_SHARE, solve_in_time
from placement.plan.ties import break_ties
from placement.plan.visits import asked_of_visits, solve_visits
from placement.progress import OPTIMISE, PROGRAM, SOLVING, TIES, Listener, Progress
from placement.solve.settings import EngineSettings
from placement.solve.ties.reissue import reissued
from placement.values import Plan, Policy, Solution, SolveOptions
from placement.values.arrays import BoolArray
from placement.values.checks import shown
from placement.values.objectives import LEAST_COST
from placement.values.visits_value import VisitsValue

_RUNS = ("seed", "threads", "settings")
"""What every run of the engine is asked with."""


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
    model = formulated(case)
    if isinstance(model, PhasedProgram):
        return _phased(case, model, progress, begun)
    solution, more, tie_broken = _solved(case, model, progress, begun)
    about: dict[str, Any] = {"valued": more if isinstance(more, VisitsValue) else None}
    if isinstance(more, Found):
        about = {"outreach": outreach_of(case, model, replace(more, solution=solution)), "spend_fen": more.spend_fen}
    return _plan(case, model, solution, tie_broken=tie_broken, **about)


def _phased(case: Case, model: PhasedProgram, progress: Progress, begun: float) -> Plan:
    """Return the plan of several years: the search begins with the plan year by year."""
    how = {**_how(case, model, progress), "settings": engine_of(case.options)}
    before = year_by_year(model, how, case.options.backend)
    asked = {**how, "start": before}
    solution, left_s = solve_in_time(model.program, case.options.backend, asked, spent_s=now_s() - begun)
    progress.stage(TIES, plan=solution.objective, bound=solution.bound)
    runs = {name: how[name] for name in _RUNS}
    solution = with_cheapest_actions(model, solution, case.sites, case.streets, time_limit_s=left_s, **runs)
    return _plan(case, model, solution, phased=measure_phases(case, model, solution.chosen, before))


def _plan(case: Case, model: Formulated, solution: Solution, *, spend_fen: Iterable[int] = (), **about: Any) -> Plan:
    standing = model.standing(solution.chosen)
    before, after, done = (
        measure(case),
        measure(case, standing),
        _done(case, model, solution.chosen, [int(fen) for fen in spend_fen]),
    )
    running = next(line for line in done["budget_lines"] if line.name == RUNNING.name)
    done["budget_lines"] += use_lines(case.use_cost, (before.total.use_covered, after.total.use_covered), running)
    return Plan(
        study=case.name,
        **_claims(model, solution),
        **done,
        capacity=measure_capacity(case, done["actions"]),
        open=tuple(sorted(case.sites.ids[standing])),
        before=before,
        after=after,
        simulated=case.demand.simulated,
        least_cost=case.policy.objective == LEAST_COST,
        visits=measure_visits(case, standing),
        floors=kept_floors(case, standing),
        policy=case.policy,
        options=case.options,
        **about,
    )


def _how(case: Case, model: Formulated, progress: Progress) -> dict[str, Any]:
    """Return what solving is asked with, and tell that it begins."""
    sites, options = case.sites, case.options
    detail = f"{model.program.n_columns:,} decisions at {len(sites):,} sites"
    progress.in_units(1 / model.scale).stage(SOLVING, detail, limit_s=options.time_limit_s)
    return {
        "gap": options.gap, "time_limit_s": options.time_limit_s, "progress": progress, "seed": options.seed,
        "threads": options.threads, "settings": EngineSettings.of(options.engine),
    }  # fmt: skip


def _solved(
    case: Case, model: Formulated, progress: Progress, begun: float
) -> tuple[Solution, VisitsValue | Found | None, bool]:
    """Return the solution, what its objective is made of where not coverage alone, and whether ties are broken.

    `begun` is ``placement.clock.now_s()`` of the moment from which the time limit counts.
    """
    sites, options, spent_s = case.sites, case.options, now_s() - begun
    how = _how(case, model, progress)
    runs = {name: how[name] for name in _RUNS}
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
    if case.policy.objective == LEAST_COST:
        progress.stage(TIES, plan=solution.objective, bound=solution.bound)
        solution = with_most_coverage(case, model, solution, time_limit_s=left_s, **runs)
    elif more is not None or not model.program.is_plain:
        progress.stage(TIES, plan=solution.objective, bound=solution.bound)
        solution = with_cheapest_actions(model, solution, sites, case.streets, time_limit_s=left_s, **runs)
    elif solution.status == "optimal" and options.gap == 0 and not solution.interrupted:
        progress.stage(TIES, plan=solution.objective, bound=solution.bound)
        solution, tie_broken = break_ties(model, solution, sites, case.streets, time_limit_s=left_s, **runs)
    if isinstance(model.columns, MachineColumns):
        # Machines are paired afterwards: that no other plan of equal cost has shorter moves is not proven.
        return _first_alike(model.columns, solution), more, False
    return solution, more, tie_broken


def _first_alike(columns: MachineColumns, solution: Solution) -> Solution:
    """Return the solution with the first of columns that are alike, so that what the plan says tells which they are."""
    chosen = columns.first_alike(solution.chosen)
    if (chosen == solution.chosen).all():
        return solution
    certificate = solution.certificate and reissued(solution.certificate, chosen)
    return replace(solution, chosen=chosen, certificate=certificate)


def _done(case: Case, model: Formulated, chosen: BoolArray, spend_fen: list[int]) -> dict[str, Any]:
    """Return what a plan says of actions, machines, money, limits on actions, and reserves."""
    if not isinstance(model.columns, MachineColumns):
        actions = model.actions(chosen)
        if isinstance(model, PhasedProgram):
            decoded = actions_by_phase(case, model, chosen)
        else:
            decoded = decode(actions, case.sites, case.costs, case.streets)
        return {
            "actions": decoded,
            "budget_lines": budget(actions, case.costs, case.policy, case.standing, spend_fen=spend_fen),
            "limits": limits_used(case, actions),
            "reserve": measure_reserve(case, model.standing(chosen)),
        }
    machines = Machines.of(model.columns, chosen, case)
    return {
        "actions": machines.frame(case),
        "machines": machines.change(case),
        "budget_lines": budget(machines.happening, case.costs, case.policy, case.standing, machines.before),
        "limits": limits_used(case, machines.happening, machines.stations),
        "reserve": measure_reserve(case, model.standing(chosen), (machines.before, machines.after)),
    }


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
