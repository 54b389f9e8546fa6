"""Plans in phases: the plan year by year, from which the search for the joint one begins, and each phase counted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from placement.case import Case, measure
from placement.clock import now_s
from placement.economics import Action, budget
from placement.models.phases import NOTHING, PhasedProgram, standing_after
from placement.plan.decode import decode
from placement.plan.limits import counts_used
from placement.solve import maximise_coverage
from placement.solve.program.recount import recount
from placement.solve.settings import EngineSettings
from placement.values import BudgetLine, CoverageProgram, LinearRow, Phased, PhaseValue, SolveOptions, YearByYear
from placement.values.arrays import BoolArray
from placement.values.phases import factors
from placement.values.rows import SITE

BEFORE_SHARE = 0.3
"""The plan year by year takes at most this share of the time limit; each year as much of what is left as the others."""

_BY_SIMPLEX = {"simplex_rows": 60_000, "simplex_entries": 1_500_000}
"""Numbers of the engine's root for programs over several years, where the options give no others.

A row stands there once a year with nearly the same sites, which the relaxation holds as differences: the city's three
years (12,000 rows, 336,000 entries) take a second by simplex steps and are proven; first-order steps leave 0.9 % open
after a minute.
"""


def engine_of(options: SolveOptions) -> EngineSettings:
    """Return how the engine seeks a plan in phases."""
    groups = options.engine
    return EngineSettings.of({**groups, "root": {**_BY_SIMPLEX, **groups.get("root", {})}})


def year_by_year(model: PhasedProgram, how: dict[str, Any], backend: str) -> BoolArray | None:
    """Return (columns,) the plan that is best in each phase for that phase alone; None where one year has none.

    Each year is the program in which what was done before is fixed, nothing happens later, and only what is covered
    after that year counts; floors, and what must have happened in the end, bind the last. It keeps all limits.

    Parameters
    ----------
    model
        The program of all phases.
    how
        What :func:`~placement.solve.maximise_coverage` is asked with.
    backend
        As there.
    """
    phases, program = len(model.limits), model.program
    done = np.zeros(program.n_columns, dtype=np.bool_)
    stands = model.standing(np.isin(model.kinds, ("keep",)))
    until = now_s() + BEFORE_SHARE * how["time_limit_s"]
    asked = {name: value for name, value in how.items() if name != "progress"}
    for phase in range(phases):
        left_s = (until - now_s()) / (phases - phase)
        if left_s <= 0:
            return None
        year = _year(model, phase, done, stands)
        found = maximise_coverage(year, **{**asked, "backend": backend, "time_limit_s": left_s})
        if found.status not in {"optimal", "feasible"}:
            return None
        done |= found.chosen & (model.when == phase)
        if phase == phases - 1:
            done = np.array(found.chosen)
        stands &= standing_after(model, found.chosen, phase)
    return None if recount(program, done).violations else done


def _year(model: PhasedProgram, phase: int, done: BoolArray, stands: BoolArray) -> CoverageProgram:
    """Return the program of one year.

    Parameters
    ----------
    done
        (columns,) what was done in the years before.
    stands
        (sites,) which of today's stations still stand.
    """
    program, last = model.program, len(model.limits) - 1
    station = np.isin(model.kinds, ("keep", "give", "close"))
    here = station & stands[model.sites]
    free = ((model.when == phase) & (here | ~station)) | (here & (model.kinds == "keep"))
    rows = [row for row, since in zip(program.linear, model.row_phase.tolist(), strict=True) if since <= phase]
    if phase < last:
        rows = [_not_yet(row) for row in rows]
    if phase:
        rows += _stands_so_far(model, here & (free | done))
    weights = program.row_weights()
    of_phase = np.repeat(np.arange(last + 1), weights.size // (last + 1))
    return replace(
        program.with_weights(np.where(of_phase == phase, weights, 0)),
        linear=tuple(rows),
        floors=program.floors if phase == last else (),
        required=program.required | done,
        excluded=program.excluded | ~(free | done),
    )


def _not_yet(row: LinearRow) -> LinearRow:
    """Return a row that asks for a station at a site without asking for it so soon."""
    return replace(row, equality=False, kind=SITE) if row.kind.demands else row


def _stands_so_far(model: PhasedProgram, here: BoolArray) -> list[LinearRow]:
    """Return that each station that stands is kept or leaves now: with no column it would have closed in phase 1."""
    at = np.flatnonzero(here)
    by_site = pd.Series(at).groupby(model.sites[at])
    return [
        LinearRow(
            name=f"stands {site}", columns=columns.to_numpy(), coefficients=np.ones(len(columns), dtype=np.int64),
            limit=1, equality=True,
        )
        for site, columns in by_site
    ]  # fmt: skip


def actions_by_phase(case: Case, model: PhasedProgram, chosen: BoolArray) -> pd.DataFrame:
    """Return the actions of a plan and the phase in which each happens; moves are paired within their phase.

    The columns are those of :func:`placement.plan.decode.decode`, and `phase`, empty for ``keep``.
    """
    parts = [_done(model.seen(number).actions(chosen), {"keep", NOTHING}) for number in range(len(model.limits))]
    kept = tuple(each for each in model.actions(chosen) if each[0] == "keep")
    frames = [
        decode(part, case.sites, model.costs, case.streets).assign(phase=name)
        for part, name in zip([*parts, kept], [*(each.name for each in case.policy.phases), ""], strict=True)
    ]
    whole = pd.concat([frame for frame in frames if len(frame)] or frames[:1], ignore_index=True)
    return whole.sort_values("site_id", kind="stable", ignore_index=True)


def _done(actions: tuple[Action, ...], but: set[str]) -> tuple[Action, ...]:
    return tuple(each for each in actions if each[0] not in but)


def measure_phases(case: Case, model: PhasedProgram, chosen: BoolArray, beside: BoolArray | None) -> Phased:
    """Return what becomes of chosen columns phase by phase, and the plan `beside` that does not look ahead."""
    policy, found, carried = case.policy, [], 0
    worth = factors(policy.discount_rate, len(policy.phases))
    for number, (phase, factor) in enumerate(zip(policy.phases, worth, strict=True)):
        actions = _done(model.seen(number).actions(chosen), {NOTHING})
        standing, limits = standing_after(model, chosen, number), model.limits[number]
        cap = None if phase.capital_fen is None else phase.capital_fen + carried
        lines = budget(actions, case.costs, limits.but(capital_fen=cap), case.standing)
        carried = _left(lines) if phase.carry_over else 0
        found.append(
            PhaseValue(
                name=phase.name,
                factor=factor,
                open=tuple(sorted(map(str, case.sites.ids[standing]))),
                after=measure(case, standing),
                budget_lines=lines,
                limits=tuple(counts_used(limits, actions)),
                visits=None if case.capture is None else float(case.capture.visits(standing).sum()),
            )
        )
    return Phased(phases=tuple(found), year_by_year=None if beside is None else _beside(case, model, beside))


def _left(lines: Sequence[BudgetLine]) -> int:
    capital = next(line for line in lines if line.name == "capital")
    return (capital.cap_fen or 0) - capital.amount_fen


def _beside(case: Case, model: PhasedProgram, chosen: BoolArray) -> YearByYear:
    program, weight = model.program, case.demand.weight
    reached = [case.coverage.reached(standing_after(model, chosen, number)) for number in range(len(model.limits))]
    return YearByYear(
        objective=recount(program, chosen).objective / model.scale,
        covered=tuple(float(weight[each].sum()) for each in reached),
        decisions=tuple(program.column_names[k] for k in np.flatnonzero(chosen).tolist()),
    )
